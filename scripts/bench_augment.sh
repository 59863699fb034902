#!/bin/sh
# What augmentation costs: scripts/bench_augment.sh BUILD FILE.csv [ROUNDS]
# Trains configs/audio_enc_tiny.json with AdamW (its steps are the shortest) on the rows of FILE.csv, cached, for 14 steps without augmentation, with speed, gain, noise and SpecAugment on
# every row, with frequency warping on every row, and with all there is; in turn, ROUNDS times (3). Prints milliseconds a second of audio, steps 3 to 14 together, and the ratios of the best rounds.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: bench_augment.sh BUILD FILE.csv [ROUNDS]}
csv=${2:?usage: bench_augment.sh BUILD FILE.csv [ROUNDS]}
rounds=${3:-3}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
four="--set speed_prob=1 --set gain_prob=1 --set noise_prob=1 --set freq_masks=2 --set time_masks_per_second=1"
off="--set optimizer=adamw --set speed_prob=0 --set shift_ms=0 --set freq_masks=0 --set time_masks_per_second=0 --set concat_prob=0"
run() { # NAME SETTING...
	name=$1
	shift
	rm -rf "$work/run"
	# shellcheck disable=SC2086
	"$build/ossicle-train" --config "$root/configs/audio_enc_tiny.json" --run "$work/run" --set "train_csv=$csv" --set dev_fraction=0 \
		--set max_steps=14 --set eval_every=1000 --set checkpoint_every=1000 $off "$@" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
	"$build/ossicle" report --from 3 --field audio_seconds --field train_seconds "$work/run" |
		awk -v name="$name" '{ printf "%s %.3f\n", name, 1000 * $2 / $1 }' | tee -a "$work/all"
}
for round in $(seq "$rounds"); do
	run none
	# shellcheck disable=SC2086
	run four $four
	run warp --set warp_prob=1
	# shellcheck disable=SC2086
	run everything $four --set noise_babble=2 --set reverb_prob=0.5 --set telephone_prob=0.2 --set shift_ms=100 --set warp_prob=1
done
awk '!($1 in best) || $2 < best[$1] { best[$1] = $2 }
	END { printf "with speed, gain, noise, SpecAugment: %.3f times the time without; with frequency warping: %.3f; with everything: %.3f\n", best["four"] / best["none"], best["warp"] / best["none"], best["everything"] / best["none"] }' "$work/all"
