#!/usr/bin/env python3
"""Every keyword, option, exit status and substitution has the effect that the
table in inventory/ says, and another value has another one.

With arguments, only the rows about these.  A row that waits for something is
marked as to do: what fails in it does no harm.
"""
import os
import re
import shlex
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "inventory"))
from probes import Refused, World  # noqa: E402
from table import TABLES, where_is  # noqa: E402

world = World()
trial = world.trial
WANTED = sys.argv[1:]


def fits(got, wish):
    if isinstance(wish, re.Pattern):
        return bool(wish.search(got if isinstance(got, str) else repr(got)))
    if isinstance(wish, Refused) and isinstance(got, int):
        return got == wish.status
    return got == wish


def look(row, keyword, line, option):
    ran = world.run(row, keyword, line, option)
    got = row.sees.look(world, ran)
    first = row.get("first", None)
    return ran, got[:first] if first and isinstance(got, list) else got


def check(row, subject, words, wish, line=None, option=()):
    ran, got = look(row, subject, line, option)
    name = "%s: %s" % (subject, words.replace("\n", "; "))
    if row.get("name", None):
        name += " (as %s)" % row.get("name", None)
    if row.pending:
        trial.number += 1
        print("%sok %d - %s # TODO %s" % ("" if fits(got, wish) else "not ",
                                         trial.number, name, row.pending))
        return
    trial.ok(fits(got, wish), name, "got", got, "wanted", wish, ran)


def check_row(subject, row):
    if not row.get("unseen", False):
        check(row, subject, "without it", row.unset)
    for line, wish in row.lines.items():
        check(row, subject, line, wish, line=line)
    for option, wish in row.options.items():
        check(row, subject, option, wish, option=shlex.split(option))


for table in TABLES.values():
    for subject_, rows in table.items():
        if WANTED and subject_ not in WANTED:
            continue
        for one in rows:
            if isinstance(one, str):
                trial.ok(where_is(one), "%s: there is %s" % (subject_, one))
            else:
                check_row(subject_, one)
world.close()
trial.done()
