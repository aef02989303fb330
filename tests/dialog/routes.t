#!/usr/bin/env python3
"""Which server, and which next: hosts, fallback, what is remembered.

Every message has a number of its own, so that it can be counted at each
server who got it and how often."""
import os
import re
import socket
import stat
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
import sink  # noqa: E402
from trial import Trial  # noqa: E402

BOB, CY, DAN = "bob@example.com", "cy@example.com", "dan@example.com"
trial = Trial()
STATE = trial.path(".state/postrider/state")


class Busy(sink.Session):
    """421 for a greeting."""

    def handle(self):
        self.say("421 4.3.2 too busy")
        self.wfile.flush()


class Rude(sink.Session):
    def handle(self):
        self.say("554 5.7.1 go away")
        self.wfile.flush()


class Mute(sink.Session):
    def handle(self):
        self.request.recv(1)


class Closed(sink.Session):
    def handle(self):
        pass


class PutsOffCy(sink.Session):
    def on_rcpt(self, rest):
        if "cy@" in rest:
            return self.say("450 4.2.1 cy later")
        return super().on_rcpt(rest)


class GoesOn(sink.Session):
    """421 to a recipient, and yet it takes the message for the others."""

    def on_rcpt(self, rest):
        if "cy@" in rest:
            return self.say("421 4.7.0 too many for cy")
        return super().on_rcpt(rest)


class Closes(sink.Session):
    """421 to a recipient, and closes once all is read."""

    def on_rcpt(self, rest):
        if "cy@" not in rest:
            return super().on_rcpt(rest)
        self.say("421 4.3.2 closing")
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.rfile.read()
        return "end"


class RefusesBob(sink.Session):
    def on_rcpt(self, rest):
        if "bob@" in rest:
            return self.say("550 5.1.1 no bob here")
        if "cy@" in rest:
            return self.say("450 4.2.1 cy later")
        return super().on_rcpt(rest)


class PutsOff(sink.Session):
    def on_mail(self, _rest):
        self.say("451 4.3.0 not now")


class LosesTheAnswer(sink.Session):
    """Takes the whole message and is gone."""

    def keep(self):
        self.server.sink.swallowed += 1
        self.connection.shutdown(socket.SHUT_RDWR)


class SlowMail(sink.Session):
    def on_mail(self, rest):
        time.sleep(2.5)
        return super().on_mail(rest)


class LosesTheBody(sink.Session):
    """Gone in the middle of the message."""

    def on_data(self, _rest):
        self.say("354 go")
        self.wfile.flush()
        self.rfile.readline()
        return "end"


class Chatters(sink.Session):
    """More answers than commands, the first time."""

    def on_rcpt(self, rest):
        if not self.server.sink.swallowed:
            self.server.sink.swallowed = 1
            self.wfile.write(b"250 2.1.5 once more\r\n")
        super().on_rcpt(rest)


NO_CHUNKING = [x for x in sink.OFFERS if x != "CHUNKING"]
servers = []


def server(session=sink.Session, **more):
    made = sink.Sink(session=session, **more)
    made.swallowed = 0
    servers.append(made)
    return made


def nobody():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def at(place):
    return "127.0.0.1:%d" % (place if isinstance(place, int) else place.port)


def forget():
    if os.path.lexists(STATE):
        os.unlink(STATE)


def remembered():
    try:
        with open(STATE, encoding="utf-8") as f:
            return f.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def listed(*places, more=(), label="default"):
    """An account with these servers as `hosts`."""
    lines = trial.account("hosts " + " ".join(map(at, places)), *more,
                          label=label).decode()
    return re.sub(r"(?m)^(host|port) .*\n", "", lines)


def single(place, *more, label="default"):
    return trial.account("port %d" % (place if isinstance(place, int)
                                      else place.port), *more,
                         label=label).decode()


count = 0


def run(config, *to, **more):
    """Send a message of its own.  ran, and its deliveries: which server took
    it for whom, in order."""
    global count
    count += 1
    mark = b"X-Number: %d" % count
    had = {s: len(s.messages) for s in servers}
    more.setdefault("stdin", mark + b"\nSubject: hi\n\nbody\n")
    ran = trial.run(*(to or (BOB,)), config=config.encode(), **more)
    got = {s: [m.recipients for m in s.messages[had[s]:] if mark in m.data]
           for s in servers}
    return ran, {s: v for s, v in got.items() if v}


