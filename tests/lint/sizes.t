#!/usr/bin/env python3
"""How long files and functions are: as short as the plan wants them."""
import re
import statistics

import lint

FILE_AIM, FILE_MAX = 400, 600
MEDIAN_BELOW, P95_BELOW, LONGEST = 12, 40, 60
# Kernel style: a body opens and closes in the first column.
FUNCTION = re.compile(r"^(?P<head>[^\s#{}/][^;{}]*\))\n\{\n(?P<body>.*?)^\}",
                      re.S | re.M)
NAME = re.compile(r"(\w+)\s*\(")


def functions(name):
    """(lines between the braces, file:function) of each function."""
    for m in FUNCTION.finditer(lint.bare_c(lint.read(name))):
        found = NAME.search(m.group("head"))
        yield (m.group("body").count("\n"),
               "%s:%s" % (name, found.group(1) if found else "?"))


def percentile(sorted_lengths, share):
    return sorted_lengths[int(share * (len(sorted_lengths) - 1))]


def show_files(folder, names):
    lines = {n: lint.read(n).count("\n") for n in names}
    large = sorted(n for n in names if lines[n] > FILE_AIM)
    print("# %s: %d files, %d lines; over %d lines: %d" %
          (folder, len(names), sum(lines.values()), FILE_AIM, len(large)))
    for n in large:
        print("#   %4d %s" % (lines[n], n))
    return ["%s has %d lines" % (n, lines[n]) for n in names
            if lines[n] > FILE_MAX]


def check_files(tap, names):
    tap.none(show_files("src/", names), "no file over %d lines" % FILE_MAX)
    # A table of cases may be long: these are only shown.
    show_files("tests/", lint.files("tests", ".c", ".h"))


def check_functions(tap, names):
    all_of_them = sorted(f for n in names for f in functions(n))
    lengths = [length for length, _ in all_of_them]
    if not tap.ok(len(lengths) > 0, "there are functions to measure"):
        return
    median = statistics.median(lengths)
    p95 = percentile(lengths, 0.95)
    longest, where = all_of_them[-1]
    print("# %d functions in src/: median %g lines, 95th percentile %d, "
          "longest %d (%s)" % (len(lengths), median, p95, longest, where))
    tap.ok(median < MEDIAN_BELOW, "median below %d lines" % MEDIAN_BELOW)
    tap.ok(p95 < P95_BELOW, "95th percentile below %d lines" % P95_BELOW)
    tap.none(["%s has %d lines" % (n, length) for length, n in all_of_them
              if length > LONGEST], "no function over %d lines" % LONGEST)


def main():
    tap = lint.Tap()
    source = lint.files("src", ".c", ".h")
    check_files(tap, source)
    check_functions(tap, source)
    tap.done()


main()
