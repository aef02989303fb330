#!/usr/bin/env python3
"""What the queue says to people: the note of the verb send, a line of the list,
the history.  Each says what failed, what became of the mail, and what to do."""
import glob
import json
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
from sink import Session  # noqa: E402
from trial import Trial, has_control  # noqa: E402

ANN, BOB, CAROL = ("%s@example.com" % x for x in ("ann", "bob", "carol"))
KEYS = "tls on,tls_starttls off,auth on,user ada,password tiger," \
    "queue fallback,queue_runner none"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


class Faulty(Session):
    def handle(self):
        self.fault = self.server.sink.fault
        if "greeting" in self.fault:
            self.say(self.fault["greeting"])
            self.wfile.flush()
        else:
            super().handle()

    def on_rcpt(self, rest):
        address = re.match(r"TO:<(.*?)>", rest, re.I)[1]
        if address in self.fault:
            self.say(self.fault[address])
        else:
            super().on_rcpt(rest)

    def on_auth(self, rest):
        if "auth" in self.fault:
            self.say(self.fault["auth"])
        else:
            super().on_auth(rest)

    def keep(self):
        if "lost" in self.fault:
            raise OSError("the answer is lost")
        super().keep()


with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    DEAD = s.getsockname()[1]
scratch = Trial()
trial = Trial(certs=certs.make(scratch.path("certs")), tls="implicit",
              users={"ada": "tiger"}, session=Faulty)
scratch.sink.close()


def configure(*lines):
    lines = [*KEYS.split(","), "tls_trust_file " + scratch.path("certs/ca.pem"),
             "queue_dir " + trial.path("queue"), *lines]
    last = {line.split(" ")[0]: line for line in lines}
    trial.file("config", trial.account(*last.values(), label="work"))


def verb(name, *args):
    return trial.run(name, "-C", trial.path("config"), *args, bare=True)


def items():
    return json.loads(verb("queue", "--json").out or b"[]")


def send(*to, args=()):
    ran = verb("send", "-a", "work", "--body", "x", *args,
               *(x for a in to or (BOB,) for x in ("--to", a)))
    return ran.status, words(ran.err)


def words(text):
    """With what differs each time by its name."""
    text = text.decode()
    for item in items():
        text = text.replace(item["id"], "ID")
    for name, what in (("127.0.0.1:%d" % DEAD, "DEAD"),
                       ("port %d" % DEAD, "port N"),
                       ("127.0.0.1:%d" % trial.sink.port, "SERVER"),
                       (trial.home, "HOME")):
        text = text.replace(name, what)
    return re.sub(r"\b[0-9A-Z]{14}\b", "OTHER", re.sub(STAMP, "TIME", text))


def history():
    shown = verb("queue", "show", items()[-1]["id"]).out
    lines = words(shown).split("\nhistory\n")[1].split("\n\n")[0]
    return [re.sub("^  TIME ", "", x) for x in lines.split("\n")]


def listed():
    """The line about the account, if there is one, and the last column."""
    lines = words(verb("queue").out).splitlines()
    alarm = [x for x in lines if x.startswith("account ")]
    return alarm[:1] + [lines[-1].split("\t")[-1]]


def begin(trusted, fault=(), lines=()):
    trial.sink.fault, trial.sink.users = {}, {"ada": "tiger"}
    configure()
    for item in items():
        verb("queue", "remove", "--yes", item["id"])
    for name in glob.glob(trial.path("queue/*.account")):
        os.unlink(name)
    if trusted:
        send(ANN)
    trial.sink.fault = dict(fault)
    configure(*lines)


REFUSED = "DEAD: cannot connect to 127.0.0.1 port N: connection refused"
LATER = "; the next queue run takes it\n"
AGAIN = "; its mail is tried again in %s, or at once by " \
    "'postrider flush -a work'"
UNSURE = "SERVER: uncertain: the message was sent whole, but whether it was " \
    "taken is not known: waiting for the answer to the message: the server " \
    "hung up"
UNKNOWN = "SERVER: the certificate of '127.0.0.1' is not believed: its " \
    "issuer 'CN=Throwaway Test CA,O=Throwaway' is not known here"
LOGIN = "SERVER, user 'ada': the server refused the credentials"
NO_USER = "refused <%s>: the server refused the recipient" % BOB
KEPT = "kept as failed: ID; 'postrider queue release ID' sends it again\n"