def delivered(name, config, to, status, wanted, *words, fresh=True, **more):
    """That exit status, these deliveries and no other, these words."""
    if fresh:
        forget()
    ran, got = run(config, *to, **more)
    trial.ok(ran.status == status and got == wanted and
             all(w in ran.err for w in words) and
             (status != 0 or ran.err == b""),
             name, "status", ran.status, "got",
             {s.port: v for s, v in got.items()},
             "wanted", status, {s.port: v for s, v in wanted.items()}, words,
             ran.err, config)
    return ran


a, b = server(), server()
dead = nobody()
NAME = {s: at(s).encode() for s in (a, b, dead)}

# --- hosts -----------------------------------------------------------------------
delivered("the first of hosts gets it", listed(a, b), [BOB], 0, {a: [[BOB]]})
trial.ok(not os.path.exists(STATE),
         "nothing is written where the first works", remembered())
for what, first in [
        ("refuses connections", dead), ("greets with 421", server(Busy)),
        ("hangs up", server(Closed)), ("answers MAIL with 451", server(PutsOff))]:
    delivered("the second gets it where the first " + what, listed(first, b),
              [BOB, CY], 0, {b: [[BOB, CY]]})
    trial.ok(remembered() == ["good %s default" % at(b)],
             "and is remembered", remembered())
long = b"X-Number: 0\nSubject: long\n\n" + (b"x" * 70 + b"\n") * 300000
ran = trial.run(BOB, config=listed(server(LosesTheBody, offers=NO_CHUNKING),
                                   b).encode(), stdin=long)
trial.ok(ran.status == 0 and len(b.messages[-1].data) > 20000000,
         "so it does where the first hangs up in the middle of the message",
         ran.status, ran.err)
begun = time.monotonic()
delivered("a server that falls silent leaves time for the next",
          listed(server(Mute), b, more=["timeout 60", "deadline 4"]), [BOB], 0,
          {b: [[BOB]]})
trial.ok(1 < time.monotonic() - begun < 4, "namely half of the deadline",
         time.monotonic() - begun)
delivered("after the login a server has all the time that there is",
          listed(server(SlowMail), b, more=["deadline 4"]), [BOB], 0,
          {servers[-1]: [[BOB]]})
delivered("timeout is the limit of one server, not of all",
          listed(server(Mute), b, more=["timeout 1"]), [BOB], 0, {b: [[BOB]]})
delivered("where all are gone each is told, with its reason",
          listed(dead, server(Busy)), [BOB], 75, {}, NAME[dead],
          b"refused", b"; 127.0.0.1:", b"421 4.3.2 too busy")
delivered("those of several are told up to a limit",
          listed(*[dead] * 8), [BOB], 75, {}, b"and more")

# --- who goes where ---------------------------------------------------------------
some = server(PutsOffCy)
delivered("only who was put off goes to the next", listed(some, b),
          [BOB, CY, DAN], 0, {some: [[BOB, DAN]], b: [[CY]]})
trial.ok(remembered() == [], "a server that took it for some is good",
         remembered())
some = server(PutsOffCy, offers=NO_CHUNKING)
delivered("without CHUNKING too", listed(some, b), [CY, BOB], 0,
          {some: [[BOB]], b: [[CY]]})
some = server(PutsOffCy)
delivered("who is put off by all is told", listed(some, server(PutsOffCy)),
          [BOB, CY], 75, {some: [[BOB]]}, b"cy later", b"sent to 1 of 2")
some = server(RefusesBob)
delivered("who was refused is not tried again", listed(some, b),
          [BOB, CY, DAN], 67, {some: [[DAN]], b: [[CY]]}, b"no bob here",
          b"sent to 2 of 3")
some = server(RefusesBob)
ran = delivered("nor where the next is gone", listed(some, dead),
                [BOB, CY, DAN], 67, {some: [[DAN]]}, b"no bob here",
                b"sent to 1 of 3", NAME[dead])
delivered("with partial off nobody gets it from the first, all from the next",
          listed(server(PutsOffCy), b, more=["partial off"]), [BOB, CY], 0,
          {b: [[BOB, CY]]})
