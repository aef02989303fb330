#!/usr/bin/env python3
"""The question for a password at a terminal: Python's pty plays the person."""
import os
import re
import select
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
import client  # noqa: E402
from trial import Trial  # noqa: E402

TO = "bob@example.com"
QUESTION = b"password of ada at localhost: "
LIMIT = 20
KEYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTERM,
        signal.SIGHUP)
scratch = Trial()
folder = certs.make(scratch.path("certs"))
trial = Trial(certs=folder, tls="implicit", users={"ada": "tiger"})
CONFIG = trial.file("config", trial.account(
    "host localhost", "tls on", "tls_starttls off", "auth on", "user ada",
    "tls_trust_file " + os.path.join(folder, "ca.pem")))
MESSAGE = trial.file("message", "Subject: hi\n\nbody\n")
# The shell keeps the terminal when the program is gone, and looks at it.
SCRIPT = """trap : INT QUIT TERM HUP TSTP
"$@" <'%s' 2>'%s'
""" % (MESSAGE, trial.path("err"))
END = """echo "status $?"; stty -a; read -r line; echo "after: $line"
"""
# With job control: ^Z stops the program, not the shell.
STOPPED = "set -m\n" + SCRIPT + """echo "stopped $?"; stty -a; echo; fg
"""


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, *wrapped, name=None, config=CONFIG, script=SCRIPT):
        self.had = len(trial.sink.messages), len(trial.sink.lines)
        self.text, self.left = b"", b""
        command = trial.command([TO], name, None, True)
        if not name:
            command[1:1] = ["-C", config]
        env = client.clean_environment(trial.home)
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            try:
                # Whoever started us may have had them ignored.
                for number in KEYS:
                    signal.signal(number, signal.SIG_DFL)
                os.chdir(trial.home)
                os.execve("/bin/sh", ["sh", "-c", script + END, "sh",
                                      *wrapped, *command], env)
            finally:
                os._exit(127)

    def read(self, pattern, seconds=LIMIT):
        """What the terminal shows up to pattern; b"" where it never does."""
        until = time.monotonic() + seconds
        while not re.search(pattern, self.left):
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self.fd], [], [], wait)[0]:
                return b""
            try:
                got = os.read(self.fd, 4096)
            except OSError:
                return b""
            self.text += got
            self.left += got
        end = re.search(pattern, self.left).end()
        found, self.left = self.left[:end], self.left[end:]
        return found

    def type(self, text):
        os.write(self.fd, text)

    def child(self):
        path = "/proc/%d/task/%d/children" % (self.pid, self.pid)
        with open(path, encoding="ascii") as f:
            return [int(x) for x in f.read().split()]

    def sane(self):
        """Does the terminal echo, and obey?"""
        self.read(rb"-?cdtrdsr|crtscts")
        modes = self.read(rb"isig[\s\S]*echoke[^\n]*\n")
        return all(re.search(rb"(?<![-\w])" + word + rb"\b", modes)
                   for word in (b"echo", b"icanon", b"isig")) and \
            re.search(rb"-echonl\b", modes) is not None

    def end(self):
        """(status, is the terminal sane, what stderr got)"""
        said = self.read(rb"status (\d+)")
        status = int(said.rpartition(b" ")[2]) if said else None
        sane = self.sane()
        self.type(b"good\n")
        self.read(b"after: good")
        os.close(self.fd)       # whoever still reads is let go by that
        os.waitpid(self.pid, 0)
        with open(trial.path("err"), "rb") as f:
            return status, sane, f.read()

    def messages(self):
        return trial.sink.messages[self.had[0]:]

    def lines(self):
        return trial.sink.lines[self.had[1]:]


def asked(*wrapped, **more):
    terminal = Terminal(*wrapped, **more)
    trial.ok(terminal.read(re.escape(QUESTION)) and not terminal.lines(),
             "the question names user and host, before connecting",
             terminal.text)
    return terminal


# --- answers -----------------------------------------------------------------
terminal = asked()
terminal.type(b"lion\x15tiger\n")       # ^U takes back what was typed
status, sane, err = terminal.end()
trial.ok(status == 0 and not err and len(terminal.messages()) == 1 and
         terminal.messages()[0].data.endswith(b"\r\n\r\nbody\r\n"),
         "the answer is the password, the message is whole", status, err)
