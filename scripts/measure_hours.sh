#!/usr/bin/env bash
# What an hour of recordings is worth: CER and WER of held-out rows over hours of training data, from scratch and from a model that exists.
#   scripts/measure_hours.sh run RESULTS.tsv CONFIG.json TRAIN.csv DEV.csv [HOURS...]      (default: 0.25 0.5 1 2 4 8, as far as TRAIN.csv goes)
#   scripts/measure_hours.sh table RESULTS.tsv
# A cell is a start and a number of hours: "scratch-0.5", "init-2". Its rows are drawn from TRAIN.csv by a hash of the text, so that the rows of fewer
# hours are among those of more; numbers beyond TRAIN.csv are left out, and without HOURS a last cell has all of it. All cells train CONFIG.json for as many
# steps; the checkpoint with the best CER counts. Cells that are in RESULTS.tsv are done; a run that was stopped is resumed. Runs: RESULTS.runs.
# From the environment: STARTS ("scratch init"); INIT (checkpoints/ossicle-en.safetensors), the model of "init"; CELLS, these cells only; SET, more
# settings, "max_steps=2000 eval_every=250"; INIT_SET, more of "init" ("lr=0.001 warmup_steps=100"); SEED (1); BUILD (build/release); LM, a language
# model whose WER is tabled, too.
# RESULTS.tsv: start hours real_hours rows steps minutes cer wer lm_wer settings, a line a cell. Settings begin with the config and its checksum;
# cells of other settings are refused, so that a table does not mix two experiments.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

fail() { echo "measure_hours.sh: $*" >&2; exit "${code:-3}"; }

table() {
	[ -s "$1" ] || fail "$1: no such results file"
	awk -F '\t' '
		NR == 1 { next }
		{
			if (!($2 in known)) { order[++n] = $2; known[$2] }
			real[$2] = $3; rows[$2] = $4; minutes[$1] += $6; cells[$1]++
			cer[$1, $2] = sprintf("%.3f", $7); wer[$1, $2] = sprintf("%.3f", $8)
			if ($9 != "-") { lm[$1, $2] = sprintf("%.3f", $9); with_lm = 1 }
		}
		function cell(list, start, hours) { return (start, hours) in list ? list[start, hours] : "" }
		END {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && order[j] + 0 < order[j - 1] + 0; j--) { swap = order[j]; order[j] = order[j - 1]; order[j - 1] = swap }
			printf "| hours | rows | CER, from scratch | CER, from a model | WER, from scratch | WER, from a model |%s\n", with_lm ? " WER with LM, from scratch | WER with LM, from a model |" : ""
			printf "|---|---|---|---|---|---|%s\n", with_lm ? "---|---|" : ""
			for (i = 1; i <= n; i++) {
				h = order[i]
				printf "| %.2f | %d | %s | %s | %s | %s |", real[h], rows[h], cell(cer, "scratch", h), cell(cer, "init", h), cell(wer, "scratch", h), cell(wer, "init", h)
				if (with_lm) printf " %s | %s |", cell(lm, "scratch", h), cell(lm, "init", h)
				print ""
			}
			for (start in cells) printf "\nMinutes of training a cell, %s: %.1f\n", start == "init" ? "from a model" : "from scratch", minutes[start] / cells[start]
		}' "$1"
}

# One number of a JSON object on standard input.
number() { sed -n 's/.*"'"$1"'":\([-+0-9.e]*\).*/\1/p'; }
find_hours() { # CSV
	local json
	json=$("$ossicle" check --csv "$1" --json 2>"$runs/check.log") || [ $? -eq 1 ] || { cat "$runs/check.log" >&2; fail "$1 cannot be read"; }
	printf '%s\n' "$json" | sed 's/"seconds".*//' | number hours
}

# The first rows of TRAIN.csv by a hash of their texts, HOURS of TOTAL.
draw_rows() { # HOURS TOTAL OUT
	awk -F , -v OFS=, -v folder="$train_folder" -v share="$(awk -v h="$1" -v t="$2" 'BEGIN { print h / t }')" '
		BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == "text") column = i; print; next }
		{
			hash = 7
			for (i = 1; i <= length($column); i++) hash = (257 * hash + code[substr($column, i, 1)]) % 1000003
			if ($1 !~ /^\//) $1 = folder "/" $1
			if ((hash * 7919) % 1000003 < share * 1000003) print
		}' "$train" >"$3.tmp-$$"
	mv "$3.tmp-$$" "$3"
}

