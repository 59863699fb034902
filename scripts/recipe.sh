#!/usr/bin/env bash
# One recipe from end to end: prepare its data, train, score, and write the figures into docs/recipes/NAME.md.
#   scripts/recipe.sh NAME [BUILD]     NAME: yesno, digits, prompts, english, ossicle-en, german, prompts-es, prompts-fr, prompts-it or prompts-ru
# make recipe-NAME installs and builds first. From the environment: DATA (data), the folder that holds the corpora as CSVs, see data/README.md;
# TEXT (DATA/text), texts for synthetic speech; NEURAL (data/neural), the folder of scripts/prepare_neural.sh; SEEDS, one run each (1 2 3; english,
# ossicle-en and other languages: 1); RUNS (checkpoints), where runs go, as recipe-NAME-seedN (ossicle-en goes on from there in
# recipe-NAME-second-seedN and -third-seedN); LM, a language model to score with as well; INIT, a model to begin from. A run that was stopped is resumed, one that is
# complete is scored again: to train anew, move it away.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
names="yesno | digits | prompts | english | ossicle-en | german | prompts-es | prompts-fr | prompts-it | prompts-ru"
name=${1:?usage: recipe.sh NAME [BUILD], NAME one of $names}
case " $names " in *" $name "*) ;; *) echo "recipe.sh: no recipe \"$name\", only: $names" >&2; exit 2 ;; esac
ossicle=${2:-build/release}/ossicle
data=${DATA:-data}
text=${TEXT:-$data/text}
neural=${NEURAL:-data/neural}
runs=${RUNS:-checkpoints}
work=data/recipes/$name
config=configs/$name.json
page=docs/recipes/$name.md

fail() { echo "recipe.sh: $*" >&2; exit 3; }
say() { printf '\n== %s\n' "$*" >&2; }

# A corpus as a CSV in the work folder: paths made absolute, texts in the one form of all corpora (scripts/normalize.awk). No quoted fields: the
# corpora have none, and others are refused.
copy_file() { # CSV NAME [LANGUAGE [AWK CONDITION ON THE ROW NUMBER n, FROM 1, OR ON $0]]
	local folder
	! grep -q '"' "$1" || fail "$1 has quoted fields, which recipes do not take"
	folder=$(cd "$(dirname "$1")" && pwd)
	awk -F , -v OFS=, -v folder="$folder" 'NR == 1 { print; next } { n = NR - 1 } !('"${4:-1}"') { next } { if ($1 !~ /^\//) $1 = folder "/" $1; print }' \
		"$1" | scripts/normalize_texts.sh "${3:-en}" >"$work/$2.csv.tmp-$$"
	mv "$work/$2.csv.tmp-$$" "$work/$2.csv"
}
copy_corpus() { # FILE BELOW DATA, and as above
	[ -s "$data/$1" ] || fail "$data/$1 is missing: data/README.md says how to make it; DATA=FOLDER names another folder"
	copy_file "$data/$1" "${@:2}"
}

prompts() { scripts/prepare_asterisk.sh "$1" >/dev/null; }

# Synthetic speech; what is in DATA/neural is the part of Kokoro, which takes longest to make.
neural_speech() {
	local wanted=(hibari=8 joe=1) engine
	if [ -s "$data/neural/train.csv" ]; then copy_corpus neural/train.csv kokoro; else wanted+=(kokoro=1.46); fi
	TEXT=$text scripts/prepare_neural.sh "$neural" "${wanted[@]}" >/dev/null
	for engine in "${wanted[@]%%=*}"; do copy_file "$neural/$engine/asr.csv" "$engine"; done
}

# Corpora whose licences allow a model that is given on, and the held-out rows on which a checkpoint is chosen.
free_corpora() {
	local corpus
	# Every fifth row of LibriSpeech is held out.
	copy_corpus librispeech/train.csv librispeech en 'n % 5 != 0'
	copy_corpus librispeech/train.csv librispeech-held-out en 'n % 5 == 0'
	for corpus in librispeech-dev-clean-part speechocean762 kathleen; do
		copy_corpus $corpus/train.csv $corpus
		copy_corpus $corpus/dev.csv $corpus-dev
	done
	for corpus in ljspeech-part callie-en-us fsdd; do copy_corpus $corpus/train.csv $corpus; done
	# Its other folders, names of countries and colours, are under the GPL in part.
	copy_corpus gcompris-en/train.csv gcompris-en en '$1 ~ /words\//'
	prompts "$work/prompts.csv"
	neural_speech
	scored=("LibriSpeech dev-clean, unseen readers" "$work/librispeech-dev-clean-part-dev.csv" "LibriSpeech, every fifth row" "$work/librispeech-held-out.csv"
		"speechocean762 dev" "$work/speechocean762-dev.csv" "kathleen dev" "$work/kathleen-dev.csv")
	awk 'FNR == 1 && NR > 1 { next } { print }' "$work/librispeech-dev-clean-part-dev.csv" "$work/librispeech-held-out.csv" "$work/speechocean762-dev.csv" \
		"$work/kathleen-dev.csv" | cut -d , -f 1-3 >"$work/dev.csv"
	if [ -s "$data/fsdd/test.csv" ]; then
		copy_corpus fsdd/test.csv fsdd-test
		scored+=("Free Spoken Digit Dataset, test" "$work/fsdd-test.csv")
	else
		say "$data/fsdd/test.csv is not there: digits are not scored"
	fi
}

