"""What every contender gets: the model, the recordings, the environment. For scripts/bench/bench_peers.py."""
import json
import os
import subprocess
import sys
import wave

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RATE_HZ, BINS, SYMBOLS = 16000, 128, 32
CASES = [(1, 3), (1, 8), (1, 30), (16, 8)]  # utterances, seconds

# Memory is never given back to the system, since every page of it would cost a fault again.
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**33),
    "MALLOC_TOP_PAD_": str(2**26),
    "OPENBLAS_NUM_THREADS": "1",
}


def fail(message):
    sys.exit(f"bench-peers: {message}")


def make_environment(extra=None):
    """This process's environment without what would bend a contender's choice of kernels, threads or memory."""
    prefixes = ("OPENBLAS_", "MALLOC_", "OMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_", "OSSICLE_", "GLIBC_TUNABLES")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    return {**clean, "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


def run(command, environment=None):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, env=environment or make_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        fail(f"{' '.join(command)[:300]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def run_json(command, environment=None):
    return json.loads(run(command, environment).splitlines()[-1])


def run_torch(job, settings, environment=None):
    command = ["/usr/bin/python3", os.path.join(HERE, "peer_torch.py"), job, json.dumps(settings)]
    return run_json(command, environment or make_environment(TUNED))


def write_recording(path, seconds, number):
    """Noise of changing loudness, 16-bit: -> the samples as float32"""
    count = seconds * RATE_HZ
    noise = np.random.default_rng(number).normal(size=count)
    envelope = 0.1 + 0.9 * np.sin(np.arange(count) * (2 * np.pi * 1.7 / RATE_HZ) + number) ** 2
    samples = np.clip(noise * envelope * 4000, -32767, 32767).astype("<i2")
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return samples.astype(np.float32) / 32768


class Setting:
    """Files below `folder`: the model, and for each case features[B, T, 128] and our logits[B, S, 32] as float32."""

    def __init__(self, build, folder):
        self.ossicle, self.folder = os.path.join(build, "ossicle"), folder
        self.model = self.path("model.safetensors")
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_model(self):
        run(["/usr/bin/python3", os.path.join(HERE, "make_model.py"), self.folder])
        files = ["--config", self.path("config.json"), "--vocab", self.path("vocab.json"), "-o", self.model]
        run([self.ossicle, "import", *files, self.path("weights.safetensors")])

    def make_case(self, utterances, seconds):
        features, logits = [], []
        for number in range(utterances):
            clip, out = self.path("clip.wav"), self.path("clip.npy")
            audio = write_recording(clip, seconds, 100 * seconds + number)
            run([self.ossicle, "features", "--model", self.model, "-o", out, clip])
            features.append(np.load(out))
            run([self.ossicle, "embed", "--model", self.model, "--what", "logits", "-o", out, clip])
            logits.append(np.load(out))
        name = self.path(f"{utterances}x{seconds}")
        np.stack(features).astype("<f4").tofile(name + ".features")
        np.stack(logits).astype("<f4").tofile(name + ".logits")
        audio.astype("<f4").tofile(name + ".audio")
        shape = [utterances, len(features[0]), BINS]
        return {"features": name + ".features", "logits": name + ".logits", "shape": shape}

    def make(self):
        self.make_model()
        self.cases = [self.make_case(*case) for case in CASES]
        run_torch("export", {"model": self.model, "folder": self.folder, "shapes": self.onnx_shapes()})
        for name in [f"{utterances}x{frames}" for utterances, frames in self.onnx_shapes()] + ["any"]:
            python = self.path("venv/bin/python3")
            run([python, os.path.join(HERE, "quantize_onnx.py"), self.path(name + ".onnx"), self.path(name + ".int8.onnx")])

    def onnx_shapes(self):
        """Of the fixed shapes; the halves are for two workers."""
        shapes = {tuple(case["shape"][:2]) for case in self.cases}
        return sorted(shapes | {(utterances // 2, frames) for utterances, frames in shapes if utterances > 1})
