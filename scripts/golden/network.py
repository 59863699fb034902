"""Values for tests/nn/: logits, loss and gradients of whole networks, float64, from waveform to CTC.

Weights, waveforms and labels come from tests/support/fill.h (see reference.py and tests/support/network.c), so they are
not stored. `full` cases store every gradient, the others the norm of each and 64 entries spread over it.
"""
import numpy as np
import torch

import reference as ref
from golden_file import save

SAMPLES = 64

MICRO = dict(d=32, heads=2, ff=64, layers=2, channels=8, mel="log")
TINY = dict(d=192, heads=3, ff=768, layers=4, channels=64, mel="log")


def sampled(grad):
    """Entries floor(i * count / SAMPLES)."""
    flat = grad.reshape(-1)
    count = min(SAMPLES, flat.size)
    return flat[np.arange(count) * flat.size // count]


def case(config, vocab, samples, label_counts, full):
    tensors = {}
    p = ref.make_params(config, vocab)
    audio = [torch.tensor(ref.fill_audio(i, n), requires_grad=True) for i, n in enumerate(samples)]
    labels = [ref.fill_labels(i, n, vocab) for i, n in enumerate(label_counts)]
    loss, nll, logits = ref.shard_loss(p, config, audio, labels)
    loss.backward()
    for key in ("d", "heads", "ff", "layers", "channels", "downsample", "k"):
        tensors["config." + key] = np.array(config[key], dtype=np.int32)
    tensors["config.position"] = np.array(["none", "sinusoidal", "rope"].index(config["position"]), dtype=np.int32)
    if "value_conv" in config:
        tensors["config.value_conv"] = np.array(config["value_conv"], dtype=np.int32)
    tensors["config.power"] = np.array(config["mel"] == "power", dtype=np.int32)
    tensors["vocab"] = np.array(vocab, dtype=np.int32)
    tensors["samples"] = np.array(samples, dtype=np.int32)
    tensors["labels"] = np.array(label_counts, dtype=np.int32)
    tensors["loss"] = loss.item()
    tensors["nll"] = np.array([n.item() for n in nll])
    tensors["logits"] = torch.cat(logits).detach().numpy().astype(np.float32)
    grads = {name: t.grad.numpy() for name, t in p.items()}
    for i, t in enumerate(audio):  # none for an infeasible utterance
        grads[f"audio.{i}"] = np.zeros(t.shape) if t.grad is None else t.grad.numpy()
    for name, grad in grads.items():
        tensors["norm." + name] = np.linalg.norm(grad)
        values = grad if full and not name.startswith("audio") else sampled(grad)
        tensors["grad." + name] = values.astype(np.float32)
    return tensors


def save_case(name, *args):
    save("network_" + name, case(*args))


def micro():
    """Every position with every number of sub-frames; three utterances, the last of the k=1 ones does not fit."""
    sizes = [8000, 5123, 12001]
    everything = [("none", 8, 1), ("sinusoidal", 4, 2), ("rope", 8, 3)]
    norms_only = [("none", 4, 2), ("none", 8, 3), ("sinusoidal", 8, 1), ("sinusoidal", 8, 3), ("rope", 4, 1), ("rope", 8, 2)]
    for position, downsample, k in everything + norms_only:
        config = dict(MICRO, position=position, downsample=downsample, k=k)
        counts = [3, 2, 40 if (position, k) == ("none", 1) else 5]
        full = (position, downsample, k) in everything
        save_case(f"micro_{position}_{downsample}x_k{k}", config, 11, sizes, counts, full)
    power = dict(MICRO, position="none", downsample=8, k=1, mel="power")
    save_case("micro_power", power, 11, sizes, [3, 2, 5], False)
    convolved = dict(MICRO, position="rope", downsample=4, k=1, value_conv=7)
    save_case("micro_value_conv", convolved, 11, sizes, [3, 2, 5], False)


def tiny():
    """The sizes of configs/audio_enc_tiny.json."""
    for position, downsample, k in [("rope", 8, 2), ("sinusoidal", 4, 1)]:
        config = dict(TINY, position=position, downsample=downsample, k=k)
        save_case(f"tiny_{downsample}x", config, 30, [16000, 9600], [9, 6], False)


micro()
tiny()
