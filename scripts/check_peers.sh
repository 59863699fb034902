#!/bin/sh
# What Python's packages read out of the forms of a transcript: scripts/check_peers.sh BUILD
# They are installed in build/peers (pinned; the first run needs the network). scripts/check_peers.py does the reading.
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_peers.sh BUILD}
cd "$(dirname "$0")/.."
packages="praatio==6.2.2 textgrid==1.6.1 tgt==1.5 pysubs2==1.8.1 webvtt-py==0.6.0 srt==3.5.3 jiwer==4.0.0 meeteval==0.4.3"
venv=build/peers
if [ "$(cat "$venv/packages" 2>/dev/null)" != "$packages" ]; then
	python3 -m venv --clear "$venv"
	# shellcheck disable=SC2086
	"$venv/bin/pip" install --quiet --disable-pip-version-check $packages
	echo "$packages" >"$venv/packages"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/tests/output/print_formats" "$work"
"$venv/bin/python" -B scripts/check_peers.py "$work"
