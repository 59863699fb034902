#!/bin/sh
# How well `ossicle align` tells what a text lacks and what it has too much: rows of a dataset joined, and one row's text taken out of the
# text, another row's put into it, or another row's put in its place; and rows alone, with their own text and with that of another row.
#   scripts/measure_align.sh MODEL CSV...      (needs python3)
# From the environment: CASES (100) of each kind, ROWS (6) a recording, SEED (1), PAUSE (0.3 s), ARGS (more options of align).
# A case is right when the finding is there, in its place: sounds over half of the row that was taken out and at most 1 s beyond its ends
# (rows begin and end with silence), or words of the row that was put in, named as missing; of "replaced", either of these; of "nothing",
# when there is no finding. Texts that need more frames than their recording has, which is refused, are no case.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_align.sh MODEL CSV..." >&2
	exit 2
fi
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
OSSICLE=${OSSICLE:-$here/../build/release/ossicle} python3 "$here/measure_align.py" "$work" "$@"
