#!/bin/sh
# What streaming costs: word errors, processor time and delay of `ossicle listen` at several latencies beside one pass over each recording
# (`ossicle transcribe --greedy`), and whether a recording that is cut at the last sample of speech loses its last words.
#   scripts/measure_streaming.sh CSV ROWS MODEL [LATENCY...]      (needs sox, and its MP3 format for MP3 files)
# ROWS rows are taken evenly from CSV (wav,text,...; rows with quotes are left out) and made raw 16-bit samples at 16 kHz. Latencies are in
# seconds (0.6 1 1.5 2 3). LISTEN_OPTIONS in the environment are options of listen.
#   WER        in per cent, of all segments of a recording together, and how much that is above one pass
#   CPU        user time beside that of one pass with one thread, without that of starting
#   delay      from the last sample of speech (the last 10 ms above a fiftieth of the loudest) to the sample with whose coming all of the
#              final text is shown: half of the recordings, 95 of 100, all; 0 to 1.2 s of silence in front, so that words end anywhere in
#              a chunk
#   cut        recordings whose text is the same when they end with the last sample of speech as with 3 s of silence behind it
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 3 ]; then
	echo "usage: measure_streaming.sh CSV ROWS MODEL [LATENCY...]" >&2
	exit 2
fi
csv=$1
rows=$2
model=$3
shift 3
[ $# -gt 0 ] || set -- 0.6 1 1.5 2 3
ossicle=${OSSICLE:-$(dirname "$0")/../build/release/ossicle}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

"$(dirname "$0")/pick_rows.sh" "$csv" "$rows" >"$work/picked"
awk -F'\t' -v OFS='\t' '{ $3 = tolower($3) } 1' "$work/picked" >"$work/rows"

# The byte after the last sample of speech.
find_end() { # RAW
	od -An -v -t d2 -w320 "$1" | awk '
		{
			sum = 0
			for (i = 1; i <= NF; i++) sum += $i * $i
			level[NR] = sum
			if (sum > loudest) loudest = sum
		}
		END {
			for (last = NR; last > 1 && level[last] <= loudest / 2500; last--) {}
			print 320 * last
		}'
}
while IFS="$(printf '\t')" read -r number path text; do
	sox -D "$path" -t raw -r 16000 -c 1 -b 16 -e signed "$work/$number.raw" </dev/null
	sox -D -t raw -r 16000 -c 1 -b 16 -e signed "$work/$number.raw" "$work/$number.wav" </dev/null
	find_end "$work/$number.raw" >"$work/$number.end"
done <"$work/rows"

each_row() { # COMMAND...: for every number
	cut -f 1 "$work/rows" | while read -r number; do "$@" "$number"; done
}
# Word errors and words of hypotheses, a line each, beside the rows' texts.
count_errors() { # FILE
	cut -f 3 "$work/rows" | paste -d '\t' - "$1" | awk -F'\t' '
		{
			n = split($1, want, " ")
			m = split($2, got, " ")
			for (j = 0; j <= m; j++) cost[j] = j
			for (i = 1; i <= n; i++) {
				above = cost[0]
				cost[0] = i
				for (j = 1; j <= m; j++) {
					least = above + (want[i] != got[j])
					if (cost[j] + 1 < least) least = cost[j] + 1
					if (cost[j - 1] + 1 < least) least = cost[j - 1] + 1
					above = cost[j]
					cost[j] = least
				}
			}
			errors += cost[m]
			words += n
		}
		END { print errors, words }'
}

one_pass() { # NUMBER
	"$ossicle" transcribe --greedy --model "$model" --threads 1 --keep-level "$work/$1.wav" 2>/dev/null
}
listen() { # NUMBER: segments in lines of a file
	# shellcheck disable=SC2086
	"$ossicle" listen --model "$model" --latency "$latency" ${LISTEN_OPTIONS:-} <"$work/$1.raw" >"$work/$1.text" 2>/dev/null
}
start_one_pass() {
	"$ossicle" transcribe --greedy --model "$model" --threads 1 "$work/short.wav" 2>/dev/null
}
start_listen() {
	"$ossicle" listen --model "$model" --latency "$latency" </dev/null 2>/dev/null
}
join_segments() { # NUMBER
	paste -s -d ' ' "$work/$1.text"
}
# Text of the raw samples on standard input.
hear() {
	# shellcheck disable=SC2086
	"$ossicle" listen --model "$model" --latency "$latency" ${LISTEN_OPTIONS:-} 2>/dev/null | paste -s -d ' ' -
}
# "same" or "other": whether it matters that a recording is cut at the end of speech.
cut_row() { # NUMBER
	end=$(cat "$work/$1.end")
	cut_text=$(head -c "$end" "$work/$1.raw" | hear)
	whole_text=$({ head -c "$end" "$work/$1.raw" && head -c 96000 /dev/zero; } | hear)
	[ "$cut_text" = "$whole_text" ] && echo same || echo other
}
# Seconds from the end of speech until all of the text is there.
delay_row() { # NUMBER
	end=$(cat "$work/$1.end")
	before=$((320 * (37 * $1 % 121)))
	{ head -c "$before" /dev/zero && head -c "$end" "$work/$1.raw" && head -c 192000 /dev/zero; } |
		"$ossicle" listen --model "$model" --latency "$latency" --json --rule1-silence off --rule2-silence off --rule3-length off 2>/dev/null |
		awk -v end="$(((before + end) / 32))" '
			match($0, /"text":"[^"]*"/) {
				text = substr($0, RSTART, RLENGTH)
				match($0, /"heard":[0-9.]*/)
				heard = substr($0, RSTART + 8, RLENGTH - 8)
				if (text != shown) since = heard
				shown = text
			}
			END { if (NR > 0) printf "%.2f\n", since - end / 1000 }'
}

