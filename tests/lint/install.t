#!/bin/sh
# make install puts the program, its names, its manual and its completions where
# they belong, and make uninstall takes all of it away again.
#
# Configured anew for each set of options, around the program that is built
# already: -o tells make that nothing of it needs to be made.
src=$(cd "${srcdir:-.}" && pwd) || exit 1
. "$src/tests/lib/tap.sh"

built=$PWD
[ -x postrider ] || skip_all "nothing is built here"
[ -x "$src/configure" ] || skip_all "there is no configure"
make --version 2>/dev/null | grep -q GNU || skip_all "needs GNU make"
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
compiler=$(sed -n 's/^CC = //p' Makefile)

# configured NAME OPTION...: a folder to install from.
configured() {
	folder=$tmp/$1
	shift
	mkdir "$folder"
	(
		cd "$folder" &&
			"$src/configure" -q CC="$compiler" --prefix=/usr \
				--cache-file="$tmp/cache" \
				--disable-dependency-tracking "$@" &&
			cp "$built/postrider" .
	) >"$tmp/log" 2>&1 </dev/null || note "$(tail -n 20 "$tmp/log")"
}

# in_folder WHAT TARGET...: what `make install` makes of it after `make all`.
in_folder() {
	what=$1
	shift
	make -s -C "$folder" -o postrider "$@" DESTDIR="$tmp/the root" \
		>"$tmp/log" 2>&1 </dev/null
	ok $? "$what" || note "$(tail -n 20 "$tmp/log")"
}

# Files and links, a line each, with what a link says.
listing() {
	(cd "$tmp/the root" && find . ! -type d -printf '%p -> %l\n') |
		sed 's/^\.//; s/ -> $//' | LC_ALL=C sort
}

# Each program of the listing that does not run, or not under its name.
idle() {
	for program in "$tmp/the root/usr/bin"/* "$tmp/the root/usr/sbin"/*; do
		[ -e "$program" ] || [ -L "$program" ] || continue
		"$program" --version >"$tmp/log" 2>&1 </dev/null &&
			grep -q '^postrider ' "$tmp/log" || echo "$program"
	done
}

# trial NAME WANTED OPTION...: installed, looked at, uninstalled.
trial() {
	name=$1
	wanted=$2
	shift 2
	rm -rf "$tmp/the root"
	configured "$name" "$@"
	in_folder "$name: install" install-exec install-data
	is "$(listing)" "$wanted" "$name: all is where it belongs"
	is "$(idle)" "" "$name: the program runs under each name"
	in_folder "$name: install again" install-exec install-data
	in_folder "$name: uninstall" uninstall
	is "$(listing)" "" "$name: nothing is left"
}

COMPLETIONS='/usr/share/bash-completion/completions/postrider.bash
/usr/share/fish/vendor_completions.d/postrider.fish'
ZSH=/usr/share/zsh/site-functions/_postrider

UNITS='--with-systemdsystemunitdir=/lib/systemd/system
--with-systemduserunitdir=/usr/lib/systemd/user'
NO_UNITS='--without-systemdsystemunitdir --without-systemduserunitdir'

# shellcheck disable=SC2086
trial default "/lib/systemd/system/postrider-queue.path
/lib/systemd/system/postrider-queue.service
/lib/systemd/system/postrider-queue.timer
/usr/bin/mailq -> postrider
/usr/bin/newaliases -> postrider
/usr/bin/postrider
/usr/lib/systemd/user/postrider-queue.path
/usr/lib/systemd/user/postrider-queue.service
/usr/lib/systemd/user/postrider-queue.timer
/usr/sbin/sendmail -> ../bin/postrider
$COMPLETIONS
/usr/share/man/man1/postrider.1
/usr/share/man/man5/postrider.conf.5
/usr/share/man/man7/postrider-queue.7
/usr/share/man/man8/postrider-sendmail.8
$ZSH" $UNITS

# shellcheck disable=SC2086
trial bare "/usr/bin/postrider
$COMPLETIONS
/usr/share/man/man1/postrider.1
/usr/share/man/man5/postrider.conf.5
/usr/share/man/man7/postrider-queue.7
/usr/share/man/man8/postrider-sendmail.8
$ZSH" --disable-sendmail-names $NO_UNITS

# shellcheck disable=SC2086
trial prefixed "/usr/bin/x-mailq -> x-postrider
/usr/bin/x-msmtp -> x-postrider
/usr/bin/x-newaliases -> x-postrider
/usr/bin/x-postrider
/usr/bin/x-sendmail -> x-postrider
$COMPLETIONS
/usr/share/man/man1/x-postrider.1
/usr/share/man/man5/x-postrider.conf.5
/usr/share/man/man7/x-postrider-queue.7
/usr/share/man/man8/x-postrider-sendmail.8
$ZSH" --enable-msmtp-name --program-prefix=x- --sbindir=/usr/bin \
	$NO_UNITS

# What somebody else has put in its place is not ours to remove.
folder=$tmp/default
in_folder "install once more" install-exec
ln -sf exim4 "$tmp/the root/usr/sbin/sendmail"
in_folder "uninstall beside another sendmail" uninstall
is "$(listing)" "/usr/sbin/sendmail -> exim4" "the other sendmail stays"
done_testing
