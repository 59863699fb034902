"""Writes tests/golden/NAME.safetensors: small, sorted, the same bytes from the same values."""
import json
import os
import struct

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "golden")
DTYPES = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32"}


def save(name, tensors):
    """tensors: {name: numpy array, number, or anything np.asarray takes (torch: pass .detach().numpy())}."""
    header, blobs, offset = {}, [], 0
    for key in sorted(tensors):
        array = np.asarray(tensors[key], order="C")
        if array.dtype.name not in DTYPES:
            raise TypeError(f"{key}: {array.dtype} is not one of {', '.join(DTYPES)}")
        blob = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        header[key] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, name + ".safetensors")
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    print(f"{os.path.relpath(path)}: {len(header)} tensors, {offset} bytes of data")
