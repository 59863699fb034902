"""The network of docs/architecture.md in PyTorch, float64, written from the definitions: what the C code is compared with.

Utterances are computed one by one; only the loss adds them up. Parameters are a dict by their names in a model file.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

from fill import fill

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def f32(array):
    """The values that C sees: rounded to float32, kept as float64."""
    return np.asarray(array, dtype=np.float64).astype(np.float32).astype(np.float64)


# ---- test data, the same in tests/support/network.c ----


def name_seed(name):
    """FNV-1a, 32 bits."""
    h = 2166136261
    for byte in name.encode():
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return h


def fill_param(name, shape):
    values = fill(name_seed(name), int(np.prod(shape)))
    if len(shape) > 1:
        values = math.sqrt(3.0 / (np.prod(shape) / shape[0])) * values
    elif name.endswith(".bias"):
        values = 0.1 * values
    else:
        values = 1.0 + 0.2 * values
    return f32(values).reshape(shape)


def fill_audio(utterance_id, samples):
    """Noise whose loudness is a sawtooth."""
    n = np.arange(samples)
    return f32(0.5 * fill(500 + utterance_id, samples) * (0.1 + (n * 7 % 4000) / 4000.0))


def fill_labels(utterance_id, count, vocab):
    return [1 + int((v + 1.0) * 0.5 * (vocab - 1)) for v in fill(900 + utterance_id, count)]


# ---- front end ----


def mel_filters(rate=16000, n_fft=1024, bins=128):
    """[n_fft/2+1, bins]: triangles on the HTK scale, no normalisation."""
    to_hz = lambda mel: 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    points = to_hz(np.linspace(0.0, 2595.0 * math.log10(1.0 + rate / 2 / 700.0), bins + 2))
    hz = np.linspace(0.0, rate / 2, n_fft // 2 + 1)[:, None]
    rising = (hz - points[:-2]) / (points[1:-1] - points[:-2])
    falling = (points[2:] - hz) / (points[2:] - points[1:-1])
    return torch.from_numpy(np.maximum(0.0, np.minimum(rising, falling)))


FILTERS = mel_filters()
WINDOW = F.pad(torch.hann_window(400, periodic=True), (312, 312))


def mel_power(audio):
    """[T,128]"""
    padded = F.pad(audio[None, None], (512, 512), mode="reflect")[0, 0]
    frames = padded.unfold(0, 1024, 160) * WINDOW
    return torch.fft.rfft(frames).abs().square() @ FILTERS


def mel_features(audio, kind="log", floor=1e-6):
    power = mel_power(audio)
    if kind == "power":
        return power
    y = power.clamp(min=floor).log()
    std = (y - y.mean(0)).square().mean(0).sqrt().clamp(min=0.1)
    return (y - y.mean(0)) / std


# ---- network ----


def conv_gelu(x, w, b):
    """[T,F,Ci] -> [To,Fo,Co]"""
    y = F.conv2d(x.permute(2, 0, 1)[None], w, b, stride=2, padding=1)[0]
    return F.gelu(y).permute(1, 2, 0)


def flatten(x):
    """[N,F,Ch] -> [N,Ch*F], column ch*F + f"""
    return x.permute(0, 2, 1).reshape(x.shape[0], -1)


def rmsnorm(x, w, eps=1e-5):
    return x * (x.square().mean(-1, keepdim=True) + eps).rsqrt() * w


def sinusoidal(s, c):
    t = torch.arange(s, dtype=torch.float64)[:, None]
    angle = t / 10000.0 ** (torch.arange(0, c, 2, dtype=torch.float64) / c)
    return torch.stack([angle.sin(), angle.cos()], -1).reshape(s, -1)[:, :c]


def rope(x, base=10000.0):
    """[S,H,D], pairs (i, i + D/2)"""
    s, _, d = x.shape
    i = torch.arange(d // 2, dtype=torch.float64)
    angle = torch.arange(s, dtype=torch.float64)[:, None] * base ** (-2.0 * i / d)
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    a, b = x[..., : d // 2], x[..., d // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def rope_qkv(qkv, heads):
    """[S,3*H*D] with q and k rotated"""
    q, k, v = qkv.reshape(qkv.shape[0], 3, heads, -1).unbind(1)
    return torch.stack([rope(q), rope(k), v], 1).reshape(qkv.shape)


def visible(s, chunk, left):
    """[S,S], True where query i sees key j: what is in its chunk and `left` frames before that"""
    i, j = torch.arange(s)[:, None], torch.arange(s)[None, :]
    return (j // chunk <= i // chunk) & (j >= i // chunk * chunk - left)


def attention(qkv, heads, reach=None):
    """[S,3*H*D] -> [S,H*D]; reach: None or (chunk, left)"""
    s = qkv.shape[0]
    q, k, v = qkv.reshape(s, 3, heads, -1).permute(1, 2, 0, 3)
    score = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    if reach is not None:
        score = score.masked_fill(~visible(s, *reach), -math.inf)
    p = score.softmax(-1)
    return (p @ v).transpose(0, 1).reshape(s, -1)


def value_conv(qkv, w, reach=None):
    """[S,3*C], w[C,1,K] -> [S,C]: each channel of the values by itself; reach: None or (chunk, left)"""
    s, taps = qkv.shape[0], w.shape[2]
    v = qkv[:, 2 * w.shape[0] :]
    if reach is None:
        return F.conv1d(v.T[None], w, padding=taps // 2, groups=w.shape[0])[0].T
    tap = torch.arange(s)[None, :] - torch.arange(s)[:, None] + taps // 2  # under which query i has key j
    seen = visible(s, *reach) & (tap >= 0) & (tap < taps)
    return torch.einsum("cij,ij,jc->ic", w[:, 0, tap.clamp(0, taps - 1)], seen.to(w.dtype), v)


def ctc(logits, label):
    """-ln p(label | logits[T,V]); +inf when no path fits"""
    return F.ctc_loss(
        logits.log_softmax(-1)[:, None],
        torch.tensor(label, dtype=torch.long)[None],
        torch.tensor([logits.shape[0]]),
        torch.tensor([len(label)]),
        reduction="none",
    )[0]


def shapes(config, vocab):
    """{name: shape}; config: downsample d heads ff layers channels position k mel, reach when attention is limited, and
    value_conv, its taps, when there is one"""
    c, d, ff = config["channels"], config["d"], config["ff"]
    out = {}

    def layer(name, *shape):
        out[name + ".weight"] = shape
        out[name + ".bias"] = shape[:1]

    layer("encoder.down.0.net.0", c, 1, 3, 3)
    layer("encoder.down.0.net.2", c, c, 3, 3)
    if config["downsample"] == 8:
        layer("encoder.down.1", c, c, 3, 3)
    layer("encoder.proj", d, c * 128 // config["downsample"])
    for i in range(config["layers"]):
        block = f"encoder.blocks.{i}."
        out[block + "norm1.weight"] = (d,)
        layer(block + "qkv_proj", 3 * d, d)
        if config.get("value_conv"):
            out[block + "value_conv.weight"] = (d, 1, config["value_conv"])
        layer(block + "out_proj", d, d)
        out[block + "norm2.weight"] = (d,)
        layer(block + "mlp.0", ff, d)
        layer(block + "mlp.2", d, ff)
    out["encoder.norm.weight"] = (d,)
    layer("head", vocab * config["k"], d)
    return out


def make_params(config, vocab):
    return {
        name: torch.tensor(fill_param(name, shape), requires_grad=True)
        for name, shape in shapes(config, vocab).items()
    }


def forward(p, config, audio, inter_block=0):
    """logits [S*k,V] of one utterance; with inter_block the pair of those and of the ones after that many blocks"""
    linear = lambda x, name: F.linear(x, p[name + ".weight"], p[name + ".bias"])
    x = mel_features(audio, config["mel"])[:, :, None]
    names = ["down.0.net.0", "down.0.net.2"] + (["down.1"] if config["downsample"] == 8 else [])
    for name in names:
        x = conv_gelu(x, p[f"encoder.{name}.weight"], p[f"encoder.{name}.bias"])
    x = linear(flatten(x), "encoder.proj")
    if config["position"] == "sinusoidal":
        x = x + sinusoidal(*x.shape)
    for i in range(config["layers"]):
        block = f"encoder.blocks.{i}."
        qkv = linear(rmsnorm(x, p[block + "norm1.weight"]), block + "qkv_proj")
        if config["position"] == "rope":
            qkv = rope_qkv(qkv, config["heads"])
        attended = attention(qkv, config["heads"], config.get("reach"))
        if config.get("value_conv"):
            attended = attended + value_conv(qkv, p[block + "value_conv.weight"], config.get("reach"))
        x = x + linear(attended, block + "out_proj")
        hidden = F.gelu(linear(rmsnorm(x, p[block + "norm2.weight"]), block + "mlp.0"))
        x = x + linear(hidden, block + "mlp.2")
        if i + 1 == inter_block:
            inter = x
    head = lambda y: linear(rmsnorm(y, p["encoder.norm.weight"]), "head").reshape(y.shape[0] * config["k"], -1)
    return (head(x), head(inter)) if inter_block else head(x)


def shard_loss(p, config, audio, labels):
    """(sum of nll_i / max(L_i, 1) over feasible utterances, [nll_i], [logits_i])"""
    logits = [forward(p, config, a) for a in audio]
    nll = [ctc(x, label) for x, label in zip(logits, labels)]
    loss = sum(n / max(len(label), 1) for n, label in zip(nll, labels) if torch.isfinite(n))
    return loss, nll, logits
