#!/usr/bin/env bash
# One recipe from end to end: prepare its data, train, score, and write the figures into docs/recipes/NAME.md.
#   scripts/recipe.sh NAME [BUILD]     NAME: yesno, digits, prompts, english or ossicle-en (make recipe-NAME installs and builds first)
# From the environment: DATA (data), the folder that holds the corpora as CSVs, see data/README.md; SEEDS, one run each (1 2 3; english and
# ossicle-en: 1); RUNS (checkpoints), where runs go, as recipe-NAME-seedN. A run that was stopped is resumed, one that is complete is scored again:
# to train anew, move it away.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
name=${1:?usage: recipe.sh yesno|digits|prompts|english|ossicle-en [BUILD]}
case $name in yesno | digits | prompts | english | ossicle-en) ;; *) echo "recipe.sh: no recipe \"$name\": yesno, digits, prompts, english or ossicle-en" >&2; exit 2 ;; esac
ossicle=${2:-build/release}/ossicle
data=${DATA:-data}
runs=${RUNS:-checkpoints}
work=data/recipes/$name
config=configs/$name.json
page=docs/recipes/$name.md

fail() { echo "recipe.sh: $*" >&2; exit 3; }
say() { printf '\n== %s\n' "$*" >&2; }

# A corpus, FILE below DATA, as a CSV that may lie anywhere: paths made absolute. No quoted fields: the corpora have none, and others are refused.
copy_corpus() { # FILE OUT [AWK CONDITION ON THE ROW NUMBER n, FROM 1, OR ON $0]
	local folder
	[ -s "$data/$1" ] || fail "$data/$1 is missing: data/README.md says how to make it; DATA=FOLDER names another folder"
	! grep -q '"' "$data/$1" || fail "$data/$1 has quoted fields, which recipes do not take"
	folder=$(cd "$(dirname "$data/$1")" && pwd)
	awk -F , -v OFS=, -v folder="$folder" 'NR == 1 { print; next } { n = NR - 1 } !('"${3:-1}"') { next } { if ($1 !~ /^\//) $1 = folder "/" $1; print }' \
		"$data/$1" >"$2.tmp-$$"
	mv "$2.tmp-$$" "$2"
}

prompts() { scripts/prepare_asterisk.sh "$1" >/dev/null; }

# Every fifth row of LibriSpeech is held out.
librispeech() {
	copy_corpus librispeech/train.csv "$work/librispeech.csv" 'n % 5 != 0'
	copy_corpus librispeech/train.csv "$work/librispeech-held-out.csv" 'n % 5 == 0'
}

# Sets `scored`: "label CSV" pairs; without CSV what the run itself held out.
prepare() {
	mkdir -p "$work" docs/recipes
	scored=("held-out rows" "")
	case $name in
	# One recording does not say what its name says: seven words are spoken where eight are written.
	yesno) copy_corpus yesno/train.csv "$work/train.csv" '$0 !~ /0_1_0_1_0_0_0_0/' ;;
	digits) copy_corpus fsdd/train.csv "$work/train.csv" ;;
	prompts) prompts "$work/train.csv" ;;
	english | ossicle-en)
		librispeech
		prompts "$work/prompts.csv"
		copy_corpus fsdd/train.csv "$work/fsdd.csv"
		copy_corpus speechocean762/dev.csv "$work/speechocean-dev.csv"
		if [ "$name" = english ]; then copy_corpus speechocean762/train.csv "$work/speechocean.csv"; fi
		{ cat "$work/speechocean-dev.csv"; tail -n +2 "$work/librispeech-held-out.csv"; } >"$work/dev.csv"
		scripts/prepare_synthetic.sh data/synthetic 8000 >/dev/null
		scored=("speechocean762 dev" "$work/speechocean-dev.csv" "LibriSpeech, every fifth row" "$work/librispeech-held-out.csv")
		;;
	esac
}

train() { # RUN SEED
	local arguments=(--config "$config" --set "seed=$2")
	# Configs with several sources name them; the others train on whatever they are given.
	if [ -e "$work/train.csv" ]; then arguments+=(--set "train_csv=$work/train.csv"); fi
	if [ -e "$1/latest" ]; then arguments=(--resume); fi
	"$ossicle" train "${arguments[@]}" --run "$1"
}

# One number of a flat JSON object on standard input.
number() { sed -n 's/.*"'"$1"'":\([-+0-9.e]*\).*/\1/p'; }

score() { # RUN SEED LABEL CSV: one row of the table
	local hyp=$1/recipe.hyp.tsv json right reached steps seconds
	json=$("$ossicle" eval --model "$1" --csv "${4:-$1/dev.csv}" --hyp "$hyp" --json)
	right=$(awk -F '\t' 'NR > 1 { n++; same += $2 == $3 } END { printf "%.2f %%", n ? 100 * same / n : 0 }' "$hyp")
	# Minutes of training steps and scorings, from all parts of a run.
	reached=$("$ossicle" report --field steps --field wall_seconds "$1")
	read -r steps seconds <<<"$reached"
	printf '| %s | %s | %d | %.4f | %.4f | %s | %d | %s |\n' "$2" "$3" "$(number utterances <<<"$json")" "$(number cer <<<"$json")" \
		"$(number wer <<<"$json")" "$right" "$steps" "$(awk -v s="$seconds" 'BEGIN { printf "%.1f", s / 60 }')"
}

# Puts the table between the two marks of the page.
write_page() { # TABLE FILE
	[ -e "$page" ] || printf '# Recipe: %s\n\n<!-- figures -->\n<!-- end of figures -->\n' "$name" >"$page"
	awk -v table="$1" '
		/<!-- end of figures -->/ { inside = 0 }
		!inside
		/<!-- figures -->/ { inside = 1; while ((getline line <table) > 0) print line }' "$page" >"$page.tmp-$$"
	mv "$page.tmp-$$" "$page"
}

case $name in english | ossicle-en) seeds=${SEEDS:-1} ;; *) seeds=${SEEDS:-1 2 3} ;; esac
say "$name: data"
prepare
table=$work/figures.md
{
	echo "| seed | scored on | utterances | CER | WER | utterances all right | steps | minutes of training |"
	echo "|---|---|---|---|---|---|---|---|"
} >"$table"
for seed in $seeds; do
	run=$runs/recipe-$name-seed$seed
	say "$name: training with seed $seed ($run)"
	train "$run" "$seed"
	for ((i = 0; i < ${#scored[@]}; i += 2)); do score "$run" "$seed" "${scored[i]}" "${scored[i + 1]}" >>"$table"; done
done
printf '\nMeasured with %s processors of: %s\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" >>"$table"
write_page "$table"
say "$page"
cat "$table"
