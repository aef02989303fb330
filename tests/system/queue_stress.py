#!/usr/bin/env python3
"""64 processes enter 5,000 messages at once; a run delivers them, and somebody
kills runs and their workers at random, with SIGKILL.

Every message arrives, byte by byte, and none twice but those of which the log
said that it may happen.  Then the same with senders that are killed too: what
was accepted arrives, what was not arrives at most once.

The second and third are smaller unless FULL is set.  SEED repeats the choices
of the killer.
Run as root, from the folder that holds the program; CLIENT is the program.
"""
import collections
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import queuebed     # noqa: E402
import sink         # noqa: E402

FULL = "FULL" in os.environ
SENDERS = 64
LINES = ["timeout 20", "queue_lifetime 5d"]
# name, messages, who dies besides runs and workers, or in their place
STORMS = [("storm", 5000, None),
          ("senders", 2000 if FULL else 500, "senders"),
          ("server", 2000 if FULL else 500, "server")]
LARGE = 200000      # octets of every hundredth message
PATIENCE = 300      # seconds for the last runs
# One process of 64: its messages, one after the other, each with a status.
SENDER = """
from=$1 to=$2
while [ "$from" -le "$to" ]; do
    "$PROGRAM" -i "n$from@example.com" <"$LETTERS/$from" 2>"$STATUS/$from.err"
    echo "$? $$" >"$STATUS/$from"
    from=$((from + 1))
done
"""


# --- the smarthost, in a process of its own ----------------------------------
def note(path, message):
    """Before it is answered, so that it counts whatever happens then."""
    number = re.search(rb"^X-Number: (\d+)", message.data, re.M)
    ident = re.search(rb"^Message-ID: (\S+)", message.data, re.M | re.I)
    body = message.data.partition(b"\r\n\r\n")[2]
    line = b"%s %s %s %s\n" % (
        number[1] if number else b"0", ident[1] if ident else b"-",
        hashlib.sha256(body).hexdigest().encode(),
        ",".join(message.recipients).encode())
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, line)
    os.close(fd)


def serve(log, port):
    server = sink.Sink(port=int(port))
    server.on_message = lambda message: note(log, message)
    print(server.port, flush=True)
    signal.pause()


