#!/bin/sh
# How much of the encoder's speed is left when `ossicle transcribe` does 1,000 clips of 3 s in one call?
#   scripts/measure_clips.sh RECORDING|FOLDER...      (needs ffmpeg)
# The recordings are cut into clips of 3 s, 16-bit WAV files at 16 kHz; with fewer than 1,000 of them they are taken again under other
# names. Each round runs the whole command once (model file, opening, features, network, text) and, next to it, the encoder alone
# (`ossicle bench`, 3 s), as many processes of one thread side by side as the command has threads; the best of the rounds counts, since
# what disturbs a measurement only ever makes it slower. In the environment: THREADS (2), ROUNDS (5), CLIPS (1000), MODEL, and BUILD.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -eq 0 ]; then
	echo "usage: scripts/measure_clips.sh RECORDING|FOLDER..." >&2
	exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build/release}
model=${MODEL:-$root/checkpoints/ossicle-en.safetensors}
threads=${THREADS:-2}
rounds=${ROUNDS:-5}
clips=${CLIPS:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir "$work/cut" "$work/clips"

# Names of cut clips, whole ones only: 3 s are 96,000 bytes behind a header.
find "$@" -type f \( -name '*.wav' -o -name '*.flac' -o -name '*.opus' -o -name '*.ogg' -o -name '*.mp3' \) | LC_ALL=C sort >"$work/recordings"
number=0
while read -r recording && [ "$(find "$work/cut" -size +187 | wc -l)" -lt "$clips" ]; do
	number=$((number + 1))
	ffmpeg -nostdin -v error -i "$recording" -ac 1 -ar 16000 -c:a pcm_s16le -f segment -segment_time 3 "$work/cut/$number-%04d.wav" ||
		echo "measure_clips.sh: $recording is left out" >&2
done <"$work/recordings"
find "$work/cut" -size +187 | LC_ALL=C sort >"$work/whole"
if [ ! -s "$work/whole" ]; then
	echo "measure_clips.sh: no clip of 3 s is in these recordings" >&2
	exit 3
fi
made=0
while [ "$made" -lt "$clips" ]; do
	while read -r clip && [ "$made" -lt "$clips" ]; do
		made=$((made + 1))
		cp "$clip" "$work/clips/$(printf %05d "$made").wav"
	done <"$work/whole"
done

seconds_now() { date +%s.%N; }
encoder() { # x real time of all processes together
	rm -f "$work"/encoder-*
	i=0
	while [ "$i" -lt "$threads" ]; do
		"$build/ossicle-train" bench --only infer --threads 1 --runs 11 --json --model "$model" >"$work/encoder-$i" &
		i=$((i + 1))
	done
	wait
	sed 's/.*"seconds":3,"realtime_factor":\([0-9.e+]*\).*/\1/' "$work"/encoder-* | LC_ALL=C awk '{ sum += $1 } END { print sum }'
}
round=0
while [ "$round" -lt "$rounds" ]; do
	begin=$(seconds_now)
	"$build/ossicle" transcribe --greedy --model "$model" --threads "$threads" "$work/clips" >"$work/text" 2>"$work/messages"
	end=$(seconds_now)
	echo "$begin $end $(encoder)" >>"$work/times"
	round=$((round + 1))
done
[ "$(wc -l <"$work/text")" -eq "$clips" ]
LC_ALL=C awk -v clips="$clips" -v threads="$threads" '
	{ speed = 3 * clips / ($2 - $1); command = speed > command ? speed : command; encoder = $3 > encoder ? $3 : encoder }
	END {
		printf "%-10s %14s %14s %10s\n", "threads", "command", "encoder alone", "ratio"
		printf "%-10d %13.0fx %13.0fx %9.0f%%\n", threads, command, encoder, 100 * command / encoder
	}' "$work/times"
