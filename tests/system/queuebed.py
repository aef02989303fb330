"""What the system tests of the queue stand on: people, a server, a clock.

    with Bed() as bed:          root only; inside a namespace: netns.enter()
        host = Host(bed.certs, "implicit")
        alice = bed.person("alice", host.lines())
        ran = alice.run("bob@example.com", stdin=LETTER)
        alice.items()           what `postrider queue --json` says
        alice.snapshot()        every byte of the queue
        bed.clock.ahead(60)     only for who has `clock`
        bed.ok(ran.status == 0, "what must hold", ran)

A Bed's program is a copy of its own, so that its processes can be told from
those of anybody else; close ends them one by one.
"""
import collections
import json
import os
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import certs    # noqa: E402
import client   # noqa: E402
import sink     # noqa: E402

Ran = collections.namedtuple("Ran", "args status out err seconds")
USER, PASSWORD = "ada", "tea time"
TO = "bob@example.com"
LETTER = b"Subject: hi\n\nbody\n"
FIRST_UID = 70001       # of nobody on this machine


# --- the server --------------------------------------------------------------
class Scripted(sink.Session):
    """A session that goes wrong as host.mood says."""

    def setup(self):
        self.host = self.server.sink
        self.host.accepted += 1
        self.host.open.append(self.request)
        if self.mood("garbage"):
            self.request.sendall(b"this is not TLS at all\r\n" * 20)
            self.request.close()
        super().setup()

    def mood(self, *words):
        return self.host.mood in words

    def handle(self):
        if self.mood("silent"):
            self.rfile.read(1)
        elif self.mood("421"):
            self.say("421 4.3.2 we close for tonight")
            self.wfile.flush()
        else:
            super().handle()

    def on_auth(self, rest):
        if self.mood("454", "535", "534"):
            said = {"454": "454 4.7.0 the password server is asleep",
                    "535": "535 5.7.8 that is not the password",
                    "534": "534 5.7.9 an app password is needed"}
            self.say(said[self.host.mood])
            return
        super().on_auth(rest)

    def on_rcpt(self, rest):
        word = re.match(r"TO:<(\w+)", rest, re.I)
        if word and word[1] in self.host.rcpt:
            self.say(self.host.rcpt[word[1]])
            return
        super().on_rcpt(rest)

    def on_data(self, rest):
        if self.mood("deaf"):   # takes the message and does not say so
            self.say("354 go")
            self.wfile.flush()
            self.rfile.read()
            return "end"
        return super().on_data(rest)

    def on_bdat(self, rest):
        if self.mood("deaf"):
            self.rfile.read()
            return "end"
        return super().on_bdat(rest)

    def keep(self):
        verdict = self.host.verdict
        if verdict:
            self.forget()
            self.say(verdict)
            return
        super().keep()


class Host(sink.Sink):
    """A smarthost at one port, which can go down and come up again there.

    mood: "", 421, 454, 535, 534, garbage, silent, deaf (after the last dot)
    rcpt: {"refused": "550 5.1.1 no"} by the local part's first word
    verdict: what is said to every message, or "" for taking it
    """

    def __init__(self, folder=None, tls=None, cert="good", users=None,
                 address="127.0.0.1"):
        self.mood, self.rcpt, self.verdict, self.accepted = "", {}, "", 0
        self.open = []
        self.folder = folder
        if tls and users is None:
            users = {USER: PASSWORD}
        super().__init__(folder, tls, users, cert, session=Scripted,
                         address=address)

    def down(self):
        """Nobody listens, and whoever was being served is cut off."""
        self.close()
        while self.open:
            try:
                self.open.pop().shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def up(self):
        self.listen()

    def certificate(self, name):
        self.context.load_cert_chain(
            os.path.join(self.folder, name + ".pem"),
            os.path.join(self.folder, "key.pem"))

    def subjects(self):
        found = (re.search(rb"^Subject: (.*?)\r\n", m.data, re.M)
                 for m in self.messages)
        return [m[1].decode() if m else "" for m in found]

    def lines_of_account(self, name="127.0.0.1"):
        lines = ["host " + name, "port %d" % self.port]
        if not self.tls:
            return lines + ["tls off", "auth off"]
        return lines + ["tls on", "auth plain", "user " + USER,
                        "password " + PASSWORD,
                        "tls_trust_file %s/ca.pem" % self.folder,
                        "tls_starttls " +
                        ("on" if self.tls == "starttls" else "off")]


