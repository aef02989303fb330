#!/usr/bin/env python3
"""Every keyword, option, letter, exit status and substitution of the program
has a row in tests/dialog/inventory/ that would fail if it were wrong."""
import sys

import lint

sys.path.insert(0, lint.path("tests", "dialog", "inventory"))
import table  # noqa: E402 pylint: disable=wrong-import-position

MSMTP_KEYWORDS, MSMTP_OPTIONS = 52, 54


def missing(tap, wanted, there, what):
    tap.ok(len(wanted) > 0, "there is a table of every " + what)
    tap.none(["%s %s has no row" % (what, w) for w in wanted if w not in there],
             "every %s has a row" % what)


def keywords(tap):
    there = {**table.TABLES["keyword"], **table.TABLES["added keyword"]}
    names = [name for _, name, _ in lint.keywords()]
    missing(tap, names + lint.OLD_NAMES + lint.STRUCTURE, there, "keyword")
    known = set(names + lint.OLD_NAMES + lint.STRUCTURE)
    tap.none([n for n in there if n not in known],
             "no row is about a keyword that there is not")
    tap.ok(len(table.TABLES["keyword"]) == MSMTP_KEYWORDS,
           "the keywords of an msmtprc are %d" % MSMTP_KEYWORDS)


def options(tap):
    names = lint.msmtp_names()
    tap.ok(len(set(names)) == MSMTP_OPTIONS and len(names) == MSMTP_OPTIONS,
           "msmtp's long options are %d" % MSMTP_OPTIONS)
    names += [n for n, _ in lint.sendmail_options() + lint.own_options() if n]
    missing(tap, sorted(set(names + lint.keyword_options())),
            table.long_options(), "long option")
    letters = [c for _, c in lint.sendmail_options() + lint.own_options() if c]
    missing(tap, letters, table.TABLES["letter"], "letter")


def others(tap):
    missing(tap, lint.statuses(), table.TABLES["status"], "exit status")
    missing(tap, lint.substitutions(), table.TABLES["substitution"],
            "substitution")


def rows(tap):
    named, alike, empty = [], [], []
    for name, subjects in table.TABLES.items():
        for subject, its in subjects.items():
            named += ["%s: there is no %s" % (subject, row) for row in its
                      if isinstance(row, str) and not table.where_is(row)]
            if not its:
                empty.append("%s %s" % (name, subject))
        alike += ["%s %s: all wishes are the same" % (name, subject)
                  for subject, row in table.rows_of(name)
                  if len(table.wishes(row)) < 2 and not row.get("same", False)]
    tap.none(empty, "no row is empty")
    tap.none(named, "every test that a row names is there")
    tap.none(alike, "every row tells values apart")
    tap.none(table.pending(), "no row waits for anything")


def main():
    tap = lint.Tap()
    for check in (keywords, options, others, rows):
        check(tap)
    tap.done()


main()
