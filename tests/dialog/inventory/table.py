"""The tables together, and what may be asked of them without a program."""
import os
import re

from added import ADDED
from keywords import KEYWORDS
from options import LETTERS, OPTIONS, STATUSES, SUBSTITUTIONS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
TABLES = {"keyword": KEYWORDS, "added keyword": ADDED, "option": OPTIONS,
          "letter": LETTERS, "status": STATUSES,
          "substitution": SUBSTITUTIONS}


def read(*names):
    path = os.path.join(ROOT, *names)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


def where_is(test):
    """Is there a test of that name?  A dialogue, or FILE: WORDS IN IT."""
    if test.endswith(".dialog"):
        return bool(read("tests", "dialog", test))
    file, _, words = test.partition(": ")
    folder = () if "/" in file else ("tests", "dialog")
    return bool(words) and words in read(*folder, file)


def rows_of(table):
    """(subject, Row) for each."""
    for subject, rows in TABLES[table].items():
        for row in rows:
            if not isinstance(row, str):
                yield subject, row


def long_options():
    """Every long option that a row sets, whole."""
    found = set()
    for table in ("keyword", "added keyword", "option"):
        for _, row in rows_of(table):
            for words in row.options:
                found |= set(re.findall(r"(?:^|\s)--([a-z0-9-]+)", words))
    return found


def wishes(row):
    """What a row wants, each once, in words."""
    all_of = [*row.lines.values(), *row.options.values()]
    if not row.get("unseen", False):
        all_of.append(row.unset)
    return {repr(w) for w in all_of}


def pending():
    return ["%s %s waits for %s" % (table, subject, row.pending)
            for table in TABLES for subject, row in rows_of(table)
            if row.pending]
