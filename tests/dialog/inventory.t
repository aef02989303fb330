#!/usr/bin/env python3
"""Every keyword, option, exit status and substitution has the effect that the
table in inventory/ says, and another value has another one.

With arguments, only the rows about these; without, all, some at a time.  A row
that waits for something is marked as to do: what fails in it does no harm.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "inventory"))
from probes import Refused, World, certs  # noqa: E402
from table import TABLES, where_is  # noqa: E402

JOBS = 6


def fits(got, wish):
    if isinstance(wish, re.Pattern):
        return bool(wish.search(got if isinstance(got, str) else repr(got)))
    if isinstance(wish, Refused) and isinstance(got, int):
        return got == wish.status
    return got == wish


def look(world, row, keyword, line, option):
    ran = world.run(row, keyword, line, option)
    got = row.sees.look(world, ran)
    first = row.get("first", None)
    return ran, got[:first] if first and isinstance(got, list) else got


def check(world, row, words, wish, line=None, option=()):
    trial, subject = world.trial, world.subject
    ran, got = look(world, row, subject, line, option)
    name = "%s: %s" % (subject, words.replace("\n", "; "))
    if row.get("name", None):
        name += " (as %s)" % row.get("name", None)
    if row.pending:
        trial.number += 1
        print("%sok %d - %s # TODO %s" % ("" if fits(got, wish) else "not ",
                                         trial.number, name, row.pending))
        return
    trial.ok(fits(got, wish), name, "got", got, "wanted", wish, ran)


def check_row(world, row):
    if not row.get("unseen", False):
        check(world, row, "without it", row.unset)
    for line, wish in row.lines.items():
        check(world, row, line, wish, line=line)
    for option, wish in row.options.items():
        check(world, row, option, wish, option=shlex.split(option))


def play(subjects):
    world = World()
    for table in TABLES.values():
        for subject in table:
            if subject not in subjects:
                continue
            world.subject = subject
            for row in table[subject]:
                if isinstance(row, str):
                    world.trial.ok(where_is(row), "%s: there is %s" %
                                   (subject, row))
                else:
                    check_row(world, row)
    world.close()
    world.trial.done()


def share(subjects, folder):
    """The same by several processes, their results one after the other."""
    env = dict(os.environ, CERTS=certs.make(os.path.join(folder, "certs")))
    players = [subprocess.Popen([sys.executable, __file__, *subjects[i::JOBS]],
                                env=env, stdout=subprocess.PIPE)
               for i in range(JOBS)]
    number = bad = 0
    for player in players:
        for line in player.stdout:
            line = line.decode("utf-8", "replace").rstrip("\n")
            result = re.match(r"((?:not )?ok) \d+ (.*)", line)
            if result:
                number += 1
                print(result[1], number, result[2])
            elif not re.match(r"1\.\.\d+$", line):
                print(line)
        bad += player.wait() != 0
    print("1..%d" % number)
    return 1 if bad else 0


if sys.argv[1:]:
    play(sys.argv[1:])
with tempfile.TemporaryDirectory(prefix="inventory.") as top:
    sys.exit(share(sorted({s for t in TABLES.values() for s in t}), top))
