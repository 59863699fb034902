"""Values for tests/text/test_casing.c: Python's str.lower and str.upper, an implementation of Unicode's full case mapping of its own.

Only code points that the Unicode version of this Python knows are listed; results are in NFC. What Cased
and Case_Ignorable are is not asked but heard from what a capital sigma becomes beside a code point.
"""
import random
import sys
import unicodedata

import numpy as np

from golden_file import save

ALPHA, SIGMA, FINAL = "\u03b1", "\u03a3", "\u03c2"
POINTS = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]
KNOWN = [c for c in POINTS if unicodedata.category(c) not in ("Cn", "Co")]
tensors = {}


def nfc(text):
    return unicodedata.normalize("NFC", text)


def rows_of(texts, width):
    """[N, width] code points, zeros at the end."""
    array = np.zeros((len(texts), width), np.int32)
    for row, text in zip(array, texts):
        row[: len(text)] = [ord(c) for c in text]
    return array


def ranges(points):
    """[R, 2]: first and last of each run."""
    found = []
    for c in map(ord, points):
        if found and found[-1][1] + 1 == c:
            found[-1][1] = c
        else:
            found.append([c, c])
    return np.array(found, np.int32)


# Every mapping of one code point, whatever its kind.
for name, mapping in ("lower", str.lower), ("upper", str.upper):
    changed = [c for c in KNOWN if mapping(c) != c]
    pairs = [(c, nfc(mapping(nfc(c)))) for c in changed]
    tensors[name + ".simple"] = rows_of([c + to for c, to in pairs if len(to) == 1], 2)
    tensors[name + ".special"] = rows_of([c + to for c, to in pairs if len(to) != 1], 4)

# What decides which sigma: "c Sigma" ends a word iff c is cased and not passed over; "alpha c Sigma" also where c is passed over.
letters = [c for c in KNOWN if (c + SIGMA).lower().endswith(FINAL)]
passed = [c for c in KNOWN if (ALPHA + c + SIGMA).lower().endswith(FINAL) and not (c + SIGMA).lower().endswith(FINAL)]
tensors["known"] = ranges(KNOWN)
tensors["sigma.letters"] = ranges(letters)
tensors["sigma.passed"] = ranges(passed)

# Words of sigmas, letters, and what stands between.
draw = random.Random(1)
alphabet = SIGMA * 6 + "\u03c3\u03c2\u0391\u03b1aZ.':\u2019\u00b7\u0301\u0345\u02b0\u00aa1-, \u05d0\u4e00"
words = [" ".join("".join(draw.choice(alphabet) for _ in range(10)).split()) for _ in range(160)]
words = sorted({nfc(word) for word in words if word})
tensors["words"] = rows_of(words, 12)
tensors["words.lower"] = rows_of([nfc(word.lower()) for word in words], 12)

print(f"Unicode {unicodedata.unidata_version}, Python {sys.version.split()[0]}")
save("casing", tensors)
