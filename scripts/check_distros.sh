#!/usr/bin/env bash
# Builds and tests a copy of this checkout in other releases of Debian and Ubuntu, with gcc and clang and under each instruction set
# that the processor has: scripts/check_distros.sh [--short] [NAME...]
#   NAME     stable, testing (both when none is given), or a release: bookworm, trixie, forky, noble, ...
#   --short  gcc: make check, then the suites of kernel, nn, infer and train under the other instruction sets;
#            clang: a build, and the suites of kernel and infer. Without it: everything, with both, under each.
# Needs root and debootstrap. Releases stay in build/distros/RELEASE: a second run downloads nothing new. Mirrors are those of this
# machine's apt, else deb.debian.org and archive.ubuntu.com; DEBIAN_MIRROR and UBUNTU_MIRROR name others.
# /proc and /dev/pts are mounted in a mount namespace of this script's own: they are gone when it is, however it ends.
# Ends with "N passed, N failed".
. "$(dirname "$0")/usage.sh"
set -uo pipefail
cd "$(dirname "$0")/.."
distros=$PWD/build/distros

give_up() {
	echo "check_distros.sh: $*" >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || give_up "must be root, to make a chroot and mount /proc in it: sudo make check-distros"
command -v debootstrap >/dev/null || give_up "debootstrap is missing: apt-get install debootstrap"
if [ -z "${OSSICLE_OWN_MOUNTS:-}" ]; then
	unshare --mount true 2>/dev/null || give_up "may not mount anything here (a container without that right?): run it on a machine or in a privileged container"
	OSSICLE_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
fi

short=
if [ "${1:-}" = --short ]; then
	short=1
	shift
fi
[ $# -gt 0 ] || set -- stable testing
mkdir -p "$distros"
stage_log=$(mktemp) || exit 1
trap 'rm -f "$stage_log"' EXIT
. scripts/stages.sh

# What this machine's apt calls the archive that ends in /$1; prints nothing when it has none.
find_mirror() {
	command -v apt-get >/dev/null && apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E "/$1/?\$" | head -n 1
}

# choose_release NAME: sets release, mirror, recipe (debootstrap's script) and options.
choose_release() {
	local debian ubuntu name=$1
	debian=${DEBIAN_MIRROR:-$(find_mirror debian)}
	ubuntu=${UBUNTU_MIRROR:-$(find_mirror ubuntu)}
	recipe=/usr/share/debootstrap/scripts/sid
	for mirror in "${debian:-http://deb.debian.org/debian}" "${ubuntu:-http://archive.ubuntu.com/ubuntu}"; do
		mirror=${mirror%/}
		release=$(wget -qO- "$mirror/dists/$name/InRelease" | sed -n 's/^Codename: *//p' | head -n 1)
		if [ -n "$release" ]; then
			ln -sfn "$release" "$distros/$name.is" # for a run without network
			break
		fi
		recipe=/usr/share/debootstrap/scripts/gutsy # Ubuntu
	done
	if [ -z "$release" ]; then
		release=$(readlink "$distros/$name.is") && [ -e "$distros/$release/ready" ] && return
		echo "$name: no mirror has it (tried ${debian:-http://deb.debian.org/debian}, ${ubuntu:-http://archive.ubuntu.com/ubuntu}): see DEBIAN_MIRROR and UBUNTU_MIRROR in scripts/check_distros.sh" >&2
		return 1
	fi
}

# What an unusual mirror needs (a proxy, a snapshot whose dates have passed) this machine's apt knows.
copy_apt_settings() {
	apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' >"$root/etc/apt/apt.conf.d/90host"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
}

# A file at the end, so that half a release is never taken for one.
make_release() {
	[ ! -e "$distros/$release/ready" ] || return 0
	rm -rf "${distros:?}/$release"
	local options=(--variant=minbase)
	case "$recipe" in */gutsy) options+=(--components=main,universe) ;; esac
	debootstrap "${options[@]}" "$release" "$root" "$mirror" "$recipe" || {
		tail -n 5 "$root/debootstrap/debootstrap.log" 2>/dev/null
		echo "$release: debootstrap failed. When the signature is of an unknown key, install the release's keyring (debian-archive-keyring, ubuntu-archive-keyring)"
		return 1
	}
	touch "$distros/$release/ready"
}

# Files as they are in the checkout, untracked ones too. Objects of an earlier run stay; a file that has changed since is as new as
# this copy, whatever its time in the checkout, so that make sees it.
copy_checkout() {
	local source=$root/src/ossicle fresh=$root/src/fresh file
	rm -rf "$fresh"
	mkdir -p "$fresh" "$source"
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done
	else
		find . -path ./build -prune -o -type f -print0
	fi | tar --null --files-from=- -c | tar -x -m --no-same-owner -C "$fresh" || return 1
	while IFS= read -r -d '' file; do
		! cmp -s "$fresh/$file" "$source/$file" || touch -r "$source/$file" "$fresh/$file"
	done < <(cd "$fresh" && find . -type f -print0)
	if [ -d "$source/build" ]; then mv "$source/build" "$fresh/build" || return 1; fi
	rm -rf "$source"
	mv "$fresh" "$source"
}

mount_system() {
	mkdir -p "$root/dev/pts" "$root/dev/shm"
	mount -t proc proc "$root/proc" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" &&
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" && { [ -c "$root/dev/ptmx" ] || ln -sf pts/ptmx "$root/dev/ptmx"; }
}

# Runs COMMAND... in the release, in the checkout's copy, with a plain environment. ISA is empty for what the processor has.
inside() {
	local settings=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 WERROR=1 DEBIAN_FRONTEND=noninteractive)
	local name
	for name in http_proxy https_proxy no_proxy OPENBLAS_CORETYPE OSSICLE_CPU; do
		[ -z "${!name:-}" ] || settings+=("$name=${!name}")
	done
	# shellcheck disable=SC2016
	env -i "${settings[@]}" chroot "$root" /bin/sh -c 'cd /src/ossicle && exec "$@"' sh "$@"
}

