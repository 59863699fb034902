#!/bin/sh
# Does the cost of training grow as the work does? usage: scripts/bench_scaling.sh BUILD [ROUNDS]
# Whole steps of the usual network on about 128 s of audio, cut into utterances of 1 s to 30 s, and 16 times as much.
# Each round runs every batch once, in a process of its own; of the medians of the rounds the best counts, since what
# disturbs a measurement only ever makes it slower.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: scripts/bench_scaling.sh BUILD [ROUNDS]}
rounds=${2:-3}
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
results=$(mktemp)
trap 'rm -f "$results"' EXIT
number() { # of a key, the first in the JSON line
    printf '%s' "$line" | sed "s/.*\"train\":{[^}]*\"$1\":\([0-9.e+-]*\).*/\1/"
}
round=1
while [ "$round" -le "$rounds" ]; do
    for shape in 16x8 128x1 64x2 32x4 8x16 4x30 256x8; do
        utterances=${shape%x*} seconds=${shape#*x}
        line=$("$build/ossicle-train" bench --json --only train --runs 7 --utterances "$utterances" --seconds "$seconds" |
            sed 's/,"cases":.*/}}/')
        echo "$utterances $seconds $(number median_ms) $(number peak_rss_mib)" >>"$results"
    done
    round=$((round + 1))
done
LC_ALL=C awk '
    { key = $1 " x " $2 " s"; ms = $3 / ($1 * $2); audio[key] = $1 * $2 * 64000 / 1048576
      if (!(key in best)) { order[++n] = key; best[key] = ms }
      if (ms < best[key]) best[key] = ms
      if ($4 > rss[key]) rss[key] = $4 }
    END {
        printf "%-10s %22s %12s %12s %18s\n", "batch", "ms a second of audio", "of 16 x 8 s", "peak MiB", "less waveforms MiB"
        for (i = 1; i <= n; i++)
            printf "%-10s %22.3f %12.3f %12.0f %18.0f\n", order[i], best[order[i]], best[order[i]] / best[order[1]],
                rss[order[i]], rss[order[i]] - audio[order[i]]
    }' "$results"
