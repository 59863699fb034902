#!/usr/bin/env python3
"""A checkpoint of torch.save as a safetensors file, without running anything that the checkpoint says.

    scripts/pt_to_safetensors.py audio_enc.pt audio_enc.safetensors [--key NAME]...
    scripts/pt_to_safetensors.py --list audio_enc.pt

A .pt file is a program for Python's pickle, which may call whatever it names. This reader knows what tensors are made of
(ALLOWED below), each with a stand-in of its own; nothing is imported, and any other name is refused. Needs Python 3.8 alone.

--key picks a part, "enc" or "model.audio_encoder"; of several the names stay in front of those of their tensors. Without it: the
tensors themselves; or those below one of CONTAINERS; or the parts that are in PARTS, with their names in front.
Exit code 2: wrong usage; 3: the checkpoint cannot be taken.
"""
import argparse
import json
import os
import pickle
import sys
import zipfile

CONTAINERS = ("model", "state_dict", "model_state_dict", "module", "network")
PARTS = ("enc", "encoder", "audio_encoder", "head", "proj_a", "projector")
MAX_PICKLE_BYTES = 1 << 28
MAX_EXPANDED = 1 << 24  # elements of a tensor that shows some of its storage several times
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the number that files from before PyTorch 1.6 begin with

# Of torch: storage -> type in safetensors, bytes of an element.
STORAGES = {
    "DoubleStorage": ("F64", 8), "FloatStorage": ("F32", 4), "HalfStorage": ("F16", 2), "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8), "IntStorage": ("I32", 4), "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1), "BoolStorage": ("BOOL", 1),
}  # fmt: skip
DTYPES = {
    "float64": ("F64", 8), "float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2), "int64": ("I64", 8), "int32": ("I32", 4),
    "int16": ("I16", 2), "int8": ("I8", 1), "uint8": ("U8", 1), "bool": ("BOOL", 1), "uint16": ("U16", 2), "uint32": ("U32", 4),
    "uint64": ("U64", 8), "float8_e4m3fn": ("F8_E4M3", 1), "float8_e5m2": ("F8_E5M2", 1),
}  # fmt: skip


class Refused(Exception):
    """What is wrong with the checkpoint, in one line."""


# ---- What the names of a pickle stand for ----


class Mapping(dict):
    """collections.OrderedDict; what torch hangs on a state dict (_metadata) is left out."""

    def __setstate__(self, state):
        pass


class Opaque:
    """Something that is no tensor: settings, paths, numbers of numpy. Its content is not looked at."""

    def __init__(self, *values, **named):
        pass

    def __setstate__(self, state):
        pass

    def __call__(self, *values, **named):
        return Opaque()


class Fixed:
    """A pickle may not set what is in it."""

    def __setstate__(self, state):
        raise Refused("it changes a tensor or a storage after making it")


class StorageKind(Fixed):
    def __init__(self, dtype, size):
        self.dtype, self.size = dtype, size


class Storage(Fixed):
    def __init__(self, key, kind, count):
        self.key, self.kind, self.count = key, kind, count


class Tensor(Fixed):
    """Elements offset + sum(index * stride) of a storage."""

    def __init__(self, storage, offset, shape, stride, kind=None):
        self.storage, self.offset, self.shape, self.stride = storage, offset, tuple(shape), tuple(stride)
        self.kind = kind or storage.kind
        self.check()

    def check(self):
        # Nothing of the pickle's own is printed before it is known to be short.
        numbers = (self.offset, *self.shape, *self.stride)
        if not isinstance(self.storage, Storage) or len(self.shape) != len(self.stride):
            raise Refused("a tensor is not made of a storage, a shape and as many strides")
        if not all(type(n) is int and 0 <= n < 1 << 48 for n in numbers):
            raise Refused("a tensor has an offset, a dimension or a stride that is no number from 0 up")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.stride))
        if self.count() and (last + 1) * self.kind.size > self.storage.count * self.storage.kind.size:
            raise Refused(f"a tensor of shape {list(self.shape)} reaches beyond its storage of {self.storage.count} elements")
        if self.count() > max(self.storage.count, MAX_EXPANDED):
            raise Refused(f"a tensor of shape {list(self.shape)} repeats a storage of {self.storage.count} elements")

    def count(self):
        count = 1
        for n in self.shape:
            count *= n
        return count


def rebuild_tensor(storage, offset, shape, stride, *rest):
    return Tensor(storage, offset, shape, stride)


def rebuild_tensor_v3(storage, offset, shape, stride, requires_grad, hooks, dtype, *rest):
    if not isinstance(dtype, StorageKind):
        raise Refused("a tensor has no type")
    return Tensor(storage, offset, shape, stride, dtype)


def rebuild_parameter(data, *rest):
    return data


