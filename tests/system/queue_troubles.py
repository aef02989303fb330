#!/usr/bin/env python3
"""Every trouble that mail meets on its way, and what is said and done about it:
the caller's status and words, the state of the item, the next try, the notice
to the sender, notify_command, the log, and what `postrider queue` says.

And that a dead server costs one connection an interval, not one a message.
Days go by on a clock of our own (clock_shift.c), which the program is given.

Run as root, from the folder that holds the program, in a network namespace of
its own.  CLIENT is the program.
"""
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import netns        # noqa: E402
import queuebed     # noqa: E402

MANY, SOME = 1000, 100
DAY = 86400
JITTER = 0.11       # a tenth, and a second of rounding
# From `sh` on, the whole of what notify_command is told.
NOTIFY = ("notify_command printf '%%s|%%s|%%s|%%s\\n' \"$POSTRIDER_EVENT\" "
          "\"$POSTRIDER_ID\" \"$POSTRIDER_RECIPIENTS\" \"$POSTRIDER_REASON\" "
          ">>%s/told")


class Case:
    """One person with one server, for one trouble."""

    number = 0

    def __init__(self, bed, name, *lines, tls=None, trusted=True):
        Case.number += 1
        self.bed, self.name = bed, name
        self.host = queuebed.Host(bed.certs if tls else None, tls)
        self.who = bed.person("p%d" % Case.number)
        self.who.clock = bed.clock
        self.who.configure("queue_runner none", "timeout 2",
                           NOTIFY % self.who.home,
                           *self.host.lines_of_account("smtp.test"), *lines)
        if trusted:
            ran = self.who.mail(subject="first")
            self.ok(ran.status == 0 and self.host.subjects() == ["first"],
                    "a first message goes", ran)
            # Only with a queue is there a success to remember.

    def ok(self, good, words, *notes):
        return self.bed.ok(good, "%s: %s" % (self.name, words), *notes)

    def equal(self, got, want, words, *notes):
        return self.bed.equal(got, want, "%s: %s" % (self.name, words), *notes)

    def item(self):
        items = self.who.items()
        return items[0] if len(items) == 1 else {"items": items}

    def ahead(self):
        """Seconds to the next try."""
        text = self.item().get("next_try")
        return None if not text else \
            queuebed.seconds_from(text, self.bed.clock.now())

    def next_in(self, seconds, words):
        got = self.ahead()
        self.ok(got is not None and
                abs(got - seconds) <= JITTER * seconds + 5,
                "%s: the next try is in %d s" % (words, seconds), got,
                self.item())

    def told(self):
        try:
            with open(os.path.join(self.who.home, "told"),
                      encoding="utf-8") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def events(self):
        return [line.split("|")[0] for line in self.told()]

    def notices(self):
        return [m for m in self.host.messages
                if b"multipart/report" in m.data.lower()]

    def show(self):
        """What people see, for the reader of the log of this test."""
        self.bed.say(self.who.listing().rstrip())
        for line in self.told():
            self.bed.say("notify: " + line)
        for line in self.who.log()[-1:]:
            self.bed.say("log: " + line)

    def flush(self, *args):
        return self.who.run("flush", *args)

    def after(self, seconds):
        """So much later a timer has the queue run."""
        self.bed.clock.ahead(seconds)
        return self.flush()

    def end(self):
        self.host.close()


# --- trouble of the server: queued, the account waits ------------------------
def go_down(host):
    host.down()


def mood(word):
    def change(host):
        host.mood = word
    return change


def spoil(host):
    host.certificate("unknown")


# name: how, with TLS?, words of the answer, exit status of one never trusted,
# is it told loudly?
SERVER_TROUBLES = {
    "server down": (go_down, None, r"refused|connect", 0, False),
    "greeted with 421": (mood("421"), None, r"421", 0, False),
    "the greeting never comes": (mood("silent"), None, r"time|wait", 0, False),
    "not TLS": (mood("garbage"), "implicit", r"TLS", 76, True),
    "an unknown authority": (spoil, "implicit", r"certificate", 76, True),
    "454 at AUTH": (mood("454"), "implicit", r"454", 0, False),
}


