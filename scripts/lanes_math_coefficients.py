#!/usr/bin/python3
"""Prints the coefficient tables of src/kernel/lanes_math.h and lanes_gelu.h; `--check` compares them with what stands there.

Each table is a weighted minimax fit (Remez exchange) on a dense grid. Its coefficients are rounded to float one after the
other, lowest power first, and those not yet rounded are fitted again, so that they make up for the rounding; where fitting again
does not pay, the rest is rounded as it is. Needs numpy and mpmath. Takes about a minute.
"""
import os
import re
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 40


def grid(low, high, count):
    return low + (high - low) * (1 - np.cos(np.pi * np.arange(count) / (count - 1))) / 2


def evaluate(function, points):
    return np.array([float(function(mp.mpf(float(x)))) for x in points])


def powers_of(x, powers):
    return np.stack([x**p for p in powers], 1)


def keep_alternating(extrema, error, count):
    """Drops extrema until `count` of alternating sign are left: at an end, or two neighbours, whichever loses least."""
    while len(extrema) > count:
        size = np.abs(error[extrema])
        if len(extrema) == count + 1:
            extrema = extrema[1:] if size[0] < size[-1] else extrema[:-1]
            continue
        least = int(np.argmin(size))
        if least == 0:
            extrema = extrema[1:]
        elif least == len(extrema) - 1:
            extrema = extrema[:-1]
        else:
            other = least + 1 if size[least + 1] < size[least - 1] else least - 1
            extrema = [e for i, e in enumerate(extrema) if i not in (least, other)]
    return extrema


def remez(basis, wanted, weight, rounds=60):
    """The c that minimises max |weight (basis c - wanted)|."""
    points, terms = basis.shape
    reference = np.round((1 - np.cos(np.pi * np.arange(terms + 1) / terms)) / 2 * (points - 1)).astype(int)
    for _ in range(rounds):
        system = np.zeros((terms + 1, terms + 1))
        system[:, :terms] = basis[reference]
        system[:, terms] = (-1.0) ** np.arange(terms + 1) / weight[reference]
        c = np.linalg.solve(system, wanted[reference])[:terms]
        error = weight * (basis @ c - wanted)
        sign = np.sign(error)
        runs = np.split(np.arange(points), np.flatnonzero(sign[1:] * sign[:-1] < 0) + 1)
        extrema = keep_alternating([run[np.argmax(np.abs(error[run]))] for run in runs], error, terms + 1)
        if len(extrema) < terms + 1 or np.array_equal(extrema, reference):
            break
        reference = np.array(extrema)
    return c


def round_in_order(order, refits, x, wanted, weight, c):
    """Rounds the coefficients of the powers in `order`, fitting the others again after each of the first `refits`."""
    value, rest, c = {}, wanted.copy(), dict(c)
    for place, power in enumerate(order):
        value[power] = float(np.float32(c[power]))
        rest = rest - value[power] * x**power
        left = order[place + 1:]
        if left and place < refits:
            try:
                c = dict(zip(left, remez(powers_of(x, left), rest, weight)))
            except np.linalg.LinAlgError:
                return None
    return [value[p] for p in sorted(value)], np.max(np.abs(weight * rest))


def fit(powers, x, wanted, weight, orders=1):
    powers = list(powers)
    c = dict(zip(powers, remez(powers_of(x, powers), wanted, weight)))
    by_size = sorted(powers, key=lambda p: -abs(c[p]))
    best = None
    for order in (powers, powers[::-1], by_size, by_size[::-1])[:orders]:
        for refits in range(len(powers) + 1):
            trial = round_in_order(order, refits, x, wanted, weight, c)
            if trial is not None and (best is None or trial[1] < best[1]):
                best = trial
    return best


def fit_exp():
    r = grid(-0.3475, 0.3475, 1500)
    wanted = evaluate(lambda t: (mp.exp(t) - 1 - t) / t**2 if abs(t) > 1e-9 else mp.mpf(1) / 2, r)
    return fit(range(5), r, wanted, r * r / np.exp(r) + 1e-12)


def fit_log():
    f = grid(float(mp.sqrt(0.5) - 1) - 1e-4, float(mp.sqrt(2) - 1) + 1e-4, 2000)
    wanted = evaluate(lambda t: (mp.log1p(t) - t + t * t / 2) / t**3 if abs(t) > 1e-6 else mp.mpf(1) / 3 - t / 4, f)
    return fit(range(8), f, wanted, np.abs(f**3 / np.where(np.abs(f) < 1e-9, 1, np.log1p(f))) + 1e-9)


def fit_erf_small():
    u = grid(0, 0.9**2, 1500)
    x = np.sqrt(u)
    x[0] = 1e-10
    return fit(range(7), u, evaluate(lambda t: mp.erf(t) / t - 1, x), x / evaluate(mp.erf, x))


