#!/usr/bin/env python3
"""Under the name sendmail every option but the listed ones is refused with 64,
and nothing is written, read or run by it."""
import os
import string
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("../lib", "../lint"):
    sys.path.insert(0, os.path.join(HERE, folder))
import lint  # noqa: E402
from trial import Trial  # noqa: E402

TO = "bob@example.com"
LETTERS = "tfrFiNRVBvqbLOoGUmnEIJchpAxed"     # -s and -M have a hint
NAMES = {"account", "from", "read-recipients", "read-envelope-from",
         "dsn-notify", "dsn-return", "serverinfo", "version", "help"}
MODES = "mspvi"
trial = Trial()


def state():
    """Every file and when it was read and changed last."""
    found = []
    for top, folders, files in os.walk(trial.home):
        for name in folders + files:
            if not name.startswith("output"):
                s = os.stat(os.path.join(top, name))
                found.append((top, name, s.st_size, s.st_mtime_ns, s.st_ino))
    return sorted(found)


def all_names():
    rows = lint.sendmail_options() + lint.own_options()
    for _, its in lint.verb_options():
        rows += its
    names = {name for name, _ in rows if name}
    return sorted(names | set(lint.msmtp_names()) | set(lint.keyword_options()))


PWNED = trial.path("pwned")
EVIL = trial.file("evil", trial.account("auth plain", "user u", "domain evil",
                                        "passwordeval touch " + PWNED))
VALUES = [None, EVIL, "on"]
trial.run(TO, name="sendmail")
before = state()
names = all_names()
trial.ok(len(names) > 100, "there are many options", names)
for option in names:
    if option in NAMES:
        continue
    bad = []
    for value in VALUES:
        words = ["--" + option] if value is None else \
            ["--%s=%s" % (option, value)]
        ran = trial.run(*words, TO, name="sendmail")
        if ran.status != 64 or ran.lines or not ran.err or ran.out:
            bad.append(ran)
    trial.ok(not bad, "sendmail --%s is refused" % option, *bad[:1])
for letter in string.ascii_letters + string.digits + "?@=":
    if letter in LETTERS:
        continue
    bad = []
    for value in VALUES:
        words = ["-" + letter + (value or ""), TO]
        ran = trial.run(*words, name="sendmail")
        if ran.status != 64 or ran.lines or not ran.err or ran.out:
            bad.append(ran)
    trial.ok(not bad, "sendmail -%s is refused" % letter, *bad[:1])
for letter in string.ascii_letters + string.digits:
    if letter not in MODES:
        trial.refused(trial.run("-b" + letter, TO, name="sendmail"), 64,
                      "sendmail -b%s is refused" % letter)
trial.equal(state(), before, "nothing was written by these")
trial.ok(not os.path.exists(PWNED), "and nothing was run")
for option in sorted(NAMES - {"serverinfo"}):
    value = {"account": "=default", "from": "=a@b.example", "dsn-notify":
             "=never", "dsn-return": "=full"}.get(option, "")
    ran = trial.run("--" + option + value, TO, name="sendmail",
                    stdin=b"From: x@y.example\n\nbody\n")
    trial.ok(ran.status == 0, "sendmail --%s is taken" % option, ran)

# --- restrict_options: the system's file, where a name space lets us have one ----
found = [line.split(": ", 1)[1] for line in
         trial.run("--version", bare=True).out.decode().splitlines()
         if line.startswith("System configuration")]
system = found[0] if found else "/"
trial.file("system", trial.account("restrict_options on"))
EVIL = trial.file("evil", trial.account("from evil@example.org"))
inner = trial.program
trial.program = trial.file("restricted", """#!/bin/sh
exec unshare -rm sh -c 'mount -t tmpfs none "${0%%/*}" &&
cp "$HOME/system" "$0" && exec %s "$@"' %s "$@"
""" % (inner, system), 0o755)
os.remove(trial.config)
if trial.run(TO, bare=True).status != 0:
    trial.ok(True, "restrict_options # SKIP no name spaces, or no %s" % system)
else:
    for words in (["-C", EVIL, TO], ["-a", "default", TO],
                  ["--tunnel=touch " + PWNED, TO],
                  ["info", "-C", EVIL], ["info", "--tunnel=touch " + PWNED],
                  ["info", "--host=localhost"], ["config", "-C", EVIL],
                  ["send", "-C", EVIL, "--to", TO, "--body", "x"]):
        trial.refused(trial.run(*words, bare=True), 64,
                      "restrict_options: %s is refused" % words[:2],
                      b"allows only")
    for words in (["--account=default", TO], ["info", "-a", "default"],
                  ["config"], ["send", "--to", TO, "--body", "x"]):
        ran = trial.run(*words, bare=True)
        trial.ok(ran.status == 0, "restrict_options: %s is not" % words[:2],
                 ran)
    ran = trial.run(TO, bare=True, env={"POSTRIDER_CONFIG": EVIL})
    trial.ok(ran.messages and ran.messages[0].sender == "me@example.org",
             "restrict_options: $POSTRIDER_CONFIG is not looked at", ran)
trial.ok(not os.path.exists(PWNED), "nothing was run")
trial.done()
