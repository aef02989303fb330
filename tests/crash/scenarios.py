"""What is interrupted: one command each, on a queue that was prepared.

`before` are commands that must succeed, `act` is the one that suffers, `script`
what the server answers while it does (afterwards it takes all but never-*).
`wanted` says of each (message, recipient) how often it must have arrived after
a plain run:

    ONCE      it was accepted before: exactly once
    ENTERED   exactly once if `act` exits 0, not at all if with another status
    NEVER     refused for good
    REMOVED   not at all if `act` exits 0, exactly once with another status
    HELD      not before it is released, if `act` exits 0; then once
    RELEASED  exactly once, if `act` exits 0; else once it is released
    TOLD      exactly once, or it has failed and the sender was told
    ASIDE     it was damaged before, and is kept where it was set aside
    THIRD     at most once, then for a third time nobody knows and it is held

Where `act` is killed each of the last may be either way; nothing may be lost
that was accepted.  notices: how many reports the sender gets about refusals.
{1} in a command is the ID of the first item; `mess` is a file of the queue that
is removed before it all begins, `wait_s` is how long it lies before that; with
`early` the server follows the script for `before` too; what is entered for a
later time is due after `at_s`.
"""
import collections

ONCE, ENTERED, NEVER, REMOVED, HELD, RELEASED, TOLD, ASIDE, THIRD = \
    "once", "entered", "never", "removed", "held", "released", "told", \
    "aside", "third"

Scenario = collections.namedtuple(
    "Scenario",
    "name before act script wanted notices failed mess wait_s early at_s",
    defaults=((), {}, {}, 0, 0, None, 0, False, 0))
Command = collections.namedtuple("Command", "words message", defaults=(None,))


def mail(account, name, *recipients, verb=()):
    """A message that says who it is, for the account."""
    words = [*verb, "-a", account, *(r + "@example.com" for r in recipients)]
    return Command(words, name)


def flush(*words):
    return Command(["flush", *words])


def queue(*words):
    return Command(["queue", *words])


LATER = {"mail": "450 4.3.0 later, please"}
BUSY = {"greeting": "421 4.3.2 too busy"}
PUTS_OFF = {"puts_off": True}
LOST = {"end": "lost"}      # kept, but the answer does not come
STRANGER = {"auth": "535 5.7.8 who are you?"}

SCENARIOS = [
    Scenario("send at once", (), mail("default", "a", "bob"),
             wanted={("a", "bob"): ENTERED}),
    Scenario("enter", (), mail("always", "a", "bob", "carl"),
             wanted={("a", "bob"): ENTERED, ("a", "carl"): ENTERED}),
    Scenario("enter into a queue", (mail("always", "a", "bob"),),
             mail("always", "b", "bob"),
             wanted={("a", "bob"): ONCE, ("b", "bob"): ENTERED}),
    Scenario("enter what the server puts off", (),
             mail("default", "a", "bob"), LATER,
             {("a", "bob"): ENTERED}),
    Scenario("enter where nobody answers", (),
             mail("closed", "a", "bob"), {},
             {("a", "bob"): ENTERED}),
    Scenario("enter the rest", (),
             mail("default", "a", "bob", "later-carl"), PUTS_OFF,
             {("a", "bob"): ENTERED, ("a", "later-carl"): ENTERED}),
    Scenario("enter where the account is in trouble",
             (mail("default", "a", "bob"),), mail("default", "b", "bob"), BUSY,
             {("a", "bob"): ONCE, ("b", "bob"): ENTERED}, early=True),
    Scenario("enter for later", (),
             mail("always", "a", "bob", verb=("send", "--at", "+1s")),
             wanted={("a", "bob"): ENTERED}, at_s=1.1),
    Scenario("enter and start a run", (), mail("auto", "a", "bob"),
             wanted={("a", "bob"): ENTERED}),
    Scenario("deliver", (mail("always", "a", "bob"),), flush(),
             wanted={("a", "bob"): ONCE}),
    Scenario("deliver over TLS", (mail("tls", "a", "bob"),), flush(),
             wanted={("a", "bob"): ONCE}),
    Scenario("deliver two",
             (mail("always", "a", "bob"), mail("always", "b", "bob")),
             flush(), wanted={("a", "bob"): ONCE, ("b", "bob"): ONCE}),
    Scenario("deliver in part",
             (mail("always", "a", "bob", "never-carl", "later-dora"),),
             flush(), PUTS_OFF,
             {("a", "bob"): ONCE, ("a", "never-carl"): NEVER,
              ("a", "later-dora"): ONCE}, notices=1, failed=1),
    Scenario("put off", (mail("always", "a", "bob"),), flush(), LATER,
             {("a", "bob"): ONCE}),
    Scenario("put off by the server", (mail("always", "a", "bob"),
                                       mail("always", "b", "bob")),
             flush(), BUSY, {("a", "bob"): ONCE, ("b", "bob"): ONCE}),
    Scenario("fail and tell", (mail("always", "a", "never-bob"),), flush(),
             wanted={("a", "never-bob"): NEVER}, notices=1, failed=1),
    Scenario("remove", (mail("always", "a", "bob"),
                        mail("always", "b", "bob")),
             queue("remove", "--yes", "{1}"),
             wanted={("a", "bob"): REMOVED, ("b", "bob"): ONCE}),
    Scenario("hold", (mail("always", "a", "bob"),), queue("hold", "{1}"),
             wanted={("a", "bob"): HELD}),
    Scenario("release", (mail("always", "a", "bob"), queue("hold", "{1}")),
             queue("release", "{1}"), wanted={("a", "bob"): RELEASED}),
    Scenario("deliver where the answer is lost", (mail("always", "a", "bob"),),
             flush(), LOST, {("a", "bob"): ONCE}),
    Scenario("send where the answer is lost", (), mail("default", "a", "bob"),
             LOST, {("a", "bob"): ENTERED}),
    Scenario("deliver where a third answer is lost",
             (mail("always", "a", "bob"), flush("--now"), flush("--now")),
             flush("--now"), LOST, {("a", "bob"): THIRD}, early=True),
    Scenario("deliver where the login is refused",
             (mail("tls", "a", "bob"),), flush(), STRANGER,
             {("a", "bob"): ONCE}),
    Scenario("bounce by hand", (mail("always", "a", "bob"),),
             queue("bounce", "{1}"), wanted={("a", "bob"): TOLD}),
    Scenario("grow too old", (mail("short", "a", "bob"),), flush("--now"),
             LATER, {("a", "bob"): TOLD}, wait_s=3.1),
    Scenario("tidy what was not accepted",
             (mail("always", "a", "bob"), mail("always", "b", "bob")),
             flush(), wanted={("a", "bob"): NEVER, ("b", "bob"): ONCE},
             mess="{1}.env"),
    Scenario("set damage aside",
             (mail("always", "a", "bob"), mail("always", "b", "bob")),
             flush(), wanted={("a", "bob"): ASIDE, ("b", "bob"): ONCE},
             mess="{1}.msg"),
]
