#!/bin/sh
# Runs test programs one after the other: scripts/run-tests.sh BUILD PROGRAM...
# RUN_WITH is put before each, for programs of another processor (qemu-aarch64).
# Prints each program's own summary, the whole output of one that failed, and "N passed, N failed" (test cases).
set -u
build=$1
shift
passed=0
failed=0
log=$build/test.log
for program in "$@"; do
	if ${RUN_WITH:-} "$program" >"$log" 2>&1; then
		status=0
	else
		status=$?
	fi
	summary=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
	checks=$(printf '%s\n' "$summary" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
	bad=$(printf '%s\n' "$summary" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2/p' | awk '{ print $1 + $2 }')
	if [ "$status" -ne 0 ] || [ -z "$summary" ] || [ "${checks:-0}" -eq 0 ]; then
		cat "$log"
		[ "${bad:-0}" -gt 0 ] || bad=1
		echo "FAIL  ${program#"$build"/}"
	else
		echo "ok    ${program#"$build"/}: $checks"
	fi
	failed=$((failed + ${bad:-0}))
	good=$((${checks:-0} - ${bad:-0}))
	[ "$good" -gt 0 ] && passed=$((passed + good))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
