#!/usr/bin/env python3
"""`make bench-decoding`: Ossicle's beam search beside ctc-beam-decoder, pyctcdecode and pocketsphinx.

    bench_decoding.py BUILD

From the environment: CSV, recordings and transcripts that the models were not made of (default: every fifth row of
DATA/librispeech/train.csv, DATA being data); LM, an ARPA file that kenlm reads (default: BUILD/../decoding-peers/lm.arpa, made
of the texts in TEXT, by default DATA/text, with `ossicle lm build`); MODEL; WIDTHS ("16 64 100"); LM_WEIGHT (0.7);
WORD_BONUS (1.5); ROUNDS (5); SKIP, rivals not to run (such as "pocketsphinx pyctcdecode").

Searches get the same logits, language model and weights and one processor, and take turns; a time is processor time, the
median over the rounds, without loading. Pocketsphinx hears the recordings with an acoustic model of its own. A rival that cannot
be installed or does not take the language model is left out, with the reason. Prints tables in Markdown, and writes them between
their marks in docs/decoding.md unless CSV, LM or MODEL is set.
"""
import glob
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time

from edits import count_errors
from tables import make_table, write_report

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(ROOT, "docs/decoding.md")
OURS = "Ossicle"
# numpy: pyctcdecode asks for one below 2, and both are to have the same.
PEERS = {
    "ctc-beam-decoder": ("ctc_beam_decoder", ["ctc-beam-decoder==0.2.0", "numpy==1.26.4"]),
    "pyctcdecode": ("pyctcdecode", ["pyctcdecode==0.5.0", "kenlm==0.3.0", "numpy==1.26.4"]),
}
POCKETSPHINX = "pocketsphinx"
POCKETSPHINX_MODEL = "/usr/share/pocketsphinx/model/en-us"
# The size of the trigram that ctc-beam-decoder was first measured with: 2.9 million n-grams.
LM_OPTIONS = ["--order", "3", "--min-count", "3", "--max-ngrams", "2900000"]


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def fail(message):
    sys.exit(f"bench-decoding: {message}")


