#!/bin/sh
# The main job from end to end, on real speech: prepare a CSV, train, stop half-way, resume, score held-out recordings, transcribe.
#   scripts/demo.sh [BUILD]        (make demo installs and builds what it needs first)
# Speech: Debian's asterisk-core-sounds-en-wav, recorded by Allison Smith, Creative Commons Attribution-ShareAlike 3.0.
# The run stays in checkpoints/demo; an older one is moved aside, never deleted.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:-build/release}
ossicle=$build/ossicle
run=checkpoints/demo
csv=data/asterisk/asr.csv
config=configs/demo.json
started=$(date +%s)
say() { printf '\n== %s\n' "$*"; }

say "1. A CSV of recordings and transcripts"
scripts/prepare_asterisk.sh "$csv"
head -n 4 "$csv"

if [ -e "$run" ]; then
	aside=$run-$(date +%Y%m%d-%H%M%S)
	mv "$run" "$aside"
	echo "the run of an earlier demo is now $aside"
fi

say "2. Training; it will be told to stop (SIGTERM) part of the way"
$ossicle train --config "$config" --set "train_csv=$csv" --run "$run" &
trainer=$!
trap 'kill "$trainer" 2>/dev/null || true' EXIT INT TERM
stop_at=$(sed -n 's/.*"max_steps": *\([0-9]*\).*/\1/p' "$config" | awk '{ print int($1 * 0.4) }')
while kill -0 "$trainer" 2>/dev/null; do
	step=$($ossicle report --field steps "$run" 2>/dev/null || true) # nothing before the run has begun
	if [ "${step:-0}" -ge "$stop_at" ]; then
		kill -TERM "$trainer"
		break
	fi
	sleep 1
done
status=0
wait "$trainer" || status=$?
trap - EXIT INT TERM
if [ "$status" -ne 143 ]; then
	echo "demo.sh: the trainer was to leave with 143 after SIGTERM and left with $status" >&2
	exit 1
fi

say "3. Resuming where it stopped"
$ossicle train --run "$run" --resume

say "4. Scoring the held-out prompts ($run/dev.csv), which it never trained on"
$ossicle eval --model "$run" --csv "$run/dev.csv" --hyp "$run/dev.hyp.tsv"

say "5. Five references and what was heard"
# The five are spread evenly over the held-out prompts of at least three words.
awk -F '\t' 'BEGIN { n = 0 } NR > 1 && split($2, word, " ") >= 3 { ref[n] = $2; hyp[n++] = $3 }
	END { for (i = 0; i < 5 && i < n; i++) { j = int(i * n / 5); printf "reference   %s\ntranscript  %s\n\n", ref[j], hyp[j] } }' "$run/dev.hyp.tsv"

say "6. One file"
file=$(awk -F '\t' 'NR > 1 && split($2, word, " ") >= 5 { print $1; exit }' "$run/dev.hyp.tsv")
echo "\$ ossicle transcribe --model $run $file"
$ossicle transcribe --model "$run" "$file"

printf '\nDone in %d s. Model: %s\n' "$(($(date +%s) - started))" "$run/best/model.safetensors"
