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


def align(folder, model, lines):
    text, table = os.path.join(folder, "text.txt"), os.path.join(folder, "findings.tsv")
    with open(text, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    command = [os.environ["OSSICLE"], "align", "--model", model, os.path.join(folder, "joined.wav"), "--text-file", text,
               "--findings", table, *setting("ARGS", "").split()]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode > 1:
        raise RuntimeError(result.stderr)
    words = [line.split() for line in result.stdout.splitlines()]
    with open(table, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    return words, [(r[1], float(r[2]), float(r[3]), int(r[4])) for r in rows if r[1] in ("missing", "sound")]


def main():
    folder, model, *lists = sys.argv[1:]
    cases, size = int(setting("CASES", "100")), int(setting("ROWS", "6"))
    pause, draw = float(setting("PAUSE", "0.3")), random.Random(int(setting("SEED", "1")))
    rows = [row for path in lists for row in read_rows(path)]
    out = {"nothing": [0, 0], "removed": [0, 0], "inserted": [0, 0]}
    for _ in range(cases):
        chosen = draw.sample(rows, size + 1)
        extra, chosen = chosen[0], chosen[1:]
        data, spans = join(chosen, pause, folder)
        save(os.path.join(folder, "joined.wav"), data)
        at = draw.randrange(size)
        lines = [text for _, text in chosen]
        _, findings = align(folder, model, lines)
        out["nothing"][0] += not findings
        out["nothing"][1] += bool(findings)
        _, findings = align(folder, model, lines[:at] + lines[at + 1:])
        begin, end = spans[at]
        right = [f for f in findings if f[0] == "sound" and begin - 0.5 <= f[1] and f[2] <= end + 0.5 and
                 f[2] - f[1] >= 0.5 * (end - begin)]
        out["removed"][0] += bool(right)
        if os.environ.get("DEBUG") and (not right or len(findings) > 1):
            print("removed", spans[at], at, findings, flush=True)
        out["removed"][1] += len(findings) > len(right)
        _, findings = align(folder, model, lines[:at] + [extra[1]] + lines[at:])
        right = [f for f in findings if f[0] == "missing" and f[3] == at + 1]
        out["inserted"][0] += bool(right)
        out["inserted"][1] += len(findings) > len(right)
    print(f"| a row's text is | cases | right | with another finding |")
    print("|---|---|---|---|")
    for name, (right, other) in out.items():
        print(f"| {name} | {cases} | {right} | {other} |")


main()
