"""Rounds of measurements to the tables of docs/benchmarks.md: for scripts/bench/bench_peers.py.

A number is the median over the rounds; a ratio the median of the rounds' own ratios, so that what slows a round slows both sides.
"""
import statistics

import contenders as who_is
from setting import CASES
from tables import make_table


def get_median(rounds, row, key="median_ms"):
    return statistics.median(one[row][key] for one in rounds)


def get_ratio(rounds, ours, rival):
    """How many times as fast `ours` is."""
    return statistics.median(one[rival]["median_ms"] / one[ours]["median_ms"] for one in rounds)


def count_realtime(seconds, median_ms):
    return f"{1e3 * seconds / median_ms:,.0f}"


def get_mode(rounds, row):
    """What most rounds found fastest."""
    return statistics.mode(one[row].get("mode", "") for one in rounds)


def get_limit(rounds, row):
    """x real time at the multiply-add peak, from what ours reaches and the fraction that it is."""
    return statistics.median(one[row]["realtime_factor"] / one[row]["fraction_of_peak"] for one in rounds)


def table_training(rounds):
    head = ["", "threads", "x real time", "of peak", "ms a step", "peak RSS, MiB", "Ossicle is faster", "at once"]
    rows = []
    present = {row[1] for row in rounds[0] if row[0] == "train"}
    order = [who_is.OURS, who_is.OURS_BF16, *who_is.TRAINERS]
    for threads in (1, 2):
        ours = ("train", who_is.OURS, threads)
        limit = get_limit(rounds, ours)
        for who in [name for name in order if name in present]:
            row = ("train", who, threads)
            if row not in rounds[0]:
                continue
            median_ms = get_median(rounds, row)
            realtime = 1e3 * who_is.TRAIN_SECONDS / median_ms
            ratio = "" if who == who_is.OURS else f"{get_ratio(rounds, ours, row):.2f}x"
            memory = f"{get_median(rounds, row, 'peak_rss_mib'):,.0f}"
            mode = get_mode(rounds, row)
            rows.append([who, str(threads), f"{realtime:,.0f}", f"{realtime / limit:.0%}", f"{median_ms:,.0f}", memory, ratio, mode])
    return make_table(head, rows)


def table_inference(rounds):
    """float32 of all, then the smaller numbers: each beside ONNX Runtime's float32, int8 beside its int8 as well."""
    head = ["audio", "threads", "Ossicle", "of peak", "ONNX Runtime", "Ossicle is faster", "PyTorch", "Ossicle is faster"]
    small = ["audio", "threads", "Ossicle, bf16", "of ONNX Runtime fp32", "Ossicle, int8", "of ONNX Runtime fp32", "of Ossicle fp32"]
    small += ["ONNX Runtime, int8", "Ossicle is faster"]
    rows, small_rows = [], []
    for threads in (1, 2):
        for utterances, seconds in CASES:
            what, total = who_is.case_name(utterances, seconds), utterances * seconds
            ours, onnx, torch, bf16, int8, onnx_int8 = [
                (what, who, threads)
                for who in (who_is.OURS, who_is.ONNX, who_is.TORCH, who_is.OURS_BF16, who_is.OURS_INT8, who_is.ONNX_INT8)
            ]

            def speed(row):
                return count_realtime(total, get_median(rounds, row))  # noqa: B023

            cells = [what, str(threads), speed(ours), f"{get_median(rounds, ours, 'fraction_of_peak'):.0%}"]
            for rival in (onnx, torch):
                cells += [speed(rival), f"{get_ratio(rounds, ours, rival):.2f}x"]
            rows.append(cells)
            cells = [what, str(threads), speed(bf16), f"{get_ratio(rounds, bf16, onnx):.2f}x", speed(int8)]
            cells += [f"{get_ratio(rounds, int8, rival):.2f}x" for rival in (onnx, ours)]
            small_rows.append(cells + [speed(onnx_int8), f"{get_ratio(rounds, int8, onnx_int8):.2f}x"])
    return make_table(head, rows), make_table(small, small_rows)


def table_mel(rounds):
    ours, rival = ("mel", who_is.OURS, 1), ("mel", who_is.TORCHAUDIO, 1)
    cells = ["8 s", count_realtime(8, get_median(rounds, ours)), count_realtime(8, get_median(rounds, rival))]
    cells += [f"{get_ratio(rounds, ours, rival):.2f}x", get_mode(rounds, rival)]
    return make_table(["audio", "Ossicle", "torchaudio", "Ossicle is faster", "torchaudio's best"], [cells])


def list_modes(rounds):
    lines = []
    for threads in (1, 2):
        for case in CASES:
            row = (who_is.case_name(*case), who_is.ONNX, threads)
            lines.append(f"- {row[0]}, {threads} thread{'s' if threads > 1 else ''}: {get_mode(rounds, row)}")
    return lines + [""]


def make_report(rounds, machine, gradients):
    peaks = [get_median(rounds, ("machine", who_is.OURS, threads)) for threads in (1, 2)]
    lines = [f"{machine}; multiply-add peak {peaks[0]:.0f} GFLOP/s with one thread, {peaks[1]:.0f} with two. {len(rounds)} rounds.", ""]
    lines += ["### Training step", "", *table_training(rounds)]
    lines += ["Largest relative error of PyTorch's gradients, against float64: "]
    lines[-1] += f"oneDNN off {gradients['onednn_off']:.1e}; oneDNN on, as measured {gradients['onednn']:.1e}; "
    lines[-1] += f"oneDNN on without the copy of one gradient {gradients['onednn_unmended']:.1e}."
    float32, small = table_inference(rounds)
    lines += ["", "### Inference, x real time", "", *float32, "### Inference with small numbers, x real time", "", *small]
    lines += ["What was fastest of ONNX Runtime's settings:", "", *list_modes(rounds)]
    return lines + ["### Log-mel features, one thread, x real time", "", *table_mel(rounds)]
