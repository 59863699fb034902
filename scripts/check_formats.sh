#!/bin/sh
# What the programs that own a form read out of ours: scripts/check_formats.sh BUILD
#  - ffmpeg writes srt, vtt and lrc again: every cue with its times and lines;
#  - praat lists both forms of TextGrid: every word with its times, intervals that fill the recording;
#  - sclite scores ctm by stm, and trn by itself: every word is counted, and none is wrong.
# The transcripts are those of tests/support/transcript_samples.h and some at random. Debian: ffmpeg, praat, sctk.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_formats.sh BUILD}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missing=
for program in ffmpeg praat sctk; do
	command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
if [ -n "$missing" ]; then
	echo "these programs are missing:$missing (scripts/install-deps.sh formats)" >&2
	exit 1
fi
mkdir "$work/in"
"$build/tests/output/print_formats" "$work/in"
bad=0
checked=0
same() { # WANTED GOT WHAT
	checked=$((checked + 1))
	if ! diff "$1" "$2" >"$work/diff"; then
		echo "$3: wanted (<) and read (>):"
		head -20 "$work/diff"
		bad=1
	fi
}

# ffmpeg ends SubRip's lines within a cue with a carriage return and every cue with an empty line; of WebVTT it leaves the hour out below one, decodes
# entities and writes their characters as they are.
for file in "$work"/in/*.srt; do
	name=$(basename "$file" .srt)
	[ -s "$file" ] || continue # nothing was said: ffmpeg takes a file without cues for no subtitles
	{ cat "$file"; echo; } >"$work/want"
	ffmpeg -nostdin -v error -i "$file" -f srt - </dev/null | tr -d '\r' >"$work/got"
	same "$work/want" "$work/got" "ffmpeg, $name.srt"
	sed -E -e '3,$ { /^[0-9]+$/ { N; s/^[0-9]+\n([0-9:.]+ --> )/\1/ }; }; s/^00:([0-9:.]+ --> )/\1/; s/ --> 00:([0-9]+:[0-9.]+)$/ --> \1/' \
		-e 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' "$work/in/$name.vtt" >"$work/want"
	ffmpeg -nostdin -v error -i "$work/in/$name.vtt" -f webvtt - >"$work/got" </dev/null
	same "$work/want" "$work/got" "ffmpeg, $name.vtt"
	ffmpeg -nostdin -v error -i "$work/in/$name.lrc" -f lrc - </dev/null | sed '/^\[re:/d; /^\[ve:/d; /^$/d' >"$work/got"
	same "$work/in/$name.lrc" "$work/got" "ffmpeg, $name.lrc"
done

# Labelled intervals of a tier, in milliseconds; an interval that does not begin where the one before it ends is named.
cat >"$work/list.praat" <<'PRAAT'
form List a tier
	sentence File
	integer Tier
endform
Read from file: file$
n = Get number of intervals: tier
edge = Get start time
for i to n
	start = Get start time of interval: tier, i
	end = Get end time of interval: tier, i
	label$ = Get label of interval: tier, i
	if start <> edge or end <= start
		appendInfoLine: "interval ", i, " begins at ", start, " and ends at ", end, "; the one before ended at ", edge
	endif
	if label$ <> ""
		appendInfoLine: fixed$ (start * 1000, 0), tab$, fixed$ (end * 1000, 0), tab$, label$
	endif
	edge = end
endfor
last = Get end time
if edge <> last
	appendInfoLine: "the tier ends at ", edge, ", the file at ", last
endif
PRAAT
for file in "$work"/in/*.TextGrid; do
	name=$(basename "$file" .TextGrid)
	praat --run "$work/list.praat" "$file" 1 >"$work/got"
	same "$work/in/${name%.short}.words" "$work/got" "praat, words of $name.TextGrid"
	sed 1d "$work/in/${name%.short}.tsv" | cut -f 1-3 | sed 's/\\\\/\\/g' >"$work/want"
	praat --run "$work/list.praat" "$file" 2 >"$work/got"
	same "$work/want" "$work/got" "praat, segments of $name.TextGrid"
done

# All recordings in one file, in the order of their ids.
words=$(cat "$work"/in/*.words | wc -l)
for form in ctm stm trn; do
	(cd "$work/in" && LC_ALL=C ls -- *."$form" | sed 's/^/.\//' | xargs cat) >"$work/all.$form"
done
count() { # sclite's rows "#C #S #D #I" added up
	awk '/^Scores:/ { c += $6; bad += $7 + $8 + $9; n++ } END { print c + 0, bad + 0; exit n == 0 }'
}
echo "$words 0" >"$work/want"
sctk sclite -r "$work/all.stm" stm -h "$work/all.ctm" ctm -o pra stdout 2>"$work/errors" | count >"$work/got"
same "$work/want" "$work/got" "sclite, ctm by stm: words and errors"
sctk sclite -r "$work/all.trn" trn -h "$work/all.trn" trn -i wsj -o pra stdout 2>>"$work/errors" | count >"$work/got"
same "$work/want" "$work/got" "sclite, trn by trn: words and errors"
[ "$bad" = 0 ] || sed -n 's/^/sclite: /p' "$work/errors"
[ "$bad" = 0 ] && echo "$checked files were read as they were meant"
[ "$bad" = 0 ]
