#!/bin/sh
# Texts of a CSV in the one form that all corpora of the recipes have (scripts/normalize.awk says which): a filter.
#   scripts/normalize_texts.sh [LANGUAGE] <IN.csv >OUT.csv      LANGUAGE: en, the default, or another, in which nothing is spelt
# IN.csv has a header with a column `text`, and no quoted fields. Left out, and counted on standard error: rows with other digits than those that
# stand alone in English (how they are read is not written), and rows without words.
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -le 1 ] || { echo "usage: normalize_texts.sh [LANGUAGE] <IN.csv >OUT.csv" >&2; exit 2; }
LC_ALL=C awk -F , -v OFS=, -v language="${1:-en}" "$(cat "$(dirname "$0")/normalize.awk")"'
	/"/ { printf "normalize_texts.sh: line %d has a quoted field: write it without\n", NR >"/dev/stderr"; failed = 1; exit }
	NR == 1 {
		sub(/\r$/, "")
		for (i = 1; i <= NF; i++) if ($i == "text") column = i
		if (!column) { print "normalize_texts.sh: line 1 has no column text: give a CSV with a header" >"/dev/stderr"; failed = 1; exit }
		print
		next
	}
	{
		sub(/\r$/, "")
		text = normalize($column, language)
		if (has_number(text)) { numbers++; next }
		if (text == "") { empty++; next }
		$column = text
		print
	}
	END {
		if (failed || NR == 0) exit 3
		if (numbers + empty) printf "normalize_texts.sh: %d rows left out: %d with numbers, %d without words\n", numbers + empty, numbers, empty >"/dev/stderr"
	}'