prepare_release() {
	make_release && copy_apt_settings && copy_checkout && mount_system && inside scripts/install-deps.sh distro
}

# The instruction sets that the program in BUILD may be told to use, without the best one, which it uses by itself.
list_other_isas() {
	local isa best=
	for isa in avx512 avx2 generic; do
		OSSICLE_CPU=$isa inside "$1/ossicle" --version >/dev/null 2>&1 || continue
		[ -z "$best" ] || echo "$isa"
		best=${best:-$isa}
	done
}

# The programs of the suites in the folders that follow BUILD.
list_suites() {
	local build=$1 folder file
	shift
	for folder in "$@"; do
		for file in "$root"/src/ossicle/tests/"$folder"/test_*.c; do
			file=${file#"$root"/src/ossicle/}
			echo "$build/${file%.c}"
		done
	done
}

check_compiler() { # CC BUILD
	local cc=$1 build=$2 isa jobs suites
	jobs=-j$(nproc)
	if [ -n "$short" ] && [ "$cc" = clang ]; then
		mapfile -t suites < <(list_suites "$build" kernel infer)
		stage "$release, clang: build" inside make "$jobs" CC=clang BUILD="$build" all "${suites[@]}" || return
		stage "$release, clang: kernel and infer" inside scripts/run-tests.sh "$build" "${suites[@]}"
		return
	fi
	stage "$release, $cc: make check" inside make "$jobs" CC="$cc" BUILD="$build" check
	mapfile -t suites < <(list_suites "$build" ${short:+kernel nn infer train})
	for isa in $(list_other_isas "$build"); do
		if [ -n "$short" ]; then
			OSSICLE_CPU=$isa stage "$release, $cc, $isa: kernel, nn, infer and train" inside scripts/run-tests.sh "$build" "${suites[@]}"
		else
			OSSICLE_CPU=$isa stage "$release, $cc, $isa: make test" inside make "$jobs" CC="$cc" BUILD="$build" test
		fi
	done
}

check_release() { # NAME
	if ! choose_release "$1"; then
		failed=$((failed + 1))
		return
	fi
	root=$distros/$release/root
	if ! prepare_release; then
		echo "$release: could not be prepared"
		failed=$((failed + 1))
		return
	fi
	inside sh -c '. /etc/os-release; echo "$PRETTY_NAME: $(gcc --version | head -n 1); $(clang --version | head -n 1)"'
	check_compiler gcc build/release
	check_compiler clang build/clang
}

{ # read whole before it runs: the file may change meanwhile
	for name in "$@"; do
		check_release "$name"
	done
	finish_stages
	exit
}
