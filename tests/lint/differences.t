#!/usr/bin/env python3
"""The declared differences from msmtp are in postrider(1), each with the same
name and reason, and no others."""
import re
import shutil
import subprocess
import sys

import lint

sys.path.insert(0, lint.path("tests", "msmtp"))
import differences  # noqa: E402

PAGE, PART = "man/postrider.1", "Differences from msmtp"


def one_line(text):
    return re.sub(r"\s+", " ", text)


def shown():
    """What a reader of the page sees, without line ends."""
    run = subprocess.run(["mandoc", "-Tascii", "-Owidth=200", lint.path(PAGE)],
                         stdout=subprocess.PIPE, check=True)
    return one_line(re.sub(".\x08", "", run.stdout.decode("ascii")))


def declared(tap):
    tap.ok(len(differences.ALL) > 0, "there are differences")
    names = [d.name for d in differences.ALL]
    tap.none([n for n in names if names.count(n) > 1], "no name is there twice")
    tap.none([d.name for d in differences.ALL
              if not d.reason.endswith(".") or ". " in d.reason],
             "every reason is one sentence")
    tap.none([d.name for d in differences.ALL if not d.rules],
             "every difference has rules")
    part = lint.read(PAGE).split(".Ss " + PART)[1].split("\n.S")[0]
    items = re.findall(r"^\.It Sy (\S+)$", part, re.M)
    tap.none([n for n in items if n not in names],
             "the manual names no difference that is not declared")


def main():
    tap = lint.Tap()
    declared(tap)
    if shutil.which("mandoc"):
        text = shown().split(PART)[1]
        for d in differences.ALL:
            tap.ok(d.name + " " + one_line(d.reason) in text,
                   "the manual has " + d.name)
    else:
        tap.skip("the manual has every difference", "no mandoc")
    tap.done()


main()