def encode(text, encoding="latin1"):
    """_codecs.encode, by which older pickles spell bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise Refused("it encodes something that is no text in latin1")
    return text.encode(encoding)


ALLOWED = {
    ("collections", "OrderedDict"): Mapping,
    ("collections", "defaultdict"): lambda *values: Mapping(),
    ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): rebuild_tensor_v3,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): rebuild_parameter,
    ("torch", "Size"): lambda shape=(): tuple(shape),
    ("torch.storage", "UntypedStorage"): StorageKind("U8", 1),
    ("torch", "UntypedStorage"): StorageKind("U8", 1),
    ("_codecs", "encode"): encode,
    ("__builtin__", "set"): lambda values=(): Opaque(),
    ("builtins", "set"): lambda values=(): Opaque(),
    # No tensors, and no calls either: their place is taken by something empty.
    ("torch", "device"): Opaque,
    ("argparse", "Namespace"): Opaque,
    ("numpy", "dtype"): Opaque,
    ("numpy.core.multiarray", "scalar"): Opaque,
    ("numpy._core.multiarray", "scalar"): Opaque,
    ("pathlib", "PosixPath"): Opaque,
    ("pathlib", "WindowsPath"): Opaque,
}  # fmt: skip
ALLOWED.update({("torch", name): StorageKind(*kind) for table in (STORAGES, DTYPES) for name, kind in table.items()})


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) in ALLOWED:
            return ALLOWED[module, name]
        hint = ""
        if module.startswith("torch.nn.") or module.startswith("__torch__"):
            hint = ": it holds a whole module; save its state_dict() instead"
        raise Refused(f'it asks for "{module}.{name}", which is not one of the names that tensors need{hint}')

    def persistent_load(self, pid):
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], StorageKind):
            raise Refused("it refers to something that is no storage of a known type")
        kind, key, count = pid[1], pid[2], pid[4]
        if not isinstance(key, str) or type(count) is not int or not 0 <= count < 1 << 48:
            raise Refused("it refers to a storage without a name or a number of elements")
        return Storage(key, kind, count)


# ---- The archive ----


def open_archive(path):
    """The archive, and the folder in it that holds everything."""
    with open(path, "rb") as file:
        begin = file.read(64)
    if begin.startswith(LEGACY):
        raise Refused("it is in the format from before PyTorch 1.6: torch.save(torch.load(IN), OUT) in PyTorch writes the newer one")
    if len(begin) > 8 and begin[8:9] == b"{":
        raise Refused("it looks like a safetensors file already")
    if not begin.startswith(b"PK"):
        raise Refused("it is no zip archive, so not of torch.save of PyTorch 1.6 or later")
    archive = zipfile.ZipFile(path)
    folders = [name[: -len("data.pkl")] for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(folders) != 1:
        raise Refused("it is a zip archive without data.pkl, so not of torch.save")
    names = set(archive.namelist())
    if folders[0] + "byteorder" in names and archive.read(folders[0] + "byteorder").strip() != b"little":
        raise Refused("its numbers are big-endian")
    return archive, folders[0]


def unpickle(archive, folder):
    info = archive.getinfo(folder + "data.pkl")
    if info.file_size > MAX_PICKLE_BYTES:
        raise Refused(f"its data.pkl has {info.file_size} bytes, without any tensor")
    with archive.open(info) as file:
        try:
            return Reader(file).load()
        except Refused:
            raise
        except Exception as error:  # whatever a damaged pickle makes of itself
            raise Refused(f"its data.pkl cannot be read: {type(error).__name__}: {str(error)[:120]}") from None


def read_storage(archive, folder, storage):
    name = f"{folder}data/{storage.key}"
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise Refused(f"{name} is missing") from None
    if info.file_size != storage.count * storage.kind.size:
        raise Refused(f"{name} has {info.file_size} bytes; {storage.count} elements of {storage.kind.dtype} need {storage.count * storage.kind.size}")
    return archive.read(info)


# ---- What is in it ----


def tensors_of(node):
    """The tensors that a dictionary holds by name; None when it has none."""
    if not isinstance(node, dict):
        return None
    found = {name: value for name, value in dict.items(node) if isinstance(name, str) and isinstance(value, Tensor)}
    return found or None


def describe(node):
    if isinstance(node, Tensor):
        return f"{node.kind.dtype} {list(node.shape)}"
    found = tensors_of(node)
    return f"{len(found)} tensors" if found else type(node).__name__ if not isinstance(node, dict) else f"{len(node)} entries"


def find(node, key):
    """By a path with dots; the names of entries may have dots themselves."""
    if isinstance(node, dict):
        if key in node:
            return node[key]
        for at in (i for i, letter in enumerate(key) if letter == "."):
            if key[:at] in node:
                found = find(node[key[:at]], key[at + 1 :])
                if found is not None:
                    return found
    return None


def pick(node, depth=0):
    """The tensors to take, by name."""
    found = tensors_of(node)
    if found is not None:
        return found
    if not isinstance(node, dict):
        raise Refused(f"it holds no dictionary of tensors but {describe(node)}: save the module's state_dict()")
    parts = [name for name in PARTS if tensors_of(node.get(name)) is not None]
    choices = [name for name in CONTAINERS if depth < 3 and isinstance(node.get(name), dict)]
    if parts and not choices:
        return {f"{part}.{name}": value for part in parts for name, value in tensors_of(node[part]).items()}
    if len(choices) == 1 and not parts:
        return pick(node[choices[0]], depth + 1)
    others = [name for name, value in dict.items(node) if isinstance(name, str) and tensors_of(value) is not None]
    if not parts and not choices and len(others) == 1:
        return tensors_of(node[others[0]])
    names = ", ".join((parts + choices or others or [name for name in node if isinstance(name, str)])[:12])
    raise Refused(f"choose what to take with --key: it has {names}")


def pick_keys(root, keys):
    chosen = {}
    for key in keys:
        node = find(root, key)
        if node is None:
            raise Refused(f'it has no part "{key}"; --list shows what there is')
        prefix = f"{key.rsplit('.', 1)[-1]}." if len(keys) > 1 else ""
        for name, value in pick(node).items():
            if prefix + name in chosen:
                raise Refused(f'"{prefix + name}" is there twice')
            chosen[prefix + name] = value
    return chosen


# ---- Writing ----


def gather(tensor, data):
    """The bytes of a tensor's elements in row-major order, out of its storage's."""
    size = tensor.kind.size
    dense = 1
    for n, s in zip(reversed(tensor.shape), reversed(tensor.stride)):
        if n != 1 and s != dense:
            break
        dense *= n
    else:
        return memoryview(data)[tensor.offset * size : (tensor.offset + tensor.count()) * size]
    if tensor.count() == 0:
        return b""
    elements = memoryview(data)[: len(data) // size * size].cast({1: "B", 2: "H", 4: "I", 8: "Q"}[size])
    out = bytearray()
    n, stride = tensor.shape[-1], tensor.stride[-1]
    starts = [tensor.offset]
    for count, step in zip(tensor.shape[:-1], tensor.stride[:-1]):
        starts = [start + i * step for start in starts for i in range(count)]
    for start in starts:
        row = elements[start : start + 1].tobytes() * n if stride == 0 else elements[start : start + (n - 1) * stride + 1 : stride].tobytes()
        out += row
    return bytes(out)


def write(path, tensors, archive, folder):
    if "__metadata__" in tensors:
        raise Refused('a tensor is called "__metadata__", which safetensors keeps for itself')
    order = sorted(tensors.items(), key=lambda item: -item[1].kind.size)  # so that every tensor is aligned
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in order:
        begin, end = end, end + tensor.count() * tensor.kind.size
        header[name] = {"dtype": tensor.kind.dtype, "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    temporary = f"{path}.tmp-{os.getpid()}"
    key = data = None
    try:
        with open(temporary, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for _, tensor in order:
                if tensor.storage.key != key:
                    key, data = tensor.storage.key, read_storage(archive, folder, tensor.storage)
                file.write(gather(tensor, data))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def plain(text):
    """Without line breaks and what a terminal would act on."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def show(node, before="", depth=0):
    for name, value in dict.items(node) if isinstance(node, dict) else [("", node)]:
        if isinstance(name, str):
            print(f"{plain(before + name)}\t{describe(value)}")
            if depth < 2 and isinstance(value, dict):
                show(value, f"{before}{name}.", depth + 1)


def convert(arguments):
    archive, folder = open_archive(arguments.checkpoint)
    with archive:
        root = unpickle(archive, folder)
        if arguments.list:
            show(root)
            return
        tensors = pick_keys(root, arguments.key) if arguments.key else pick(root)
        write(arguments.out, tensors, archive, folder)
    print(f"{arguments.out}: {len(tensors)} tensors", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="a .pt or .pth of torch.save")
    parser.add_argument("out", nargs="?", help="safetensors file to write")
    parser.add_argument("--key", action="append", default=[], help="part to take; may be repeated")
    parser.add_argument("--list", action="store_true", help="print what there is, and write nothing")
    arguments = parser.parse_args()
    if (arguments.out is None) != arguments.list:
        parser.error("name the file to write, or give --list")
    if arguments.out is not None and os.path.exists(arguments.out) and os.path.samefile(arguments.out, arguments.checkpoint):
        parser.error(f"{arguments.out} is the checkpoint itself")
    try:
        convert(arguments)
    except (Refused, OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        print(plain(f"pt_to_safetensors.py: {arguments.checkpoint}: {error}"), file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
