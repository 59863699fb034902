#!/bin/sh
# Installs the Debian or Ubuntu packages that a target needs, and only those that are missing.
#   scripts/install-deps.sh build|check|demo|recipe|coverage|formats|peers|decoding|neon|fuzz-libfuzzer|fuzz-afl|fuzz-replay|distro|ci
# With everything in place it changes nothing and needs no network or root.
. "$(dirname "$0")/usage.sh"
set -eu
what=${1:-build}
build="gcc libc6-dev make pkg-config libopenblas-dev libsndfile1-dev libsamplerate0-dev libcjson-dev libutf8proc-dev libxxhash-dev"
neon="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
case "$what" in
build) packages=$build ;;
check) packages="$build check g++ binutils xz-utils asterisk-core-sounds-en-wav" ;;
neon) packages="$build $neon" ;;
fuzz-libfuzzer) packages="$build clang libclang-rt-dev" ;;
fuzz-afl) packages="$build clang afl++" ;;
fuzz-replay) packages="$build" ;;
demo) packages="$build asterisk-core-sounds-en-wav asterisk-core-sounds-en" ;;
# python3-venv: synthetic speech comes from packages of PyPI (scripts/prepare_neural.sh).
recipe) packages="$build asterisk-core-sounds-en-wav asterisk-core-sounds-en python3-venv xz-utils" ;;
coverage) packages="$build check g++ binutils xz-utils asterisk-core-sounds-en-wav gcovr" ;;
formats) packages="$build ffmpeg praat sctk" ;;
peers)
	packages="$build python3-numpy python3-torch python3-torchaudio"
	# Node.js often comes from elsewhere, with npm in its package.
	command -v node >/dev/null 2>&1 || packages="$packages nodejs"
	command -v npm >/dev/null 2>&1 || packages="$packages npm"
	;;
# g++, cmake and python3-dev: kenlm's Python module is built where it is installed.
decoding) packages="$build g++ cmake python3-venv python3-dev pocketsphinx pocketsphinx-en-us" ;;
distro) packages="$build check g++ binutils xz-utils asterisk-core-sounds-en-wav asterisk-core-sounds-en clang" ;;
ci) packages="$build check g++ binutils xz-utils asterisk-core-sounds-en-wav asterisk-core-sounds-en clang libclang-rt-dev clang-format debootstrap $neon" ;;
*)
	echo "install-deps.sh: '$what' is none of build, check, demo, recipe, coverage, formats, peers, decoding, neon, fuzz-libfuzzer, fuzz-afl, fuzz-replay, distro, ci" >&2
	exit 2
	;;
esac
command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the build itself says what is missing
find_missing() {
	missing=
	# shellcheck disable=SC2086
	installed=" $(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ' $packages 2>/dev/null | tr -s ' ') "
	for package in $packages; do
		case "$installed" in *" ii $package "*) ;; *) missing="$missing $package" ;; esac
	done
}
find_missing
[ -n "$missing" ] || exit 0
# `make -j` may want two lists at once; apt serves one at a time, and the second finds less missing.
exec 9>"${TMPDIR:-/tmp}/ossicle-install-deps.lock"
flock 9
find_missing
[ -n "$missing" ] || exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >&2
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $missing >&2
