"""Who runs, and how each is run once: for scripts/bench/bench_peers.py.

A contender is a function of one round: {row: {median_ms, peak_rss_mib...}}. A row is (what, who, threads).
"""
import functools
import json
import os

from setting import CASES, HERE, TUNED, make_environment, run_json, run_torch

OURS, OURS_BF16, OURS_INT8 = "Ossicle", "Ossicle, bf16", "Ossicle, int8"
PRECISIONS = {OURS: "fp32", OURS_BF16: "bf16", OURS_INT8: "int8"}
SHIPPED, TUNED_OFF = "PyTorch as shipped, oneDNN off", "PyTorch tuned, oneDNN off"
TUNED_ON, REPLICAS = "PyTorch tuned, oneDNN on", "PyTorch tuned, oneDNN on, two replicas"
ONNX, ONNX_INT8 = "ONNX Runtime", "ONNX Runtime, int8"
TORCH, TORCHAUDIO = "PyTorch", "torchaudio"
TRAIN_SECONDS = 128
BUDGET_MS = {"train": 1500, "case": 350, "tune": 1500, "mel": 400}


def case_name(utterances, seconds):
    return f"{seconds} s" if utterances == 1 else f"{utterances} x {seconds} s"


# ---- Ours ----


def run_ours(setting, threads, who=OURS):
    command = [setting.ossicle, "bench", "--json", "--threads", str(threads), "--model", setting.model, "--runs", "15"]
    command += ["--precision", PRECISIONS[who], "--only", "infer"] + ([] if who == OURS_INT8 else ["--only", "train"])
    found = run_json(command + (["--only", "mel"] if who == OURS and threads == 1 else []))
    peak = found["fma_peak_gflops"]
    rows = {} if who == OURS_INT8 else {("train", who, threads): {**found["train"], "peak_gflops": peak}}
    for case in found["infer"]["cases"]:
        rows[case_name(case["utterances"], case["seconds"]), who, threads] = case
    if "mel" in found:
        rows["mel", who, threads] = found["mel"]
    rows["machine", who, threads] = {"isa": found["isa"], "cpu": found["cpu"], "median_ms": peak}
    return rows


# ---- PyTorch ----

# Settings of a row of training, and `tries` of which the fastest is measured: (utterances that go through the network at once, whether
# all threads share one heap; otherwise other threads' heaps are pieces of 64 MiB, and what is larger comes from the system each time).
TRAINERS = {
    SHIPPED: {"onednn": False, "workers": 1, "env": {}, "tries": [(16, False)]},
    TUNED_OFF: {"onednn": False, "workers": 1, "env": TUNED, "tries": [(16, False), (16, True), (2, False)]},
    TUNED_ON: {"onednn": True, "workers": 1, "env": TUNED, "tries": [(16, False), (16, True), (2, False)]},
    REPLICAS: {"onednn": True, "workers": 2, "env": TUNED, "tries": [(8, False), (8, True), (2, False)]},
}


def run_trainer(setting, who, threads, choice, budget_ms):
    trainer, (micro, one_heap) = TRAINERS[who], choice
    settings = {
        "model": setting.model,
        "features": setting.cases[CASES.index((16, 8))]["features"],
        "threads": threads // trainer["workers"],
        "workers": trainer["workers"],
        "onednn": trainer["onednn"],
        "micro": micro,
        "least": 2,
        "budget_ms": budget_ms,
    }
    environment = make_environment({**trainer["env"], **({"MALLOC_ARENA_MAX": "1"} if one_heap else {})})
    return {**run_torch("train", settings, environment), "mode": f"{micro}, one heap" if one_heap else f"{micro}"}


def run_torch_inference(setting, threads):
    settings = {"model": setting.model, "threads": threads, "cases": setting.cases, "least": 2, "budget_ms": BUDGET_MS["case"]}
    found = run_torch("infer", settings)
    return {(case_name(*case), TORCH, threads): result for case, result in zip(CASES, found["cases"])}


def run_torchaudio(setting):
    one = setting.path("1x8")
    settings = {"model": setting.model, "audio": one + ".audio", "wanted": one + ".features", "least": 3}
    return {("mel", TORCHAUDIO, 1): run_torch("mel", {**settings, "budget_ms": BUDGET_MS["mel"]})}


# ---- ONNX Runtime ----


