#!/usr/bin/env python3
"""Who hears of mail that a queue run could not deliver: the sender by a notice,
others by notify_command, the log, and whoever lists the queue."""
import email
import email.policy
import json
import os
import re
import socket
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
from sink import Session, Sink  # noqa: E402
from trial import Trial, has_control  # noqa: E402

ME, BOB, ANN = "me@example.org", "bob@example.com", "ann@example.com"
NO_USER = "550 5.1.1 no such user here"
LETTER = (b"From: me@example.org\nTo: bob@example.com\n"
          b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n"
          b"Message-ID: <1@example.org>\n\nHello.\n")
WAIT_S = 20


class Strict(Session):
    """Refuses whom sink.refuses names, with that reply."""

    def refuses(self, address):
        return getattr(self.server.sink, "refuses", {}).get(address)

    def on_mail(self, rest):
        reply = self.refuses("<>") if rest.startswith("FROM:<>") else None
        if reply:
            self.say(reply)
        else:
            super().on_mail(rest)

    def on_rcpt(self, rest):
        reply = self.refuses(re.match(r"TO:<(.*?)>", rest, re.I)[1])
        if reply:
            self.say(reply)
        else:
            super().on_rcpt(rest)

    def keep(self):
        if self.refuses("answers"):
            raise OSError("the answer is lost")
        super().keep()


