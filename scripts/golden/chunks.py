"""Values for tests/nn/test_chunks.c: losses and gradients of networks whose attention is limited to chunks, float64."""
import numpy as np
import torch

import reference as ref
from golden_file import save

SAMPLES = 64
VOCAB = 11
UTTERANCES = [(26000, 3), (5123, 2), (19001, 7)]  # samples, labels


def sampled(grad):
    """Entries floor(i * count / SAMPLES)."""
    flat = grad.reshape(-1)
    count = min(SAMPLES, flat.size)
    return flat[np.arange(count) * flat.size // count]


def case(position, downsample, chunk, left, value_conv=0):
    config = dict(d=32, heads=2, ff=64, layers=2, channels=8, mel="log", position=position, downsample=downsample, k=2)
    config["reach"], config["value_conv"] = (chunk, left), value_conv
    p = ref.make_params(config, VOCAB)
    audio = [torch.tensor(ref.fill_audio(i, samples)) for i, (samples, _) in enumerate(UTTERANCES)]
    labels = [ref.fill_labels(i, count, VOCAB) for i, (_, count) in enumerate(UTTERANCES)]
    loss, nll, logits = ref.shard_loss(p, config, audio, labels)
    loss.backward()
    tensors = {"loss": loss.item()}
    for name, value in (("downsample", downsample), ("chunk", chunk), ("left", left)):
        tensors[name] = np.array(value, dtype=np.int32)
    if value_conv:
        tensors["value_conv"] = np.array(value_conv, dtype=np.int32)
    tensors["samples"] = np.array([n for n, _ in UTTERANCES], dtype=np.int32)
    tensors["labels"] = np.array([n for _, n in UTTERANCES], dtype=np.int32)
    tensors["nll"] = np.array([n.item() for n in nll])
    tensors["logits"] = torch.cat(logits).detach().numpy().astype(np.float32)
    for name, t in p.items():
        tensors["norm." + name] = np.linalg.norm(t.grad.numpy())
        tensors["grad." + name] = sampled(t.grad.numpy()).astype(np.float32)
    return tensors


save("chunks_8x", case("rope", 8, chunk=3, left=2))
save("chunks_4x", case("sinusoidal", 4, chunk=4, left=9))
# Taps reach over what is seen to both sides, and over whole chunks.
save("chunks_value_conv", case("rope", 8, chunk=3, left=2, value_conv=11))