delivered("with partial off one who is refused stops all",
          listed(server(RefusesBob), b, more=["partial off"]), [BOB, DAN], 67,
          {})

taker = server(GoesOn)
delivered("who was taken beside a 421 does not get it again",
          listed(taker, b), [BOB, CY, DAN], 0, {taker: [[BOB, DAN]],
                                                b: [[CY]]})
delivered("a 421 and the end of the session leaves all to the next",
          listed(server(Closes), b), [BOB, CY, DAN], 0,
          {b: [[BOB, CY, DAN]]})

# --- who is not tried --------------------------------------------------------------
gone = server(LosesTheAnswer)
delivered("never after an uncertain outcome", listed(gone, b), [BOB], 75, {},
          b"may have been delivered")
trial.ok(gone.swallowed == 1, "it had it", gone.swallowed)
gone = server(LosesTheAnswer, offers=NO_CHUNKING)
delivered("nor by DATA", listed(gone, b), [BOB], 75, {}, 
          b"may have been delivered")


class LosesCysAnswer(LosesTheAnswer, PutsOffCy):
    pass


class LosesItAfter421(LosesTheAnswer, GoesOn):
    def keep(self):
        self.wfile.flush()
        super().keep()


delivered("nor after one that followed a 421", listed(
    server(LosesItAfter421), b), [CY, BOB], 75, {}, b"may have been delivered")
gone = server(LosesCysAnswer, offers=NO_CHUNKING)
delivered("nor for those who were put off before", listed(gone, b), [BOB, CY],
          75, {})
delivered("not after a refusal of the connection", listed(server(Rude), b),
          [BOB], 76, {})
delivered("not after a refusal of the recipient", listed(server(RefusesBob), b),
          [BOB], 67, {})
folder = certs.make(trial.path("certs"))
TLS = ["tls on", "tls_starttls off",
       "tls_trust_file " + os.path.join(folder, "ca.pem")]
AUTH = ["auth plain", "user ada", "password tiger"]
wrong = server(certs=folder, tls="implicit", cert="wrong")
safe = server(certs=folder, tls="implicit", users={"ada": "tiger"})
strict = server(certs=folder, tls="implicit", users={"ada": "lion"})
delivered("not after a certificate that is not believed",
          listed(wrong, safe, more=TLS), [BOB], 76, {})
delivered("not after a password that is refused",
          listed(strict, safe, more=TLS + AUTH), [BOB], 77, {})
delivered("the password is there for the second server too",
          listed(dead, safe, more=TLS + AUTH[:2] + [
              "passwordeval echo x >> %s; echo tiger" % trial.path("asked")]),
          [BOB], 0, {safe: [[BOB]]})
with open(trial.path("asked"), encoding="ascii") as f:
    trial.equal(f.read(), "x\n", "and is asked for once")
os.unlink(trial.path("asked"))
delivered("a password that cannot be had ends it", listed(
    a, b, more=TLS + AUTH[:2] + ["passwordeval echo x >> %s; false"
                                 % trial.path("asked")]), [BOB], 75, {})
with open(trial.path("asked"), encoding="ascii") as f:
    trial.equal(f.read(), "x\n", "before the second server is thought of")

# --- memory ------------------------------------------------------------------------
forget()
run(listed(dead, a, b))
delivered("the last good server goes first", listed(b, dead, a), [BOB], 0,
          {a: [[BOB]]}, fresh=False)
trial.equal(stat.S_IMODE(os.stat(STATE).st_mode), 0o600,
            "what is remembered is nobody else's")
inode = os.stat(STATE).st_ino
run(listed(b, dead, a))
trial.equal(os.stat(STATE).st_ino, inode, "it is not written again")
delivered("it is forgotten once another one works", listed(b, server(), more=[]),
          [BOB], 0, {b: [[BOB]]}, fresh=False)
busy = server(Busy)
with open(STATE, "w", encoding="ascii") as f:
    f.write("good %s default\ngood %s other\n" % (at(busy), at(busy)))
delivered("a last good one that fails is followed by the others",
          listed(a, busy, b), [BOB], 0, {a: [[BOB]]}, fresh=False)
