"""The test data of tests/support/fill.h, bit for bit: element i is a function of (seed, i) alone."""
import numpy as np


def fill(seed, count):
    """float64 [count], uniform in [-1, 1): splitmix64 of seed + (i + 1) * golden ratio."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


if __name__ == "__main__":
    for seed in (0, 1, 2**63):
        print(seed, [repr(float(v)) for v in fill(seed, 3)])
