#!/bin/sh
# The shipped model is what its card (checkpoints/ossicle-en.md) says: scripts/check_model_card.sh BUILD [write]
#  - the table of the card gives the file's bytes, sum, parameters and vocabulary_size, as `ossicle info --json` prints them;
#  - the file fits into 8.5 MiB and has no projector; the card has no cell left that is TO BE MEASURED, and git does not ignore the two.
# write: puts the file's numbers into the table first. Without the file only a note is printed. MODEL and CARD from the environment name others.
. "$(dirname "$0")/usage.sh"
set -eu
build=$(cd "${1:?usage: check_model_card.sh BUILD [write]}" && pwd)
cd "$(dirname "$0")/.."
model=${MODEL:-checkpoints/ossicle-en.safetensors}
card=${CARD:-checkpoints/ossicle-en.md}
max_bytes=$((17 * 1024 * 1024 / 2))
if [ ! -e "$model" ]; then
	echo "note: $model is not there: its card was not compared with it"
	exit 0
fi
json=$("$build/ossicle" info --json "$model")
field() { printf '%s\n' "$json" | sed -n 's/^[^[]*"'"$1"'":"\{0,1\}\([0-9a-f]*\).*/\1/p'; }
bad=0
if [ "${2:-}" = write ]; then
	edits=
	for name in bytes sum parameters vocabulary_size; do
		edits="$edits;s/^| \`$name\` | .* |\$/| \`$name\` | $(field $name) |/"
	done
	sed "$edits" "$card" >"$card.tmp-$$"
	mv "$card.tmp-$$" "$card"
fi
for name in bytes sum parameters vocabulary_size; do
	has=$(field $name)
	says=$(sed -n 's/^| `'$name'` | \(.*\) |$/\1/p' "$card")
	if [ -z "$has" ] || [ "$says" != "$has" ]; then
		echo "$card says that $name is \"$says\"; in $model it is \"$has\""
		bad=1
	fi
done
if grep -n 'TO BE MEASURED' "$card"; then
	echo "$card: these are still to be measured"
	bad=1
fi
if [ "$(field bytes)" -gt $max_bytes ]; then
	echo "$model has $(field bytes) bytes, more than $max_bytes"
	bad=1
fi
if [ "$(field projected_width)" != 0 ]; then
	echo "$model has a projector: ossicle average --no-projector writes it without"
	bad=1
fi
for file in checkpoints/ossicle-en.safetensors checkpoints/ossicle-en.md; do
	if git check-ignore -q "$file" 2>/dev/null; then
		echo "git ignores $file"
		bad=1
	fi
done
[ "$bad" = 0 ] && echo "$model: $(field bytes) bytes, sum $(field sum), as its card says"
[ "$bad" = 0 ]
