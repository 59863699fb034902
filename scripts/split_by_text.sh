#!/bin/sh
# Splits a CSV by a hash of its texts, so that no sentence is in two parts: OUT_FOLDER/test.csv (7 % of the texts), dev.csv (5 %) and train.csv.
#   scripts/split_by_text.sh IN.csv OUT_FOLDER
# Neither the order of the rows nor other rows change where a row goes. IN.csv has a header with a column `text`, and no quoted fields; its paths
# are whole, or OUT_FOLDER is its folder.
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -eq 2 ] || { echo "usage: split_by_text.sh IN.csv OUT_FOLDER" >&2; exit 2; }
[ -s "$1" ] || { echo "split_by_text.sh: $1 is missing or empty" >&2; exit 3; }
! grep -q '"' "$1" || { echo "split_by_text.sh: $1 has quoted fields, which this script does not take" >&2; exit 3; }
mkdir -p "$2"
trap 'rm -f "$2"/train.tmp-$$ "$2"/dev.tmp-$$ "$2"/test.tmp-$$' EXIT
LC_ALL=C awk -F , -v out="$2" -v end=".tmp-$$" '
	BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
	NR == 1 {
		for (i = 1; i <= NF; i++) if ($i == "text") column = i
		if (!column) { print "split_by_text.sh: line 1 has no column text: give a CSV with a header" >"/dev/stderr"; exit 3 }
		print >(out "/train" end)
		print >(out "/dev" end)
		print >(out "/test" end)
		next
	}
	{
		hash = 0
		for (i = 1; i <= length($column); i++) hash = (257 * hash + code[substr($column, i, 1)]) % 1000003
		share = hash % 100
		print >(out "/" (share < 7 ? "test" : share < 12 ? "dev" : "train") end)
	}' "$1"
for split in train dev test; do
	mv "$2/$split.tmp-$$" "$2/$split.csv"
	echo "$2/$split.csv: $(($(wc -l <"$2/$split.csv") - 1)) utterances" >&2
	echo "$2/$split.csv"
done
