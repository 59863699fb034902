#!/bin/sh
# Which lines the tests reach: scripts/coverage.sh BUILD, a build with --coverage whose tests were run (make coverage does all of it).
# Prints lines and percentages by folder, and for each file that parses or writes files, or that has a dozen lines which were not reached, how
# many these are (coverage.csv in BUILD has all files); ends with 1 when less is reached than is promised: of all lines 88 %, of what parses
# files and writes them 95 %.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: coverage.sh BUILD}
command -v gcovr >/dev/null || { echo "coverage.sh: gcovr is missing: scripts/install-deps.sh coverage" >&2; exit 2; }
# Not src/kernel: gcovr 5.2 ends at functions that are compiled once for each instruction set.
gcovr --root . --exclude-directories '.*/src/kernel$' --object-directory "$build" --filter 'src/' --exclude 'src/cli/docs_' \
	--csv "$build/coverage.csv" "$build/src"
awk -F , '
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	{
		file = $column["filename"]; lines = $column["line_total"]; reached = $column["line_covered"]
		split(file, part, "/")
		all += lines; all_reached += reached
		folder[part[2]] += lines; folder_reached[part[2]] += reached
		is_parser = file ~ /^src\/(base\/(csv|json|file|npy|number|options|utf8|path|tsv)|audio\/(container|wav_pipe|ogg|mpeg|magic|raw|pcm)|model\/(model_file|config|safetensors)|ngram\/|text\/|checkpoint\/)/
		if (is_parser) {
			parser += lines; parser_reached += reached
		}
		missed[file] = lines - reached
		percent[file] = lines > 0 ? 100 * reached / lines : 100
		parses[file] = is_parser
	}
	END {
		printf "%-12s %7s %8s %7s\n", "folder", "lines", "reached", "%"
		fflush()
		for (name in folder) printf "%-12s %7d %8d %6.1f\n", name, folder[name], folder_reached[name], 100 * folder_reached[name] / folder[name] | "sort"
		close("sort")
		printf "%-12s %7d %8d %6.1f (at least 95)\n", "files", parser, parser_reached, 100 * parser_reached / parser
		printf "%-12s %7d %8d %6.1f (at least 88)\n", "all", all, all_reached, 100 * all_reached / all
		fflush()
		for (file in missed) if (missed[file] >= 12 || (parses[file] && missed[file] > 0))
			printf "%5d lines not reached, %5.1f %% %-5s  %s\n", missed[file], percent[file], parses[file] ? "files" : "", file | "sort -rn"
		close("sort -rn")
		exit 100 * all_reached < 88 * all || 100 * parser_reached < 95 * parser
	}' "$build/coverage.csv"
