#!/bin/sh
# What becomes of hours of audio: memory, speed, and whether an hour within them gives the text and the times that it gives alone.
#   scripts/measure_long.sh CSV MODEL      (needs sox, and its MP3 format for MP3 files; GNU time)
# The rows of CSV (wav,...; rows with quotes are left out) are joined, one after the other and from the first again, with pauses of 0.2 to 1 s, to
# hours that end in silence; HOURS of them (default 10) are one WAV file, for which there must be room in TMPDIR: 115 MB an hour, twice.
# HOUR_SECONDS=3600 is what an hour is, THREADS=2 the threads.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -ne 2 ]; then
	echo "usage: measure_long.sh CSV MODEL" >&2
	exit 2
fi
csv=$1
model=$2
hours=${HOURS:-10}
hour=${HOUR_SECONDS:-3600}
threads=${THREADS:-2}
ossicle=${OSSICLE:-$(dirname "$0")/../build/release/ossicle}
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
folder=$(cd "$(dirname "$csv")" && pwd)
rate=16000

awk -F, -v folder="$folder" 'NR > 1 && !/"/ && NF >= 1 { print ($1 ~ /^\//) ? $1 : folder "/" $1 }' "$csv" >"$work/paths"
[ -s "$work/paths" ] || { echo "measure_long.sh: $csv has no rows without quotes" >&2; exit 3; }

as_wav() { # RAW WAV
	sox -D -t raw -r $rate -e signed -b 16 -c 1 "$1" "$2"
}

# ---- Hours: hour-N.raw, of exactly $hour s, and where the last row of the last one begins ----
mkdir "$work/rows"
number=0 # of the row
built=0
size=0
limit=$((hour * rate * 2))
: >"$work/hour-1.raw"
while [ "$built" -lt "$hours" ]; do
	while read -r path; do
		number=$((number + 1))
		row="$work/rows/$(printf %s "$path" | cksum | tr ' ' -).raw"
		[ -e "$row" ] || sox -D "$path" -r $rate -c 1 -b 16 -e signed -t raw "$row" </dev/null
		bytes=$(wc -c <"$row")
		pause=$(((2 + number * 7 % 9) * rate / 10 * 2))
		if [ $((size + bytes + pause)) -gt "$limit" ]; then
			[ "$size" -gt 0 ] || { echo "measure_long.sh: $path is longer than an hour" >&2; exit 3; }
			head -c $((limit - size)) /dev/zero >>"$work/hour-$((built + 1)).raw"
			built=$((built + 1))
			[ "$built" -lt "$hours" ] || break
			size=0
			: >"$work/hour-$((built + 1)).raw"
		fi
		last_begin=$(awk -v bytes=$size -v before=$built -v hour="$hour" 'BEGIN { printf "%.6f", before * hour + bytes / 32000 }')
		last_row=$row
		{
			cat "$row"
			head -c $pause /dev/zero
		} >>"$work/hour-$((built + 1)).raw"
		size=$((size + bytes + pause))
	done <"$work/paths"
done
i=1
while [ "$i" -le "$hours" ]; do
	cat "$work/hour-$i.raw" >>"$work/all.raw"
	as_wav "$work/hour-$i.raw" "$work/hour-$i.wav"
	[ "$i" -eq 1 ] || rm "$work/hour-$i.raw"
	i=$((i + 1))
done
as_wav "$work/all.raw" "$work/all.wav"
rm "$work/all.raw"
# Where the last row's last sound ends: its last 10 ms that are at most 20 dB below its loudest.
sound_end=$(od -An -v -td2 -w2 "$last_row" | awk -v begin="$last_begin" '
	{ sum += $1 * $1 }
	NR % 160 == 0 { block[++n] = sum; loudest = sum > loudest ? sum : loudest; sum = 0 }
	END { while (n > 1 && block[n] < loudest / 100) n--; printf "%.2f", begin + n / 100 }')

# ---- Runs ----
run() { # NAME FILE...: NAME.ctm, and NAME.cost: KiB at most, seconds, those of the processor
	name=$1
	shift
	env time -f '%M %e %U %S' -o "$work/$name.cost" "$ossicle" transcribe --greedy --model "$model" --threads "$threads" --format ctm "$@" >"$work/$name.ctm" 2>"$work/$name.err" ||
		{ cat "$work/$name.err" >&2; exit 3; }
}
# Half a minute at a time, before and after: the machine may be busy.
mkdir "$work/clips"
sox "$work/hour-1.wav" "$work/clips/clip.wav" trim 0 30 : newfile : restart
run clips-1 "$work/clips"/*.wav
run all "$work/all.wav"
run clips-2 "$work/clips"/*.wav
i=1
while [ "$i" -le "$hours" ]; do
	run "hour-$i" "$work/hour-$i.wav"
	i=$((i + 1))
done

# ---- What came of it ----
words() { # CTM FROM TO: the words that begin in [FROM, TO), one a line, with the seconds from FROM on
	awk -v from="$2" -v to="$3" '!/^;/ && $3 >= from && $3 < to { printf "%s %.3f\n", $5, $3 - from }' "$1"
}
total=0
other=0
i=1
while [ "$i" -le "$hours" ]; do
	words "$work/all.ctm" $(((i - 1) * hour)) $((i * hour)) >"$work/within"
	words "$work/hour-$i.ctm" 0 "$hour" >"$work/alone"
	cut -d ' ' -f 1 "$work/within" >"$work/within.words"
	cut -d ' ' -f 1 "$work/alone" >"$work/alone.words"
	differ=$(diff "$work/alone.words" "$work/within.words" | grep -c '^[<>]' || true)
	count=$(wc -l <"$work/alone.words")
	total=$((total + count))
	other=$((other + differ))
	i=$((i + 1))
done
last_end() { # CTM: where its last word ends
	awk '!/^;/ { end = $3 + $4 } END { printf "%.3f", end }' "$1"
}
seconds=$((hours * hour))
awk -v cost="$(cat "$work/all.cost")" -v a="$(cat "$work/clips-1.cost")" -v b="$(cat "$work/clips-2.cost")" -v seconds=$seconds -v hour="$hour" -v total=$total -v other=$other \
	-v got="$(last_end "$work/all.ctm")" -v alone="$(last_end "$work/hour-$hours.ctm")" -v before=$(((hours - 1) * hour)) -v sound="$sound_end" 'BEGIN {
	split(cost, c, " "); split(a, x, " "); split(b, y, " ")
	fast = x[2] < y[2] ? x[2] : y[2]
	spent = x[3] + x[4] < y[3] + y[4] ? x[3] + x[4] : y[3] + y[4]
	printf "audio                          %.2f h\n", seconds / 3600
	printf "resident set at its largest    %.1f MiB\n", c[1] / 1024
	printf "speed                          %.0f x real time; a processor alone: %.0f x\n", seconds / c[2], seconds / (c[3] + c[4])
	printf "  of clips of 30 s in one call %.0f x (before and after: %.0f, %.0f); %.0f x\n", hour / fast, hour / x[2], hour / y[2], hour / spent
	printf "  ratio                        %.0f %%; %.0f %%\n", 100 * (seconds / c[2]) / (hour / fast), 100 * (seconds / (c[3] + c[4])) / (hour / spent)
	printf "words of the hours alone       %d\n", total
	printf "  other within the whole       %d (%.3f %%)\n", other, (total > 0 ? 100 * other / total : 0)
	printf "last word ends at              %.3f s\n", got
	printf "  in its hour alone            %.3f s (%+.3f)\n", before + alone, got - before - alone
	printf "  by the energy of its row     %.2f s (%+.2f)\n", sound, got - sound
}'
