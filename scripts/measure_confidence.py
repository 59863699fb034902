"""The table and picture of measure_confidence.sh, which see: measure_confidence.py FOLDER [OUT.svg]"""
import csv
import math
import os
import sys

BINS = 15


def read_words(path):
    with open(path, encoding="utf-8", newline="") as f:
        rows = csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(float(row["confidence"]), row["right"] == "1") for row in rows]


def fill_bins(words):
    """Of each bin: words, sum of confidences, right ones."""
    bins = [[0, 0.0, 0] for _ in range(BINS)]
    for confidence, right in words:
        at = bins[min(BINS - 1, int(confidence * BINS))]
        at[0] += 1
        at[1] += confidence
        at[2] += right
    return bins


def calibration_error(words):
    return sum(abs(right - confidence) for _, confidence, right in fill_bins(words)) / len(words)


def chance(words):
    """The error that is to be expected of as many words if each were right with just the probability that is said."""
    variance = [0.0] * BINS
    for confidence, _ in words:
        variance[min(BINS - 1, int(confidence * BINS))] += confidence * (1.0 - confidence)
    return sum((2.0 / math.pi * v) ** 0.5 for v in variance) / len(words)


def area(words):
    """Mann and Whitney's sum, equal ones counted half."""
    pairs = wrong_below = 0.0
    by_confidence = {}
    for confidence, right in words:
        at = by_confidence.setdefault(confidence, [0, 0])
        at[right] += 1
    for confidence in sorted(by_confidence):
        wrong, right = by_confidence[confidence]
        pairs += right * (wrong_below + 0.5 * wrong)
        wrong_below += wrong
    right = len(words) - wrong_below
    return pairs / (right * wrong_below) if right and wrong_below else float("nan")


def print_row(name, words):
    right = sum(right for _, right in words) / len(words)
    print(f"| {name} | {len(words)} | {100 * right:.1f} % | {calibration_error(words):.3f} | {chance(words):.3f} | {area(words):.3f} |")


def draw(path, words):
    """Part that is right over confidence, a dot a bin whose area grows with its words; the diagonal is what should be."""
    size, left, top = 240, 40, 10
    most = max(count for count, _, _ in fill_bins(words))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + left + 10} {size + top + 40}" '
        'font-family="sans-serif" font-size="10">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<path d="M{left} {top}v{size}h{size}" fill="none" stroke="#444"/>',
        f'<path d="M{left} {top + size}l{size} {-size}" stroke="#999" stroke-dasharray="4 3"/>',
    ]
    for i in range(6):
        part, x, y = i / 5, left + size * i // 5, top + size - size * i // 5
        lines.append(f'<text x="{x}" y="{top + size + 14}" text-anchor="middle">{part:.1f}</text>')
        lines.append(f'<text x="{left - 5}" y="{y + 3}" text-anchor="end">{part:.1f}</text>')
    for count, confidence, right in fill_bins(words):
        if count:
            x, y = left + size * confidence / count, top + size - size * right / count
            radius = 2 + 8 * (count / most) ** 0.5
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2a6fb0" fill-opacity="0.7">'
                         f"<title>{count} words</title></circle>")
    lines.append(f'<text x="{left + size / 2}" y="{top + size + 32}" text-anchor="middle">confidence</text>')
    lines.append(f'<text transform="translate(12 {top + size / 2}) rotate(-90)" text-anchor="middle">part of words that are right</text>')
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join([*lines, "</svg>", ""]))


def main():
    folder, picture = sys.argv[1], sys.argv[2]
    print("| rows of | words | right | calibration error | of it by chance | area under ROC |")
    print("|---|---|---|---|---|---|")
    together = []
    with open(os.path.join(folder, "names"), encoding="utf-8") as f:
        names = f.read().splitlines()
    for number, name in enumerate(names, 1):
        words = read_words(os.path.join(folder, f"{number}.tsv"))
        print_row("/".join(os.path.abspath(name).split("/")[-2:]), words)
        together += words
    print_row("all", together)
    if picture:
        draw(picture, together)


main()
