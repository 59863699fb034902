#!/bin/sh
# What storing a model in smaller numbers costs: size, WER and CER in per cent on each CSV, as a table.
#   scripts/measure_storage.sh MODEL CSV...
# MODEL is in fp32. A cell is "WER (above fp32) / CER (above fp32)"; products are in fp32 but in the last column, which has those of int8; the last row
# counts the errors of all CSVs together.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_storage.sh MODEL CSV..." >&2
	exit 2
fi
model=$1
shift
ossicle=${OSSICLE:-$(dirname "$0")/../build/release/ossicle}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
storages="fp32 fp16 bf16 int8"
for storage in $storages; do
	"$ossicle" quantize --to $storage -o "$work/$storage.safetensors" "$model" 2>/dev/null
done
for csv in "$@"; do
	for how in $storages int8-int8; do
		storage=${how%-*}
		precision=fp32
		[ "$how" = "$storage" ] || precision=int8
		# 0, and 1 where some rows could not be read
		"$ossicle" eval --model "$work/$storage.safetensors" --csv "$csv" --json --precision $precision 2>/dev/null >"$work/json" || [ $? = 1 ]
		field() { sed -n 's/.*"'"$1"'":\([-0-9.e]*\).*/\1/p' "$work/json"; }
		echo "$csv $storage $(field words) $(field wer) $(field characters) $(field cer) $(field loss)"
	done
done >"$work/scores"
awk -v bytes="$(for storage in $storages; do wc -c <"$work/$storage.safetensors"; done | tr '\n' ' ')" '
	function row(name, words,    i, line) {
		line = sprintf("| %s | %d |", name, words)
		for (i = 1; i <= 5; i++) line = line (i == 1 ? sprintf(" %.2f / %.2f |", wer[1], cer[1]) : sprintf(" %.2f (%+.2f) / %.2f (%+.2f) |", wer[i], wer[i] - wer[1], cer[i], cer[i] - cer[1]))
		print line
	}
	BEGIN {
		split(bytes, size, " ")
		print "| | words | fp32 | fp16 | bf16 | int8 | int8, products too |\n|---|---|---|---|---|---|---|"
		printf "| bytes | |"
		for (i = 1; i <= 5; i++) printf " %d |", size[i < 5 ? i : 4]
		print ""
	}
	{
		n++
		wer[n] = 100 * $4; cer[n] = 100 * $6
		word_errors[n] += $3 * $4; letter_errors[n] += $5 * $6
		if (n == 5) {
			words += $3; letters += $5
			parts = split($1, part, "/")
			row(parts > 1 ? part[parts - 1] : $1, $3)
			n = 0
		}
	}
	END {
		for (i = 1; i <= 5; i++) { wer[i] = 100 * word_errors[i] / words; cer[i] = 100 * letter_errors[i] / letters }
		row("all", words)
	}' "$work/scores"
