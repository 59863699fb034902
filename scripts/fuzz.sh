#!/usr/bin/env bash
# Fuzzes: scripts/fuzz.sh libfuzzer|afl|replay TARGET...   (`make fuzz` builds the programs and calls this)
#         scripts/fuzz.sh --keep TARGET...
# FUZZ_SECONDS=60 for each target, FUZZ_JOBS=1 of them at a time; OSS_FUZZ_FAULTS=1: memory fails at random too. What was found before is the
# beginning of the next run: build/fuzz/corpus (libFuzzer), build/fuzz/afl/out (AFL++). `replay` runs the seeds and all that is there once. An input
# that breaks something stays in build/fuzz/found. Every run adds a line to build/fuzz/runs.tsv; the last column counts what is broken.
# --keep puts the shortest of what libFuzzer found beyond the seeds into tests/fuzz/corpus, behind the lines that stand there by hand.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
[ $# -gt 1 ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
fuzzer=$1
shift
all=build/fuzz
programs=$all/$fuzzer/tests/fuzz
seconds=${FUZZ_SECONDS:-60}
keep_bytes=6000 # of each target
by_coverage='# Found by coverage (scripts/fuzz.sh --keep):'
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=1:symbolize=0:allocator_may_return_null=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_AUTORESUME=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1
[ ! -w /dev/shm ] || export TMPDIR="${TMPDIR:-/dev/shm}"

write_seeds() { # PROGRAMS TARGET
	rm -rf "$all/seeds/$2"
	mkdir -p "$all/seeds/$2" "$all/corpus/$2" "$all/found"
	"$1/replay" "$2" --seeds "$all/seeds/$2"
}

count_found() { find "$all/found" -name "$1-*" 2>/dev/null | wc -l; }

# Sets `count`, the inputs that were run.
run_libfuzzer() {
	ln -sf entry "$programs/$1"
	# The program ends with an error when it has found something, which is counted below.
	ASAN_OPTIONS="${ASAN_OPTIONS/symbolize=0/symbolize=1}" "$programs/$1" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
		-artifact_prefix="$all/found/$1-" "$all/corpus/$1" "$all/seeds/$1" >"$all/log/$1" 2>&1 || true
	count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$all/log/$1" | tail -n 1)
}

run_afl() {
	out=$all/afl/out/$1
	afl-fuzz -i "$all/seeds/$1" -o "$out" -V "$seconds" -m none -t 10000 -- "$programs/replay" "$1" >"$all/log/$1" 2>&1 || cat "$all/log/$1" >&2
	count=$(sed -n 's/^execs_done *: *//p' "$out/default/fuzzer_stats")
	for input in "$out"/default/crashes/id* "$out"/default/hangs/id*; do
		[ ! -e "$input" ] || cp "$input" "$all/found/$1-$(sha1sum <"$input" | cut -c 1-40)"
	done
}

run_replay() {
	mkdir -p "$all/afl/out/$1/default/queue"
	find "$all/seeds/$1" "$all/corpus/$1" "$all/afl/out/$1/default/queue" -maxdepth 1 -type f >"$all/log/$1.list"
	count=$(wc -l <"$all/log/$1.list")
	xargs -a "$all/log/$1.list" -d '\n' "$programs/replay" "$1" >"$all/log/$1" 2>&1 || {
		last=$(sed -n "s/^$1 \(.*\): [0-9]* bytes\$/\1/p" "$all/log/$1" | tail -n 1)
		cp "$last" "$all/found/$1-$(sha1sum <"$last" | cut -c 1-40)"
	}
}

run_target() {
	begun=$(date +%s)
	mkdir -p "$all/log"
	write_seeds "$programs" "$1"
	before=$(count_found "$1")
	count=0
	"run_$fuzzer" "$1"
	found=$(($(count_found "$1") - before))
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$fuzzer" "$1" "${OSS_FUZZ_FAULTS:-0}" $(($(date +%s) - begun)) "${count:-0}" "$found" >>"$all/runs.tsv"
	if [ "$found" -gt 0 ] || [ "${count:-0}" -eq 0 ]; then
		tail -n 30 "$all/log/$1"
		echo "FAIL  $1: $found inputs in $all/found broke something, of ${count:-0}"
		return 1
	fi
	echo "ok    $1: $count inputs"
}

keep_target() {
	programs=$all/libfuzzer/tests/fuzz
	file=tests/fuzz/corpus/$1.txt
	touch "$file"
	sed -i "\\|^$by_coverage\$|,\$d" "$file" # what was kept by hand is left
	write_seeds "$programs" "$1"
	rm -rf "$all/kept/$1"
	mkdir -p "$all/kept/$1"
	cp "$all/seeds/$1"/* "$all/kept/$1"
	ln -sf entry "$programs/$1"
	"$programs/$1" -merge=1 -max_len=512 "$all/kept/$1" "$all/corpus/$1" >"$all/log/$1.merge" 2>&1
	find "$all/kept/$1" -type f ! -name 'seed-*' -size -2 -printf '%s %p\n' | sort -n |
		awk -v most="$keep_bytes" '{ sum += $1; if (sum <= most) print $2 }' >"$all/log/$1.list"
	[ ! -s "$all/log/$1.list" ] || { echo "$by_coverage" && xargs "$programs/replay" "$1" --keep <"$all/log/$1.list"; } >>"$file"
	[ -s "$file" ] || rm "$file"
	echo "$1: $(wc -l <"$all/log/$1.list") inputs kept"
}

if [ "$fuzzer" = --keep ]; then
	for target in "$@"; do keep_target "$target"; done
	exit 0
fi
case $fuzzer in libfuzzer | afl | replay) ;; *) echo "fuzz.sh: '$fuzzer' is none of libfuzzer, afl, replay" >&2; exit 2 ;; esac
if [ "${FUZZ_JOBS:-1}" -gt 1 ] && [ $# -gt 1 ]; then
	printf '%s\n' "$@" | FUZZ_JOBS=1 xargs -P "$FUZZ_JOBS" -I TARGET "$0" "$fuzzer" TARGET
	exit
fi
code=0
for target in "$@"; do run_target "$target" || code=1; done
exit $code