run_cell() { # START HOURS
	local start=$1 hours=$2 folder arguments=() settings=() identity begun rows real reached cer wer lm_wer=- seconds steps
	folder=$runs/$start-$hours
	# shellcheck disable=SC2206
	settings=(${SET:-} "seed=${SEED:-1}")
	# shellcheck disable=SC2206
	if [ "$start" = init ]; then settings+=(${INIT_SET-lr=0.001 warmup_steps=100}); fi
	identity="$config:$config_sum ${settings[*]}$([ "$start" != init ] || echo " $init:$(cksum <"$init" | cut -d' ' -f1)")"
	begun=$(awk -F '\t' -v start="$start" -v hours="$hours" '$1 == start && $2 == hours { print $10 }' "$results")
	if [ -n "$begun" ]; then
		[ "$begun" = "$identity" ] || fail "$results: $start-$hours was run with other settings ($begun; now: $identity); give the new table a name of its own"
		return
	fi
	draw_rows "$hours" "$total" "$folder.csv"
	rows=$(($(wc -l <"$folder.csv") - 1))
	[ "$rows" -gt 0 ] || fail "$train has too few rows for $hours hours"
	real=$(find_hours "$folder.csv")
	if [ -e "$folder/latest" ]; then
		begun=$(cat "$folder.settings")
		[ "$begun" = "$identity" ] || fail "$folder was begun with other settings ($begun; now: $identity): move it away"
		arguments=(--resume --run "$folder")
	else
		rm -rf "$folder"
		printf '%s\n' "$identity" >"$folder.settings"
		arguments=(--config "$config" --run "$folder" --set "train_csv=$folder.csv" --set "dev_csv=$dev")
		for setting in "${settings[@]}"; do arguments+=(--set "$setting"); done
		if [ "$start" = init ]; then arguments+=(--init "$init"); fi
	fi
	echo "measure_hours.sh: $start-$hours: $rows rows, $real hours" >&2
	"$ossicle" train "${arguments[@]}" 2>"$folder.log" || { tail -n 3 "$folder.log" >&2; fail "$start-$hours failed or was stopped; the same command goes on"; }
	reached=$("$ossicle" report --field best_cer --field best_wer --field wall_seconds --field max_steps "$folder")
	read -r cer wer seconds steps <<<"$reached"
	if [ -n "${LM:-}" ]; then lm_wer=$("$ossicle" eval --model "$folder" --csv "$dev" --lm "$LM" --json 2>"$folder.lm.log" | number wer); fi
	printf '%s\t%s\t%.3f\t%s\t%s\t%.2f\t%s\t%s\t%s\t%s\n' "$start" "$hours" "$real" "$rows" "$steps" "$(awk -v s="$seconds" 'BEGIN { print s / 60 }')" \
		"$cer" "$wer" "$lm_wer" "$identity" >>"$results"
}

run() {
	local start hours wanted=()
	[ $# -ge 4 ] || { code=2 fail "usage: measure_hours.sh run RESULTS.tsv CONFIG.json TRAIN.csv DEV.csv [HOURS...]"; }
	results=$1 config=$2 train=$3 dev=$4
	shift 4
	for file in "$config" "$train" "$dev"; do [ -s "$file" ] || fail "$file is missing"; done
	! grep -q '"' "$train" || fail "$train has quoted fields, which this script does not take"
	ossicle=${BUILD:-build/release}/ossicle
	init=${INIT:-checkpoints/ossicle-en.safetensors}
	config_sum=$(cksum <"$config" | cut -d' ' -f1)
	train_folder=$(cd "$(dirname "$train")" && pwd)
	runs=${results%.tsv}.runs
	mkdir -p "$runs"
	[ -s "$results" ] || printf 'start\thours\treal_hours\trows\tsteps\tminutes\tcer\twer\tlm_wer\tsettings\n' >"$results"
	total=$(find_hours "$train")
	# Numbers that there are, and all of it when that is noticeably more.
	for hours in "${@:-0.25 0.5 1 2 4 8}"; do
		# shellcheck disable=SC2086
		for hours in $hours; do
			if awk -v h="$hours" -v t="$total" 'BEGIN { exit !(h <= 1.02 * t) }'; then wanted+=("$hours"); fi
		done
	done
	[ ${#wanted[@]} -gt 0 ] || fail "$train has $total hours, less than any number asked for"
	if [ $# -eq 0 ] && awk -v h="${wanted[-1]}" -v t="$total" 'BEGIN { exit !(t > 1.2 * h) }'; then wanted+=("$(printf '%.2f' "$total")"); fi
	for hours in "${wanted[@]}"; do
		for start in ${STARTS:-scratch init}; do
			case " ${CELLS:-$start-$hours} " in *" $start-$hours "*) ;; *) continue ;; esac
			if [ "$start" = init ] && [ ! -e "$init" ]; then fail "$init is missing: INIT=FILE names a model, STARTS=scratch does without"; fi
			run_cell "$start" "$hours"
		done
	done
	table "$results"
}

case ${1:-} in
run | table)
	what=$1
	shift
	"$what" "$@"
	;;
*) code=2 fail "usage: measure_hours.sh run RESULTS.tsv CONFIG.json TRAIN.csv DEV.csv [HOURS...], or measure_hours.sh table RESULTS.tsv" ;;
esac