# --- the time of day ---------------------------------------------------------
class Clock:
    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.library = os.path.join(folder, "clock_shift.so")
        subprocess.run(
            ["gcc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1",
             "-o", self.library, os.path.join(HERE, "clock_shift.c")],
            check=True)
        self.shift = 0
        self.set(0)

    def set(self, seconds):
        self.shift = seconds
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") \
                as f:
            f.write(struct.pack("q", seconds))
        os.chmod(self.path, 0o644)

    def ahead(self, seconds):
        self.set(self.shift + int(seconds))

    def now(self):
        return time.time() + self.shift

    def environment(self):
        return {"LD_PRELOAD": self.library, "CLOCK_SHIFT": self.path}


# --- people ------------------------------------------------------------------
class Person:
    """With a uid, a home, a configuration and a queue of their own."""

    def __init__(self, bed, name, uid):
        self.bed, self.name, self.uid = bed, name, uid
        self.home = bed.path(name)
        self.queue = os.path.join(self.home, ".state/postrider/queue")
        self.config = os.path.join(self.home, ".postriderrc")
        self.logfile = os.path.join(self.home, "log")
        self.env, self.wrap, self.clock = {}, [], None
        self.listed = True      # in /etc/passwd
        self.inside = None      # whose network namespace this person is in
        os.makedirs(self.home)
        os.chown(self.home, uid, uid)
        os.chmod(self.home, 0o700)

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        os.chown(path, self.uid, self.uid)
        return path

    def account(self, *lines, label="default"):
        """An account section; these lines in place of our own."""
        said = {line.split(" ")[0] for line in lines}
        last = {line.split(" ")[0]: line for line in lines}
        lines = [x for x in lines if last[x.split(" ")[0]] is x]
        own = ["timeout 5", "from %s@example.org" % self.name, "syslog off",
               "logfile " + self.logfile, "queue fallback"]
        own = [x for x in own if x.split(" ")[0] not in said]
        return "".join(x + "\n" for x in ["account " + label, *own, *lines])

    def configure(self, *lines):
        self.file(".postriderrc", self.account(*lines))

    def environment(self):
        env = client.clean_environment(self.home)
        env.update(USER=self.name, LOGNAME=self.name)
        if self.clock:
            env.update(self.clock.environment())
        env.update(self.env)
        return {k: v for k, v in env.items() if v is not None}

    def popen(self, *args, wrap=(), **rest):
        command = [*self.wrap, *wrap, rest.pop("program", self.bed.program),
                   *args]
        if self.inside:
            command = ["nsenter", "--net=/proc/%d/ns/net" % self.inside,
                       "setpriv", "--reuid=%d" % self.uid,
                       "--regid=%d" % self.uid, "--clear-groups", *command]
        else:
            rest.update(user=self.uid, group=self.uid, extra_groups=[])
        return subprocess.Popen(command, env=self.environment(),
                                cwd=self.bed.home, **rest)

    def run(self, *args, stdin=b"", wrap=(), limit=60, **rest):
        """Until the pipes are closed: nothing that is started may keep them."""
        begun = time.monotonic()
        child = self.popen(*args, wrap=wrap, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           **rest)
        try:
            out, err = child.communicate(stdin, limit)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            err += b"\n[killed by the test after %d s]" % limit
        return Ran(args, child.returncode, out.decode("utf-8", "replace"),
                   err.decode("utf-8", "replace"), time.monotonic() - begun)

    def mail(self, *args, subject="hi", to=TO):
        """Enter one message in the classic dialect."""
        letter = "Subject: %s\nTo: %s\n\nbody of %s\n" % (subject, to, subject)
        return self.run(*args, *to.split(","), stdin=letter.encode())

    def items(self, *args):
        ran = self.run("queue", "list", "--json", *args)
        try:
            return json.loads(ran.out or "[]")
        except ValueError:
            return [{"error": repr(ran)}]

    def listing(self):
        return self.run("queue").out

    def ids(self):
        """Of what is in the folder, read without the program."""
        names = os.listdir(self.queue) if os.path.isdir(self.queue) else []
        return sorted(x[:-4] for x in names if x.endswith(".env"))

    def log(self):
        if not os.path.exists(self.logfile):
            return []
        with open(self.logfile, encoding="utf-8", errors="replace") as f:
            return f.read().splitlines()

    def snapshot(self, top=None):
        """{name: (mode, owner, bytes)} of all that is in the queue."""
        found = {}
        for where, _, names in os.walk(top or self.queue):
            for name in names:
                path = os.path.join(where, name)
                st = os.lstat(path)
                data = None
                if stat.S_ISREG(st.st_mode):
                    with open(path, "rb") as f:
                        data = f.read()
                found[os.path.relpath(path, top or self.queue)] = (
                    oct(st.st_mode), st.st_uid, data)
        return found

    def mails(self, top=None):
        """The part of snapshot that is mail: all of ID.msg and ID.env."""
        return {name: what for name, what in self.snapshot(top).items()
                if name.endswith((".msg", ".env"))}

    def snapshot_mail_left(self):
        """Names of mail, or of what should have become mail."""
        return [x for x in self.snapshot() if not x.endswith(".account") and
                x not in ("runner.lock", "usage")]

    def await_empty(self, seconds):
        """True once nothing is in the queue; how long that took is printed."""
        return until(lambda: not self.ids(), seconds)

    def await_idle(self, seconds):
        """True once no process of the program is left to this person."""
        return until(lambda: not self.bed.processes(self.uid), seconds)


