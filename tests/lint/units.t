#!/usr/bin/env python3
"""systemd takes the units of etc/ without a word, each manager its own, and
they start what there is."""
import os
import re
import shutil
import subprocess
import tempfile

import lint

MANAGERS = {"system": [], "user": ["--user"]}
ENDINGS = ("service", "timer", "path")


def filled(folder):
    """The units of one manager as (name, text), as make fills them in."""
    for name in lint.files(os.path.join("etc", folder), ""):
        text = lint.read(name).replace("@localstatedir@", "/var")
        text = text.replace("@program@", os.path.abspath("postrider"))
        yield os.path.basename(re.sub(r"\.in$", "", name)), text


def value(text, key):
    found = re.search(r"^%s=(.*)$" % key, text, re.M)
    return found.group(1) if found else None


def command_works(text):
    """The options of ExecStart exist: asked where there is no folder."""
    words = value(text, "ExecStart").split()
    with tempfile.TemporaryDirectory() as home:
        run = subprocess.run([*words, "--queue-dir", os.path.join(home, "q")],
                             env={"HOME": home}, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
    return [] if run.returncode == 0 and not run.stderr else \
        ["status %d" % run.returncode, *run.stderr.splitlines()]


def verified(manager, units):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in units.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        env = dict(os.environ, HOME=folder, XDG_RUNTIME_DIR=folder)
        run = subprocess.run(["systemd-analyze", *MANAGERS[manager], "verify",
                              "--man=no", *[os.path.join(folder, n)
                                            for n in sorted(units)]],
                             env=env, capture_output=True, text=True,
                             check=False)
    words = [w for w in (run.stdout + run.stderr).splitlines()
             if "postrider" in w]
    return words + (["status %d" % run.returncode] if run.returncode else [])


def built(manager, units):
    """What make made of them has no place left to fill in."""
    faults = []
    for name in units:
        path = os.path.join("etc", manager, name)
        if not os.path.exists(path):
            path = lint.path(path)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        faults += ["%s: %s" % (name, w) for w in re.findall(r"@\w+@", text)]
        if name.endswith(".service") and \
                not re.match(r"/\S+ ", value(text, "ExecStart")):
            faults.append("%s: ExecStart is no path" % name)
    return faults


def main():
    tap = lint.Tap()
    can_run = os.access("postrider", os.X_OK)
    for manager in MANAGERS:
        units = dict(filled(manager))
        tap.ok(sorted(units) == sorted("postrider-queue." + e for e in ENDINGS),
               manager + ": service, timer and path are there", sorted(units))
        if not can_run:
            tap.skip(manager + ": units", "nothing is built here")
            continue
        tap.none(built(manager, units), manager + ": make fills them in")
        tap.none(command_works(units["postrider-queue.service"]),
                 manager + ": its command is understood")
        if shutil.which("systemd-analyze"):
            tap.none(verified(manager, units), manager + ": systemd takes them")
        else:
            tap.skip(manager + ": systemd takes them", "no systemd-analyze")
    tap.done()


main()