def fit_erfc_exponent():
    x = grid(0.9, 3.95, 2000)
    return fit(range(7), x, evaluate(lambda t: mp.log(mp.erfc(t)), x), evaluate(mp.erfc, x))


def half_cdf(t):
    return mp.ncdf(t) - mp.mpf(1) / 2


def half_grad(t):
    return half_cdf(t) + t * mp.npdf(t)


def fit_whole_range(function, square, degree, overshoot):
    """function(a)/a in v = 2 a^2/square - 1; `overshoot` lifts the far end, where a clamp to 1/2 follows."""
    v = grid(-1, 1, 1200)
    a = np.sqrt((v + 1) * square / 2)
    a[0] = 1e-8
    wanted = evaluate(lambda t: function(t) / t, a) + overshoot * ((v + 1) / 2) ** 8 / a
    return fit(range(degree + 1), v, wanted, np.maximum(a, 0.05), orders=4)


def fit_segments(function, per_unit, degree, weight):
    """16 polynomials in f = a*per_unit - k. The first has no constant, the last meets 1/2 exactly at its centre, where the
    argument is clamped."""
    columns, worst = [], 0.0
    for k in range(16):
        f = grid(0.0 if k == 0 else -0.5, 0.0 if k == 15 else 0.5, 301)
        a = np.maximum((k + f) / per_unit, 1e-9)
        wanted, powers, fixed = evaluate(function, a), list(range(degree + 1)), []
        if k == 15:
            wanted = wanted - 0.5
            wanted += -wanted[-1] * (2 * f + 1) ** 2
            f = np.minimum(f, -1e-9)
        if k in (0, 15):
            powers, fixed = powers[1:], [0.0 if k == 0 else 0.5]
        c, error = fit(powers, f, wanted, weight(a))
        columns.append(fixed + c)
        worst = max(worst, error)
    return [x for row in zip(*columns) for x in row], worst


def fit_steady_gelu():
    """half_cdf(a)/a in a^2 up to 4^2; what counts is the error of a * half_cdf(a). Lifted at the end, and then the constant is
    moved until Horner's rule in float gives exactly 1/2 there."""
    u = grid(0, 16, 1200)
    a = np.sqrt(u)
    a[0] = 1e-8
    wanted = evaluate(lambda t: half_cdf(t) / t, a) + float(mp.mpf(1) / 2 - half_cdf(mp.mpf(4))) * (u / 16)**8 / a
    p = np.float32(remez(powers_of(u, range(7)), wanted, np.maximum(u, 0.02)))
    rest = np.float32(0)
    for c in p[:0:-1]:
        rest = rest * np.float32(16) + c
    rest = rest * np.float32(16)
    while (rest + p[0]) * np.float32(4) != np.float32(0.5):
        p[0] = np.nextafter(p[0], np.float32(0 if (rest + p[0]) * np.float32(4) > 0.5 else 1))
    error = np.max(np.abs(np.maximum(u, 0.02) * (powers_of(u, range(7)) @ p.astype(float) - evaluate(lambda t: half_cdf(t) / t, a))))
    return [float(c) for c in p], error


TABLES = (
    ("exp: p", fit_exp),
    ("log: p", fit_log),
    ("erf: p", fit_erf_small),
    ("erf: q", fit_erfc_exponent),
    ("gelu: p", lambda: fit_whole_range(half_cdf, 28, 14, 1.8e-7)),
    ("gelu, steady: p", fit_steady_gelu),
    ("gelu': p", lambda: fit_whole_range(half_grad, 34, 18, 0.0)),
    ("gelu: q[5][16]",
     lambda: fit_segments(half_cdf, 2.84375, 4, lambda a: np.where(a < 1, np.maximum(a, 0.02), 1.0))),
    ("gelu': r[6][16]",
     lambda: fit_segments(half_grad, 2.5, 5, lambda a: np.maximum(np.minimum(1.0, a * 5), 0.02))),
)


def read_headers():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "kernel")
    text = "".join(open(os.path.join(folder, name)).read() for name in ("lanes_math.h", "lanes_gelu.h"))
    return {np.float32(x) for x in re.findall(r"(-?[0-9.]+(?:e-?[0-9]+)?)f\b", text)}


def main():
    check = "--check" in sys.argv[1:]
    known = read_headers()
    missing = 0
    for name, make in TABLES:
        c, error = make()
        absent = [x for x in c if np.float32(x) not in known]
        missing += len(absent)
        print("%-16s weighted error %.3g%s" % (name, error, "; %d of %d are not in the headers" % (len(absent), len(c))
                                               if absent else ""))
        if not check:
            print("    " + ", ".join("%.9gf" % x for x in c))
    sys.exit(1 if check and missing else 0)


if __name__ == "__main__":
    main()
