#!/usr/bin/env python3
"""`make bench-peers`: Ossicle beside PyTorch, torchaudio and ONNX Runtime, doing the same work with the same weights in turns.

    ROUNDS=5 scripts/bench/bench_peers.py BUILD     writes the tables of docs/benchmarks.md and BUILD/../peers/results.json

Before anything is timed, logits and features of every contender are compared with ours (1e-3), and PyTorch's gradients with float64.
"""
import json
import os
import platform
import subprocess
import sys
import time

import contenders
import report
from setting import Setting, fail, run, run_torch
from tables import write_report

ONNX_VERSION = "1.30.0"
QUANTIZER = ["onnxruntime==1.32.0", "onnx==1.23.2"]  # writes ONNX Runtime's int8 models
DOCUMENT = "docs/benchmarks.md"
GRADIENT_TOLERANCE = 1e-4


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def install_onnx(folder):
    """Into the build folder, once; its install script would fetch what only graphics cards need."""
    package = os.path.join(folder, "node_modules", "onnxruntime-node", "package.json")
    if os.path.exists(package):
        with open(package, encoding="utf-8") as file:
            if json.load(file)["version"] == ONNX_VERSION:
                return
    say(f"installing onnxruntime-node {ONNX_VERSION} into {folder}")
    what = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1"]
    done = subprocess.run([*what, f"onnxruntime-node@{ONNX_VERSION}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(f"onnxruntime-node {ONNX_VERSION} cannot be had; the first run needs the network (npm):\n{done.stdout[-600:]}")


def install_quantizer(folder):
    """Python's onnxruntime, which the one of Node.js lacks the quantisation of."""
    venv = os.path.join(folder, "venv")
    marker = os.path.join(venv, "-".join(QUANTIZER))
    if os.path.exists(marker):
        return
    say(f"installing {', '.join(QUANTIZER)} into {venv}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
    done = subprocess.run([os.path.join(venv, "bin", "pip"), "install", "-q", *QUANTIZER], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(f"{', '.join(QUANTIZER)} cannot be had; the first run needs the network (PyPI):\n{done.stdout[-600:]}")
    with open(marker, "w", encoding="utf-8"):
        pass


def check_gradients(setting):
    features = setting.cases[-1]["features"]
    errors = run_torch("gradients", {"model": setting.model, "features": features})
    for kind in ("onednn_off", "onednn"):
        if not errors[kind] <= GRADIENT_TOLERANCE:
            fail(f"PyTorch's gradients ({kind}) are off by {errors[kind]:.2g}: it is not the same work")
    return errors


def find_package(name):
    """A Debian package's version, or nothing."""
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout


def find_commit(setting):
    found = subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True, check=False)
    return "Ossicle " + found.stdout.strip() if found.returncode == 0 else run([setting.ossicle, "--version"]).strip()


def describe_machine(setting, machine):
    torch = run_torch("versions", {})
    words = [machine["cpu"], machine["isa"], f"{os.cpu_count()} processors", f"Linux {platform.release()}", find_commit(setting)]
    words.append(f"PyTorch {find_package('python3-torch') or torch['torch']} with {torch['onednn']}")
    words.append(f"OpenBLAS {find_package('libopenblas0')}, torchaudio {torch['torchaudio']}")
    words.append(f"ONNX Runtime {ONNX_VERSION} in Node.js {run(['node', '--version']).strip()}")
    return ", ".join(words)


def save_results(path, rounds, gradients):
    flat = [[{"what": row[0], "who": row[1], "threads": row[2], **values} for row, values in one.items()] for one in rounds]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"gradients": gradients, "rounds": flat}, file, indent=1)


def main():
    build, rounds_wanted = sys.argv[1], os.environ.get("ROUNDS", "5")
    if not rounds_wanted.isdecimal() or int(rounds_wanted) < 1:
        fail(f"ROUNDS={rounds_wanted}: give a whole number from 1")
    count = int(rounds_wanted)
    folder = os.path.join(os.path.dirname(os.path.abspath(build)), "peers")
    begin = time.time()
    setting = Setting(build, folder)
    install_onnx(folder)
    install_quantizer(folder)
    say("the model, the recordings, and whether all compute the same")
    setting.make()
    gradients = check_gradients(setting)
    chosen = contenders.tune(setting, say)
    rounds = []
    for number in range(1, count + 1):
        rounds.append(contenders.run_round(setting, chosen, lambda who: say(f"round {number} of {count}: {who}")))
    save_results(os.path.join(folder, "results.json"), rounds, gradients)
    machine = describe_machine(setting, rounds[0]["machine", contenders.OURS, 1])
    lines = report.make_report(rounds, machine, gradients)
    write_report(DOCUMENT, lines, "bench-peers")
    subprocess.run(["scripts/wrap_docs.sh", DOCUMENT], check=True)
    print("\n".join(lines))
    say(f"{DOCUMENT} is written; {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
