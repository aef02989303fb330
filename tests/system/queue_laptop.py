#!/usr/bin/env python3
"""A machine whose network comes and goes, without root, timer or cron.

Mail that somebody sends while the interface is down goes out by itself within
LIMIT seconds after it is up; one run did it, and it ends.  Then what cron sends
as root on such a machine.

Run as root, from the folder that holds the program, in a network namespace of
its own, which is the world; the laptop is another one.  CLIENT is the program.
"""
import os
import re
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import netns        # noqa: E402
import queuebed     # noqa: E402

LIMIT = 90
SOON = 10           # what is expected of netlink
WORLD, LAPTOP = "10.9.8.1", "10.9.8.2"


class Laptop:
    """A network namespace that a cable leads to; held by a process."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "echo; exec sleep 10000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.pid = self.holder.pid
        netns.sh("ip", "link", "add", "world", "type", "veth", "peer", "name",
                 "eth0", "netns", str(self.pid))
        netns.sh("ip", "addr", "add", WORLD + "/24", "dev", "world")
        netns.sh("ip", "link", "set", "world", "up")
        self.sh("link", "set", "lo", "up")

    def sh(self, *words):
        netns.sh("nsenter", "--net=/proc/%d/ns/net" % self.pid, "ip", *words)

    def up(self):
        """As whoever manages networks does it: link, address, route."""
        self.sh("link", "set", "eth0", "up")
        self.sh("addr", "add", LAPTOP + "/24", "dev", "eth0")
        self.sh("route", "add", "default", "via", WORLD)

    def down(self):
        self.sh("addr", "flush", "dev", "eth0")
        self.sh("link", "set", "eth0", "down")

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Watch(threading.Thread):
    """All runs that are ever seen: those whose parent is no run."""

    def __init__(self, bed):
        super().__init__(daemon=True)
        self.bed, self.seen, self.most = bed, set(), 0
        self.stop = threading.Event()

    def run(self):
        while not self.stop.wait(0.01):
            now = self.bed.runners()
            heads = {pid for pid in now if parent(pid) not in now}
            self.seen |= heads
            self.most = max(self.most, len(heads))

    def end(self):
        self.stop.set()
        self.join()
        return self.seen


def parent(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def processor_seconds(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def traced(who, number):
    """One message; what its process and its children start is written down.

    strace is none of them: it stays as long as they do, with a log for each.
    """
    log = os.path.join(who.home, "trace%d" % number)
    with open(os.path.join(who.home, "said"), "w+b") as said:
        child = who.popen(
            "bob@example.com", wrap=["strace", "-D", "-ff", "-qq", "-o", log,
                                     "-e", "trace=execve"],
            stdin=subprocess.PIPE, stdout=said, stderr=said)
        begun = time.monotonic()
        child.stdin.write(b"Subject: %d\n\nbody\n" % number)
        child.stdin.close()
        child.stdin = None
        child.wait()
        took = time.monotonic() - begun
        said.seek(0)
        return child.returncode, said.read(), took


def runs_started(who):
    """How often a sender, or a child of one, started another program.

    Which one, strace cannot read: a sender that has a password has made
    itself unreadable to its own user.
    """
    count = 0
    for name in os.listdir(who.home):
        if name.startswith("trace"):
            with open(os.path.join(who.home, name), encoding="utf-8",
                      errors="replace") as f:
                text = f.read()
            count += text.count("execve(") - text.count("bob@example.com")
    return count


# --- the parts ---------------------------------------------------------------
def ordinary_user(bed, laptop, host):
    ok, alice = bed.ok, bed.people["alice"]
    watch = Watch(bed)
    watch.start()
    said = [traced(alice, n) for n in range(1, 4)]
    ok(all(s[:2] == (0, b"") for s in said),
       "without a network three messages are accepted, without a word", said)
    ok(max(s[2] for s in said) < 10, "and the sender does not wait", said)
    items = alice.items()
    ok([x["state"] for x in items] == ["waiting"] * 3, "all of them wait",
       items)
    bed.say(alice.listing())
    queuebed.until(lambda: len(bed.runners()) == 1, 5)
    runner = list(bed.runners())
    ok(len(runner) == 1, "one run waits with them", bed.processes())
    time.sleep(3)
    ok(bed.runners() and processor_seconds(runner[0]) < 0.5,
       "it sleeps", runner and processor_seconds(runner[0]))
    ok(host.accepted == 0, "nobody was reached")
    laptop.up()
    begun = time.monotonic()
    gone = alice.await_empty(LIMIT)
    took = time.monotonic() - begun
    bed.say("the network was up; %.1f s later all had gone" % took)
    ok(gone and sorted(host.subjects()) == ["1", "2", "3"],
       "within %d s all go out by themselves" % LIMIT, host.subjects())
    ok(took < SOON, "at once, in fact", took)
    ok(alice.await_idle(30), "the run ends", bed.processes())
    bed.say("%.1f s later nothing of us ran" % (time.monotonic() - begun))
    bed.equal((runs_started(alice), len(watch.end()), watch.most), (1, 1, 1),
              "one run was ever started: by strace, by /proc")
    log = alice.log()
    ok(sum("queue=sent" in x for x in log) == 3, "the log has three sent", log)
    ok(host.accepted <= 2, "over one connection or two", host.accepted)


def again_and_again(bed, laptop, host):
    """It goes down in between: the run of the second time is another one."""
    alice, had = bed.people["alice"], len(host.messages)
    laptop.down()
    ran = alice.mail("-v", subject="again")
    bed.ok(ran.status == 0 and len(alice.ids()) == 1 and
           re.search("queued as [A-Z0-9]+: .*next try in", ran.err),
           "down again: it waits, and -v says so", ran)
    bed.say(ran.err.rstrip())
    laptop.up()
    bed.ok(alice.await_empty(LIMIT) and host.subjects()[had:] == ["again"],
           "up again: it goes", host.subjects())
    bed.ok(alice.await_idle(30), "and that run ends, too", bed.processes())


def two_people(bed, laptop, host):
    """Each has a run; neither can look into the other's queue."""
    alice, bob, had = bed.people["alice"], bed.people["bob"], \
        len(host.messages)
    laptop.down()
    ran = [alice.mail(subject="of alice"), bob.mail(subject="of bob")]
    bed.ok([x.status for x in ran] == [0, 0], "two people without a network",
           ran)
    queuebed.until(lambda: bed.runners(alice.uid) and bed.runners(bob.uid), 5)
    bed.equal([len(bed.runners(x.uid)) for x in (alice, bob)], [1, 1],
              "each has a run")
    ran = bob.run("queue", "--queue-dir", alice.queue)
    bed.ok(ran.status != 0 and "of alice" not in ran.out + ran.err,
           "neither sees the other's queue", ran)
    bed.say(ran.err)
    for pid in bed.runners(alice.uid):
        os.kill(pid, 9)
    laptop.up()
    bed.ok(bob.await_empty(LIMIT) and "of bob" in host.subjects()[had:],
           "the death of one does not disturb the other", host.subjects())
    bed.ok(len(alice.ids()) == 1, "the other's mail waits for the next run")
    alice.mail(subject="next")
    bed.ok(alice.await_empty(30) and
           sorted(host.subjects()[had:]) == ["next", "of alice", "of bob"],
           "which the next message starts", host.subjects()[had:],
           alice.listing())
    bed.ok(alice.await_idle(30) and bob.await_idle(30), "all runs end",
           bed.processes())


