# shellcheck shell=sh
# What findings/*.sh share; each sources this first. $work is a folder of its own that is removed at exit.
set -eu
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# What runs the program of observe; install has it see its packages.
python() {
	python3 "$@"
}

# install [--no-binary=PACKAGE] PACKAGE==VERSION...: from PyPI, into $work; exits with 2 when they are not to be had. What has no
# wheel and is compiled is named by the option.
install() {
	if ! { python3 -m venv "$work/venv" &&
		"$work/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$@"; } >"$work/log" 2>&1; then
		cat "$work/log" >&2
		echo "cannot run: no $* here (needs the network, and python3 of 3.11 or later with venv)" >&2
		exit 2
	fi
	python() {
		"$work/venv/bin/python" "$@"
	}
	echo "versions: $(printf '%s, ' "$@" | sed 's/--[^ ]*, //; s/==/ /g; s/, $//')"
}

# unpack PACKAGE=VERSION...: from Debian, into $work/debian, without installing it; exits with 2 when they are not to be had.
unpack() {
	if ! (cd "$work" && apt-get download "$@" && for package in *.deb; do
		dpkg-deb -x "$package" debian
	done) >"$work/log" 2>&1; then
		cat "$work/log" >&2
		echo "cannot run: no $* here (needs the network, and Debian 12 after apt-get update)" >&2
		exit 2
	fi
	echo "versions: $(printf '%s, ' "$@" | sed 's/=/ /g; s/, $//')"
}

# expect <<END: what the program printed on the day of the finding.
expect() {
	cat >"$work/expected"
}

# observe <<END: runs the Python program; exits with 1 when it fails or prints anything else.
observe() {
	status=0
	(cd "$work" && python -B -) >"$work/seen" || status=$?
	sed 's/^/seen: /' "$work/seen"
	if [ "$status" -ne 0 ] || ! diff "$work/expected" "$work/seen" >"$work/diff"; then
		cat "$work/diff" 2>/dev/null || true
		echo "CHANGED: $0 no longer sees what it saw (<); exit code of its program: $status" >&2
		exit 1
	fi
}
