#!/bin/sh
# Are confidences of words what they say: how often words are right beside how sure the model is of them, for each CSV and for all.
#   scripts/measure_confidence.sh MODEL CSV...      (needs python3)
# Prints a table: words, the part that is right, expected calibration error (15 bins of equal width), how large that would be by chance
# if every confidence were true, area under the ROC of "this word is right". SVG=OUT.svg in the environment writes the reliability picture
# of all of them; OPTIONS="--lm FILE --beam 16" measures the words of a search. A word is right when the alignment with the fewest edits has it. The model must be one that was calibrated (ossicle
# calibrate) on other rows.
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_confidence.sh MODEL CSV..." >&2
	exit 2
fi
here=$(dirname "$0")
ossicle=${OSSICLE:-$here/../build/release/ossicle}
model=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
number=0
for csv in "$@"; do
	number=$((number + 1))
	"$ossicle" calibrate "$model" --csv "$csv" ${OPTIONS:-} --words "$work/$number.tsv" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 3; }
	echo "$csv" >>"$work/names"
done
python3 "$here/measure_confidence.py" "$work" "${SVG:-}"
