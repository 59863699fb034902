#!/bin/sh
# safetensors writes other bytes each time it saves the same tensors with the same metadata.
# Tensors are laid out in a fixed order, and without metadata a file is the same every time; the keys of `__metadata__` come in an order
# drawn anew at each save. (safetensors issue 584.)
# Who meets it: whoever loads a model of Ossicle in Python, saves it with its metadata (config, vocab, ...) and tells models apart by
# the hash of the file, or caches by it.
# Ossicle writes the same bytes for the same weights and sums them up: test_same_input_same_bytes in tests/model/test_safetensors.c.
# Seen 2026-11-28.
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 safetensors==0.8.0
expect <<'END'
no metadata: 1 file from 50 saves
1 key: 1 file from 50 saves
8 keys: several files from 50 saves; the same tensors and metadata in each
END
observe <<'END'
import json
import numpy
from safetensors.numpy import load, save

tensors = {"weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "bias": numpy.ones(2, numpy.float32)}
for name, keys in (("no metadata", 0), ("1 key", 1), ("8 keys", 8)):
    metadata = {f"key{key}": "value" for key in range(keys)} or None
    files = {save(tensors, metadata=metadata) for _ in range(50)}
    if len(files) == 1:
        print(f"{name}: 1 file from 50 saves")
        continue
    for file in files:
        assert json.loads(file[8:8 + int.from_bytes(file[:8], "little")])["__metadata__"] == metadata
        assert all(numpy.array_equal(array, tensors[key]) for key, array in load(file).items())
    print(f"{name}: several files from 50 saves; the same tensors and metadata in each")
END