def server_trouble(bed, name):
    how, tls, word, status, loud = SERVER_TROUBLES[name]
    c = Case(bed, name, tls=tls)
    how(c.host)
    ran = c.who.mail("-v", subject="one")
    c.ok(ran.status == 0, "the caller is told 0", ran)
    c.ok(re.search(r"queued as [A-Z0-9]+", ran.err) and
         re.search(word, ran.err), "and why, with -v", ran)
    item = c.item()
    c.equal((item.get("state"), item.get("hold_reason"),
             item.get("uncertain")), ("waiting", None, False),
            "it waits", item)
    c.next_in(60, "after the first")
    c.ok(re.search(word, str(item) + c.who.listing()), "the answer is shown",
         item, c.who.listing())
    log = c.who.log()[-1:]
    c.ok(log and "queue=queued" in log[0] and "exitcode=EX_OK" in log[0],
         "the log has it", log)
    c.equal(c.events()[:1], ["trouble"] if loud else [],
            "who is told" if loud else "nobody is bothered yet", c.told())
    accepted, snapshot = c.host.accepted, c.who.mails()
    ran = c.who.mail(subject="two")
    c.ok(ran.status == 0 and ran.out + ran.err == "" and
         c.host.accepted == accepted and len(c.who.ids()) == 2,
         "the next message does not try, and nothing is said", ran)
    c.flush()
    c.equal(c.host.accepted, accepted, "nor does a run before its time")
    c.ok(all(c.who.mails().get(n) == x for n, x in snapshot.items()),
         "which changes nothing in the queue")
    c.after(70)
    c.equal(c.host.accepted - accepted, 0 if name == "server down" else 1,
            "one of them tries for both")
    got = [queuebed.seconds_from(x["next_try"], bed.clock.now())
           for x in c.who.items()]
    c.ok(len(got) == 2 and all(abs(s - 120) <= JITTER * 120 + 3 for s in got),
         "then both wait 2 minutes", got, c.who.items())
    c.show()
    restore(c.host)
    ran = c.after(150)
    c.ok(ran.status == 0 and c.host.subjects() == ["first", "one", "two"] and
         not c.who.ids(), "once it is over both go, in their order", ran,
         c.host.subjects(), c.who.listing())
    c.ok(not c.notices(), "no notice is sent")
    c.end()
    untrusted(bed, name, how, tls, status)


def untrusted(bed, name, how, tls, status):
    """What never worked may be a typing error: it is no silent success."""
    c = Case(bed, name + ", never trusted", tls=tls, trusted=False)
    how(c.host)
    ran = c.who.mail(subject="one")
    c.equal(ran.status, status, "the status", ran)
    c.equal(c.item().get("state"), "waiting" if status == 0 else "failed",
            "what becomes of it", c.item())
    c.ok(status == 0 or ran.err, "with words unless it is 0", ran)
    for line in ran.err.rstrip().split("\n") if ran.err else ():
        bed.say(line)
    c.end()


def restore(host):
    host.mood = ""
    if host.tls:
        host.certificate("good")
    if host.server.socket.fileno() < 0:
        host.up()


def dns_gone(bed, names):
    c = Case(bed, "DNS gone")
    names.stop()
    ran = c.who.mail("-v", subject="one")
    item = c.item()
    c.ok(ran.status == 0 and "queued as" in ran.err and
         item.get("state") == "waiting", "it waits", ran, item)
    c.next_in(60, "no name server")
    c.show()
    names.start_again()
    ran = c.after(70)
    c.ok(c.host.subjects() == ["first", "one"], "it goes once there is one",
         ran, c.who.listing())
    c.end()