trial.equal(sorted(remembered()), sorted(["good %s default" % at(a),
                                          "good %s other" % at(busy)]),
            "and another one is good now, for this account")
HOSTILE = [
    ("of bytes", bytes(range(256)) * 20), ("too long", b"good x\n" * 9999),
    ("with an unknown server", b"good 192.0.2.1:25 default\n"),
    ("empty", b""),
    ("with control characters", b"good \x1b[31m default\n"),
]
for what, data in HOSTILE:
    with open(STATE, "wb") as f:
        f.write(data)
    delivered("a file of memories %s does nothing" % what, listed(a, b), [BOB],
              0, {a: [[BOB]]}, fresh=False)
forget()
with open(STATE, "wb") as f:
    f.write(b"good %s default\n" % at(b).encode())
os.chmod(STATE, 0o666)
delivered("what others may write is not read", listed(a, b), [BOB], 0,
          {a: [[BOB]]}, fresh=False)
forget()
target = trial.file("elsewhere", b"good %s default\n" % at(b).encode())
os.symlink(target, STATE)
delivered("a symbolic link is not followed to be read", listed(a, b), [BOB], 0,
          {a: [[BOB]]}, fresh=False)
delivered("nor to be written", listed(dead, a), [BOB], 0, {a: [[BOB]]}, fresh=False)
with open(target, encoding="ascii") as f:
    trial.equal(f.read(), "good %s default\n" % at(b), "where it leads")
trial.ok(not os.path.islink(STATE), "it is replaced")
forget()
os.mkdir(STATE)
delivered("what cannot be written is not told", listed(dead, a), [BOB], 0,
          {a: [[BOB]]}, fresh=False)
os.rmdir(STATE)

forget()
chatter = server(Chatters)
LONG = b"Subject: long\n\n" + (b"x" * 70 + b"\n") * 2000
ran, _ = run(single(chatter), stdin=LONG)
trial.ok(ran.status == 76 and remembered() == ["nochunk " + at(chatter)],
         "a server that gets CHUNKING wrong is remembered", ran, remembered())
had = len(chatter.lines)
ran, _ = run(single(chatter), stdin=LONG)
verbs = [x.split()[0] for x in chatter.lines[had:]]
trial.ok(ran.status == 0 and b"DATA" in verbs and b"BDAT" not in verbs,
         "and not sent BDAT again", ran, verbs)
ran, _ = run(single(a))
trial.ok(b"BDAT" in [x.split()[0] for x in a.lines[-5:]],
         "others are", ran, a.lines[-5:])

# --- fallback ----------------------------------------------------------------------
forget()
USERS = {"eve": "cat"}
spare = server(certs=folder, tls="implicit", users=USERS)
BACKUP = single(spare, *TLS, "auth plain", "user eve", "password cat",
                "from eve@example.net", "set_from_header on",
                "add_header X-Spare: yes", label="backup")
LOG = trial.path("log")


def main(place, *more):
    return single(place, "fallback backup", *more) + BACKUP


def logged():
    if not os.path.exists(LOG):
        return []
    with open(LOG, encoding="utf-8") as f:
        lines = f.read().split("\n")[:-1]
    os.unlink(LOG)
    return lines


delivered("the account itself comes first", main(a, "logfile " + LOG), [BOB], 0,
          {a: [[BOB]]})
trial.equal(len(logged()), 1, "one line in the log")
for what, first in [
        ("cannot be reached", dead), ("greets with 421", server(Busy)),
        ("answers MAIL with 451", server(PutsOff)), ("hangs up", server(Closed))]:
    delivered("the fallback gets it where the account " + what,
              main(first, "logfile " + LOG), [BOB], 0, {spare: [[BOB]]})
    lines = logged()
    trial.ok(len(lines) == 2 and " account=default " in lines[0] and
             "exitcode=EX_TEMPFAIL" in lines[0] and
             " account=backup " in lines[1] and " user=eve " in lines[1] and
             "exitcode=EX_OK" in lines[1] and " tls=on " in lines[1],
             "a line in the log for each", lines)
ran, _ = run(main(dead))
message = spare.messages[-1]
trial.ok(message.sender == "me@example.org" and b"X-Spare" not in message.data
         and b"eve" not in message.data,
         "sender and headers stay those of the account", message)
