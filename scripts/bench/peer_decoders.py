"""A rival's beam search over logits that are there, in its own virtual environment; started by bench_decoding.py.

    peer_decoders.py PACKAGE LM LM_WEIGHT WORD_BONUS LIST LABELS

LIST names NumPy files of logits[rows, symbols]; LABELS is the JSON list of symbols, the blank as "". The LM is an ARPA file. What
is asked and answered is as scripts/bench/search_worker.c says; bytes and allocations are not known here: 0.
"""
import importlib
import json
import logging
import sys
import time

import numpy as np


def main():
    package, lm, weight, bonus, list_path, labels = sys.argv[1:]
    logging.disable(logging.WARNING)
    with open(list_path, encoding="utf-8") as file:
        logits = [np.load(line.rstrip("\n")) for line in file]
    build = importlib.import_module(package).build_ctcdecoder
    decoder = build(json.loads(labels), kenlm_model_path=lm, alpha=float(weight), beta=float(bonus))
    rows = sum(len(one) for one in logits)
    print("ready", flush=True)
    for line in sys.stdin:
        width = int(line)
        decoder.decode(logits[0], beam_width=width)
        began = time.process_time()
        texts = [decoder.decode(one, beam_width=width) for one in logits]
        print(time.process_time() - began, rows, 0, 0)
        print("\n".join(" ".join(text.split()) for text in texts), flush=True)


if __name__ == "__main__":
    main()