# --- credentials: held, never against the lock-out counter -------------------
def credentials(bed, word):
    c = Case(bed, word + " at AUTH", tls="implicit")
    c.host.mood = word
    ran = c.who.mail("-v", subject="one")
    c.ok(ran.status == 0 and "held" in ran.err, "0, and held", ran)
    item = c.item()
    c.equal((item.get("state"), item.get("hold_reason")),
            ("held", "credentials"), "the item", item)
    c.ok(not item.get("next_try"), "there is no next try", item)
    c.equal(c.events(), ["held"], "notify_command is told once", c.told())
    log = c.who.log()[-1:]
    c.ok(log and "queue=held" in log[0], "the log", log)
    first = c.who.listing().split("\n")[0]
    c.ok("held" in first or word in first, "the first line of queue", first)
    accepted = c.host.accepted
    c.who.mail(subject="two")
    c.flush()
    c.after(3600)
    c.flush("--now")
    c.equal(c.host.accepted, accepted, "nobody tries the password again")
    c.equal(c.events(), ["held"], "nor is anybody told again", c.told())
    c.after(30 * DAY)
    c.equal([x["state"] for x in c.who.items()], ["held"] * 2,
            "and they do not age", c.who.items())
    c.show()
    c.host.mood = ""
    release(c, word)
    c.end()
    untrusted(bed, word + " at AUTH", mood(word), "implicit", 77)


def release(c, word):
    """535: by a person; 534: a changed file is enough."""
    if word == "535":
        ran = c.flush("-a", "default")
        c.ok(c.host.subjects() == ["first", "one", "two"] and
             not c.who.ids(), "flush -a releases them", ran, c.who.listing())
        return
    with open(c.who.config, encoding="utf-8") as f:
        text = f.read()
    c.who.file(".postriderrc", text + "# a new password\n")
    ran = c.flush()
    c.ok(c.host.subjects() == ["first", "one", "two"] and not c.who.ids(),
         "a changed file does", ran, c.who.listing())


# --- recipients --------------------------------------------------------------
def recipients(bed):
    c = Case(bed, "450 for one, 550 for another")
    c.host.rcpt = {"later": "450 4.2.1 the mailbox is busy",
                   "nobody": "550 5.1.1 there is nobody of that name"}
    ran = c.who.mail(
        subject="three",
        to="good@example.com,later@example.com,nobody@example.com")
    c.ok(ran.status == 67 and "nobody@example.com" in ran.err and
         "later@example.com" not in ran.err, "67 names whom it cannot reach",
         ran)
    bed.say(ran.err.rstrip())
    c.equal([m.recipients for m in c.host.messages[1:]],
            [["good@example.com"]], "one has it")
    item = c.item()
    states = {r["address"].split("@")[0]: (r["state"], r.get("status"))
              for r in item.get("recipients", [])}
    c.equal((item.get("state"), states.get("later")),
            ("waiting", ("pending", "4.2.1")), "the other waits", item)
    c.ok(states.get("nobody", ("failed",))[0] == "failed" and
         states.get("good", ("sent",))[0] == "sent", "the others do not",
         item)
    c.next_in(60, "450")
    c.show()
    c.after(70)
    c.next_in(120, "450 again")
    c.equal(len(c.host.messages), 2, "nobody gets it twice")
    c.host.rcpt = {}
    c.after(140)
    c.equal([m.recipients for m in c.host.messages[2:]],
            [["later@example.com"]], "at last it gets it, alone")
    item = c.item()
    c.ok(item.get("state") == "failed" and "550" in c.who.listing(),
         "what was refused is kept as failed, with its reason", item,
         c.who.listing())
    c.ok(not c.notices(), "the status told it; no notice does")
    c.end()


