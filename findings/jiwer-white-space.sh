#!/bin/sh
# jiwer takes two words for one when a single tab, line break or no-break space parts them; when two characters do, it takes two.
# Its default transforms turn runs of two and more white-space characters into a space, then split at U+0020 alone.
# Who meets it: whoever scores transcripts with jiwer beside `ossicle eval`: texts with line breaks inside quotes, French ones
# (U+202F before ? and !), Japanese ones (U+3000). One such place in a sentence that was heard perfectly costs two errors.
# Ossicle makes any white space one space on both sides of a score: src/text/unicode.c, test_white_space in tests/text/test_unicode.c.
# Seen 2026-11-28.
. "$(dirname "$0")/common/setup.sh"
install jiwer==4.0.0 rapidfuzz==3.14.3 click==8.3.1
expect <<'END'
U+0020: WER 0.0
U+0009: WER 2.0
U+000A: WER 2.0
U+00A0: WER 2.0
U+202F: WER 2.0
U+3000: WER 2.0
U+0009 U+0009: WER 0.0
U+000D U+000A: WER 0.0
END
observe <<'END'
import jiwer

for space in (" ", "\t", "\n", "\u00a0", "\u202f", "\u3000", "\t\t", "\r\n"):
    rate = jiwer.wer("good" + space + "morning", "good morning")
    print(*(f"U+{ord(character):04X}" for character in space), end=f": WER {float(rate)}\n")
END
