#!/usr/bin/env python3
"""Run dialogue files against the real program, in TAP: run.py [-v] [FILE...].

Without files, all that stand beside this script.  Run from the folder that
holds the program; the environment may say otherwise:

    CLIENT   the program under test (./postrider)
    WRAP     a command to put in front of it, such as valgrind -q
    JOBS     dialogues played at the same time (8)
    SLOWNESS times are allowed to be so many times as long (1)
    MEMORY   off: do not look at how much was used (for sanitizers)

-v prints what was said also for dialogues that went well.
"""
import concurrent.futures
import fnmatch
import glob
import os
import resource
import shlex
import shutil
import string
import sys
import tempfile
import threading

import server
from server import certs

import client

HERE = os.path.dirname(os.path.abspath(__file__))
TLS_LINES = {
    None: [],
    "plain": ["tls off"],
    "starttls": ["tls on", "tls_starttls on", "tls_trust_file $CA"],
    "implicit": ["tls on", "tls_starttls off", "tls_trust_file $CA"],
}
CONFIG_NAMES = {"msmtp": ".msmtprc"}
MESSAGE = ["Subject: hi", "", "body"]


class Case:
    """One dialogue in one variant, with a home of its own."""

    def __init__(self, dialog, variant, home, common):
        self.dialog, self.variant, self.home = dialog, variant, home
        self.name = dialog.name + (" (%s)" % variant if variant else "")
        self.common = common
        self.faults = []
        self.player = None

    # --- what the client is given ---------------------------------------------
    def fill(self, text):
        """$NAME and ${NAME} of our own; any other $ stays."""
        return string.Template(text).safe_substitute(self.names)

    def values(self, key):
        return [self.fill(v) for v in self.dialog.all(key)]

    def prepare(self, port):
        self.names = dict(self.common, PORT=str(port), HOME=self.home)
        program = os.path.basename(self.common["CLIENT"])
        config = CONFIG_NAMES.get(program, ".postriderrc")
        self.names["CONFIG"] = os.path.join(self.home, config)
        for line in self.values("file"):
            name, _, text = line.partition(" ")
            self.append(name, server.unescape(text) + b"\n")
        if not os.path.exists(self.names["CONFIG"]):
            self.append(config, self.config_text().encode())
        for line in self.values("mode"):
            name, mode = line.split()
            os.chmod(os.path.join(self.home, name), int(mode, 8))

    def append(self, name, data):
        path = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab") as f:
            f.write(data)
        os.chmod(path, 0o600)

    def config_text(self):
        own = self.values("config")
        said = {line.split(" ")[0] for line in own if line}
        socket = self.dialog.get("listen")
        lines = ["host 127.0.0.1", "port $PORT"]
        if socket:
            lines = ["socket $HOME/" + socket]
        lines += ["from me@example.org", "auth off", "timeout 10", "syslog off",
                  "queue off"]
        lines += TLS_LINES[self.variant]
        if self.variant is None:
            verbs = {verb for _, verb, _ in self.dialog.steps}
            tls = any(v.startswith("tls") for v in verbs)
            lines += TLS_LINES["starttls" if tls else "plain"]
        lines = [x for x in lines if x.split(" ")[0] not in said]
        lines = ["account work"] + [self.fill(x) for x in lines] + own
        return "".join(x + "\n" for x in lines)

    def stdin(self):
        if self.dialog.get("no-stdin") is not None:
            return b""
        parts = []
        for key, text in self.dialog.headers:
            count = 1
            if key == "stdin-times":
                number, text = text.split(" ", 1)
                count = int(number)
            elif key != "stdin":
                continue
            line = text.removesuffix("\\c")
            end = b"" if line != text else b"\n"
            parts.append(count * (server.unescape(line) + end))
        if not parts:
            parts = [line.encode() + b"\n" for line in MESSAGE]
        return b"".join(parts)

    def command(self):
        program = self.common["CLIENT"]
        name = self.dialog.get("name")
        if name:
            link = os.path.join(self.home, name)
            os.symlink(program, link)
            program = link
        args = self.dialog.get("args")
        if args is None:
            args = "-C $CONFIG -a work bob@example.com"
        words = [server.unescape(self.fill(w)) for w in shlex.split(args)]
        return shlex.split(os.environ.get("WRAP", "")) + [program] + words

    def environment(self):
        env = client.clean_environment(self.home)
        for line in self.values("env"):
            name, _, value = line.partition("=")
            env[name] = server.unescape(value).decode()
        return env

    # --- the run ---------------------------------------------------------------
    def run(self):
        os.makedirs(self.home)
        name = self.dialog.get("listen")
        path = os.path.join(self.home, name) if name else None
        listener = server.listen(path)
        self.player = server.Player(self.dialog, self.variant, listener)
        self.prepare(0 if path else listener.getsockname()[1])
        if self.dialog.get("connect") == "refused":
            listener.close()
            self.player.finished = True
        playing = threading.Thread(target=self.player.play, daemon=True)
        if listener.fileno() >= 0:
            playing.start()
        self.run_client()
        self.player.over.set()
        if playing.ident:
            playing.join(server.PATIENCE)
            self.check_server(listener)
        self.check_client()
        listener.close()

    def run_client(self):
        limit = float(self.dialog.get("seconds-max", "10")) * SLOWNESS
        self.ran = client.run(
            self.command(), self.stdin(), self.environment(), self.home, limit,
            self.home, watch=self.dialog.get("memory-max") is not None)
        if self.ran.timed_out:
            self.faults.append("it ran longer than %g s" % limit)

    # --- what must hold ----------------------------------------------------------
    def check_server(self, listener):
        if self.player.failed:
            self.faults.append("server: " + self.player.failed)
        try:
            listener.settimeout(0)
            listener.accept()[0].close()
            self.faults.append("it connected once more")
        except OSError:
            pass

    def output(self, which):
        with open(self.home + which, encoding="utf-8",
                  errors="surrogateescape") as f:
            return f.read()

    def check_client(self):
        want = int(self.dialog.get("status", "0"))
        if self.ran.status != want:
            self.faults.append("status %d, not %d" % (self.ran.status, want))
        least = float(self.dialog.get("seconds-min", "0"))
        if self.ran.seconds < least:
            self.faults.append("it took only %.2f s" % self.ran.seconds)
        most = self.dialog.get("memory-max")
        if most and MEASURES_MEMORY and self.ran.peak_kib > int(most):
            self.faults.append("%d KiB of memory" % self.ran.peak_kib)
        err = self.output(".err")
        self.check_text("stderr", err)
        self.check_text("stdout", self.output(".out"))
        if want and not err.strip():
            self.faults.append("it failed without a word on stderr")
        got = b"".join(self.player.messages)
        if self.dialog.all("received") or self.dialog.all("received-not"):
            self.check_text("received", got.decode("utf-8", "surrogateescape"))
        self.check_whole(got)
        for line in self.values("file-has"):
            name, pattern = line.split(" ", 1)
            self.check_file(name, pattern)

    def check_text(self, what, text):
        """Each pattern fits a line; without patterns there is no text."""
        lines = text.replace("\r\n", "\n").split("\n")
        wanted, banned = self.values(what), self.values(what + "-not")
        for pattern in wanted:
            if not any(fnmatch.fnmatchcase(x, pattern) for x in lines):
                self.faults.append("%s has no line '%s'" % (what, pattern))
        for pattern in banned:
            if any(fnmatch.fnmatchcase(x, pattern) for x in lines):
                self.faults.append("%s has a line '%s'" % (what, pattern))
        failing = what == "stderr" and self.dialog.get("status", "0") != "0"
        if text and not wanted and not banned and not failing:
            self.faults.append("%s is not empty" % what)

    def check_whole(self, got):
        whole = self.dialog.all("received-whole")
        want = b"".join(server.unescape(x) for x in whole)
        if whole and got != want:
            self.faults.append("received %r, not %r" % (got[:2000], want))
        count = self.dialog.get("messages")
        if count is not None and len(self.player.messages) != int(count):
            self.faults.append("%d messages, not %s"
                               % (len(self.player.messages), count))

    def check_file(self, name, pattern):
        try:
            with open(os.path.join(self.home, name), encoding="utf-8",
                      errors="surrogateescape") as f:
                lines = f.read().split("\n")
        except OSError as e:
            self.faults.append(str(e))
            return
        if not any(fnmatch.fnmatchcase(x, pattern) for x in lines):
            self.faults.append("%s has no line '%s'" % (name, pattern))

    def invert(self):
        """A test of this harness itself: it must have found this fault."""
        pattern = self.dialog.get("must-fail")
        if pattern is None:
            return
        if any(fnmatch.fnmatchcase(x, pattern) for x in self.faults):
            self.faults = []
        else:
            self.faults.append("no fault like '%s'" % pattern)

    def report(self, number, verbose):
        lines = ["%sok %d - %s" % ("not " if self.faults else "", number,
                                   self.name)]
        if self.faults or verbose:
            lines += ["# " + x for x in self.faults]
            if self.player:
                lines += ["#   " + x for x in self.player.notes[-80:]]
            for which in (".out", ".err"):
                if os.path.exists(self.home + which):
                    lines += ["#   %s %s" % (which, x) for x in
                              self.output(which).split("\n")[-40:] if x]
        text = "\n".join(lines)
        return text.encode("utf-8", "backslashreplace").decode()


