"""For scripts/measure_hotwords.sh, which says what it is given.

Words of reference and hypothesis are aligned with the fewest edits. An error of a listed word is a listed word of the reference
that became another or none, or a listed word that was heard where nothing was said; all else is an error of the others. Each is
divided by its words in the reference. A word of the others that became a listed one is an error of the others.
"""
import collections
import glob
import gzip
import json
import lzma
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
from edits import align  # noqa: E402
from tables import make_table  # noqa: E402

LEAST = 3  # words that come less often are mostly misspelt
SEED = 1


def fail(message):
    sys.exit(f"measure_hotwords.sh: {message}")


def count_words(folder):
    counts = collections.Counter()
    sources = sorted(glob.glob(os.path.join(folder, "*.txt*")))
    if not sources:
        fail(f"{folder} has no texts (*.txt, *.txt.gz, *.txt.xz)")
    for path in sources:
        opened = {".gz": gzip.open, ".xz": lzma.open}.get(os.path.splitext(path)[1], open)
        with opened(path, "rt", encoding="utf-8") as file:
            for line in file:
                counts.update(line.split())
    return counts


class Evaluation:
    def __init__(self, work, csv):
        self.work, self.csv = work, csv
        self.model = ["--model", os.environ["MODEL"]] if "MODEL" in os.environ else []
        self.weights = []
        for name, option in (("LM_WEIGHT", "--lm-weight"), ("WORD_BONUS", "--word-bonus")):
            self.weights += [option, os.environ[name]] if name in os.environ else []

    def run(self, lm, options=()):
        """-> pairs (reference, hypothesis), lists of words"""
        out = os.path.join(self.work, "hyp.tsv")
        search = ["--lm", lm, *self.weights] if lm else []
        command = [os.environ["OSSICLE"], "eval", *self.model, "--csv", self.csv, *search, *options, "--json", "--hyp", out]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0 or json.loads(done.stdout)["failed"]:
            fail(f"{' '.join(command)}: {done.stderr[-1000:]}")
        with open(out, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        return [(row[1].split(), row[2].split()) for row in rows]

    def run_with_list(self, lm, words, weight):
        path = os.path.join(self.work, "hotwords.txt")
        with open(path, "w", encoding="utf-8") as file:
            print(*words, sep="\n", file=file)
        return self.run(lm, ["--hotwords", path, "--hotword-weight", weight])


def rate(pairs, listed):
    """-> error rates of listed words and of others"""
    errors, words = [0, 0], [0, 0]
    for reference, hypothesis in pairs:
        for said, heard in align(reference, hypothesis):
            kind = 0 if (heard if said is None else said) in listed else 1
            errors[kind] += said != heard
            words[kind] += said is not None
    return [f"{100 * wrong / count:.1f}" for wrong, count in zip(errors, words)]


def tabulate(evaluation, lm, lists, listed, weights):
    head = ["weight"] + [f"list of {len(words)}: listed, others" for words in lists]
    rows = [["no list", *[", ".join(rate(evaluation.run(lm), listed))] * len(lists)]]
    for weight in weights:
        rows.append([weight, *(", ".join(rate(evaluation.run_with_list(lm, words, weight), listed)) for words in lists)])
    return make_table(head, rows)


def main():
    work, folder, csv, *rest = sys.argv[1:]
    lm = rest[0] if rest else None
    rare = int(os.environ.get("RARE", "400"))
    weights = os.environ.get("WEIGHTS", "0 2 4 6 8 10 15").split()
    padding = [int(number) for number in os.environ.get("PADDING", "0 100 1000").split()]
    evaluation = Evaluation(work, csv)
    said = collections.Counter(word for reference, _ in evaluation.run(None) for word in reference)
    counts = count_words(folder)
    listed = sorted(word for word in said if counts[word] < rare)
    if not listed or len(listed) == len(said):
        fail(f"{len(listed)} of {len(said)} words of {csv} come less than {rare} times in {folder}: choose another RARE")
    others = sorted(word for word, count in counts.items() if LEAST <= count < rare and word not in said)
    random.Random(SEED).shuffle(others)
    if len(others) < max(padding):
        fail(f"{folder} has {len(others)} words to pad a list with: choose a smaller PADDING")
    lists = [listed + others[:number] for number in padding]
    spoken = sum(said[word] for word in listed)
    print(f"{len(listed)} listed words, said {spoken} times; other words, said {sum(said.values()) - spoken} times. Errors in percent.\n")
    for kind in [lm, None] if lm else [None]:
        print("With the language model:\n" if kind else "Without a language model:\n")
        print("\n".join(tabulate(evaluation, kind, lists, listed, weights)))


if __name__ == "__main__":
    main()
