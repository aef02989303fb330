"""What the rows of the inventory's table are made of.

A Row is about one keyword: what is SEEN of it without a line for it, with each
of LINES, and with each of OPTIONS.  A wish is a value, a Refused status, or a
compiled pattern that must be found.  SEES looks at a run:

    Probe(function(world, run), arguments in front)
"""
import base64
import collections
import contextlib
import os
import re
import socket
import ssl
import string
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "lib"))
import certs  # noqa: E402
from faulty import Queue  # noqa: E402
from sink import OFFERS, Sink  # noqa: E402
from trial import MESSAGE, Trial  # noqa: E402

TO = "bob@example.com"
Refused = collections.namedtuple("Refused", "status")
CONFIG_VERB = ("config",)
LATE = 4        # seconds
Probe = collections.namedtuple("Probe", "look args", defaults=[()])


class Row:
    """LINES: {line: wish}; OPTIONS: {words: wish}.  More: server, around (lines
    beside it), args, stdin, env, name (to be called by), files and scripts ({name: text}), wrap
    (a script that runs the program), without (lines of our own to leave out),
    before (lines before the account), first (so many of a list count), pending
    (what it waits for), unseen (there is nothing to see without the line), same
    (all wishes are the same, because nothing may come of it)."""

    def __init__(self, sees, unset, lines, options=(), **more):
        self.sees, self.unset, self.lines = sees, unset, dict(lines)
        self.options, self.more = dict(options), more
        self.pending = more.pop("pending", None)

    def get(self, name, default):
        return self.more.get(name, default)


class Recorder:
    """Says GREETING to whoever comes, notes the first line, and hangs up."""

    def __init__(self, greeting=b"", path=None, hold=False):
        family = socket.AF_UNIX if path else socket.AF_INET
        self.server = socket.create_server(
            path or ("127.0.0.1", 0), family=family)
        self.address = self.server.getsockname()
        self.greeting, self.hold, self.first = greeting, hold, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.server.accept()
            threading.Thread(target=self.hear, args=(peer,),
                             daemon=True).start()

    def hear(self, peer):
        with peer:
            try:
                peer.settimeout(20)
                peer.sendall(self.greeting)
                self.first.append(peer.recv(4096))
                while self.hold and peer.recv(4096):
                    pass
            except OSError:
                pass


