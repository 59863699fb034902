#!/bin/sh
# Makes synthetic training speech with Debian's synthesizers (packages flite, espeak-ng): OUT_FOLDER/synthetic.csv (wav,text,speaker) and
# the recordings beside it.
#   scripts/prepare_synthetic.sh OUT_FOLDER [UTTERANCES [TEXT]]
# TEXT: one sentence a line. Default, drawn anew for each utterance: three of eight an example sentence of WordNet (package wordnet-base, free to
# use and pass on with its notice), two of eight a clause of the King James Bible (package bible-kjv, public domain), two of eight a short
# sentence made of the words below, one of eight spelt numbers; all of 2 to 14 words.
# UTTERANCES (default 2000) are spread over the voices. Everything is drawn by a generator with a fixed seed: the same packages give the same
# files. Recordings that are there already are kept, so an interrupted run goes on where it was.
# Synthesizers: flite (voices awb kal16 rms slt; BSD-like licence), espeak-ng (GPL-3, which does not cover what it says; variants of accent,
# voice, speed and pitch). The recordings may be given on.
. "$(dirname "$0")/usage.sh"
set -eu
out=${1:?usage: prepare_synthetic.sh OUT_FOLDER [UTTERANCES [TEXT]]}
count=${2:-2000}
text=${3:-}
case "$count" in "" | *[!0-9]* | 0) echo "prepare_synthetic.sh: UTTERANCES is \"$count\": a whole number from 1" >&2; exit 2 ;; esac
wordnet=/usr/share/wordnet
needed="flite espeak-ng"
[ -n "$text" ] || needed="$needed bible"
for program in $needed; do
	command -v "$program" >/dev/null || { echo "prepare_synthetic.sh: $program is missing: apt-get install flite espeak-ng bible-kjv wordnet-base" >&2; exit 3; }
done
[ -n "$text" ] || [ -s "$wordnet/data.verb" ] || { echo "prepare_synthetic.sh: $wordnet/data.verb is missing: apt-get install wordnet-base" >&2; exit 3; }
export LC_ALL=C
mkdir -p "$out/synthetic"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$text" ]; then
	[ -s "$text" ] || { echo "prepare_synthetic.sh: $text: no such file, or empty" >&2; exit 3; }
	cat "$text" >"$work/raw-given"
else
	for book in Ge Ru Mt Mk Lk Jn; do bible -f "${book}1:1-${book}99:99" </dev/null; done |
		sed 's/^[A-Za-z0-9]*:[0-9]* //' | tr ',;:.?!()' '\n' >"$work/raw-bible"
	cat "$wordnet"/data.verb "$wordnet"/data.noun "$wordnet"/data.adj "$wordnet"/data.adv | grep -o '"[^"0-9]*"' >"$work/raw-wordnet"
fi
# Lower case, letters, apostrophes and single spaces; 2 to 14 words.
for kind in bible wordnet given; do
	[ -e "$work/raw-$kind" ] || continue
	tr 'A-Z' 'a-z' <"$work/raw-$kind" | sed "s/[^a-z' ]/ /g; s/  */ /g; s/^ //; s/ \$//" |
		awk -v kind="$kind" 'NF >= 2 && NF <= 14 && !seen[$0]++ { print kind "\t" $0 }'