def one_refused_later(bed):
    """550 in a run, after 450 in the foreground: the sender gets a notice."""
    c = Case(bed, "450, then 550")
    c.host.rcpt = {"later": "450 4.2.1 the mailbox is busy"}
    c.who.mail(subject="doomed", to="later@example.com")
    c.host.rcpt = {"later": "550 5.2.1 the mailbox has gone"}
    c.after(70)
    c.flush()
    notices = c.notices()
    c.ok(len(notices) == 1 and notices[0].sender == "" and
         notices[0].recipients == [c.who.name + "@example.org"],
         "one notice goes to the sender", c.host.messages[1:], c.who.log())
    text = notices[0].data if notices else b""
    c.ok(b"Action: failed" in text and b"5.2.1" in text and
         b"later@example.com" in text and b"doomed" in text,
         "with status, recipient and headers", text.decode())
    item = c.item()
    c.equal(item.get("state"), "failed", "the item stays", item)
    c.equal(c.events(), ["failed"], "notify_command", c.told())
    c.show()
    c.after(15 * DAY)
    c.ok(not c.who.ids(), "until keep_failed is over", c.who.listing())
    c.end()


def too_old(bed):
    """A server that never comes back, for five days."""
    c = Case(bed, "five days")
    c.host.down()
    c.who.mail(subject="late")
    tries = 0
    for _ in range(60):
        step = max(1, c.ahead() or 1)
        c.after(step + 1)
        tries += 1
        if c.item().get("state") != "waiting":
            break
    item = c.item()
    c.ok(item.get("state") == "failed" and 30 <= tries <= 45,
         "then it has failed, after some %d tries" % tries, item)
    c.ok("failed" in c.events(), "notify_command", c.told())
    c.host.up()
    c.flush()
    c.ok(not c.notices(), "no notice waits behind the dead account",
         c.host.messages[1:])
    c.show()
    ran = c.who.run("queue", "release", *c.who.ids())
    c.flush("--now")
    c.equal(c.host.subjects(), ["first", "late"], "a person can send it again",
            ran, c.who.listing())
    c.end()


# --- the last answer is lost -------------------------------------------------
def hang(bed):
    c = Case(bed, "hang after the dot")
    c.host.mood = "deaf"
    ran = c.who.mail("-v", subject="one")
    item = c.item()
    c.ok(ran.status == 0 and item.get("uncertain"), "queued as uncertain",
         ran, item)
    c.ok(re.search("uncertain|not known|may have been", ran.err),
         "the words say so", ran)
    c.ok(any(re.search("uncertain|not known", x) for x in c.who.log()),
         "so does the log", c.who.log())
    c.ok("uncertain" in c.events(), "and notify_command", c.told())
    c.after(70)
    c.after(150)
    item = c.item()
    c.equal((item.get("state"), item.get("hold_reason")),
            ("held", "uncertain"), "after the third it is held", item)
    c.after(3600)
    c.equal(c.host.accepted, 4, "and not tried again")
    c.show()
    c.host.mood = ""
    c.who.run("queue", "release", *c.who.ids())
    c.flush("--now")
    c.ok(c.host.subjects() == ["first", "one"] and not c.who.ids(),
         "a person releases it", c.who.listing())
    c.end()


# --- one message cannot stop the others --------------------------------------
def stubborn(bed):
    c = Case(bed, "a message that is put off")
    c.host.rcpt = {"later": "450 4.2.1 the mailbox is busy"}
    c.who.mail(subject="stuck", to="later@example.com")
    for n in range(3):
        c.who.mail(subject="free %d" % n)
    c.equal(c.host.subjects(), ["first", "free 0", "free 1", "free 2"],
            "does not keep the others")
    c.host.verdict = "451 4.3.0 try again"
    c.who.mail(subject="greylisted")
    c.host.verdict = ""
    c.flush("--now")
    c.equal(c.host.subjects()[4:], ["greylisted"], "nor does it in a run",
            c.who.listing())
    c.end()