# User seconds of everything that this shell has waited for.
sum_times() {
	times >"$work/times"
	awk 'NR == 2 { split($1, part, /[ms]/); print 60 * part[1] + part[2] }' "$work/times"
}
each_row() { # FUNCTION: a line of $work/FUNCTION for each row, and $seconds
	sum_times >"$work/before"
	cut -f 1 "$work/rows" >"$work/numbers"
	while read -r number; do
		"$1" "$number" </dev/null
	done <"$work/numbers" >"$work/$1"
	sum_times >"$work/after"
	seconds=$(paste -d ' ' "$work/after" "$work/before" | awk '{ print $1 - $2 }')
}
score() { # FILE: "ERRORS WORDS"
	count_errors "$work/$1"
}

sox -n -r 16000 -c 1 -b 16 "$work/short.wav" trim 0 0.01
each_row start_one_pass
starting=$seconds
each_row one_pass
pass_seconds=$(echo "$seconds $starting" | awk '{ print $1 - $2 }')
pass_score=$(score one_pass)
echo "$pass_score" | awk -v rows="$(wc -l <"$work/rows")" '{ printf "%d recordings, %d words; one pass: WER %.1f\n\n", rows, $2, 100 * $1 / $2 }'
echo '| latency | WER | above one pass | CPU | delay: half, 95 %, all | cut: same text |'
echo '|---|---|---|---|---|---|'
for latency in "$@"; do
	each_row start_listen
	starting=$seconds
	each_row listen
	used=$seconds
	each_row join_segments
	each_row delay_row
	each_row cut_row
	delays=$(sort -n "$work/delay_row" | awk '{ x[NR] = $1 } END { printf "%.2f, %.2f, %.2f s", x[int((NR + 1) / 2)], x[int((95 * NR + 99) / 100)], x[NR] }')
	echo "$(score join_segments) $pass_score $used $starting $pass_seconds" | awk -v latency="$latency" -v delays="$delays" \
		-v same="$(grep -c same "$work/cut_row")" -v rows="$(wc -l <"$work/rows")" '{
			wer = $1 / $2
			printf "| %s s | %.1f | %+.1f %% | %.2f | %s | %d of %d |\n", latency, 100 * wer, 100 * (wer / ($3 / $4) - 1), ($5 - $6) / $7, delays, same, rows
		}'
done
