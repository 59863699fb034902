"""The table of measure_align.sh, which see: measure_align.py FOLDER MODEL CSV..."""
import csv
import os
import random
import subprocess
import sys
import wave

RATE = 16000


def setting(name, default):
    return os.environ.get(name, default)


def read_rows(path):
    folder = os.path.dirname(os.path.abspath(path))
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [(os.path.join(folder, row["wav"]), row["text"].strip()) for row in csv.DictReader(f)]
    return [(wav, text) for wav, text in rows if len(text.split()) >= 4]


def decode(path, folder):
    """Samples of 16 bits at RATE; `ossicle augment` without any augmentation is a decoder."""
    out = os.path.join(folder, "decoded.wav")
    subprocess.run([os.environ["OSSICLE"], "augment", "-o", out, path], stderr=subprocess.DEVNULL, check=True)
    with wave.open(out, "rb") as f:
        assert f.getframerate() == RATE and f.getnchannels() == 1 and f.getsampwidth() == 2
        return f.readframes(f.getnframes())


def save(path, data):
    with wave.open(path, "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(RATE)
        f.writeframes(data)


def join(rows, pause, folder):
    data, spans = b"\0\0" * int(pause * RATE), []
    for wav, _ in rows:
        sound = decode(wav, folder)
        spans.append((len(data) / 2 / RATE, (len(data) + len(sound)) / 2 / RATE))
        data += sound + b"\0\0" * int(pause * RATE)
    return data, spans


def read_findings(table):
    """(file, kind, start, end, line) of what is missing or too much."""
    with open(table, encoding="utf-8", newline="\n") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    return [(r[0], r[1], float(r[2]), float(r[3]), int(r[4])) for r in rows if r[1] in ("missing", "sound")]


def run(folder, model, arguments):
    """The findings, and how many texts do not fit; None: the only one."""
    table = os.path.join(folder, "findings.tsv")
    command = [os.environ["OSSICLE"], "align", "--model", model, "--findings", table, *arguments,
               *setting("ARGS", "").split()]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if result.returncode == 3 and "does not fit" in result.stderr:
        return None
    if result.returncode > 1:
        raise RuntimeError(result.stderr)
    return read_findings(table), result.stderr.count("it does not fit")


def align(folder, model, lines):
    text = os.path.join(folder, "text.txt")
    with open(text, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    result = run(folder, model, [os.path.join(folder, "joined.wav"), "--text-file", text])
    return None if result is None else result[0]


def is_missing(finding, line):
    return finding[1] == "missing" and finding[4] == line


def is_sound(finding, begin, end):
    return finding[1] == "sound" and begin - 1.0 <= finding[2] and finding[3] <= end + 1.0 and \
        finding[3] - finding[2] >= 0.5 * (end - begin)


def align_joined(folder, model, rows, draw):
    cases, size, pause = int(setting("CASES", "100")), int(setting("ROWS", "6")), float(setting("PAUSE", "0.3"))
    out = {"nothing": [0, 0, 0], "removed": [0, 0, 0], "inserted": [0, 0, 0], "replaced": [0, 0, 0]}

    def count(name, findings, right):
        if findings is not None:
            found = [f for f in findings if right(f)]
            out[name][0] += 1
            out[name][1] += bool(found) or name == "nothing" and not findings
            out[name][2] += len(findings) > len(found)

    for _ in range(cases):
        extra, *chosen = draw.sample(rows, size + 1)
        data, spans = join(chosen, pause, folder)
        save(os.path.join(folder, "joined.wav"), data)
        at = draw.randrange(size)
        lines = [text for _, text in chosen]
        begin, end = spans[at]
        count("nothing", align(folder, model, lines), lambda f: False)
        count("removed", align(folder, model, lines[:at] + lines[at + 1:]), lambda f: is_sound(f, begin, end))
        count("inserted", align(folder, model, lines[:at] + [extra[1]] + lines[at:]), lambda f: is_missing(f, at + 1))
        count("replaced", align(folder, model, lines[:at] + [extra[1]] + lines[at + 1:]),
              lambda f: is_missing(f, at + 1) or is_sound(f, begin, end))
    return out


def align_alone(folder, model, rows):
    """Every row with its own text, and with that of another one."""
    out = {}
    for name, shift in (("own", 0), ("another's", len(rows) // 2)):
        table = os.path.join(folder, "rows.csv")
        with open(table, "w", encoding="utf-8", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["wav", "text"])
            for i, (wav, _) in enumerate(rows):
                writer.writerow([wav, rows[(i + shift) % len(rows)][1]])
        findings, refused = run(folder, model, ["--csv", table])
        out[name] = len({f[0] for f in findings}), refused
    return out


def main():
    folder, model, *lists = sys.argv[1:]
    rows = [row for path in lists for row in read_rows(path)]
    print("| a row's text is | cases | right | with another finding |")
    print("|---|---|---|---|")
    for name, (cases, right, other) in align_joined(folder, model, rows, random.Random(int(setting("SEED", "1")))).items():
        print(f"| {name} | {cases} | {right} | {other} |")
    print("\n| rows alone, the text is | rows | does not fit | with a finding |")
    print("|---|---|---|---|")
    for name, (found, refused) in align_alone(folder, model, rows).items():
        print(f"| {name} | {len(rows)} | {refused} | {found} |")


main()
