#!/usr/bin/env python3
"""What it costs to enter a message into a queue, and to empty the queue.

    queue.py [-e] [-n COUNT] [-r ROUNDS] [NAME...]  in the folder of ./postrider

As root, after tests/bench/deps.  COUNT (1000) small messages are entered, one
process each, and then handed to a smarthost on loopback over TLS and AUTH; by
postrider and by each rival, who take turns, ROUNDS (1) times, on the disk of
this folder.  In parentheses the ratio to postrider.  Processor time is that of
all processes of a program, its daemons too.  -e: only enter.
"""
import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs    # noqa: E402
import rivals   # noqa: E402

SMALL = b"Subject: hi\nFrom: me@example.org\nTo: bob@example.com\n\nbody\n"
PATIENCE = 300
NUDGE = 15


class Smarthost:
    """tests/peer/smarthost, with its processor time apart."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["tests/peer/smarthost", folder + "/good.pem",
             folder + "/key.pem", rivals.USER, rivals.PASSWORD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def counts(self):
        """messages, recipients, octets, connections, when the last came"""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [int(x) for x in self.process.stdout.readline().split()]

    def seconds(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def enter(rival, count, message, got):
    rival.begin_entering()
    rival.group.settle()
    used = rival.group.seconds()
    wall, _, median = rival.enter_many(count, message)
    rival.group.settle()
    used = rival.group.seconds() - used
    if rival.waiting() != count:
        raise RuntimeError("%d of %d messages are in the queue of %s" %
                           (rival.waiting(), count, rival.name))
    got["enter: fsyncs"].append(rival.syncs(message) or 0)
    got["enter ms"].append(wall / count * 1000)
    got["enter ms, median"].append(median * 1000)
    got["enter processor ms"].append(used / count * 1000)


def await_messages(rival, before, count, host):
    until = time.monotonic() + PATIENCE
    came, moved = before, time.monotonic()
    while came < before + count:
        now = time.monotonic()
        if now > until:
            raise RuntimeError("%s delivered %d" % (rival.name,
                                                    came - before))
        if now > moved + NUDGE:
            rival.nudge()
            moved = now
        time.sleep(0.01)
        got = host.counts()[0]
        came, moved = got, now if got > came else moved


def drain(rival, count, host, got):
    rival.begin_draining()
    rival.group.settle()
    before, of_host = host.counts(), host.seconds()
    used, begun = rival.group.seconds(), time.monotonic_ns()
    rival.drain()
    await_messages(rival, before[0], count, host)
    rival.group.settle()
    after = host.counts()
    if after[0] != before[0] + count:
        raise RuntimeError("%s sent %d messages too many" % (
            rival.name, after[0] - before[0] - count))
    got["drain a second"].append(count / ((after[4] - begun) / 1e9))
    got["drain processor ms"].append(
        (rival.group.seconds() - used) / count * 1000)
    got["drain connections"].append(after[3] - before[3])
    got["smarthost processor ms"].append(
        (host.seconds() - of_host) / count * 1000)


WHAT = (("enter ms", "%.2f"), ("enter ms, median", "%.2f"),
        ("enter processor ms", "%.2f"),
        ("enter: fsyncs", "%.1f"), ("drain a second", "%.0f"),
        ("drain processor ms", "%.2f"), ("drain connections", "%d"),
        ("smarthost processor ms", "%.2f"))


def one_round(kind, count, top, host, got, enter_only):
    folder = tempfile.mkdtemp(dir=top)
    os.chmod(folder, 0o755)
    message = os.path.join(top, "message")
    with open(message, "wb") as f:
        f.write(SMALL)
    rival = kind(folder, host.port, os.path.join(top, "certs"),
                 os.path.abspath("tests/peer/caller"))
    try:
        rival.prepare()
        enter(rival, count, message, got)
        if not enter_only:
            drain(rival, rival.waiting(), host, got)
    except (RuntimeError, OSError, subprocess.SubprocessError) as e:
        print("# %s: %s" % (rival.name, e))
        if os.path.exists(rival.path("log")):
            print("# " + rival.log_tail().replace("\n", "\n# "))
    finally:
        rival.stop()
        shutil.rmtree(folder)


def report(found):
    own = found.get("Postrider")
    for what, form in WHAT:
        cells = []
        for name, got in found.items():
            if not got[what]:
                continue
            value = statistics.median(got[what])
            cell = "%s %s" % (name, form % value)
            if own and own[what] and statistics.median(own[what]):
                cell += " (%.2f)" % (value / statistics.median(own[what]))
            cells.append(cell)
        print("%-24s %s" % (what, "   ".join(cells)))


def main():
    words = argparse.ArgumentParser()
    words.add_argument("-n", type=int, default=1000)
    words.add_argument("-r", type=int, default=1)
    words.add_argument("-e", action="store_true")
    words.add_argument("names", nargs="*")
    words = words.parse_args()
    kinds = [k for k in rivals.ALL
             if not words.names or k.__name__.lower() in words.names]
    found = {k.__name__: {w: [] for w, _ in WHAT} for k in kinds}
    top = tempfile.mkdtemp(prefix="bench-", dir=".")
    top = os.path.abspath(top)
    os.chmod(top, 0o755)
    host = Smarthost(certs.make(os.path.join(top, "certs")))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for _ in range(words.r):
            for kind in kinds:
                one_round(kind, words.n, top, host, found[kind.__name__],
                          words.e)
        report(found)
    finally:
        host.close()
        shutil.rmtree(top)


main()