def list_onnx_candidates(setting, who, shape, threads):
    """A model for this shape or for any; all graph optimisations or those that keep the layout; operators side by side; utterances side by
    side; one utterance after the other."""
    utterances, frames, _ = shape
    kind = "int8.onnx" if who == ONNX_INT8 else "onnx"
    fixed, any_shape = setting.path(f"{utterances}x{frames}.{kind}"), setting.path(f"any.{kind}")

    def candidate(model, **changes):
        usual = {"model": model, "batch": utterances, "workers": 1, "level": "all", "mode": "sequential"}
        return {**usual, **changes}

    found = [candidate(fixed), candidate(any_shape), candidate(fixed, level="extended")]
    if threads > 1:
        found.append(candidate(fixed, mode="parallel"))
    if utterances > 1:
        one = setting.path(f"1x{frames}.{kind}")
        found.append(candidate(one, batch=1))
        if threads == 2:
            half = setting.path(f"{utterances // 2}x{frames}.{kind}")
            found += [candidate(half, batch=utterances // 2, workers=2), candidate(one, batch=1, workers=2)]
    return found


# Largest difference from our float32 logits: rounding, or int8's.
ONNX_TOLERANCE = {ONNX: 1e-3, ONNX_INT8: 0.25}


def run_onnx(setting, who, threads, candidates, budget_ms):
    """candidates[case] -> the best of each, a list"""
    cases = [{**case, "candidates": chosen} for case, chosen in zip(setting.cases, candidates)]
    settings = {
        "module": os.path.abspath(setting.path("node_modules/onnxruntime-node")),
        "threads": threads,
        "tolerance": ONNX_TOLERANCE[who],
        "least": 2,
        "budget_ms": budget_ms,
        "cases": cases,
    }
    command = ["node", os.path.join(HERE, "peer_onnx.cjs"), json.dumps(settings)]
    return run_json(command, make_environment(TUNED))["cases"]


def describe_candidate(candidate):
    words = ["any shape" if os.path.basename(candidate["model"]).startswith("any.") else "fixed shape"]
    words.append(f"graphOptimizationLevel {candidate['level']}, executionMode {candidate['mode']}")
    if candidate["workers"] > 1:
        words.append(f"{candidate['workers']} sessions of 1 thread")
    words.append(f"{candidate['batch']} at once")
    return ", ".join(words)


# ---- Choosing, then a round ----


def tune(setting, say):
    """The fastest settings of those who have a choice: {who: ...}"""
    chosen = {}
    for who, threads in list_trainers():
        tries = TRAINERS[who]["tries"]
        if len(tries) > 1:
            say(f"choosing: {who}, {threads} threads")
            time_choice = functools.partial(run_trainer, setting, who, threads, budget_ms=BUDGET_MS["tune"] / 2)
            tries = sorted(tries, key=lambda choice: time_choice(choice)["median_ms"])
        chosen[who, threads] = tries[0]
    for who, threads in [(who, threads) for who in ONNX_TOLERANCE for threads in (1, 2)]:
        say(f"choosing: {who}, {threads} threads")
        candidates = [list_onnx_candidates(setting, who, case["shape"], threads) for case in setting.cases]
        best = run_onnx(setting, who, threads, candidates, BUDGET_MS["tune"])
        chosen[who, threads] = [result["candidate"] for result in best]
    return chosen


def list_trainers():
    return [(who, threads) for who in TRAINERS for threads in (1, 2) if threads >= TRAINERS[who]["workers"]]


def run_onnx_round(setting, who, threads, chosen):
    results = run_onnx(setting, who, threads, [[one] for one in chosen], BUDGET_MS["case"])
    rows = {}
    for case, result in zip(CASES, results):
        rows[case_name(*case), who, threads] = {**result, "mode": describe_candidate(result["candidate"])}
    return rows


def run_round(setting, chosen, say):
    """Each contender once, one after the other; ours stands between those that it is compared with."""
    rows = {}
    for threads in (1, 2):
        for ours, rival in ((OURS, ONNX), (OURS_INT8, ONNX_INT8)):
            say(f"{ours}, {threads} threads")
            rows.update(run_ours(setting, threads, ours))
            say(f"{rival}, {threads} threads")
            rows.update(run_onnx_round(setting, rival, threads, chosen[rival, threads]))
        for who in TRAINERS:
            if (who, threads) in chosen:
                say(f"{who}, {threads} threads")
                rows["train", who, threads] = run_trainer(setting, who, threads, chosen[who, threads], BUDGET_MS["train"])
        say(f"{OURS_BF16}, {threads} threads")
        rows.update(run_ours(setting, threads, OURS_BF16))
        say(f"{TORCH}, {threads} threads")
        rows.update(run_torch_inference(setting, threads))
    say(TORCHAUDIO)
    rows.update(run_torchaudio(setting))
    return rows