# Speech that may be measured with, not given on: games, and prompts under the GPL. What is missing is left out of the config.
other_corpora() {
	local corpus
	for corpus in richard-en-gb fotaq bass drascula-en; do
		copy_optional $corpus/train.csv $corpus || continue
		if copy_optional $corpus/dev.csv $corpus-dev; then scored+=("$corpus dev" "$work/$corpus-dev.csv"); fi
	done
	awk -v folder="$work/" 'match($0, /"csv": "[^"]*"/) { path = substr($0, RSTART + 8, RLENGTH - 9); if ((getline line <path) < 0) next } { print }' \
		"$config" >"$work/config.json"
	config=$work/config.json
}
copy_optional() { # FILE BELOW DATA, NAME
	if [ -s "$data/$1" ]; then copy_corpus "$1" "$2"; else
		rm -f "$work/$2.csv"
		say "$data/$1 is not there: left out"
		return 1
	fi
}

# A language: its train.csv and dev.csv, and trigrams of the texts that train.
language() { # FOLDER LANGUAGE
	copy_corpus "$1/train.csv" train "$2"
	copy_corpus "$1/dev.csv" dev "$2"
	# Findings are for the reader; rows that cannot train are left out by training itself.
	"$ossicle" check --config "$config" --csv "$work/train.csv" --dev-csv "$work/dev.csv" >"$work/check.txt" || [ $? -eq 1 ] || fail "$(cat "$work/check.txt")"
	say "$work/check.txt: $(tail -n 1 "$work/check.txt")"
	"$ossicle" lm build --csv "$work/train.csv" -o "$work/train.olm" >/dev/null
	scored=("held-out rows" "$work/dev.csv")
	lm=$work/train.olm
	lm_name="trigrams of the training texts"
}

# Sets `scored`: "label CSV" pairs; without CSV what the run itself held out. And `lm`: a language model to score with, too.
prepare() {
	mkdir -p "$work" docs/recipes
	scored=("held-out rows" "")
	lm=
	lm_name="$(basename "${LM:-}")"
	case $name in
	# One recording does not say what its name says: seven words are spoken where eight are written.
	yesno) copy_corpus yesno/train.csv train en '$0 !~ /0_1_0_1_0_0_0_0/' ;;
	digits) copy_corpus fsdd/train.csv train ;;
	prompts) prompts "$work/train.csv" ;;
	ossicle-en)
		free_corpora
		if [ -z "${LM:-}" ]; then
			lm=$work/ossicle-en.lm
			lm_name="with its language model"
			scripts/prepare_lm.sh "$data" "$lm" "" "$(dirname "$ossicle")"
		fi
		;;
	english)
		free_corpora
		other_corpora
		;;
	german) language kerstin-de de ;;
	prompts-*)
		config=configs/prompts-lang.json
		language "asterisk-${name#prompts-}" "${name#prompts-}"
		;;
	esac
	lm=${LM:-$lm}
}

train() { # RUN SEED CONFIG [MODEL TO BEGIN FROM]
	local arguments=(--config "$3" --set "seed=$2")
	# Configs with several sources name them; the others train on whatever they are given.
	if [ -e "$work/train.csv" ]; then arguments+=(--set "train_csv=$work/train.csv"); fi
	if [ -e "$work/train.csv" ] && [ -e "$work/dev.csv" ]; then arguments+=(--set "dev_csv=$work/dev.csv"); fi
	if [ -n "${4:-}" ]; then arguments+=(--init "$4"); fi
	if [ -e "$1/latest" ]; then arguments=(--resume); fi
	"$ossicle" train "${arguments[@]}" --run "$1"
}

# One number of a flat JSON object on standard input.
number() { sed -n 's/.*"'"$1"'":\([-+0-9.e]*\).*/\1/p'; }

score() { # RUN SEED LABEL CSV [OPTION OF eval]...: one row of the table
	local hyp=$1/recipe.hyp.tsv json right reached steps seconds part
	json=$("$ossicle" eval --model "$1" --csv "${4:-$1/dev.csv}" --hyp "$hyp" --json "${@:5}")
	right=$(awk -F '\t' 'NR > 1 { n++; same += $2 == $3 } END { printf "%.2f %%", n ? 100 * same / n : 0 }' "$hyp")
	# Minutes of training steps and scorings, of all runs where there are several.
	reached=$(for part in "${parts[@]}"; do "$ossicle" report --field steps --field wall_seconds "$part"; done)
	read -r steps seconds < <(awk '{ steps += $1; seconds += $2 } END { print steps, seconds }' <<<"$reached")
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

case $name in yesno | digits | prompts) seeds=${SEEDS:-1 2 3} ;; *) seeds=${SEEDS:-1} ;; esac
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
	train "$run" "$seed" "$config" "${INIT:-}"
	parts=("$run")
	# Further runs, each from the best weights of the one before: the rate of learning rises and falls once more, on other weights of the sources.
	for part in second third; do
		[ -e "configs/$name-$part.json" ] || break
		run=$runs/recipe-$name-$part-seed$seed
		say "$name: the $part run ($run)"
		train "$run" "$seed" "configs/$name-$part.json" "${parts[-1]}"
		parts+=("$run")
	done
	# Each network has weights of its own for it.
	if [ "$name" = ossicle-en ] && [ -z "${LM:-}" ]; then
		cp "$lm" "$run/ossicle-en.lm"
		lm=$run/ossicle-en.lm
		scripts/prepare_lm.sh "$data" "$lm" "$run" "$(dirname "$ossicle")"
	fi
	for ((i = 0; i < ${#scored[@]}; i += 2)); do
		score "$run" "$seed" "${scored[i]}" "${scored[i + 1]}" >>"$table"
		if [ -n "$lm" ]; then score "$run" "$seed" "${scored[i]}, $lm_name" "${scored[i + 1]}" --lm "$lm" >>"$table"; fi
	done
done
printf '\nMeasured with %s processors of: %s\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" >>"$table"
write_page "$table"
say "$page"
cat "$table"
