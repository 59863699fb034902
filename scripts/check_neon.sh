#!/bin/sh
# Runs the suites that make check-neon built: scripts/check_neon.sh BUILD FAULTY PROGRAM...
# FAULTY (tests/cross/faulty.c) comes first: its tests fail in every way a test can, and the runner must tell; a runner that lets
# faults pass would make the rest worthless. Ends with "N passed, N failed" (test cases, and one for FAULTY).
. "$(dirname "$0")/usage.sh"
set -u
build=$1
faulty=$2
shift 2
if ${RUN_WITH:-} "$faulty" >"$build/faulty.log" 2>&1; then status=0; else status=$?; fi
if [ "$status" -ne 1 ] || ! grep -q 'Checks: 9, Failures: 4, Errors: 3$' "$build/faulty.log"; then
	cat "$build/faulty.log"
	echo "FAIL  ${faulty#"$build"/}: the runner must count 4 failures and 3 errors in 9 tests and exit with 1; it exited with $status"
	echo "0 passed, 1 failed"
	exit 1
fi
echo "ok    ${faulty#"$build"/}: planted faults are found"
# Emulation takes many times as long as a processor.
CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-4} scripts/run-tests.sh "$build" "$@" >"$build/cross.log"
sed '$d' "$build/cross.log"
set -- $(tail -n 1 "$build/cross.log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
passed=${1:-0}
failed=${2:-1}
echo "$((passed + 1)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