class World:
    """A home, servers of several kinds, and names for what is in them."""

    def __init__(self):
        self.trial = Trial()
        self.certs = certs.make(os.environ.get("CERTS") or
                                self.trial.path("certs"))
        if not os.path.exists(self.trial.path("certs")):
            os.symlink(self.certs, self.trial.path("certs"))
        self.sinks, self.peers, self.gone, self.took = {}, [], 0, 0.0
        self.subject = None
        self.names = {
            "HOME": self.trial.home, "CERTS": self.certs,
            "CA": os.path.join(self.certs, "ca.pem"),
            "CRL": os.path.join(self.certs, "crl.pem"),
            "FINGERPRINT": certs.fingerprint(self.certs, "wrong"),
            "PIN": certs.pin(self.certs),
            "PROGRAM": self.trial.program,
        }
        dsn = OFFERS + ["DSN"]
        self.add("plain", self.trial.sink)
        self.trial.sink.offers = dsn
        self.make("bare", offers=["8BITMIME"])
        self.make("implicit", tls="implicit", certs=self.certs)
        self.make("starttls", tls="starttls", certs=self.certs)
        self.make("wrong", tls="implicit", certs=self.certs, cert="wrong")
        self.make("revoked", tls="implicit", certs=self.certs, cert="revoked")
        self.make("login", tls="implicit", certs=self.certs,
                  users={"ada": "tiger"})
        self.make("small", offers=["SIZE 10", "8BITMIME"])
        self.make("wishes", tls="implicit", certs=self.certs, offers=[
            "8BITMIME", "DELIVERBY 1", "FUTURERELEASE 99999999 2099-01-01T"
            "00:00:00Z", "MT-PRIORITY MIXER", "REQUIRETLS"])
        self.make("old", tls="implicit", certs=self.certs)
        self.sinks["old"].context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.make("dh", tls="implicit", certs=self.certs)
        self.only_dh(self.sinks["dh"])
        self.make("ntlm", tls="implicit", certs=self.certs,
                  offers=OFFERS + ["AUTH NTLM"])
        closed = socket.create_server(("127.0.0.1", 0))
        self.names["CLOSED"] = str(closed.getsockname()[1])
        closed.close()
        self.recorders = {
            "SILENT": Recorder(hold=True),
            "PROXY": Recorder(),
            "UNIX": Recorder(b"220 unix.test\r\n",
                             self.trial.path("unix.sock")),
        }
        for name, recorder in self.recorders.items():
            address = recorder.address
            self.names[name] = str(address[1]) if name != "UNIX" else address

    def only_dh(self, sink):
        """Keys by a Diffie-Hellman exchange of 2048 bits, TLS 1.2."""
        path = self.trial.path("dh.pem")
        subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH",
                        "-pkeyopt", "group:modp_2048", "-out", path],
                       check=True, stderr=subprocess.DEVNULL)
        sink.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        sink.context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
        sink.context.maximum_version = ssl.TLSVersion.TLSv1_2
        sink.context.load_dh_params(path)
        sink.context.load_cert_chain(*(os.path.join(self.certs, n) for n in
                                       ("weak.pem", "weak.key")))

    def make(self, name, **how):
        self.add(name, Sink(**how))

    def add(self, name, sink):
        """Also note who comes and goes."""
        serve = sink.server.process_request
        end = sink.server.shutdown_request

        def come(request, address):
            self.peers.append((name, address[0]))
            serve(request, address)

        def go(request):
            end(request)
            self.gone += 1

        sink.server.process_request = come
        sink.server.shutdown_request = go
        self.sinks[name] = sink
        self.names[name.upper()] = str(sink.port)

    def fill(self, text):
        return string.Template(text).safe_substitute(self.names)

    def close(self):
        for sink in self.sinks.values():
            if sink is not self.trial.sink:
                sink.close()

    # --- a run ----------------------------------------------------------------
    def own(self, row, keyword):
        """The lines around the one that is looked at."""
        server = row.get("server", "plain")
        lines = ["host 127.0.0.1", "port $" + server.upper(),
                 "from me@example.org", "timeout 10", "syslog off",
                 "queue off"]
        if self.sinks[server].tls and server != "dh":
            lines += ["tls on", "tls_trust_file $CA"]
            if server != "starttls":
                lines += ["tls_starttls off"]
        around = row.get("around", [])
        said = {keyword, *row.get("without", ())}
        said |= {line.split(" ")[0] for line in around}
        return [x for x in lines if x.split(" ")[0] not in said] + list(around)

    def run(self, row, keyword, line=None, option=()):
        for name, text in row.get("files", {}).items():
            self.trial.file(name, self.fill(text))
        for name, text in row.get("scripts", {}).items():
            self.trial.file(name, text, 0o700)
        own = self.own(row, keyword)
        lines = row.get("before", []) + ["account default"] + own
        lines += [line] if line is not None else []
        text = "".join(x + "\n" for x in lines).replace(
            "$REST", "\n".join(own))
        config = self.fill(text).encode()
        return self.try_config(row, config, option)

    def try_config(self, row, config, option=()):
        kind = row.get("server", "plain")
        self.trial.sink = self.sinks[kind]
        had = len(self.trial.sink.lines)
        self.gone, self.peers[:] = 0, []
        args = [self.fill(x) for x in (*row.sees.args, *option)]
        if row.sees.args != CONFIG_VERB:
            args += [self.fill(x) for x in row.get("args", [TO])]
        env = {k: self.fill(v) for k, v in row.get("env", {}).items()}
        name, stdin = row.get("name", None), row.get("stdin", MESSAGE)
        if callable(stdin):
            stdin = stdin()
        files = {"msmtp": ".msmtprc", "sendmail": ".postriderrc"}
        if name in files:
            self.trial.file(files[name], config)
            config = None
        elif row.sees.args == CONFIG_VERB:
            args += ["-C", self.trial.file("config", config)]
            config = None
        elif any(x in ("-C", "-Cother") or x.startswith("--file")
                 for x in option):
            config = None
        with self.wrapped(row.get("wrap", None)):
            begun = time.monotonic()
            ran = self.trial.run(*args, config=config, env=env, name=name,
                                 stdin=stdin, limit=30,
                                 bare=row.sees.args == CONFIG_VERB)
            self.took = time.monotonic() - begun
        until = time.monotonic() + 2
        while self.gone < len(self.peers) and time.monotonic() < until:
            time.sleep(0.002)
        return ran._replace(lines=self.sinks[kind].lines[had:])

    @contextlib.contextmanager
    def wrapped(self, script):
        """The program is run by a script, if one is given."""
        kept = os.environ.get("WRAP")
        if script:
            os.environ["WRAP"] = " ".join(
                [self.trial.file("wrap", self.fill(script), 0o700), kept or ""])
        try:
            yield
        finally:
            if script and kept is None:
                del os.environ["WRAP"]
            elif script:
                os.environ["WRAP"] = kept


# --- looking ---------------------------------------------------------------------
def probe(*args):
    """Makes a Probe of a function, with these arguments in front."""
    def make(function):
        return Probe(function, args)
    return make


def refused_or(value):
    """Where the run failed before the server, that is what is seen."""
    def look(world, ran):
        if ran.status in (64, 65, 66, 67, 69, 78) and not ran.messages \
                and not ran.lines and ran.err:
            return Refused(ran.status)
        return value(world, ran)
    return look


def seen(*args):
    def make(function):
        return Probe(refused_or(function), args)
    return make


def text_of(line):
    return line.decode("utf-8", "replace").rstrip("\r\n")


def line_of(ran, word):
    found = [x for x in ran.lines if x.upper().startswith(word)]
    return text_of(found[-1]) if found else None


@probe()
def status(_world, ran):
    return ran.status


