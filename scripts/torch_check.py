#!/usr/bin/env python3
"""Does a model file load in PyTorch, strictly, and give the same logits?

    ossicle features --model M -o features.npy clip.wav
    ossicle embed --model M --what logits -o logits.npy clip.wav
    scripts/torch_check.py M logits.npy --features features.npy
    scripts/torch_check.py M logits.npy --audio clip.wav         # 16-bit mono WAV at the model's rate; needs torchaudio

Needs torch and numpy. Computes in float64. Prints the error; exit code 1 when it is more than 2e-5 * max(1, max|logit|).
"""
import argparse
import json
import math
import sys
import wave

import numpy as np
import torch
from torch import nn

TOLERANCE = 2e-5


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotate(x):
    """Rotary position on x[H, S, D]: pairs (i, i + D/2), base 10000."""
    half = x.shape[-1] // 2
    angle = torch.outer(torch.arange(x.shape[1], dtype=x.dtype), 10000.0 ** (-torch.arange(half, dtype=x.dtype) / half))
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["d_model"]
        self.heads, self.rope = c["n_heads"], c["position"] == "rope"
        self.norm1, self.norm2 = RMSNorm(d), RMSNorm(d)
        self.qkv_proj, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, c["d_ff"]), nn.GELU(), nn.Linear(c["d_ff"], d))

    def forward(self, x):
        s, d = x.shape
        q, k, v = self.qkv_proj(self.norm1(x)).view(s, 3, self.heads, d // self.heads).permute(1, 2, 0, 3)
        if self.rope:
            q, k = rotate(q), rotate(k)
        attention = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(d // self.heads), -1)
        x = x + self.out_proj((attention @ v).transpose(0, 1).reshape(s, d))
        return x + self.mlp(self.norm2(x))


class ConvDown(nn.Module):
    def __init__(self, c):
        super().__init__()
        n = c["conv_channels"]
        self.net = nn.Sequential(nn.Conv2d(1, n, 3, 2, 1), nn.GELU(), nn.Conv2d(n, n, 3, 2, 1), nn.GELU())

    def forward(self, x):
        return self.net(x)


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        n, d = c["conv_channels"], c["d_model"]
        third = [nn.Conv2d(n, n, 3, 2, 1), nn.GELU()] if c["downsample_time"] == 8 else []
        self.down = nn.Sequential(ConvDown(c), *third)
        bins = c["mel_bins"]
        for _ in range(3 if third else 2):
            bins = (bins + 1) // 2
        self.proj = nn.Linear(n * bins, d)
        self.sinusoidal = c["position"] == "sinusoidal"
        self.blocks = nn.ModuleList([Block(c) for _ in range(c["n_layers"])])
        self.norm = RMSNorm(d)

    def forward(self, features):
        """features[T, bins] -> embeddings[S, d]"""
        x = self.down(features[None, None])[0]
        x = self.proj(x.permute(1, 0, 2).flatten(1))
        if self.sinusoidal:
            s, d = x.shape
            angle = torch.outer(torch.arange(s, dtype=x.dtype), 10000.0 ** (-torch.arange(0, d, 2, dtype=x.dtype) / d))
            x = x + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def read_model(path):
    """Metadata and tensors of a safetensors file with float32 tensors."""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        assert entry["dtype"] == "F32", name
        values = np.frombuffer(data[begin + first : begin + last], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(np.float64))
    return metadata, tensors


def part(tensors, prefix):
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def load_strictly(module, tensors, prefix):
    module.double().load_state_dict(part(tensors, prefix), strict=True)
    return module.eval()


def mel_features(path, c, metadata):
    import torchaudio

    with wave.open(path) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, c["sample_rate"]):
            sys.exit(f"torch_check.py: {path} is not 16-bit mono at {c['sample_rate']} Hz: use --features")
        audio = torch.from_numpy(np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0)
    if c["normalize"] == "peak":
        audio = audio / audio.abs().max()
    spectrogram = torchaudio.transforms.MelSpectrogram(
        c["sample_rate"], n_fft=c["n_fft"], win_length=c["frame_win"], hop_length=c["frame_hop"], n_mels=c["mel_bins"]
    ).double()
    mel = spectrogram(audio).T
    if c["mel"] == "power":
        return mel
    mel = mel.clamp(min=c["mel_floor"]).log()
    if c["mel_norm"] == "utterance":
        mel = (mel - mel.mean(0)) / mel.std(0, unbiased=False).clamp(min=0.1)
    elif c["mel_norm"] == "fixed":
        stats = {key: torch.tensor(value, dtype=mel.dtype) for key, value in json.loads(metadata["mel_stats"]).items()}
        mel = (mel - stats["mean"]) / stats["std"].clamp(min=0.1)
    return mel


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model file (not a folder)")
    parser.add_argument("logits", help=".npy of `ossicle embed --what logits`")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--features", help=".npy of `ossicle features --model MODEL`")
    source.add_argument("--audio", help="the recording itself")
    arguments = parser.parse_args()

    metadata, tensors = read_model(arguments.model)
    config = json.loads(metadata["config"])
    vocab = json.loads(metadata["vocab"])
    encoder = load_strictly(Encoder(config), tensors, "encoder.")
    head = load_strictly(nn.Linear(config["d_model"], config["ctc_subframes"] * len(vocab)), tensors, "head.")
    if config["projector_dim"] > 0:
        load_strictly(nn.Linear(config["d_model"], config["projector_dim"]), tensors, "projector.")
    loaded = sum(len(part(tensors, prefix)) for prefix in ("encoder.", "head.", "projector."))
    if loaded != len(tensors):
        sys.exit(f"torch_check.py: {len(tensors) - loaded} tensors belong to no module")

    if arguments.audio:
        features = mel_features(arguments.audio, config, metadata)
    else:
        features = torch.from_numpy(np.load(arguments.features).astype(np.float64))
    with torch.no_grad():
        wanted = head(encoder(features)).reshape(-1, len(vocab)).numpy()
    got = np.load(arguments.logits).astype(np.float64)
    if got.shape != wanted.shape:
        sys.exit(f"torch_check.py: {arguments.logits} has shape {got.shape}, PyTorch gives {wanted.shape}")
    error, limit = np.abs(got - wanted).max(), TOLERANCE * max(1.0, np.abs(wanted).max())
    fits = bool(error <= limit)
    print(f"{len(tensors)} tensors loaded strictly; {got.shape[0]} x {got.shape[1]} logits, largest {np.abs(wanted).max():.6g}")
    print(f"largest difference {error:.3g}, allowed {limit:.3g}: {'same' if fits else 'DIFFERENT'}")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
