#!/bin/sh
# pyctcdecode takes a word for unknown when its line in the ARPA file has no back-off weight, and gives it 10 nats less.
# A back-off weight follows an n-gram that others begin with; elsewhere it may be left out, as SRILM does with words that only end
# sentences. kenlm reads such files and knows the words. pyctcdecode takes its list of known words from lines with three columns and
# hears something else instead, without a warning but for the one that comes with any small list. ctc-beam-decoder does the same.
# Who meets it: whoever gives an ARPA file to these decoders: the last words of sentences are misheard more often, and names that the
# text has once.
# Ossicle reads words without a weight and writes one for each, `lm convert --arpa` too: src/ngram/arpa_write.c,
# test_words_without_a_weight_get_one in tests/cli/test_lm.c.
# Seen 2026-11-29.
. "$(dirname "$0")/common/setup.sh"
install --no-binary=kenlm numpy==1.26.4 kenlm==0.3.0 pyctcdecode==0.5.0 ctc-beam-decoder==0.2.0
expect <<'END'
weight of "bad": 0; known to kenlm: True
  pyctcdecode: "ab bad", score 0.12
  ctc_beam_decoder: "ab bad", score 0.12
weight of "bad": none; known to kenlm: True
  pyctcdecode: "ab cad", score -12.72
  ctc_beam_decoder: "ab cad", score -12.72
END
observe <<'END'
import os

os.dup2(os.open("said", os.O_CREAT | os.O_WRONLY), 2)  # kenlm's bars and warnings, the same for both files

import kenlm, numpy
import ctc_beam_decoder, pyctcdecode

LABELS = ["", "a", "b", "c", "d", " "]  # the first is the blank

def write(path, weight):
    with open(path, "w") as file:
        file.write("\\data\\\nngram 1=6\nngram 2=3\n\n\\1-grams:\n-1.5\t<unk>\n-99\t<s>\t-0.3\n-1\t</s>\n"
                   f"-0.7\tab\t-0.3\n-0.7\tcab\t-0.3\n-0.9\tbad{weight}\n\n"
                   "\\2-grams:\n-0.4\t<s> ab\n-0.3\tab bad\n-0.5\tab cab\n\n\\end\\\n")

def heard(likely, less_likely):
    """A row for each letter, and a blank behind it; the network is a little in favour of the first text."""
    rows = []
    for first, second in zip(likely, less_likely):
        for choices in ({first: 0.5, second: 0.5} if first == second else {first: 0.6, second: 0.4}, {"": 1}):
            rows.append([numpy.log(choices.get(label, 1e-4)) for label in LABELS])
    return numpy.array(rows)

for name, weight in (("0", "\t0"), ("none", "")):
    write("words.arpa", weight)
    print(f"weight of \"bad\": {name}; known to kenlm: {'bad' in kenlm.Model('words.arpa')}")
    for package in (pyctcdecode, ctc_beam_decoder):
        decoder = package.build_ctcdecoder(LABELS, "words.arpa")
        best = decoder.decode_beams(heard("ab cad", "ab bad"))[0]
        print(f"  {package.__name__}: \"{best[0]}\", score {best[-1]:.2f}")
END
