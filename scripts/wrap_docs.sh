#!/bin/sh
# Lines of Markdown have at most 120 columns, but for tables, code and headings.
#   scripts/wrap_docs.sh [FILE]...           wraps the paragraphs and list items that have a longer one (default: all documents)
#   scripts/wrap_docs.sh --check [FILE]...   names such lines; exit 1 when there are any
# A paragraph whose lines all fit stays as it is. Code between backquotes is not broken unless it is long.
. "$(dirname "$0")/usage.sh"
set -eu
export LC_ALL=C # columns are bytes, so a line with other letters than ASCII's is a little shorter than it might be
mode=wrap
[ "${1:-}" != --check ] || { mode=check; shift; }
if [ $# -eq 0 ]; then
	cd "$(dirname "$0")/.."
	set -- $(find . -maxdepth 1 -name '*.md' | LC_ALL=C sort) $(find docs checkpoints findings data/README.md tests/golden/README.md -maxdepth 2 -name '*.md' 2>/dev/null | LC_ALL=C sort)
fi
wrap() { # FILE
	awk -v mode=$mode '
		# What ends a paragraph and is kept as it is.
		function is_kept(line) {
			return line ~ /^[ \t]*$/ || line ~ /^ *\|/ || line ~ /^#/ || line ~ /^ *<!--.*-->$/ || line ~ /^>/ || line ~ /^ *---+$/
		}
		# Length of the mark that begins a list item, with the spaces before and after it; 0: none.
		function measure_mark(line) {
			return match(line, /^ *([-*+]|[0-9]+[.)]) +/) ? RLENGTH : 0
		}
		function count_quotes(word) { return gsub(/`/, "`", word) }
		function flush(    i, n, word, words, text, line, indent, open) {
			if (lines == 0) return
			if (!long) {
				for (i = 1; i <= lines; i++) print paragraph[i]
				lines = 0
				return
			}
			mark = measure_mark(paragraph[1])
			match(paragraph[1], /^ */)
			indent = mark > 0 ? mark : RLENGTH
			text = ""
			for (i = 1; i <= lines; i++) text = text " " (i == 1 ? substr(paragraph[1], indent + 1) : paragraph[i])
			n = split(text, part, /[ \t]+/)
			words = 0
			open = 0
			for (i = 1; i <= n; i++) {
				if (part[i] == "") continue
				# Stays with the word before it: the rest of some code, and what would begin a list or heading in front of a line.
				if (words > 0 && ((open && length(word[words]) + length(part[i]) < 60) || part[i] ~ /^([-+*=|>]|#+|[0-9]+[.)])$/))
					word[words] = word[words] " " part[i]
				else
					word[++words] = part[i]
				if (count_quotes(part[i]) % 2) open = !open
			}
			line = substr(paragraph[1], 1, indent) word[1]
			for (i = 2; i <= words; i++) {
				if (length(line) + 1 + length(word[i]) > 120) {
					print line
					line = sprintf("%" indent "s", "") word[i]
				} else {
					line = line " " word[i]
				}
			}
			print line
			lines = 0
		}
		function add(line) {
			paragraph[++lines] = line
			if (lines == 1) long = 0
			if (length(line) > 120) long = 1
		}
		mode == "check" {
			if (/^ *```/) code = !code
			text = $0
			sub(/^ *([-*+]|[0-9]+[.)])? */, "", text)
			if (!code && (!is_kept($0) || /^>/) && length($0) > 120 && text ~ / /) {
				printf "%s:%d: %d columns, at most 120: scripts/wrap_docs.sh %s wraps it\n", FILENAME, FNR, length($0), FILENAME
				bad = 1
			}
			next
		}
		/^ *```/ { flush(); code = !code; print; next }
		code { print; next }
		is_kept($0) { flush(); print; after_blank = $0 ~ /^[ \t]*$/; next }
		/^    / && lines == 0 && after_blank && !in_list { print; next }
		measure_mark($0) > 0 { flush(); in_list = 1; add($0); after_blank = 0; next }
		lines == 0 && /^[^ ]/ { in_list = 0 }
		{ add($0); after_blank = 0 }
		/  $/ { flush() }
		END { if (mode == "wrap") flush(); exit bad }' "$1"
}
bad=0
for file in "$@"; do
	if [ $mode = check ]; then
		wrap "$file" || bad=1
	else
		temporary=$file.tmp-$$
		wrap "$file" >"$temporary"
		if cmp -s "$temporary" "$file"; then
			rm "$temporary"
		else
			cat "$temporary" >"$file"
			rm "$temporary"
			echo "$file is wrapped"
		fi
	fi
done
exit $bad
