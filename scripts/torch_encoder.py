"""The encoder in PyTorch, as model files describe it, and a reader of model files: for scripts/torch_check.py and scripts/bench/.

Shapes: B utterances of equal length, T mel frames, S encoder frames, H heads, D head width.
"""
import json
import math

import numpy as np
import torch
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotate(x):
    """Rotary position on x[B, H, S, D]: pairs (i, i + D/2), base 10000."""
    half = x.shape[-1] // 2
    angle = torch.outer(torch.arange(x.shape[-2], dtype=x.dtype), 10000.0 ** (-torch.arange(half, dtype=x.dtype) / half))
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["d_model"]
        self.heads, self.rope = c["n_heads"], c["position"] == "rope"
        self.norm1, self.norm2 = RMSNorm(d), RMSNorm(d)
        self.qkv_proj, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.value_conv = None
        if c["value_conv"] > 0:
            taps = c["value_conv"]
            self.value_conv = nn.Conv1d(d, d, taps, padding=taps // 2, groups=d, bias=False)
            nn.init.zeros_(self.value_conv.weight)
        self.mlp = nn.Sequential(nn.Linear(d, c["d_ff"]), nn.GELU(), nn.Linear(c["d_ff"], d))
        self.drop = nn.Dropout(c["dropout"])

    def forward(self, x):
        b, s, d = x.shape
        qkv = self.qkv_proj(self.norm1(x))
        q, k, v = qkv.view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if self.rope:
            q, k = rotate(q), rotate(k)
        attention = self.drop(torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(d // self.heads), -1))
        attended = (attention @ v).transpose(1, 2).reshape(b, s, d)
        if self.value_conv is not None:
            attended = attended + self.value_conv(qkv[..., 2 * d :].transpose(1, 2)).transpose(1, 2)
        x = x + self.drop(self.out_proj(attended))
        return x + self.drop(self.mlp(self.norm2(x)))


class ConvDown(nn.Module):
    def __init__(self, c):
        super().__init__()
        n = c["conv_channels"]
        self.net = nn.Sequential(nn.Conv2d(1, n, 3, 2, 1), nn.GELU(), nn.Conv2d(n, n, 3, 2, 1), nn.GELU())

    def forward(self, x):
        return self.net(x)


class Encoder(nn.Module):
    """`config` has the keys of a model file's config; without `dropout` and `value_conv` there are none."""

    def __init__(self, config):
        super().__init__()
        c = {"dropout": 0.0, "value_conv": 0, **config}
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
        """features[B, T, bins] -> embeddings[B, S, d]"""
        x = self.down(features.unsqueeze(1))
        x = self.proj(x.transpose(1, 2).flatten(2))
        if self.sinusoidal:
            s, d = x.shape[1:]
            angle = torch.outer(torch.arange(s, dtype=x.dtype), 10000.0 ** (-torch.arange(0, d, 2, dtype=x.dtype) / d))
            x = x + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Recognizer(nn.Module):
    """Encoder, CTC head and, where the model has one, the projector: the tensors of a model file."""

    def __init__(self, config, symbols):
        super().__init__()
        d = config["d_model"]
        self.encoder = Encoder(config)
        self.head = nn.Linear(d, config["ctc_subframes"] * symbols)
        if config["projector_dim"] > 0:
            self.projector = nn.Linear(d, config["projector_dim"])

    def forward(self, features):
        """features[B, T, bins] -> logits[B, S, subframes * symbols]"""
        return self.head(self.encoder(features))


def read_model(path):
    """Metadata and tensors of a model file, whatever its weights are stored in: float32 tensors."""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        kind = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "i1"}[entry["dtype"]]
        values = np.frombuffer(data[begin + first : begin + last], kind).reshape(entry["shape"])
        if entry["dtype"] == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        tensors[name] = torch.from_numpy(values.astype(np.float32))
    for name in [name for name in tensors if name.endswith("_scale")]:  # of int8: one for each row
        weight = name.removesuffix("_scale")
        tensors[weight] *= tensors.pop(name).reshape(-1, *[1] * (tensors[weight].dim() - 1))
    return metadata, tensors


def load_recognizer(path, dtype=torch.float32, **changes):
    """The network of a model file, every tensor of the one in the other; `changes` are to its config, such as dropout=0.1."""
    metadata, tensors = read_model(path)
    config = {**json.loads(metadata["config"]), **changes}
    network = Recognizer(config, len(json.loads(metadata["vocab"])))
    network.load_state_dict(tensors, strict=True)
    return network.to(dtype).eval(), config, metadata


class LogMel(nn.Module):
    """Waveforms[B, samples] -> features[B, T, bins] of a model's front end, with torchaudio."""

    def __init__(self, config, metadata):
        super().__init__()
        import torchaudio

        c = config
        self.config = c
        self.spectrogram = torchaudio.transforms.MelSpectrogram(
            c["sample_rate"], n_fft=c["n_fft"], win_length=c["frame_win"], hop_length=c["frame_hop"], n_mels=c["mel_bins"]
        )
        self.fixed = json.loads(metadata["mel_stats"]) if c["mel_norm"] == "fixed" else {}

    def forward(self, audio):
        c = self.config
        if c["normalize"] == "peak":
            audio = audio / audio.abs().amax(-1, keepdim=True)
        mel = self.spectrogram(audio)
        if c["mel"] == "log":
            mel = mel.clamp_(min=c["mel_floor"]).log_()
            if c["mel_norm"] == "utterance":
                std, mean = torch.std_mean(mel, -1, unbiased=False, keepdim=True)
                mel = mel.sub_(mean).div_(std.clamp(min=0.1))
            elif c["mel_norm"] == "fixed":
                mean, std = (torch.tensor(self.fixed[key], dtype=mel.dtype)[:, None] for key in ("mean", "std"))
                mel = mel.sub_(mean).div_(std.clamp(min=0.1))
        return mel.transpose(-2, -1)