class Smarthost:
    def __init__(self, log):
        self.log, self.port = log, 0
        self.start()

    def start(self):
        """At the port that it had, where it had one."""
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--serve", self.log,
             str(self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def arrivals(self):
        """{number: [(message ID, hash of the body), ...]}"""
        found = collections.defaultdict(list)
        if os.path.exists(self.log):
            with open(self.log, encoding="ascii") as f:
                for line in f:
                    number, ident, digest, _ = line.split(" ")
                    found[int(number)].append((ident, digest))
        return found

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


# --- whoever kills -----------------------------------------------------------
class Killer(threading.Thread):
    """Runs and workers, each with the same chance; senders too, if asked."""

    def __init__(self, bed, seed, senders):
        super().__init__(daemon=True)
        self.bed, self.random, self.senders = bed, random.Random(seed), senders
        self.killed = collections.Counter()
        self.stop = threading.Event()

    def victims(self):
        runners = self.bed.runners()
        if self.senders and self.random.random() < 0.5:
            return "sender", [pid for pid in self.bed.processes()
                              if pid not in runners]
        return "run", list(runners)

    def run(self):
        while not self.stop.wait(self.random.uniform(0.01, 0.25)):
            kind, pids = self.victims()
            if not pids:
                continue
            pid = self.random.choice(pids)
            if kind == "run" and is_worker(pid):
                kind = "worker"
            try:
                os.kill(pid, signal.SIGKILL)
                self.killed[kind] += 1
            except ProcessLookupError:
                pass

    def end(self):
        self.stop.set()
        self.join()


class Flapper(Killer):
    """The server dies and comes back, and somebody is impatient."""

    def __init__(self, bed, seed, host, who):
        super().__init__(bed, seed, False)
        self.host, self.who = host, who

    def run(self):
        while not self.stop.wait(self.random.uniform(0.2, 1.0)):
            self.host.kill()
            self.killed["server"] += 1
            time.sleep(self.random.uniform(0, 0.2))
            self.host.start()
            self.who.run("flush", "--now")


def is_worker(pid):
    """Its parent runs the same program as it does."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            parent = re.search(r"^PPid:\s*(\d+)", f.read(), re.M)[1]
        return os.readlink("/proc/%s/exe" % parent) == \
            os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return False


# --- one storm ---------------------------------------------------------------
class Storm:
    def __init__(self, bed, name, count, who_dies):
        self.bed, self.name, self.count = bed, name, count
        self.host = Smarthost(bed.path(name + ".arrivals"))
        mode = "fallback" if who_dies == "server" else "always"
        self.who = bed.person(name, *LINES, "queue " + mode, "tls off",
                              "auth off", "host 127.0.0.1",
                              "port %d" % self.host.port)
        self.letters = bed.path(name + ".letters")
        self.status = bed.path(name + ".status")
        self.digests = {}
        self.write_letters()
        seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
        self.killer = Flapper(bed, seed, self.host, self.who) \
            if who_dies == "server" else \
            Killer(bed, seed, who_dies == "senders")
        bed.say("%s: %d messages, SEED=%d" % (name, count, seed))

    def write_letters(self):
        for folder in (self.letters, self.status):
            os.makedirs(folder)
            os.chown(folder, self.who.uid, self.who.uid)
        for number in range(1, self.count + 1):
            body = b"%d: a line of text\n" % number * (number % 40 + 1)
            if number % 100 == 0:
                body *= LARGE // len(body)
            # Dots, and an empty line at the end, are what goes wrong first.
            body += b".\n..\n\n"
            self.digests[number] = hashlib.sha256(
                body.replace(b"\n", b"\r\n")).hexdigest()
            with open(os.path.join(self.letters, str(number)), "wb") as f:
                f.write(b"X-Number: %d\nMessage-ID: <%d@storm>\n"
                        b"To: bob@example.com\n\n%s" % (number, number, body))

    def rage(self):
        """Seconds until all senders are done."""
        env = dict(self.who.environment(), PROGRAM=self.bed.program,
                   LETTERS=self.letters, STATUS=self.status)
        edges = [self.count * i // SENDERS for i in range(SENDERS + 1)]
        self.killer.start()
        begun = time.monotonic()
        senders = [subprocess.Popen(
            ["sh", "-c", SENDER, "sh", str(a + 1), str(b)], env=env,
            user=self.who.uid, group=self.who.uid, extra_groups=[],
            stdin=subprocess.DEVNULL) for a, b in zip(edges, edges[1:])]
        for sender in senders:
            sender.wait()
        took = time.monotonic() - begun
        self.at_end = len(self.host.arrivals())
        self.killer.end()
        return took

    def settle(self):
        """Nobody is killed any more: a plain run does the rest."""
        begun = time.monotonic()
        while self.who.ids() and time.monotonic() - begun < PATIENCE:
            held = [x["id"] for x in self.who.items()
                    if x.get("hold_reason") == "uncertain"]
            self.released |= set(held)
            if held:
                self.who.run("queue", "release", *held, limit=PATIENCE)
            ran = self.who.run("flush", "--now", "--wait", limit=PATIENCE)
            if ran.status not in (0, 75):
                self.bed.say("flush: %r" % (ran,))
                break
        return time.monotonic() - begun

    def statuses(self):
        found = {}
        for number in range(1, self.count + 1):
            try:
                with open(os.path.join(self.status, str(number)),
                          encoding="ascii") as f:
                    found[number] = int(f.read().split()[0])
            except (OSError, IndexError):
                pass
        return found

    def words(self, number):
        with open(os.path.join(self.status, "%d.err" % number),
                  encoding="utf-8", errors="replace") as f:
            return f.read()

    def go(self):
        self.released = set()
        took = self.rage()
        more = self.settle()
        status, came = self.statuses(), self.host.arrivals()
        self.report(took, more, status, came)
        self.judge(status, came)
        self.bed.ok(self.who.await_idle(30), self.name + ": the run ends",
                    self.bed.processes())
        self.host.kill()

    def report(self, took, more, status, came):
        say = self.bed.say
        say("entered by %d processes in %.1f s, %d had arrived by then; the "
            "rest after %.1f s" % (SENDERS, took, self.at_end, more))
        say("killed: %s" % ", ".join("%d %ss" % (n, kind) for kind, n in
                                     sorted(self.killer.killed.items())))
        twice = [n for n in came if len(came[n]) > 1]
        say("%d accepted, %d messages arrived, %d of them more than once "
            "(at most %d times), %d were held as uncertain and released" % (
                sum(s == 0 for s in status.values()), len(came), len(twice),
                max([len(x) for x in came.values()] or [0]),
                len(self.released)))

    def told_as_uncertain(self):
        """By the log: messages, and the lines that speak of them."""
        number, lines = {}, []
        for line in self.who.log():
            ident = re.search(r"\bid=(\w+)", line)
            to = re.search(r"\brecipients=n(\d+)@", line)
            if ident and to:
                number[ident[1]] = int(to[1])
            if ident and ("uncertain" in line or "not known" in line):
                lines.append((ident[1], line))
        return {number.get(ident) for ident, _ in lines}, \
            [line for _, line in lines]

    def judge(self, status, came):
        ok, name = self.bed.ok, self.name + ": "
        ok(len(status) == self.count, name + "every sender came to its end",
           len(status))
        killed = [n for n, s in status.items() if s == 128 + signal.SIGKILL]
        bad = {n: (s, self.words(n)) for n, s in status.items()
               if s != 0 and n not in killed}
        ok(not bad, name + "all were accepted", list(bad.items())[:20])
        ok(self.killer.senders or not killed, name + "no sender was killed")
        lost = [n for n, s in status.items() if s == 0 and n not in came]
        ok(not lost, name + "0 lost", lost[:20], len(lost),
           self.who.listing()[:2000])
        wrong = [n for n, x in came.items() if n not in self.digests or
                 {digest for _, digest in x} != {self.digests[n]}]
        ok(not wrong, name + "byte by byte", wrong[:20])
        said, log = self.told_as_uncertain()
        twice = {n: len(x) for n, x in came.items() if len(x) > 1}
        ok(not set(twice) - said,
           name + "what came twice was told as uncertain",
           {n: x for n, x in twice.items() if n not in said}, log[:20])
        ok(all(s == 0 or len(came[n]) <= 1 for n, s in status.items()),
           name + "what was not accepted came once at most")
        ok(not self.who.snapshot_mail_left(), name + "the queue is empty",
           sorted(self.who.snapshot())[:20], self.who.listing()[:2000])


def main(words):
    if words[:1] == ["--serve"]:
        serve(*words[1:])
        return 0
    if os.geteuid() != 0:
        print("1..0 # SKIP only root can be several people")
        return 0
    if not shutil.which(os.environ.get("CLIENT", "./postrider")):
        print("Bail out! there is no program")
        return 1
    with queuebed.Bed("stress") as bed:
        for name, count, who_dies in STORMS:
            if not words or name in words:
                bed.case(Storm(bed, name, count, who_dies).go)
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
