"""One point: harm the command there, run the queue, and see what became of
every message.

    verdict = judge(bench, scenario, harm, alone)
    verdict.problems    sentences; what is lost begins with LOST
    verdict.said        messages that came twice, as was said: uncertain
    verdict.unsaid      and those of which nothing was said
    verdict.held        the account was held for the fault, and said so
"""
import collections
import os
import re
import time

from bench import PLAIN
from scenarios import (ASIDE, ENTERED, HELD, LOST, NEVER, ONCE, RELEASED,
                       THIRD, TOLD, Command)

Verdict = collections.namedtuple(
    "Verdict", "reached problems said unsaid held", defaults=((), 0, 0, 0))
NAME = re.compile(rb"^I am (\w+)\.", re.M)
MESSAGE_ID = re.compile(rb"^Message-ID: *<([^>]*)>", re.M | re.I)


def found(form, message):
    what = form.search(message.data)
    return what[1].decode() if what else "none"


class Case:
    def __init__(self, bench, scenario, harm, alone):
        self.bench, self.scenario = bench, scenario
        self.harm, self.alone = harm, alone
        self.problems = []
        self.said = self.unsaid = self.held = 0
        self.done = None
        self.words = ""         # of the queue and the log
        self.items = []

    def problem(self, text, *values):
        self.problems.append(text % values)

    def counts(self):
        return collections.Counter(
            (found(NAME, m), r.split("@")[0])
            for m in self.bench.kept() if m.sender for r in m.recipients)

    def notices(self):
        return {found(MESSAGE_ID, m) for m in self.bench.kept()
                if m.sender == ""}

    def look(self):
        self.items = self.bench.items()
        if any(item.get("uncertain") for item in self.items):
            self.words += " queue: uncertain"

    def flush(self, *words):
        done = self.bench.call(Command([*PLAIN, *words]))
        if done.hung or done.status not in (0, 75 << 8):
            self.problem("a plain run: status %d%s: %s", done.status,
                         ", hung" if done.hung else "", done.err)
        self.look()

    def run_queue(self):
        """A plain run; and what it holds for a fault of ours is released."""
        self.look()
        self.bench.phase({})
        self.bench.open_port()
        self.flush()
        if any(item.get("attempts") == 0 for item in self.items):
            time.sleep(self.scenario.at_s)      # it is not due before
            self.flush()
        faults = {x.get("account") for x in self.items if x["state"] == "held"
                  and x.get("hold_reason") in ("credentials", "configuration")}
        for account in faults:
            self.held = 1
            self.flush("-a", account)

    def release(self):
        for item in self.items:
            if item["state"] == "held" and item["hold_reason"] == "user":
                self.bench.call(Command(["queue", "release", item["id"]]))
        self.flush()

    # --- what must hold -----------------------------------------------------
    def allowed(self, rule):
        """How many copies may be there after a plain run: least and most."""
        status = self.done.status
        killed = os.WIFSIGNALED(status)     # by us
        if rule == THIRD and any(x.get("hold_reason") == "uncertain"
                                 for x in self.items):
            return 0, 1
        if rule in (ONCE, THIRD):
            return 1, 1
        if rule in (NEVER, ASIDE):
            return 0, 0
        if rule == TOLD:
            failed = any(x["state"] == "failed" for x in self.items)
            return (0, 0) if failed else (1, 1)
        if killed or b"make safe" in self.done.err:
            return 0, 1     # it is done, but may be undone by a power cut
        if rule in (ENTERED, RELEASED):
            return (1, 1) if status == 0 else (0, 0)
        return (0, 0) if status == 0 else (1, 1)

    def twice(self, key, count):
        names = {found(MESSAGE_ID, m) for m in self.bench.kept()
                 if m.sender and found(NAME, m) == key[0]}
        if len(names) != 1:
            self.problem("the copies are called %s", names)
        if self.is_said():
            self.said += 1
        else:
            self.unsaid += 1
            self.problem("UNSAID: %s came %d times", key, count)

    def is_said(self):
        """By the queue and the log; where the answer was lost and then what
        would have written the log was killed, or cannot, by the queue."""
        return "queue: uncertain" in self.words and \
            (self.scenario.script == LOST or "uncertain" in self.bench.log())

    def check(self, early, counts):
        for key, rule in self.scenario.wanted.items():
            least, most = self.allowed(rule)
            count = counts[key]
            if count < least:
                self.problem("LOST: %s; the queue: %s", key, self.items)
            elif count > 1 and rule == THIRD:
                self.problem("%s came once more", key)
            elif count > 1:
                self.twice(key, count)
            elif count > most and rule == ENTERED and early[key] == count:
                # The server has it, and the caller heard of a failure.
                named = b"<%s@" % key[1].encode() in self.done.err
                if named and b"uncertain" not in self.done.err:
                    self.problem("told that it failed, but it arrived: %s: %s",
                                 key, self.done.err)
            elif count > most:
                self.problem("%s came, though status %d was said: %s", key,
                             self.done.status, self.done.err)

    def check_released(self, counts):
        for key, rule in self.scenario.wanted.items():
            if rule in (HELD, RELEASED) and counts[key] != 1:
                self.problem("LOST: %s came %d times after its release", key,
                             counts[key])

    def check_items(self):
        notices, failed = len(self.notices()), \
            sum(x["state"] == "failed" for x in self.items)
        want_notices, want_failed = self.scenario.notices, self.scenario.failed
        if TOLD in self.scenario.wanted.values() and failed == 1:
            want_notices = want_failed = 1
        if notices < want_notices and "is not told" in self.bench.log():
            pass        # its account was at fault; the item owes it
        elif notices < want_notices:
            self.problem("LOST: %d notices, not %d", notices, want_notices)
        elif notices == want_notices + 1 and "cannot note what became of" in \
                self.bench.log():
            pass        # told once more: that it was told could not be stored
        elif notices > want_notices:
            self.problem("%d notices, not %d", notices, want_notices)
        held = sum(x.get("hold_reason") == "uncertain" for x in self.items) \
            if THIRD in self.scenario.wanted.values() else 0
        if failed != want_failed or len(self.items) > failed + held:
            self.problem("what is left in the queue: %s", self.items)

    def check_files(self):
        aside = list(self.scenario.wanted.values()).count(ASIDE)
        there = self.bench.damaged()
        if len(there) < aside:
            self.problem("LOST: set aside are: %s", there)
        elif len(there) > aside:
            self.problem("damaged: %s; %s", there, self.bench.log())
        if self.bench.age():
            self.flush()
        strays = self.bench.strays()
        if strays:
            self.problem("files are left: %s", strays)

    def judge(self):
        self.bench.prepare(self.scenario)
        self.done = self.bench.call(self.scenario.act, harm=self.harm,
                                    alone=self.alone)
        if self.harm and not self.done.harmed:
            return Verdict(False)
        # What changed nothing has been judged once for all of its kind.
        kind = self.scenario.name, os.WIFSIGNALED(self.done.status)
        nothing = self.harm and self.done.status != 0 and \
            not self.done.hung and not self.bench.kept() and \
            self.bench.is_untouched(self.scenario)
        if not (nothing and kind in self.bench.harmless):
            self.judge_all()
        if nothing and not self.problems:
            self.bench.harmless.add(kind)
        return Verdict(True, tuple(self.problems), self.said, self.unsaid,
                       self.held)

    def judge_all(self):
        if self.done.hung:
            self.problem("it hung")
        early = self.counts()
        self.run_queue()
        self.check(early, self.counts())
        if {HELD, RELEASED} & set(self.scenario.wanted.values()):
            self.release()
            self.check_released(self.counts())
        self.check_items()
        self.check_files()


def judge(bench, scenario, harm, alone):
    return Case(bench, scenario, harm, alone).judge()
