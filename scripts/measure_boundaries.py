"""The table of measure_boundaries.sh, which see: measure_boundaries.py FOLDER MODEL CSV...

Edges of a single recording: RMS of windows of 10 ms every 5 ms; the word lasts from the first to the last window that is at most 30 dB
below the loudest. 50 ms around it are kept and faded; the word is brought to -20 dB of full scale; what is between the edges of two
words is the pause. White noise at -75 dB of full scale lies under all of it, and more where an SNR (to -20 dB) is asked for.

Recognised words belong to the true word in which they lie with more than half of their length; the start of the first and the end of the
last of them are compared with its edges. True words in which no word lies are counted as missed."""
import array
import csv
import itertools
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import wave

RATE, WINDOW, HOP, MARGIN = 16000, 160, 80, 800
SPEECH_DB, FLOOR_DB, DROP_DB = -20.0, -75.0, 30.0


def setting(name, default):
    return os.environ.get(name, default)


def read_rows(path):
    folder = os.path.dirname(os.path.abspath(path))
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [(os.path.join(folder, row["wav"]), row["text"].strip()) for row in csv.DictReader(f)]
    return [(wav, text) for wav, text in rows if len(text) > 1 and len(text.split()) == 1]


def decode(path):
    """`ossicle augment` without any augmentation is a decoder."""
    samples = array.array("h")
    with tempfile.NamedTemporaryFile(suffix=".wav") as out:
        subprocess.run([os.environ["OSSICLE"], "augment", "-o", out.name, path], stderr=subprocess.DEVNULL, check=True)
        with wave.open(out.name, "rb") as f:
            samples.frombytes(f.readframes(f.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return [x / 32768.0 for x in samples]


def find_edges(x):
    """Samples (begin, end) of the word; None when there is none."""
    energy = [0.0, *itertools.accumulate(v * v for v in x)]
    power = [energy[i + WINDOW] - energy[i] for i in range(0, len(x) - WINDOW + 1, HOP)]
    if not power or max(power) <= 0.0:
        return None
    least = max(power) * 10.0 ** (-DROP_DB / 10.0)
    loud = [i for i, p in enumerate(power) if p >= least]
    inner = (WINDOW - HOP) // 2
    return loud[0] * HOP + inner, loud[-1] * HOP + WINDOW - inner


def cut_word(path):
    """The word with its margins, faded and levelled, and its edges in it."""
    x = decode(path)
    edges = find_edges(x)
    if edges is None:
        return None
    begin, end = max(0, edges[0] - MARGIN), min(len(x), edges[1] + MARGIN)
    x = x[begin:end]
    fade = min(MARGIN, len(x) // 2)
    for i in range(fade):
        x[i] *= i / fade
        x[-1 - i] *= i / fade
    gain = 10.0 ** (SPEECH_DB / 20.0) / math.sqrt(sum(v * v for v in x) / len(x))
    return [v * gain for v in x], edges[0] - begin, edges[1] - begin


def join(rows, words, draw):
    """Samples, and (start, end) in seconds of each word, with its text."""
    shortest, longest = (float(s) for s in setting("PAUSES", "0.1 0.8").split())
    x, truth = [0.0] * int(draw.uniform(shortest, longest) * RATE), []
    while rows and len(truth) < words:
        wav, text = rows.pop()
        word = cut_word(wav)
        if word is None:
            continue
        sound, begin, end = word
        pause = int(draw.uniform(shortest, longest) * RATE)
        if truth:
            wanted = round(truth[-1][1] * RATE) + pause - begin
            x.extend([0.0] * max(0, wanted - len(x)))
        at = len(x)
        truth.append(((at + begin) / RATE, (at + end) / RATE, text))
        x.extend(sound)
    x.extend([0.0] * int(draw.uniform(shortest, longest) * RATE))
    return x, truth


def save(path, x, noise_db, draw):
    level = 10.0 ** (noise_db / 20.0)
    samples = array.array("h", (max(-32768, min(32767, round(32767.0 * (v + draw.gauss(0.0, level))))) for v in x))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(path, "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(RATE)
        f.writeframes(samples.tobytes())


def recognise(model, paths, texts, folder):
    """With ALIGN set, the texts are told."""
    command = [os.environ["OSSICLE"], "transcribe", "--greedy", "--model", model, "--format", "jsonl", *paths]
    if setting("ALIGN", ""):
        rows = os.path.join(folder, "texts.csv")
        with open(rows, "w", encoding="utf-8", newline="") as f:
            csv.writer(f).writerows([("wav", "text"), *zip(paths, texts)])
        command = [os.environ["OSSICLE"], "align", "--exact", "--model", model, "--format", "jsonl", "--csv", rows]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    found = {}
    for line in output.splitlines():
        result = json.loads(line)
        found[result["file"]] = [(w["start"], w["end"]) for s in result["segments"] for w in s["words"]]
    return found


def compare(truth, found):
    starts, ends, missed = [], [], 0
    for begin, end, _ in truth:
        inside = [w for w in found if min(w[1], end) - max(w[0], begin) > 0.5 * (w[1] - w[0])]
        if inside:
            starts.append(inside[0][0] - begin)
            ends.append(inside[-1][1] - end)
        else:
            missed += 1
    return starts, ends, missed


def percentile(values, part):
    values = sorted(values)
    at = part * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


def figures(errors):
    if not errors:
        return "- | - | -"
    sizes = [abs(e) for e in errors]
    return (f"{1000 * percentile(sizes, 0.5):.0f} | {1000 * percentile(sizes, 0.95):.0f} | "
            f"{1000 * sum(errors) / len(errors):+.0f}")


def main():
    folder, model, *lists = sys.argv[1:]
    words, recordings = int(setting("WORDS", "8")), int(setting("RECORDINGS", "60"))
    print("| words of | SNR, dB | words | missed | start: median | 95 % | bias | end: median | 95 % | bias, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for path in lists:
        draw = random.Random(int(setting("SEED", "1")))
        rows = read_rows(path)
        draw.shuffle(rows)
        joined = [join(rows, words, draw) for _ in range(min(recordings, math.ceil(len(rows) / words)))]
        for snr in setting("SNR", "none 40 30 20 10").split():
            noise = FLOOR_DB if snr == "none" else SPEECH_DB - float(snr)
            paths = [os.path.join(folder, f"{i}.wav") for i in range(len(joined))]
            for name, (x, _) in zip(paths, joined):
                save(name, x, noise, draw)
            texts = [" ".join(word[2] for word in truth) for _, truth in joined]
            found = recognise(model, paths, texts, folder)
            starts, ends, missed = [], [], 0
            for name, (_, truth) in zip(paths, joined):
                s, e, m = compare(truth, found[name])
                starts += s
                ends += e
                missed += m
            label = os.path.join(os.path.basename(os.path.dirname(os.path.abspath(path))), os.path.basename(path))
            print(f"| {label} | {snr} | {len(starts) + missed} | {missed} | {figures(starts)} | {figures(ends)} |", flush=True)


main()
