"""Values for tests/base/test_support.c: the test data formula, and one tensor of each type that golden.h reads."""
import numpy as np

from fill import fill
from golden_file import save

save(
    "support",
    {
        "fill.seed0": fill(0, 64),
        "fill.seed_big": fill(2**63 + 12345, 64),
        "f64": np.array([[1.0, -2.5, 1e-300], [np.pi, np.inf, -0.0]]),
        "f32": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / np.float32(7),
        "i64": np.array([0, -1, 2**31 - 1, -(2**31)], dtype=np.int64),
        "i32": np.array([[5], [-6]], dtype=np.int32),
        "scalar": np.array(0.125),
        "empty": np.zeros((0, 4), dtype=np.float32),
    },
)
