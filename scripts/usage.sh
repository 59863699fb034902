# shellcheck shell=sh
# Sourced by scripts, whose first lines say how they are used: --help or -h prints those, and nothing is done.
case ${1:-} in
-h | --help)
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac
