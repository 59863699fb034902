#!/bin/sh
# `ossicle score` counts what NIST's sclite counts: scripts/check_sclite.sh BUILD [CSV...]
#  - 4,000 random utterances of few words, so that many alignments are equally good; half of them with alternatives within
#    each other, optional words, fragments and @: correct words, substitutions, deletions and insertions of each, by the options
#    of both programs;
#  - 500 sentences of this project's documents with errors put in, and what `ossicle eval` hears in the recordings of the CSVs;
#  - the same for random words with times in random segments;
#  - the matched pairs test of two systems: segments, mean, deviation and z.
# Debian: sctk.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_sclite.sh BUILD [CSV...]}
shift
cd "$(dirname "$0")/.."
command -v sctk >/dev/null 2>&1 || { echo "sctk is missing (Debian: apt-get install sctk)" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
export LC_ALL=C
bad=0

cat >"$work/words.awk" <<'AWK'
# -v seed= -v count= -v nets=0|1 -v out=: OUT.ref.trn, OUT.hyp.trn and OUT.two.trn
function pick(n) { return int(rand() * n) }
function word(w) {
	w = substr("abcdefghij", 1 + pick(vocabulary), 1)
	if (rand() < 0.3) w = w w
	return rand() < 0.1 ? toupper(w) : w
}
function item(depth, s, k) { s = token(depth + 1); for (k = pick(3); k > 0; k--) s = s " " token(depth + 1); return s }
function alternation(depth, s, k) {
	s = "{ " item(depth)
	for (k = 1 + pick(2); k > 0; k--) s = s " / " (rand() < 0.25 ? "@" : item(depth))
	return s " }"
}
function token(depth, r) {
	r = nets ? rand() : 1
	if (depth < 3 && r < 0.12) return alternation(depth)
	if (r < 0.22) return "(" word() ")"
	if (r < 0.26) return word() "-"
	if (r < 0.28) return "-" word()
	if (r < 0.30) return "(" word() "-)"
	if (r < 0.32) return word() "*"
	return r < 0.33 ? "@" : word()
}
function heard(t, rate, r) {
	if (rand() < rate) {
		r = rand()
		if (r < 0.4) return (nets && rand() < 0.1 ? token(1) : word()) " "
		return r < 0.7 ? word() " " word() " " : ""
	}
	if (t ~ /[{]/) return word() " " (rand() < 0.5 ? word() " " : "")
	if (t == "@") return ""
	if (rand() < 0.8) gsub(/[()*]/, "", t)
	return t " "
}
BEGIN {
	srand(seed)
	ref = out ".ref.trn"; hyp = out ".hyp.trn"; two = out ".two.trn"
	for (i = 1; i <= count; i++) {
		vocabulary = 1 + pick(6); a = b = c = ""; rate = rand() * 0.7
		for (k = pick(14); k > 0; k--) { t = token(0); a = a t " "; b = b heard(t, rate); c = c heard(t, 0.25) }
		id = sprintf("(s%d-%d)", i % 7, i)
		print a id >ref; print b id >hyp; print c id >two
	}
}
AWK
cat >"$work/times.awk" <<'AWK'
# -v seed= -v out=: OUT.stm and OUT.ctm
function pick(n) { return int(rand() * n) }
function word(w) { w = substr("abcdefghij", 1 + pick(5), 1); return rand() < 0.3 ? w w : w }
function put(start, length_, w) { if (!silent) printf "rec%02d %s %.2f %.2f %s 0.9\n", r, channel, start, length_, w >ctm }
function spoken(w, x) {
	x = rand()
	if (x < 0.05) return " { " w " / " word() " " word() " / @ }"
	return x < 0.1 ? " (" w ")" : " " w
}
BEGIN {
	srand(seed)
	stm = out ".stm"; ctm = out ".ctm"
	for (r = 1; r <= 20; r++) for (c = 1; c <= 2; c++) {
		channel = substr("AB", c, 1); t = 0; silent = rand() < 0.1
		for (s = 0; s < 12; s++) {
			t += rand() < 0.3 ? rand() : 0; begin = t; text = ""
			for (k = pick(9); k > 0; k--) {
				d = 0.05 + rand() * 0.4; w = word(); text = text spoken(w); y = rand()
				if (y < 0.8) put(t + rand() * 0.1, d, y < 0.6 ? w : word())
				if (y > 0.95) put(t + d / 2, d / 3, word())
				t += d
			}
			if (t == begin) t += 0.2
			if (rand() < 0.06) text = "IGNORE_TIME_SEGMENT_IN_SCORING"
			printf "rec%02d %s spk%d %.2f %.2f %s %s\n", r, channel, (r + c + s) % 5, begin, t, rand() < 0.3 ? "<o,f0,male>" : "", text >stm
		}
	}
}
AWK
cat >"$work/errors.awk" <<'AWK'
# Sentences to reference and hypothesis: -v out=
BEGIN { srand(7) }
NF > 3 {
	s = ""
	for (i = 1; i <= NF; i++) {
		x = rand()
		if (x < 0.1) s = s $(1 + int(rand() * NF)) " "
		else if (x > 0.15) s = s $i " "
		if (rand() < 0.05) s = s $(1 + int(rand() * NF)) " "
	}
	print $0 " (docs-" NR ")" >(out ".ref.trn"); print s "(docs-" NR ")" >(out ".hyp.trn")
	if (++count == 500) exit
}
AWK

# The counts of every utterance of both programs, by its id where both have one.
counts() { awk -v ids="${1:-}" '/^id: / { id = ids == "no" ? "" : $2 } /^Scores: / { print id, $6, $7, $8, $9 }' | sort; }
total=0
compare() { # WHAT UTTERANCES
	total=$((total + $2))
	if [ "$(wc -l <"$work/want")" -ne "$2" ]; then
		echo "$1: sclite counted $(wc -l <"$work/want") utterances, not $2"
		bad=1
	elif ! diff "$work/want" "$work/got" >"$work/diff"; then
		echo "$1: of sclite (<) and of ossicle score (>):"
		head -20 "$work/diff"
		bad=1
	fi
}
compare_trn() { # NAME OPTIONS-OF-SCLITE OPTIONS-OF-OSSICLE
	# shellcheck disable=SC2086
	sctk sclite -r "$work/$1.ref.trn" trn -h "$work/$1.hyp.trn" trn -i spu_id $2 -o pralign stdout 2>/dev/null | counts >"$work/want"
	# shellcheck disable=SC2086
	"$build/ossicle" score --ref "$work/$1.ref.trn" --hyp "$work/$1.hyp.trn" --bootstrap 0 --alignments $3 2>/dev/null | counts >"$work/got"
	compare "$1 $2" "$(wc -l <"$work/$1.ref.trn")"
}

awk -v seed=1 -v count=2000 -v nets=0 -v out="$work/plain" -f "$work/words.awk"
awk -v seed=2 -v count=2000 -v nets=1 -v out="$work/nets" -f "$work/words.awk"
compare_trn plain "" ""
compare_trn plain "-s" "--case keep"
compare_trn nets "" ""
compare_trn nets "-D" "--optional-words"
compare_trn nets "-D -F" "--optional-words --fragments"
compare_trn nets "-s -F" "--case keep --fragments"

cat docs/*.md README.md | tr -c "A-Za-z'\n" ' ' | awk -v out="$work/docs" -f "$work/errors.awk"
compare_trn docs "" ""
for csv; do
	"$build/ossicle" eval --csv "$csv" --hyp "$work/heard.tsv" >/dev/null
	sed 1d "$work/heard.tsv" | tr -d ';(){}<>@*/\\' | awk -F '\t' -v out="$work/heard" '{ print $2 " (row-" NR ")" >(out ".ref.trn"); print $3 " (row-" NR ")" >(out ".hyp.trn") }'
	compare_trn heard "" ""
done

for seed in 1 2 3; do
	awk -v seed="$seed" -v out="$work/times" -f "$work/times.awk"
	sort -s -k 1,1 -k 2,2 -k 3,3n -o "$work/times.ctm" "$work/times.ctm"
	# Utterances have no ids here: those with the same counts are counted.
	sctk sclite -r "$work/times.stm" stm -h "$work/times.ctm" ctm -D -o pralign stdout 2>/dev/null | counts no >"$work/want"
	"$build/ossicle" score --ref "$work/times.stm" --hyp "$work/times.ctm" --optional-words --bootstrap 0 --alignments 2>/dev/null | counts no >"$work/got"
	compare "stm and ctm, seed $seed" "$(grep -vc IGNORE_TIME "$work/times.stm")"
done

# sc_stats does not read what sclite pipes to it (-p), but the same from files.
for seed in 1 2 3; do
	awk -v seed="$seed" -v count=60 -v nets=0 -v out="$work/pair" -f "$work/words.awk"
	for system in hyp two; do
		sctk sclite -r "$work/pair.ref.trn" trn -h "$work/pair.$system.trn" trn $system -i spu_id -o sgml stdout 2>/dev/null
	done >"$work/pair.sgml"
	sctk sc_stats -p -t mapsswe -v -n - <"$work/pair.sgml" 2>/dev/null |
		sed -n 's/.*(# segs: \([0-9]*\)).*(mean: \([-0-9.]*\)) (std dev: \([0-9.]*\)) (Z Stat: \([-0-9.]*\)).*/\1 \2 \3 \4/p' >"$work/want"
	"$build/ossicle" score --ref "$work/pair.ref.trn" --hyp "$work/pair.hyp.trn" --hyp "$work/pair.two.trn" --json |
		sed 's/.*"mapsswe":{"segments":\([0-9]*\),"mean":\([-0-9.e]*\),"deviation":\([0-9.e]*\),"z":\([-0-9.e]*\),.*/\1 \2 \3 \4/' |
		awk '{ printf "%d %.3f %.3f %.3f\n", $1, $2, $3, $4 }' >"$work/got"
	if ! [ -s "$work/want" ] || ! diff "$work/want" "$work/got"; then
		echo "matched pairs, seed $seed: sc_stats (<) and ossicle score (>) differ"
		bad=1
	fi
done
[ "$bad" = 0 ] && echo "$total utterances counted as sclite counts them, 3 pairs of systems compared as sc_stats does it"
[ "$bad" = 0 ]
