#!/usr/bin/env python3
r"""Every example in the manual pages and in README works.

In a manual page each literal display has a comment in front that says how:

    .\" test: account NAME...   a configuration file; each account is shown by
                                -P, without advice against it
    .\" test: aliases           a file of aliases without a mistake
    .\" test: run               commands that end with status 0 and say nothing
                                on standard error
    .\" test: sends             the same, and a message arrives
    .\" test: none, REASON      is not run

In postrider.conf(5) the lines of each .Dl are settings, or whole accounts, that
must be taken.  In README a block that is indented is a configuration file where
it has an account, building instructions where it begins with one of BUILDS, and
else commands as above.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import lint

sys.path.insert(0, lint.path("tests", "lib"))

PROGRAM = os.path.abspath("postrider")
PAGES = ["man/postrider.1", "man/postrider.conf.5",
         "man/postrider-sendmail.8", "man/postrider-queue.7"]
BUILDS = ("./bootstrap", "./configure", "apt-get", "make", "systemctl")
# What a line of postrider.conf(5) stands in: nothing that it must contradict.
AROUND = """account example
host smtp.example.com
tls on
tls_crl_file
auth on
user ada@example.com
"""
HOME_CONFIG = """defaults
host 127.0.0.1
port %d
queue off
syslog off
account default
from me@example.com
account work : default
"""
FILES = {
    "letter.eml": b"From: ada@example.org\nTo: bob@example.com\n"
                  b"Subject: a letter\n\nHello.\n",
    "report.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "data.bin": bytes(range(256)),
    "page.html": b"<p>Hello.</p>\n",
}


class Example:
    def __init__(self, place, kind, words, text):
        self.place, self.kind, self.words, self.text = place, kind, words, text


# --- finding them ------------------------------------------------------------

def plain(line):
    """A line of mdoc as it is shown."""
    return line.replace("\\e", "\\").replace("\\&", "").replace("\\-", "-")


def displays(page):
    """The literal displays of a page; those without a comment have no kind."""
    lines = lint.read(page).split("\n")
    for i, line in enumerate(lines):
        if not line.startswith(".Bd -literal"):
            continue
        tag = re.match(r'\.\\" test: (\w+),? ?(.*)$', lines[i - 1])
        end = lines.index(".Ed", i)
        yield Example("%s:%d" % (page, i + 1), tag.group(1) if tag else None,
                      tag.group(2).split() if tag else [],
                      "".join(plain(s) + "\n" for s in lines[i + 1:end]))


def settings(page):
    """Each run of .Dl lines."""
    found = re.finditer(r"^(?:\.Dl .*\n)+", lint.read(page), re.M)
    for m in found:
        at = lint.read(page).count("\n", 0, m.start()) + 1
        lines = [plain(s[4:]).strip('"') for s in m.group().splitlines()]
        text = "".join(s + "\n" for s in lines)
        names = re.findall(r"^account (\S+)", text, re.M)
        yield Example("%s:%d" % (page, at), "account", names or ["example"],
                      text if names else AROUND + text)


def blocks(page):
    """The indented blocks of README."""
    for m in re.finditer(r"(?:^(?:    |\t).*\n|^\n(?=    |\t))+",
                         lint.read(page), re.M):
        text = re.sub(r"^(    |\t)", "", m.group(), flags=re.M).strip("\n")
        at = lint.read(page).count("\n", 0, m.start()) + 1
        names = re.findall(r"^account (\S+)", text, re.M)
        kind = ("account" if names else
                "builds" if text.startswith(BUILDS) else
                "run" if re.search(r"--dry-run|config|info|-P|queue|flush", text)
                else "sends")
        yield Example("%s:%d" % (page, at), kind, names, text + "\n")


# --- running them ------------------------------------------------------------

class Sandbox:
    """A home, a folder to work in, and a server that takes everything.
    Standard input is a letter."""

    def __init__(self, root):
        # Only here, so that finding examples does not need it.
        import sink     # pylint: disable=import-outside-toplevel
        self.sink = sink.Sink()
        self.home, self.work, self.bin = (os.path.join(root, d)
                                          for d in ("home", "work", "bin"))
        for folder in (self.work, self.bin,
                       os.path.join(self.home, ".config", "postrider")):
            os.makedirs(folder)
        for name in ("postrider", "sendmail", "mailq", "newaliases"):
            os.symlink(PROGRAM, os.path.join(self.bin, name))
        for name, data in FILES.items():
            with open(os.path.join(self.work, name), "wb") as f:
                f.write(data)
        self.write(".config/postrider/config", HOME_CONFIG % self.sink.port)

    def write(self, name, text):
        name = os.path.join(self.home, name)
        with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                  "w", encoding="utf-8") as f:
            f.write(text)
        return name

    def run(self, *argv):
        env = {"HOME": self.home, "USER": "ada", "LANG": "C.UTF-8",
               "PATH": self.bin + ":/usr/local/bin:/usr/bin:/bin"}
        env.update((k, v) for k, v in os.environ.items()
                   if k.startswith(("ASAN_", "UBSAN_", "LSAN_")))
        return subprocess.run(argv, env=env, cwd=self.work, timeout=60,
                              input=FILES["letter.eml"].decode(),
                              capture_output=True, text=True, check=False)


def faults_of(run):
    faults = [] if run.returncode == 0 else ["status %d" % run.returncode]
    return faults + run.stderr.splitlines()


def try_account(box, example):
    config = box.write("example.conf", example.text)
    faults = [] if example.words else ["no account is named"]
    for name in example.words:
        run = box.run(PROGRAM, "-C", config, "-P", "-a", name)
        faults += faults_of(run)
        if not re.search(r"^host = [^(]", run.stdout, re.M):
            faults.append("%s: no host is shown" % name)
        if AROUND not in example.text:
            faults += [line for line in run.stdout.splitlines()
                       if line.startswith("advice")]
    return faults


def try_aliases(box, example):
    """What it includes is a list in the box."""
    club = box.write("club", "dan@example.com\n")
    text = re.sub(r"(?<=:include:)/\S+", club, example.text)
    return faults_of(box.run(PROGRAM, "--host=mail.example.com", "--aliases=" +
                             box.write("example.aliases", text), "-bi"))


def try_commands(box, example):
    before = len(box.sink.messages)
    run = box.run("sh", "-eu", "-c", example.text)
    sent = len(box.sink.messages) - before
    wanted = 1 if example.kind == "sends" else 0
    faults = faults_of(run)
    if sent != wanted:
        faults.append("%d messages arrived, not %d" % (sent, wanted))
    return faults


def try_building(_, example):
    """The words exist; the build itself is another test's."""
    faults = []
    for line in example.text.splitlines():
        words = line.split("#")[0].split()
        options = [w for w in words if w.startswith("--")]
        faults += ["there is no unit " + w for w in words
                   if w.endswith((".path", ".service", ".timer"))
                   and not glob.glob(lint.path("etc", "user", w) + "*")]
        if words[:1] == ["./bootstrap"]:
            faults += ["bootstrap does not know " + w for w in words[1:]
                       if not re.search(r"\b%s\)" % w, lint.read("bootstrap"))]
        if words[:1] == ["./configure"]:
            faults += ["configure does not know " + w for w in options
                       if not re.search(r"\[%s\]" % re.sub(
                           r"--(en|dis)able-", "", w.split("=")[0]),
                           lint.read("configure.ac"))
                       and not re.match("--(prefix|sysconfdir)", w)]
    return faults


