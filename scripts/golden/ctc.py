"""Values for tests/op/test_op_ctc.c at large sizes, float64. Logits and labels come from tests/support/fill.h: only the loss,
the gradient's norm and 256 entries of it are stored."""
import numpy as np
import torch

import reference as ref
from fill import fill
from golden_file import save

SAMPLES = 256
tensors = {}


def case(name, frames, vocab, count, scale):
    logits = torch.tensor(ref.f32(scale * fill(ref.name_seed(name), frames * vocab)).reshape(frames, vocab), requires_grad=True)
    nll = ref.ctc(logits, ref.fill_labels(ref.name_seed(name) % 1000, count, vocab))
    nll.backward()
    grad = logits.grad.numpy().reshape(-1)
    tensors[name + ".shape"] = np.array([frames, vocab, count], dtype=np.int32)
    tensors[name + ".scale"] = float(scale)
    tensors[name + ".nll"] = nll.item()
    tensors[name + ".norm.logits"] = np.linalg.norm(grad)
    tensors[name + ".grad.logits"] = grad[np.arange(SAMPLES) * grad.size // SAMPLES]
    print(name, nll.item(), np.linalg.norm(grad))


case("ordinary", 100, 29, 30, 3.0)
case("peaky", 400, 29, 120, 20.0)
case("large", 4000, 30, 1500, 300.0)
save("ctc_large", tensors)
