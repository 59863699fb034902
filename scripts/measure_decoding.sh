#!/bin/sh
# Accuracy of beam search by the width of the beam and the size of the language model; prints two tables in Markdown.
#   scripts/measure_decoding.sh TEXT DATA [BUILD]
# TEXT: a folder of texts (*.txt, *.txt.gz, *.txt.xz), a sentence a line, without what is scored. DATA: a folder with
# librispeech/train.csv, of which every fifth row is scored with weights found on librispeech-dev-clean-part/dev.csv, and
# speechocean762/dev.csv, scored with weights found on speechocean762/train.csv. What is made stays in
# build/decoding; models that are there are used again.
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
text=$(cd "$1" && pwd)
data=$(cd "$2" && pwd)
ossicle=$(cd "$(dirname "$0")/.." && pwd)/${3:-build/release}/ossicle
cd "$(dirname "$0")/.."
work=build/decoding
mkdir -p "$work"

# Every Nth row of a CSV, with whole paths.
every() { # N CSV OUT
	awk -F, -v OFS=, -v folder="$(dirname "$2")" -v n="$1" \
		'NR == 1 { print; next } (NR - 1) % n { next } { if ($1 !~ /^\//) $1 = folder "/" $1; print }' "$2" >"$3"
}
every 5 "$data/librispeech/train.csv" "$work/librispeech.csv"
every 1 "$data/speechocean762/dev.csv" "$work/speechocean.csv"
every 1 "$data/librispeech-dev-clean-part/dev.csv" "$work/librispeech-tune.csv"
every 1 "$data/speechocean762/train.csv" "$work/speechocean-tune.csv"

for size in 1 4 16; do
	[ -e "$work/lm-$size.olm" ] || "$ossicle" lm build --order 3 --min-count 3 --max-size "$size" -o "$work/lm-$size.olm" "$text"/*.txt* >&2
done

# One number of a flat JSON object on standard input.
number() { sed -n 's/.*"'"$1"'":\([-+0-9.e]*\).*/\1/p'; }
row() { # LABEL SET OPTION...
	label=$1
	set_name=$2
	shift 2
	"$ossicle" eval --csv "$work/$set_name.csv" --json "$@" >"$work/row.json" 2>"$work/log" || { cat "$work/log" >&2; exit 3; }
	wer=$(number wer <"$work/row.json")
	cer=$(number cer <"$work/row.json")
	[ "$label" != greedy ] || greedy=$wer
	awk -v label="$label" -v wer="$wer" -v cer="$cer" -v greedy="$greedy" \
		'BEGIN { printf "| %s | %.3f | %.3f | %.1f %% |\n", label, wer, cer, 100 * (greedy - wer) / greedy }'
}
for set_name in librispeech speechocean; do
	lm=$work/$set_name
	for size in 1 4 16; do cp "$work/lm-$size.olm" "$lm-$size.olm"; done
	found=$("$ossicle" tune --csv "$work/$set_name-tune.csv" --lm "$lm-16.olm" --beam 64 2>"$work/log" | tail -n 1)
	case $found in best:*) ;; *) cat "$work/log" >&2; exit 3 ;; esac
	weight=$(printf '%s\n' "$found" | sed -n 's/.*--lm-weight \([-0-9.e]*\).*/\1/p')
	penalty=$(printf '%s\n' "$found" | sed -n 's/.*--unknown-penalty \([-0-9.e]*\).*/\1/p')
	bonus=$(printf '%s\n' "$found" | sed -n 's/.*--word-bonus \([-0-9.e]*\).*/\1/p')
	prior=$(printf '%s\n' "$found" | sed -n 's/.*--prior-weight \([-0-9.e]*\).*/\1/p')
	echo
	echo "$set_name: \`--lm-weight $weight --word-bonus $bonus --unknown-penalty $penalty --prior-weight $prior\`"
	echo
	echo "| decoding | WER | CER | fewer word errors |"
	echo "|---|---|---|---|"
	row greedy "$set_name"
	for width in 1 4 16 64 128 256; do
		row "beam $width, 16 MiB" "$set_name" --lm "$lm-16.olm" --beam "$width" --lm-weight "$weight" --word-bonus "$bonus" --unknown-penalty "$penalty" --prior-weight "$prior"
	done
	for size in 1 4; do
		row "beam 64, $size MiB" "$set_name" --lm "$lm-$size.olm" --beam 64 --lm-weight "$weight" --word-bonus "$bonus" --unknown-penalty "$penalty" --prior-weight "$prior"
	done
	row "beam 64, no model" "$set_name" --beam 64
done