TRIES = {"account": try_account, "aliases": try_aliases, "run": try_commands,
         "sends": try_commands, "builds": try_building}


def speaks():
    """Is there a program yet that answers?"""
    if not os.access(PROGRAM, os.X_OK):
        return False
    run = subprocess.run([PROGRAM, "version"], capture_output=True, check=False,
                         stdin=subprocess.DEVNULL)
    return run.returncode == 0 and run.stdout.startswith(b"postrider")


def why_not(example):
    """The reason why an example cannot be tried here, or None."""
    if example.kind == "none":
        return " ".join(example.words)
    program = example.text.split()[0]
    if example.kind in ("run", "sends") and program == "git" \
            and not shutil.which(program):
        return "no git"
    return None


def try_all(tap, examples):
    if not speaks():
        tap.skip("examples run", "the program does nothing yet")
        return
    if not lint.exists("tests/lib/sink.py"):
        tap.skip("examples run", "no tests/lib/sink.py")
        return
    with tempfile.TemporaryDirectory() as root:
        box = Sandbox(root)
        for example in examples:
            reason = why_not(example)
            if reason and example.kind != "none":
                tap.skip(example.place, reason)
            elif not reason:
                tap.none(TRIES[example.kind](box, example),
                         "%s: %s" % (example.place, example.kind))
        box.sink.close()


def without_example(examples):
    """Keywords that no line of an example begins with."""
    shown = {line.split()[0] for e in examples if e.kind == "account"
             for line in e.text.replace(AROUND, "").split("\n")
             if line.strip()}
    names = [name for _, name, _ in lint.keywords()]
    return [name for name in names + lint.OLD_NAMES + lint.STRUCTURE
            if name not in shown]


def main():
    tap = lint.Tap()
    examples = [e for p in PAGES for e in displays(p)]
    tap.none([e.place for e in examples
              if e.kind not in TRIES and e.kind != "none"],
             "every display says how it is tested")
    tap.none([e.place for e in examples if e.kind == "none" and not e.words],
             "what is not run has a reason")
    examples = [e for e in examples if e.kind in TRIES]
    tap.ok(len(examples) > 0, "the manual pages have examples")
    lines = list(settings("man/postrider.conf.5"))
    tap.none(without_example(lines + examples),
             "every keyword has an example")
    tap.ok(len(lines) > 0, "the keywords have examples")
    readme = list(blocks("README"))
    tap.ok(len(readme) > 0, "README has examples")
    try_all(tap, examples + lines + readme)
    tap.done()


main()