trial.ok(b"tiger" not in terminal.text and b"lion" not in terminal.text,
         "it is not echoed", terminal.text)
trial.ok(sane, "the terminal echoes again", terminal.text)

terminal = asked()
terminal.type(b"lion\n")
status, sane, err = terminal.end()
trial.ok(status == 77 and sane and b"lion" not in err + terminal.text,
         "a wrong answer is 77", status, err, terminal.text)

for what, keys in (("an empty answer", b"\n"), ("an end of input", b"\x04")):
    terminal = asked()
    terminal.type(keys)
    status, sane, err = terminal.end()
    trial.ok(status == 78 and sane and b"no password was typed" in err and
             not terminal.lines(), what + " is 78", status, err)

# --- signals -----------------------------------------------------------------
for what, keys, want in (("^C", b"\x03", 128 + signal.SIGINT),
                         ("^\\", b"\x1c", 128 + signal.SIGQUIT)):
    terminal = asked()
    terminal.type(b"tig" + keys)
    status, sane, err = terminal.end()
    trial.ok(status == want and not terminal.lines(), what + " ends it",
             status, err)
    trial.ok(sane, what + " leaves a terminal that echoes", terminal.text)
for number in (signal.SIGTERM, signal.SIGHUP):
    terminal = asked()
    os.kill(terminal.child()[0], number)
    status, sane, err = terminal.end()
    trial.ok(status == 128 + number and sane,
             "so does signal %d" % number, status, terminal.text)

terminal = asked(script=STOPPED)
terminal.type(b"tig\x1a")
trial.ok(terminal.read(rb"stopped %d" % (128 + signal.SIGTSTP)) and
         terminal.sane(), "^Z stops it, and the terminal echoes",
         terminal.text)
trial.ok(terminal.read(re.escape(QUESTION)), "it asks again when it goes on",
         terminal.text)
terminal.type(b"tiger\n")
status, sane, err = terminal.end()
trial.ok(status == 0 and sane and len(terminal.messages()) == 1,
         "and takes the answer", status, err, terminal.text)

# --- who is asked ------------------------------------------------------------
IGNORES = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
terminal = asked(*IGNORES)
terminal.type(b"\x03")
trial.ok(terminal.read(re.escape(QUESTION)),
         "^C that is ignored brings the question again", terminal.text)
terminal.type(b"tiger\n")
status, sane, err = terminal.end()
trial.ok(status == 0 and sane, "and is no end", status, err)

BEHIND = [sys.executable, "-c",
          "import os, sys; os.setpgid(0, 0); "
          "os.execvp(sys.argv[1], sys.argv[1:])"]
terminal = Terminal(*BEHIND)
status, sane, err = terminal.end()
trial.ok(status == 78 and sane and b"there is no password" in err and
         QUESTION not in terminal.text,
         "in the background nobody is asked, and nothing stops", status, err)

terminal = Terminal("setsid", "-w")
status, sane, err = terminal.end()
trial.ok(status == 78 and b"there is no password" in err and
         QUESTION not in terminal.text, "nor without a terminal", status, err)

trial.file(".netrc", "machine localhost login ada password tiger\n")
terminal = Terminal()
status, sane, err = terminal.end()
trial.ok(status == 0 and QUESTION not in terminal.text,
         "nor where there is a password", status, err)
os.unlink(trial.path(".netrc"))

os.link(CONFIG, trial.path(".postriderrc.new"))
os.rename(trial.path(".postriderrc.new"), trial.path(".postriderrc"))
terminal = asked(name="sendmail")
terminal.type(b"tiger\n")
status, sane, err = terminal.end()
trial.ok(status == 0 and sane and len(terminal.messages()) == 1,
         "under the name sendmail too", status, err)

short = trial.file("short", trial.account(
    "host localhost", "tls on", "tls_starttls off", "auth on", "user ada",
    "deadline 1"))
terminal = Terminal(config=short)
status, sane, err = terminal.end()
trial.ok(status == 78 and sane and b"no password was typed" in err,
         "the deadline ends the wait", status, err, terminal.text)
scratch.sink.close()
trial.done()
