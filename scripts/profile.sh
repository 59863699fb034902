#!/bin/sh
# Where the time of a training step goes on this machine: scripts/profile.sh [BUILD [BENCH_OPTION...]]
# Runs `ossicle bench --only train --threads 1` under perf (package linux-perf) and adds up its samples by what they do; what is left over is
# listed by name. One thread, because two threads' samples tell the same with more noise.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:-build/release}
[ $# -eq 0 ] || shift
command -v perf >/dev/null || { echo "profile.sh: perf is missing: apt-get install linux-perf" >&2; exit 3; }
[ -x "$build/ossicle-train" ] || { echo "profile.sh: $build/ossicle-train is missing: run make" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE perf record -q -o "$work/data" -F 2000 \
	"$build/ossicle-train" bench --only train --threads 1 --runs 61 "$@"
perf report -i "$work/data" --stdio --sort dso,symbol 2>/dev/null | LC_ALL=C awk '
	function group(dso, name) {
		if (dso ~ /openblas/) return "products in OpenBLAS"
		if (name ~ /^run_[0-9]+x[0-9]+/) return "products and convolutions (tile kernel)"
		if (name ~ /tile|conv2d|^run_(rows|cells|panel|class|packed)|gemm|linear_packed|bias_grad|^sum_rows/) return "around the tiles"
		if (name ~ /pack/) return "packing"
		if (name ~ /gelu/) return "GELU"
		if (name ~ /^sum_blocks|reduce|sum_squares|^add$/) return "gradient sum, norm"
		if (name ~ /adamw/) return "AdamW"
		if (name ~ /stage|turn_power|window|frames|mel|map_log|^run$|bank|fft|filter/) return "features"
		if (name ~ /softmax|attention|drop|rope|sinus/) return "softmax, dropout, position"
		if (name ~ /norm/) return "RMSNorm"
		if (name ~ /ctc|alpha|beta_/) return "CTC"
		if (dso ~ /kernel/) return "the system (start-up, interrupts)"
		if (name ~ /memset|memcpy|memmove/) return "memset, memcpy"
		return "other: " name
	}
	/^ *[0-9.]+%/ {
		percent = $1
		sub(/%/, "", percent)
		key = group($2, $4)
		sum[key] += percent
	}
	END { for (key in sum) if (sum[key] >= 0.2) printf "%6.1f %%  %s\n", sum[key], key }' | sort -rn
