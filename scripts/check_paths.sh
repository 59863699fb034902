#!/bin/sh
# Every file of the repository that a document, a comment or a script names is there: scripts/check_paths.sh
# (Names in capitals stand for others; CHANGELOG.md may name what was.)
. "$(dirname "$0")/usage.sh"
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find src include tests scripts docs configs findings .ci checkpoints data ./*.md Makefile -type f \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.md' -o -name '*.py' -o -name '*.1' -o -name Makefile -o -path '*/.ci/*' \) \
	! -name CHANGELOG.md 2>/dev/null | LC_ALL=C sort >"$work/files"
folders=$(find src -mindepth 1 -maxdepth 1 -type d | sed 's,src/,,' | paste -s -d '|')
xargs grep -oHE "\b(src|tests|scripts|configs|include|docs|findings)/[A-Za-z0-9_/-]+\.(c|h|sh|py|md|json|txt|in|1|cjs)\b" <"$work/files" |
	sed 's/:/ /' >"$work/named"
# In comments of C files a header is named as it is included.
grep '\.[ch]$' "$work/files" | xargs grep -oHE "(^|[^/A-Za-z0-9_])($folders)/[a-z0-9_]+\.[ch]\b" | sed 's/:[^A-Za-z]*/ src\//' | sed 's/:/ src\//' >>"$work/named"
bad=0
count=0
while read -r file name; do
	count=$((count + 1))
	case "$name" in */*[A-Z][A-Z]*) continue ;; esac
	[ -e "$name" ] || [ -e "tests/${name#src/}" ] || { echo "$file names $name, which is not there"; bad=1; }
done <"$work/named"
echo "$count names of files"
[ "$bad" = 0 ] && [ "$count" -gt 100 ]
