#!/bin/bash
# What a beam search costs beside the encoder, on one thread; prints a table in Markdown.
#   scripts/measure_search.sh CSV LM [BUILD]
# The encoder and the search alone are those of `ossicle bench`, over 8 s and over the logits of all recordings of CSV: the medians
# of ROUNDS (5) runs. The last column is all that a search adds to `ossicle eval`, with the best hypotheses, their words' times and
# confidences: processor time over four times the rows of CSV, less that of the first row alone, which has the models' loading in it,
# and less the same without a search; of three runs the least. MODEL from the environment (checkpoints/ossicle-en.safetensors).
. "$(dirname "$0")/usage.sh"
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
csv=$1
lm=$2
root=$(cd "$(dirname "$0")/.." && pwd)
ossicle=$root/${3:-build/release}/ossicle
model=${MODEL:-$root/checkpoints/ossicle-en.safetensors}
widths="16 64 100 256"
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OSSICLE_CPU
work=$(mktemp -d)
: >"$work/log"
trap '[ $? -eq 0 ] || cat "$work/log" >&2; rm -rf "$work"' EXIT # what the command said that failed
awk -F, -v OFS=, -v folder="$(cd "$(dirname "$csv")" && pwd)" 'NR > 1 && $1 !~ /^\// { $1 = folder "/" $1 } { print }' "$csv" >"$work/rows.csv"
head -n 2 "$work/rows.csv" >"$work/one.csv"
{ cat "$work/rows.csv"; for _ in 2 3 4; do tail -n +2 "$work/rows.csv"; done; } >"$work/all.csv"

logits=()
while IFS=, read -r recording _; do
	logits+=(--logits "$work/${#logits[@]}.npy")
	"$ossicle" embed --model "$model" --what logits -o "${logits[-1]}" "$recording" >/dev/null 2>"$work/log"
done < <(tail -n +2 "$work/rows.csv")
for _ in $(seq "${ROUNDS:-5}"); do
	# shellcheck disable=SC2046
	"$ossicle" bench --model "$model" --threads 1 --only infer --only search "${logits[@]}" --lm "$lm" $(printf -- '--beam %s ' $widths) --json
done >"$work/bench"
median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
frame_rate=$(sed -n '1s/.*"audio_seconds":\([0-9.e+-]*\),"frames":\([0-9]*\).*/\2 \1/p' "$work/bench" | awk '{ print $1 / $2 }')
encoder=$(sed -n 's/.*"infer":{"realtime_factor":\([0-9.e+-]*\).*/\1/p' "$work/bench" | awk -v rate="$frame_rate" '{ print 1e6 / $1 / rate }' | median)

TIMEFORMAT='%U %S'
least() { # CSV OPTION...: seconds
	local rows=$1
	shift
	for _ in 1 2 3; do
		{ time "$ossicle" eval --model "$model" --csv "$rows" --threads 1 --json "$@" >"$work/out" 2>"$work/log"; } 2>&1 | awk '{ print $1 + $2 }'
	done | sort -n | head -n 1
}
seconds() { # OPTION...: of all rows but one
	local all one
	all=$(least "$work/all.csv" "$@")
	seconds_heard=$(sed -n 's/.*"audio_seconds":\([0-9.]*\).*/\1/p' "$work/out")
	one=$(least "$work/one.csv" "$@")
	seconds_heard=$(awk -v all="$seconds_heard" -v one="$(sed -n 's/.*"audio_seconds":\([0-9.]*\).*/\1/p' "$work/out")" 'BEGIN { print all - one }')
	taken=$(awk -v all="$all" -v one="$one" 'BEGIN { print all - one }')
}
seconds
greedy=$taken
sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1
awk -v us="$encoder" -v rate="$frame_rate" 'BEGIN { printf "encoder: %.1f us a frame of %.0f ms\n\n", us, 1000 / rate }'
echo "| beam | us a frame | of the encoder's time | us a frame that \`ossicle eval\` takes more |"
echo "|---|---|---|---|"
for width in $widths; do
	alone=$(grep -o "\"beam\":$width,\"us_per_frame\":[0-9.e+-]*" "$work/bench" | sed 's/.*://' | median)
	seconds --lm "$lm" --beam "$width"
	awk -v w="$width" -v us="$alone" -v encoder="$encoder" -v s="$taken" -v g="$greedy" -v a="$seconds_heard" -v rate="$frame_rate" \
		'BEGIN { printf "| %d | %.1f | %.0f %% | %.1f |\n", w, us, 100 * us / encoder, (s - g) / a / rate * 1e6 }'
done
