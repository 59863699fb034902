#!/bin/sh
# Makes train.csv, dev.csv and test.csv (wav,text,speaker,age,gender) from the unpacked speechocean762 (openslr.org/101; Zhang et al. 2021): Kaldi folders
# train/ and test/ with text, wav.scp and utt2spk, whose recordings lie below the same folder. dev.csv: every eighth speaker of train/, with
# rows whose sentence the rest of train/ says too left out of train.csv. Ages and genders are those of spk2age and spk2gender, empty without them.
#   scripts/prepare_speechocean.sh SPEECHOCEAN762_FOLDER OUT_FOLDER
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -eq 2 ] || { echo "usage: prepare_speechocean.sh SPEECHOCEAN762_FOLDER OUT_FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)
mkdir -p "$2"
rows() { # SPLIT: wav,text,speaker,age,gender
	for file in text wav.scp utt2spk; do
		[ -s "$folder/$1/$file" ] || { echo "prepare_speechocean.sh: $folder/$1/$file is missing: give the folder speechocean762" >&2; exit 3; }
	done
	about=
	for file in spk2age spk2gender; do [ ! -s "$folder/$1/$file" ] || about="$about $folder/$1/$file"; done
	# shellcheck disable=SC2086
	awk -v folder="$folder" '
		FILENAME ~ /spk2age$/ { age[$1] = $2; next }
		FILENAME ~ /spk2gender$/ { gender[$1] = $2; next }
		{ id = $1; sub(/^[^ \t]+[ \t]+/, "") }
		FILENAME ~ /utt2spk$/ { speaker[id] = $0; next }
		FILENAME ~ /wav.scp$/ { wav[id] = $0 ~ /^\// ? $0 : folder "/" $0; next }
		/[",]/ { print "prepare_speechocean.sh: " FILENAME ": " id ": a quote or comma in the text" >"/dev/stderr"; exit 3 }
		id in wav { print wav[id] "," $0 "," speaker[id] "," age[speaker[id]] "," gender[speaker[id]] }' $about "$folder/$1/utt2spk" "$folder/$1/wav.scp" "$folder/$1/text"
}
finish() { # OUT.csv, rows on standard input
	{ echo "wav,text,speaker,age,gender"; cat; } >"$1.tmp-$$"
	mv "$1.tmp-$$" "$1"
	echo "$1: $(($(wc -l <"$1") - 1)) utterances" >&2
	echo "$1"
}
rows train >"$2/train.rows"
rows test >"$2/test.rows"
awk -F , '{ if (!($3 in n)) n[$3] = ++speakers } n[$3] % 8 == 0' "$2/train.rows" >"$2/dev.rows"
awk -F , 'NR == FNR { dev[$3]; said[$2]; next } !($3 in dev) && !($2 in said)' "$2/dev.rows" "$2/train.rows" | finish "$2/train.csv"
finish "$2/dev.csv" <"$2/dev.rows"
finish "$2/test.csv" <"$2/test.rows"
rm -f "$2/train.rows" "$2/dev.rows" "$2/test.rows"