# --- 1,000 messages and a dead server ----------------------------------------
def many(bed, count, name, how, connections):
    """connections: a function that says how many there were so far."""
    c = Case(bed, "%d messages, %s" % (count, name), "queue always",
             trusted=False)
    c.who.mail(subject="first")
    c.flush()
    c.ok(c.host.subjects() == ["first"], "the account is trusted")
    env = dict(c.who.environment(), PROGRAM=bed.program)
    begun = bed.clock.now()
    subprocess.run(
        ["sh", "-c", "for i in $(seq %d); do echo \"Subject: $i\" | "
         "\"$PROGRAM\" bob@example.com || exit; done" % count], env=env,
        user=c.who.uid, group=c.who.uid, extra_groups=[], check=True)
    bed.say("entered in %.1f s" % (bed.clock.now() - begun))
    c.equal(len(c.who.ids()), count, "all are in the queue")
    how(c.host)
    counts = []
    for seconds in (0, 70, 140, 340, 670):
        had = connections(c)
        c.after(seconds)
        c.flush()
        c.flush()
        counts.append(connections(c) - had)
    c.equal(counts, [1] * 5, "one connection an interval")
    bed.say(c.who.listing().split("\n")[0])
    restore(c.host)
    begun, had = bed.clock.now(), c.host.accepted
    c.after(1400)
    c.equal(len(c.host.messages), count + 1, "then all of them go",
            c.who.listing()[:500])
    bed.say("in %.1f s, over %d connections" % (
        bed.clock.now() - begun - 1400, c.host.accepted - had))
    c.ok(1 <= c.host.accepted - had <= 4, "over 1 to 4 connections")
    c.end()


def dead_for_minutes(bed):
    """The run that started itself, by the clock on the wall: 0, 1, 3 min."""
    c = Case(bed, "a run of its own, %d messages" % SOME, "queue always",
             "queue_runner auto", trusted=False)
    c.who.clock = None
    c.host.mood = "421"
    begun = time.monotonic()
    for number in range(SOME):
        c.who.mail(subject=str(number))
    bed.say("entered in %.1f s" % (time.monotonic() - begun))
    time.sleep(max(0, begun + 45 - time.monotonic()))
    c.equal((c.host.accepted, len(bed.runners(c.who.uid))), (1, 1),
            "45 s later there was one connection, and there is one run")
    time.sleep(max(0, begun + 150 - time.monotonic()))
    c.equal(c.host.accepted, 2, "after 150 s there were two")
    c.host.mood = ""
    c.ok(c.who.await_empty(70) and len(c.host.messages) == SOME,
         "with the third, after 3 minutes, all go", c.who.listing()[:500])
    bed.say("after %.1f s, %d connections in all" % (
        time.monotonic() - begun, c.host.accepted))
    c.end()


def opened(_case):
    """How many connections this network namespace has ever asked for."""
    with open("/proc/net/snmp", encoding="ascii") as f:
        rows = [x.split() for x in f if x.startswith("Tcp:")]
    return int(rows[1][rows[0].index("ActiveOpens")])


class Names(netns.NameServer):
    def start_again(self):
        shutil.rmtree(self.dir)
        self.start()


def all_of_them(bed, names):
    for name in SERVER_TROUBLES:
        yield name, server_trouble, name
    yield "DNS gone", dns_gone, names
    yield "535", credentials, "535"
    yield "534", credentials, "534"
    yield "450 550", recipients
    yield "450 then 550", one_refused_later
    yield "five days", too_old
    yield "hang", hang
    yield "stubborn", stubborn
    yield ("many down", many, MANY, "nobody listens", go_down, opened)
    if "FULL" in os.environ:
        yield "dead for minutes", dead_for_minutes
    yield ("many 421", many, SOME, "421", mood("421"),
           lambda c: c.host.accepted)


def main(words):
    if not netns.is_inside():
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    with queuebed.Bed("troubles") as bed:
        netns.resolv(bed.path("resolv.conf"), "nameserver 127.0.0.1",
                     "options timeout:1 attempts:1")
        names = Names(bed.home, "host-record=smtp.test,127.0.0.1")
        names.start()
        try:
            for name, function, *rest in all_of_them(bed, names):
                if not words or any(w in name for w in words):
                    bed.case(function, bed, *rest)
        finally:
            names.stop()
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