# what: trusted, fault, lines, recipients -> status, note, list, history
CASES = {
    "a server that is down": (
        False, {}, ["port %d" % DEAD], [BOB], 0,
        "postrider: queued as ID: account 'work': " + REFUSED + LATER,
        ["account 'work': " + REFUSED + AGAIN, "account 'work': " + REFUSED],
        ["entered", "account 'work': " + REFUSED]),
    "a server that closes": (
        False, {"greeting": "421 4.3.2 closing"}, [], [BOB], 0,
        "postrider: queued as ID: account 'work': SERVER: the server closes "
        "the connection: 421 4.3.2 closing" + LATER,
        ["account 'work': SERVER: the server closes the connection: "
         "421 4.3.2 closing" + AGAIN, "421 4.3.2 closing"],
        ["entered", "account 'work': SERVER: the server closes the "
         "connection: 421 4.3.2 closing"]),
    "a recipient that is put off": (
        False, {BOB: "450 4.2.1 later"}, [], [BOB], 0,
        "postrider: queued as ID: account 'work': put off <%s>: the server "
        "put off the recipient: 450 4.2.1 later" % BOB + LATER,
        ["450 4.2.1 later"],
        ["entered", "account 'work': put off <%s>: the server put off the "
         "recipient: 450 4.2.1 later" % BOB]),
    "a recipient that is refused": (
        False, {BOB: "550 5.1.1 no"}, [], [BOB], 67,
        "postrider: account 'work': " + NO_USER + "\n           550 5.1.1 no\n"
        "postrider: " + KEPT, ["550 5.1.1 no"],
        ["entered", "account 'work': " + NO_USER + ": 550 5.1.1 no",
         "refused: " + BOB, "failed: it is not tried any more"]),
    "one refused, one taken": (
        False, {BOB: "550 5.1.1 no"}, [], [ANN, BOB], 67,
        "postrider: account 'work': " + NO_USER + "\n           550 5.1.1 no\n"
        "postrider: <%s>: 550 5.1.1 no\n" % BOB +
        "postrider: sent to 1 of 2 recipients; " + KEPT, ["550 5.1.1 no"],
        ["entered", "account 'work': " + NO_USER + ": 550 5.1.1 no",
         "sent: " + ANN, "refused: " + BOB,
         "failed: it is not tried any more"]),
    "one refused, one put off, one taken": (
        False, {BOB: "550 5.1.1 no", ANN: "450 4.2.0 full"}, [],
        [ANN, BOB, CAROL], 67,
        "postrider: account 'work': " + NO_USER + "\n           550 5.1.1 no\n"
        "postrider: <%s>: 550 5.1.1 no\n" % BOB +
        "postrider: sent to 1 of 3 recipients; queued as ID for 1 other" +
        LATER, ["450 4.2.0 full"],
        ["entered", "account 'work': " + NO_USER + ": 550 5.1.1 no",
         "sent: " + CAROL, "refused: " + BOB]),
    "a login that is refused, before any mail went": (
        False, {"auth": "535 5.7.8 no"}, [], [BOB], 77,
        "postrider: account 'work': " + LOGIN + "\n           535 5.7.8 no\n"
        "hint: check user and password; many providers want an app password "
        "or OAuth here\npostrider: " + KEPT, ["535 5.7.8 no"],
        ["entered", "account 'work': " + LOGIN + ": 535 5.7.8 no",
         "refused: " + BOB, "failed: it is not tried any more"]),
    "a login that is refused": (
        True, {"auth": "535 5.7.8 no"}, [], [BOB], 0,
        "postrider: account 'work': " + LOGIN + "\n           535 5.7.8 no\n"
        "kept: message ID is held in the queue; 'postrider flush -a work' "
        "sends it\nhint: check user and password; many providers want an app "
        "password or OAuth here\n",
        ["account 'work': " + LOGIN + ": 535 5.7.8 no; its mail is held; once "
         "that is mended, 'postrider flush -a work' sends it",
         "535 5.7.8 no"],
        ["entered", "account 'work': " + LOGIN + ": 535 5.7.8 no",
         "held: the server refused the login"]),
    "a certificate that is not believed": (
        True, {}, ["tls_trust_file " + scratch.path("certs/expired.pem")],
        [BOB], 0,
        "postrider: account 'work': " + UNKNOWN + "\n"
        "hint: if you trust that issuer, set tls_trust_file to a file with "
        "its certificate\npostrider: queued as ID" + LATER,
        ["account 'work': " + UNKNOWN + AGAIN, "account 'work': " + UNKNOWN],
        ["entered", "account 'work': " + UNKNOWN]),
    "an answer that is lost": (
        True, {"lost": True}, [], [BOB], 0,
        "postrider: queued as ID: account 'work': " + UNSURE + LATER[:-1] +
        "; it may arrive twice\n", ["account 'work': " + UNSURE],
        ["entered", "account 'work': " + UNSURE]),
    "a queue that is full": (
        True, {}, ["queue always", "queue_max_size 1"], [BOB], 75,
        None, None, None),
    "a queue that cannot be": (
        True, {}, ["queue always", "queue_dir /proc/none"], [BOB], 74,
        None, None, None),
}


