# shellcheck shell=bash
# For scripts that run stages and add up what passed; sourced by .ci/run and check_distros.sh, which set stage_log.
passed=0
failed=0

# stage NAME COMMAND...: runs it, shows its output, adds the last "N passed, N failed" line to the totals; no such line, or a failure
# that the line does not count, is one failure. Fails when it did.
stage() {
	local name=$1 started=$SECONDS status line
	shift
	echo "=== $name"
	"$@" 2>&1 | tee "$stage_log"
	status=${PIPESTATUS[0]}
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$stage_log" | tail -n 1)
	local good=0 bad=0
	[ -n "$line" ] && read -r good _ bad _ <<<"${line//,/}"
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
	if [ -z "$line" ] && [ "$status" -eq 0 ]; then good=1; fi
	passed=$((passed + good))
	failed=$((failed + bad))
	echo "=== $name: $good passed, $bad failed, $((SECONDS - started)) s"
	[ "$bad" -eq 0 ]
}

# The last line, and the script's exit code.
finish_stages() {
	echo "took $SECONDS s"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