SLOWNESS = float(os.environ.get("SLOWNESS", "1"))
MEASURES_MEMORY = os.environ.get("MEMORY") != "off"


def run_case(case):
    try:
        case.run()
    except Exception as e:  # a bug here must not pass for a good test
        case.faults.append("harness: %s: %s" % (type(e).__name__, e))
    case.invert()
    return case


def program():
    name = os.environ.get("CLIENT", "./postrider")
    found = shutil.which(name)
    if not found:
        print("Bail out! there is no program %s" % name)
        sys.exit(1)
    return os.path.abspath(found)


def common_names(folder):
    path = lambda name: os.path.join(folder, name)  # noqa: E731
    return {
        "CLIENT": program(), "CA": path("ca.pem"),
        "CRL": path("crl.pem"), "CERTS": folder,
        "CLIENT_CERT": path("client.pem"), "CLIENT_KEY": path("key.pem"),
        "PIN": certs.pin(folder),
        "FINGERPRINT": certs.fingerprint(folder, "good"),
        "SRCDIR": HERE,
    }


def main(words):
    verbose = "-v" in words
    files = [w for w in words if w != "-v"]
    files = files or sorted(glob.glob(os.path.join(HERE, "*.dialog")))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bad = 0
    with tempfile.TemporaryDirectory(prefix="dialog.") as top:
        common = common_names(certs.make(os.path.join(top, "certs")))
        cases = []
        for path in files:
            dialog = server.Dialog(path, common["CERTS"])
            for variant in dialog.variants():
                home = os.path.join(top, str(len(cases)))
                cases.append(Case(dialog, variant, home, common))
        print("1..%d" % len(cases), flush=True)
        jobs = int(os.environ.get("JOBS", "16"))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for n, case in enumerate(pool.map(run_case, cases), 1):
                print(case.report(n, verbose), flush=True)
                bad += bool(case.faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