def until(holds, seconds, pause=0.02):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


# --- all of it ---------------------------------------------------------------
class Bed:
    def __init__(self, name):
        self.top = tempfile.TemporaryDirectory(prefix="system-" + name + ".")
        self.home = self.top.name
        os.chmod(self.home, 0o755)
        given = os.environ.get("CLIENT", "./postrider")
        self.program = self.path("postrider")
        shutil.copy(shutil.which(given) or given, self.program)
        os.chmod(self.program, 0o755)
        self.certs = certs.make(self.path("certs"))
        os.chmod(self.certs, 0o755)
        self.clock = Clock(self.home)
        self.people, self.mounts = {}, []
        self.number = self.bad = 0

    def path(self, *names):
        return os.path.join(self.home, *names)

    def person(self, name, *lines, uid=None):
        uid = FIRST_UID + len(self.people) if uid is None else uid
        self.people[name] = one = Person(self, name, uid)
        if lines:
            one.configure(*lines)
        return one

    def passwd(self, *extra):
        """What this mount namespace has as /etc/passwd."""
        lines = ["root:x:0:0:root:/root:/bin/sh",
                 "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin"]
        lines += ["%s:x:%d:%d::%s:/bin/sh" % (p.name, p.uid, p.uid, p.home)
                  for p in self.people.values() if p.uid and p.listed]
        path = self.path("passwd")
        with open(path, "w", encoding="ascii") as f:
            f.write("".join(x + "\n" for x in [*lines, *extra]))
        subprocess.run(["mount", "--bind", path, "/etc/passwd"], check=True)

    def mount(self, *words):
        """mount WORDS..., the last of which is the folder."""
        subprocess.run(["mount", *words], check=True,
                       stdin=subprocess.DEVNULL)
        self.mounts.append(words[-1])

    def unmount(self, folder):
        subprocess.run(["umount", folder], check=True)
        self.mounts.remove(folder)

    # --- processes ------------------------------------------------------------
    def processes(self, uid=None):
        """{pid: its arguments} of all that run the program."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink("/proc/%s/exe" % pid) != self.program or \
                        uid not in (None, os.stat("/proc/" + pid).st_uid):
                    continue
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    words = f.read().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            if words != [""]:       # a zombie has none
                found[int(pid)] = words[:-1]
        return found

    def runners(self, uid=None):
        return {pid: words for pid, words in self.processes(uid).items()
                if "flush" in words[1:2]}

    def end_processes(self):
        for _ in range(50):
            left = self.processes()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not left:
                return
            time.sleep(0.02)

    # --- TAP ------------------------------------------------------------------
    def ok(self, good, name, *notes):
        self.number += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number,
                                name.replace("#", "number")), flush=True)
        for text in notes if not good else ():
            self.say(text if isinstance(text, str) else repr(text))
        return bool(good)

    def equal(self, got, want, name, *notes):
        return self.ok(got == want, name, "got    %r" % (got,),
                       "wanted %r" % (want,), *notes)

    def case(self, function, *args):
        """A fault of the test itself is a failure, and the others go on."""
        begun = time.monotonic()
        try:
            function(*args)
        except Exception:   # pylint: disable=broad-except
            self.ok(False, function.__name__ + " comes to its end",
                    traceback.format_exc())
        self.say("%s took %.1f s" % (function.__name__,
                                     time.monotonic() - begun))

    @staticmethod
    def say(text):
        for line in text[:6000].split("\n"):
            print("# " + line, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, what, where):
        self.end_processes()
        for folder in reversed(self.mounts[:]):
            subprocess.run(["umount", "-l", folder], check=False)
        self.top.cleanup()
        print("1..%d" % self.number, flush=True)


def seconds_from(text, now):
    """How far ahead an ISO 8601 time in UTC is, from the time now."""
    import calendar     # pylint: disable=import-outside-toplevel
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - now
