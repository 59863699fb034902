#!/usr/bin/env python3
"""Checkpoints of PyTorch become model files, and nothing that they say is run: scripts/check_checkpoints.py BUILD

First checkpoints made byte by byte here, which needs no PyTorch: what scripts/pt_to_safetensors.py takes and what it refuses. Then, where
there is PyTorch, torch.save of the seed's encoder -> the script -> `ossicle import` -> logits as PyTorch's. One line a case that failed.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pt_to_safetensors.py")
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(what)


# ---- Pickles by their opcodes ----


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def tuple_of(*values):
    return b"(" + b"".join(values) + b"t"


def call(function, *arguments):
    return function + tuple_of(*arguments) + b"R"


def dictionary(**entries):
    return b"}(" + b"".join(text(key) + value for key, value in entries.items()) + b"u"


def tensor(key, count, shape, stride, offset=0, kind="FloatStorage", rebuild="_rebuild_tensor_v2"):
    storage = tuple_of(text("storage"), name("torch", kind), text(key), text("cpu"), number(count)) + b"Q"
    numbers = [tuple_of(*map(number, values)) for values in (shape, stride)]
    return call(name("torch._utils", rebuild), storage, number(offset), *numbers, b"\x89", call(name("collections", "OrderedDict")))


FLOATS = struct.pack("<24f", *range(24))
WHOLE = tensor("0", 24, [4, 6], [6, 1])


class Cases:
    def __init__(self, folder):
        self.checkpoint, self.out = os.path.join(folder, "in.pt"), os.path.join(folder, "out.safetensors")
        self.marker = os.path.join(folder, "it-was-run")

    def save(self, root, storages={"0": FLOATS}, **others):
        with zipfile.ZipFile(self.checkpoint, "w") as archive:
            archive.writestr("in/data.pkl", b"\x80\x02" + root + b".")
            for key, data in storages.items():
                archive.writestr(f"in/data/{key}", data)
            for file, data in others.items():
                archive.writestr(f"in/{file}", data)

    def run(self, *options):
        if os.path.exists(self.out):
            os.unlink(self.out)
        return subprocess.run([sys.executable, "-B", SCRIPT, self.checkpoint, self.out, *options], capture_output=True, text=True)

    def read(self):
        """name -> (type, shape, bytes)"""
        with open(self.out, "rb") as file:
            data = file.read()
        begin = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:begin])
        header.pop("__metadata__")
        return {key: (e["dtype"], e["shape"], data[begin + e["data_offsets"][0] : begin + e["data_offsets"][1]]) for key, e in header.items()}

    def takes(self, what, wanted, *options):
        run = self.run(*options)
        expect(run.returncode == 0, f"{what}: exit code {run.returncode}: {run.stderr}")
        got = self.read() if run.returncode == 0 else {}
        expect(got == wanted, f"{what}: {got} is not {wanted}")

    def refuses(self, what, part, *options):
        run = self.run(*options)
        said = run.returncode == 3 and run.stderr.count("\n") == 1 and part in run.stderr
        expect(said, f"{what}: exit code {run.returncode}, and not \"{part}\" in one line: {run.stderr}")
        expect(not os.path.exists(self.out), f"{what}: a file was written")
        expect(not os.path.exists(self.marker), f"{what}: it was run")


def floats(shape, *values):
    return ("F32", shape, struct.pack(f"<{len(values)}f", *values))


def check_tensors(cases):
    whole = {"w": ("F32", [4, 6], FLOATS)}
    cases.save(dictionary(w=WHOLE))
    cases.takes("a state dict", whole)
    cases.save(dictionary(a=tensor("0", 24, [2, 3], [1, 6], 7), b=tensor("0", 24, [3], [8]), c=tensor("0", 24, [], [], 23), d=tensor("0", 24, [0, 2], [2, 1])))
    strided = {"a": floats([2, 3], 7, 13, 19, 8, 14, 20), "b": floats([3], 0, 8, 16), "c": floats([], 23), "d": floats([0, 2])}
    cases.takes("views of one storage", strided)
    cases.save(dictionary(h=tensor("h", 2, [2], [1], 0, "HalfStorage"), l=tensor("l", 1, [1], [1], 0, "LongStorage")), {"h": b"abcd", "l": b"12345678"})
    cases.takes("other types", {"h": ("F16", [2], b"abcd"), "l": ("I64", [1], b"12345678")})
    cases.save(dictionary(w=call(name("torch._utils", "_rebuild_parameter"), WHOLE, b"\x88", b"N")))
    cases.takes("a parameter", whole)


def check_parts(cases):
    whole = ("F32", [4, 6], FLOATS)
    inner = dictionary(w=WHOLE)
    noise = dict(optimizer=dictionary(state=dictionary(), lr=number(1)), step=number(7), args=call(name("argparse", "Namespace")))
    for container in ("model", "state_dict", "model_state_dict", "module"):
        cases.save(dictionary(**{container: inner}, **noise))
        cases.takes(container, {"w": whole})
    cases.save(dictionary(enc=inner, head=inner, **noise))
    cases.takes("parts", {"enc.w": whole, "head.w": whole})
    cases.takes("one part", {"w": whole}, "--key", "enc")
    cases.takes("two parts", {"enc.w": whole, "head.w": whole}, "--key", "enc", "--key", "head")
    cases.refuses("no such part", 'it has no part "encoder"', "--key", "encoder")
    cases.save(dictionary(model=dictionary(audio_encoder=inner, proj_a=inner), ema=inner))
    cases.takes("parts in a container", {"audio_encoder.w": whole, "proj_a.w": whole})
    cases.takes("a part in a container", {"w": whole}, "--key", "model.audio_encoder")
    cases.save(dictionary(model=inner, state_dict=inner))
    cases.refuses("two containers", "choose what to take with --key: it has model, state_dict")
    cases.save(dictionary(teacher=inner, student=inner))
    cases.refuses("two unknown parts", "choose what to take with --key: it has teacher, student")
    cases.save(number(3))
    cases.refuses("a number", "it holds no dictionary of tensors")


def check_refusals(cases):
    touch = text(f"touch '{cases.marker}'")
    for module, attribute in (("os", "system"), ("posix", "system"), ("subprocess", "getoutput"), ("builtins", "eval"), ("builtins", "getattr")):
        cases.save(dictionary(w=WHOLE, x=call(name(module, attribute), touch)))
        cases.refuses(f"{module}.{attribute}", f'asks for "{module}.{attribute}"')
    cases.save(dictionary(w=WHOLE) + text("os") + text("system") + b"\x93" + tuple_of(touch) + b"R0")  # STACK_GLOBAL, and its result dropped
    cases.refuses("what is called and not kept", 'asks for "os.system"')
    cases.save(b"(" + touch + b"ios\nsystem\n")  # INST
    cases.refuses("an instance", 'asks for "os.system"')
    cases.save(dictionary(w=name("torch.nn.modules.linear", "Linear") + b")\x81"))
    cases.refuses("a whole module", "save its state_dict() instead")
    cases.save(dictionary(w=WHOLE + dictionary(shape=tuple_of(number(9))) + b"b"))
    cases.refuses("a tensor that is changed", "changes a tensor or a storage")
    cases.save(dictionary(w=call(name("torch._utils", "_rebuild_qtensor"), number(1))))
    cases.refuses("a quantised tensor", "torch._utils._rebuild_qtensor")
    for what, shape, stride, offset, part in (
        ("too long", [5, 6], [6, 1], 0, "beyond its storage"), ("an offset", [4, 6], [6, 1], 1, "beyond its storage"),
        ("negative", [4, 6], [-6, 1], 23, "no number from 0 up"), ("ranks", [4, 6], [6], 0, "as many strides"),
        ("repeated", [1 << 25], [0], 0, "repeats a storage"),
    ):  # fmt: skip
        cases.save(dictionary(w=tensor("0", 24, shape, stride, offset)))
        cases.refuses(what, part)
    cases.save(dictionary(w=WHOLE), {})
    cases.refuses("no storage", "in/data/0 is missing")
    cases.save(dictionary(w=WHOLE), {"0": FLOATS[:-4]})
    cases.refuses("a short storage", "has 92 bytes; 24 elements of F32 need 96")
    cases.save(dictionary(w=WHOLE), byteorder="big")
    cases.refuses("big-endian", "big-endian")
    cases.save(dictionary(__metadata__=WHOLE))
    cases.refuses("a tensor called __metadata__", "keeps for itself")
    cases.save(b"}(")
    cases.refuses("half a pickle", "data.pkl cannot be read")
    for what, data, part in (
        ("the older format", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "from before PyTorch 1.6"),
        ("safetensors", struct.pack("<Q", 2) + b"{}", "safetensors file already"), ("nothing", b"", "no zip archive"),
    ):  # fmt: skip
        with open(cases.checkpoint, "wb") as file:
            file.write(data)
        cases.refuses(what, part)


# ---- With PyTorch ----


def make_seed(torch, downsample):
    """The seed's encoder as its documents describe it, small, and a head."""
    nn = torch.nn
    d, heads, ff, channels, bins, symbols = 24, 3, 40, 6, 32, 5

    class RMSNorm(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(d) + 0.5)

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight

    class ConvDown(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(1, channels, 3, 2, 1), nn.GELU(), nn.Conv2d(channels, channels, 3, 2, 1), nn.GELU())

        def forward(self, x):
            return self.net(x)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = RMSNorm(), RMSNorm()
            self.attn = nn.MultiheadAttention(d, heads, batch_first=True)
            self.mlp = nn.Sequential(nn.Linear(d, ff), nn.GELU(), nn.Linear(ff, d))

        def forward(self, x):
            y = self.norm1(x)
            x = x + self.attn(y, y, y, need_weights=False)[0]
            return x + self.mlp(self.norm2(x))

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            third = nn.Sequential(ConvDown(), nn.Conv2d(channels, channels, 3, 2, 1), nn.GELU())
            self.down = third if downsample == 8 else ConvDown()
            self.proj = nn.Linear(channels * bins // downsample, d)
            self.blocks = nn.ModuleList([Block(), Block()])
            self.norm = RMSNorm()

        def forward(self, features):
            x = self.proj(self.down(features[:, None]).transpose(1, 2).flatten(2))
            for block in self.blocks:
                x = block(x)
            return self.norm(x)

    config = {"mel_bins": bins, "conv_channels": channels, "d_model": d, "n_heads": heads, "d_ff": ff, "n_layers": 2, "position": "none"}
    config.update(downsample_time=downsample, target_hz=100 / downsample, ctc_subframes=1)
    return Encoder(), nn.Linear(d, symbols), config


def wrapped(state, wrapper):
    """As torch.compile and DataParallel name it: around the whole, or around each block."""
    return {wrapper + key if not key.startswith("blocks.") else f"blocks.{key[7]}.{wrapper}{key[9:]}": value for key, value in state.items()}


def containers(encoder, head):
    enc, top = encoder.state_dict(), head.state_dict()
    merged = {f"audio_encoder.{key}": value for key, value in enc.items()}
    merged.update({f"head.{key}": value for key, value in top.items()}, **{"thinker.w": top["bias"]})
    yield "enc and head", {"enc": enc, "head": top, "optimizer": {"state": {}}, "step": 3}
    yield "a merged export", merged
    yield "torch.compile", {"enc": wrapped(enc, "_orig_mod."), "head": wrapped(top, "_orig_mod.")}
    yield "DataParallel", {"model": wrapped(merged, "module.")}
    yield "float64", {"enc": {key: value.double() for key, value in enc.items()}, "head": top}
    yield "transposed", {"enc": {key: value.t().contiguous().t() if value.dim() == 2 else value for key, value in enc.items()}, "head": top}
    yield "parameters", {"enc": dict(encoder.named_parameters()), "head": dict(head.named_parameters())}


def compare(torch, np, build, folder, downsample):
    def path(file):
        return os.path.join(folder, file)

    def ossicle(*words):  # the rest of a case is of no use without it
        run = subprocess.run([os.path.join(build, "ossicle"), *words], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"{what}: {run.stderr}")

    torch.manual_seed(downsample)
    encoder, head, config = make_seed(torch, downsample)
    for file, content in (("config.json", config), ("vocab.json", ["<blank>", "<UNK>", " ", "a", "b"])):
        with open(path(file), "w") as out:
            json.dump(content, out)
    noise = (np.random.default_rng(1).standard_normal(8000) * 3000).astype("<i2").tobytes()
    with open(path("noise.wav"), "wb") as out:
        out.write(b"RIFF" + struct.pack("<I", 36 + len(noise)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16))
        out.write(b"data" + struct.pack("<I", len(noise)) + noise)
    for what, content in containers(encoder, head):
        what = f"{what}, downsampled by {downsample}"
        torch.save(content, path("in.pt"))
        run = subprocess.run([sys.executable, "-B", SCRIPT, path("in.pt"), path("in.safetensors")], capture_output=True, text=True)
        expect(run.returncode == 0, f"{what}: {run.stderr}")
        ossicle("import", "--config", path("config.json"), "--vocab", path("vocab.json"), path("in.safetensors"), "-o", path("m.safetensors"))
        ossicle("features", "--model", path("m.safetensors"), path("noise.wav"), "-o", path("features.npy"))
        ossicle("embed", "--model", path("m.safetensors"), "--what", "logits", path("noise.wav"), "-o", path("logits.npy"))
        with torch.no_grad():
            features = torch.from_numpy(np.load(path("features.npy")).astype(np.float64))[None]
            wanted = head.double()(encoder.double()(features))[0].numpy()
        encoder.float()
        head.float()
        got = np.load(path("logits.npy"))
        same = got.shape == wanted.shape and np.abs(got - wanted).max() <= 2e-5 * max(1, np.abs(wanted).max())
        expect(same, f"{what}: logits differ from PyTorch's")
        for file in ("in.pt", "in.safetensors", "m.safetensors", "features.npy", "logits.npy"):
            os.unlink(path(file))


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        cases = Cases(folder)
        check_tensors(cases)
        check_parts(cases)
        check_refusals(cases)
        try:
            import numpy as np
            import torch
        except ImportError:
            print("note: no PyTorch here: checkpoints were made by hand, none by torch.save")
            return 1 if failures else 0
        for downsample in (8, 4):
            compare(torch, np, build, folder, downsample)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