some = server(PutsOffCy)
delivered("who was put off goes to the fallback", main(some), [BOB, CY], 0,
          {some: [[BOB]], spare: [[CY]]})
some = server(RefusesBob)
delivered("who was refused does not", main(some, "logfile " + LOG),
          [BOB, CY, DAN], 67, {some: [[DAN]], spare: [[CY]]}, b"no bob here",
          b"sent to 2 of 3")
lines = logged()
trial.ok(len(lines) == 2 and "recipients=bob@example.com,cy@example.com,dan@"
         in lines[0] and "recipients=cy@example.com " in lines[1] and
         "mailsize=" in lines[1], "the log says who was tried where", lines)
delivered("by the account's `partial`, not the fallback's",
          single(dead, "fallback backup", "partial off") +
          single(server(RefusesBob), label="backup"), [BOB, DAN], 67, {})
had = len(spare.lines)
delivered("never after an uncertain outcome: fallback",
          main(server(LosesTheAnswer)), [BOB], 75, {},
          b"may have been delivered")
delivered("nor for those who were put off before: fallback",
          main(server(LosesCysAnswer, offers=NO_CHUNKING)), [BOB, CY], 75, {})
delivered("not after a refusal: fallback", main(server(RefusesBob)), [BOB], 67,
          {})
delivered("not after a refused password: fallback",
          main(strict, *TLS, *AUTH), [BOB], 77, {})
delivered("not after a bad certificate: fallback", main(wrong, *TLS), [BOB], 76,
          {})
trial.equal(len(spare.lines), had, "it is not even spoken to", spare.lines[had:])
spare_down = BACKUP.replace("port %d" % spare.port, "port %d" % dead)
delivered("both gone: each is told",
          single(server(Busy), "fallback backup") + spare_down, [BOB], 75, {},
          b"account 'default': 127.0.0.1:", b"closes the connection",
          b"; account 'backup': " + NAME[dead])
delivered("a fallback whose password is wrong leaves it to be tried again",
          main(dead).replace("password cat", "password dog"), [BOB], 75, {},
          b"account 'backup'", b"that is not the password")
delivered("servers of the account go before its fallback",
          listed(dead, b, more=["fallback backup"]) + BACKUP, [BOB], 0,
          {b: [[BOB]]})
delivered("servers of the fallback are tried in turn",
          single(dead, "fallback backup") + listed(dead, a, label="backup"),
          [BOB], 0, {a: [[BOB]]})
CHAIN = "".join(single(dead, "fallback a%d" % (i + 1), label="a%d" % i)
                for i in range(1, 4)) + single(a, label="a4")
delivered("a fallback has its own fallback",
          single(dead, "fallback a1") + CHAIN, [BOB], 0, {a: [[BOB]]})
delivered("--fallback is an option", single(dead) + BACKUP,
          ["--fallback=backup", BOB], 0, {spare: [[BOB]]})
ran, _ = run(main(dead), "send", "--to", BOB, "--body", "x")
trial.ok(ran.status == 0 and spare.messages[-1].recipients == [BOB] and
         b"x\r\n" in spare.messages[-1].data, "`send` falls back too", ran)


def mistake(name, config, status, word, *args):
    ran, got = run(config, *args)
    trial.ok(ran.status == status and word in ran.err and not got, name, ran)


mistake("a fallback that does not exist is a mistake of its line",
        single(a, "fallback bakup") + BACKUP, 78,
        b"fallback: there is no account 'bakup'; did you mean 'backup'?")
mistake("one that leads back is 78", single(a, "fallback backup") +
        BACKUP + "fallback default\n", 78, b"leads back")
mistake("one that is the account itself is 78", single(a, "fallback default"),
        78, b"leads back")
mistake("one without a server is 78", single(a, "fallback backup") +
        "account backup\nfrom x@example.org\n", 78,
        b"account 'backup': host is not set")
mistake("config finds the loop", single(a, "fallback default"), 78,
        b"leads back", "-P", BOB)
ran, got = run("defaults\nfallback backup\n" + single(dead) + BACKUP)
trial.ok(ran.status == 0 and list(got) == [spare],
         "a fallback from defaults is none of itself", ran)
