#!/usr/bin/env python3
"""`make bench-pocketsphinx`: Ossicle beside Debian's pocketsphinx, recordings to text, set by set.

    bench_pocketsphinx.py BUILD [LABEL=]CSV...

Without CSVs: the held-out sets of `make recipe-ossicle-en`, in data/recipes/ossicle-en. From the environment: MODEL
(checkpoints/ossicle-en.safetensors); LM, a language model for Ossicle (checkpoints/ossicle-en.lm when it is there; LM=none: greedy alone);
BEAM (what `ossicle eval` takes); ROWS, so many rows of each set, evenly taken (all).

Each has what it comes with: pocketsphinx its acoustic model en-us, its dictionary and its trigrams of 27 MB. One processor and one thread;
times are processor time with loading. Prints a table in Markdown. Pocketsphinx takes a third of the recordings' length.
"""
import csv
import json
import os
import shutil
import sys

import bench_decoding as decoding
from tables import make_table

ROOT = decoding.ROOT
SETS = {
    "LibriSpeech dev-clean, unseen readers": "librispeech-dev-clean-part-dev.csv",
    "LibriSpeech, every fifth row": "librispeech-held-out.csv",
    "speechocean762 dev": "speechocean762-dev.csv",
    "kathleen dev": "kathleen-dev.csv",
}


class Set(decoding.Setting):
    """One set of recordings, and what both make of it."""

    def __init__(self, build, label, source):
        self.ossicle, self.label = os.path.join(build, "ossicle"), label
        self.folder = os.path.join(os.path.dirname(os.path.abspath(build)), "pocketsphinx")
        self.model = os.environ.get("MODEL", os.path.join(ROOT, "checkpoints/ossicle-en.safetensors"))
        os.makedirs(self.path("wav"), exist_ok=True)
        self.csv = self.path("set.csv")
        with open(source, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if "start" in rows[0]:
            decoding.fail(f"{source}: its rows are parts of recordings, which pocketsphinx would hear as a whole: give one of whole files")
        count = min(int(os.environ.get("ROWS", len(rows))), len(rows))
        folder = os.path.dirname(os.path.abspath(source))
        with open(self.csv, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["wav", "text"])
            table.writerows([os.path.join(folder, row["wav"]), row["text"]] for row in rows[:: max(len(rows) // count, 1)][:count])

    def run_ours(self, options):
        """-> texts, seconds of processor time"""
        out = self.path("ours.tsv")
        text, seconds = decoding.run_timed([self.ossicle, *self.evaluation(), *options, "--hyp", out])
        self.audio_seconds = json.loads(text)["audio_seconds"]
        with open(out, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        self.recordings, self.references = [row[0] for row in rows], [row[1] for row in rows]
        return [row[2] for row in rows], seconds

    def describe(self, texts, seconds):
        return [f"{self.rate(texts):.3f}", f"{self.audio_seconds / seconds:.1f}"]


def list_options():
    """-> [(name, options of eval)]"""
    shipped = os.path.join(ROOT, "checkpoints/ossicle-en.lm")
    lm = os.environ.get("LM", shipped if os.path.exists(shipped) else "none")
    beam = ["--beam", os.environ["BEAM"]] if "BEAM" in os.environ else []
    return [(f"{decoding.OURS}, greedy", [])] + ([(f"{decoding.OURS}, {os.path.basename(lm)}", ["--lm", lm, *beam])] if lm != "none" else [])


def measure(one):
    rows = []
    for name, options in list_options():
        decoding.say(f"{one.label}: {name}")
        rows.append([one.label, str(0), name, *one.describe(*one.run_ours(options))])
    for number, recording in enumerate(one.recordings):
        decoding.run([one.ossicle, "augment", "-o", one.path(f"wav/{number}.wav"), recording])
    decoding.say(f"{one.label}: pocketsphinx, {one.audio_seconds / 3 / 60:.0f} minutes or so")
    found = decoding.run_pocketsphinx(one, os.path.join(decoding.POCKETSPHINX_MODEL, "en-us.lm.bin"))
    rows.append([one.label, "", f"{decoding.POCKETSPHINX}, its own trigrams", *one.describe(*found)])
    for row in rows:
        row[1] = str(len(one.recordings))
    return rows


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if shutil.which("pocketsphinx_batch") is None or not os.path.isdir(decoding.POCKETSPHINX_MODEL):
        sys.exit("bench-pocketsphinx: pocketsphinx is not installed (Debian: pocketsphinx, pocketsphinx-en-us)")
    build, arguments = sys.argv[1], sys.argv[2:]
    folder = os.path.join(ROOT, "data/recipes/ossicle-en")
    sets = [argument.rpartition("=")[::2] for argument in arguments] or [(label, os.path.join(folder, name)) for label, name in SETS.items()]
    for _, path in sets:
        if not os.path.exists(path):
            sys.exit(f"bench-pocketsphinx: {path} is missing: make recipe-ossicle-en makes the usual sets, or name CSVs")
    decoding.isolate()
    rows = []
    for label, path in sets:
        rows += measure(Set(build, label or os.path.basename(path), path))
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    print(f"{(names or ['?'])[0]}; {decoding.POCKETSPHINX} {decoding.find_version(decoding.POCKETSPHINX)}.\n")
    print("\n".join(make_table(["set", "utterances", "", "WER", "x real time"], rows)))


if __name__ == "__main__":
    main()
