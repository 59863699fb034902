#!/usr/bin/env python3
"""One rival in one process, PyTorch or torchaudio: peer_torch.py JOB JSON; prints one JSON object.

Jobs (their settings are the keys of JSON; times in milliseconds):
  train      model features threads onednn micro workers least budget_ms -> median_ms peak_rss_mib
  infer      model threads cases least budget_ms                        -> cases: [{mode median_ms}], each beside its logits
  mel        model audio wanted rate_hz least budget_ms                 -> mode median_ms, beside our features
  gradients  model features                                            -> relative errors of the gradients, against float64
  export     model folder shapes                                       -> an ONNX file for each shape [B, T], and one for any
  versions
"""
import copy
import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from torch_encoder import LogMel, RMSNorm, load_recognizer  # noqa: E402

LABELS, UTTERANCES, TOLERANCE = 60, 16, 1e-3


def read_f32(path, shape):
    return torch.from_numpy(np.fromfile(path, "<f4").reshape(shape).copy())


def time_runs(work, least, budget_ms):
    """Median of the times of work(), after a warm-up of one run and a tenth of the budget."""
    begin = time.perf_counter()
    work()
    while time.perf_counter() - begin < budget_ms * 1e-4:
        work()
    times, begin = [], time.perf_counter()
    while len(times) < least or time.perf_counter() - begin < budget_ms * 1e-3:
        before = time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
    return 1e3 * float(np.median(times)), len(times)


# ---- Training ----


class ContiguousGradient(torch.autograd.Function):
    """x; its gradient is laid out in memory as x is."""

    @staticmethod
    def forward(context, x):
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):
        return gradient.contiguous()


class Trained(nn.Module):
    """The network as it trains here. With oneDNN, the backward pass of PyTorch 1.13's GELU reads a gradient that is not contiguous as
    if it were. The one such place is after the stem, where channels and time change places; one copy of a gradient mends it."""

    def __init__(self, network, mended=True):
        super().__init__()
        self.network = network
        if mended:
            network.encoder.down.register_forward_hook(lambda module, inputs, output: ContiguousGradient.apply(output))

    def forward(self, features):
        return self.network(features)


def get_loss(network, features, labels):
    """features[B, T, bins], labels[B, LABELS] -> CTC loss, mean over utterances of nll / LABELS"""
    logits = network(features)
    frames = torch.full((len(features),), logits.shape[1])
    lengths = torch.full((len(features),), labels.shape[1])
    return F.ctc_loss(F.log_softmax(logits, -1).transpose(0, 1), labels, frames, lengths)


def make_labels(utterances):
    """No two neighbours alike, so that 60 of them fit into 101 frames."""
    return torch.stack([2 + (torch.arange(LABELS) * 7 + i) % 30 for i in range(utterances)])


def make_optimizer(network):
    decayed = [p for p in network.parameters() if p.dim() > 1]
    plain = [p for p in network.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.999), eps=1e-8)


def make_replicas(network, workers):
    """Networks with the same weights in memory and gradients of their own."""
    replicas = [network] + [copy.deepcopy(network) for _ in range(workers - 1)]
    for replica in replicas[1:]:
        for own, shared in zip(replica.parameters(), network.parameters()):
            own.data = shared.data
    return [Trained(replica) for replica in replicas]


class Trainer:
    """Steps of 16 utterances: `workers` threads of Python, each with its share of them and `threads` threads inside PyTorch."""

    def __init__(self, s):
        network, _, _ = load_recognizer(s["model"], dropout=0.1)
        self.network, self.threads, self.micro = network.train(), s["threads"], s["micro"]
        self.replicas = make_replicas(self.network, s["workers"])
        self.pool = ThreadPoolExecutor(s["workers"])
        self.features = read_f32(s["features"], (UTTERANCES, -1, 128))
        self.labels = make_labels(UTTERANCES)
        self.optimizer = make_optimizer(self.network)
        self.loss = 0.0

    def run_share(self, worker):
        torch.set_num_threads(self.threads)
        replica, share = self.replicas[worker], UTTERANCES // len(self.replicas)
        replica.zero_grad(set_to_none=True)
        loss = 0.0
        for first in range(worker * share, (worker + 1) * share, self.micro):
            part = slice(first, first + self.micro)
            part_loss = get_loss(replica, self.features[part], self.labels[part]) * (self.micro / UTTERANCES)
            part_loss.backward()
            loss += part_loss.item()
        return loss

    def step(self):
        if len(self.replicas) == 1:
            self.loss = self.run_share(0)
        else:
            self.loss = sum(self.pool.map(self.run_share, range(len(self.replicas))))
        for replica in self.replicas[1:]:
            for own, total in zip(replica.parameters(), self.network.parameters()):
                total.grad += own.grad
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()


