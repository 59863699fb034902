#!/bin/sh
# The programs of docs/examples, as somebody builds them who has an installed Ossicle: scripts/check_examples.sh BUILD
#  - each is built by the line at its own head, with pkg-config alone and no other path, without a warning, by every compiler that is
#    here (gcc, clang), and run on recordings and models made here;
#  - what they print is what `ossicle transcribe --greedy` prints; failures are said in one line and set the exit code.
# docs/library.md and README.md name each of them.
. "$(dirname "$0")/usage.sh"
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:?usage: check_examples.sh BUILD}" && pwd)
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "$*" >&2
	exit 1
}
MAKEFLAGS='' make -s -C "$root" BUILD="$(realpath --relative-to="$root" "$build")" prefix="$work/prefix" install >"$work/make.log" 2>&1 ||
	{ cat "$work/make.log" >&2; fail "make install failed"; }
export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig" LD_LIBRARY_PATH="$work/prefix/lib"
for file in "$root"/docs/examples/*.c*; do
	name=docs/examples/$(basename "$file")
	grep -q "$(basename "$file")" "$root/docs/library.md" || fail "docs/library.md does not name $name"
done

# A model with a projector, of a few steps, and one that knows English when it is here.
mkdir -p "$work/data/wav"
cd "$work"
echo wav,text >data/asr.csv
number=0
for name in activated added calling cancelled conf-full conf-invalid conf-locked auth-thankyou; do
	cp "$sounds/$name.wav" "data/wav/$number.wav"
	echo "wav/$number.wav,$(echo "$name" | sed 's/^[^-]*-//')" >>data/asr.csv
	number=$((number + 1))
done
"$work/prefix/bin/ossicle" train --config "$root/configs/micro.json" --run tiny --set train_csv=data/asr.csv --set max_steps=3 --set warmup_steps=1 \
	--set batch_seconds=4 --set dev_fraction=0.3 --set projector_dim=40 >train.log 2>&1 || { cat train.log >&2; fail "no model could be trained"; }
model=$root/checkpoints/ossicle-en.safetensors
if [ ! -e "$model" ]; then
	echo "note: checkpoints/ossicle-en.safetensors is not there: the examples run with a model that knows no words"
	model=$work/tiny
fi

check_file() {
	./file "$model" data/wav/0.wav >out || fail "file: fails"
	"$work/prefix/bin/ossicle" transcribe --greedy --model "$model" data/wav/0.wav >want 2>log
	[ "$(head -n 1 out)" = "$(cat want)" ] || { cat out; fail "file: another text than ossicle transcribe's"; }
	[ "$(sed 1d out | awk '{ text = text sep $5; sep = " "; bad += $1 >= $2 || $1 < last; last = $2 } END { print bad + 0 ": " text }')" = "0: $(cat want)" ] ||
		{ cat out; fail "file: words and times do not fit"; }
	! ./file "$model" nowhere.wav >out 2>err || fail "file: a missing recording is no failure"
	[ "$(wc -l <err)" = 1 ] && grep -q nowhere.wav err || fail "file: not one line that names the recording"
}

check_pool() {
	for wav in data/wav/*.wav; do
		printf '%s\t%s\n' "$wav" "$("$work/prefix/bin/ossicle" transcribe --greedy --model "$model" "$wav" 2>log)"
	done >want
	for workers in 1 3 16; do
		./pool "$model" "$workers" data/wav/*.wav >out || fail "pool: fails"
		diff want out || fail "pool: other texts than ossicle transcribe's, or in another order"
	done
	code=0
	./pool "$model" 2 data/wav/0.wav nowhere.wav data/wav/1.wav >out 2>err || code=$?
	[ "$code" = 1 ] && [ "$(cut -f 1 out | tr '\n' ' ')" = "data/wav/0.wav data/wav/1.wav " ] && grep -q nowhere.wav err ||
		fail "pool: a recording that cannot be read stops others, or is none"
	# More work than it gets time for: interrupted once it runs, it ends soon and says so.
	list=$(awk 'BEGIN { for (i = 0; i < 20000; i++) printf "data/wav/%d.wav ", i % 8 }')
	: >out
	# shellcheck disable=SC2086
	./pool "$model" 2 $list >out 2>err &
	pid=$!
	for _ in $(seq 600); do
		[ ! -s out ] || break
		sleep 0.1
	done
	kill -INT "$pid" || fail "pool: 20,000 recordings are done too soon"
	code=0
	wait "$pid" || code=$?
	[ "$code" = 130 ] && grep -qE "stopped on request|not begun" err || fail "pool: Ctrl-C does not end it ($code)"
}

check_prompt() {
	./prompt tiny data/wav/0.wav >out || fail "prompt: fails"
	"$work/prefix/bin/ossicle" embed --model tiny --what projected -o rows.npy data/wav/0.wav 2>log || fail "ossicle embed fails"
	grep -q '^[0-9]* embeddings of speech, 12.5 a second, 40 wide$' out || { cat out; fail "prompt: says nothing of the embeddings"; }
	count=$(sed -n '1s/ .*//p' out)
	head -n 1 rows.npy | grep -aq "($count, 40)" || fail "prompt: ossicle embed gives other rows"
	grep -q "from $((count + 24)) rows of 40" out || { cat out; fail "prompt: the prompt has another length"; }
	! ./prompt "$root/checkpoints/ossicle-en.safetensors" data/wav/0.wav >out 2>err || fail "prompt: a model without projector is no failure"
	[ "$(wc -l <err)" = 1 ] || fail "prompt: not one line of message"
}

