#!/bin/sh
# Recipes and the scripts that make their data: scripts/check_recipes.sh
#  - every recipe has its config, its page and its place in the Makefile's help and data/README.md, and names no CSV that is not its own;
#  - texts come to one form, rows with numbers go, apostrophes and letters beyond ASCII stay (scripts/normalize_texts.sh);
#  - a split has every row once, no text in two parts, and does not depend on the order of the rows (scripts/split_by_text.sh);
#  - CSVs of small corpora made for this check are what they should be (scripts/prepare_voices.sh, scripts/prepare_speechocean.sh,
#    scripts/prepare_librispeech.sh), and so are rows and resumption of synthetic speech, as far as no voice is needed.
. "$(dirname "$0")/usage.sh"
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "$*"; bad=1; }
expect() { # WHAT FILE, as it should be on standard input
	diff - "$2" >"$work/diff" || { echo "$1: should be (<) and is (>):"; cat "$work/diff"; bad=1; }
}

names=$(sed -n 's/^names="\(.*\)"$/\1/p' scripts/recipe.sh | tr -d '|')
[ "$(echo "$names" | wc -w)" -ge 10 ] || complain "scripts/recipe.sh has no list of names"
for name in $names; do
	config=configs/$name.json
	case $name in prompts-*) config=configs/prompts-lang.json ;; esac
	[ -s "$config" ] || complain "recipe $name: $config is missing"
	[ -s "docs/recipes/$name.md" ] && grep -q '^<!-- figures -->$' "docs/recipes/$name.md" && grep -q '^<!-- end of figures -->$' "docs/recipes/$name.md" ||
		complain "recipe $name: docs/recipes/$name.md is missing or has no place for figures"
	grep -q "make recipe-$name\b" "docs/recipes/$name.md" || complain "docs/recipes/$name.md does not say make recipe-$name"
	case $name in
	prompts-*) grep -q "^## make recipe-NAME .*[{,]${name#prompts-}[,}]" Makefile ;;
	*) grep -q "^## make recipe-NAME .*\b$name\b" Makefile ;;
	esac || complain "the Makefile's help does not name $name"
	grep -o '"data/[^"]*"' "$config" | grep -v "^\"data/recipes/$name/" && complain "$config names CSVs that are not of recipe $name"
done
for script in scripts/prepare_*.sh; do
	grep -q "$script" data/README.md || complain "data/README.md does not name $script"
done

scripts/normalize_texts.sh >"$work/texts" 2>"$work/counts" <<'END'
wav,text,speaker
a.wav,  Mr. O’Brien's “cat” -- isn't it?,x
b.wav,'Tis the boys' 5 'cats' etc.,x
c.wav,In 1984,x
d.wav,...,x
e.wav,ME & MY ÄPFEL,x
END
expect "scripts/normalize_texts.sh" "$work/texts" <<'END'
wav,text,speaker
a.wav,mister o'brien's cat isn't it,x
b.wav,'tis the boys' five cats et cetera,x
e.wav,me and my Äpfel,x
END
grep -q '2 rows left out: 1 with numbers, 1 without words' "$work/counts" || complain "scripts/normalize_texts.sh does not count what it leaves out"
printf 'text,wav\nMr. & Mrs.,a\nNo 5,b\n' | scripts/normalize_texts.sh de >"$work/texts" 2>/dev/null
expect "scripts/normalize_texts.sh de" "$work/texts" <<'END'
text,wav
mr mrs,a
END
! printf 'wav,text\na,"b, c"\n' | scripts/normalize_texts.sh >/dev/null 2>&1 || complain "scripts/normalize_texts.sh takes quoted fields"

awk 'BEGIN { print "wav,text"; for (i = 0; i < 600; i++) print i ".wav,sentence " i % 300 }' >"$work/in.csv"
scripts/split_by_text.sh "$work/in.csv" "$work/split" >/dev/null 2>&1
{ head -n 1 "$work/in.csv"; tail -n +2 "$work/in.csv" | sort -r; } >"$work/turned.csv"
scripts/split_by_text.sh "$work/turned.csv" "$work/turned" >/dev/null 2>&1
for part in train dev test; do
	sort "$work/turned/$part.csv" >"$work/turned.rows"
	sort "$work/split/$part.csv" | expect "scripts/split_by_text.sh, another order of rows, $part" "$work/turned.rows"
	tail -n +2 "$work/split/$part.csv" | cut -d, -f2 | sort -u | sed "s/$/,$part/"
done >"$work/parts"
[ "$(cut -d, -f1 "$work/parts" | sort -u | wc -l)" = 300 ] && [ "$(wc -l <"$work/parts")" = 300 ] || complain "scripts/split_by_text.sh puts a text into two parts, or into none"
[ "$(cat "$work"/split/*.csv | grep -c sentence)" = 600 ] || complain "scripts/split_by_text.sh loses rows"
grep -c ',dev$' "$work/parts" | awk '$1 < 5 || $1 > 30 { exit 1 }' || complain "scripts/split_by_text.sh: dev is not about 5 %"

