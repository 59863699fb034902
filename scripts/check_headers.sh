#!/bin/sh
# Every public header compiles alone, as C11 and as C++11, with nothing but include/ in sight; every header of src alone, as C11.
. "$(dirname "$0")/usage.sh"
set -u
cd "$(dirname "$0")/.."
bad=0
compile() { # HEADER NAME COMMAND...
	header=$1
	shift
	if ! printf '#include "%s"\n' "$header" | "$@" -fsyntax-only -; then
		echo "$header: does not compile alone: $*"
		bad=1
	fi
}
strict="-Wall -Wextra -Wpedantic -Wundef -Werror"
found=0
for path in include/ossicle/*.h; do
	found=$((found + 1))
	# shellcheck disable=SC2086
	compile "${path#include/}" ${CC:-cc} -x c -std=c11 -Wstrict-prototypes $strict -Iinclude
	# shellcheck disable=SC2086
	compile "${path#include/}" ${CXX:-c++} -x c++ -std=c++11 $strict -Iinclude
	if ! grep -q 'extern "C"' "$path" && grep -q '^OSS_API' "$path"; then
		echo "$path: declares functions without extern \"C\""
		bad=1
	fi
	name=$(basename "$path")
	if [ "$name" != ossicle.h ] && ! grep -q "\"ossicle/$name\"" include/ossicle/ossicle.h; then
		echo "include/ossicle/ossicle.h does not include $path"
		bad=1
	fi
done
for path in src/*/*.h; do
	found=$((found + 1))
	compile "${path#src/}" ${CC:-cc} -x c -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE -DOSS_ISA=generic -Iinclude -Isrc
done
echo "$found headers"
[ "$bad" = 0 ] && [ "$found" -gt 1 ]