ran, got = run("defaults\nfallback backup\n" + single(dead) + BACKUP, "-a",
               "backup", BOB)
trial.ok(ran.status == 0 and list(got) == [spare],
         "not even where it is chosen", ran)

# --- what excludes what --------------------------------------------------------------
for name, lines, word in [
        ("host and hosts", ["host x", "hosts a b"], b"host and hosts"),
        ("hosts and srv", ["hosts a", "srv on"], b"hosts and srv"),
        ("hosts and socket", ["hosts a", "socket /x"], b"hosts excludes"),
        ("hosts and tunnel", ["hosts a", "tunnel cat"], b"hosts excludes"),
        ("srv and socket", ["host a", "srv on", "socket /x"], b"srv excludes"),
        ("srv and port", ["host a", "srv on", "port 25"], b"srv and port"),
        ("srv and lmtp", ["host a", "srv on", "protocol lmtp"], b"no LMTP"),
        ("a port of 0", ["hosts a:0"], b"is no host, host:port"),
        ("a mailbox for a host", ["hosts a@b"], b"is no host, host:port"),
        ("seventeen hosts", ["hosts " + " h" * 17], b"more than 16 hosts"),
        ("a provider that is none", ["provider gmial"],
         b"did you mean 'gmail'?")]:
    ran = trial.run(BOB, config="".join(
        x + "\n" for x in ["account default", "from x@example.org", "syslog off"]
        + lines).encode())
    trial.ok(ran.status == 78 and word in ran.err, name + " is 78", ran)
ran = trial.run("-bv", BOB, config=listed(a, b).encode())
trial.equal(ran.out.decode(), "%s: account default, %s,%s, as me@example.org\n"
            % (BOB, at(a), at(b)), "-bv names all of hosts", ran)

# --- provider ------------------------------------------------------------------------
PROVIDER = ("account default\nprovider gmail\nfrom me@gmail.com\nsyslog off\n"
            "user me\npassword x\n")


def settings(config, *args):
    ran = trial.run("config", *args, config=None, bare=True,
                    env={"POSTRIDER_CONFIG": trial.file("c", config)})
    return {k: (v, o) for k, v, o in
            re.findall(r"(?m)^(\S+) +(\S*) +# (\S+)", ran.out.decode())}


got = settings(PROVIDER)
trial.equal([got.get(k) for k in ("host", "port", "tls", "tls_starttls",
                                  "auth")],
            [("smtp.gmail.com", "provider"), ("465", "provider"),
             ("on", "provider"), ("off", "provider"), ("on", "provider")],
            "config shows what the provider says, and that it does")
got = settings("defaults\ntls_starttls on\n" + PROVIDER + "port 587\n")
trial.ok(got["port"][0] == "587" and got["tls_starttls"][0] == "on" and
         got["host"][0] == "smtp.gmail.com",
         "explicit keywords win, from defaults too", got)
got = settings(PROVIDER.replace("account default", "account a", 1) +
               "account default : a\nprovider fastmail\n")
trial.ok(got["host"] == ("smtp.fastmail.com", "provider"),
         "a child's own provider counts", got)
ran = trial.run("-P", "--provider=fastmail", BOB, config=PROVIDER.encode())
trial.ok(b"host = smtp.fastmail.com\n" in ran.out,
         "--provider goes before the file's", ran)
ran = trial.run("-P", "--provider=", BOB, config=PROVIDER.encode())
trial.ok(ran.status == 78 and b"host is not set" in ran.err,
         "--provider= takes it back", ran)
ran = trial.run("-P", "--provider=gmial", BOB, config=PROVIDER.encode())
trial.ok(ran.status == 64 and b"did you mean 'gmail'?" in ran.err,
         "a wrong one is 64", ran)

ran, _ = run("account default\nprovider fastmail\nhost 127.0.0.1\nport %d\n"
             "from me@example.org\nsyslog off\nqueue off\n%s\n"
             % (strict.port, "\n".join(TLS[2:] + AUTH)))
trial.ok(ran.status == 77 and b"hint: this provider wants an app password"
         in ran.err, "what the provider wants for a password is told", ran)

for s in servers:
    s.close()
trial.done()
