#!/usr/bin/env python3
"""Debian's msmtp and this program as msmtp, side by side: differential.py

Each case is run with both, against the same server, in the same home; what
they said, sent, printed and returned must be equal, except for what
differences.py declares.  A declared difference that no case shows is a fault
too.  With words, only the cases whose names contain one; -v shows every case
with what differed and how it was settled.
"""
import collections
import sys
import time

import room

room.enter()

import cases  # noqa: E402
import compare  # noqa: E402
import differences  # noqa: E402
import peer  # noqa: E402


def run_case(home, server, case, which):
    for name in cases.SYSTEM_FILES:
        home.system_file(name, case.system.get(name))
    server.play(case.script)
    files = dict(case.files)
    if case.config is not None:
        files.setdefault(".msmtprc", case.config)
    ran = home.run(which, case.args, case.stdin, files, case.env, case.name0,
                   case.limit)
    ran = ran._replace(out=ran.out.replace(home.sysconfdir.encode(), b"/etc"))
    return ran, compare.observe(case, ran, server.take())


def settle(case, found, seen):
    """The name of the difference for each finding, or None."""
    statuses = seen["msmtp"].status, seen["postrider"].status
    return [next((d.name for d in differences.ALL
                  if d.settles(case, f, statuses)), None) for f in found]


class Report:
    def __init__(self, verbose):
        self.verbose = verbose
        self.number = self.bad = self.differing = 0
        self.occurred = collections.Counter()

    def line(self, good, name, notes=()):
        self.number += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number,
                                name.replace("#", "number")))
        for note in notes:
            for part in str(note)[:3000].split("\n"):
                print("# " + part)
        sys.stdout.flush()

    def case(self, case, runs, found, names):
        self.occurred.update(n for n in set(names) if n)
        self.differing += bool(found)
        late = [w for w, (ran, _) in runs.items() if ran.timed_out]
        shown = self.verbose or None in names or late
        notes = ["%s: %s %s: msmtp %r, here %r" % (
            n or "UNDECLARED", f.field, f.key, f.theirs, f.ours)
            for f, n in zip(found, names) if shown]
        if self.verbose:
            notes.append("status %d" % runs["msmtp"][0].status)
        if None in names or self.verbose:
            notes += ["%s: %d %r %r" % (w, ran.status, ran.out[-300:] if
                                        self.verbose else b"", ran.err[-500:])
                      for w, (ran, _) in runs.items()]
        self.line(None not in names and not late, case.name,
                  notes + ["%s did not end" % w for w in late])


def main(words):
    verbose = "-v" in words
    words = [w for w in words if w != "-v"]
    print("# msmtp and postrider side by side", flush=True)
    home = room.Room()
    server = peer.Peer(home.certs, cases.SOCKET)
    report = Report(verbose)
    for case in cases.all_cases(home):
        if words and not any(w in case.name for w in words):
            continue
        begun = time.monotonic()
        runs = {w: run_case(home, server, case, w)
                for w in ("msmtp", "postrider")}
        if verbose:
            print("# %.1f s" % (time.monotonic() - begun))
        seen = {w: s for w, (_, s) in runs.items()}
        found = compare.compare(case, seen["msmtp"], seen["postrider"])
        report.case(case, runs, found, settle(case, found, seen))
    count = report.number
    if not words:
        for d in differences.ALL:
            stale = [str(r) for r in d.rules if r.count == 0]
            report.line(not stale, "the declared difference %s occurs"
                        % d.name, ["stale: " + s for s in stale])
    print("# %d cases, %d without any difference; %d of %d declared "
          "differences occurred" % (count, count - report.differing,
                                    sum(1 for d in differences.ALL
                                        if report.occurred[d.name]),
                                    len(differences.ALL)))
    print("1..%d" % report.number)
    home.close()
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
