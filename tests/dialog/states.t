#!/usr/bin/env python3
"""The tables of states and steps in postrider-queue(7) are true: each state is
made, each step is the last one before the program is killed, and what is on
disk then, and what the next run makes of it, is what the page says."""
import fcntl
import json
import os
import re
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial  # noqa: E402

PAGE = os.path.join(HERE, "..", "..", "man", "postrider-queue.7")
KILLED = (-9, 137)
trial = Trial()
QUEUE = trial.path("queue")
trial.file(".postriderrc", trial.account(
    "queue always", "queue_runner none", "queue_dir " + QUEUE))

# What comes after a step: the call that the program does not live to make.
ENDS = {
    "E1": ("fsync", 1), "E2": ("linkat", 1), "E3": ("fsync", 2),
    "E4": ("linkat", 2), "E5": ("fsync", 3), "E6": ("exit_group", 1),
    "C1": ("fsync", 1), "C2": ("renameat", 1), "C3": ("fsync", 2),
    "C4": ("exit_group", 1),
    "R1": ("fsync", 1), "R2": ("unlinkat", 2), "R3": ("exit_group", 1),
}


def rows(columns):
    """The rows of the tables that have so many columns, without headings."""
    with open(PAGE, encoding="utf-8") as f:
        lines = re.findall(r"^\.It ([A-Z]\d Ta .*)$", f.read(), re.M)
    found = [line.split(" Ta ") for line in lines]
    return [r for r in found if len(r) == columns]


def run(*args, **more):
    return trial.run(*args, bare=True, **more)


def files():
    """The files of messages: {ID: {endings}}"""
    there = {}
    for name in os.listdir(QUEUE):
        stem, dot, ending = name.partition(".")
        if dot and ending != "account" and name != "runner.lock":
            there.setdefault(stem, set()).add(ending)
    return there


def state_of(endings):
    """As the first table has it."""
    columns = ("+" if e in endings else "-" for e in ("msg", "env"))
    wanted = tuple(columns)
    return next((r[0] for r in rows(4) if tuple(r[1:3]) == wanted), "none")


def enter():
    before = set(files())
    run("bob@example.com")
    return (set(files()) - before).pop()


def empty():
    for name in os.listdir(QUEUE):
        path = os.path.join(QUEUE, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif name != "usage":
            os.unlink(path)


def hold_reason(name):
    items = json.loads(run("queue", "--json").out)
    return next((x["hold_reason"] for x in items if x["id"] == name), "gone")


def lock(path):
    fd = os.open(path, os.O_RDWR)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET,
                                    0, 0, 0))     # F_OFD_SETLK
    return fd


# --- states ------------------------------------------------------------------

def make_s0(_):
    ran = run("queue", "show", "QQQQ")
    trial.ok(ran.status == 66, "S0: there is no such message", ran)


def make_s1(name):
    os.unlink(os.path.join(QUEUE, name + ".env"))
    fd = lock(os.path.join(QUEUE, name + ".msg"))
    ran = run("flush")
    trial.ok(files().get(name) == {"msg"} and not ran.messages,
             "S1: locked, it stays", ran, files())
    os.close(fd)
    trial.ok(run("queue", "show", name).status == 66, "S1: it is not listed")
    ran = run("flush")
    trial.ok(name not in files() and not ran.messages and ran.status == 0,
             "S1: not locked, it is removed and not sent", ran, files())


def make_s2(name):
    trial.ok(run("queue", "show", name).status == 0, "S2: it is listed")
    ran = run("flush")
    trial.ok(len(ran.messages) == 1 and name not in files(),
             "S2: it is sent", ran)


def make_s3(name):
    os.unlink(os.path.join(QUEUE, name + ".msg"))
    set_aside(name, {"env"}, "S3: it is set aside")


def set_aside(name, endings, words):
    ran = run("flush")
    folder = os.path.join(QUEUE, "damaged")
    there = os.listdir(folder) if os.path.isdir(folder) else []
    trial.ok(name not in files() and not ran.messages and
             {x.split(".")[1] for x in there if x.startswith(name)} == endings,
             words, ran, files(), there)


def every_state():
    states = {"S0": make_s0, "S1": make_s1, "S2": make_s2, "S3": make_s3}
    page = [r[0] for r in rows(4)]
    trial.equal(page, sorted(states), "the page has these states")
    for name in page:
        empty()
        states.get(name, lambda _: None)(enter())
    empty()
    name = enter()
    with open(os.path.join(QUEUE, name + ".env"), "r+b") as f:
        f.truncate(40)
    set_aside(name, {"env", "msg"}, "what makes no sense is set aside whole")


# --- steps -------------------------------------------------------------------

def killed(step, args):
    """Run the program up to the call that follows a step."""
    call, count = ENDS[step]
    os.environ["WRAP"] = ("strace -qqq -o /dev/null -e trace=%s "
                          "-e inject=%s:signal=KILL:when=%d"
                          % (call, call, count))
    try:
        return run(*args)
    finally:
        del os.environ["WRAP"]


def after_run(name):
    """(messages that the next run sends, what is left of it)"""
    ran = run("flush")
    return len(ran.messages), files().get(name, set()) - {"new"}


def nothing(name, _):
    return after_run(name) == (0, set())


def removed(name, there):
    return there == {"msg"} and after_run(name) == (0, set())


def sent(name, _):
    return after_run(name) == (1, set())


def old_counts(name, _):
    return hold_reason(name) is None and after_run(name) == (1, set())


def new_counts(name, _):
    return hold_reason(name) == "user" and \
        after_run(name) == (0, {"msg", "env"})


OUTCOMES = [
    (r"nothing remains(; it was not accepted)?", nothing),
    (r"removed; it was not accepted|removed by the next run", removed),
    (r"sent(; it was accepted|, though the caller was not told so)", sent),
    (r"the old envelope counts", old_counts),
    (r"the new envelope counts(; after a power cut perhaps the old)?",
     new_counts),
]


def outcome(words):
    return next((check for pattern, check in OUTCOMES
                 if re.fullmatch(pattern, words)), None)


def try_step(step, state, words):
    empty()
    if step[0] == "E":
        ran = killed(step, ["bob@example.com"])
        name = next(iter(files()), "NONE")
    else:
        name = enter()
        ran = killed(step, {"C": ["queue", "hold", name],
                            "R": ["queue", "remove", "--yes", name]}[step[0]])
    there = files().get(name, set())
    trial.ok(ran.status in KILLED, step + ": it is killed there", ran)
    trial.equal(state_of(there), state, step + ": the state is " + state)
    check = outcome(words)
    trial.ok(check and check(name, there - {"new"}), step + ": " + words,
             there, files())
    trial.ok("new" not in files().get(name, set()),
             step + ": nothing temporary stays", files())


def every_step():
    page = rows(3)
    trial.equal([r[0] for r in page], list(ENDS), "the page has these steps")
    for row in page:
        if row[0] in ENDS:
            try_step(*row)


def can_trace():
    if not shutil.which("strace"):
        return False
    ran = subprocess.run(["strace", "-qqq", "-o", "/dev/null", "true"],
                         capture_output=True, check=False)
    return ran.returncode == 0


def main():
    run("bob@example.com")
    every_state()
    if can_trace():
        every_step()
    else:
        trial.number += 1
        print("ok %d - every step # SKIP no strace" % trial.number)
    trial.done()


main()
