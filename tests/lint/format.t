#!/usr/bin/env python3
"""clang-format with the house's settings would change nothing."""
import re
import shutil
import subprocess

import lint

VERSION = 14    # other versions disagree in small things


def version(program):
    text = subprocess.run([program, "--version"], capture_output=True,
                          text=True, check=False).stdout
    found = re.search(r"version (\d+)", text)
    return int(found.group(1)) if found else 0


def main():
    tap = lint.Tap()
    what = "every source file is formatted"
    programs = [p for p in map(shutil.which, ("clang-format-%d" % VERSION,
                                              "clang-format")) if p]
    fitting = [p for p in programs if version(p) == VERSION]
    names = lint.files("src", ".c", ".h") + lint.files("tests", ".c", ".h")
    if not fitting:
        tap.skip(what, "no clang-format %d" % VERSION)
    elif not lint.exists(".clang-format"):
        tap.skip(what, "no .clang-format beside the sources")
    else:
        run = subprocess.run([fitting[0], "--dry-run", "-Werror", *names],
                             cwd=lint.ROOT, capture_output=True, text=True,
                             check=False)
        bad = [line for line in run.stderr.splitlines() if "error:" in line]
        tap.ok(run.returncode == 0, what, bad[:20])
    tap.done()


main()
