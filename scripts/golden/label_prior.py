"""Values for tests/nn/test_label_prior.c: loss and gradients of networks whose CTC divides by label priors, float64.

The sum over paths is written out, for torch.nn.functional.ctc_loss has the gradient of normalised outputs only.
"""
import math

import numpy as np
import torch

import reference as ref
from golden_file import save

SAMPLES, VOCAB = 64, 11
UTTERANCES = [(8000, 3), (5123, 2), (6400, 0), (3000, 40)]  # samples, labels; the last does not fit


def sampled(grad):
    """Entries floor(i * count / SAMPLES)."""
    flat = grad.reshape(-1)
    count = min(SAMPLES, flat.size)
    return flat[np.arange(count) * flat.size // count]


def sum_paths(score, label):
    """ln of the sum over paths of exp of the sum of score[T,V]"""
    states = [0]
    for symbol in label:
        states += [int(symbol), 0]
    never = torch.tensor(-math.inf, dtype=torch.float64)
    alpha = [score[0, s] if i < 2 else never for i, s in enumerate(states)]
    for row in score[1:]:
        before, alpha = alpha, []
        for i, s in enumerate(states):
            skips = i % 2 == 1 and i >= 3 and s != states[i - 2]
            come = [b for b in before[max(0, i - 1) : i + 1] + ([before[i - 2]] if skips else []) if b > -math.inf]
            alpha.append(torch.logsumexp(torch.stack(come), 0) + row[s] if come else never)
    return torch.logsumexp(torch.stack(alpha[-2:]), 0)


def case(weight, k):
    config = dict(d=32, heads=2, ff=64, layers=2, channels=8, mel="log", position="rope", downsample=8, k=k)
    p = ref.make_params(config, VOCAB)
    prior = np.array([0.6] + [0.4 * (i + 1) / 55 for i in range(VOCAB - 1)])
    shift = (weight * np.log(prior)).astype(np.float32)
    loss, nll, posterior = 0.0, [], 0.0
    for i, (samples, count) in enumerate(UTTERANCES):
        logits, _ = ref.forward(p, config, torch.tensor(ref.fill_audio(i, samples)), 1)
        label = ref.fill_labels(i, count, VOCAB)
        nll.append(ref.ctc(logits, label).item())
        if math.isfinite(nll[-1]):
            loss = loss - sum_paths(logits.log_softmax(-1) - torch.tensor(shift, dtype=torch.float64), label) / max(count, 1)
            posterior = posterior + logits.detach().softmax(-1).sum(0).numpy()
    loss.backward()
    tensors = {"loss": loss.item(), "k": np.array(k, dtype=np.int32), "shift": shift, "posterior": posterior}
    tensors["nll"] = np.array(nll)
    tensors["samples"] = np.array([n for n, _ in UTTERANCES], dtype=np.int32)
    tensors["labels"] = np.array([n for _, n in UTTERANCES], dtype=np.int32)
    for name, t in p.items():
        tensors["norm." + name] = np.linalg.norm(t.grad.numpy())
        tensors["grad." + name] = sampled(t.grad.numpy()).astype(np.float32)
    return tensors


save("label_prior_k1", case(weight=0.3, k=1))
save("label_prior_k2", case(weight=1.0, k=2))
