#!/usr/bin/env python3
"""Mail that was accepted survives whatever happens to the process, in TAP.

    run.py [SCENARIO...]                    those whose names contain a word
    run.py SCENARIO PATH CALL NUMBER FAULT  one point, in detail

Every command of scenarios.py is killed before each of its system calls in turn,
and has each fail with ENOSPC, EIO, EDQUOT, EROFS and EINTR; then a plain run
must bring every message to the server once.  Without FULL=1, each distinct call
that changes something is taken.  With it, each call is killed, and has every
fault unless it is one of those by which the program is loaded.
CLIENT is the program (./postrider), JOBS how many points are tried at a time.
"""
import collections
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import bench  # noqa: E402
import calls  # noqa: E402
import certs  # noqa: E402
import judge  # noqa: E402
import process  # noqa: E402
import steps  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

PROGRAM = os.environ.get("CLIENT", "./postrider")
FULL = os.environ.get("FULL") == "1"
JOBS = int(os.environ.get("JOBS", "3"))
FAULTS = ("KILL", "ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR")
REPEATED = 3    # times that a call of the same kind is tried, without FULL
SHOWN = 12      # problems of a scenario that are printed

Point = collections.namedtuple("Point", "scenario harm alone")


class Worker:
    """One process of the pool."""
    bench = None

    @classmethod
    def start(cls, top):
        process.become_reaper()
        folder = os.path.join(top, "w%d" % os.getpid())
        os.makedirs(folder)
        cls.bench = bench.Bench(folder, os.path.abspath(PROGRAM))


def scenario_of(name):
    return next(s for s in SCENARIOS if s.name == name)


def look_at(name):
    """(the name, the calls that it makes, what is wrong without any harm)"""
    here, scenario = Worker.bench, scenario_of(name)
    plain = judge.judge(here, scenario, None, False)
    here.prepare(scenario)
    words = here.words(scenario.act)
    text = here.text(scenario.act)
    done, found = calls.record(words, here.stem, env=here.env,
                               cwd=here.home, stdin=text)
    here.settle()
    return name, found, plain.problems, done.status


def walk():
    return list(steps.walk(Worker.bench))


def attempt(point):
    try:
        return point, judge.judge(Worker.bench, scenario_of(point.scenario),
                                  point.harm, point.alone)
    except Exception as e:      # pylint: disable=broad-except
        return point, judge.Verdict(True, ("the test broke: %r" % e,))


def distinct(call):
    return call.path.count("."), call.name, call.target


def chosen(found):
    """All calls, or the distinct ones that change something."""
    if FULL:
        return found
    seen, picked = collections.Counter(), []
    for call in found:
        key = (call.path, *distinct(call))
        if call.changes and seen[key] < REPEATED:
            picked.append(call)
            seen[key] += 1
    return picked


class Chooser:
    """A call of the dynamic linker is killed and suffers one fault, each time
    another one; so does, without FULL, what another command has done too."""

    def __init__(self):
        self.seen = set()
        self.turn = 0

    def faults(self, call):
        if (call.name, call.path, call.number) == ("execve", "0", 1):
            return ()       # nothing has begun
        if call.name in calls.CANNOT_FAIL or calls.holds_others(call):
            return ("KILL",)
        if not call.loading and \
                (FULL or distinct(call) not in self.seen):
            self.seen.add(distinct(call))
            return FAULTS
        self.turn += 1
        return "KILL", FAULTS[1 + self.turn % (len(FAULTS) - 1)]

    def points(self, name, found):
        alone = all(call.path == "0" for call in found)
        return [Point(name, process.Harm(call.path, call.name, call.number,
                                         fault), alone)
                for call in chosen(found) for fault in self.faults(call)]


class Tally:
    """What came of the points of one scenario and kind of harm."""

    def __init__(self):
        self.tried = self.missed = self.lost = 0
        self.said = self.unsaid = self.held = 0
        self.problems = []

    def add(self, point, verdict):
        if not verdict.reached:
            self.missed += 1
            return
        self.tried += 1
        self.said += verdict.said
        self.unsaid += verdict.unsaid
        self.held += verdict.held
        self.lost += any(p.startswith("LOST") for p in verdict.problems)
        if verdict.problems:
            self.problems.append((point, verdict.problems))

    def text(self):
        return "%d points, %d lost, %d twice as was said, %d twice unsaid, " \
            "%d held for the fault, %d not reached" % (
                self.tried, self.lost, self.said, self.unsaid, self.held,
                self.missed)


class Tap:
    def __init__(self):
        self.number = self.bad = 0

    def ok(self, good, name):
        self.number += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number,
                                name.replace("#", "number")), flush=True)

    @staticmethod
    def note(text):
        print("# " + text.replace("\n", " ")[:400], flush=True)


def show(tap, problems):
    for point, sentences in problems[:SHOWN]:
        tap.note("'%s' %s" % (point.scenario, " ".join(map(str, point.harm))))
        for sentence in sentences:
            tap.note("    " + sentence)
    if len(problems) > SHOWN:
        tap.note("and %d more" % (len(problems) - SHOWN))


def one_point(top, name, harm):
    Worker.start(top)
    here = Worker.bench
    print(judge.judge(here, scenario_of(name), harm, False))
    print("log:", here.log())
    print("queue:", here.items(), sorted(os.listdir(here.path("queue"))))
    print("kept:", here.kept())


def look_at_all(pool, tap, names):
    """The points to try; what goes wrong without any harm is told."""
    points, chooser = [], Chooser()
    for name, found, problems, status in pool.imap(look_at, names):
        tap.ok(found and not problems, name + ": nothing is wrong without harm")
        for problem in problems:
            tap.note("    status %d: %s" % (status, problem))
        points += chooser.points(name, found)
    return points


def report(tap, tallies):
    for (name, kind), tally in tallies.items():
        tap.ok(tally.tried and not tally.problems,
               "%s, %s: %s" % (name, kind, tally.text()))
        show(tap, tally.problems)


def try_all(pool, tap, points):
    """What came of all; told as soon as a scenario has been seen to."""
    points.sort(key=lambda p: p.harm.fault != "KILL")
    every, here = Tally(), None
    tallies = collections.defaultdict(Tally)
    for point, verdict in pool.imap(attempt, points, 4):
        if point.scenario != here:
            report(tap, tallies)
            tallies.clear()
        here = point.scenario
        kind = "killed" if point.harm.fault == "KILL" else "failing calls"
        for tally in tallies[(here, kind)], every:
            tally.add(point, verdict)
    report(tap, tallies)
    return every.text()


def all_points(top, names):
    tap, begun = Tap(), time.monotonic()
    with multiprocessing.Pool(JOBS, Worker.start, (top,)) as pool:
        points = look_at_all(pool, tap, names)
        for name, problems in pool.apply(walk):
            tap.ok(not problems, name)
            for problem in problems:
                tap.note("    " + problem)
        tap.note("%d points to try, %d s so far" % (
            len(points), time.monotonic() - begun))
        total = try_all(pool, tap, points)
    print("1..%d" % tap.number)
    tap.note("%s; %d s" % (total, time.monotonic() - begun))
    return tap.bad


def main():
    words = sys.argv[1:]
    top = tempfile.mkdtemp(prefix="crash-")
    try:
        process.quicken(top)
        certs.make(os.path.join(top, "certs"))
        if len(words) == 5 and words[4] in FAULTS:
            one_point(top, words[0],
                      process.Harm(words[1], words[2], int(words[3]),
                                   words[4]))
            return 0
        names = [s.name for s in SCENARIOS
                 if not words or any(w in s.name for w in words)]
        return 1 if all_points(top, names) else 0
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