check_stream() {
	# Prompts of 8 kHz taken for 16: the example is to hear the same as ossicle listen, not to hear well.
	for wav in data/wav/[0-7].wav; do
		tail -c +45 "$wav"
		head -c 64000 /dev/zero
	done >speech.raw
	./stream "$model" <speech.raw >out 2>partials || { cat partials; fail "stream: fails"; }
	"$work/prefix/bin/ossicle" listen --latency 1 --model "$model" <speech.raw >want 2>log || fail "ossicle listen fails"
	sed 's/^[0-9.]* [0-9.]* //' out | diff want - || fail "stream: other segments than ossicle listen's"
	[ "$model" = "$work/tiny" ] || [ -s want ] || fail "stream: nothing was heard"
	awk '{ bad += $1 >= $2 || $1 < last; last = $2 } END { exit bad > 0 }' out || { cat out; fail "stream: times do not fit"; }
	! ./stream tiny <speech.raw >out 2>err || fail "stream: a model that was not trained for it is no failure"
	[ "$(wc -l <err)" = 1 ] && grep -q "cannot run as a stream" err || fail "stream: not one line that says why"
}

ran=0
for compiler in gcc clang; do
	command -v "$compiler" >/dev/null 2>&1 || { echo "note: no $compiler: the examples are not built with it"; continue; }
	case $compiler in gcc) cxx=g++ ;; *) cxx=clang++ ;; esac
	for file in "$root"/docs/examples/*.c*; do
		name=$(basename "$file")
		name=${name%.*}
		line=$(sed -n 's/^ \*     \(cc\|c++\) /\1 /p' "$file" | head -n 1)
		[ -n "$line" ] || fail "$file: no line that builds it"
		case $line in "c++ "*) line="$cxx -Wall -Wextra -Wpedantic -Werror ${line#c++ }" ;; *) line="$compiler -Wall -Wextra -Wpedantic -Werror ${line#cc }" ;; esac
		rm -f "$name"
		(cd "$root/docs/examples" && sh -c "$(echo "$line" | sed "s: -o $name : -o '$work/$name' :")") || fail "$file: does not build: $line"
		"check_$name"
		ran=$((ran + 1))
	done
done
[ "$ran" -gt 0 ] || fail "no compiler: nothing was checked"
echo "$ran programs built and run"
