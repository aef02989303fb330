#!/usr/bin/env python3
"""Arrows only go down: a file includes its own room or a lower floor, the
libraries are met in the rooms made for them, and only the top floor prints."""
import os
import re

import lint

FLOORS = [["base"], ["net", "msg"], ["smtp", "auth", "queue", "config"],
          ["deliver", "serve", "oauth"], ["cli"]]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
# A program of its own, reached by exec: nobody includes it.
APART = {"oauth"}

LIBRARIES = {
    r"gnutls/": r"net/(tls|trust)[a-z_]*\.[ch]",
    r"gsasl\.h": r"auth/sasl[a-z_]*\.[ch]",
    r"idn2\.h": r"net/idn[a-z_]*\.[ch]",
    r"curl/|jansson": r"oauth/.*",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
PRINTS = re.compile(r"\b(v?printf|puts|putchar|perror|stdout|stderr)\b")
MAY_PRINT = {
    "base/attr.h",  # an attribute of that name
    "base/mem.c",   # out of memory: there is nobody to tell
}


def arrow(name, to):
    """What is wrong with name's #include "to", or None."""
    here = name.split("/")[0]
    if to == "config.h":
        return None
    room = to.split("/")[0]
    if "/" not in to or room not in FLOOR:
        return "%s includes %s, which is no room" % (name, to)
    if room == here:
        return None
    if room in APART or FLOOR[room] >= FLOOR[here]:
        return "%s looks up or sideways at %s" % (name, to)
    return None


def arrows(name, text):
    return [fault for kind, to in INCLUDE.findall(text) if kind == '"'
            for fault in [arrow(name, to)] if fault]


def strangers(name, text):
    return ["%s includes <%s>" % (name, to)
            for _, to in INCLUDE.findall(text)
            for library, rooms in LIBRARIES.items()
            if re.match(library, to) and not re.fullmatch(rooms, name)]


def loud(name, text):
    if name.startswith("cli/") or name in MAY_PRINT:
        return []
    return ["%s prints: %s" % (name, word)
            for word in sorted(set(PRINTS.findall(lint.bare_c(text))))]


def main():
    tap = lint.Tap()
    sources = [(os.path.relpath(f, "src"), lint.read(f))
               for f in lint.files("src", ".c", ".h", ".def")]
    homeless = [n for n, _ in sources if n.split("/")[0] not in FLOOR]
    tap.none(homeless, "every file is in a room of a known floor")
    sources = [s for s in sources if s[0] not in homeless]
    tap.ok(len(sources) > 0, "there is something to look at")
    for check, name in [(arrows, "arrows only go down"),
                        (strangers, "libraries stay in their rooms"),
                        (loud, "lower floors never print")]:
        tap.none([f for s in sources for f in check(*s)], name)
    tap.done()


main()