def cron(bed, laptop, host):
    """What cron says as root, where it says it, on a machine just booted."""
    root = bed.people["root"]
    laptop.down()
    had = len(host.messages)
    sendmail = bed.path("sendmail")
    os.symlink(bed.program, sendmail)
    letter = (b"From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@lap> "
              b"run-parts\nContent-Type: text/plain; charset=UTF-8\n"
              b"Auto-Submitted: auto-generated\nX-Cron-Env: <SHELL=/bin/sh>\n"
              b"\n/etc/cron.daily/x:\nit failed\n")
    ran = root.run("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root",
                   stdin=letter, program=sendmail)
    bed.ok(ran.status == 0 and not ran.out + ran.err,
           "cron's mail is accepted without a word", ran)
    st = os.stat(root.queue) if os.path.isdir(root.queue) else None
    bed.ok(st and st.st_mode & 0o7777 == 0o700 and len(root.ids()) == 1,
           "root's queue is the system's", st, ran)
    ran = root.run("-bp", program=sendmail)
    bed.ok(ran.status == 0 and "admin@example.com" in ran.out, "mailq shows it",
           ran)
    bed.say(ran.out)
    laptop.up()
    bed.ok(root.await_empty(LIMIT) and len(host.messages) == had + 1,
           "it goes by itself", root.listing())
    bed.ok(host.messages[-1].recipients == ["admin@example.com"],
           "to whom the system's file names", host.messages[-1])
    bed.ok(root.await_idle(30), "and the run ends", bed.processes())


