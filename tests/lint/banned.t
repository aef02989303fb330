#!/usr/bin/env python3
"""Words that may not be in src/: calls without limits, jumps, locale-bound
character classes, hidden structs, and conditional compilation."""
import re

import lint

CALLS = ("strcpy strcat strncpy strncat stpcpy stpncpy sprintf vsprintf gets "
         "strtok strtok_r atoi atol atoll popen mktemp tmpnam tempnam "
         "alloca setjmp longjmp isalpha isdigit isalnum isspace isupper "
         "islower isprint ispunct isxdigit iscntrl isgraph isblank isascii "
         "tolower toupper toascii").split()
BANNED = [
    ("functions without a limit or with a locale",
     r"\b(%s)\b" % "|".join(CALLS)),
    # As a word it names the system's file too.
    ("system()", r"\bsystem\s*\("),
    ("ctype.h and setjmp.h", r"#[ \t]*include[ \t]*<(ctype|setjmp)\.h>"),
    ("goto", r"\bgoto\b"),
    ("typedef of a struct", r"\btypedef\s+(struct|union)\b"),
]
# Where the machine and the library decide.
MAY_CHOOSE = re.compile(r"src/(net/tls|base/sandbox)[a-z_]*\.[ch]")
GUARD = re.compile(r"\A\s*#ifndef (\w+)\n#define \1\n")
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b", re.M)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def hits(name, text, pattern):
    return ["%s:%d: %s" % (name, line_of(text, m.start()), m.group().strip())
            for m in re.finditer(pattern, text)]


def conditions(name, text):
    if MAY_CHOOSE.fullmatch(name):
        return []
    guard = GUARD.match(text)
    if name.endswith(".h") and not guard:
        return ["%s: no include guard at the top" % name]
    return [h for h in hits(name, text, CONDITION)
            if not (guard and h.endswith("#ifndef")
                    and int(h.split(":")[1]) == line_of(text, guard.end()) - 2)]


def main():
    tap = lint.Tap()
    sources = [(f, lint.bare_c(lint.read(f)))
               for f in lint.files("src", ".c", ".h", ".def")]
    tap.ok(len(sources) > 0, "there is something to look at")
    for what, pattern in BANNED:
        tap.none([h for f, text in sources for h in hits(f, text, pattern)],
                 "no " + what)
    tap.none([h for f, text in sources for h in conditions(f, text)],
             "no conditional compilation but in net/tls and base/sandbox")
    tap.done()


main()
