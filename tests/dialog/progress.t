#!/usr/bin/env python3
"""The line that shows how far a long upload, or a queue run, has got: on a
terminal that can show it, and nowhere else."""
import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import client  # noqa: E402
import sink  # noqa: E402
from trial import Trial, has_control  # noqa: E402

MIB = 1 << 20
SIZE = 24
# One line, at any time: back to its start, never below.
LINE = (rb"\rsending: \d+\.\d MiB of 24\.\d MiB, \d+\.\d MiB/s, "
        rb"\d+:\d\d left *")


class Slow(sink.Session):
    """Takes a chunk of a mebibyte in so many seconds, a message as long."""

    def on_bdat(self, rest):
        time.sleep(0.07)
        return super().on_bdat(rest)


trial = Trial(session=Slow)
BODY = trial.file("body", b"x" * 70 + b"\n")
with open(BODY, "wb") as f:
    f.write((b"x" * 63 + b"\n") * (SIZE * MIB // 64))
trial.file(".postriderrc", trial.account(
    "queue off", "timeout 60", "queue_dir " + trial.path("queue")))


def at_terminal(args, stdin=os.devnull, **env):
    """(status, what the terminal got on standard error)"""
    environment = client.clean_environment(trial.home)
    environment.update({"TERM": "xterm", **env})
    above, below = pty.openpty()
    fcntl.ioctl(below, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with open(stdin, "rb") as text:
        ran = subprocess.Popen(trial.command(args, None, None, True),
                               stdin=text, stdout=subprocess.DEVNULL,
                               stderr=below, env=environment, cwd=trial.home)
    os.close(below)
    shown = b""
    with contextlib.suppress(OSError):
        while True:
            got = os.read(above, 4096)
            if not got:
                break
            shown += got
    os.close(above)
    return ran.wait(), shown


def in_pipe(args, stdin=os.devnull):
    environment = client.clean_environment(trial.home)
    environment["TERM"] = "xterm"
    with open(stdin, "rb") as text:
        ran = subprocess.run(trial.command(args, None, None, True), stdin=text,
                             capture_output=True, env=environment,
                             cwd=trial.home, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def all_at_once(*calls):
    """What each call gives; they do not wait for each other."""
    given = [None] * len(calls)

    def one(i):
        given[i] = calls[i]()

    threads = [threading.Thread(target=one, args=[i])
               for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def main():
    to = ["bob@example.com"]
    shown, plain, dumb, quiet, piped, short = all_at_once(
        lambda: at_terminal(to, BODY),
        lambda: at_terminal(to, BODY, NO_COLOR="1"),
        lambda: at_terminal(to, BODY, TERM="dumb"),
        lambda: at_terminal(["--quiet", *to], BODY),
        lambda: in_pipe(to, BODY),
        lambda: at_terminal(["--host=127.0.0.1", "--queue=off",
                             "--port=%d" % trial.sink.port, "-f",
                             "me@example.org", "--syslog=off", *to],
                            trial.file("short", "Subject: x\n\nx\n")))
    for (status, text), name in ((shown, "shown"), (plain, "NO_COLOR")):
        lines = re.findall(LINE, text)
        trial.ok(status == 0 and len(lines) >= 2, name + ": there are lines",
                 status, text)
        trial.ok(re.fullmatch(rb"(?:%s)+\r *\r" % LINE, text),
                 name + ": one line, which is gone at the end", text)
        trial.ok(not has_control(text.replace(b"\r", b"")),
                 name + ": no colours", text)
        trial.ok(all(len(x) <= 80 for x in lines), name + ": it fits", lines)
    for given, name in ((dumb, "TERM=dumb"), (quiet, "--quiet"),
                        (piped, "a pipe"), (short, "less than a second")):
        trial.equal(given, (0, b""), name + ": nothing is shown")
    trial.done()


main()