def run(command, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        fail(f"{' '.join(command)[:300]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def run_timed(command):
    """-> (standard output, seconds of processor time)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def isolate():
    """One processor, the last one, and one thread, for this process and all that it starts."""
    for key in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OSSICLE_CPU", "OSSICLE_MODEL"):
        os.environ.pop(key, None)
    for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[key] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Setting:
    """What all contenders get; files lie in `folder`."""

    def __init__(self, build):
        environment = os.environ.get
        self.build, self.ossicle = build, os.path.join(build, "ossicle")
        self.folder = os.path.join(os.path.dirname(os.path.abspath(build)), "decoding-peers")
        self.model = environment("MODEL", os.path.join(ROOT, "checkpoints/ossicle-en.safetensors"))
        self.weight, self.bonus = environment("LM_WEIGHT", "0.7"), environment("WORD_BONUS", "1.5")
        self.widths = [int(width) for width in environment("WIDTHS", "16 64 100").split()]
        self.rounds = int(environment("ROUNDS", "5"))
        self.skipped = environment("SKIP", "").split()
        self.data = environment("DATA", os.path.join(ROOT, "data"))
        os.makedirs(self.folder, exist_ok=True)
        for part in ("logits", "wav"):
            os.makedirs(self.path(part), exist_ok=True)
        self.csv = self.find_csv()
        self.lm = self.find_lm()

    def path(self, name):
        return os.path.join(self.folder, name)

    def find_csv(self):
        if "CSV" in os.environ:
            with open(os.environ["CSV"], encoding="utf-8") as file:
                columns = file.readline().strip().split(",")
            if "start" in columns or "end" in columns:
                fail(f"{os.environ['CSV']}: its rows are parts of recordings, which rivals would hear as a whole: give one of whole files")
            return os.environ["CSV"]
        source, out = os.path.join(self.data, "librispeech/train.csv"), self.path("held-out.csv")
        if not os.path.exists(source):
            fail(f"{source} is missing: CSV=FILE names recordings with transcripts, DATA=FOLDER the folder of {source}")
        with open(source, encoding="utf-8") as file:
            head, *rows = file.read().splitlines()
        folder = os.path.dirname(os.path.abspath(source))
        with open(out, "w", encoding="utf-8") as file:
            print(head, *(os.path.join(folder, row) for row in rows[4::5]), sep="\n", file=file)
        return out

    def find_lm(self):
        if "LM" in os.environ:
            return os.environ["LM"]
        out, text = self.path("lm.arpa"), os.environ.get("TEXT", os.path.join(self.data, "text"))
        sources = sorted(glob.glob(os.path.join(text, "*.txt*")))
        if os.path.exists(out):
            say(f"language model: {out} is there already")
        elif not sources:
            fail(f"{text} has no texts (*.txt, *.txt.gz, *.txt.xz): LM=FILE.arpa names a language model, TEXT=FOLDER texts to make it of")
        else:
            say("language model: a minute")
            run([self.ossicle, "lm", "build", *LM_OPTIONS, "-o", out, *sources])
        return out

    def prepare(self):
        """Texts as the model spells them, greedy results, logits, and recordings as WAV."""
        table = self.path("greedy.tsv")
        text, self.greedy_seconds = run_timed([self.ossicle, *self.evaluation(), "--hyp", table])
        self.audio_seconds = json.loads(text)["audio_seconds"]
        with open(table, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        if "\\" in "".join(row[0] for row in rows):
            fail(f"{self.csv}: names of recordings with backslashes, tabs or line ends are not for this script")
        self.references, self.greedy = [row[1] for row in rows], [row[2] for row in rows]
        listed = [self.path(f"logits/{number}.npy") for number in range(len(rows))]
        for (wav, *_), out in zip(rows, listed):
            run([self.ossicle, "embed", "--model", self.model, "--what", "logits", "-o", out, wav])
        with open(self.path("list.txt"), "w", encoding="utf-8") as file:
            print(*listed, sep="\n", file=file)
        self.recordings = [row[0] for row in rows]
        symbols = json.loads(run([self.ossicle, "info", "--json", self.model]))["vocabulary"]
        self.labels = ["", *symbols[1:]]

    def evaluation(self):
        return ["eval", "--model", self.model, "--csv", self.csv, "--threads", "1", "--json"]

    def rate(self, texts):
        """Word error rate."""
        counts = [count_errors(reference.split(), text.split()) for reference, text in zip(self.references, texts)]
        return sum(errors for errors, _ in counts) / sum(words for _, words in counts)


# ---- Contenders of one protocol (search_worker.c) ----


class Worker:
    """Loaded, or `reason` says why not."""

    def __init__(self, command, files, log):
        self.files, self.reason, self.log = files, "", log
        with open(log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.reason = self.find_reason()

    def find_reason(self):
        self.process.kill()
        self.process.wait()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line for line in file.read().splitlines() if line.strip()]
        return f"ended early: {lines[-1][:200] if lines else 'no message'}"

    def search(self, width):
        """-> {us, bytes, allocations, texts}"""
        print(width, file=self.process.stdin, flush=True)
        first = self.process.stdout.readline().split()
        if len(first) != 4:
            fail(f"{self.process.args[0]} {self.find_reason()}")
        seconds, rows, state, allocations = float(first[0]), *(int(field) for field in first[1:])
        texts = [self.process.stdout.readline().rstrip("\n") for _ in range(self.files)]
        return {"us": seconds / rows * 1e6, "rows": rows, "bytes": state, "allocations": allocations, "texts": texts}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def install(setting, name, packages):
    """-> the Python of its virtual environment, or why there is none"""
    venv = setting.path(f"venv-{name}")
    python, marker = os.path.join(venv, "bin/python"), os.path.join(venv, "packages")
    wanted = " ".join(packages)
    if os.path.exists(marker):
        with open(marker, encoding="utf-8") as file:
            if file.read() == wanted:
                return python, ""
    say(f"installing {wanted} into {venv}")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    for command in ([sys.executable, "-m", "venv", "--clear", venv], pip):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no message"]
            return None, f"{wanted} cannot be installed: {lines[-1][:200]}"
    with open(marker, "w", encoding="utf-8") as file:
        file.write(wanted)
    return python, ""


def start_workers(setting, reasons):
    common = [setting.lm, setting.weight, setting.bonus, setting.path("list.txt")]
    files = len(setting.references)
    worker = os.path.join(setting.build, "scripts/bench/search_worker")
    workers = {OURS: Worker([worker, setting.model, *common], files, setting.path("ossicle.log"))}
    if workers[OURS].reason:
        fail(f"{worker} {workers[OURS].reason}")
    for name, (module, packages) in PEERS.items():
        python, reason = (None, "SKIP names it") if name in setting.skipped else install(setting, name, packages)
        if python is not None:
            script = os.path.join(ROOT, "scripts/bench/peer_decoders.py")
            command = [python, "-B", script, module, *common, json.dumps(setting.labels)]
            started = Worker(command, files, setting.path(f"{name}.log"))
            reason = started.reason
        if reason:
            reasons.append(f"{name}: {reason}")
        else:
            workers[name] = started
    return workers


def measure(setting, workers):
    """-> rounds[i][name, width] = result"""
    rounds = []
    for number in range(1, setting.rounds + 1):
        say(f"round {number} of {setting.rounds}")
        rounds.append({(name, width): workers[name].search(width) for width in setting.widths for name in workers})
    return rounds


# ---- Recordings to text ----


def run_pocketsphinx(setting, lm):
    """-> texts, seconds of processor time with loading"""
    with open(setting.path("ctl"), "w", encoding="utf-8") as file:
        print(*range(len(setting.recordings)), sep="\n", file=file)
    model, out = os.path.join(POCKETSPHINX_MODEL, "en-us"), setting.path("pocketsphinx.hyp")
    command = ["pocketsphinx_batch", "-hmm", model, "-dict", os.path.join(POCKETSPHINX_MODEL, "cmudict-en-us.dict"), "-lm", lm]
    command += ["-ctl", setting.path("ctl"), "-cepdir", setting.path("wav"), "-cepext", ".wav", "-adcin", "yes", "-adchdr", "44"]
    _, seconds = run_timed([*command, "-hyp", out, "-logfn", "/dev/null"])
    with open(out, encoding="utf-8") as file:
        texts = {int(line.rpartition(" (")[2].split()[0]): line.rpartition(" (")[0] for line in file}
    return [texts.get(number, "") for number in range(len(setting.recordings))], seconds


def measure_pocketsphinx(setting, reasons):
    """-> rows of the table of recordings"""
    if POCKETSPHINX in setting.skipped:
        reasons.append(f"{POCKETSPHINX}: SKIP names it")
        return []
    if shutil.which("pocketsphinx_batch") is None:
        reasons.append(f"{POCKETSPHINX}: there is no pocketsphinx_batch (Debian: pocketsphinx, pocketsphinx-en-us)")
        return []
    if not os.path.isdir(POCKETSPHINX_MODEL):
        reasons.append(f"{POCKETSPHINX}: {POCKETSPHINX_MODEL} is missing (Debian: pocketsphinx-en-us)")
        return []
    for number, recording in enumerate(setting.recordings):
        run([setting.ossicle, "augment", "-o", setting.path(f"wav/{number}.wav"), recording])
    rows = []
    for label, lm in (("its own trigram", os.path.join(POCKETSPHINX_MODEL, "en-us.lm.bin")), ("the same trigram", setting.lm)):
        say(f"{POCKETSPHINX}, {label}: a few minutes")
        texts, seconds = run_pocketsphinx(setting, lm)
        rows.append([f"{POCKETSPHINX}, {label}", f"{setting.audio_seconds / seconds:.1f}", f"{setting.rate(texts):.3f}"])
    return rows


def measure_ours(setting):
    own_form = setting.path("lm.olm")
    run([setting.ossicle, "lm", "convert", setting.lm, "-o", own_form])
    rows = [[f"{OURS}, greedy", f"{setting.audio_seconds / setting.greedy_seconds:.0f}", f"{setting.rate(setting.greedy):.3f}"]]
    for width in setting.widths:
        out = setting.path("beam.tsv")
        options = ["--lm", own_form, "--lm-weight", setting.weight, "--word-bonus", setting.bonus, "--beam", str(width)]
        _, seconds = run_timed([setting.ossicle, *setting.evaluation(), *options, "--hyp", out])
        with open(out, encoding="utf-8") as file:
            texts = [line.split("\t")[2] for line in file][1:]
        rows.append([f"{OURS}, beam {width}", f"{setting.audio_seconds / seconds:.0f}", f"{setting.rate(texts):.3f}"])
    return rows


# ---- What is said ----


def find_version(name):
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return found.stdout


def describe(setting, workers):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "CPU part"))]
    described = subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    words = [names[0] if names else platform.machine(), f"Linux {platform.release()}", f"Ossicle {described.stdout.strip()}"]
    words += sorted({package for name, (_, packages) in PEERS.items() if name in workers for package in packages})
    words.append(f"Python {platform.python_version()}")
    words += [f"{POCKETSPHINX} {find_version(POCKETSPHINX)}"] if find_version(POCKETSPHINX) else []
    return ", ".join(words)


def table_searches(setting, workers, rounds):
    rows = []
    for width in setting.widths:
        for name in workers:
            results = [one[name, width] for one in rounds]
            ratios = [one[name, width]["us"] / one[OURS, width]["us"] for one in rounds]
            us = statistics.median(result["us"] for result in results)
            ratio = "" if name == OURS else f"{statistics.median(ratios):.1f}x"
            rows.append([str(width), name, f"{us:.1f}", f"{setting.rate(results[0]['texts']):.3f}", ratio])
    return make_table(["beam", "", "us a frame", "WER", "Ossicle is faster"], rows)


def describe_memory(setting, rounds):
    parts = []
    for width in setting.widths:
        result = rounds[-1][OURS, width]
        parts.append(f"{result['bytes'] / 2**20:.2f} MiB at {width}")
    taken = sum(rounds[-1][OURS, width]["allocations"] for width in setting.widths)
    return f"Ossicle's search holds at most {', '.join(parts)}, results included; blocks of memory that it takes when it hears the same recordings again: {taken}."


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    began = time.time()
    isolate()
    setting, reasons = Setting(sys.argv[1]), []
    say("logits")
    setting.prepare()
    workers = start_workers(setting, reasons)
    rounds = measure(setting, workers)
    for worker in workers.values():
        worker.close()
    rows = measure_ours(setting) + measure_pocketsphinx(setting, reasons)
    frames = rounds[0][OURS, setting.widths[0]]["rows"]
    about = f"{len(setting.references)} recordings, {setting.audio_seconds:.0f} s, {frames} frames; weight {setting.weight}, word bonus {setting.bonus}"
    lines = [f"{describe(setting, workers)}. {about}; {setting.rounds} rounds.", ""]
    lines += [*table_searches(setting, workers, rounds), describe_memory(setting, rounds), ""]
    lines += make_table(["recordings to text, loading included", "x real time", "WER"], rows)
    lines += [f"Left out: {reason}." for reason in reasons]
    if not os.environ.keys() & {"CSV", "LM", "MODEL"}:
        write_report(DOCUMENT, lines, "bench-decoding")
        run([os.path.join(ROOT, "scripts/wrap_docs.sh"), DOCUMENT])
    print("\n".join(lines))
    say(f"{time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