class Queue(Trial):
    """A trial with a queue of its own, which nobody runs but flush."""
    LINES = ("queue always", "queue_runner none")

    def __init__(self, *lines, **sink):
        super().__init__(session=Strict, **sink)
        self.lines = lines
        self.sink.refuses = {}
        self.more = b""

    def set(self, *lines):
        given = {line.split(" ")[0] for line in lines}
        kept = [x for x in self.LINES + self.lines +
                ("queue_dir " + self.path("queue"),
                 "logfile " + self.path("log"))
                if x.split(" ")[0] not in given]
        self.file("config", self.account(*kept, *lines) + self.more)

    def verb(self, name, *args, **more):
        return self.run(name, "-C", self.path("config"), *args, bare=True,
                        **more)

    def send(self, *args, stdin=LETTER, **more):
        return self.run("-C", self.path("config"), *args, stdin=stdin,
                        bare=True, **more)

    def flush(self):
        """Everything that is there, and what comes of it."""
        for _ in range(2):
            ran = self.verb("flush", "--now", "--wait")
        return ran

    def items(self):
        ran = self.verb("queue", "--json")
        return json.loads(ran.out or b"[]")

    def text(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def clear(self):
        """An empty queue, whose account has delivered something."""
        self.sink.refuses = {}
        for item in self.items():
            self.verb("queue", "remove", "--yes", item["id"])
        for name in "log", "told":
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        del self.sink.messages[:]

    def fail(self, *to, refuses=NO_USER, lines=(), args=(), **more):
        """Mail to those, of whom BOB is refused; what arrived then."""
        self.clear()
        self.set(*lines)
        self.send(*args, *(to or (BOB,)), **more)
        self.sink.refuses = {BOB: refuses}
        self.flush()
        return list(self.sink.messages)


def parts(message):
    """A notice: its header, the words, the fields of its status, the rest."""
    mail = email.message_from_bytes(message.data, policy=email.policy.default)
    words, status, rest = mail.iter_parts()
    return (mail, words.get_content().replace("\r\n", "\n"),
            status.get_payload(), rest)


with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    DEAD = s.getsockname()[1]
trial = Queue()
trial.set()

# --- the notice, as another program reads it ----------------------------------
got = trial.fail()
trial.equal([(m.sender, m.recipients) for m in got], [("", [ME])],
            "a 550 in a run: one notice, to the sender, from nobody", got,
            trial.text("log"))
mail, words, status, rest = parts(got[0])
items = trial.items()
IT = items[0]["id"] if items else "?"
trial.equal(mail.defects, [], "the notice has no defects")
trial.equal([str(mail[x]) for x in ("From", "To", "Subject", "In-Reply-To",
                                    "References", "Auto-Submitted")],
            ["Mail Delivery System <%s>" % ME, ME, "Not delivered: Grüße",
             "<1@example.org>", "<1@example.org>", "auto-replied"],
            "its header")
trial.ok(re.fullmatch(r"<[0-9a-f.]+@example\.org>", mail["Message-ID"]) and
         mail["Date"].datetime, "an ID and a date of its own")
trial.equal((mail.get_content_type(), mail["Content-Type"].params.get(
    "report-type"), [p.get_content_type() for p in mail.iter_parts()]),
            ("multipart/report", "delivery-status",
             ["text/plain", "message/delivery-status",
              "text/rfc822-headers"]), "its parts")
trial.ok(BOB in words and NO_USER in words and "    Grüße\n" in words and
         "postrider queue release %s\n" % IT in words and
         "kept for 14 days" in words, "its words", words)
trial.equal(len(status), 2, "its status: the message, and one recipient")
trial.equal([(status[1][x]) for x in ("Final-Recipient", "Action", "Status",
                                      "Diagnostic-Code")],
            ["rfc822; " + BOB, "failed", "5.1.1", "smtp; " + NO_USER],
            "its status: what became of it")
trial.ok("; " in status[0]["Reporting-MTA"] and status[0]["Arrival-Date"] and
         not status[0]["Original-Envelope-Id"] and
         status[1]["Last-Attempt-Date"], "its status: who and when")
trial.ok("Message-ID: <1@example.org>" in rest.get_content() and
         "Hello" not in rest.get_content(), "the header comes back")

# --- what became of the message -----------------------------------------------
trial.equal([(i["state"], i["recipients"][0]["state"],
              i["recipients"][0]["status"]) for i in items],
            [("failed", "failed", "5.1.1")], "the message stays as failed")
ran = trial.verb("queue", "show", IT)
trial.ok(re.search(rb"told %s by notice \w+ through account 'default'"
                   % ME.encode(), ran.out), "its history names the notice", ran)
trial.flush()
trial.equal(len(trial.sink.messages), 1, "no further run sends another")
trial.sink.refuses = {}
ran = trial.verb("queue", "release", IT)
trial.flush()
trial.equal(([m.recipients for m in trial.sink.messages[1:]], trial.items()),
            ([[BOB]], []), "what is released is sent again, and gone", ran)

# --- others who got it, or wait -----------------------------------------------
got = trial.fail(BOB, ANN)
trial.equal(sorted(m.recipients for m in got), [[ANN], [ME]],
            "partly refused: one gets it, and the sender is told", got)
words = parts([m for m in got if m.recipients == [ME]][0])[1]
trial.ok("for 1 other." in words and ANN not in words,
         "the notice names whom it is about", words)
trial.clear()
trial.send(BOB, ANN)
trial.sink.refuses = {BOB: NO_USER, ANN: "450 4.2.1 later"}
trial.flush()
got = list(trial.sink.messages)
trial.equal([m.recipients for m in got], [[ME]], "refused and put off: told")
trial.ok("still being tried for 1 other" in parts(got[0])[1],
         "that one is still tried is said", got)
trial.sink.refuses = {}
trial.flush()
trial.equal(sorted(m.recipients for m in trial.sink.messages), [[ANN], [ME]],
            "and is sent")

# --- nobody is told -----------------------------------------------------------
NOBODY = {
    "the null sender": dict(args=["-f", "<>"]),
    "NOTIFY=NEVER": dict(args=["-N", "never"]),
    "NOTIFY=SUCCESS": dict(args=["-N", "success"]),
    "dsn_notify never": dict(lines=["dsn_notify never"]),
}
for what, how in NOBODY.items():
    got = trial.fail(**how)
    trial.equal((got, [i["state"] for i in trial.items()]), ([], ["failed"]),
                "no notice: " + what)
got = trial.fail(args=["-N", "failure,delay", "-V", "my-id"])
trial.equal(len(got), 1, "NOTIFY=FAILURE: a notice")
trial.equal(parts(got[0])[2][0]["Original-Envelope-Id"], "my-id",
            "the envelope's ID comes back")
for who in (ME, "<>"):
    trial.clear()
    trial.set()
    trial.send(BOB)
    trial.sink.refuses = {BOB: NO_USER, who: "550 5.7.1 not from you"}
    for _ in range(3):
        trial.flush()
    trial.equal(([m.recipients for m in trial.sink.messages],
                 [(i["state"], i["sender"]) for i in trial.items()]),
                ([], [("failed", ME), ("failed", "")]),
                "a notice that is refused (%s): nobody is told" % who)

# --- what comes back ----------------------------------------------------------
got = trial.fail(args=["-R", "full"])
mail, _, _, rest = parts(got[0])
trial.equal((rest.get_content_type(), rest.get_content()["Subject"],
             rest.get_content().get_content()),
            ("message/rfc822", "Grüße", "Hello.\r\n"),
            "RET=FULL: the message comes back")
got = trial.fail("jürg@example.com", stdin=LETTER)
trial.sink.refuses = {}
trial.clear()
trial.send("jürg@example.com")
trial.sink.refuses = {"jürg@example.com": "550 5.1.1 kein Empfänger"}
trial.flush()
mail = email.message_from_bytes(trial.sink.messages[0].data)
trial.equal([p.get_content_type() for p in mail.get_payload()],
            ["text/plain", "message/global-delivery-status",
             "message/global-headers"], "SMTPUTF8: types of RFC 6533", mail)
trial.ok("\r\nFinal-Recipient: utf-8; jürg@example.com\r\n".encode() in
         trial.sink.messages[0].data, "SMTPUTF8: the address as it is")
EVIL = "550 5.1.1 no\x1b[31m \x07\u202e\xff Bcc: eve@example.com"
got = trial.fail(refuses=EVIL)
trial.ok(len(got) == 1 and not has_control(got[0].data.replace(b"\r", b"")) and
         b"\nBcc:" not in got[0].data, "hostile words are printable", got)

# --- too old ------------------------------------------------------------------
trial.clear()
trial.set("queue_lifetime 1")
trial.send(BOB)
trial.sink.refuses = {BOB: "450 4.2.1 mailbox is full"}
time.sleep(1.2)
trial.flush()
got = list(trial.sink.messages)
trial.equal(([m.recipients for m in got], [i["state"] for i in trial.items()]),
            ([[ME]], ["failed"]), "too old: failed, and the sender is told")
words = parts(got[0])[1] if got else ""
trial.ok("and then given up.\nThe last answer of the mail server was:\n\n"
         "    450 4.2.1 mailbox is full\n" in words, "too old: its words",
         words)

trial.clear()
trial.set("queue_lifetime 1", "port %d" % DEAD)
trial.send(BOB)
time.sleep(1.2)
trial.flush()
trial.equal(([i["state"] for i in trial.items()], trial.sink.messages),
            (["failed"], []), "too old at a dead server: no notice behind it")
trial.ok(trial.text("log").count("its sender %s is not told" % ME) == 1,
         "too old at a dead server: that is logged once", trial.text("log"))
trial.set()
trial.send(ANN)
trial.flush()
trial.equal(sorted(m.recipients for m in trial.sink.messages), [[ANN], [ME]],
            "too old at a dead server: told when it is back")

# --- by hand ------------------------------------------------------------------
trial.clear()
trial.set()
trial.send(BOB)
IT = trial.items()[0]["id"]
ran = trial.verb("queue", "bounce", IT)
trial.flush()
got = list(trial.sink.messages)
trial.equal((ran.status, ran.err, [m.recipients for m in got],
             [i["state"] for i in trial.items()]), (0, b"", [[ME]], ["failed"]),
            "bounce: failed, and the sender is told", ran)
trial.ok(b"The reason is:\r\n\r\n    it was given up by hand" in got[0].data,
         "bounce: its words", got)
ran = trial.verb("queue", "bounce", IT)
trial.flush()
trial.equal(len(trial.sink.messages), 2, "bounce: what failed is told again")

# --- notify_command -----------------------------------------------------------
NOTE = ("notify_command echo \"$POSTRIDER_EVENT $POSTRIDER_ID $POSTRIDER_SENDER"
        " $POSTRIDER_RECIPIENTS $POSTRIDER_ACCOUNT: $POSTRIDER_REASON\" >> ~/"
        "told")
trial.fail(lines=[NOTE])
trial.equal(trial.text("told"), "failed %s %s %s default: %s\n" %
            (trial.items()[0]["id"], ME, BOB, NO_USER),
            "notify_command: failed")
trial.fail(lines=["notify_command ls -l /proc/self/fd | sed -n "
                  "'s/.* \\([0-9]* -> .*\\)/\\1/p' | grep -v /proc/ >> ~/told"],
           )
trial.equal(sorted(x.split(" ")[0] for x in trial.text("told").splitlines()),
            ["0", "1", "2"], "notify_command inherits no other files",
            trial.text("told"))
trial.clear()
trial.set(NOTE, "port %d" % DEAD)
trial.send(BOB)
trial.flush()
trial.equal(trial.text("told"), "", "notify_command: a server that is down is "
            "no news")
trial.clear()
trial.set(NOTE)
trial.send(BOB)
trial.sink.refuses = {"answers": "lost"}
for _ in range(2):
    trial.flush()
trial.equal([x.split(" ")[0] for x in trial.text("told").splitlines()],
            ["uncertain"] * 3 + ["held"],
            "notify_command: uncertain, and held after three",
            trial.text("told"))
trial.fail(lines=["notify_command exit 7"])
trial.ok("notify_command ended with status 7" in trial.text("log") and
         len(trial.sink.messages) == 1, "notify_command: its failure is logged",
         trial.text("log"))

trial.fail(lines=["notify_command echo x >> ~/told; %s -C ~/config %s" %
                  (trial.program, BOB)])
for _ in range(3):
    trial.flush()
trial.equal((trial.text("told"), len(trial.items()),
             [m.recipients for m in trial.sink.messages]),
            ("x\n", 2, [[ME]]),
            "mail that notify_command sends goes round in no circle")

# --- an account that is at fault ----------------------------------------------
folder = certs.make(trial.path("certs"))
other = Sink(session=Strict)
other.refuses = {}
secure = Queue("tls on", "tls_starttls off", "auth on", "user ada",
               "password tiger", "tls_trust_file " +
               os.path.join(folder, "ca.pem"), NOTE, certs=folder,
               tls="implicit", users={"ada": "tiger"})
secure.number = trial.number
plain, trial = trial, secure


def break_login(count, *lines):
    """So many messages, and a server that takes the password no more."""
    trial.sink.users = {"ada": "tiger"}
    trial.set(*lines)
    trial.send(ANN)
    trial.flush()
    trial.clear()
    trial.sink.users = {"ada": "lion"}
    for _ in range(count):
        trial.send(BOB)
    trial.flush()


break_login(20)
told = trial.text("told").splitlines()
trial.ok(len(told) == 1 and told[0].startswith("held ") and
         told[0].endswith("default: 535 5.7.8 that is not the password"),
         "20 messages and a refused login: notify_command once", told)
trial.equal({(i["state"], i["hold_reason"]) for i in trial.items()},
            {("held", "credentials")}, "they are held")
trial.equal(trial.text("log").count("all mail of the account is held"), 1,
            "the log says so once", trial.text("log"))
first = trial.verb("queue").out.split(b"\n")[0]
trial.ok(first.startswith(b"account 'default': ") and
         b"'postrider flush -a default'" in first,
         "the first line of queue says so, and what to do", first)
IT = trial.items()[0]["id"]
ran = trial.verb("queue", "bounce", IT)
trial.ok(ran.status != 0 and b"its sender is not told" in ran.err and
         not trial.sink.messages, "no notice behind a dead account", ran)
trial.sink.users = {"ada": "tiger"}
trial.verb("flush", "-a", "default")
trial.flush()
trial.equal(sorted(m.recipients for m in trial.sink.messages),
            [[BOB]] * 19 + [[ME]],
            "mended: all are sent, and the notice that was owed")
trial.equal(trial.verb("queue").out.split(b"\n")[0][:7] == b"account", False,
            "and queue says nothing of the account")

trial.clear()
trial.set("tls_trust_file " + os.path.join(folder, "expired.pem"))
for _ in range(5):
    trial.send(BOB)
    trial.flush()
trial.ok(re.fullmatch("trouble .*default: .*the certificate .*is not known here"
                      "\n", trial.text("told")),
         "a certificate that is not believed: notify_command once",
         trial.text("told"))

trial.more = b"account other\nhost 127.0.0.1\nport %d\ntls off\nauth off\n" \
    b"from other@example.net\nsyslog off\nqueue_dir %s\n" % (
        other.port, trial.path("queue").encode())
break_login(1, "fallback other")
trial.verb("queue", "bounce", trial.items()[0]["id"])
trial.flush()
got = other.messages
trial.equal(([(m.sender, m.recipients) for m in got], trial.sink.messages),
            ([("", [ME])], []), "a notice goes by the fallback", got,
            trial.text("log"))
trial.ok(got and b"From: Mail Delivery System <other@example.net>\r\n" in
         got[0].data, "as its author", got)
trial.top.cleanup()

# --- all by itself ------------------------------------------------------------
secure.sink.close()
other.close()
plain.number, plain.bad = trial.number, plain.bad + trial.bad
trial = plain
trial.clear()
trial.set("queue_runner auto")
trial.sink.refuses = {BOB: NO_USER}
trial.send(BOB)
trial.sink.wait(1, WAIT_S)
time.sleep(0.3)
trial.equal([(m.sender, m.recipients) for m in trial.sink.messages],
            [("", [ME])], "in the background: one notice, by itself",
            trial.text("log"))
trial.done()