@seen()
def hello(_world, ran):
    return text_of(ran.lines[0]) if ran.lines else ran


@seen()
def ehlo(_world, ran):
    return text_of(ran.lines[0])[5:] if ran.lines else ran


@seen()
def sender(_world, ran):
    return ran.messages[0].sender if ran.messages else ran


@seen()
def recipients(_world, ran):
    return ran.messages[0].recipients if ran.messages else ran


@seen()
def mail(_world, ran):
    """The parameters of MAIL, without the size."""
    words = (line_of(ran, b"MAIL") or str(ran)).partition("> ")[2].split()
    return [w for w in words if not w.startswith("SIZE=")]


@seen()
def rcpt(_world, ran):
    """The parameters of RCPT, without the address once more."""
    words = (line_of(ran, b"RCPT") or str(ran)).partition("> ")[2].split()
    return [w for w in words if not w.startswith("ORCPT=")]


@seen()
def commands(_world, ran):
    """The verbs that were said."""
    return [x.split()[0].decode("latin-1").upper() for x in ran.lines]


@seen()
def server(world, ran):
    """Which server was spoken to; the status where none was."""
    return world.peers[0][0] if world.peers else ran.status


@seen()
def peer(world, ran):
    return world.peers[0][1] if world.peers else ran


def auth(part):
    """A part of what AUTH sent: of PLAIN, 0 authzid 1 user 2 password."""
    def look(_world, ran):
        words = (line_of(ran, b"AUTH") or "").split()
        if len(words) < 3:
            return None
        data = base64.b64decode(words[2])
        return data.split(b"\0")[part].decode() if part is not None else data
    return Probe(refused_or(look))


def field(name):
    """The values of a header field."""
    def look(_world, ran):
        if not ran.messages:
            return ran
        head = ran.messages[0].data.split(b"\r\n\r\n")[0].decode()
        head = re.sub(r"\r\n(?=[ \t])", "", head)
        return [x.partition(":")[2].strip() for x in head.split("\r\n")
                if x.lower().startswith(name.lower() + ":")]
    return Probe(refused_or(look))


def shows(name, config=False):
    """What -P says of a setting, or `postrider config`."""
    shape = r"(?m)^%s +(.*?) +# " if config else r"(?m)^%s = (.*)$"

    def look(_world, ran):
        found = re.search(shape % re.escape(name), ran.out.decode())
        return found[1] if found else ran
    return Probe(refused_or(look), CONFIG_VERB if config else ("-P",))


def told(err=False):
    """Standard output, or standard error."""
    return Probe(refused_or(
        lambda _world, ran: (ran.err if err else ran.out).decode()))


def copies(folder):
    """How many files there are in a maildir, which is then emptied."""
    def look(world, _ran):
        count = 0
        for part in ("new", "cur"):
            where = os.path.join(world.trial.path(folder), part)
            for name in os.listdir(where) if os.path.isdir(where) else ():
                os.unlink(os.path.join(where, name))
                count += 1
        return count
    return Probe(refused_or(look))


def log(name, path="log"):
    """A field of the last line of the log; name "" for the whole line."""
    def look(world, ran):
        full = world.trial.path(path)
        if not os.path.exists(full):
            return None
        with open(full, encoding="utf-8") as f:
            line = f.read().rstrip("\n").split("\n")[-1]
        os.unlink(full)
        if not name:
            return line
        found = re.search(r"\b%s=('[^']*'|\S*)" % name, line)
        return found[1] if found else ran
    return Probe(refused_or(look))


def kept():
    """What the log says became of the message, whose queue is emptied."""
    inner = log("queue")

    def look(world, ran):
        Queue(world.trial.path("q")).clear()
        return inner.look(world, ran)
    return Probe(look)


def entered(folder):
    """How many messages are in a queue, which is then emptied."""
    def look(world, _ran):
        queue = Queue(world.trial.path(folder))
        count = len(queue.items())
        queue.clear()
        return count
    return Probe(refused_or(look))


def starts():
    """Does a queue run deliver the message by itself?"""
    def look(world, _ran):
        queue = Queue(world.trial.path("q3"))
        # No run will come where the message lies untouched for so long.
        left = queue.wait(lambda items: not items,
                          5 if queue.is_run() else 0.3)
        queue.wait_for_end()
        queue.clear()
        return not left
    return Probe(refused_or(look))


def contents(name):
    """A file that the run made, which is then removed."""
    def look(world, ran):
        path = world.trial.path(name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as f:
            text = f.read()
        os.unlink(path)
        return text.strip()
    return Probe(look)


def heard(name):
    """The first words that a recorder heard."""
    def look(world, ran):
        first = world.recorders[name].first
        got = first.pop() if first else None
        del first[:]
        return got
    return Probe(refused_or(look))


@seen()
def body(_world, ran):
    data = ran.messages[0].data if ran.messages else b""
    return data.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")


@probe()
def patience(world, ran):
    """Whether it gave up soon or late."""
    return ran.status, "late" if world.took >= LATE else "soon"
