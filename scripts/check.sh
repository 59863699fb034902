#!/bin/sh
# Everything that `make check` proves: scripts/check.sh BUILD TEST_PROGRAM...
# Ends with "N passed, N failed": test cases of the Check suites plus one for each repository check below.
. "$(dirname "$0")/usage.sh"
set -u
build=$1
shift
log=$build/check.log
scripts/run-tests.sh "$build" "$@" | tee "$log"
set -- $(tail -n 1 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
passed=${1:-0}
failed=${2:-1}
run_check() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >"$build/check-one.log" 2>&1; then
		echo "ok    $name"
		grep '^note: ' "$build/check-one.log" # what could not be checked is seen
		passed=$((passed + 1))
	else
		cat "$build/check-one.log"
		echo "FAIL  $name"
		failed=$((failed + 1))
	fi
}
run_check "layers, owner files and names" scripts/check_layers.sh
run_check "no circle of files" scripts/check_circles.sh "$build"
run_check "no compiler contracts arithmetic" scripts/check_contraction.sh "$build"
run_check "public headers alone, in C and C++" scripts/check_headers.sh
run_check "inference links no trainer and no OpenBLAS" scripts/check_links.sh "$build"
run_check "exported symbols; no exit, no output in the library" scripts/check_symbols.sh "$build"
run_check "public functions and structs as listed" scripts/check_abi.sh "$build"
run_check "make install, pkg-config, CMake, make uninstall" scripts/check_install.sh "$build"
run_check "examples, built and run against an installed copy" scripts/check_examples.sh "$build"
run_check "help, man page and documents agree" scripts/check_docs.sh "$build"
run_check "README commands" scripts/check_readme.sh "$build"
run_check "files that are named are there" scripts/check_paths.sh
run_check "recipes, and the scripts that make their data" scripts/check_recipes.sh
run_check "shipped model and its card" scripts/check_model_card.sh "$build"
run_check "checkpoints of PyTorch are taken, and not run" scripts/check_checkpoints.sh "$build"
run_check "trained weights are the bytes that they were" scripts/check_weights.sh "$build"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
