#!/bin/sh
# Makes the language model that ships beside the English model: at most 8 MiB, entropy-pruned, the same bytes from the same text.
#   scripts/prepare_lm.sh DATA OUT.lm [MODEL [BUILD]]
# DATA/text has books.txt.xz and modern.txt.xz, a sentence a line, and a README that says what each line is from; DATA has the corpora that are
# scored, as CSVs. Of the text are left out
#  - sources that ask to be shared alike (CC BY-SA) and those whose licence is not stated where the text was found, so that what is left asks for
#    notices alone. The README counts lines as they were before 121 were taken out, so ranges begin that much earlier here;
#  - the sentences of Common Voice: nearly all of CMU Arctic is among them, which "kathleen" and many other voices read;
#  - lines that have eight words in a row of a row of these corpora, or are a row of four words and more.
# An OUT.lm that is there is kept. With MODEL, `ossicle tune` then finds the weights, the word bonus and the penalty on the corpora's dev rows and
# stores them in it. They go with how well a network hears: tune anew for each. Order, smallest count and width were tried:
# docs/decoding.md, "What lowers the error rate".
. "$(dirname "$0")/usage.sh"
set -eu
[ $# -ge 2 ] || { echo "usage: prepare_lm.sh DATA OUT.lm [MODEL [BUILD]]" >&2; exit 2; }
data=$1
out=$2
model=${3:-}
ossicle=${4:-$(dirname "$0")/../build/release}/ossicle
export LC_ALL=C
corpora="librispeech librispeech-dev-clean-part speechocean762 kathleen ljspeech-part"
tuned="librispeech-dev-clean-part speechocean762 kathleen"
fail() {
	echo "prepare_lm.sh: $*" >&2
	exit 3
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

make_lm() {
	# The lines that are left out are lines of these very files.
	check_text books.txt.xz 84033dc75b27ee16
	check_text modern.txt.xz 6ebcc0c674ead9d3
	for corpus in $corpora; do
		[ -e "$data/$corpus/train.csv" ] || fail "$data/$corpus/train.csv is missing: what it says would stay in the text"
		! grep -q '"' "$data/$corpus"/*.csv || fail "CSVs in $data/$corpus have quoted fields, which this script does not take"
	done
	select_text
	"$ossicle" lm build --order 3 --min-count 3 --max-size 8 --temp "$work" -o "$out" "$work/books.txt" "$work/modern.txt" >&2
}
check_text() { # FILE SUM
	[ -s "$data/text/$1" ] || fail "$data/text/$1 is missing"
	[ "$(sha256sum "$data/text/$1" | cut -c1-16)" = "$2" ] || fail "$data/text/$1 is another text than this script was written for: see which of its lines may ship"
}
select_text() {
	# Rows as lines of the text, "< i am here >".
	for corpus in $corpora; do
		for csv in "$data/$corpus/train.csv" "$data/$corpus/dev.csv"; do
			[ -e "$csv" ] || continue # librispeech has no dev rows
			awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "text") column = i; next } { print $column }' "$csv"
		done
	done | tr 'A-Z' 'a-z' | sed "s/[^a-z']/ /g; s/  */ /g; s/^ *\(.*[^ ]\) *\$/< \1 >/" | sort -u >"$work/rows"
	[ -s "$work/rows" ] || fail "no rows in $data: $corpora"
	awk '{ for (i = 2; i + 8 <= NF; i++) { line = " "; for (j = i; j < i + 8; j++) line = line $j " "; print line } } NF >= 6' "$work/rows" | sort -u >"$work/said"

	# commonvoice; tanaka; sgd; wikisplit, wikipedia-a and wikipedia-b.
	xz -dc "$data/text/books.txt.xz" >"$work/books"
	xz -dc "$data/text/modern.txt.xz" | sed -e '1,54736d' -e '283413,304364d' -e '347219,445083d' -e '733488,$d' >"$work/modern"
	for part in books modern; do
		sed 's/.*/< & >/' "$work/$part" | grep -vFf "$work/said" | sed 's/^< \(.*\) >$/\1/' >"$work/$part.txt"
		echo "$part: $(wc -l <"$work/$part.txt") lines, $(($(wc -l <"$work/$part") - $(wc -l <"$work/$part.txt"))) left out for being said in the corpora" >&2
		rm "$work/$part"
	done
}

[ -e "$out" ] || make_lm
[ -n "$model" ] || exit 0
for corpus in $tuned; do
	awk -F , -v OFS=, -v folder="$(cd "$data/$corpus" && pwd)" 'NR > 1 { if ($1 !~ /^\//) $1 = folder "/" $1; print $1, $2 }' "$data/$corpus/dev.csv"
done | { echo wav,text && cat; } >"$work/dev.csv"
"$ossicle" tune --model "$model" --csv "$work/dev.csv" --lm "$out" >&2
