#!/bin/sh
# scripts/check_checkpoints.py BUILD with a Python that has PyTorch and NumPy, else with any, else not at all: scripts/check_checkpoints.sh BUILD
. "$(dirname "$0")/usage.sh"
set -eu
build=${1:?usage: check_checkpoints.sh BUILD}
found=
for python in python3 /usr/bin/python3; do
	command -v "$python" >/dev/null 2>&1 || continue
	[ -n "$found" ] || found=$python
	if "$python" -c 'import numpy, torch' 2>/dev/null; then
		found=$python
		break
	fi
done
if [ -z "$found" ]; then
	echo "note: no Python 3 here: scripts/pt_to_safetensors.py was not tried"
	exit 0
fi
exec "$found" -B "$(dirname "$0")/check_checkpoints.py" "$build"
