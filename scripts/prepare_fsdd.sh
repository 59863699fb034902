#!/bin/sh
# Makes train.csv and test.csv (wav,text,speaker) from a checkout of the Free Spoken Digit Dataset (github.com/Jakobovski/free-spoken-digit-dataset,
# CC BY-SA 4.0): recordings/DIGIT_SPEAKER_INDEX.wav, of which, as its authors say, the indices 0 to 4 are the test set.
#   scripts/prepare_fsdd.sh FSDD_FOLDER OUT_FOLDER
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -eq 2 ] || { echo "usage: prepare_fsdd.sh FSDD_FOLDER OUT_FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)/recordings
ls "$folder"/[0-9]_*_*.wav >/dev/null 2>&1 ||
	{ echo "prepare_fsdd.sh: $folder has no recordings named like 7_jackson_12.wav: give the folder that holds recordings/" >&2; exit 3; }
mkdir -p "$2"
for split in train test; do
	{
		echo "wav,text,speaker"
		find "$folder" -name '[0-9]_*_*.wav' | LC_ALL=C sort | awk -F / -v split_name="$split" '
			BEGIN { split("zero one two three four five six seven eight nine", word, " ") }
			{
				n = split($NF, part, /[_.]/)
				if ((part[n - 1] < 5) == (split_name == "test")) print $0 "," word[part[1] + 1] "," part[2]
			}'
	} >"$2/$split.csv.tmp-$$"
	mv "$2/$split.csv.tmp-$$" "$2/$split.csv"
	echo "$2/$split.csv: $(($(wc -l <"$2/$split.csv") - 1)) utterances" >&2
	echo "$2/$split.csv"
done
