"""Values for tests/train/test_train_steps.c: ten optimiser steps, float64: losses, gradient norms, the weights' norms after.

Two batches take turns. Loss of a step: mean over the utterances. Clipping by the norm of all gradients; AdamW with decay on
matrices and kernels; learning rate: warm-up from step 1, then cosine to lr * min_lr_ratio at the last step.
"""
import math

import numpy as np
import torch

import reference as ref
from golden_file import save

STEPS, WARMUP, LR, MIN_RATIO, DECAY, CLIP, VOCAB = 10, 3, 2e-3, 0.1, 0.1, 1.0, 11
CONFIG = dict(d=32, heads=2, ff=64, layers=2, channels=8, mel="log", position="sinusoidal", downsample=8, k=2)
BATCHES = [[(0, 8000, 3), (1, 5123, 2), (2, 12001, 5)], [(3, 9000, 4), (4, 6401, 2)]]  # utterance, samples, labels


def learning_rate(step):
    if step <= WARMUP:
        return LR * step / WARMUP
    progress = min(1.0, (step - WARMUP) / (STEPS - WARMUP))
    return LR * (MIN_RATIO + (1.0 - MIN_RATIO) * 0.5 * (1.0 + math.cos(math.pi * progress)))


p = ref.make_params(CONFIG, VOCAB)
decayed = [t for t in p.values() if t.dim() > 1]
plain = [t for t in p.values() if t.dim() == 1]
groups = [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8)
losses, norms = [], []
for step in range(1, STEPS + 1):
    batch = BATCHES[(step - 1) % len(BATCHES)]
    audio = [torch.from_numpy(ref.fill_audio(i, n)) for i, n, _ in batch]
    labels = [ref.fill_labels(i, count, VOCAB) for i, _, count in batch]
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step)
    optimizer.zero_grad()
    loss = ref.shard_loss(p, CONFIG, audio, labels)[0] / len(batch)
    loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(p.values(), CLIP).item())
    losses.append(loss.item())
    optimizer.step()

tensors = {"weight_norm." + name: t.detach().norm().item() for name, t in p.items()}
tensors["loss"], tensors["grad_norm"] = np.array(losses), np.array(norms)
tensors["lr"] = np.array([learning_rate(step) for step in range(1, STEPS + 1)])
save("train_steps", tensors)
print("losses", losses, "norms", norms)
