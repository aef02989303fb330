#!/usr/bin/env python3
"""Whose queue it is, which configuration it goes by, and what time it is.

Folders of somebody else, or open to somebody else, are refused with words; a
configuration that is gone holds its mail until it is back; a clock that jumps
loses nothing, and a laptop that slept a week tries before it gives up.

Run as root, from the folder that holds the program, in a network namespace of
its own.  CLIENT is the program.
"""
import os
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import netns        # noqa: E402
import queuebed     # noqa: E402

DAY = 86400
WAITS = ["queue_runner none", "queue always"]


def person(bed, name, host, *lines, clock=False):
    one = bed.person(name, *WAITS, *host.lines_of_account(), *lines)
    one.clock = bed.clock if clock else None
    return one


# --- whose folder ------------------------------------------------------------
def refused(bed, who, name, *args):
    before = who.snapshot()
    ran = who.mail(*args)
    bed.ok(ran.status in (73, 74, 77, 78) and
           any(w in ran.err for w in ("owner", "belong", "write", "writable"))
           and not ran.out, name + " is refused with words", ran)
    bed.say(ran.err.rstrip())
    bed.ok(who.snapshot() == before, name + ": nothing is written there",
           sorted(who.snapshot()))


def folders(bed):
    host = queuebed.Host()
    ann, ben = person(bed, "ann", host), person(bed, "ben", host)
    ann.mail(subject="secret of ann")
    ben.mail(subject="of ben")
    bed.equal((len(ann.ids()), len(ben.ids())), (1, 1), "two queues")
    modes = {name: oct(os.stat(os.path.join(ann.queue, name)).st_mode & 0o777)
             for name in os.listdir(ann.queue)}
    bed.ok(set(modes.values()) == {"0o600"} and
           os.stat(ann.queue).st_mode & 0o7777 == 0o700,
           "the folder is 0700, its files 0600", modes)
    for words in (["queue"], ["queue", "show", ann.ids()[0]],
                  ["queue", "remove", "--yes", ann.ids()[0]],
                  ["flush", "--now"]):
        had = ann.snapshot()
        ran = ben.run(*words, "--queue-dir", ann.queue)
        bed.ok(ran.status != 0 and "secret" not in ran.out + ran.err and
               ran.err and ann.snapshot() == had,
               "ben is kept from ann's: " + words[0] + " " +
               "".join(words[1:2]), ran)
    for mode in (0o770, 0o707, 0o1777):
        os.chmod(ann.queue, mode)
        refused(bed, ann, "mode %o" % mode)
    os.chmod(ann.queue, 0o700)
    os.chown(ann.queue, ben.uid, ben.uid)
    os.chmod(ann.queue, 0o777)
    refused(bed, ann, "a folder of ben's")
    os.chmod(ann.queue, 0o700)
    os.chown(ann.queue, 0, 0)
    refused(bed, ann, "a folder of root's that she cannot enter")
    os.chown(ann.queue, ann.uid, ann.uid)
    shutil.move(ben.queue, ben.queue + ".real")
    os.symlink(ann.queue, ben.queue)
    os.lchown(ben.queue, ben.uid, ben.uid)
    ran = ben.mail(subject="through a link")
    bed.ok(ran.status != 0 and ran.err and len(ann.ids()) == 1,
           "a link into ann's folder is refused", ran)
    os.remove(ben.queue)
    with open(ben.queue, "wb"):
        pass
    ran = ben.mail(subject="into a file")
    bed.ok(ran.status == 74 and ran.err, "a file in its place: 74", ran)
    os.remove(ben.queue)
    shutil.move(ben.queue + ".real", ben.queue)
    root(bed, ann)
    for one in (ann, ben):
        one.run("flush", "--now")
    bed.equal(sorted(host.subjects()), ["of ben", "secret of ann"],
              "afterwards all is as it was")
    host.close()


def root(bed, ann):
    """`sudo postrider`, with $HOME of somebody else, makes nothing there."""
    before = ann.snapshot(ann.home)
    me = bed.person("super", uid=0)
    me.env = {"HOME": ann.home, "XDG_STATE_HOME": None}
    me.run("queue", "-C", ann.config)
    ran = me.run("flush", "--now", "-C", ann.config, "--queue-dir", ann.queue)
    bed.ok(ann.snapshot(ann.home) == before and ran.status != 0 and ran.err,
           "root leaves nothing of its own in somebody's queue", ran)


