#!/bin/sh
# Runs test programs: scripts/run-tests.sh BUILD PROGRAM...
# As many at a time as there are processors (TEST_JOBS=N: as N); those that measure time (test_*_cost) run alone, after the others. RUN_WITH
# is put before each, for programs of another processor (qemu-aarch64).
# Prints each program's own summary, the whole output of one that failed, and "N passed, N failed" (test cases).
. "$(dirname "$0")/usage.sh"
set -u
build=$1
shift
passed=0
failed=0
jobs=${TEST_JOBS:-$(nproc 2>/dev/null || echo 1)}
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs" || exit 1

# run JOBS PROGRAM...: the code of each stands in its .code once its .log is whole, and then its name is printed. Not in the background, where a shell
# ignores SIGINT, and so would the programs.
run() {
	most=$1
	shift
	[ $# -gt 0 ] || return
	printf '%s\n' "$@" | xargs -d '\n' -P "$most" -I PROGRAM sh -c '
		log=$2/$(printf "%s" "${1#"$3"/}" | tr / _)
		if ${RUN_WITH:-} "$1" >"$log.log" 2>&1; then code=0; else code=$?; fi
		echo "$code" >"$log.new" && mv "$log.new" "$log.code"
		echo "$1"' sh PROGRAM "$logs" "$build"
}

tell() { # PROGRAM
	log=$logs/$(printf '%s' "${1#"$build"/}" | tr / _)
	while [ ! -e "$log.code" ]; do
		read -r _ || { echo "it was not run" >"$log.log"; echo 1 >"$log.code"; }
	done
	status=$(cat "$log.code")
	summary=$(grep -E '^[0-9]+%: Checks: ' "$log.log" | tail -n 1)
	checks=$(printf '%s\n' "$summary" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
	bad=$(printf '%s\n' "$summary" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2/p' | awk '{ print $1 + $2 }')
	if [ "$status" -ne 0 ] || [ -z "$summary" ] || [ "${checks:-0}" -eq 0 ]; then
		cat "$log.log"
		[ "${bad:-0}" -gt 0 ] || bad=1
		echo "FAIL  ${1#"$build"/}"
	else
		echo "ok    ${1#"$build"/}: $checks"
	fi
	failed=$((failed + ${bad:-0}))
	good=$((${checks:-0} - ${bad:-0}))
	[ "$good" -gt 0 ] && passed=$((passed + good))
}

[ "$jobs" -eq 1 ] || export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-2}" # they take turns with others
together=
alone=
for program in "$@"; do
	case $program in
	*_cost) alone="$alone $program" ;;
	*) together="$together $program" ;;
	esac
done
# shellcheck disable=SC2086
{ run "$jobs" $together; run 1 $alone; } | {
	for program in $together $alone; do tell "$program"; done
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
