#!/bin/sh
# What fine-tuning gives on minutes of a voice or domain that MODEL does not know: CER and WER of rows that are held apart, before and after.
#   scripts/measure_finetune.sh MODEL DATA [CELL...]      (build the programs first)
# A CELL is SET:MINUTES, such as joe:15; without any all of them are done. DATA is a folder of sets (FOLDER/train.csv, and dev.csv where it is there, with the
# columns wav,text,speaker; rows with quotes are left out). Each cell takes rows in an order that their texts decide, runs `ossicle train --init MODEL` on them with
# nothing but its defaults (which hold out a tenth of these rows for themselves), and scores the start and RUN/best, without a language model, on others:
# dev.csv, and when that is less than 2 minutes as many whole texts of train.csv. A cell is left out where the set has hardly more than the smaller one.
# Finished cells are kept in OUT/SUM (OUT: build/finetune; SUM is MODEL's own) and skipped, so that a stopped run goes on where it was and single cells add up;
# what there is so far is written there as finetune.tsv, finetune.md and finetune.svg, and the table printed. In the environment:
#   SETS="joe john"          some of: joe, bob, witch (characters of fotaq), john (of drascula-en), drascula, bass (all voices of a game), richard, kathleen.
#                            kathleen is done only when she is named here: the model that ships knows her
#   MINUTES="5 15 60"        of audio
#   OPTIONS="--set lr=1e-3"  more for `ossicle train`; take another OUT then
#   GENERAL=CSV              scores start and result on these rows too: what fine-tuning makes of everything else
#   REPLAY=CSV SHARE=0.25    mixes rows of CSV in, so that they are this part of what is heard
#   WRITE=docs/fine-tuning.md  puts the table between the marks of that document, and the picture beside it
. "$(dirname "$0")/usage.sh"
set -eu
if [ $# -lt 2 ]; then
	echo "usage: measure_finetune.sh MODEL DATA [CELL...]" >&2
	exit 2
fi
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
ossicle=${OSSICLE:-$here/../build/release/ossicle}
model=$1
data=$(cd "$2" && pwd)
shift 2
sum=$("$ossicle" info "$model" | awk '$1 == "sum" { print $2 }')
[ -n "$sum" ] || { echo "measure_finetune.sh: $model has no sum: is it a model?" >&2; exit 3; }
out=${OUT:-$here/../build/finetune}/$sum
mkdir -p "$out"
out=$(cd "$out" && pwd)
general=${GENERAL:-}
replay=${REPLAY:-}
share=${SHARE:-0.25}
held_minutes=2
all="joe bob witch john drascula bass richard"
sets=${SETS:-$all}
sizes=${MINUTES:-5 15 60}

place() { # SET: its folder and its speaker (- for all of them)
	case $1 in
	joe) echo fotaq fotaq-joe ;;
	bob) echo fotaq fotaq-bob ;;
	witch) echo fotaq fotaq-witch ;;
	john) echo drascula-en drascula-john ;;
	drascula) echo drascula-en - ;;
	bass) echo bass - ;;
	richard) echo richard-en-gb - ;;
	kathleen) echo kathleen - ;;
	*) echo "measure_finetune.sh: no set \"$1\": $all kathleen" >&2; exit 2 ;;
	esac
}

title() { # SET
	case $1 in
	joe | bob | witch) echo "$1: a character of a game, 11 kHz" ;;
	john) echo "john: a character of a game, 11 kHz, accent" ;;
	drascula) echo "drascula: 10 characters of a game, 11 kHz" ;;
	bass) echo "bass: a game, British actors, 11 kHz" ;;
	richard) echo "richard: telephone prompts, British" ;;
	kathleen) echo "kathleen: read sentences" ;;
	esac
}

# ---- Rows ----

