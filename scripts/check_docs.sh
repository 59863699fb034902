#!/bin/sh
# The documents say what the programs do: scripts/check_docs.sh BUILD
#  - what `make docs` makes of the tables of options and config keys is what is committed, and every command has its section;
#  - environment, exit codes and the fields of eval --json are where they should be;
#  - lines have at most 120 columns;
#  - the manual is sound;
#  - every script says how it is used.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_docs.sh BUILD}
build=$(cd "$build" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
export LC_ALL=C
"$build/ossicle-docs" --check docs/commands.md docs/configuration.md docs/ossicle.1 || bad=1
# The tables are those of the programs that users run.
"$build/ossicle" --help >"$work/top"
sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' "$work/top" | grep -v -x help | sort >"$work/help"
sed -n 's/^## ossicle //p' docs/commands.md | sort | diff "$work/help" - || { echo "ossicle --help (<) and the sections of docs/commands.md (>) differ"; bad=1; }
sed -n 's/^<!-- options: \(.*\) -->$/\1/p' docs/commands.md | sort | diff "$work/help" - || { echo "ossicle --help (<) and the regions of docs/commands.md (>) differ"; bad=1; }
sed -n 's/^\.Ss //p' docs/ossicle.1 | sort | diff "$work/help" - || { echo "ossicle --help (<) and the sections of docs/ossicle.1 (>) differ"; bad=1; }
while read -r command; do
	# A name of two words is two arguments.
	# shellcheck disable=SC2086
	"$build/ossicle" help $command | awk '/^  -/ { print $1 }' | grep -v -x -e --help -e --version | sort >"$work/options"
	awk -v mark="<!-- options: $command -->" '$0 == mark { inside = 1 } /^<!-- end -->/ { inside = 0 } inside && /^\| `-/' docs/commands.md |
		sed 's/^| `\([^ `]*\).*/\1/' | sort | diff "$work/options" - || { echo "ossicle help $command (<) and docs/commands.md (>) differ"; bad=1; }
done <"$work/help"
for file in docs/commands.md docs/ossicle.1; do
	for word in -help -version OSSICLE_CPU OSSICLE_MODEL; do
		grep -q -e "$word" $file || { echo "$file does not mention $word"; bad=1; }
	done
done
for code in 0 1 2 3 4 129 130 143 152; do
	grep -qE "^\| ([0-9]+, )*$code(, [0-9]+)* \|" docs/commands.md || { echo "docs/commands.md lacks exit code $code"; bad=1; }
	grep -qE "^\.It ([0-9]+ , )*$code( , [0-9]+)*$" docs/ossicle.1 || { echo "docs/ossicle.1 lacks exit code $code"; bad=1; }
done
# The fields of --json, from the first to the last that help lists, are documented.
check_fields() { # COMMAND FIRST LAST
	"$build/ossicle" help "$1" | tr '\n' ' ' | grep -o "prints $2 .* $3[; .]" | sed 's/^prints //; s/[; .]*$//' | tr -s ' ' '\n' >"$work/fields"
	[ -s "$work/fields" ] || { echo "ossicle help $1 does not list the fields of --json"; bad=1; }
	awk -v heading="## ossicle $1" '/^## / { inside = $0 == heading } inside' docs/commands.md >"$work/section"
	while read -r field; do
		grep -q "^| .*\`$field\`" "$work/section" || { echo "docs/commands.md lacks the field $field of ossicle $1"; bad=1; }
	done <"$work/fields"
}
check_fields eval utterances failed
check_fields report steps lines_skipped
check_fields score reference comparison
scripts/wrap_docs.sh --check || bad=1
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning docs/ossicle.1 || bad=1
fi
for script in scripts/*.sh scripts/ablation; do
	case $script in scripts/usage.sh | scripts/stages.sh) continue ;; esac # sourced
	# Not run unless it takes the option: it may do anything.
	grep -q '^\. "$(dirname "$0")/usage.sh"$' "$script" && [ "# $("$script" --help | head -n 1)" = "$(sed -n 2p "$script")" ] ||
		{ echo "$script --help does not say how it is used: source scripts/usage.sh after its first lines"; bad=1; }
done
[ "$bad" = 0 ] && echo "$(wc -l <"$work/help") commands agree"
[ "$bad" = 0 ]
