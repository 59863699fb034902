"""Values for tests/audio/test_mel.c: torchaudio's mel spectrogram in float64, with log, normalisation and gradients by autograd.

torchaudio.transforms.MelSpectrogram does it all; signals of at most 512 samples, which torch refuses to reflect, are padded by
numpy.pad beforehand. The clips are prompts of Debian's asterisk-core-sounds-en-wav 1.6.1, brought to 16 kHz by the same
libsamplerate that src/audio uses.
"""
import ctypes
import ctypes.util
import hashlib
import os
import wave

import numpy as np
import torch
import torchaudio

from fill import fill
from golden_file import save

torch.set_default_dtype(torch.float64)  # filter bank and window in float64 too
FLOOR, LEAST_STD = 1e-6, 0.1
CLIPS = "/usr/share/asterisk/sounds/en_US_f_Allison/"
tensors = {}


def transform(rate=16000, n_fft=1024, win=400, hop=160, bins=128, center=False):
    return torchaudio.transforms.MelSpectrogram(rate, n_fft=n_fft, win_length=win, hop_length=hop, n_mels=bins, center=center)


def mel_power(x, **spec):
    """[T, bins] from x [n]; padding by numpy, as an index, so that gradients flow."""
    half = spec.get("n_fft", 1024) // 2
    index = np.pad(np.arange(len(x)), half, mode="reflect")
    power = transform(**spec)(x[torch.from_numpy(index)]).T
    if len(x) > half:  # where torchaudio pads by itself it must be the same
        assert torch.equal(power, transform(center=True, **spec)(x).T)
    return power


def holds_speech(log):
    """[T]: frames whose loudest bin is at most 30 dB below that of the tenth loudest frame, or of the quietest of fewer."""
    level = log.detach().amax(1)
    limit = level.sort(descending=True).values[min(10, len(level)) - 1] - np.log(1000.0)
    assert (level - limit).abs().min() > 1e-3  # float32 decides alike
    return level >= limit


def features(x, kind, fixed=None, **spec):
    power = mel_power(x, **spec)
    if kind == "power":
        return power
    log = power.clamp(min=FLOOR).log()
    if kind == "utterance":
        return (log - log.mean(0)) / log.std(0, unbiased=False).clamp(min=LEAST_STD)
    if kind == "speech":
        counted = log[holds_speech(log)]
        return (log - counted.mean(0)) / counted.std(0, unbiased=False).clamp(min=LEAST_STD)
    return (log - fixed[0]) / fixed[1].clamp(min=LEAST_STD) if kind == "fixed" else log


def signal(seed, n, scale=0.5):
    """What oss_fill_f32 makes: rounded to float32 once."""
    return torch.from_numpy((scale * fill(seed, n)).astype(np.float32).astype(np.float64))


def keep(name, value, dtype=np.float32):
    tensors[name] = value.detach().numpy().astype(dtype)


# Odd lengths: beginnings of one signal.
NOISE = signal(1, 16001)
for n in (1, 2, 3, 159, 160, 161, 399, 400, 401, 511, 512, 513, 1024):
    keep(f"power.{n}", features(NOISE[:n], "power"), np.float64)
for n in (16000, 16001):
    keep(f"power.{n}", features(NOISE[:n], "power"))

# Log and normalisations; quiet enough that some bins are at the floor, loud enough that most are not.
fixed = torch.stack([signal(2, 128, 8.0), signal(3, 128, 0.5).abs()])
keep("fixed", fixed)
for n in (1, 161, 513, 3000):
    swell = torch.from_numpy(np.float32(10.0) ** np.linspace(-5, 0, n, dtype=np.float32)).double()
    x = (NOISE[:n] * swell).float().double()
    keep(f"swell.{n}", x)
    for kind in ("none", "utterance", "fixed", "speech"):
        keep(f"{kind}.{n}", features(x, kind, fixed), np.float32 if n > 1000 else np.float64)

# Other sizes: odd window, hop and number of bins, a rate that does not halve, filters without a line.
OTHER = {
    "a": dict(rate=11025, n_fft=512, win=301, hop=97, bins=80),
    "b": dict(rate=8000, n_fft=256, win=256, hop=64, bins=40),
    "c": dict(rate=16000, n_fft=400, win=400, hop=160, bins=23),
    "d": dict(rate=16000, n_fft=64, win=1, hop=7, bins=5),
}
for name, spec in OTHER.items():
    keep(f"other.{name}", features(NOISE[:700], "power", **spec), np.float64)

# Gradients with respect to the waveform.
for n in (1, 2, 161, 300, 513, 2000):
    for kind in ("power", "none", "utterance", "fixed"):
        x = (NOISE[:n] * torch.linspace(0.001, 1, n)).float().double().requires_grad_()
        y = features(x, kind, fixed)
        cotangent = torch.from_numpy(fill(n, y.numel()).astype(np.float32).astype(np.float64)).reshape(y.shape)
        (grad,) = torch.autograd.grad(y, x, cotangent)
        keep(f"grad.{kind}.{n}", grad, np.float64)
    keep(f"grad.x.{n}", x)

# The same of statistics over speech, where some frames are none.
for n in (161, 513, 3000):
    swell = torch.from_numpy(np.float32(10.0) ** np.linspace(-5, 0, n, dtype=np.float32)).double()
    x = (NOISE[:n] * swell).float().double().requires_grad_()
    y = features(x, "speech")
    cotangent = torch.from_numpy(fill(n, y.numel()).astype(np.float32).astype(np.float64)).reshape(y.shape)
    (grad,) = torch.autograd.grad(y, x, cotangent)
    keep(f"grad.speech.{n}", grad, np.float64)


# Real speech.
class SrcData(ctypes.Structure):
    _fields_ = [("data_in", ctypes.c_void_p), ("data_out", ctypes.c_void_p), ("input_frames", ctypes.c_long),
                ("output_frames", ctypes.c_long), ("input_frames_used", ctypes.c_long), ("output_frames_gen", ctypes.c_long),
                ("end_of_input", ctypes.c_int), ("src_ratio", ctypes.c_double)]


def upsample(x, ratio):
    """round(n * ratio) samples by SRC_SINC_BEST_QUALITY; zeros at the end for what the filter holds back."""
    library = ctypes.CDLL(ctypes.util.find_library("samplerate"))
    wanted = int(np.floor(len(x) * ratio + 0.5))
    x = np.concatenate([x, np.zeros(3)]).astype(np.float32)
    y = np.zeros(wanted + 64, dtype=np.float32)
    data = SrcData(x.ctypes.data, y.ctypes.data, len(x), len(y), 0, 0, 1, ratio)
    assert library.src_simple(ctypes.byref(data), 0, 1) == 0 and data.output_frames_gen >= wanted
    return y[:wanted]


for name in ("digits/1", "goodbye", "vm-and"):
    path = os.path.join(CLIPS, name + ".wav")
    print(name, hashlib.sha256(open(path, "rb").read()).hexdigest())
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    x = torch.from_numpy(upsample((raw / 32768.0).astype(np.float32), 2.0).astype(np.float64))
    key = name.replace("/", "-")
    tensors[f"clip.{key}.samples"] = np.array(len(x), dtype=np.int32)
    tensors[f"clip.{key}.norm"] = np.array(float(x.norm()))
    keep(f"clip.{key}.power", features(x, "power"))
    if name == "goodbye":
        keep(f"clip.{key}.utterance", features(x, "utterance"))

save("mel", tensors)
