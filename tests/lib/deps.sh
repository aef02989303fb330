# Debian packages: . tests/lib/deps.sh, then need PACKAGE...
#
# As root what is missing is installed quietly, and no service that comes with
# it is started; other users are told the line to type.  The end of apt's own
# words is shown only where it fails.
# shellcheck shell=sh

deps_missing() {
	for deps_one; do
		case $(dpkg-query -W -f '${Status}' "$deps_one" 2>/dev/null) in
		*' installed') ;;
		*) printf '%s ' "$deps_one" ;;
		esac
	done
}

# apt COMMAND...: quiet, without questions, with its words in $deps_log.
deps_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Options::=--force-confold "$@" \
		</dev/null >>"$deps_log" 2>&1
}

# Runs its arguments while no package may start a service.
deps_without_services() {
	deps_policy=/usr/sbin/policy-rc.d
	deps_made=
	if [ ! -e $deps_policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$deps_policy
		chmod 755 $deps_policy
		deps_made=yes
	fi
	deps_status=0
	"$@" || deps_status=$?
	[ -z "$deps_made" ] || rm -f $deps_policy
	return $deps_status
}

# Old package lists name versions that the archive no longer has.
deps_install() {
	deps_apt install --no-install-recommends "$@" && return 0
	deps_apt update || return 1
	deps_apt install --no-install-recommends "$@"
}

need() {
	deps_want=$(deps_missing "$@")
	[ -n "$deps_want" ] || return 0
	if ! command -v apt-get >/dev/null; then
		echo "this is not Debian; please install what there is called:" \
			"$deps_want" >&2
		return 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "packages are missing; as root:" >&2
		echo "    apt-get install $deps_want" >&2
		return 1
	fi
	echo "installing $deps_want"
	deps_log=$(mktemp)
	# shellcheck disable=SC2086
	if deps_without_services deps_install $deps_want; then
		rm -f "$deps_log"
		return 0
	fi
	tail -n 20 "$deps_log" >&2
	rm -f "$deps_log"
	return 1
}

# deps_unpack PACKAGE: whole or not at all.
deps_unpack() {
	deps_new=$SERVERS/$1.new
	rm -rf "$deps_new"
	mkdir -p "$deps_new"
	(cd "$deps_new" && apt-get -q download "$1" && dpkg -x ./*.deb . &&
		rm -f ./*.deb) >"$SERVERS/log" 2>&1 || return 1
	chmod 755 "$deps_new"
	mv "$deps_new" "$SERVERS/$1"
}

# unpacked PACKAGE...: those that cannot be on one machine, each into a folder
# below $SERVERS.
unpacked() {
	mkdir -p "$SERVERS"
	for deps_package; do
		[ -d "$SERVERS/$deps_package" ] && continue
		echo "unpacking $deps_package"
		deps_unpack "$deps_package" && continue
		apt-get -q update >/dev/null 2>&1 &&
			deps_unpack "$deps_package" && continue
		cat "$SERVERS/log" >&2
		return 1
	done
}
