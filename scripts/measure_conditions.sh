#!/bin/sh
# What silence around speech and quiet recordings do to a model: CER and WER in per cent for each of them, as a table.
#   scripts/measure_conditions.sh CSV ROWS MODEL...      (needs sox, and its MP3 format for MP3 files)
# ROWS rows are taken evenly from CSV (wav,text,...; rows with quotes are left out), made 16-bit WAV files at 16 kHz and changed: zeros of 0.5 to
# 30 s in front, behind and on both sides, levels of 0 to -40 dB. CONDITIONS="front-1 level--30" in the environment picks some.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 3 ]; then
	echo "usage: measure_conditions.sh CSV ROWS MODEL..." >&2
	exit 2
fi
csv=$1
rows=$2
shift 2
ossicle=${OSSICLE:-$(dirname "$0")/../build/release/ossicle}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Lines "NUMBER PATH TEXT", with a tab between; ROWS of them, from the first to the last.
"$(dirname "$0")/pick_rows.sh" "$csv" "$rows" >"$work/rows"

make_rows() { # CONDITION SOX_EFFECT...
	condition=$1
	shift
	mkdir "$work/$condition"
	echo "wav,text" >"$work/$condition/rows.csv"
	while IFS="$(printf '\t')" read -r number path text; do
		sox -D "$path" -r 16000 -c 1 -b 16 "$work/$condition/$number.wav" "$@" </dev/null
		echo "$number.wav,$text" >>"$work/$condition/rows.csv"
	done <"$work/rows"
}

score() { # MODEL CONDITION: "CER WER" in per cent
	"$ossicle" eval --model "$1" --csv "$work/$2/rows.csv" --json --threads 1 ${EVAL_OPTIONS:-} 2>/dev/null |
		sed -n 's/.*"wer":\([-0-9.e]*\).*"cer":\([-0-9.e]*\).*/\2 \1/p' | awk '{ printf "%.1f / %.1f\n", 100 * $1, 100 * $2 }'
}

measure() { # CONDITION SOX_EFFECT...
	case " ${CONDITIONS:-$1} " in *" $1 "*) ;; *) return 0 ;; esac
	make_rows "$@"
	line="| $1 |"
	for model in $models; do
		line="$line $(score "$model" "$1") |"
	done
	echo "$line"
	rm -r "${work:?}/$1"
}

models=$*
echo "| condition (CER / WER, %) | $(echo "$models" | sed 's/ / | /g') |"
echo "|---|$(echo "$models" | sed 's/[^ ]* */---|/g')"
measure none
for seconds in 0.5 1 2 5 10 30; do
	measure "front-$seconds" pad "$seconds" 0
	measure "behind-$seconds" pad 0 "$seconds"
	measure "both-$seconds" pad "$seconds" "$seconds"
done
for level in -5 -10 -15 -20 -30 -40; do
	measure "level-$level" gain "$level"
done
