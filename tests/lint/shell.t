#!/usr/bin/env python3
"""shellcheck finds nothing in any shell script."""
import os
import re
import shutil
import subprocess

import lint

FOLDERS = [".ci", "completions", "etc", "src", "tests"]
SHEBANG = re.compile(rb"#! ?(/usr)?/bin/(env )?(sh|bash|dash)\b")


def is_script(name):
    with open(lint.path(name), "rb") as f:
        return bool(SHEBANG.match(f.readline(100)))


def scripts():
    names = ["bootstrap"] + [n for f in FOLDERS for n in lint.files(f, "")]
    return [n for n in names if lint.exists(n)
            and not os.path.islink(lint.path(n))
            and (is_script(n) or n.endswith((".sh", ".bash")))]


def complaints(name):
    dialect = ["-s", "bash"] if name.endswith(".bash") else []
    if name.endswith(".sh") and not is_script(name):
        dialect = ["-s", "sh"]
    run = subprocess.run(["shellcheck", "-x", "-P", "SCRIPTDIR:.", "-f", "gcc",
                          *dialect, name], cwd=lint.ROOT, capture_output=True,
                         text=True, check=False)
    words = (run.stdout + run.stderr).splitlines()
    return words if run.returncode != 0 else []


def main():
    tap = lint.Tap()
    names = scripts()
    tap.ok(len(names) > 1, "there are scripts to look at")
    if shutil.which("shellcheck"):
        for name in names:
            tap.none(complaints(name), "shellcheck: " + name)
    else:
        tap.skip("shellcheck", "no shellcheck")
    tap.done()


main()
