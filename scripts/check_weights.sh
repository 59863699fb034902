#!/bin/sh
# Training gives the bytes that it gave before: scripts/check_weights.sh BUILD
# Trains configs/micro.json, demo.json and yesno.json for 60 steps on Debian's telephone prompts, with the instruction set that this
# processor gets and with AVX2, without the noise, rooms and level that yesno.json has since November 2026, and compares the sums of all weights with tests/golden/weights.txt, which has one for each instruction
# set.
# `scripts/check_weights.sh BUILD --print` prints lines for that file instead.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_weights.sh BUILD [--print]}
mode=${2:-}
build=$(cd "$build" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
steps=60
scripts/prepare_asterisk.sh "$work/asr.csv" >"$work/prepare.log" 2>&1 || { cat "$work/prepare.log"; exit 1; }

# The tensors of a .safetensors file: all behind its header, whose length is its first 8 bytes.
sum_tensors() { # FILE
	header=$(od -An -tu8 -N8 "$1" | tr -d ' ')
	tail -c +"$((header + 9))" "$1" | sha256sum | cut -d ' ' -f 1
}
# "isa=avx2": what decides the bits besides the program; OpenBLAS has no part in products of this size. "generic" is another thing on
# another family of processors.
describe() { # STATE.JSON
	machine=$(uname -m)
	[ "$machine" = x86_64 ] && machine= || machine=" $machine"
	sed -n 's/.*"fingerprint": *"[^"]*\(isa=[a-z0-9]*\);.*/\1'"$machine"'/p' "$1"
}
bad=0
compared=0
for isa in default avx2; do
	for config in micro demo yesno; do
		run=$work/$isa-$config
		(
			[ $isa = default ] || export OSSICLE_CPU=$isa
			"$build/ossicle" train --config configs/$config.json --set "train_csv=$work/asr.csv" --set max_steps=$steps \
				--set gain_prob=0 --set noise_prob=0 --set reverb_prob=0 \
				--set eval_every=$steps --set checkpoint_every=$steps --run "$run" >"$work/log" 2>&1
		) || {
			if [ $isa != default ] && grep -q OSSICLE_CPU "$work/log"; then
				echo "note: this processor has no $isa"
				continue 2
			fi
			cat "$work/log"
			exit 1
		}
		folder=$run/checkpoints/step-$(printf '%08d' $steps)
		what=$(describe "$folder/state.json")
		sum=$(sum_tensors "$folder/model.safetensors")
		line="$config $sum $what"
		if [ "$mode" = --print ]; then
			echo "$line"
		elif grep -qxF "$line" tests/golden/weights.txt; then
			compared=$((compared + 1))
		elif grep -E "^$config [0-9a-f]+ $what$" tests/golden/weights.txt; then
			echo "configs/$config.json, $steps steps: other bytes than these: $line"
			bad=1
		else
			echo "note: no sum is kept of $config for $what"
		fi
	done
done
[ "$mode" = --print ] || echo "$compared sums of weights are as they were"
[ "$bad" = 0 ]
