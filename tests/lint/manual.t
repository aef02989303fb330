#!/usr/bin/env python3
"""The manual pages are clean, and name every keyword, option, verb, letter and
exit status that the program's tables have."""
import os
import re
import shutil
import subprocess

import lint

PROGRAM, CONF, SENDMAIL = ("man/postrider.1", "man/postrider.conf.5",
                           "man/postrider-sendmail.8")
QUEUE = "man/postrider-queue.7"
PAGES = [PROGRAM, CONF, SENDMAIL, QUEUE]


def section(page, name):
    """The text of a section up to the next."""
    parts = re.split(r"^\.Sh (.*)\n", lint.read(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2])).get(name, "")


def items(text):
    return re.findall(r"^\.It (.*)$", text, re.M)


def flags(text):
    """Every flag that an item of a list is about, without its first dash."""
    return {m for item in items(text)
            for m in re.findall(r"\bFl (\S+)", item)}


def commands(text):
    """What the items of a list begin with: keywords, verbs."""
    return set(re.findall(r"^\.It Cm (\S+)", text, re.M))


def missing(wanted, there, what):
    return ["%s: no item" % (what % w) for w in wanted if w not in there]


def dashed(options):
    return ["-" + name if name else letter for name, letter in options]


def clean(tap):
    if not shutil.which("mandoc"):
        tap.skip("mandoc -Tlint", "no mandoc")
        return
    for page in PAGES:
        run = subprocess.run(["mandoc", "-Tlint", "-Wstyle",
                              os.path.basename(page)],
                             cwd=lint.path("man"), capture_output=True, text=True,
                             check=False)
        words = (run.stdout + run.stderr).splitlines()
        tap.ok(run.returncode == 0 and not words, "mandoc: " + page, words)


def keywords(tap):
    there = commands(lint.read(CONF))
    names = [name for _, name, _ in lint.keywords()]
    tap.ok(len(names) > 0, "there are keywords")
    tap.none(missing(names, there, "keyword %s"), "every keyword has its item")
    tap.none(missing(lint.STRUCTURE + lint.OLD_NAMES, there, "keyword %s"),
             "so has every old name and what gives a file its structure")
    known = set(names + lint.STRUCTURE + lint.OLD_NAMES)
    items_of = {m for part in ("ACCOUNTS", "KEYWORDS", "OLD NAMES")
                for m in commands(section(CONF, part))}
    tap.none(["%s is no keyword" % w for w in sorted(items_of - known)],
             "no item is about a keyword that does not exist")


def item(page, keyword):
    """An item of a list, up to the next."""
    found = re.search(r"^\.It Cm %s .*?(?=^\.(It|El|Sh|Ss))" % keyword,
                      lint.read(page), re.M | re.S)
    return found.group() if found else ""


def choices(tap):
    rows = list(lint.choices())
    tap.ok(len(rows) > 0, "some keywords have a choice of words")
    faults = []
    for keyword, words in rows:
        there = set(re.findall(r"[A-Za-z0-9._-]+", item(CONF, keyword)))
        faults += ["%s: %s is not named" % (keyword, w) for w in words
                   if w not in there and not re.match("LOG_LOCAL[2-6]", w)]
    tap.none(faults, "every word that a keyword may have is named")


def providers(tap):
    names = lint.providers()
    tap.ok(len(names) > 30, "there are providers")
    there = re.findall(r"[a-z0-9.-]+", item(CONF, "provider"))
    tap.none(["provider %s is not named" % w for w in names if w not in there],
             "every provider is named")
    rows = re.findall(r'^\t(?:\{ "([a-z0-9.-]+)"|/\* (https://))',
                      lint.table("providers", "src/config/provider.c"), re.M)
    faults, page = [], None
    for name, url in rows:
        if url:
            page = ""
        elif page is None or (page and name.split("-")[0] != page):
            faults.append("%s: which page was it taken from?" % name)
        else:
            page = name.split("-")[0]
    tap.none(faults, "every provider has its page of documentation")


def keyword_options(tap):
    text = lint.read(PROGRAM)
    there = set(re.findall(r"\bFl -([a-z-]+)", text))
    tap.none(missing(lint.keyword_options(), there, "option --%s"),
             "every keyword that is an option is named in postrider(1)")


def options(tap):
    classic = lint.sendmail_options() + lint.own_options()
    name = "every option has its item"
    if not classic:
        tap.skip(name, "src/cli has no table of options")
        return
    there = flags(lint.read(PROGRAM))
    in_sendmail = flags(lint.read(SENDMAIL))
    letters = [letter for _, letter in lint.sendmail_options()
               if letter and letter != "b"]    # -b has an item for each mode
    longs = [(n, "") for n, _ in classic if n]
    own = [("", letter) for _, letter in lint.own_options() if letter]
    tap.none(missing(dashed(longs + own), there, "option -%s"), name)
    tap.none(missing(letters, there | in_sendmail, "option -%s"),
             "every letter of sendmail has its item")
    tap.none(missing(["b" + m for m in lint.modes()], in_sendmail, "mode -%s"),
             "every mode of -b has its item")


def verbs(tap):
    name = "every verb has its item, and every option of a verb"
    if not lint.verbs():
        tap.skip(name, "src/cli has no table of verbs")
        return
    text = section(PROGRAM, "VERBS")
    faults = missing(lint.verbs(), commands(text), "verb %s")
    for verb, its in lint.verb_options():
        faults += missing(dashed(its), flags(text), verb + ": option -%s")
    tap.none(faults, name)


def statuses(tap):
    names = [n for n in lint.statuses() if n != "EX_OK"]
    tap.ok(len(names) > 0, "there are exit statuses")
    there = {m for i in items(section(PROGRAM, "EXIT STATUS"))
             for m in re.findall(r"\bDv (EX_\w+)", i)}
    tap.none(missing(names, there, "status %s"),
             "every exit status has its item")


def substitutions(tap):
    there = {m for i in items(lint.read(CONF))
             for m in re.findall(r"%[A-Z]", i)}
    tap.ok(len(lint.substitutions()) > 0, "there are substitutions")
    tap.none(missing(lint.substitutions(), there, "%s"),
             "every substitution has its item")


def old_options(tap):
    there = set(re.findall(r"\bFl -([a-z0-9-]+)", lint.read(PROGRAM)))
    tap.none(missing(lint.msmtp_names(), there, "option --%s"),
             "every option that msmtp has is named in postrider(1)")


def main():
    tap = lint.Tap()
    for check in (clean, keywords, choices, providers, keyword_options,
                  old_options, options, verbs, statuses, substitutions):
        check(tap)
    tap.done()


main()