# Lines "PATH TEXT SECONDS" with tabs between, in the order of a hash of their texts; dev first, in a column "dev" or "train" before them.
list_rows() { # SET
	[ ! -e "$out/$1.rows" ] || return 0
	# shellcheck disable=SC2046
	set -- "$1" $(place "$1")
	: >"$out/$1.csv.tmp"
	for split in dev train; do
		[ -e "$data/$2/$split.csv" ] || continue
		awk -F, -v folder="$data/$2" -v speaker="$3" -v split_name=$split '
			BEGIN { for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i }
			FNR == 1 || /"/ || NF < 2 || (speaker != "-" && $3 != speaker) { next }
			{
				hash = 7
				for (i = 1; i <= length($2); i++) hash = (hash * 131 + ord[substr($2, i, 1)]) % 16777213
				printf "%s\t%d\t%s\t%s\n", split_name, hash * 40503 % 16777213, ($1 ~ /^\//) ? $1 : folder "/" $1, $2
			}' "$data/$2/$split.csv" >>"$out/$1.csv.tmp"
	done
	[ -s "$out/$1.csv.tmp" ] || { echo "measure_finetune.sh: no rows of $1 in $data/$2" >&2; exit 3; }
	sort -t "$(printf '\t')" -k 1,1 -k 2,2n -k 3,3 "$out/$1.csv.tmp" >"$out/$1.sorted"
	rm "$out/$1.csv.tmp"
	cut -f 3 "$out/$1.sorted" >"$out/$1.list"
	# 0, and 1 where some could not be read: those have no seconds and are left out.
	"$ossicle" transcribe --model "$model" --greedy --json --list "$out/$1.list" 2>/dev/null >"$out/$1.json" || [ $? = 1 ]
	sed -n 's/^{"file":"\([^"]*\)".*"seconds":\([0-9.]*\).*/\1	\2/p' "$out/$1.json" |
		awk -F '\t' 'NR == FNR { seconds[$1] = $2; next } $3 in seconds { printf "%s\t%s\t%s\t%s\n", $1, $3, $4, seconds[$3] }' - "$out/$1.sorted" >"$out/$1.rows.tmp"
	rm "$out/$1.json" "$out/$1.list" "$out/$1.sorted"
	mv "$out/$1.rows.tmp" "$out/$1.rows"
}

# Writes FOLDER/dev.csv, what is scored, and FOLDER/train.csv, MINUTES of the others; prints the minutes of both, and of all others.
split_rows() { # SET MINUTES FOLDER
	awk -F '\t' -v minutes="$2" -v held=$held_minutes -v dev="$3/dev.csv" -v train="$3/train.csv" '
		function write(file) { printf "%s,%s\n", $2, $3 >file }
		BEGIN { print "wav,text" >dev; print "wav,text" >train }
		$1 == "dev" { write(dev); apart[$3] = 1; of_dev += $4 / 60; next }
		of_dev < held && !($3 in apart) && !($3 in taken) { apart[$3] = 1 }
		$3 in apart { write(dev); of_dev += $4 / 60; next }
		{ all += $4 / 60 }
		of_train < minutes { write(train); taken[$3] = 1; of_train += $4 / 60 }
		END { printf "%.1f %.1f %.1f\n", of_train, of_dev, all }' "$out/$1.rows"
}

# ---- A cell ----

score() { # MODEL CSV: "CER WER"
	# 0, and 1 where some rows could not be read
	"$ossicle" eval --model "$1" --csv "$2" --json 2>/dev/null >"$work/json" || [ $? = 1 ]
	sed -n 's/.*"wer":\([-0-9.e]*\).*"cer":\([-0-9.e]*\).*/\2 \1/p' "$work/json"
}

# One source, or with REPLAY two, with a dev set of a tenth of the first: else that would be of both.
sources() { # MINUTES
	if [ -z "$replay" ]; then
		echo "--set train_csv=$work/train.csv"
		return
	fi
	awk -F, -v dev="$work/own.csv" 'FNR == 1 { print >dev; print; next } FNR % 10 == 2 { print >dev; next } { print }' "$work/train.csv" >"$work/own-train.csv"
	# The seconds of REPLAY are asked for once.
	[ -e "$out/replay.minutes" ] || "$ossicle" check --csv "$replay" --json 2>/dev/null | sed -n 's/.*"hours":\([0-9.]*\).*/\1/p' | awk '{ print 60 * $1 }' >"$out/replay.minutes"
	weight=$(awk -v own="$1" -v share="$share" '{ printf "%.5f", own * share / (1 - share) / $1 }' "$out/replay.minutes")
	echo "--set dev_csv=$work/own.csv --set train_csv=[{\"csv\":\"$work/own-train.csv\"},{\"csv\":\"$replay\",\"weight\":$weight}]"
}

measure() { # SET MINUTES
	cell=$out/$1-$2.cell
	if [ -e "$cell" ]; then
		return
	fi
	list_rows "$1"
	work=$out/$1-$2
	rm -rf "$work"
	mkdir "$work"
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(split_rows "$1" "$2" "$work")
	# Hardly more than a smaller size is no size of its own.
	for size in $sizes; do
		if [ "$size" -lt "$2" ] && awk -v got="$3" -v size="$size" 'BEGIN { exit !(got < size * 1.25) }'; then
			echo "$1:$2: left out, there are only $3 minutes" >&2
			rm -rf "$work"
			return
		fi
	done
	echo "$1:$2: training on $3 minutes, scoring $4" >&2
	before=$(score "$model" "$work/dev.csv")
	began=$(date +%s)
	# shellcheck disable=SC2046,SC2086
	"$ossicle" train --init "$model" --run "$work/run" $(sources "$3") ${OPTIONS:-} 2>"$work/log" || { tail -n 5 "$work/log" >&2; exit 3; }
	ended=$(date +%s)
	after=$(score "$work/run/best" "$work/dev.csv")
	others="- - - -"
	[ -z "$general" ] || others="$(score "$model" "$general") $(score "$work/run/best" "$general")"
	steps=$(sed -n 's/^ *"max_steps": \([0-9]*\),*$/\1/p' "$work/run/config.json")
	echo "$1 $2 $3 $4 $steps $((ended - began)) $before $after $others" | tr ' ' '\t' >"$cell.tmp"
	mv "$cell.tmp" "$cell"
	rm -rf "$work"
}

# ---- All of them ----

tables() {
	{
		printf 'set\tminutes\tminutes_there\tminutes_scored\tsteps\tseconds\tcer_start\twer_start\tcer\twer\tgeneral_cer_start\tgeneral_wer_start\tgeneral_cer\tgeneral_wer\n'
		for set in $all kathleen; do
			for size in $sizes; do
				[ ! -e "$out/$set-$size.cell" ] || cat "$out/$set-$size.cell"
			done
		done
	} >"$out/finetune.tsv"
	{
		echo "| set | minutes | steps | time | CER / WER of the start, % | after, % | CER, ratio |$([ -z "$general" ] || echo " other speech: start | after |")"
		echo "|---|---|---|---|---|---|---|$([ -z "$general" ] || echo "---|---|")"
		tail -n +2 "$out/finetune.tsv" | while IFS="$(printf '\t')" read -r set _ there _ steps seconds c0 w0 c1 w1 g0 h0 g1 h1; do
			awk -v title="$(title "$set")" -v there="$there" -v steps="$steps" -v s="$seconds" -v c0="$c0" -v w0="$w0" -v c1="$c1" -v w1="$w1" -v g0="$g0" -v h0="$h0" -v g1="$g1" -v h1="$h1" \
				-v others="$general" 'BEGIN {
				printf "| %s | %.1f | %d | %d:%02d | %.1f / %.1f | %.1f / %.1f | %.2f |", title, there, steps, s / 60, s % 60, 100 * c0, 100 * w0, 100 * c1, 100 * w1, c1 / c0
				if (others != "") printf (g0 == "-" ? " - | - |" : " %.1f / %.1f | %.1f / %.1f |"), 100 * g0, 100 * h0, 100 * g1, 100 * h1
				print ""
			}'
		done
	} >"$out/finetune.md"
	draw >"$out/finetune.svg"
}