def run_train(s):
    torch.manual_seed(1)
    torch._C._set_mkldnn_enabled(s["onednn"])
    trainer = Trainer(s)
    median_ms, runs = time_runs(trainer.step, s["least"], s["budget_ms"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"median_ms": median_ms, "runs": runs, "peak_rss_mib": peak, "loss": trainer.loss}


def run_gradients(s):
    """Largest over the weights of |g - g64| / |g64|, where g64 is the gradient in float64, of two utterances without dropout."""

    def compute(dtype, onednn, mended):
        torch._C._set_mkldnn_enabled(onednn)
        network = load_recognizer(s["model"], dtype)[0]
        features = read_f32(s["features"], (UTTERANCES, -1, 128))[:2].to(dtype)
        get_loss(Trained(network, mended), features, make_labels(2)).backward()
        return [p.grad.double() for p in network.parameters()]

    wanted = compute(torch.float64, False, False)
    kinds = {"onednn_off": (False, False), "onednn": (True, True), "onednn_unmended": (True, False)}
    errors = {}
    for kind, (onednn, mended) in kinds.items():
        pairs = zip(compute(torch.float32, onednn, mended), wanted)
        errors[kind] = max(((got - exact).norm() / exact.norm()).item() for got, exact in pairs)
    return errors


# ---- Inference ----


def check_same(what, got, wanted):
    error = (got - wanted).abs().max().item() if got.shape == wanted.shape else float("inf")
    if not error <= TOLERANCE:
        sys.exit(f"peer_torch.py: {what} differ from Ossicle's by {error:g}: it is not the same work")


def run_infer(s):
    torch.set_num_threads(s["threads"])
    network = load_recognizer(s["model"])[0]
    results = []
    with torch.inference_mode():
        for case in s["cases"]:
            features = read_f32(case["features"], case["shape"])
            wanted = read_f32(case["logits"], (case["shape"][0], -1, 32))
            frozen = torch.jit.freeze(torch.jit.trace(network, features, check_trace=False))
            best = None
            for mode, function in (("eager", network), ("torch.jit", frozen)):
                check_same(f"PyTorch's logits ({mode})", function(features), wanted)
                median_ms, runs = time_runs(lambda: function(features), s["least"], s["budget_ms"] / 2)
                if best is None or median_ms < best["median_ms"]:
                    best = {"mode": mode, "median_ms": median_ms, "runs": runs}
            results.append(best)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cases": results, "peak_rss_mib": peak}


def run_mel(s):
    torch.set_num_threads(1)
    _, config, metadata = load_recognizer(s["model"])
    front_end, best = LogMel(config, metadata), None
    one = read_f32(s["audio"], (1, -1))
    with torch.inference_mode():
        check_same("torchaudio's features", front_end(one)[0], read_f32(s["wanted"], (-1, 128)))
        for batch in (1, UTTERANCES):
            audio = one.expand(batch, -1).contiguous()
            traced = torch.jit.trace(front_end, audio, check_trace=False)
            for mode, function in (("eager", front_end), ("torch.jit", traced)):
                median_ms, runs = time_runs(lambda: function(audio), s["least"], s["budget_ms"] / 4)
                if best is None or median_ms / batch < best["median_ms"]:
                    best = {"mode": f"{mode}, {batch} at once", "median_ms": median_ms / batch, "runs": runs}
    return best


class DividingNorm(nn.Module):
    """RMSNorm in the words that ONNX Runtime knows to be one operation."""

    def __init__(self, norm):
        super().__init__()
        self.weight = norm.weight

    def forward(self, x):
        return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def replace_norms(module):
    for name, child in module.named_children():
        if isinstance(child, RMSNorm):
            setattr(module, name, DividingNorm(child))
        else:
            replace_norms(child)


def run_export(s):
    torch._C._set_mkldnn_enabled(False)
    network = load_recognizer(s["model"])[0]
    replace_norms(network)

    def write(name, shape, axes=None):
        path = os.path.join(s["folder"], name)
        names = {"input_names": ["features"], "output_names": ["logits"]}
        torch.onnx.export(network, torch.randn(*shape, 128), path, opset_version=17, dynamic_axes=axes, **names)

    for utterances, frames in s["shapes"]:
        write(f"{utterances}x{frames}.onnx", (utterances, frames))
    write("any.onnx", (2, 301), {"features": {0: "utterances", 1: "frames"}, "logits": {0: "utterances", 1: "frames"}})
    return {}


def find_version(text, word):
    """The first line of torch.__config__.show() with `word`, without its bullet."""
    return next((line.strip(" -") for line in text.splitlines() if word in line), "")


def run_versions(_):
    import torchaudio

    return {
        "torch": torch.__version__,
        "torchaudio": torchaudio.__version__,
        "onednn": find_version(torch.__config__.show(), "MKL-DNN v").split(" (")[0] or "none",
    }


def main():
    jobs = {"train": run_train, "infer": run_infer, "mel": run_mel, "gradients": run_gradients}
    jobs.update(export=run_export, versions=run_versions)
    print(json.dumps(jobs[sys.argv[1]](json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
