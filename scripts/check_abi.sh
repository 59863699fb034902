#!/bin/sh
# The binary interface against the list of it: scripts/check_abi.sh [--update] BUILD
# scripts/abi/public.txt has every exported function with its declaration, the size and the members of every public struct with their
# places, and every public enumerator and its value, as they are on 64-bit machines (LP64). A line that changes or goes breaks programs
# that were linked before; one that comes is to be put down. --update writes the list anew: see CONTRIBUTING.md.
. "$(dirname "$0")/usage.sh"
set -eu
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
build=$(cd "${1:?usage: check_abi.sh [--update] BUILD}" && pwd)
cd "$(dirname "$0")/.."
list=scripts/abi/public.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# All headers in one line each declaration: no comments, no preprocessor, no bodies of inline functions.
for header in include/ossicle/*.h; do
	sed -e '/^#/d' -e '/^extern "C" {$/d' "$header" | tr '\n' ' ' | sed 's:/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/: :g' | sed 's/[[:space:]][[:space:]]*/ /g'
	echo
done >"$work/headers"

# Functions: declarations, sorted by name.
grep -o 'OSS_API [^;]*;' "$work/headers" | sed 's/^OSS_API //; s/;$//' | awk '{
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	print name "\t" $0
}' | sort | cut -f 2 >"$work/functions"
sed 's/(.*//; s/.*[ *]//' "$work/functions" | sort >"$work/declared"
nm -D --defined-only "$build/libossicle.so" | awk '{ print $3 }' | sort >"$work/exported"
diff "$work/declared" "$work/exported" >"$work/diff" || { echo "headers (<) and libossicle.so (>) have different functions:"; cat "$work/diff"; exit 1; }
grep -o 'typedef [^;{}]*(\*[^;{}]*) *([^;{}]*);' "$work/headers" | sed 's/;$//' | sort >"$work/callbacks"

# Structs and enums: a program that asks the compiler. Members are `type name;` or `type name, name;`, as everywhere here.
{
	echo '#include <stddef.h>'
	echo '#include <stdio.h>'
	echo '#include "ossicle/ossicle.h"'
	echo 'int main(void) {'
	grep -o 'typedef struct [a-z_]* {[^}]*}' "$work/headers" | sort | awk '{
		type = $3
		body = $0
		sub(/^[^{]*{ */, "", body)
		sub(/ *}.*/, "", body)
		printf "\tprintf(\"struct %s: %%zu bytes\\n\", sizeof(%s));\n", type, type
		count = split(body, member, /; */)
		for (i = 1; i <= count; i++) {
			if (member[i] == "")
				continue
			names = split(member[i], part, /, */)
			for (j = 1; j <= names; j++) {
				name = part[j]
				sub(/\[.*/, "", name)
				sub(/.*[ *]/, "", name)
				text = part[1]
				sub(/\[.*/, "", text)
				sub(/[^ *]*$/, "", text)
				sub(/ $/, "", text)
				printf "\tprintf(\"    %%3zu + %%3zu %s: %s\\n\", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n", name, text, type, name, type, name
			}
		}
	}'
	grep -o 'typedef enum [a-z_]* {[^}]*}' "$work/headers" | sort | awk '{
		body = $0
		sub(/^[^{]*{ */, "", body)
		sub(/ *}.*/, "", body)
		printf "\tprintf(\"enum %s: %%zu bytes\\n\", sizeof(%s));\n", $3, $3
		count = split(body, name, /, */)
		for (i = 1; i <= count; i++) {
			sub(/ *=.*/, "", name[i])
			if (name[i] != "")
				printf "\tprintf(\"    %s = %%d\\n\", (int)%s);\n", name[i], name[i]
		}
	}'
	echo '	return sizeof(void *) == 8 && sizeof(long) == 8 ? 0 : 3;'
	echo '}'
} >"$work/types.c"
${CC:-cc} -std=c11 -Wall -Werror -Iinclude -o "$work/types" "$work/types.c"
code=0
"$work/types" >"$work/types.txt" || code=$?
if [ "$code" = 3 ]; then
	echo "note: no 64-bit machine: structs are not compared"
	exit 0
fi
[ "$(grep -c '^struct' "$work/types.txt")" = "$(grep -o 'typedef struct [a-z_]* {' "$work/headers" | wc -l)" ] || { echo "a struct was not read"; exit 1; }
grep -o 'typedef struct [a-z_]* { size_t size;' "$work/headers" | awk '{ print $3 }' | while read -r type; do
	grep -q "static inline $type ${type}_init(void) {" "$work/headers" || { echo "$type begins with its size and has no ${type}_init()"; exit 1; }
done
{
	echo "# The binary interface of libossicle on 64-bit machines. Written by scripts/check_abi.sh --update, which says when it may change."
	echo
	cat "$work/functions"
	echo
	cat "$work/callbacks"
	echo
	cat "$work/types.txt"
} >"$work/public.txt"
if [ "$update" = yes ]; then
	cp "$work/public.txt" "$list"
	exit 0
fi
if ! diff "$list" "$work/public.txt" >"$work/diff"; then
	cat "$work/diff"
	if grep -q '^<' "$work/diff"; then
		echo "lines of $list (<) changed or went: programs that were linked before may break. If that is meant, raise SOVERSION in the Makefile;"
	fi
	echo "scripts/check_abi.sh --update $build writes the list anew: CONTRIBUTING.md, \"The public interface\""
	exit 1
fi
echo "$(wc -l <"$work/functions") functions, $(grep -c '^struct' "$work/types.txt") structs and $(grep -c '^enum' "$work/types.txt") enums as listed"
