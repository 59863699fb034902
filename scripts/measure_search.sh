#!/bin/bash
# What a beam search costs beside the encoder, on one thread; prints a table in Markdown.
#   scripts/measure_search.sh CSV LM [BUILD]
# Processor time of `ossicle eval` over four times the rows of CSV, less that of its first row alone, which has the models' loading
# in it; of three runs the least. The encoder's time has reading, features and the score of the reference in it.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
csv=$1
lm=$2
ossicle=$(cd "$(dirname "$0")/.." && pwd)/${3:-build/release}/ossicle
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
awk -F, -v OFS=, -v folder="$(cd "$(dirname "$csv")" && pwd)" 'NR > 1 && $1 !~ /^\// { $1 = folder "/" $1 } { print }' "$csv" >"$work/rows.csv"
head -n 2 "$work/rows.csv" >"$work/one.csv"
{ cat "$work/rows.csv"; for _ in 2 3 4; do tail -n +2 "$work/rows.csv"; done; } >"$work/all.csv"

TIMEFORMAT='%U %S'
least() { # CSV OPTION...: seconds
	local rows=$1
	shift
	for _ in 1 2 3; do
		{ time "$ossicle" eval --csv "$rows" --threads 1 --json "$@" >"$work/out" 2>/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
	done | sort -n | head -n 1
}
seconds() { # OPTION...
	local all one
	all=$(least "$work/all.csv" "$@")
	one=$(least "$work/one.csv" "$@")
	awk -v all="$all" -v one="$one" 'BEGIN { print all - one }'
}
greedy=$(seconds)
audio=$(sed -n 's/.*"audio_seconds":\([0-9.]*\).*/\1/p' "$work/out")
least "$work/all.csv" >/dev/null
audio=$(awk -v all="$(sed -n 's/.*"audio_seconds":\([0-9.]*\).*/\1/p' "$work/out")" -v one="$audio" 'BEGIN { print all - one }')
echo "encoder: $(awk -v s="$greedy" -v a="$audio" 'BEGIN { printf "%.1f us a frame of 40 ms", s / a / 25 * 1e6 }')"
echo
echo "| beam | us a frame of 40 ms | of the encoder's time |"
echo "|---|---|---|"
for width in 16 64 100 256; do
	with=$(seconds --lm "$lm" --beam "$width")
	awk -v w="$width" -v s="$with" -v g="$greedy" -v a="$audio" \
		'BEGIN { printf "| %d | %.1f | %.0f %% |\n", w, (s - g) / a / 25 * 1e6, 100 * (s - g) / g }'
done
