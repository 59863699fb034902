#!/bin/sh
# What the library shows and what it calls: scripts/check_symbols.sh BUILD
#  - libossicle.so exports exactly the functions that the public headers mark OSS_API;
#  - a C and a C++ program that include ossicle/ossicle.h link with it and run;
#  - every external symbol of both libraries begins with oss_;
#  - no object of either library ends the process or writes to the standard streams;
#  - only src/base/sys.c calls the C library's heap and file functions (all else goes through its tables).
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_symbols.sh BUILD}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
sed '/^#/d' include/ossicle/*.h | tr '\n' ' ' | sed 's:/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/: :g' | grep -o 'OSS_API [^;(]*(' | sed 's/ *($//; s/.*[ *]//' | LC_ALL=C sort -u >"$work/declared"
nm -D --defined-only "$build/libossicle.so" | awk '{ print $3 }' | LC_ALL=C sort -u >"$work/exported"
if ! diff "$work/declared" "$work/exported" >"$work/diff" || [ ! -s "$work/declared" ]; then
	echo "libossicle.so exports (>) and the public headers declare (<) different functions:"
	cat "$work/diff"
	bad=1
fi
cat >"$work/user.c" <<'USER'
#include <stdio.h>
#include "ossicle/ossicle.h"
int main(void) {
	oss_recognizer *recognizer = 0;
	oss_status status = oss_recognizer_create(&recognizer, "/nowhere/model.safetensors", 0);
	printf("%s %s\n", oss_version(), oss_last_error());
	return status < 0 && recognizer == 0 ? 0 : 1;
}
USER
for compiler in "${CC:-cc} -std=c11" "${CXX:-c++} -x c++ -std=c++11"; do
	# shellcheck disable=SC2086
	if ! $compiler -Wall -Wextra -Werror -Iinclude -o "$work/user" "$work/user.c" -x none "$build/libossicle.so" -Wl,-rpath,"$(cd "$build" && pwd)" ||
		! (ln -sf "$(cd "$build" && pwd)/libossicle.so" "$work/libossicle.so.0" && LD_LIBRARY_PATH=$work "$work/user" | grep -q /nowhere/model.safetensors); then
		echo "a program built with $compiler cannot use libossicle.so"
		bad=1
	fi
done
for library in libossicle.a libossicle_tools.a libossicle_train.a; do
	if nm --defined-only "$build/$library" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | grep -v '^oss_'; then
		echo "these symbols of $library do not begin with oss_"
		bad=1
	fi
done

ends='exit|_exit|_Exit|quick_exit|abort|__assert_fail|raise'
prints='stdout|stderr|printf|vprintf|puts|putchar|putc|fputs|fputc|fprintf|vfprintf|fwrite|perror|psignal|__printf_chk|__vprintf_chk|__fprintf_chk|__vfprintf_chk|err|errx|warn|warnx'
heap='malloc|calloc|realloc|free|posix_memalign|aligned_alloc|memalign|strdup|strndup|asprintf|vasprintf|getline|getdelim|realpath'
files='open|open64|openat|creat|creat64|fopen|fopen64|fdopen|fclose|read|write|pread|pwrite|close|lseek|lseek64|ftruncate|ftruncate64|fsync|fdatasync|rename|unlink|remove|mkdir|rmdir|symlink|link|readlink|stat|stat64|lstat|lstat64|fstat|fstat64|access|opendir|readdir|readdir64|closedir|flock|mmap|mmap64|munmap|tmpfile|mkstemp'
checked=0
for source in src/base/*.c src/kernel/*.c src/audio/*.c src/text/*.c src/model/*.c src/decode/*.c src/output/*.c src/infer/*.c src/augment/*.c src/units/*.c src/dataset/*.c src/checkpoint/*.c src/convert/*.c src/check/*.c src/batch/*.c src/tape/*.c src/op/*.c src/nn/*.c src/train/*.c; do
	[ -e "$source" ] || continue
	banned="$ends|$prints|$heap|$files"
	[ "$source" != src/base/sys.c ] || banned="$ends|$prints"
	for object in "$build/${source%.c}".o "$build/${source%.c}".generic.o "$build/${source%.c}".avx2.o "$build/${source%.c}".avx512.o "$build/${source%.c}".avx512bf16.o "$build/${source%.c}".avx512vnni.o; do
		[ -e "$object" ] || continue
		checked=$((checked + 1))
		if nm --undefined-only "$object" | awk '{ print $2 }' | sed 's/@.*//' | grep -xE "$banned"; then
			echo "$source calls these"
			bad=1
		fi
	done
done
if [ "$checked" -lt 20 ]; then
	echo "only $checked objects were found in $build"
	bad=1
fi
[ "$bad" = 0 ] && echo "$(wc -l <"$work/exported") functions exported; $checked objects checked"
[ "$bad" = 0 ]
