"""Values for tests/op/: output and gradients of every op, float64, utterances of a packed batch computed one by one."""
import numpy as np
import torch

import reference as ref
from fill import fill
from golden_file import save

tensors = {}


def case(name, fn, *inputs, extra=None):
    """Stores inputs, output, cotangent and the gradient of every input, rounded to float32 once."""
    inputs = [torch.tensor(ref.f32(x), requires_grad=True) for x in inputs]
    out = fn(*inputs)
    cotangent = torch.from_numpy(ref.f32(fill(ref.name_seed(name), out.numel()).reshape(out.shape)))
    grads = torch.autograd.grad(out, inputs, cotangent)
    tensors[name + ".out"] = out.detach().numpy().astype(np.float32)
    tensors[name + ".cotangent"] = cotangent.numpy().astype(np.float32)
    for i, (x, grad) in enumerate(zip(inputs, grads)):
        tensors[f"{name}.in.{i}"] = x.detach().numpy().astype(np.float32)
        tensors[f"{name}.grad.{i}"] = grad.numpy().astype(np.float32)
    for key, value in (extra or {}).items():
        tensors[f"{name}.{key}"] = np.array(value, dtype=np.int32)


def data(seed, *shape, scale=1.0):
    return scale * fill(seed, int(np.prod(shape))).reshape(shape)


def packed(fn, lengths):
    """fn on each utterance of a packed tensor, results laid end to end"""
    return lambda x, *rest: torch.cat([fn(part, *rest) for part in x.split(lengths)])


def linear():
    fn = torch.nn.functional.linear
    case("linear.bias", fn, data(1, 7, 5), data(2, 6, 5), data(3, 6))
    case("linear.plain", fn, data(4, 3, 9), data(5, 4, 9))
    case("linear.one", fn, data(6, 1, 1), data(7, 1, 1), data(8, 1))
    case("linear.odd", fn, data(9, 37, 19), data(10, 41, 19), data(11, 41))
    gelu = lambda x, w, b: torch.nn.functional.gelu(fn(x, w, b))
    case("linear_gelu.bias", gelu, data(80, 7, 5), data(81, 6, 5), data(82, 6))
    case("linear_gelu.odd", gelu, data(83, 37, 19), data(84, 41, 19), data(85, 41))


def elementwise():
    case("gelu", torch.nn.functional.gelu, data(20, 9, 31, scale=6.0))
    x = data(21, 6, 13)
    x[2] *= 1e-3  # a row where eps matters
    case("rmsnorm", ref.rmsnorm, x, 1.0 + data(22, 13, scale=0.5))
    case("flatten", ref.flatten, data(23, 5, 3, 4))
    residual = lambda x, h: x + h
    case("residual", residual, data(24, 6, 8), data(25, 6, 8), extra={"lengths": [2, 1, 3]})
    lengths = [3, 1, 6]
    position = packed(lambda x: x + ref.sinusoidal(*x.shape), lengths)
    case("sinusoidal", position, data(26, 10, 8), extra={"lengths": lengths})


def conv():
    def add(name, lengths, f, ci, co):
        extra = {"lengths": lengths}
        x = data(30, sum(lengths), f, ci)
        w = data(31, co, ci, 3, 3, scale=(3.0 / (9 * ci)) ** 0.5)
        case(name, packed(ref.conv_gelu, lengths), x, w, data(32, co, scale=0.2), extra=extra)

    add("conv2d.kept", [5, 1, 8, 2], 7, 5, 6)  # keeps the pre-activation
    add("conv2d.one_channel", [5, 1, 8, 2], 6, 1, 5)  # computes it again in backward
    add("conv2d.tiles", [70, 3, 33], 4, 3, 3)  # the same over several tiles of rows
    add("conv2d.narrow", [3, 4], 1, 1, 1)


def attention():
    def add(name, lengths, heads, d):
        qkv = data(40, sum(lengths), 3 * heads * d, scale=2.0)
        extra = {"lengths": lengths, "heads": [heads]}
        case("attention." + name, packed(lambda x: ref.attention(x, heads), lengths), qkv, extra=extra)
        case("rope." + name, packed(lambda x: ref.rope_qkv(x, heads), lengths), qkv, extra=extra)

    add("small", [5, 1, 9], 2, 6)
    add("wide", [19, 37], 3, 8)


def ctc():
    def add(name, frames, k, labels, vocab):
        def loss(logits):
            parts = logits.split([n * k for n in frames])
            nll = [ref.ctc(part, label) for part, label in zip(parts, labels)]
            tensors[name + ".nll"] = np.array([n.item() for n in nll])
            terms = [n / max(len(label), 1) for n, label in zip(nll, labels)]
            return sum(term for term in terms if torch.isfinite(term))

        extra = {
            "lengths": frames,
            "k": [k],
            "label": [i for label in labels for i in label],
            "labels": [len(label) for label in labels],
        }
        case(name, loss, data(50, sum(frames) * k, vocab, scale=3.0), extra=extra)

    add("ctc.plain", [8], 1, [[1, 2, 3]], 5)
    add("ctc.repeats", [7, 3], 1, [[2, 2, 1, 1], [4, 4]], 5)  # the second just fits
    add("ctc.empty", [4, 1], 1, [[], [3]], 4)
    add("ctc.infeasible", [5, 2, 6], 1, [[1, 2], [3, 3], [2, 1, 2]], 4)  # the second does not fit
    add("ctc.subframes", [3, 2, 4], 3, [[1, 1, 2, 3], [2], [3, 3, 3]], 6)


def mel():
    samples = [1700, 900]
    for kind in ("log", "power"):
        fn = lambda x: torch.cat([ref.mel_features(part, kind) for part in x.split(samples)])
        audio = np.concatenate([ref.fill_audio(40 + i, n) for i, n in enumerate(samples)])
        case("mel." + kind, fn, audio, extra={"samples": samples})


for make in (mel, linear, elementwise, conv, attention, ctc):
    make()
save("ops", tensors)
