#!/usr/bin/env python3
"""The run that starts itself, where the world is not as it should be: no file
descriptors, no processes left, no /proc, no inotify, the program replaced, the
folder removed, the terminal gone.  Whatever happens to the run, the mail that
was accepted stays, and the sender hears nothing of it.

Run as root, from the folder that holds the program, in a network namespace of
its own.  CLIENT is the program.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import netns        # noqa: E402
import queuebed     # noqa: E402

GONE = 20           # seconds in which something that is due must have gone


class Place:
    number = 0

    def __init__(self, bed, *lines):
        Place.number += 1
        self.bed, self.host = bed, queuebed.Host()
        self.who = bed.person("r%d" % Place.number, "queue always",
                              *self.host.lines_of_account(), *lines)

    def runs(self):
        return self.bed.runners(self.who.uid)

    def arrives(self, subject, words, *notes):
        self.bed.ok(queuebed.until(
            lambda: self.host.subjects().count(subject) == 1 and
            not self.who.ids(), GONE), words, self.host.subjects(),
            self.who.listing(), self.who.log(), *notes)

    def end(self):
        self.bed.ok(self.who.await_idle(30), "nothing of it runs afterwards",
                    self.bed.processes())
        self.host.close()


def shell(who, script, **rest):
    """The program is "$P"; its status."""
    return subprocess.run(
        ["sh", "-c", script], env=dict(who.environment(), P=who.bed.program),
        user=who.uid, group=who.uid, extra_groups=[], check=False,
        cwd=who.bed.home, capture_output=True, text=True, timeout=60, **rest)


# Each is started so; `"$P" TO` stands for the sender.
CIRCUMSTANCES = {
    "without stdout and stderr": 'echo "Subject: x" | "$P" a@b.org >&- 2>&-',
    "with four descriptors too many":
        'exec 3</dev/null 4</dev/null 9</dev/null;'
        'echo "Subject: x" | "$P" a@b.org',
    "with a umask of 0": 'umask 0; echo "Subject: x" | "$P" a@b.org',
    "with a umask of 277": 'umask 277; echo "Subject: x" | "$P" a@b.org',
    "in a folder that is removed":
        'mkdir $HOME/d; cd $HOME/d; rmdir $HOME/d;'
        'echo "Subject: x" | "$P" a@b.org',
    "with SIGCHLD ignored": 'trap "" CHLD; echo "Subject: x" | "$P" a@b.org',
    "with SIGHUP, SIGTERM and SIGPIPE ignored":
        'trap "" HUP TERM PIPE; echo "Subject: x" | "$P" a@b.org',
    "by a name of its own":
        'ln -s "$P" $HOME/sendmail;'
        'echo "Subject: x" | $HOME/sendmail a@b.org',
    "from a program that is removed at once":
        'cp "$P" $HOME/p; { echo "Subject: x"; sleep 0.5; rm $HOME/p; } |'
        ' $HOME/p a@b.org',
    "by a relative name": 'cd "${P%/*}"; echo "Subject: x" | ./postrider'
                          ' a@b.org',
    "with hardly any environment":
        'echo "Subject: x" | env -i HOME="$HOME" '
        'XDG_STATE_HOME="$XDG_STATE_HOME" "$P" a@b.org',
}


def circumstances(bed):
    for name, script in CIRCUMSTANCES.items():
        p = Place(bed)
        ran = shell(p.who, script)
        bed.ok(ran.returncode == 0 and not ran.stdout + ran.stderr,
               name + ": 0, without words", ran)
        p.arrives("x", name + ": it goes", bed.processes())
        modes = {oct(mode) for mode in (
            os.stat(os.path.join(p.who.queue, x)).st_mode & 0o777
            for x in os.listdir(p.who.queue))}
        bed.ok(modes <= {"0o600", "0o700"} and
               os.stat(p.who.queue).st_mode & 0o777 == 0o700,
               name + ": nothing is open to others", modes)
        p.end()


# The sender lives, and no run can: the next one is better off.
POOR = {
    "no process is left": ["prlimit", "--nproc=0"],
    "few descriptors are left": ["prlimit", "--nofile=20"],
    "hardly any memory": ["prlimit", "--as=30000000"],
    "no large file": ["prlimit", "--fsize=100"],
    "no processor time": ["prlimit", "--cpu=1"],
}


def poor(bed):
    for name, wrap in POOR.items():
        p = Place(bed)
        p.who.mail(subject="first")
        queuebed.until(lambda p=p: not p.who.ids(), GONE)
        p.who.await_idle(GONE)
        had = len(p.host.messages)
        ran = p.who.run("-C", p.who.config, queuebed.TO, wrap=wrap,
                        stdin=b"Subject: poor\n\nx\n")
        bed.ok(ran.status in (0, 71, 74, 75) and
               (ran.status == 0) == (not ran.err), name + ": accepted, or "
               "refused with words", ran)
        bed.say("%s: %d %s, %.1f s" % (name, ran.status, ran.err,
                                       ran.seconds))
        begun = time.monotonic()
        p.who.mail(subject="next")
        bed.ok(queuebed.until(lambda p=p: not p.who.ids(), GONE) and
               p.host.subjects()[had:].count("next") == 1 and
               p.host.subjects()[had:].count("poor") == (ran.status == 0),
               name + ": nothing is lost", p.host.subjects(),
               p.who.listing())
        bed.say("%.1f s later" % (time.monotonic() - begun))
        p.end()


def no_proc(bed):
    """In a chroot where nobody has mounted it: no run can start."""
    p = Place(bed)
    who = p.who
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec "
         "setpriv --reuid=%d --regid=%d --clear-groups \"$P\" a@b.org"
         % (who.uid, who.uid)], env=dict(who.environment(), P=bed.program),
        check=False, cwd=bed.home, capture_output=True, text=True,
        input="Subject: hidden\n\nx\n", timeout=60)
    bed.ok(ran.returncode == 0 and not ran.stderr and len(who.ids()) == 1,
           "without /proc mail is queued", ran)
    who.mail(subject="next")
    p.arrives("hidden", "and the next run takes it")
    p.end()


def orphans(bed):
    """The run dies while its worker hangs at a server: the next one starts."""
    p = Place(bed, "timeout 30")
    other = queuebed.Host()
    p.who.file(".postriderrc", p.who.account(
        "queue always", "timeout 30", *p.host.lines_of_account()) +
        p.who.account("queue always", *other.lines_of_account(),
                      label="other"))
    p.host.mood = "silent"
    p.who.mail(subject="hangs")
    queuebed.until(lambda: p.host.accepted and len(p.runs()) == 2, 5)
    heads = [x for x in p.runs() if parent(x) not in p.runs()]
    bed.equal(len(heads), 1, "a run and its worker", p.runs())
    for pid in heads:
        os.kill(pid, signal.SIGKILL)
    p.who.mail("-a", "other", subject="passes")
    bed.ok(queuebed.until(lambda: other.subjects() == ["passes"], 5),
           "a worker that has lost its run keeps no other from starting",
           p.who.listing(), p.runs())
    p.host.mood = ""
    p.host.down()
    p.host.up()
    queuebed.until(lambda: p.who.items()[0]["attempts"] > 0, 10)
    p.who.run("flush", "--now")
    p.arrives("hangs", "what it was at goes after all")
    other.close()
    p.end()


def parent(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def no_inotify(bed):
    """All instances of this user are taken: the run sees new mail late."""
    if "FULL" not in os.environ:
        return      # it is a minute
    p = Place(bed)
    hog = subprocess.Popen(
        ["/usr/bin/python3", "-c", "import ctypes, os, time\n"
         "c = ctypes.CDLL(None)\n"
         "while c.inotify_init() >= 0: pass\n"
         "print(flush=True)\ntime.sleep(1000)"], user=p.who.uid,
        group=p.who.uid, extra_groups=[], stdout=subprocess.PIPE)
    hog.stdout.readline()
    try:
        p.host.mood = "421"
        p.who.mail(subject="one")
        time.sleep(1)
        p.host.mood = ""
        ran = p.who.run("flush", "--now")
        bed.ok(ran.status == 0, "without inotify: flush is heard", ran)
        bed.ok(queuebed.until(lambda: "one" in p.host.subjects(), 70),
               "without inotify: it goes", p.who.listing())
    finally:
        hog.kill()
        hog.wait()
    p.end()


def folder_removed(bed):
    p = Place(bed)
    p.host.mood = "421"
    p.who.mail(subject="one")
    bed.ok(queuebed.until(lambda: len(p.runs()) == 1, 5), "a run waits",
           bed.processes())
    shutil.move(p.who.queue, p.who.queue + ".gone")
    for _ in range(5):      # the run may be writing there
        shutil.rmtree(p.who.queue + ".gone", ignore_errors=True)
    bed.ok(p.who.await_idle(75), "a run whose folder is removed ends",
           bed.processes())
    p.host.mood = ""
    ran = p.who.mail(subject="two")
    bed.ok(ran.status == 0, "and a new folder is made", ran)
    p.arrives("two", "where mail goes again")
    p.end()


def signals(bed):
    """A run that is asked to end does so, and loses nothing."""
    for which in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        p = Place(bed)
        p.host.mood = "421"
        p.who.mail(subject="one")
        queuebed.until(lambda p=p: p.host.accepted and len(p.runs()) == 1, 5)
        for pid in p.runs():
            os.kill(pid, which)
        ended = p.who.await_idle(3)
        bed.say("%s: the run %s" % (which.name,
                                    "ends" if ended else "goes on"))
        p.host.mood = ""
        p.who.mail(subject="two")
        p.who.run("flush", "--now")
        p.arrives("one", which.name + ": nothing is lost")
        p.end()


def newcomers(bed):
    """A run that waits takes what comes, and a hung server stops no other."""
    p = Place(bed, "timeout 30")
    other = queuebed.Host()
    text = p.who.account("queue always", *p.host.lines_of_account()) + \
        p.who.account("queue always", *other.lines_of_account(),
                      label="other")
    p.who.file(".postriderrc", text)
    p.host.mood = "silent"
    p.who.mail(subject="hangs")
    queuebed.until(lambda: p.host.accepted, 5)
    begun = time.monotonic()
    p.who.mail("-a", "other", subject="passes")
    bed.ok(queuebed.until(lambda: other.subjects() == ["passes"], 5),
           "a server that hangs stops no other account", p.who.listing())
    bed.say("it went %.2f s after it came" % (time.monotonic() - begun))
    bed.equal(len({os.stat("/proc/%d" % x).st_uid for x in p.runs()}), 1,
              "by the run that was there")
    for pid in list(p.runs()):
        os.kill(pid, signal.SIGKILL)
    p.who.await_idle(5)
    p.host.mood = ""
    p.who.run("flush", "--now")
    p.arrives("hangs", "what hung goes after all")
    other.close()
    p.end()


def main(words):
    if not netns.is_inside():
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    with queuebed.Bed("runner") as bed:
        for case in (circumstances, poor, no_proc, no_inotify, orphans,
                     folder_removed, signals, newcomers):
            if not words or any(w in case.__name__ for w in words):
                bed.case(case, bed)
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