done >"$work/sentences"
[ -s "$work/sentences" ] || { echo "prepare_synthetic.sh: no usable sentence in the text" >&2; exit 3; }
# One line an utterance: file, voice, text. Park and Miller's generator, which awk's doubles hold exactly.
awk -F '\t' -v count="$count" '
	function draw(n) { state = (state * 16807) % 2147483647; return state % n }
	function pick(list,   n, words) { n = split(list, words, " "); return words[1 + draw(n)] }
	function numbers(   words, i) {
		words = pick(digits)
		for (i = 1 + draw(5); i > 0; i--) words = words " " pick(digits)
		return words
	}
	function thing() { return draw(3) ? pick("the a the my his her your our this that") " " (draw(2) ? pick(adjectives) " " : "") pick(nouns) : pick(plurals) }
	function place() { return pick("in at near to from by") " the " pick(places) }
	function simple(   form) {
		form = draw(8)
		if (form == 0) return pick(names) " is " pick("a the not really very so my your") " " (draw(2) ? pick(adjectives) " " : "") pick(nouns)
		if (form == 1) return pick("i you we they") " " pick(verbs) " " thing() (draw(2) ? " " place() : "")
		if (form == 2) return pick(names) " " pick(verbs) "s " thing()
		if (form == 3) return pick("do can will should did") " " pick("you we they i") " " pick(verbs) " " thing()
		if (form == 4) return pick("where what who when how") " " pick("is was") " " pick("the my your his her") " " pick(nouns)
		if (form == 5) return pick("he she") " " pick("always never often also") " " pick(verbs) "s " thing() " " pick("today now again here there")
		if (form == 6) return pick("please now then and so but") " " pick(verbs) " " thing() " " place()
		return pick("it there this that") " " pick("is was") " " pick("a the not") " " pick(adjectives) " " pick(nouns) " " place()
	}
	BEGIN {
		state = 20261123
		digits = "zero one two three four five six seven eight nine"
		names = "tom mary john lucy peter alice sam kate bob tina mike jane jack emma david anna mark susan paul lily ben rose jim betty george helen frank nancy henry julia"
		nouns = "dog cat house tree book car child teacher doctor bird fish apple table window door river road train ship horse cow garden flower song letter story game ball coat hat shoe bag cup plate knife bread cake egg chair bed clock lamp phone picture friend brother sister mother father baby king queen farmer driver singer student worker bear lion tiger monkey elephant rabbit mouse goose duck"
		plurals = "dogs cats books apples trees flowers songs stories games shoes eggs birds horses friends clothes pictures letters potatoes oranges bananas tomatoes cookies"
		adjectives = "big small red blue green white black yellow old young new good bad happy sad tall short long hot cold warm clean dirty quick slow beautiful clever funny quiet loud heavy light strong nice pretty little great"
		verbs = "like love want need see hear find buy sell make take give bring read draw paint clean open eat drink cook help call know keep hold move pull follow visit remember draw wear show hate"
		places = "park school kitchen market station hospital library museum beach river city village farm forest mountain shop office airport theatre garden street restaurant zoo"
		flites = split("awb kal16 rms slt", flite, " ")
		accents = split("en-us en-us en-us en-gb en-gb-x-rp en-gb-scotland en-029", accent, " ")
		variants = split("m1 m2 m3 m4 m7 f1 f2 f3 f4 f5 Annie Andy Alex Lee Mike linda steph adam klatt2 klatt4", variant, " ")
	}
	{ sentence[$1, n[$1]++] = $2 }
	END {
		for (i = 0; i < count; i++) {
			kind = draw(8)
			if (n["given"]) said = sentence["given", draw(n["given"])]
			else if (kind < 3) said = sentence["wordnet", draw(n["wordnet"])]
			else if (kind < 5) said = sentence["bible", draw(n["bible"])]
			else said = kind < 7 ? simple() : numbers()
			if (i % 2 == 0) {
				voice = flite[1 + draw(flites)]
				printf "%06d\tflite\t%s\t%d\t0\t%s\n", i, voice, 85 + draw(40), said
			} else {
				voice = accent[1 + draw(accents)] "+" variant[1 + draw(variants)]
				printf "%06d\tespeak\t%s\t%d\t%d\t%s\n", i, voice, 120 + draw(80), 20 + draw(60), said
			}
		}
	}' "$work/sentences" >"$work/list"
cat >"$work/say" <<'SAY'
#!/bin/sh
# say FOLDER LINE: one recording, complete or not at all
set -eu
folder=$1
IFS='	' read -r id program voice speed pitch said <<LINE
$2
LINE
wav=$folder/$id.wav
if [ "$program" = flite ]; then
	flite -voice "$voice" --setf duration_stretch="$(awk -v s="$speed" 'BEGIN { print s / 100 }')" -t "$said" -o "$wav.part" >/dev/null
else
	espeak-ng -v "$voice" -s "$speed" -p "$pitch" -w "$wav.part" -- "$said"
fi
mv "$wav.part" "$wav"
SAY
chmod +x "$work/say"
while IFS= read -r line; do
	[ -s "$out/synthetic/${line%%	*}.wav" ] || printf '%s\0' "$line"
done <"$work/list" >"$work/missing"
xargs -0 -r -n 1 -P "$(nproc)" "$work/say" "$out/synthetic" <"$work/missing" || {
	echo "prepare_synthetic.sh: a synthesizer failed" >&2
	exit 3
}
{
	echo "wav,text,speaker"
	awk -F '\t' '{ printf "synthetic/%s.wav,%s,%s-%s\n", $1, $6, $2, $3 }' "$work/list"
} >"$out/synthetic.csv.part"
mv "$out/synthetic.csv.part" "$out/synthetic.csv"
echo "$out/synthetic.csv: $count utterances" >&2
echo "$out/synthetic.csv"
