#!/bin/sh
# How far the times of words are from where the words begin and end: recordings of single words, joined with random pauses, whose edges
# are known by the energy of each single recording.
#   scripts/measure_boundaries.sh MODEL CSV...      (needs python3)
# Of each CSV (wav,text,...) the rows whose text is one word of two letters or more are taken in a random order, a row at most once. From
# the environment: WORDS (8) a recording, RECORDINGS (60) at most, SEED (1), PAUSES ("0.1 0.8" seconds), SNR ("none 40 30 20 10" dB of
# white noise; none: noise at -75 dB of full scale alone), ALIGN (any value: the texts are told, `ossicle align`). scripts/measure_boundaries.py says how edges and errors are reckoned.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_boundaries.sh MODEL CSV..." >&2
	exit 2
fi
here=$(dirname "$0")
for program in python3; do
	if ! command -v $program >/dev/null; then
		echo "measure_boundaries.sh: needs $program" >&2
		exit 2
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
OSSICLE=${OSSICLE:-$here/../build/release/ossicle} python3 "$here/measure_boundaries.py" "$work" "$@"
