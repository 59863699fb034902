#!/bin/sh
# The inference side carries nothing of training: scripts/check_links.sh BUILD
#  - no symbol that the trainer's objects define is in `ossicle` or libossicle.so, or is wanted by libossicle.a;
#  - neither loads OpenBLAS or a Fortran run time (ossicle-train does, which shows that this check would see it).
set -eu
build=${1:?usage: check_links.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
defined() { nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | LC_ALL=C sort -u; }
nm --defined-only "$build/libossicle_train.a" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | LC_ALL=C sort -u >"$work/train"
if [ "$(wc -l <"$work/train")" -lt 20 ]; then
	echo "libossicle_train.a defines hardly any symbol: nothing was checked"
	exit 1
fi
check_none() { # WHAT: symbols on stdin must not be the trainer's
	LC_ALL=C sort -u | LC_ALL=C comm -12 - "$work/train" >"$work/common"
	if [ -s "$work/common" ]; then
		echo "$1 has symbols of the trainer:"
		head -n 20 "$work/common"
		bad=1
	fi
}
defined "$build/ossicle" | check_none "$build/ossicle"
nm "$build/libossicle.so" 2>/dev/null | awk '{ print $NF }' | check_none "$build/libossicle.so"
nm --undefined-only "$build/libossicle.a" 2>/dev/null | awk 'NF == 2 { print $2 }' | check_none "$build/libossicle.a"
if defined "$build/ossicle-train" | LC_ALL=C comm -12 - "$work/train" | grep -q .; then :; else
	echo "$build/ossicle-train has no symbol of the trainer: this check sees nothing"
	bad=1
fi
blas='openblas|libblas|liblapack|gfortran'
for file in ossicle libossicle.so; do
	if ldd "$build/$file" | grep -E "$blas"; then
		echo "$build/$file loads these"
		bad=1
	fi
done
if ! ldd "$build/ossicle-train" | grep -qE "$blas"; then
	echo "$build/ossicle-train loads no OpenBLAS: this check sees nothing"
	bad=1
fi
[ "$bad" = 0 ] && echo "none of $(wc -l <"$work/train") symbols of the trainer, no OpenBLAS"
[ "$bad" = 0 ]
