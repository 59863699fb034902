#!/bin/sh
# What hotwords give and what they cost: the error rate of the words of a list, and of all others, over the weight of a hotword,
# with the list as it is and padded with words that nobody says; prints tables in Markdown.
#   scripts/measure_hotwords.sh TEXT CSV [LM]      (needs python3)
# TEXT: a folder of texts (*.txt, *.txt.gz, *.txt.xz), those that LM was made of. CSV: recordings and transcripts. The list is all
# words of the transcripts that come less than RARE times in TEXT; it is padded with words that come at least 3 times and less than
# RARE times there, and in no transcript. With LM both tables are made, with it and without.
# From the environment: RARE (400), WEIGHTS ("0 2 4 6 8 10 15"), PADDING ("0 100 1000" words), MODEL, LM_WEIGHT and WORD_BONUS
# (default: what is stored in LM), OSSICLE (build/release/ossicle). scripts/measure_hotwords.py says how errors are counted.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
here=$(dirname "$0")
command -v python3 >/dev/null || { echo "measure_hotwords.sh: needs python3" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
OSSICLE=${OSSICLE:-$here/../build/release/ossicle} python3 -B "$here/measure_hotwords.py" "$work" "$@"
