"""Many short runs of the program against one server, in TAP.

    trial = Trial()                 a home, a configuration, a Sink
    ran = trial.run("-t", stdin=b"To: bob@example.com\\n\\n")
    trial.ok(ran.status == 0, "what must hold", ran)
    trial.done()                    the plan, and the status of the script

A Run has status, out, err (bytes), what arrived since (messages, lines) and
text, the one message.  `-C CONFIG` is put in front unless a name to be called
by or bare=True is given; then the configuration is the user's own file.
"""
import collections
import os
import shlex
import shutil
import sys
import tempfile

import client
from sink import Sink

Run = collections.namedtuple("Run", "args status out err messages lines")
MESSAGE = b"Subject: hi\n\nbody\n"
CONTROLS = {
    "CR LF": b"\r\n", "LF": b"\n", "CR": b"\r", "SOH": b"\x01",
    "ESC": b"\x1b[31m", "DEL": b"\x7f",
}


def text_of(run):
    return run.messages[0].data if run.messages else b""


def has_control(data):
    """Bytes that a terminal would obey; our own line ends apart."""
    return any(c < 32 and c != 10 or c == 127 for c in data)


class Trial:
    def __init__(self, config=(), **sink):
        self.top = tempfile.TemporaryDirectory(prefix="trial.")
        self.home = self.top.name
        self.sink = Sink(**sink)
        self.number = self.bad = 0
        program = os.environ.get("CLIENT", "./postrider")
        self.program = os.path.abspath(shutil.which(program) or program)
        self.config = self.file(".postriderrc", self.account(*config))

    def account(self, *lines, label="default"):
        """An account section; these lines in place of our own."""
        said = {line.split(" ")[0] for line in lines}
        own = ["host 127.0.0.1", "port %d" % self.sink.port, "timeout 10",
               "from me@example.org", "syslog off", "tls off", "auth off",
               "queue off"]
        own = [x for x in own if x.split(" ")[0] not in said]
        return "".join(x + "\n" for x in
                       ["account " + label, *own, *lines]).encode(
                           "utf-8", "surrogateescape")

    def path(self, name):
        return os.path.join(self.home, name)

    def file(self, name, data, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        return path

    def command(self, args, name, config, bare):
        program = self.program
        if name:
            program = self.path(name)
            if not os.path.lexists(program):
                os.symlink(self.program, program)
        head = []
        if config is not None:
            head = ["-C", self.file("config", config)]
        elif not name and not bare:
            head = ["-C", self.config]
        if args and args[0] == "send":
            args, head = args[1:], ["send", *head]
        return shlex.split(os.environ.get("WRAP", "")) + \
            [program, *head, *args]

    def run(self, *args, stdin=MESSAGE, env=(), name=None, config=None,
            bare=False, limit=20):
        had, said = len(self.sink.messages), len(self.sink.lines)
        environment = client.clean_environment(self.home)
        environment.update(env)
        stem = self.path("output")
        ran = client.run(self.command(list(args), name, config, bare), stdin,
                         environment, self.home, limit, stem)
        with open(stem + ".out", "rb") as f:
            out = f.read()
        with open(stem + ".err", "rb") as f:
            err = f.read()
        if ran.status == 0 and args[-1:] != ("--dry-run",):
            self.sink.wait(had, 1)
        return Run(args, ran.status, out, err, self.sink.messages[had:],
                   self.sink.lines[said:])

    def ok(self, good, name, *notes):
        self.number += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number,
                                name.replace("#", "number")))
        for note in notes if not good else ():
            for line in repr(note)[:4000].split("\n"):
                print("#", line)
        return good

    def equal(self, got, want, name, *notes):
        return self.ok(got == want, name, "got", got, "wanted", want, *notes)

    def refused(self, ran, status, name, word=b""):
        """That status, words on stderr, and not a byte to the server."""
        return self.ok(
            ran.status == status and ran.err.strip() and word in ran.err and
            not ran.lines and not ran.messages and not has_control(ran.err),
            name, "wanted", status, word, ran)

    def done(self):
        print("1..%d" % self.number)
        self.sink.close()
        self.top.cleanup()
        sys.exit(1 if self.bad else 0)
