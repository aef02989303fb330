#!/usr/bin/env python3
"""Each shell completes every verb and every option."""
import re
import shutil
import subprocess

import lint

SHELLS = [("bash", "completions/postrider.bash"),
          ("zsh", "completions/_postrider"),
          ("fish", "completions/postrider.fish")]


def words(text):
    """What a completion names: words of letters, digits and dashes."""
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return set(re.findall(r"[a-z0-9][a-z0-9-]*", text))


def options():
    rows = lint.sendmail_options() + lint.own_options()
    rows += [row for _, its in lint.verb_options() for row in its]
    return sorted({name for name, _ in rows if name})


def syntax(tap, shell, name):
    what = "%s can read %s" % (shell, name)
    if not shutil.which(shell):
        tap.skip(what, "no " + shell)
        return
    run = subprocess.run([shell, "-n", lint.path(name)], capture_output=True,
                         text=True, check=False)
    tap.ok(run.returncode == 0, what, run.stderr.splitlines())


def names(tap, file, what, wanted):
    if not wanted:
        tap.skip("%s: every %s" % (file, what), "src/cli has no table of them")
        return
    there = words(lint.read(file))
    tap.none(["not completed: " + w for w in wanted if w not in there],
             "%s: every %s" % (file, what))


# COMP_WORDS, the word to complete, and what must be offered.
BASH = [
    (["postrider", "se"], ["send"]),
    (["postrider", "--tls-st"], ["--tls-starttls"]),
    (["postrider", "-a", ""], ["home", "work"]),
    (["postrider", "-C", "CONFIG", "--account", "w"], ["work"]),
    (["postrider", "send", "--dry"], ["--dry-run"]),
    (["postrider", "config", "--js"], ["--json"]),
    (["postrider", "help", "ver"], ["version"]),
    (["postrider", "queue", "re"], ["release", "remove"]),
    (["postrider", "queue", "show", "--mess"], ["--message"]),
    (["postrider", "flush", "--no"], ["--now"]),
    (["postrider", "--provider", "gma"], ["gmail"]),
]


def bash(tap, config):
    """Ask bash itself: the function gives what it should."""
    if not shutil.which("bash"):
        tap.skip("bash completes", "no bash")
        return
    for line, wanted in BASH:
        line = [config if w == "CONFIG" else w for w in line]
        script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_postrider; printf "%s\\n" "${COMPREPLY[@]}"')
        run = subprocess.run(["bash", "-c", script, "bash",
                              lint.path(SHELLS[0][1]), *line],
                             env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere",
                                  "POSTRIDER_CONFIG": config},
                             capture_output=True, text=True, check=False)
        got = sorted(run.stdout.split())
        tap.ok(got == wanted and not run.stderr,
               "bash completes: " + " ".join(line[:1] + line[-2:]),
               ["got " + " ".join(got), run.stderr] if got != wanted else [])


def main():
    tap = lint.Tap()
    for shell, file in SHELLS:
        syntax(tap, shell, file)
        names(tap, file, "keyword", lint.keyword_options())
        names(tap, file, "provider", [w for name in lint.providers()
                                      for w in name.split(".")])
        names(tap, file, "verb", lint.verbs())
        names(tap, file, "option", options())
    bash(tap, lint.path("tests/lint/completions.conf"))
    tap.done()


main()
