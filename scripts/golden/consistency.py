"""Values for tests/nn/test_consistency.c: loss and gradients of consistency-regularised CTC, float64.

Utterances in pairs of the same length but other waveforms, so that the outputs part without dropout or masks.
"""
import numpy as np
import torch

import reference as ref
from golden_file import save

SAMPLES, VOCAB = 64, 11
UTTERANCES = [(8000, 3), (8000, 3), (5123, 2), (5123, 2)]  # samples, labels


def sampled(grad):
    """Entries floor(i * count / SAMPLES)."""
    flat = grad.reshape(-1)
    count = min(SAMPLES, flat.size)
    return flat[np.arange(count) * flat.size // count]


def divergence(target, logits):
    """Mean over rows of KL(sg(target) || logits)."""
    p, log_p = target.detach().softmax(-1), target.detach().log_softmax(-1)
    return (p * (log_p - logits.log_softmax(-1))).sum(-1).mean()


def case(weight, inter_weight, k):
    config = dict(d=32, heads=2, ff=64, layers=2, channels=8, mel="log", position="rope", downsample=8, k=k)
    p = ref.make_params(config, VOCAB)
    both = [ref.forward(p, config, torch.tensor(ref.fill_audio(i, n)), 1) for i, (n, _) in enumerate(UTTERANCES)]
    ctc = 0.0
    for i, (_, count) in enumerate(UTTERANCES):
        label = ref.fill_labels(i, count, VOCAB)
        ctc = ctc + ((1.0 - inter_weight) * ref.ctc(both[i][0], label) + inter_weight * ref.ctc(both[i][1], label)) / count
    apart = 0.0
    for i in range(0, len(both), 2):
        apart = apart + 0.5 * (divergence(both[i][0], both[i + 1][0]) + divergence(both[i + 1][0], both[i][0]))
    loss = 0.5 * ctc + weight * apart
    loss.backward()
    tensors = {"loss": loss.item(), "weight": weight, "inter_weight": inter_weight}
    tensors["k"] = np.array(k, dtype=np.int32)
    tensors["samples"] = np.array([n for n, _ in UTTERANCES], dtype=np.int32)
    tensors["labels"] = np.array([n for _, n in UTTERANCES], dtype=np.int32)
    for name, t in p.items():
        tensors["norm." + name] = np.linalg.norm(t.grad.numpy())
        tensors["grad." + name] = sampled(t.grad.numpy()).astype(np.float32)
    return tensors


save("consistency_k1", case(weight=5.0, inter_weight=0.0, k=1))
save("consistency_k2", case(weight=2.0, inter_weight=0.3, k=2))
