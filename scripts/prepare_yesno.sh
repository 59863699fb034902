#!/bin/sh
# Makes a CSV (wav,text,speaker) from the unpacked waves_yesno folder (openslr.org/1): eight Hebrew words a recording, told by its name, 1 for
# "yes" and 0 for "no".
#   scripts/prepare_yesno.sh WAVES_YESNO_FOLDER OUT.csv
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -eq 2 ] || { echo "usage: prepare_yesno.sh WAVES_YESNO_FOLDER OUT.csv" >&2; exit 2; }
folder=$(cd "$1" && pwd)
ls "$folder"/[01]_[01]_[01]_[01]_[01]_[01]_[01]_[01].wav >/dev/null 2>&1 ||
	{ echo "prepare_yesno.sh: $folder has no recordings named like 0_1_0_0_1_1_1_1.wav: give the folder waves_yesno" >&2; exit 3; }
mkdir -p "$(dirname "$2")"
{
	echo "wav,text,speaker"
	for file in "$folder"/[01]_*.wav; do
		words=$(basename "$file" .wav | sed 's/_/ /g; s/0/no/g; s/1/yes/g')
		echo "$file,$words,anonymous"
	done
} >"$2.tmp-$$"
mv "$2.tmp-$$" "$2"
echo "$2: $(($(wc -l <"$2") - 1)) utterances" >&2
echo "$2"
