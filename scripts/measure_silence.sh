#!/bin/sh
# Does it matter where a recording begins? Silence of 0 to 640 ms in front, in steps of 10 ms: the spread of the word error rate, and
# whether some utterance loses a stretch of words at one of them.
#   scripts/measure_silence.sh CSV ROWS MODEL [OPTION OF eval...]      (needs sox, and its MP3 format for MP3 files)
# ROWS rows are taken evenly from CSV (wav,text,...; rows with quotes are left out) and made 16-bit WAV files at 16 kHz. A stretch is lost
# where an utterance has four deleted words more than it has at the median of all steps. STEP_MS, MOST_MS: other steps.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 3 ]; then
	echo "usage: measure_silence.sh CSV ROWS MODEL [OPTION OF eval...]" >&2
	exit 2
fi
csv=$1
rows=$2
model=$3
shift 3
ossicle=${OSSICLE:-$(dirname "$0")/../build/release/ossicle}
step=${STEP_MS:-10}
most=${MOST_MS:-640}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

"$(dirname "$0")/pick_rows.sh" "$csv" "$rows" >"$work/rows"

echo "wav,text" >"$work/rows.csv"
while IFS="$(printf '\t')" read -r number path text; do
	sox -D "$path" -t raw -r 16000 -c 1 -b 16 -e signed "$work/speech" </dev/null
	ms=0
	while [ "$ms" -le "$most" ]; do
		# 32 bytes a millisecond.
		{ head -c $((32 * ms)) /dev/zero && cat "$work/speech"; } | sox -D -t raw -r 16000 -c 1 -b 16 -e signed - "$work/$ms-$number.wav"
		echo "$ms-$number.wav,$text" >>"$work/rows.csv"
		ms=$((ms + step))
	done
done <"$work/rows"
"$ossicle" eval --model "$model" --csv "$work/rows.csv" --hyp "$work/hyp.tsv" "$@" >/dev/null 2>"$work/errors" || {
	cat "$work/errors" >&2
	exit 1
}
awk -F'\t' '
	function median(list, n,    i, j, x) {
		for (i = 2; i <= n; i++) {
			x = list[i]
			for (j = i - 1; j >= 1 && list[j] > x; j--) list[j + 1] = list[j]
			list[j + 1] = x
		}
		return list[int((n + 1) / 2)]
	}
	NR > 1 {
		split($1, name, /[-.]/)
		n = split(name[1], part, "/")
		ms = part[n]
		words[ms] += split($2, unused, " ")
		errors[ms] += $4 + $5 + $6
		deleted[name[2], ++steps[name[2]]] = $5
	}
	END {
		for (ms in words) {
			wer = 100 * errors[ms] / words[ms]
			sum += wer
			count++
			if (count == 1 || wer < least) { least = wer; least_at = ms }
			if (count == 1 || wer > largest) { largest = wer; largest_at = ms }
		}
		for (row in steps) {
			for (i = 1; i <= steps[row]; i++) list[i] = deleted[row, i]
			usual = median(list, steps[row])
			worst = list[steps[row]] - usual
			lost += worst >= 4
			if (worst > most) { most = worst }
		}
		printf "%d utterances, %d steps: WER %.2f on average, least %.2f (%d ms), largest %.2f (%d ms), spread %.2f points\n", \
			length(steps), count, sum / count, least, least_at, largest, largest_at, largest - least
		printf "utterances that lose a stretch of words: %d (at most %d deleted words more than at the median)\n", lost, most
	}' "$work/hyp.tsv"
