#!/bin/sh
# --help, docs/commands.md and the man page name the same commands and the same options: scripts/check_docs.sh BUILD
# A list has a line "COMMAND" for each command and a line "COMMAND OPTION [VALUE]" for each option.
set -eu
build=${1:?usage: check_docs.sh BUILD}
build=$(cd "$build" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
export LC_ALL=C
"$build/ossicle" --help >"$work/top"
commands=$(awk '/^  [a-z]/ && $1 != "help" { print $1 }' "$work/top")
for command in $commands; do
	echo "$command"
	"$build/ossicle" help "$command" >"$work/help"
	awk -v command="$command" '/^  -/ { sub(/^  /, ""); sub(/  .*/, ""); sub(/ *$/, ""); print command, $0 }' "$work/help" |
		grep -v -e ' --help$' -e ' --version$'
	# The usage line names every option too.
	for option in $(awk '/^  -/ { print $1 }' "$work/help" | grep -v -x -e --help -e --version); do
		sed -n '/^usage:/,/^$/p' "$work/help" | grep -q -e " \[\{0,1\}$option\b" || echo "$command: usage lacks $option"
	done
done | sort >"$work/list.help"
awk '/^## ossicle / { command = $3; print command }
	/^## / && !/^## ossicle / { command = "" }
	/^\| `-/ && command != "" { sub(/^\| `/, ""); sub(/`.*/, ""); print command, $0 }' docs/commands.md | sort >"$work/list.commands"
awk '$1 == ".Sh" { command = "" }
	$1 == ".Ss" { command = $2; print command }
	$1 == ".It" && $2 == "Fl" && command != "" { print command, "-" $3 ($4 == "Ar" ? " " $5 : "") }' docs/ossicle.1 | sort >"$work/list.man"
for other in commands man; do
	if ! diff "$work/list.help" "$work/list.$other"; then
		echo "--help (<) and $([ $other = man ] && echo docs/ossicle.1 || echo docs/commands.md) (>) differ"
		bad=1
	fi
done
for file in docs/commands.md docs/ossicle.1; do
	for word in -help -version OSSICLE_CPU OSSICLE_MODEL; do
		grep -q -e "$word" $file || { echo "$file does not mention $word"; bad=1; }
	done
done
for code in 0 1 2 3 4 130 143; do
	grep -qE "^\| ($code|.*, $code|$code, .*) \|" docs/commands.md || { echo "docs/commands.md lacks exit code $code"; bad=1; }
	grep -qE "^\.It ($code|$code ,.*|.* , $code)$" docs/ossicle.1 || { echo "docs/ossicle.1 lacks exit code $code"; bad=1; }
done
# The fields that eval --json prints are documented in their order.
"$build/ossicle" help eval | tr '\n' ' ' | grep -o 'prints utterances .* failed' | sed 's/^prints //' | tr -s ' ' '\n' >"$work/fields"
[ -s "$work/fields" ] || { echo "ossicle help eval does not list the fields of --json"; bad=1; }
while read -r field; do
	grep -q "^| .*\`$field\`" docs/commands.md || { echo "docs/commands.md lacks the field $field"; bad=1; }
	tr '\n' ' ' <docs/ossicle.1 | grep -qE "object instead of a table:.*\b$field\b.*" || { echo "docs/ossicle.1 lacks the field $field"; bad=1; }
done <"$work/fields"
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning docs/ossicle.1 || bad=1
fi
[ "$bad" = 0 ] && echo "$(wc -l <"$work/list.help") commands and options agree"
[ "$bad" = 0 ]