def same(got, want, what, *notes):
    """AGAIN ends in a time that differs by a tenth."""
    got = re.sub(r"again in (\d+ minutes?|1 minute),", "again in %s,",
                 repr(got))
    trial.equal(got, repr(want), what, *notes)


for what, (trusted, fault, lines, to, status, note, line, said) in \
        CASES.items():
    begin(trusted, fault, lines)
    got = send(*to)
    trial.ok(got[0] == status and got[1] and not has_control(got[1].encode()),
             what + ": status %d" % status, got)
    if note is not None:
        same(got[1], note, what + ": the note")
        same(listed(), line, what + ": queue")
        same(history(), said, what + ": the history")
    else:
        trial.ok(got[1].endswith("postrider: the message was not sent and not "
                                 "kept\n"), what + ": what became of it", got)

# --- what a run and a person bring about --------------------------------------
begin(True, {"lost": True}, ["queue always"])
send()
for _ in range(3):
    verb("flush", "--now", "--wait")
same(listed(), ["its arrival was uncertain three times: "
                "account 'work': " + UNSURE], "three lost answers: queue")
same(history(), ["entered"] + ["account 'work': " + UNSURE] * 3 +
     ["held: its arrival was uncertain three times"],
     "three lost answers: the history")
shown = words(verb("queue", "show", items()[0]["id"]).out)
trial.ok("\nuncertain   3 times; it may have arrived\n" in shown and
         "\nstate       held: its arrival was uncertain" in shown,
         "three lost answers: queue show", shown)

begin(True, {}, ["queue always"])
same(send(), (0, "postrider: queued as ID" + LATER), "queue always")
same(send(args=("--at", "2099-12-24 18:30")),
     (0, "postrider: queued as ID; it goes at 2099-12-24 18:30\n"),
     "queue always: --at")
begin(True, {}, ["queue always", "port %d" % DEAD])
for count, text in enumerate(("1 of 1 message still waits",
                              "2 of 2 messages still wait")):
    send()
    ran = verb("flush", "--now", "--wait")
    same((ran.status, words(ran.err)),
         (75, "postrider: %s: 'postrider queue' says why\n" % text),
         "flush --wait: %d left" % (count + 1))
begin(True, {}, ["queue always"])
send()
send(args=("--at", "2099-12-24 18:30"))
ID = items()[0]["id"]
STEPS = [
    ("hold", 0, "", "held by hand"),
    ("release", 0, "", "released by hand"),
    ("bounce", 0, "", None),
    ("hold", 64, "postrider: message ID has failed: it is not sent anyway\n"
     "hint: 'postrider queue release ID' sends it again\n", None),
]
for step, status, err, note in STEPS:
    ran = verb("queue", step, ID)
    same((ran.status, words(ran.err)), (status, err), "queue " + step, ran)
    shown = words(verb("queue", "show", ID).out)
    if note:
        trial.ok("  TIME %s\n" % note in shown, "queue %s: the history" % step,
                 shown)
trial.ok(re.search(r"  TIME given up by hand\n  TIME told me@example.org by "
                   r"notice \w+ through account 'work'\n", shown),
         "queue bounce: the history", shown)
trial.ok("recipient   %s: failed: it was given up by hand before it was sent\n"
         % BOB in shown, "queue bounce: the reason", shown)
verb("queue", "hold", items()[1]["id"])
shown = words(verb("queue", "show", items()[1]["id"]).out)
trial.ok("\nstate       held: by hand\n" in shown, "held by hand is said once",
         shown)
for args, err in ((("show", "0ABC"),
                   "postrider: there is no message '0ABC' in the queue\n"
                   "hint: 'postrider queue' lists what there is\n"),
                  (("hold",), "postrider: queue hold needs an ID\n"
                   "hint: 'postrider queue' lists them\n")):
    ran = verb("queue", *args)
    same(words(ran.err), err, "queue " + " ".join(args))
scratch.top.cleanup()
trial.done()
