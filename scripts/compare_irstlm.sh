#!/bin/sh
# Perplexity, time and memory of `ossicle lm build` beside irstlm's (Debian's package irstlm), on the same text with the same words:
#   scripts/compare_irstlm.sh TEXT...     (a sentence a line; .xz and .gz too)
# Every 100th line is held out. Words that come less than 3 times in the rest are <unk> for both. Both models are scored by irstlm's
# own compile-lm --eval, which counts <unk> as a word for both, and by `ossicle lm score` without <unk>. LINES=N: the first N lines alone (default: all). Needs irstlm.
. "$(dirname "$0")/usage.sh"
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
ossicle=${OSSICLE:-$root/build/release/ossicle}
IRSTLM=${IRSTLM:-/usr/lib/irstlm}
export IRSTLM
[ $# -gt 0 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
[ -x "$IRSTLM/bin/compile-lm" ] || { echo "compare_irstlm.sh: no irstlm in $IRSTLM: apt install irstlm" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

for file in "$@"; do
	case $file in *.xz) xz -dc "$file" ;; *.gz) gzip -dc "$file" ;; *) cat "$file" ;; esac
done | if [ -n "${LINES:-}" ]; then sed "${LINES}q"; else cat; fi > "$work/all"
awk -v work="$work" '{ print > (NR % 100 ? work "/train" : work "/held") }' "$work/all"
rm "$work/all"
# The words that come less than 3 times are <unk> in the texts themselves, so that no program chooses.
awk '
	NR == FNR { for (i = 1; i <= NF; i++) count[$i]++; next }
	{ for (i = 1; i <= NF; i++) if (count[$i] < 3) $i = "<unk>"; print > (FILENAME ".unk") }' \
	"$work/train" "$work/train" "$work/held"
"$IRSTLM/bin/add-start-end.sh" < "$work/train.unk" > "$work/train.se"
"$IRSTLM/bin/add-start-end.sh" < "$work/held.unk" > "$work/held.se"

seconds() { # of "$@"; what it prints is kept away
	begin=$(date +%s.%N)
	"$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	date +%s.%N | awk -v begin="$begin" '{ printf "%.1f", $1 - begin }'
}
perplexity() {
	"$IRSTLM/bin/compile-lm" "$1" --eval="$work/held.se" 2>&1 | sed -n 's/.*Nw=\([0-9]*\) PP=\([0-9.]*\).*OOV=\([0-9.]*%\).*/\2/p'
}
known() {
	"$ossicle" lm score --totals --lm "$1" "$work/held.unk" 2>/dev/null | sed -n 's/.*without unknown words \([0-9.]*\).*/\1/p'
}
printf '%s words of text, %s held out\n' "$(wc -w < "$work/train")" "$(wc -w < "$work/held")"
printf '%-28s %10s %12s %16s\n' model seconds perplexity 'without <unk>'
time=$(seconds "$ossicle" lm build "$work/train.unk" -o "$work/ossicle.arpa")
printf '%-28s %10s %12s %16s\n' "ossicle" "$time" "$(perplexity "$work/ossicle.arpa")" "$(known "$work/ossicle.arpa")"
for smoothing in witten-bell shift-beta improved-shift-beta; do
	time=$(cd "$work" && seconds "$IRSTLM/bin/build-lm.sh" -i train.se -n 3 -o irstlm.gz -s $smoothing -t parts -k 2)
	"$IRSTLM/bin/compile-lm" "$work/irstlm.gz" --text=yes "$work/irstlm.arpa" > /dev/null 2>&1
	printf '%-28s %10s %12s %16s\n' "irstlm $smoothing" "$time" "$(perplexity "$work/irstlm.arpa")" "$(known "$work/irstlm.arpa")"
	rm -rf "$work/parts" "$work/irstlm.gz" "$work/irstlm.arpa"
done
