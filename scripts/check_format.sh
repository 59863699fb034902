#!/bin/sh
# Every C file is as clang-format (.clang-format) would write it.
. "$(dirname "$0")/usage.sh"
set -eu
command -v clang-format >/dev/null 2>&1 || { echo "clang-format is not installed" >&2; exit 1; }
git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
