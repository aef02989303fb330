#!/usr/bin/env python3
"""The queue run: what goes over which connection, and what becomes of it."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sink import OFFERS, Session, Sink  # noqa: E402
from trial import Trial  # noqa: E402

trial = Trial()
NAMES = iter(range(1000))


class Bed:
    """A queue of its own, whose mail goes to a server that CLASS plays."""

    def __init__(self, session=Session, *lines, offers=None, trusted=True):
        self.name = "bed%d" % next(NAMES)
        self.folder = trial.path(self.name)
        self.log = trial.path(self.name + ".log")
        self.sink = Sink(session=session, offers=offers)
        self.sink.sessions = self.sink.dots = 0
        self.config = trial.file(self.name + ".conf", trial.account(
            "port %d" % self.sink.port, "queue_runner none",
            *(lines if any(x.startswith("queue ") for x in lines) else
              ("queue always", *lines)), "queue_dir " + self.folder, "logfile " + self.log, "timeout 2",
            "chunking off"))
        if trusted:
            self.enter("first@example.com")
            self.flush()
            self.forget()

    def forget(self):
        self.sink.sessions = self.sink.dots = 0
        self.sink.messages.clear()
        self.sink.lines.clear()
        if os.path.exists(self.log):
            os.unlink(self.log)

    def enter(self, *to):
        ran = trial.run("-C", self.config, *to, bare=True,
                        stdin=b"\nhello\n")
        assert ran.status == 0, ran

    def command(self, *args):
        return [trial.program, *args, "-C", self.config, "--queue-dir",
                self.folder]

    def verb(self, *args):
        return subprocess.run(
            self.command(*args), env=self.environment(), cwd=trial.home,
            capture_output=True, timeout=60, check=False)

    @staticmethod
    def environment():
        return {"HOME": trial.home, "PATH": os.environ["PATH"]}

    def flush(self, *args):
        return self.verb("flush", *args)

    def now(self):
        """Try all at once, whatever was learnt of the server."""
        return self.flush("-a", "default")

    def items(self):
        return json.loads(self.verb("queue", "--json").stdout)

    def states(self):
        return [(x["state"], x.get("hold_reason")) for x in self.items()]

    def logged(self):
        """What became of each, but for that it was entered."""
        try:
            with open(self.log, encoding="utf-8") as f:
                return re.findall(r" queue=(?!queued exitcode=EX_OK)(\S+)",
                                  f.read())
        except FileNotFoundError:
            return []

    def got(self):
        """Who got something, in order; notices apart."""
        return [m.recipients[0].split("@")[0] for m in self.sink.messages
                if m.sender]


def enter_many(bed, n):
    for i in range(n):
        bed.enter("u%d@example.com" % i)


class Counting(Session):
    """Notes how many sessions there were."""

    def handle(self):
        self.server.sink.sessions += 1
        super().handle()


class Closing(Counting):
    """Hangs up after each message, as if it had been idle for too long."""

    def keep(self):
        super().keep()
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)


class Says421(Counting):
    """421 in place of the answer to the second MAIL."""

    def on_mail(self, rest):
        if len(self.server.sink.messages) == 1:
            self.say("421 4.3.2 going down")
            self.wfile.flush()
            return "end"
        return super().on_mail(rest)


class Silent(Counting):
    """Takes the message and never says so."""

    def keep(self):
        self.server.sink.dots += 1
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)


class Picky(Counting):
    """450 for bob, 550 for cy, also at MAIL from the answers of a list."""

    def on_rcpt(self, rest):
        for word, answer in (("bob", "450 4.2.0 later"),
                             ("cy", "550 5.1.1 nobody of that name")):
            if word in rest:
                self.say(answer)
                return None
        return super().on_rcpt(rest)


class Dead(Counting):
    """Greets with 421."""

    def handle(self):
        self.server.sink.sessions += 1
        self.say("421 4.3.2 not now")
        self.wfile.flush()


class Poisoned(Counting):
    """421 whenever it hears of one recipient."""

    def on_rcpt(self, rest):
        if "poison" in rest:
            self.say("421 4.3.0 I do not feel well")
            self.wfile.flush()
            return "end"
        return super().on_rcpt(rest)


class Locked(Counting):
    """530 to MAIL: a login is wanted."""

    def on_mail(self, rest):
        if not getattr(self.server.sink, "locked", False):
            return super().on_mail(rest)
        self.say("530 5.7.0 who are you?")
        return None


class Refuses(Counting):
    def on_mail(self, _rest):
        self.say("550 5.7.1 not you")


# One session, its end, and the order.
bed = Bed(Counting)
enter_many(bed, 5)
bed.flush()
trial.equal((bed.got(), bed.sink.sessions),
            (["u%d" % i for i in range(5)], 1),
            "five messages go in order over one session", bed.sink.lines)
trial.ok(bed.sink.lines[-1] == b"QUIT\r\n", "which ends politely")
trial.equal(bed.logged(), ["sent"] * 5, "each has its line in the log")
trial.equal((bed.items(), sorted(x.split(".")[-1] for x in
                                 os.listdir(bed.folder))),
            ([], ["account", "lock", "usage"]), "and nothing is left")

bed = Bed(Counting, offers=OFFERS + ["LIMITS MAILMAX=2"])
enter_many(bed, 5)
bed.flush()
trial.equal((len(bed.got()), bed.sink.sessions), (5, 3),
            "LIMITS MAILMAX=2 makes three sessions of five messages")

bed = Bed(Closing, offers=OFFERS)
enter_many(bed, 3)
bed.flush()
trial.equal((bed.got(), bed.sink.sessions, bed.logged()),
            (["u0", "u1", "u2"], 3, ["sent"] * 3),
            "a session that died between two messages is opened again")

bed = Bed(Closing)
with open(bed.config, "rb") as f:
    config = f.read().replace(b"chunking off\n", b"")
with open(bed.config, "wb") as f:
    f.write(config)
enter_many(bed, 5)
bed.flush()
trial.equal((bed.got(), bed.sink.sessions, bed.logged()),
            (["u%d" % i for i in range(5)], 5, ["sent"] * 5),
            "also where a message goes in one flight: no doubt about it")

bed = Bed(Counting, "queue_connections 3")
enter_many(bed, 60)
bed.flush()
trial.ok(len(set(bed.got())) == 60 == len(bed.got()) and
         2 <= bed.sink.sessions <= 3, "many go over several sessions",
         bed.sink.sessions, bed.got())

bed = Bed(Counting, "queue_connections 1")
enter_many(bed, 30)
bed.flush()
trial.equal((len(bed.got()), bed.sink.sessions), (30, 1),
            "but over one where queue_connections is 1")

bed = Bed(Counting, "rate 2/second", trusted=False)
enter_many(bed, 5)
begun = time.monotonic()
bed.flush()
took = time.monotonic() - begun
trial.ok(len(bed.got()) == 5 and 2 <= took < 4 and bed.sink.sessions == 1,
         "rate makes pauses in one session", took, bed.got())
bed = Bed(Counting, "rate 2/hour", trusted=False)
enter_many(bed, 5)
bed.flush()
bed.flush()
trial.equal((bed.got(), bed.states()), (["u0", "u1"], [("waiting", None)] * 3),
            "what is over the rate waits in the queue")

bed = Bed(Counting, "rate 2/hour", "queue fallback", trusted=False)
enter_many(bed, 4)
trial.equal((bed.got(), bed.states()), (["u0", "u1"], [("waiting", None)] * 2),
            "a call that is over the rate queues its message")

# Servers in trouble.
bed = Bed(Dead, trusted=False)
enter_many(bed, 6)
bed.flush()
trial.equal((bed.sink.sessions, bed.states()),
            (1, [("waiting", None)] * 6),
            "a server in trouble is asked once, not for each message")
bed.flush()
trial.equal(bed.sink.sessions, 1, "and not again before its time")
bed.flush("--now")
trial.equal(bed.sink.sessions, 2, "unless somebody says so: once")

bed = Bed(Counting, trusted=False)
bed.sink.close()
bed.enter("u@example.com")
ran = bed.flush()
items = bed.items()
trial.ok(ran.returncode == 0 and items[0]["state"] == "waiting" and
         items[0]["attempts"] == 1, "a refused connection leaves it waiting",
         ran, items)
bed.sink.listen()
bed.now()
trial.equal((bed.got(), bed.items()), (["u"], []), "it goes when it can")

bed = Bed(Says421)
enter_many(bed, 4)
bed.flush()
trial.equal((bed.got(), bed.sink.sessions, len(bed.items())),
            (["u0"], 2, 3),
            "421 between messages is a reason for one new session, "
            "and in that one for a pause", bed.sink.lines)

# Too old.
bed = Bed(Dead, "queue_lifetime 1", trusted=False)
enter_many(bed, 2)
bed.flush()
time.sleep(1.1)
bed.flush()
trial.equal((bed.sink.sessions, bed.states()), (1, [("failed", None)] * 2),
            "what is too old fails, also while its server is in trouble")
bed = Bed(Picky, "queue_lifetime 1", trusted=False)
bed.enter("bob@example.com")
time.sleep(1.1)
bed.flush()
trial.ok(bed.states()[0][0] == "failed" and bed.logged()[0] == "failed" and
         any(b"bob" in x for x in bed.sink.lines),
         "but not before it was tried", bed.items(), bed.logged())

# Messages in trouble.
bed = Bed(Picky)
bed.enter("ann@example.com", "bob@example.com", "cy@example.com")
bed.enter("dan@example.com")
bed.flush()
items = bed.items()
trial.equal((bed.got(), [[(r["address"], r["state"])
                          for r in x["recipients"]] for x in items]),
            (["ann", "dan"], [[("ann@example.com", "sent"),
                               ("bob@example.com", "pending"),
                               ("cy@example.com", "failed")]]),
            "each recipient has its own verdict; others do not wait")
bed.forget()
bed.flush("--now")
trial.ok(not bed.sink.messages and
         not any(b"ann" in x or b"cy@" in x for x in bed.sink.lines),
         "nobody else is tried again", bed.sink.lines)

bed = Bed(Poisoned)
bed.enter("poison@example.com")
bed.enter("u@example.com")
bed.flush()
trial.equal((bed.got(), len(bed.items())), ([], 2),
            "a message that makes the server hang up looks like trouble of "
            "the server")
bed.flush("--now")
trial.equal((bed.got(), len(bed.items())), (["u"], 1),
            "but stands in the way of no other the next time")

bed = Bed(Refuses, trusted=False)
bed.enter("u@example.com")
bed.flush()
trial.equal((bed.states()[0], bed.logged()[0]), (("failed", None), "failed"),
            "refused for good is failed, and kept")

# Uncertain outcomes.
bed = Bed(Silent, trusted=False)
bed.enter("u@example.com")
bed.flush()
item = bed.items()[0]
trial.ok(item["state"] == "waiting" and item["uncertain"],
         "no answer to the message is uncertain, and tried again", item)
bed.flush("--now")
bed.flush("--now")
trial.equal((bed.states(), bed.sink.dots), ([("held", "uncertain")], 3),
            "the third time holds it")
bed.flush("--now")
trial.equal(bed.sink.dots, 3, "and it is not sent again by itself")

# What is for later.
bed = Bed(Session, "queue_lifetime 1s")
trial.run("send", "-C", bed.config, "--to", "later@example.com", "--body", "x",
          "--at", "+2h", bare=True)
bed.sink.close()
bed.enter("u@example.com")
time.sleep(2)
bed.flush()
bed.flush()
trial.equal(sorted(x["state"] for x in bed.items()), ["failed", "waiting"],
            "what is not due yet is not too old either")


def started(bed, *args):
    """A run under way."""
    return subprocess.Popen(
        bed.command("flush", *args), env=bed.environment(), cwd=trial.home,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


def until(what, seconds=10):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


class Slow(Counting):
    """Has the message and thinks about it."""

    def keep(self):
        self.server.sink.dots += 1
        if self.server.sink.dots == 1:
            time.sleep(1.5)
        super().keep()


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid),
              encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


bed = Bed(Slow, trusted=False)
bed.enter("u@example.com")
run = started(bed)
until(lambda: bed.sink.dots == 1)
workers = children(run.pid)
for pid in [run.pid, *workers]:
    os.kill(pid, signal.SIGKILL)
run.wait()
trial.equal(len(bed.items()), 1, "a run that is killed loses nothing")
bed.flush()
with open(bed.log, encoding="utf-8") as f:
    said = f.read()
trial.ok("uncertain" in said and not bed.items(),
         "the next says that it is uncertain, and sends it", said)

bed = Bed(Slow, trusted=False)
bed.enter("poison@example.com")
bed.enter("u@example.com")
run = started(bed)
until(lambda: bed.sink.dots == 1)
for pid in children(run.pid):
    os.kill(pid, signal.SIGKILL)
run.wait()
trial.ok("u" in bed.got() and [x["recipients"][0]["address"]
                               for x in bed.items()] == ["poison@example.com"],
         "what a worker dies over is put off alone", bed.got(), bed.items())
trial.ok(bed.items()[0]["attempts"] == 1 and bed.items()[0]["uncertain"],
         "and its outcome is uncertain", bed.items())

bed = Bed(Slow, trusted=False)
enter_many(bed, 3)
run = started(bed)
until(lambda: bed.sink.dots == 1)
run.send_signal(signal.SIGTERM)
run.wait()
trial.equal((bed.got(), len(bed.items()), [x["uncertain"] for x in
                                           bed.items()]),
            (["u0"], 2, [False] * 2),
            "SIGTERM ends a run after the message that it is at")

bed = Bed(Slow, trusted=False)
bed.enter("u@example.com")
run = started(bed)
until(lambda: bed.sink.dots == 1)
run.send_signal(signal.SIGINT)
begun = time.monotonic()
time.sleep(0.1)
run.send_signal(signal.SIGINT)
run.wait()
took = time.monotonic() - begun
trial.ok(took < 1 and len(bed.items()) == 1 and bed.items()[0]["uncertain"],
         "a second signal does not wait for the server", took, bed.items())

# Logins.
bed = Bed(Locked)
bed.sink.locked = True
enter_many(bed, 3)
bed.flush()
trial.equal((bed.sink.sessions, len(bed.items()), bed.states()[0]),
            (1, 3, ("held", "credentials")),
            "a refused login holds the account: one try")
bed.flush()
bed.flush("--now")
trial.equal(bed.sink.sessions, 1, "and no other, not by --now either")
bed.sink.locked = False
with open(bed.config, "ab") as f:
    f.write(b"# mended\n")
bed.flush()
trial.equal((bed.got(), bed.items()), (["u0", "u1", "u2"], []),
            "a changed configuration releases all of it")
bed = Bed(Locked)
bed.sink.locked = True
enter_many(bed, 2)
bed.flush()
bed.sink.locked = False
bed.now()
trial.equal((bed.got(), bed.items()), (["u0", "u1"], []),
            "and so does flush -a")

# A fallback.
other = Sink()
bed = Bed(Dead, "fallback other", trusted=False)
with open(bed.config, "ab") as f:
    f.write(trial.account("port %d" % other.port, label="other"))
enter_many(bed, 3)
bed.flush()
trial.equal((bed.sink.sessions, len(other.messages), bed.items()), (1, 3, []),
            "a fallback takes it all, and the dead server is asked once",
            bed.sink.sessions, len(other.messages), bed.items())
other.close()

# A run that stays.
bed = Bed(Counting)
bed.enter("u@example.com")
run = started(bed, "--background")
until(lambda: run.poll() is not None)
trial.equal((run.returncode, bed.got()), (0, ["u"]),
            "a run that stays ends when nothing waits")

bed = Bed(Dead, trusted=False)
bed.enter("u@example.com")
run = started(bed, "--background")
until(lambda: bed.sink.sessions == 1)
trial.ok(bed.verb("flush").returncode == 0 and bed.sink.sessions == 1,
         "another run finds it at work and leaves it be")
bed.sink.server.RequestHandlerClass = Counting
bed.flush("-a", "default")
trial.ok(until(lambda: bed.got() == ["u"]), "it hears of flush -a at once",
         bed.sink.sessions)
run.wait(10)
trial.equal(run.returncode, 0, "and ends then")

bed = Bed(Picky)
bed.enter("bob@example.com")
run = started(bed, "--background")
until(lambda: bed.logged() == ["queued"])
bed.enter("ann@example.com")
trial.ok(until(lambda: bed.got() == ["ann"]),
         "what comes meanwhile goes out at once", bed.got())
run.terminate()
trial.equal((run.wait(10), bed.states()), (0, [("waiting", None)]),
            "SIGTERM ends a run that sleeps")

bed = Bed(Counting)
with open(bed.config, "rb") as f:
    config = f.read().replace(b"queue_runner none", b"queue_runner auto")
with open(bed.config, "wb") as f:
    f.write(config)
enter_many(bed, 10)
trial.ok(until(lambda: len(bed.got()) == 10 and not bed.items()),
         "senders start a run by themselves", bed.got(), bed.items())
bed = Bed(Locked)
bed.sink.locked = True
bed.enter("held@example.com")
bed.flush()
bed.sink.locked = False
with open(bed.config, "rb") as f:
    config = f.read().replace(b"queue always", b"queue fallback")
with open(bed.config, "wb") as f:
    f.write(config.replace(b"queue_runner none", b"queue_runner auto"))
bed.enter("now@example.com")
trial.ok(until(lambda: bed.got() == ["now", "held"] and not bed.items()),
         "a message that goes at once after a fault was mended takes along "
         "what was held for it", bed.got(), bed.items())


def faulty(inject, *args):
    """The program where system calls fail, and its children too."""
    os.environ["WRAP"] = "strace -f -qqq -o /dev/null -e inject=" + inject
    try:
        # Leaks cannot be looked for under ptrace(2).
        return trial.run(*args, bare=True, stdin=b"\nhello\n",
                         env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
    finally:
        del os.environ["WRAP"]


def can_trace():
    try:
        return subprocess.run(
            ["strace", "-qqq", "-o", "/dev/null", "true"],
            capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def a_run_starts_or_is_missed():
    ran = faulty("close_range:error=ENOSYS", "-C", bed.config,
                 "old@example.com")
    trial.ok(ran.status == 0 and until(lambda: bed.got() == ["old"]),
             "an old kernel keeps no run from starting", ran, bed.got())
    ran = faulty("chdir:error=EACCES", "send", "-C", bed.config, "--to",
                 "ann@example.com", "--body", "x", "--at", "+2h")
    trial.ok(ran.status == 0 and b"queued as" in ran.err and
             b"cannot start a queue run: Permission denied\n" in ran.err,
             "that no run can be started is said", ran)


bed = Bed(Counting)
with open(bed.config, "rb") as f:
    config = f.read().replace(b"queue_runner none", b"queue_runner auto")
with open(bed.config, "wb") as f:
    f.write(config)
subprocess.run(
    ["sh", "-c", "ulimit -S -n 12; exec \"$@\"", "-", trial.program, "-C",
     bed.config, "few@example.com"], input=b"\nhello\n", check=True,
    env=bed.environment(), cwd=trial.home)
trial.ok(until(lambda: bed.got() == ["few"]),
         "a run has more files open than its sender may", bed.got())
bed.forget()
if can_trace():
    a_run_starts_or_is_missed()
else:
    trial.number += 1
    print("ok %d - runs that cannot start # SKIP no strace" % trial.number)
trial.done()
