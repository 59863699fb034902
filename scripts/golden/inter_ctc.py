"""Values for tests/nn/test_inter_ctc.c: losses and gradients of networks with intermediate CTC, float64.

loss = (1 - w) sum nll_i / max(L_i, 1) + w (the same from the logits after `block` blocks, by the same norm and head).
"""
import numpy as np
import torch

import reference as ref
from golden_file import save

SAMPLES = 64
VOCAB = 11
UTTERANCES = [(8000, 3), (5123, 2), (12001, 40)]  # samples, labels; the last does not fit


def sampled(grad):
    """Entries floor(i * count / SAMPLES)."""
    flat = grad.reshape(-1)
    count = min(SAMPLES, flat.size)
    return flat[np.arange(count) * flat.size // count]


def case(layers, block, weight, k):
    config = dict(d=32, heads=2, ff=64, layers=layers, channels=8, mel="log", position="rope", downsample=8, k=k)
    p = ref.make_params(config, VOCAB)
    loss, nll, inter_nll = 0.0, [], []
    for i, (samples, count) in enumerate(UTTERANCES):
        logits, inter = ref.forward(p, config, torch.tensor(ref.fill_audio(i, samples)), block)
        label = ref.fill_labels(i, count, VOCAB)
        nll.append(ref.ctc(logits, label))
        inter_nll.append(ref.ctc(inter, label))
        if torch.isfinite(nll[-1]):
            loss = loss + ((1.0 - weight) * nll[-1] + weight * inter_nll[-1]) / count
    loss.backward()
    tensors = {"loss": loss.item(), "weight": weight}
    for name, value in (("layers", layers), ("block", block), ("k", k)):
        tensors[name] = np.array(value, dtype=np.int32)
    tensors["samples"] = np.array([n for n, _ in UTTERANCES], dtype=np.int32)
    tensors["labels"] = np.array([n for _, n in UTTERANCES], dtype=np.int32)
    tensors["nll"] = np.array([n.item() for n in nll])
    tensors["inter_nll"] = np.array([n.item() for n in inter_nll])
    for name, t in p.items():
        tensors["norm." + name] = np.linalg.norm(t.grad.numpy())
        tensors["grad." + name] = sampled(t.grad.numpy()).astype(np.float32)
    return tensors


save("inter_ctc_middle", case(layers=2, block=1, weight=0.3, k=1))
save("inter_ctc_late", case(layers=3, block=2, weight=0.75, k=2))
