#!/bin/sh
# No compiler may join a product and a sum by itself: each would choose others, and results would change with it and with how
# work is cut. scripts/check_contraction.sh BUILD
#  - every command that compiles a file of src or tests ends up with -ffp-contract=off and without -ffast-math and the like;
#  - no source turns contraction on again.
# (tests/kernel/test_bits.c checks what comes of it.)
. "$(dirname "$0")/usage.sh"
set -u
build=${1:?usage: check_contraction.sh BUILD}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
MAKEFLAGS= MFLAGS= "${MAKE:-make}" -n -B BUILD="$build" all tests fuzz-programs "$build/tests/torture/torture" 2>/dev/null | grep -E ' -c -o [^ ]+\.o (src|tests)/' >"$work/compile"
# What the last such option says holds.
awk '{
	last = ""
	for (i = 1; i <= NF; i++) if ($i ~ /^-ffp-contract=/) last = $i; else if ($i ~ /^-(ffast-math|Ofast|ffp-model=.*|funsafe-math-optimizations|fassociative-math)$/) last = $i
	if (last != "-ffp-contract=off") { print $NF ": " (last == "" ? "contraction is left to the compiler" : last); bad = 1 }
} END { exit bad }' "$work/compile" || bad=1
for source in src/*/*.c tests/*/*.c; do
	grep -q " $source\$" "$work/compile" || case "$source" in
	tests/cross/* | tests/fuzz/entry.c) ;; # make check-neon and make fuzz alone
	*)
		echo "$source: no target of make compiles it"
		bad=1
		;;
	esac
done
if grep -rnE 'FP_CONTRACT|fp[ _]contract|fast-math' --include='*.[ch]' src tests include; then
	echo "these would change what the Makefile says of contraction"
	bad=1
fi
[ "$bad" -eq 0 ] && echo "$(wc -l <"$work/compile") compiler commands"
[ "$bad" -eq 0 ]
