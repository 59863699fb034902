#!/bin/sh
# kaldialign's `sclite_mode` counts more errors than sclite: of the alignments that cost the same it takes one with more of them.
# sclite minimises 4 for a wrong word, 3 for one too many or too few, so that four wrong words cost as much as one wrong, two too few
# and two too many. sclite says four errors then; kaldialign, "for compatibility with sclite tool", five. (Its mode with costs of 1
# counts the fewest errors.)
# Who meets it: whoever scores in Python in place of sclite and compares with what sclite or `ossicle score` printed.
# Ossicle counts as sclite does, such ties among them: src/score/word_path.c, test_counts_of_sclite in tests/score/test_word_path.c,
# scripts/check_sclite.sh.
# Seen 2026-11-29 with sclite 2.10 (SCTK 2.4.10).
. "$(dirname "$0")/common/setup.sh"
install kaldialign==0.12.0
unpack sctk=2.4.10-20151007-1312Z+dfsg2-3.1
expect <<'END'
"c c b c b" for "a b b a a", substitutions, deletions, insertions:
  sclite:      (4, 0, 0), 4 errors, cost 16
  sclite_mode: (1, 2, 2), 5 errors, cost 16
  usual mode:  (4, 0, 0), 4 errors, cost 16
500 random pairs of 2 to 9 words, cost differs in 0
  sclite_mode has more errors in 10 and fewer in 0
END
observe <<'END'
import random, re, subprocess
import kaldialign

def sclite(pairs):
    for name, side in (("true", 0), ("heard", 1)):
        with open(name, "w") as file:
            file.writelines(f"{' '.join(pair[side])} (ann-{i})\n" for i, pair in enumerate(pairs))
    run = subprocess.run(["debian/usr/lib/sctk/bin/sclite", "-r", "true", "trn", "-h", "heard", "trn", "-i", "spu_id",
                          "-o", "pralign", "stdout"], check=True, capture_output=True, text=True)
    counts = re.findall(r"id: \(ann-(\d+)\)\nScores: \(#C #S #D #I\) \d+ (\d+) (\d+) (\d+)", run.stdout)
    counts = {int(i): tuple(map(int, numbers)) for i, *numbers in counts}
    return [counts[i] for i in range(len(pairs))]

def kaldi(pair, **options):
    counts = kaldialign.edit_distance(*pair, **options)
    return counts["sub"], counts["del"], counts["ins"]

def cost(counts):
    return 4 * counts[0] + 3 * counts[1] + 3 * counts[2]

draw = random.Random(1)
pairs = [tuple([draw.choice("abc") for _ in range(draw.randint(2, 9))] for _ in range(2)) for _ in range(500)]
pairs.insert(0, ("a b b a a".split(), "c c b c b".split()))
counted = sclite(pairs)
print(f"\"{' '.join(pairs[0][1])}\" for \"{' '.join(pairs[0][0])}\", substitutions, deletions, insertions:")
for name, counts in (("sclite", counted[0]), ("sclite_mode", kaldi(pairs[0], sclite_mode=True)), ("usual mode", kaldi(pairs[0]))):
    print(f"  {name + ':':<13}{counts}, {sum(counts)} errors, cost {cost(counts)}")
modes = [kaldi(pair, sclite_mode=True) for pair in pairs]
print("500 random pairs of 2 to 9 words, cost differs in", sum(cost(a) != cost(b) for a, b in zip(counted[1:], modes[1:])))
print("  sclite_mode has more errors in", sum(sum(b) > sum(a) for a, b in zip(counted[1:], modes[1:])), "and fewer in",
      sum(sum(b) < sum(a) for a, b in zip(counted[1:], modes[1:])))
END
