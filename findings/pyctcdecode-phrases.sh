#!/bin/sh
# pyctcdecode makes every word of a hot phrase more likely by itself, anywhere, and the phrase as a whole no more than that.
# `hotwords=["san jose"]` gives "san" 10 nats and "jose" 10 nats wherever one of them is heard, in any order: the list is split at white
# space. Names of persons and places bring their common parts with them, "the" of "the hague" into every sentence. ctc-beam-decoder
# does the same.
# Who meets it: whoever gives a list of names that was made for it to Ossicle, or the other way round: the weights do not mean the same.
# Ossicle gives a phrase its weight once and takes back what it gave where the phrase breaks off: src/decode/hotwords.c,
# bonuses_are_kept_or_taken_back in tests/decode/test_hotwords.c.
# Seen 2026-11-29.
. "$(dirname "$0")/common/setup.sh"
install numpy==1.26.4 pyctcdecode==0.5.0 ctc-beam-decoder==0.2.0
expect <<'END'
pyctcdecode
  hotwords []: "she had tea", score -0.1
  hotwords ['the head']: "the had tea", score 7.7
  hotwords []: "head she has", score -0.1
  hotwords ['the head']: "head the has", score 17.7
ctc_beam_decoder
  hotwords []: "she had tea", score -0.1
  hotwords ['the head']: "the had tea", score 7.7
  hotwords []: "head she has", score -0.1
  hotwords ['the head']: "head the has", score 17.7
END
observe <<'END'
import logging

logging.disable()  # that there is no kenlm

import numpy
import ctc_beam_decoder, pyctcdecode

LABELS = ["", "a", "d", "e", "h", "s", "t", " "]  # the first is the blank

def heard(likely, less_likely):
    """A row for each letter, and a blank behind it; the network is sure of the first text, nine to one."""
    rows = []
    for first, second in zip(likely, less_likely):
        for choices in ({first: 1} if first == second else {first: 0.9, second: 0.1}, {"": 1}):
            rows.append([numpy.log(choices.get(label, 1e-4)) for label in LABELS])
    return numpy.array(rows)

for package in (pyctcdecode, ctc_beam_decoder):
    decoder = package.build_ctcdecoder(LABELS)
    print(package.__name__)
    for likely, less_likely in (("she had tea", "the had tea"), ("head she has", "head the has")):
        rows = heard(likely, less_likely)
        for hotwords in ([], ["the head"]):
            best = decoder.decode_beams(rows, hotwords=hotwords)[0]
            print(f"  hotwords {hotwords}: \"{best[0]}\", score {best[-1]:.1f}")
END
