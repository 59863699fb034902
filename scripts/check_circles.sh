#!/bin/sh
# No circle of files: scripts/check_circles.sh BUILD
#  - no header of src or include leads back to itself;
#  - no file of src calls (or reads a variable of) a file that, directly or through others, calls it: looked up in BUILD's objects.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_circles.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
# "from to" on each line of a file; tsort names what is in a circle.
check_order() { # WHAT FILE
	if [ "$(wc -l <"$2")" -lt 100 ]; then
		echo "hardly any $1: nothing was checked"
		bad=1
	elif ! tsort <"$2" >/dev/null 2>"$work/circle"; then
		echo "a circle of $1:"
		sed 's/^tsort: /  /; /input contains a loop/d' "$work/circle"
		bad=1
	fi
}
find src include -name '*.h' | LC_ALL=C sort | xargs awk '
	/^#[ \t]*include[ \t]*"/ {
		from = FILENAME
		sub(/^(src|include)\//, "", from)
		to = $0
		sub(/^[^"]*"/, "", to)
		sub(/".*/, "", to)
		print from, to
	}' >"$work/includes"
# An object is the file that it was made of, for whichever instruction set.
find src -name '*.c' | LC_ALL=C sort | while read -r file; do
	for object in "$build/${file%.c}".o "$build/${file%.c}".*.o; do
		if [ -e "$object" ]; then nm -P "$object" | awk -v file="$file" '{ print file, $1, $2 }'; fi
	done
done >"$work/symbols"
awk '
	NR == FNR { if ($3 ~ /^[TDBRCV]$/) owner[$2] = $1; next }
	$3 == "U" && $2 in owner && owner[$2] != $1 { print $1, owner[$2] }' "$work/symbols" "$work/symbols" | LC_ALL=C sort -u >"$work/calls"
check_order "headers" "$work/includes"
check_order "calls" "$work/calls"
[ "$bad" = 0 ] && echo "$(wc -l <"$work/includes") includes and $(wc -l <"$work/calls") pairs of files in an order"
[ "$bad" = 0 ]
