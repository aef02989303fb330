"""The table of steps in postrider-queue(7), walked.

    for words, problems in walk(bench): ...

Each row names a step, the state of the message when it is done, and what the
next run makes of it.  The step is found among the system calls of a real
command; the command is killed before the call after it; then the files in the
folder must be those of the state (whose table is read too), and a plain run
must do what the row says.
"""
import collections
import os
import re

import calls
import process
from bench import PLAIN
from scenarios import SCENARIOS, Command

MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "man",
                      "postrider-queue.7")
ROW = re.compile(r"^\.It ([A-Z]\d) Ta (.*)$")
Step = collections.namedtuple("Step", "name state outcome")

# By which call each step ends, in this order.
ENDS = {
    "E1": r"fcntl\(.*F_OFD_SETLK", "E2": r"f(data)?sync\(",
    "E3": r"linkat\(.*\.msg", "E4": r"f(data)?sync\(",
    "E5": r"linkat\(.*\.env", "E6": r"f(data)?sync\(",
    "C1": r"write\(.*\.new>", "C2": r"f(data)?sync\(.*\.new>",
    "C3": r"rename(at2?)?\(.*\.new", "C4": r"f(data)?sync\(.*queue>",
    "R1": r"unlinkat\(.*\.env", "R2": r"f(data)?sync\(.*queue>",
    "R3": r"unlinkat\(.*\.msg",
}
COMMANDS = {"E": "enter", "C": "hold", "R": "remove"}
# What a row promises: how many copies the next run brings.
COPIES = ((r"^(nothing remains|removed)", 0), (r"^sent", 1))


def tables():
    """({state: (has ID.msg, has ID.env)}, [Step])"""
    states, steps = {}, []
    with open(MANUAL, encoding="utf-8") as f:
        rows = [ROW.match(line) for line in f]
    for name, rest in (r.groups() for r in rows if r):
        cells = rest.split(" Ta ")
        if name[0] == "S":
            states[name] = (cells[0] == "+", cells[1] == "+")
        else:
            steps.append(Step(name, cells[0], cells[1]))
    return states, steps


def after(found, step):
    """The call that follows the one by which the step ends."""
    todo = [ENDS[s] for s in ENDS if s[0] == step[0] and s <= step]
    for at, call in enumerate(found):
        if todo and re.match(todo[0], call.line):
            todo.pop(0)
            if not todo:
                return found[at + 1]
    return None


def state_of(here, item):
    names = os.listdir(here.path("queue"))
    return item + ".msg" in names, item + ".env" in names


def ids(here):
    return {x.split(".")[0] for x in os.listdir(here.path("queue"))
            if re.match(r"^[0-9A-Z]{10,}\.(msg|env)$", x)}


def check_outcome(here, step, problems):
    """By a plain run; a hold that counts keeps the message back."""
    held = step.name[0] == "C" and step.outcome.startswith("the new")
    want = next((n for form, n in COPIES if re.match(form, step.outcome)),
                0 if held else 1)
    here.begin({})
    here.call(Command(PLAIN))
    got = sum("bob@example.com" in m.recipients and b"I am a." in m.data
              for m in here.kept())
    if got != want:
        problems.append("%d copies came, not %d" % (got, want))
    strays = here.strays()
    if strays:
        problems.append("files are left: %s" % strays)


def walk_step(here, scenario, found, step, states):
    problems = []
    call = after(found, step.name)
    if not call:
        return ["there is no such step in: " +
                "; ".join(c.line for c in found if c.changes)]
    here.prepare(scenario)
    had = ids(here)
    item = min(had) if had else None
    done = here.call(scenario.act, harm=process.Harm(
        call.path, call.name, call.number, "KILL"))
    if not done.harmed:
        problems.append("it was not killed")
    item = item or min(ids(here), default="none")
    if state_of(here, item) != states[step.state]:
        problems.append("not %s: %s" % (step.state,
                                        os.listdir(here.path("queue"))))
    check_outcome(here, step, problems)
    return problems


def walk(here):
    """(name and promise of each step, what is wrong)"""
    states, steps = tables()
    recorded = {}
    missing = set(ENDS) - {s.name for s in steps}
    yield "the manual has every step", sorted(missing)
    for step in steps:
        scenario = next(s for s in SCENARIOS
                        if s.name == COMMANDS[step.name[0]])
        if scenario.name not in recorded:
            here.prepare(scenario)
            recorded[scenario.name] = calls.record(
                here.words(scenario.act), here.stem, env=here.env,
                cwd=here.home, stdin=here.text(scenario.act))[1]
        yield "after step %s there is %s: %s" % step, walk_step(
            here, scenario, recorded[scenario.name], step, states)
