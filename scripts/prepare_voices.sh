#!/bin/sh
# Makes train.csv, dev.csv and test.csv (wav,text,speaker) from a checkout of one of these, whose licences allow a model that is given on:
#   scripts/prepare_voices.sh kathleen  FOLDER OUT_FOLDER     github.com/rhasspy/dataset-voice-kathleen (CC0): a .txt beside each recording
#   scripts/prepare_voices.sh kerstin   FOLDER OUT_FOLDER     github.com/rhasspy/dataset-voice-kerstin (CC0): metadata.csv, German
#   scripts/prepare_voices.sh ljspeech  FOLDER OUT_FOLDER     LJ Speech 1.1, or a part of it (public domain): metadata.csv, wavs/
#   scripts/prepare_voices.sh gcompris  FOLDER OUT_FOLDER     github.com/gcompris/GCompris-voices: en/words (CC BY-SA 3.0), a word a file
#   scripts/prepare_voices.sh callie    FOLDER OUT_FOLDER PHRASES.xml    FreeSWITCH's sounds en/us/callie (CC BY 3.0 or MPL 1.1), and
#                                       docs/phrase/phrase_en.xml of github.com/signalwire/freeswitch
# Texts are normalised (scripts/normalize_texts.sh) and split by text (scripts/split_by_text.sh). Recordings stay where they are.
. "$(dirname "$0")/usage.sh"
set -eu
export LC_ALL=C
usage="usage: prepare_voices.sh kathleen|kerstin|ljspeech|gcompris|callie FOLDER OUT_FOLDER [PHRASES.xml]"
[ $# -ge 3 ] || { echo "$usage" >&2; exit 2; }
name=$1
folder=$(cd "$2" && pwd)
scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$3"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "prepare_voices.sh: $*" >&2; exit 3; }

# Recordings below a folder: "KEY<tab>PATH", where the key is the name without its ending. Of two with one key the latter is taken (wav after ogg).
list_recordings() { # FOLDER
	find "$1" -type f \( -name '*.wav' -o -name '*.flac' -o -name '*.ogg' -o -name '*.opus' -o -name '*.webm' \) | sort |
		awk -v OFS='\t' '{ key = $0; sub(/.*\//, "", key); sub(/\.[^.]*$/, "", key); print key, $0 }'
}
# Joins recordings with "KEY<tab>TEXT" on standard input; texts without a recording are counted.
join_texts() { # RECORDINGS
	awk -F '\t' -v OFS='\t' '
		NR == FNR { path[$1] = $2; next }
		$1 in path { print path[$1], $2; next }
		{ missing++ }
		END { if (missing) printf "prepare_voices.sh: %d texts without a recording\n", missing >"/dev/stderr" }' "$1" -
}
metadata() { # COLUMN OF THE TEXT
	[ -s "$folder/metadata.csv" ] || fail "$folder/metadata.csv is missing: give the folder that holds it"
	list_recordings "$folder" >"$work/recordings"
	awk -F '|' -v OFS='\t' -v column="$1" '{ print $1, $column }' "$folder/metadata.csv" | join_texts "$work/recordings"
}

# "PATH<tab>TEXT" of every recording.
language=en
case $name in
kathleen)
	list_recordings "$folder" | while IFS="$(printf '\t')" read -r key path; do
		# a0252: its recording is cut, say its authors.
		case $key in *a0252*) continue ;; esac
		[ -s "${path%.*}.txt" ] && printf '%s\t%s\n' "$path" "$(tr '\t\r\n' '   ' <"${path%.*}.txt")"
	done >"$work/rows"
	;;
kerstin)
	language=de
	metadata 2 >"$work/rows"
	;;
ljspeech) metadata 3 >"$work/rows" ;;
gcompris)
	[ -d "$folder/en/words" ] || fail "$folder/en/words is missing: give the checkout of GCompris-voices"
	list_recordings "$folder/en/words" | awk -F '\t' -v OFS='\t' '{ gsub(/_/, " ", $1); print $2, $1 }' >"$work/rows"
	;;
callie)
	[ -s "${4:-}" ] || fail "callie needs the texts as fourth argument: docs/phrase/phrase_en.xml of FreeSWITCH"
	find "$folder" -type f -path '*/16000/*.wav' | sort | awk -v OFS='\t' '{ n = split($0, part, "/"); print part[n - 2] "/" part[n], $0 }' >"$work/recordings"
	[ -s "$work/recordings" ] || fail "$folder has no recordings like ascii/16000/97.wav: give the folder callie"
	# A prompt stands in the element that is named like its folder. What is said of a file twice is said the first time.
	sed 's/></>\n</g' "$4" | awk -v OFS='\t' '
		function field(name) { return match($0, name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 3) : "" }
		/<prompt / {
			text = field("phrase")
			gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text); gsub(/&quot;|&lt;|&gt;/, " ", text)
			key = section "/" field("filename")
			if (!(key in said)) print key, text
			said[key]
			next
		}
		match($0, /<[a-z][a-z0-9_-]*>/) { section = substr($0, RSTART + 1, RLENGTH - 2) }' | join_texts "$work/recordings" >"$work/rows"
	;;
*) echo "$usage" >&2; exit 2 ;;
esac
[ -s "$work/rows" ] || fail "$folder holds no recordings with texts as $name has them (--help says where to get it)"
case $folder in *[\",]*) fail "$folder: a quote or comma in the path, which CSVs of recipes do not have" ;; esac
{
	echo "wav,text,speaker"
	# Commas and quotes of texts are punctuation, which goes anyway.
	awk -F '\t' -v OFS=, -v speaker="$name" '{ gsub(/[",]/, " ", $2); if ($1 !~ /[",]/) print $1, $2, speaker }' "$work/rows"
} | "$scripts/normalize_texts.sh" $language >"$work/all.csv"
"$scripts/split_by_text.sh" "$work/all.csv" "$3"