rows() { cat "$work"/out/train.csv "$work"/out/dev.csv "$work"/out/test.csv | grep -v ^wav, | sed "s,$work/,," | sort; }
mkdir -p "$work/lj/wavs" "$work/k/wav" "$work/de/verified" "$work/gc/en/words" "$work/gc/en/geography" "$work/fs/ascii/16000"
printf 'A-1|In 1900|In nineteen hundred, "we" saw.\nA-2|x|Mr. Gone\n' >"$work/lj/metadata.csv"
touch "$work/lj/wavs/A-1.wav"
scripts/prepare_voices.sh ljspeech "$work/lj" "$work/out" >/dev/null 2>&1
rows >"$work/rows"
echo 'lj/wavs/A-1.wav,in nineteen hundred we saw,ljspeech' | expect "prepare_voices.sh ljspeech" "$work/rows"
for id in a0001 a0252; do echo "Philip Steels, etc." >"$work/k/wav/arctic_$id.txt"; touch "$work/k/wav/arctic_$id.wav"; done
scripts/prepare_voices.sh kathleen "$work/k" "$work/out" >/dev/null 2>&1
rows >"$work/rows"
echo 'k/wav/arctic_a0001.wav,philip steels et cetera,kathleen' | expect "prepare_voices.sh kathleen" "$work/rows"
printf 'de_1|Größe, „ja“ – Howlin’ Wolf\nde_2|Im Jahr 1900\n' >"$work/de/metadata.csv"
touch "$work/de/verified/de_1.flac" "$work/de/verified/de_2.flac"
scripts/prepare_voices.sh kerstin "$work/de" "$work/out" >/dev/null 2>&1
rows >"$work/rows"
echo "de/verified/de_1.flac,größe ja howlin' wolf,kerstin" | expect "prepare_voices.sh kerstin" "$work/rows"
touch "$work/gc/en/words/red_ball.ogg" "$work/gc/en/geography/peru.ogg"
scripts/prepare_voices.sh gcompris "$work/gc" "$work/out" >/dev/null 2>&1
rows >"$work/rows"
echo 'gc/en/words/red_ball.ogg,red ball,gcompris' | expect "prepare_voices.sh gcompris" "$work/rows"
touch "$work/fs/ascii/16000/39.wav"
printf '<en>\n <ascii><prompt phrase="O&apos;Clock" filename="39.wav"/><prompt phrase="Again" filename="39.wav"/></ascii>\n <time><prompt phrase="No" filename="39.wav"/></time></en>\n' >"$work/phrases.xml"
scripts/prepare_voices.sh callie "$work/fs" "$work/out" "$work/phrases.xml" >/dev/null 2>&1
rows >"$work/rows"
echo "fs/ascii/16000/39.wav,o'clock,callie" | expect "prepare_voices.sh callie" "$work/rows"

for speaker in 5 84 1272 1988; do
	mkdir -p "$work/ls/dev-clean/$speaker/1"
	echo "$speaker-1-0000 HI THERE" >"$work/ls/dev-clean/$speaker/1/$speaker-1.trans.txt"
	touch "$work/ls/dev-clean/$speaker/1/$speaker-1-0000.flac"
done
DEV_SPEAKERS="1272 1988" TEST_SPEAKERS=84 scripts/prepare_librispeech.sh "$work/ls" "$work/out" >/dev/null 2>&1
for part in train dev test; do tail -n +2 "$work/out/$part.csv" | sed "s/.*,/$part /"; done | sort >"$work/rows"
printf 'dev 1272\ndev 1988\ntest 84\ntrain 5\n' | expect "prepare_librispeech.sh by speaker" "$work/rows"

mkdir -p "$work/so/train" "$work/so/test"
for split in train test; do
	for file in text wav.scp utt2spk spk2age; do
		for i in 1 2 3 4 5 6 7 8; do
			case $file in text) echo "u$i SAYS $i" ;; wav.scp) echo "u$i W/$i.wav" ;; utt2spk) echo "u$i s$i" ;; spk2age) echo "s$i $((4 * i))" ;; esac
		done >"$work/so/$split/$file"
	done
done
scripts/prepare_speechocean.sh "$work/so" "$work/out" >/dev/null 2>&1
{ head -n 2 "$work/out/dev.csv"; sed -n 2p "$work/out/train.csv"; } | sed "s,$work/,," >"$work/rows"
expect "prepare_speechocean.sh" "$work/rows" <<'END'
wav,text,speaker,age,gender
so/W/8.wav,SAYS 8,s8,32,
so/W/1.wav,SAYS 1,s1,4,
END

# Seconds of synthetic speech are read out of heads of FLAC files: 16 kHz, 16,000 x 3 samples, one channel, 16 bits.
mkdir -p "$work/neural/audio"
printf 'fLaC\000\000\000\042\020\000\020\000\000\000\000\000\000\000\003\350\000\360\000\000\273\200' >"$work/neural/audio/0.flac"
printf 'wav,text,speaker\naudio/0.flac,three seconds,x\naudio/1.fl' >"$work/neural/asr.csv"
if command -v python3 >/dev/null 2>&1; then
	python3 -B scripts/prepare_neural.py have "$work/neural" 0.0008333 || complain "prepare_neural.py does not find three seconds that are there"
	! python3 -B scripts/prepare_neural.py have "$work/neural" 0.000834 || complain "prepare_neural.py finds more than three seconds"
else
	echo "note: scripts/prepare_neural.py was not run, for python3 is not there"
fi
! scripts/prepare_neural.sh "$work/neural" flite=1 2>/dev/null || complain "prepare_neural.sh takes an engine that it does not know"
[ "$bad" = 0 ] && echo "$(echo "$names" | wc -w) recipes"
[ "$bad" = 0 ]