def foreign_files(bed):
    """What a restored backup, or a mishap, may leave in the folder."""
    host = queuebed.Host()
    cleo = person(bed, "cleo", host)
    cleo.mail(subject="good")
    good = cleo.ids()[0]

    def put(name, data=b"", link=None):
        path = os.path.join(cleo.queue, name)
        if link:
            os.symlink(link, path)
        else:
            with open(path, "wb") as f:
                f.write(data)
            os.chown(path, cleo.uid, cleo.uid)
            os.chmod(path, 0o600)
        return path

    env = cleo.snapshot()[good + ".env"][2]
    # Letters at the end that no ID of this moment has.
    base = good[:-2] + ("ZZ" if good[-2:] != "ZZ" else "YY")
    other = base + "A"
    put(other + ".env", env)                # no message
    third = base + "C"
    put(third + ".env", b"this is no envelope\n")
    put(third + ".msg", b"Subject: damaged\n\nx\n")
    put("README", b"who puts this here?\n")
    put("core")
    os.mkfifo(os.path.join(cleo.queue, base + "D.env"))
    put(base + "E.msg", link="/etc/passwd")
    put(base + "E.env", env)
    os.mkdir(os.path.join(cleo.queue, base + "F.msg"))
    ran = cleo.run("flush", "--now", limit=20)
    bed.ok("good" in host.subjects() and "damaged" not in host.subjects() and
           not any(b"root:" in m.data for m in host.messages),
           "rubbish in the folder does not keep the good one", ran,
           host.subjects(), sorted(cleo.snapshot()))
    bed.say(ran.err.rstrip())
    ran = cleo.run("queue", limit=20)
    bed.ok(ran.status in (0, 74), "nor does it stop the list", ran)
    left = cleo.snapshot()
    kept = sorted(x for x in left if os.path.basename(x) in (
        third + ".env", third + ".msg"))
    bed.ok(len(kept) == 2 and b"no envelope" in left[kept[0]][2],
           "what cannot be read is kept, set aside", sorted(left))
    damaged(bed, cleo, host)
    left = cleo.snapshot()
    bed.ok("README" in left and "core" in left, "what is not ours stays",
           sorted(left))
    host.close()


def damaged(bed, cleo, host):
    """A disk that lost the end of one message, and gave another one more."""
    said = cleo.run("queue").out.split("\n")[0]
    bed.ok("damaged" in said and cleo.queue + "/damaged" in said,
           "the list begins with it", said)
    had = len(host.messages)
    for subject in ("short", "long"):
        cleo.mail(subject=subject)
    one, other = (os.path.join(cleo.queue, x + ".msg") for x in
                  cleo.ids()[-2:])
    os.truncate(one, 50)
    with open(other, "ab") as f:
        f.write(b"more\n")
    cleo.mail(subject="whole")
    cleo.run("flush", "--now", limit=20)
    bed.ok(host.subjects()[had:] == ["whole"] and
           len(set(cleo.snapshot()) & {"damaged/" + os.path.basename(x)
                                       for x in (one, other)}) == 2,
           "what is not as long as it was is set aside, and not sent",
           host.subjects()[had:], sorted(cleo.snapshot()))
    bed.ok(sum("damaged" in x for x in cleo.log()) >= 2, "the log says it",
           cleo.log())


# --- which configuration -----------------------------------------------------
def state(who):
    return [(x.get("state"), x.get("hold_reason")) for x in who.items()]


HELD = [("held", "configuration")]


def configurations(bed):
    host = queuebed.Host(bed.certs, "implicit")
    dora = person(bed, "dora", host, clock=True)
    work = dora.file("work.conf", dora.account(
        *WAITS, *host.lines_of_account(), label="work"))
    ran = dora.run("-C", work, "-a", "work", queuebed.TO,
                   stdin=b"Subject: trust\n\n")
    dora.run("flush", "--now")
    bed.equal(host.subjects(), ["trust"], "an account of its own file", ran)
    dora.run("-C", work, "-a", "work", queuebed.TO,
             stdin=b"Subject: work\n\n")
    os.rename(work, work + ".away")
    ran = dora.run("flush", "--now")
    bed.equal(state(dora), HELD, "a file that is gone holds its mail", ran,
              dora.items())
    bed.ok(work in dora.listing(), "and is named", dora.listing())
    bed.say(dora.listing().rstrip())
    bed.clock.ahead(20 * DAY)
    dora.run("flush", "--now")
    bed.equal(state(dora), HELD, "for three weeks", dora.items())
    os.rename(work + ".away", work)
    ran = dora.run("flush")
    bed.ok(host.subjects() == ["trust", "work"] and not dora.ids(),
           "back again it goes by itself", ran, dora.listing())
    dora.run("-C", work, "-a", "work", queuebed.TO, stdin=b"Subject: two\n\n")
    with open(work, encoding="utf-8") as f:
        text = f.read()
    dora.file("work.conf", text.replace("account work", "account other"))
    ran = dora.run("flush", "--now")
    bed.equal(state(dora), HELD, "so does an account that is gone", ran,
              dora.items())
    bed.ok("work" in dora.listing(), "which is named", dora.listing())
    dora.file("work.conf", text.replace("account work", "account work\nprot x"))
    dora.run("flush", "--now")
    bed.equal(state(dora), HELD, "and a mistake in the file", dora.items())
    dora.file("work.conf", text)
    ran = dora.run("flush")
    bed.ok(host.subjects()[2:] == ["two"] and not dora.ids(),
           "which is over with it", ran, dora.listing())
    host.close()


