#!/bin/sh
# Makes CSVs (wav,text,speaker) from a LibriSpeech folder that you have (openslr.org/12, CC BY 4.0): one for each split folder in it.
#   scripts/prepare_librispeech.sh LIBRISPEECH_FOLDER OUT_FOLDER
# LIBRISPEECH_FOLDER holds splits such as train-clean-100/SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt beside the .flac files; a split folder itself
# will do. Lines whose recording is missing are left out and counted.
# With DEV_SPEAKERS="1272 1988" in the environment each split also becomes OUT_FOLDER/{train,dev,test}.csv: dev has these speakers, test those of
# TEST_SPEAKERS, and train the others, or only those of TRAIN_SPEAKERS. LIBRISPEECH_FOLDER is one split then.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -ne 2 ]; then
	echo "usage: prepare_librispeech.sh LIBRISPEECH_FOLDER OUT_FOLDER" >&2
	exit 2
fi
root=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
prepare_split() { # FOLDER NAME
	target=$out/$2.csv
	find "$1" -name '*.trans.txt' | LC_ALL=C sort | while IFS= read -r transcript; do
		folder=$(dirname "$transcript")
		while IFS=' ' read -r id text || [ -n "$id" ]; do
			[ -n "$id" ] || continue
			if [ -f "$folder/$id.flac" ]; then
				case "$folder$text" in *[\",]*)
					echo "prepare_librispeech.sh: $transcript: $id: a quote or comma in the path or text" >&2
					exit 3
					;;
				esac
				printf '%s/%s.flac,%s,%s\n' "$folder" "$id" "$text" "${id%%-*}"
			else
				echo "$folder/$id.flac" >&3
			fi
		done <"$transcript"
	done 3>"$target.missing" >"$target.rows" || { rm -f "$target.rows" "$target.missing"; exit 3; }
	{ echo "wav,text,speaker"; cat "$target.rows"; } >"$target.tmp-$$"
	mv "$target.tmp-$$" "$target"
	echo "$target: $(wc -l <"$target.rows") utterances, $(wc -l <"$target.missing") without a recording" >&2
	rm -f "$target.rows" "$target.missing"
	echo "$target"
	if [ -n "${DEV_SPEAKERS:-}" ]; then divide_speakers "$target"; fi
}
divide_speakers() { # CSV
	for part in train dev test; do
		awk -F , -v part="$part" -v train="${TRAIN_SPEAKERS:-}" -v dev="$DEV_SPEAKERS" -v test="${TEST_SPEAKERS:-}" '
			function has(list, speaker) { return index(" " list " ", " " speaker " ") > 0 }
			NR == 1 { print; next }
			{ goes = has(dev, $NF) ? "dev" : has(test, $NF) ? "test" : train == "" || has(train, $NF) ? "train" : "" }
			goes == part' "$1" >"$out/$part.csv.tmp-$$"
		mv "$out/$part.csv.tmp-$$" "$out/$part.csv"
		echo "$out/$part.csv: $(($(wc -l <"$out/$part.csv") - 1)) utterances" >&2
		echo "$out/$part.csv"
	done
}
found=0
for split in "$root"/*/; do
	split=${split%/}
	name=$(basename "$split")
	case "$name" in train-* | dev-* | test-*)
		prepare_split "$split" "$name"
		found=1
		;;
	esac
done
if [ "$found" = 0 ]; then
	if [ -n "$(find "$root" -name '*.trans.txt' | head -n 1)" ]; then
		prepare_split "$root" "$(basename "$root")"
	else
		echo "prepare_librispeech.sh: $1 has neither split folders (train-clean-100...) nor *.trans.txt files" >&2
		exit 3
	fi
fi
