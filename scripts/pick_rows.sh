#!/bin/sh
# Rows of a dataset for the scripts that measure: lines of a number from 0, the path and the text, with tabs between.
#   scripts/pick_rows.sh CSV ROWS
# ROWS rows are taken evenly from CSV (wav,text,...), from the first to the last; rows with quotes are left out.
. "$(dirname "$0")/usage.sh"
set -eu
folder=$(cd "$(dirname "$1")" && pwd)
awk -F, -v rows="$2" -v folder="$folder" -v csv="$1" '
	NR > 1 && !/"/ && NF >= 2 { path[++n] = ($1 ~ /^\//) ? $1 : folder "/" $1; text[n] = $2 }
	END {
		rows = rows < n ? rows : n
		for (i = 0; i < rows; i++) {
			at = 1 + int(i * n / rows)
			printf "%d\t%s\t%s\n", i, path[at], text[at]
		}
		if (rows < 1) {
			print "pick_rows.sh: " csv " has no rows without quotes" >"/dev/stderr"
			exit 3
		}
	}' "$1"