def passwords(bed):
    """535, and then the password is put right, where it is kept."""
    for kind in ("password", "password_file"):
        host = queuebed.Host(bed.certs, "implicit")
        name = "e" + kind.replace("_", "")
        who = bed.person(name)
        lines = [x for x in host.lines_of_account()
                 if not x.startswith("password ")]
        secret = who.file("secret", queuebed.PASSWORD + "\n")

        def write(text, who=who, kind=kind, lines=lines, secret=secret):
            if kind == "password":
                who.configure(*WAITS, *lines, "password " + text)
            else:
                who.file("secret", text + "\n")
                who.configure(*WAITS, *lines, "password_file " + secret)

        write(queuebed.PASSWORD)
        who.mail(subject="trust")
        who.run("flush")
        bed.equal(host.subjects(), ["trust"], kind + ": is right at first",
                  who.listing())
        write("wrong")
        who.mail(subject="one")
        ran = who.run("flush")
        bed.equal(state(who), [("held", "credentials")],
                  kind + ": a wrong one holds the mail", ran, who.items())
        accepted = host.accepted
        who.run("flush")
        bed.equal(host.accepted, accepted, kind + ": and is not tried again")
        write(queuebed.PASSWORD)
        ran = who.run("flush")
        bed.ok(host.subjects() == ["trust", "one"] and not who.ids(),
               kind + ": put right, it goes by itself", ran, who.listing())
        who.mail(subject="byhand")
        who.run("queue", "hold", who.ids()[0])
        who.run("flush", "--now")
        who.run("flush", "-a", "default")
        bed.equal(state(who), [("held", "user")],
                  kind + ": what was held by hand stays", who.items())
        host.close()


# --- what time it is ---------------------------------------------------------
def clocks(bed):
    host = queuebed.Host()
    fred = person(bed, "fred", host, clock=True)
    fred.mail(subject="trust")
    fred.run("flush")
    # The lid was closed for a week.
    host.down()
    fred.mail(subject="slept")
    fred.run("flush")
    host.up()
    bed.clock.ahead(7 * DAY)
    ran = fred.run("flush")
    bed.ok(host.subjects() == ["trust", "slept"] and not fred.ids(),
           "after a week asleep mail is tried before it is given up", ran,
           fred.listing())
    # A machine without a battery boots in the past, and then learns the time.
    bed.clock.ahead(-9 * 365 * DAY)
    fred.mail(subject="of the past")
    bed.clock.ahead(9 * 365 * DAY)
    ran = fred.run("flush")
    bed.ok(host.subjects()[2:] == ["of the past"] and not fred.ids(),
           "what was entered in the past goes", ran, fred.listing())
    # And one whose clock ran ahead.
    bed.clock.ahead(9 * 365 * DAY)
    fred.mail(subject="of the future")
    host.down()
    fred.mail(subject="put off in the future")
    fred.run("flush")
    host.up()
    bed.clock.ahead(-9 * 365 * DAY)
    fred.run("flush")
    for _ in range(6):
        bed.clock.ahead(3600)
        fred.run("flush")
    bed.ok(sorted(host.subjects()[3:]) == ["of the future",
                                           "put off in the future"] and
           not fred.ids(), "what was put off in the future goes within hours",
           fred.listing(), fred.items())
    host.close()


def main(words):
    if not netns.is_inside():
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    with queuebed.Bed("owners") as bed:
        for case in (folders, foreign_files, configurations, passwords,
                     clocks):
            if not words or any(w in case.__name__ for w in words):
                bed.case(case, bed)
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
