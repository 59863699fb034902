#!/bin/sh
# The shipped model is what its card (checkpoints/ossicle-en.md) says: scripts/check_model_card.sh BUILD [write]
#  - the table of the card gives the file's bytes, sum, parameters and vocabulary_size, as `ossicle info --json` prints them, and lm_bytes and lm_sum
#    of the language model beside it, when there is one;
#  - the file fits into 8.5 MiB and has no projector, the language model into 8 MiB; the card has no cell left that is TO BE MEASURED, and git does not
#    ignore them.
# write: puts the files' numbers into the table first. Without the file only a note is printed. MODEL and CARD from the environment name others.
. "$(dirname "$0")/usage.sh"
set -eu
build=$(cd "${1:?usage: check_model_card.sh BUILD [write]}" && pwd)
cd "$(dirname "$0")/.."
model=${MODEL:-checkpoints/ossicle-en.safetensors}
card=${CARD:-checkpoints/ossicle-en.md}
lm=${model%.safetensors}.lm
max_bytes=$((17 * 1024 * 1024 / 2))
max_lm_bytes=$((8 * 1024 * 1024))
if [ ! -e "$model" ]; then
	echo "note: $model is not there: its card was not compared with it"
	exit 0
fi
json=$("$build/ossicle" info --json "$model")
names="bytes sum parameters vocabulary_size"
lm_json=
if [ -e "$lm" ]; then
	lm_json=$("$build/ossicle" lm info --json "$lm")
	names="$names lm_bytes lm_sum"
fi
# One of $names: those that begin with lm_ are of the language model.
field() {
	case $1 in
	lm_*) printf '%s\n' "$lm_json" | sed -n 's/^.*,"'"${1#lm_}"'":"\{0,1\}\([0-9a-f]*\).*/\1/p' ;;
	*) printf '%s\n' "$json" | sed -n 's/^[^[]*"'"$1"'":"\{0,1\}\([0-9a-f]*\).*/\1/p' ;;
	esac
}
bad=0
if [ "${2:-}" = write ]; then
	edits='/^| `lm_[a-z]*` | .* |$/d'
	for name in $names; do
		case $name in
		lm_*) edits="$edits
/^| \`vocabulary_size\` | /a| \`$name\` | $(field $name) |" ;;
		*) edits="$edits
s/^| \`$name\` | .* |\$/| \`$name\` | $(field $name) |/" ;;
		esac
	done
	sed "$edits" "$card" >"$card.tmp-$$"
	mv "$card.tmp-$$" "$card"
fi
for name in $names; do
	has=$(field $name)
	says=$(sed -n 's/^| `'$name'` | \(.*\) |$/\1/p' "$card")
	if [ -z "$has" ] || [ "$says" != "$has" ]; then
		echo "$card says that $name is \"$says\"; it is \"$has\""
		bad=1
	fi
done
if [ ! -e "$lm" ] && grep -n '^| `lm_' "$card"; then
	echo "$card: these are of a language model, and $lm is not there"
	bad=1
fi
if grep -n 'TO BE MEASURED' "$card"; then
	echo "$card: these are still to be measured"
	bad=1
fi
if [ "$(field bytes)" -gt $max_bytes ]; then
	echo "$model has $(field bytes) bytes, more than $max_bytes"
	bad=1
fi
if [ -e "$lm" ] && [ "$(field lm_bytes)" -gt $max_lm_bytes ]; then
	echo "$lm has $(field lm_bytes) bytes, more than $max_lm_bytes"
	bad=1
fi
if [ "$(field projected_width)" != 0 ]; then
	echo "$model has a projector: ossicle average --no-projector writes it without"
	bad=1
fi
for file in checkpoints/ossicle-en.safetensors checkpoints/ossicle-en.lm checkpoints/ossicle-en.md; do
	if git check-ignore -q "$file" 2>/dev/null; then
		echo "git ignores $file"
		bad=1
	fi
done
[ "$bad" = 0 ] && echo "$model: $(field bytes) bytes, sum $(field sum), as its card says"
[ "$bad" = 0 ]
