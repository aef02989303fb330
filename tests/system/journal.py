#!/usr/bin/env python3
"""The journal of systemd itself, in a room of its own, read by journalctl.

What `journal on` sends must be an entry with our fields: of a message that was
sent, of one that was not, and one that is too large for a datagram.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial     # noqa: E402

JOURNALD = "/lib/systemd/systemd-journald"
MANY = ["user%d@a-long-name-for-a-domain.example.com" % i for i in range(6000)]
# The journal makes its sockets in /run, and nobody else sees them there.
ROOM = """
mount -t tmpfs none /run
mkdir -p /run/log/journal
# It wants to know who belongs to which service.
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
%s & journald=$!
n=0
until test -S /run/systemd/journal/socket || test $n -gt 100; do
    sleep 0.1; n=$((n + 1))
done
for message in letter refused many; do
    "$PROGRAM" -C "$HOME/$message.conf" -t <"$HOME/$message"
    echo "$message $?" >>"$HOME/status"
done
sleep 0.5
kill $journald
wait $journald
journalctl --directory="$(dirname /run/log/journal/*/system.journal)" \\
    --all --no-pager -o json -t postrider >"$HOME/entries"
""" % JOURNALD


def main():
    trial = Trial()
    if os.geteuid() != 0 or not os.access(JOURNALD, os.X_OK):
        trial.ok(True, "the journal # SKIP needs root and systemd")
        trial.done()
    account = trial.account("journal on").replace(b"syslog off\n", b"")
    trial.file("letter.conf", account)
    trial.file("many.conf", account)
    trial.file("refused.conf", account + b"message_filter exit 69\n")
    trial.file("letter", b"To: bob@example.com\n\nx\n")
    trial.file("refused", b"To: bob@example.com\n\nx\n")
    trial.file("many", "To: {}\n\nx\n".format(",\n ".join(MANY)).encode())
    run = subprocess.run(
        ["unshare", "-m", "sh", "-c", ROOM], check=False, timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": trial.home,
             "PROGRAM": trial.program}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    with open(trial.path("status"), encoding="ascii") as f:
        trial.equal(f.read().split(), ["letter", "0", "refused", "69",
                                       "many", "0"], "the runs", run.stdout)
    with open(trial.path("entries"), encoding="utf-8") as f:
        entries = [json.loads(line) for line in f]
    if not trial.equal(len(entries), 3, "an entry each", run.stdout):
        trial.done()
    letter, refused, many = entries
    trial.ok(letter["POSTRIDER_EXITCODE"] == "EX_OK" and
             letter["POSTRIDER_RECIPIENTS"] == "bob@example.com" and
             letter["PRIORITY"] == "6" and letter["SYSLOG_FACILITY"] == "2" and
             letter["MESSAGE"].startswith("host=127.0.0.1 ") and
             letter["_TRANSPORT"] == "journal", "its fields", letter)
    trial.ok(refused["PRIORITY"] == "3" and
             refused["POSTRIDER_EXITCODE"] == "EX_UNAVAILABLE" and
             "message_filter" in refused["POSTRIDER_ERRORMSG"],
             "a failure", refused)
    trial.ok(many["POSTRIDER_RECIPIENTS"] == ",".join(MANY) and
             many["POSTRIDER_EXITCODE"] == "EX_OK",
             "an entry in a sealed file of memory", many)
    trial.done()


main()
