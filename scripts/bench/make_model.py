#!/usr/bin/env python3
"""Weights of the benchmark's network, as PyTorch initialises them, for `ossicle import`: make_model.py FOLDER

Writes FOLDER/config.json, vocab.json and weights.safetensors: d 192, 4 blocks, 128 mel bins, 8x, 32 symbols, one sub-frame.
"""
import json
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from torch_encoder import Recognizer  # noqa: E402

CONFIG = {
    "sample_rate": 16000, "mel_bins": 128, "frame_hop": 160, "frame_win": 400, "n_fft": 1024,
    "downsample_time": 8, "conv_channels": 64, "d_model": 192, "n_layers": 4, "n_heads": 3, "d_ff": 768,
    "dropout": 0.1, "position": "none", "ctc_subframes": 1, "projector_dim": 0,
}  # fmt: skip
VOCAB = ["<blank>", "<UNK>", " ", "'", "-", "."] + [chr(ord("a") + i) for i in range(26)]


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.detach().contiguous().numpy().astype("<f4").tobytes())


def main():
    folder = sys.argv[1]
    torch.manual_seed(1)
    for name, value in (("config.json", CONFIG), ("vocab.json", VOCAB)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    write_safetensors(os.path.join(folder, "weights.safetensors"), Recognizer(CONFIG, len(VOCAB)).state_dict())


if __name__ == "__main__":
    main()
