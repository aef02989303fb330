# TAP for tests in sh: . "${srcdir:-.}/tests/lib/tap.sh"
#
#	plan 3                    how many, or done_testing at the end
#	skip_all WHY              nothing can be tested here
#	ok STATUS NAME            ok $? 'what must hold'
#	is GOT WANTED NAME        equal strings
#	like GOT PATTERN NAME     shell pattern over all of GOT
#	run COMMAND...            sets $status, $out (stdout) and $err (stderr)
#	child COMMAND...          in the background, ended with the test
#
# $tmp is a folder of the test's own; it and the children go on every way out.
# shellcheck shell=sh disable=SC2034

tap_count=0
tap_bad=0
tap_planned=
tap_children=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX") || exit 1

tap_end() {
	tap_status=$?
	trap - EXIT
	for tap_pid in $tap_children; do
		kill "$tap_pid" 2>/dev/null && wait "$tap_pid" 2>/dev/null
	done
	rm -rf "$tmp"
	[ "$tap_status" -eq 0 ] && [ "$tap_bad" -ne 0 ] && tap_status=1
	exit "$tap_status"
}
trap tap_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

plan() {
	tap_planned=$1
	echo "1..$1"
}

done_testing() {
	[ -n "$tap_planned" ] || echo "1..$tap_count"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_count - $2"
		return 1
	fi
}

is() {
	[ "$1" = "$2" ]
	ok $? "$3" || note "wanted: $2
got: $1"
}

like() {
	# shellcheck disable=SC2254
	case $1 in
	$2) ok 0 "$3" ;;
	*) ok 1 "$3" || note "wanted something like: $2
got: $1" ;;
	esac
}

run() {
	status=0
	"$@" >"$tmp/.out" 2>"$tmp/.err" || status=$?
	out=$(cat "$tmp/.out")
	err=$(cat "$tmp/.err")
}

child() {
	"$@" &
	tap_children="$tap_children $!"
}
