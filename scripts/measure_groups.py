"""What scripts/measure_groups.sh runs: measure_groups.py WORK MODEL [LABEL=]CSV..."""
import array
import csv
import json
import os
import subprocess
import sys
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
from tables import make_table

RATE_HZ = 16000
# name: (what the table says, settings of `ossicle augment`, dB by which samples are turned up)
CONDITIONS = {
    "none": ("as recorded", [], 0),
    "telephone": ("telephone: 300 to 3400 Hz, mu-law", ["telephone_prob=1", "telephone_mulaw_prob=1"], 0),
    "noise-20": ("pink noise, 20 dB below speech", ["noise_prob=1", "noise_pink=1", "noise_white=0", "noise_snr_min_db=20", "noise_snr_max_db=20"], 0),
    "noise-10": ("pink noise, 10 dB below speech", ["noise_prob=1", "noise_pink=1", "noise_white=0", "noise_snr_min_db=10", "noise_snr_max_db=10"], 0),
    "room": ("a room", ["reverb_prob=1"], 0),
    "slow": ("0.8 times as fast", ["speed_prob=1", "speed_min=0.8", "speed_max=0.8"], 0),
    "fast": ("1.25 times as fast", ["speed_prob=1", "speed_min=1.25", "speed_max=1.25"], 0),
    "quiet-20": ("20 dB quieter", [], -20),
    "quiet-40": ("40 dB quieter", [], -40),
}
KNOWN_COLUMNS = {"wav", "text", "speaker", "path", "audio", "file", "transcript", "sentence", "start", "end", "duration", "id"}
ossicle = os.environ["OSSICLE"]


def fail(message):
    print(f"measure_groups: {message}", file=sys.stderr)
    sys.exit(3)


def run(command, folder=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        fail(f"{' '.join(command)[:300]}: {done.stderr.strip().splitlines()[-1:] or ['failed']}")
    return done.stdout


def count_edits(a, b):
    """Levenshtein's distance of two sequences."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(corner + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


class Set:
    """Rows of a CSV: path, text, speaker, other columns; and as WAV files of 16 bits at 16 kHz, 0.wav, 1.wav... in `folder`."""

    def __init__(self, argument, folder):
        label, equals, path = argument.partition("=")
        self.path = path if equals else argument
        self.label = label if equals else os.path.splitext(os.path.basename(argument))[0]
        self.folder = folder
        try:
            with open(self.path, encoding="utf-8", newline="") as file:
                self.rows = list(csv.DictReader(file))
        except OSError as error:
            fail(f"{self.path}: {error.strerror}")
        if not self.rows or not {"wav", "text"} <= self.rows[0].keys():
            fail(f"{self.path} has no rows with the columns wav and text")
        if "start" in self.rows[0]:
            fail(f"{self.path}: its rows are parts of recordings, which this script hears as a whole: give one of whole files")
        os.makedirs(folder)
        near = os.path.dirname(os.path.abspath(self.path))
        for number, row in enumerate(self.rows):
            run([ossicle, "augment", "-o", os.path.join(folder, f"{number}.wav"), os.path.join(near, row["wav"])])
        self.seconds = [(os.path.getsize(os.path.join(folder, f"{n}.wav")) - 44) / (2 * RATE_HZ) for n in range(len(self.rows))]

    def find_groups(self, speakers):
        """-> [(name, numbers of rows)]"""
        groups = {}
        for number, row in enumerate(self.rows):
            names = [f"{column}: {value}" for column, value in row.items() if column and column not in KNOWN_COLUMNS | {"age"} and value]
            if (row.get("age") or "").isdigit():
                names.append("children (under 18)" if int(row["age"]) < 18 else "adults")
            names += speakers.get(row.get("speaker", ""), [])
            for name in names:
                groups.setdefault(name, []).append(number)
        named = sorted(groups.items())
        # By pace, where there are rows enough to divide.
        if len(self.rows) >= 30:
            order = sorted(range(len(self.rows)), key=lambda n: len(self.rows[n]["text"]) / max(self.seconds[n], 0.01))
            ends = [0, len(order) // 3, 2 * len(order) // 3, len(order)]
            for name, first, last in zip(("slow", "middle", "fast"), ends, ends[1:]):
                part = order[first:last]
                pace = [len(self.rows[n]["text"]) / max(self.seconds[n], 0.01) for n in (part[0], part[-1])]
                named.append((f"{name}: {pace[0]:.1f} to {pace[1]:.1f} characters a second", part))
        return named


class Scorer:
    def __init__(self, work, model, lm):
        self.work, self.model, self.lm = work, model, lm
        # A model may have a language model that it takes by itself.

    def evaluate(self, path, with_lm, hypotheses=False):
        """-> (CER, WER), and rows of (reference, hypothesis)"""
        out = os.path.join(self.work, "hyp.tsv")
        options = ["--lm", self.lm] if with_lm else []
        found = json.loads(run([ossicle, "eval", "--model", self.model, "--csv", path, "--json", "--hyp", out, *options]))
        if not hypotheses:
            return (found["cer"], found["wer"]), []
        with open(out, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        return (found["cer"], found["wer"]), [(row[1], row[2]) for row in rows]


def sum_rates(counts, numbers):
    """(edits of characters, characters, edits of words, words) of rows -> (CER, WER)"""
    total = [sum(counts[number][i] for number in numbers) for i in range(4)]
    return total[0] / max(total[1], 1), total[2] / max(total[3], 1)


def count_rows(pairs):
    counts = []
    for reference, hypothesis in pairs:
        words = reference.split()
        counts.append((count_edits(reference, hypothesis), len(reference), count_edits(words, hypothesis.split()), len(words)))
    return counts


def measure_sets(sets, scorer, speakers):
    rows = []
    for one in sets:
        rates, pairs = scorer.evaluate(one.path, False, True)
        if len(pairs) != len(one.rows):
            fail(f"{one.path}: {len(one.rows)} rows, {len(pairs)} of them scored: take out those that cannot be read")
        counts = count_rows(pairs)
        lm_rates, lm_pairs = scorer.evaluate(one.path, True, True) if scorer.lm else ((0, 0), [])
        lm_counts = count_rows(lm_pairs)
        last = [f"{lm_rates[1]:.3f}"] if scorer.lm else []
        rows.append([one.label, "all", str(len(one.rows)), f"{rates[0]:.3f}", f"{rates[1]:.3f}", *last])
        for name, numbers in one.find_groups(speakers):
            cer, wer = sum_rates(counts, numbers)
            last = [f"{sum_rates(lm_counts, numbers)[1]:.3f}"] if scorer.lm else []
            rows.append([one.label, name, str(len(numbers)), f"{cer:.3f}", f"{wer:.3f}", *last])
    return make_table(["set", "group", "utterances", "CER", "WER"] + (["WER with LM"] if scorer.lm else []), rows)


def turn_up(path, out, decibels):
    factor = 10 ** (decibels / 20)
    with wave.open(path, "rb") as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    samples = array.array("h", [max(-32768, min(32767, round(sample * factor))) for sample in samples])
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def change(one, numbers, settings, decibels):
    """-> a CSV of these rows, changed"""
    path = os.path.join(one.folder, "changed.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["wav", "text"])
        for number in numbers:
            source, out = f"{number}.wav", f"changed-{number}.wav"
            if decibels:
                turn_up(os.path.join(one.folder, source), os.path.join(one.folder, out), decibels)
            else:
                # Where it lies must not count: the draw goes by the name that is given.
                run([ossicle, "augment", *[part for key in settings for part in ("--set", key)], "-o", out, source], one.folder)
            table.writerow([out, one.rows[number]["text"]])
    return path


def measure_conditions(sets, scorer, names):
    limit = int(os.environ.get("ROWS", "0"))
    rows = []
    for name in names:
        label, settings, decibels = CONDITIONS[name]
        cells = []
        for one in sets:
            count = min(limit or len(one.rows), len(one.rows))
            path = change(one, [i * len(one.rows) // count for i in range(count)], settings, decibels)
            rates, _ = scorer.evaluate(path, False)
            cells.append(f"{rates[0]:.3f} / {rates[1]:.3f}" + (f"; {scorer.evaluate(path, True)[0][1]:.3f}" if scorer.lm else ""))
        rows.append([label, *cells])
    head = "CER / WER; WER with LM" if scorer.lm else "CER / WER"
    return make_table([head, *[one.label for one in sets]], rows)


def read_speakers():
    """-> groups of each speaker"""
    found = {}
    if os.environ.get("SPEAKERS"):
        with open(os.environ["SPEAKERS"], encoding="utf-8") as file:
            for line in file:
                speaker, tab, group = line.rstrip("\n").partition("\t")
                if tab:
                    found.setdefault(speaker, []).append(group)
    return found


def main():
    work, model, *arguments = sys.argv[1:]
    asked = os.environ.get("CONDITIONS", " ".join(CONDITIONS)).split()
    names = [] if asked == ["none"] else asked
    for name in names:
        if name not in CONDITIONS:
            fail(f"CONDITIONS: {name} is none of {' '.join(CONDITIONS)}")
    sets = [Set(argument, os.path.join(work, str(number))) for number, argument in enumerate(arguments)]
    scorer = Scorer(work, model, os.environ.get("LM", ""))
    print("\n".join(measure_sets(sets, scorer, read_speakers())), flush=True)
    if names:
        print("\n".join(measure_conditions(sets, scorer, names)))


if __name__ == "__main__":
    main()
