#!/bin/sh
# Makes synthetic training speech with Debian's synthesizers (packages flite, espeak-ng): OUT_FOLDER/synthetic.csv (wav,text,speaker) and
# the recordings beside it.
#   scripts/prepare_synthetic.sh OUT_FOLDER [UTTERANCES [TEXT]]
# TEXT: one sentence a line; default: clauses of the King James Bible (package bible-kjv, public domain), of 2 to 14 words, and spelt numbers.
# UTTERANCES (default 2000) are spread over the voices. Everything is drawn by a generator with a fixed seed: the same packages give the same
# files. Recordings that are there already are kept, so an interrupted run goes on where it was.
# Synthesizers: flite (voices awb kal16 rms slt; BSD-like licence), espeak-ng (GPL-3, which does not cover what it says; variants of accent,
# voice, speed and pitch). The recordings may be given on.
set -eu
out=${1:?usage: prepare_synthetic.sh OUT_FOLDER [UTTERANCES [TEXT]]}
count=${2:-2000}
text=${3:-}
case "$count" in "" | *[!0-9]* | 0) echo "prepare_synthetic.sh: UTTERANCES is \"$count\": a whole number from 1" >&2; exit 2 ;; esac
for program in flite espeak-ng; do
	command -v "$program" >/dev/null || { echo "prepare_synthetic.sh: $program is missing: apt-get install flite espeak-ng bible-kjv" >&2; exit 3; }
done
export LC_ALL=C
mkdir -p "$out/synthetic"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$text" ]; then
	[ -s "$text" ] || { echo "prepare_synthetic.sh: $text: no such file, or empty" >&2; exit 3; }
	cat "$text" >"$work/raw"
else
	command -v bible >/dev/null || { echo "prepare_synthetic.sh: the program bible is missing: apt-get install bible-kjv, or give a text file" >&2; exit 3; }
	# The gospels and the books of Genesis and Ruth: plain narrative. A verse becomes its clauses.
	for book in Ge Ru Mt Mk Lk Jn; do bible -f "${book}1:1-${book}99:99" </dev/null 2>/dev/null || true; done |
		sed 's/^[A-Za-z0-9]*:[0-9]* //' | tr ',;:.?!()' '\n' >"$work/raw"
fi
# Lower case, letters, apostrophes and single spaces; 2 to 14 words.
tr 'A-Z' 'a-z' <"$work/raw" | sed "s/[^a-z' ]/ /g; s/  */ /g; s/^ //; s/ \$//" | awk 'NF >= 2 && NF <= 14 && !seen[$0]++' >"$work/sentences"
[ -s "$work/sentences" ] || { echo "prepare_synthetic.sh: no usable sentence in the text" >&2; exit 3; }
# One line an utterance: file, voice, text. Park and Miller's generator, which awk's doubles hold exactly.
awk -v count="$count" -v given="$text" '
	function draw(n) { state = (state * 16807) % 2147483647; return state % n }
	function number(   digits, words, i) {
		digits = 2 + draw(5)
		words = digit[draw(10)]
		for (i = 1; i < digits; i++) words = words " " digit[draw(10)]
		return words
	}
	BEGIN {
		state = 20261123
		split("zero one two three four five six seven eight nine", word, " ")
		for (i in word) digit[i - 1] = word[i]
		flites = split("awb kal16 rms slt", flite, " ")
		accents = split("en-us en-us en-us en-gb en-gb-x-rp en-gb-scotland en-029", accent, " ")
		variants = split("m1 m2 m3 m4 m7 f1 f2 f3 f4 f5 Annie Andy Alex Lee Mike linda steph adam klatt2 klatt4", variant, " ")
	}
	{ sentence[NR] = $0 }
	END {
		for (i = 0; i < count; i++) {
			said = given == "" && draw(8) == 0 ? number() : sentence[1 + draw(NR)]
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
[ ! -s "$wav" ] || exit 0
if [ "$program" = flite ]; then
	flite -voice "$voice" --setf duration_stretch="$(awk -v s="$speed" 'BEGIN { print s / 100 }')" -t "$said" -o "$wav.part" >/dev/null
else
	espeak-ng -v "$voice" -s "$speed" -p "$pitch" -w "$wav.part" -- "$said"
fi
mv "$wav.part" "$wav"
SAY
chmod +x "$work/say"
tr '\n' '\0' <"$work/list" | xargs -0 -n 1 -P "$(nproc)" "$work/say" "$out/synthetic" || {
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