def system_folders(bed, lines):
    """The system's file and root's queue in a /usr/local of our own."""
    text = subprocess.run([bed.program, "--version"], check=False,
                          capture_output=True, text=True).stdout
    found = re.search(r"^System configuration.*?: *(/\S+)/etc/", text, re.M)
    prefix = found[1] if found else "/usr/local"
    if prefix == "/usr":
        return None
    bed.mount("-t", "tmpfs", "-o", "mode=755", "none", prefix)
    os.makedirs(prefix + "/etc")
    os.makedirs(prefix + "/var")
    path = prefix + "/etc/postrider.conf"
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    os.chmod(path, 0o600)
    return prefix + "/var/spool/postrider"


def people(bed, host, laptop):
    lines = host.lines_of_account("smtp.test")
    for name in ("alice", "bob"):
        bed.person(name, *lines)
    root = bed.person("root", uid=0)
    root.env = {"XDG_STATE_HOME": None}
    queue = system_folders(
        bed, ["account default", "from cron@example.org", "syslog off",
              "timeout 5", "local_recipient admin@example.com",
              "queue fallback", *lines])
    root.queue = queue or root.queue
    for one in bed.people.values():
        one.inside = laptop.pid
    bed.passwd()


def names_come_later(bed, laptop, host):
    """DHCP is slow: the address is there, and the name server is not yet."""
    alice, had = bed.people["alice"], len(host.messages)
    path = bed.path("resolv.conf")
    laptop.down()
    netns.resolv(path, "nameserver 127.0.0.1", "options timeout:1 attempts:1")
    alice.mail(subject="late")
    laptop.up()
    begun = time.monotonic()
    time.sleep(8)
    netns.resolv(path, "nameserver " + WORLD)
    bed.ok(alice.await_empty(LIMIT) and host.subjects()[had:] == ["late"],
           "where the name server comes 8 s later it goes", alice.listing())
    bed.say("%.1f s after the address" % (time.monotonic() - begun))
    bed.ok(time.monotonic() - begun < LIMIT, "within %d s, too" % LIMIT)
    alice.await_idle(30)


CASES = (ordinary_user, again_and_again, two_people, cron) + \
    ((names_come_later,) if "FULL" in os.environ else ())


def main(words):
    if not netns.is_inside():
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    with queuebed.Bed("laptop") as bed:
        laptop = Laptop()
        netns.resolv(bed.path("resolv.conf"), "nameserver " + WORLD)
        names = netns.NameServer(bed.home, "listen-address=" + WORLD,
                                 "host-record=smtp.test," + WORLD)
        names.start()
        try:
            host = queuebed.Host(bed.certs, "implicit", address=WORLD)
            people(bed, host, laptop)
            for case in CASES:
                if not words or any(w in case.__name__ for w in words):
                    bed.case(case, bed, laptop, host)
        finally:
            names.stop()
            laptop.close()
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
