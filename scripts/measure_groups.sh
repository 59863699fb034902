#!/bin/sh
# Whom and what a model hears well: error rates by set, by group of speakers, by pace, and under a telephone, noise, rooms and levels, in Markdown.
#   scripts/measure_groups.sh MODEL [LABEL=]CSV...      (needs python3)
# From the environment: LM, a language model, whose WER has a column of its own; SPEAKERS, a file of lines "SPEAKER<tab>GROUP"; ROWS, so many rows of
# each set for the table of conditions, evenly taken (all); CONDITIONS, some of them by name ("telephone noise-20"), or "none"; OSSICLE, the program.
# Groups are what a set tells: columns of its CSV beside wav, text and speaker (a column `age` becomes children, under 18, and adults), the groups of
# SPEAKERS, and three parts of its rows by characters a second, slow, middle and fast. The rows of a group that are few say little: see the numbers.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_groups.sh MODEL [LABEL=]CSV..." >&2
	exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
here=$(cd "$(dirname "$0")" && pwd)
OSSICLE=${OSSICLE:-$here/../build/release/ossicle} python3 -B "$here/measure_groups.py" "$work" "$@"
