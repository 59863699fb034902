#!/bin/sh
# Makes a training CSV from Debian's telephone prompts: packages asterisk-core-sounds-en-wav (recordings) and asterisk-core-sounds-en
# (transcripts). Recorded by Allison Smith, Creative Commons Attribution-ShareAlike 3.0.
#   scripts/prepare_asterisk.sh OUT.csv [SOUNDS_FOLDER [TRANSCRIPTS [LANGUAGE [SPEAKER]]]]
#
# A transcript is what is heard, as scripts/normalize.awk has it: notes in [] () <> are taken out, punctuation but the apostrophe becomes a space,
# and in English (LANGUAGE en, the default) "*" and "#" are "star" and "pound" and a single digit is spelt. Left out, and counted on stderr: rows
# with other numbers or signs (how they are read is not written), beeps and silences (nothing is left of their text), rows over 20 s, and texts
# without a recording. Other languages, from asterisk-core-sounds-es-wav, -fr-wav, -it-wav or -ru-wav and asterisk-core-sounds-es, ...:
#   scripts/prepare_asterisk.sh data/es.csv /usr/share/asterisk/sounds/es_MX_f_Allison /usr/share/doc/asterisk-core-sounds-es/core-sounds-es.txt.gz es
#   scripts/split_by_text.sh data/es.csv data/asterisk-es
. "$(dirname "$0")/usage.sh"
set -eu
out=${1:?usage: prepare_asterisk.sh OUT.csv [SOUNDS_FOLDER [TRANSCRIPTS]]}
sounds=${2:-/usr/share/asterisk/sounds/en_US_f_Allison}
texts=${3:-/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz}
language=${4:-en}
speaker=${5:-allison}
for needed in "$sounds" "$texts"; do
	if [ ! -e "$needed" ] || { [ -d "$needed" ] && [ -z "$(find "$needed" -name '*.wav' | head -n 1)" ]; }; then
		echo "prepare_asterisk.sh: $needed is missing or has no recordings: install asterisk-core-sounds-$language-wav and" >&2
		echo "asterisk-core-sounds-$language, or give the folder and the transcripts as second and third argument" >&2
		exit 3
	fi
done
mkdir -p "$(dirname "$out")"
temporary=$out.tmp-$$
trap 'rm -f "$temporary"' EXIT
case "$texts" in *.gz) unpack="gzip -dc" ;; *) unpack=cat ;; esac
{
	# Sizes first, then the transcripts: 8 kHz, 16 bit, mono are 16,000 bytes a second after a 44-byte header.
	(cd "$sounds" && find . -name '*.wav' -size +0 -exec wc -c {} \;) | sed 's,^ *\([0-9]*\) \./,size \1 ,'
	$unpack "$texts" | sed 's/^/text /'
} | LC_ALL=C awk -v sounds="$sounds" -v language="$language" -v speaker="$speaker" "$(cat "$(dirname "$0")/normalize.awk")"'
	BEGIN { print "wav,text,speaker" }
	$1 == "size" { sub(/^size /, ""); bytes[substr($0, index($0, " ") + 1)] = $1; next }
	{ sub(/^text /, "") }
	/^;/ || !/:/ { next }
	{
		name = substr($0, 1, index($0, ":") - 1)
		text = substr($0, index($0, ":") + 1)
		gsub(/\[[^]]*\]|\([^)]*\)|<[^>]*>/, " ", text)
		if (language == "en") {
			gsub(/\*/, " star ", text)
			gsub(/#/, " pound ", text)
		}
		other = text ~ /[*#]/
		line = normalize(text, language)
		file = name ".wav"
		if (other || has_number(line)) { numbers++; next }
		if (line == "") { empty++; next }
		if (!(file in bytes)) { missing++; next }
		if ((bytes[file] - 44) / 16000 > 20) { long++; next }
		print sounds "/" file "," line "," speaker
		rows++
	}
	END {
		printf "%d prompts; left out: %d with other numbers, %d without words, %d over 20 s, %d without a recording\n", \
			rows, numbers, empty, long, missing > "/dev/stderr"
		exit rows == 0
	}' >"$temporary"
mv "$temporary" "$out"
trap - EXIT
echo "$out"
