#!/bin/sh
# What the programs and libraries carry: scripts/check_links.sh BUILD
#  - no symbol that the trainer's objects define is in `ossicle` or libossicle.so, or is wanted by libossicle.a;
#  - nor does libossicle hold anything of the second archive, or want it: features, model file, encoder and decoding are all of it;
#  - `transcribe`, `embed` and `features` call what libossicle.so exports, and helpers of src/cli, and nothing else of Ossicle;
#  - libossicle.so holds nothing that serves training alone (gradients, AdamW, dropout, the CTC loss, noise, products of bf16 pairs
#    without the instruction), and stripped it is at
#    most 800 KiB;
#  - neither loads OpenBLAS or a Fortran run time (ossicle-train does, which shows that this check would see it).
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_links.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
defined() { nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | LC_ALL=C sort -u; }
wanted() { nm --undefined-only "$@" 2>/dev/null | awk 'NF == 2 && $1 == "U" { print $2 }' | LC_ALL=C sort -u; }
for part in train tools; do
	defined "$build/libossicle_$part.a" >"$work/$part"
	if [ "$(wc -l <"$work/$part")" -lt 20 ]; then
		echo "libossicle_$part.a defines hardly any symbol: nothing was checked"
		exit 1
	fi
done
check_none() { # PART WHAT: symbols on stdin must not be those of an archive
	LC_ALL=C sort -u | LC_ALL=C comm -12 - "$work/$1" >"$work/common"
	if [ -s "$work/common" ]; then
		echo "$2 has symbols of libossicle_$1.a:"
		head -n 20 "$work/common"
		bad=1
	fi
}
check_some() { # PART PROGRAM: it has such symbols, or the check above sees nothing
	if ! defined "$build/$2" | LC_ALL=C comm -12 - "$work/$1" | grep -q .; then
		echo "$build/$2 has no symbol of libossicle_$1.a: this check sees nothing"
		bad=1
	fi
}
defined "$build/ossicle" | check_none train "$build/ossicle"
for part in train tools; do
	nm "$build/libossicle.so" 2>/dev/null | awk '{ print $NF }' | check_none "$part" "$build/libossicle.so"
	defined "$build/libossicle.a" | check_none "$part" "$build/libossicle.a"
	wanted "$build/libossicle.a" | check_none "$part" "$build/libossicle.a (wanted)"
	check_some "$part" ossicle-train
done
check_some tools ossicle
training='_(bwd|grad|backward)$|adamw|dropout|white_noise|ctc$|peak_run|merge_stats|stats_add'
if ! nm "$build/libossicle.a" 2>/dev/null | awk '$2 ~ /[tT]/ { print $3 }' | grep -qE "$training"; then
	echo "libossicle.a has no kernel of training: this check sees nothing"
	bad=1
fi
if nm "$build/libossicle.so" | awk '$2 ~ /[tTrRdD]/ { print $3 }' | grep -E "$training"; then
	echo "$build/libossicle.so holds these, which serve training alone"
	bad=1
fi
strip -o "$work/stripped.so" "$build/libossicle.so"
kib=$((($(wc -c <"$work/stripped.so") + 1023) / 1024))
if [ "$kib" -gt 800 ]; then
	echo "$build/libossicle.so: $kib KiB without symbols, more than 800"
	bad=1
fi
nm -D --defined-only "$build/libossicle.so" | awk '{ print $3 }' | LC_ALL=C sort -u >"$work/exported"
# Of the library they call what it exports; src/base, which is no part of it by itself, serves their own files too.
nm --defined-only "$build"/src/kernel/*.o "$build"/src/audio/*.o "$build"/src/text/*.o "$build"/src/decode/*.o "$build"/src/model/*.o \
	"$build"/src/output/*.o "$build"/src/infer/*.o | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u >"$work/library"
for command in transcribe embed features; do
	# with its own files, transcribe_run.c and such
	for object in "$build/src/cli/cmd_$command.o" "$build/src/cli/${command}"_*.o; do
		[ ! -e "$object" ] || wanted "$object"
	done | LC_ALL=C sort -u | LC_ALL=C comm -12 - "$work/library" >"$work/calls"
	if ! LC_ALL=C comm -12 "$work/calls" "$work/exported" | grep -q .; then
		echo "$command calls nothing that libossicle.so exports: this check sees nothing"
		bad=1
	fi
	if LC_ALL=C comm -23 "$work/calls" "$work/exported" | grep .; then
		echo "$command calls these, which libossicle.so does not export"
		bad=1
	fi
done
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
[ "$bad" = 0 ] && echo "none of $(wc -l <"$work/train") symbols of the trainer, none of $(wc -l <"$work/tools") of the tools in libossicle, $kib KiB without symbols, no OpenBLAS"
[ "$bad" = 0 ]
