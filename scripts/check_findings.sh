#!/bin/sh
# Does the world still behave as findings/*.sh say: scripts/check_findings.sh  (needs the network; no part of make check or CI)
# Ends with "N passed, N failed, N skipped"; one that cannot run (exit code 2) is skipped.
. "$(dirname "$0")/usage.sh"
set -u
cd "$(dirname "$0")/.."
passed=0
failed=0
skipped=0
for finding in findings/*.sh; do
	echo "=== $finding"
	"$finding"
	case $? in
	0) passed=$((passed + 1)) ;;
	2) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
