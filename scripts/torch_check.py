#!/usr/bin/env python3
"""Does a model file load in PyTorch, strictly, and give the same logits?

    ossicle features --model M -o features.npy clip.wav
    ossicle embed --model M --what logits -o logits.npy clip.wav
    scripts/torch_check.py M logits.npy --features features.npy
    scripts/torch_check.py M logits.npy --audio clip.wav         # 16-bit mono WAV at the model's rate; needs torchaudio

Needs torch and numpy. Computes in float64. Prints the error; exit code 1 when it is more than 2e-5 * max(1, max|logit|).
"""
import argparse
import json
import sys
import wave

import numpy as np
import torch

from torch_encoder import LogMel, load_recognizer

TOLERANCE = 2e-5


def read_audio(path, rate_hz):
    """float64 [1, samples]"""
    with wave.open(path) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, rate_hz):
            sys.exit(f"torch_check.py: {path} is not 16-bit mono at {rate_hz} Hz: use --features")
        return torch.from_numpy(np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0)[None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model file (not a folder)")
    parser.add_argument("logits", help=".npy of `ossicle embed --what logits`")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--features", help=".npy of `ossicle features --model MODEL`")
    source.add_argument("--audio", help="the recording itself")
    arguments = parser.parse_args()

    network, config, metadata = load_recognizer(arguments.model, torch.float64)
    symbols = len(json.loads(metadata["vocab"]))
    with torch.no_grad():
        if arguments.audio:
            features = LogMel(config, metadata).double()(read_audio(arguments.audio, config["sample_rate"]))
        else:
            features = torch.from_numpy(np.load(arguments.features).astype(np.float64))[None]
        wanted = network(features).reshape(-1, symbols).numpy()
    got = np.load(arguments.logits).astype(np.float64)
    if got.shape != wanted.shape:
        sys.exit(f"torch_check.py: {arguments.logits} has shape {got.shape}, PyTorch gives {wanted.shape}")
    error, limit = np.abs(got - wanted).max(), TOLERANCE * max(1.0, np.abs(wanted).max())
    fits = bool(error <= limit)
    tensors = len(network.state_dict())
    print(f"{tensors} tensors loaded strictly; {got.shape[0]} x {got.shape[1]} logits, largest {np.abs(wanted).max():.6g}")
    print(f"largest difference {error:.3g}, allowed {limit:.3g}: {'same' if fits else 'DIFFERENT'}")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