# CER over minutes, the start at 0, a line for each set.
draw() {
	awk -F '\t' '
		NR == 1 { next }
		!($1 in lines) { name[++sets] = $1; lines[$1] = point(0, $7) " " }
		{ lines[$1] = lines[$1] point($3, $9) " "; last_x[$1] = x($3); last_y[$1] = y($9) }
		function x(minutes) { return 50 + 560 * log(1 + minutes) / log(61) }
		function y(cer) { return 330 - 300 * (cer > 0.7 ? 0.7 : cer) / 0.7 }
		function point(minutes, cer) { return sprintf("%.1f,%.1f", x(minutes), y(cer)) }
		function text(at_x, at_y, anchor, words) { printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, words }
		BEGIN { split("#0072b2 #d55e00 #009e73 #cc79a7 #56b4e9 #e69f00 #777777 #000000", colour, " ") }
		END {
			print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 380\" font-family=\"sans-serif\" font-size=\"12\">"
			print "<rect width=\"720\" height=\"380\" fill=\"white\"/>"
			for (cer = 0; cer <= 70; cer += 10) {
				printf "<line x1=\"50\" x2=\"610\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", y(cer / 100), y(cer / 100)
				text(44, y(cer / 100) + 4, "end", cer)
			}
			count = split("0 5 15 60", tick, " ")
			for (i = 1; i <= count; i++) text(x(tick[i]), 348, "middle", tick[i])
			text(330, 370, "middle", "minutes of audio to fine-tune on")
			text(50, 16, "start", "CER on held-out rows, %")
			for (i = 1; i <= sets; i++) {
				printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", lines[name[i]], colour[i]
				printf "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", last_x[name[i]] + 6, last_y[name[i]] + 4, colour[i], name[i]
			}
			print "</svg>"
		}' "$out/finetune.tsv"
}

# Between "<!-- figures: measure_finetune -->" and the next "<!-- end -->".
write() { # DOCUMENT
	awk -v table="$out/finetune.md" '
		!inside { print }
		/^<!-- figures: measure_finetune -->$/ { inside = 1; print ""; while ((getline line <table) > 0) print line; print "\n![Character error rates over minutes of audio](fine-tuning.svg)\n" }
		/^<!-- end -->$/ && inside { inside = 0; print }' "$1" >"$out/document"
	cat "$out/document" >"$1"
	cp "$out/finetune.svg" "$(dirname "$1")/fine-tuning.svg"
}

if [ $# -eq 0 ]; then
	for set in $sets; do
		for size in $sizes; do
			set -- "$@" "$set:$size"
		done
	done
fi
for cell in "$@"; do
	case $cell in *?:?*) ;; *) echo "measure_finetune.sh: $cell is no SET:MINUTES" >&2; exit 2 ;; esac
	place "${cell%%:*}" >/dev/null
done
for cell in "$@"; do
	measure "${cell%%:*}" "${cell#*:}"
	tables
done
[ -z "${WRITE:-}" ] || write "$WRITE"
cat "$out/finetune.md"
