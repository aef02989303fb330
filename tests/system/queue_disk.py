#!/usr/bin/env python3
"""No room, no quota, a queue that cannot be written, no home: the caller gets
the right status and one clear line, and what was in the queue is untouched,
byte by byte.  And file systems that lack what the queue likes to have.

Real ones: small tmpfs, read-only mounts, btrfs with a quota group, FUSE without
O_TMPFILE, exFAT without hard links.

Run as root, from the folder that holds the program, in a network namespace of
its own.  CLIENT is the program.
"""
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import netns        # noqa: E402
import queuebed     # noqa: E402

PAGE = 4096
LETTER = b"Subject: %s\n\n" + b"a line of some length, as letters have them\n"


def letter(subject, octets=0):
    text = LETTER % subject.encode()
    return text + (b"y" * 69 + b"\n") * (octets // 70)


class Place:
    """A person whose queue is in a place with a fault."""

    number = 0

    def __init__(self, bed, name, *lines):
        Place.number += 1
        self.bed, self.name = bed, name
        self.host = queuebed.Host()
        self.who = bed.person("d%d" % Place.number)
        self.lines = ["queue_runner none", *self.host.lines_of_account(),
                      *lines]
        self.configure()

    def configure(self, *lines):
        said = {x.split(" ")[0] for x in lines}
        self.who.configure(*[x for x in self.lines
                             if x.split(" ")[0] not in said], *lines)

    def queue_at(self, path):
        """queue_dir, below a folder of that person's."""
        os.makedirs(path, exist_ok=True)
        os.chown(path, self.who.uid, self.who.uid)
        self.who.queue = os.path.join(path, "queue")
        self.lines.append("queue_dir " + self.who.queue)
        self.configure()

    def ok(self, good, words, *notes):
        return self.bed.ok(good, "%s: %s" % (self.name, words), *notes)

    def equal(self, got, want, words, *notes):
        return self.bed.equal(got, want, "%s: %s" % (self.name, words), *notes)

    def send(self, *args, subject="x", octets=0, **rest):
        return self.who.run(*args, queuebed.TO,
                            stdin=letter(subject, octets), **rest)

    def refused(self, ran, status, pattern, words):
        """That status, one line that says why and what became of the mail."""
        text = ran.err.replace("\n", " ")
        good = ran.status == status and re.search(pattern, text) and \
            re.search(r"not (sent|kept|accepted|queued)", text) and not ran.out
        self.ok(good, "%s: %d and words" % (words, status),
                "wanted %d, %s" % (status, pattern), ran)
        self.bed.say(ran.err.rstrip())

    def unharmed(self, before, words):
        after = self.who.mails()
        self.ok(before == after, "%s: the queue is as it was, byte by byte"
                % words, sorted(before), sorted(after),
                [n for n in before if before[n] != after.get(n)])

    def tidy(self, words):
        """Nothing that is no mail is left either."""
        left = [x for x in self.who.snapshot_mail_left()
                if not x.endswith((".msg", ".env"))]
        pairs = {x[:-4] for x in self.who.mails() if x.endswith(".msg")} ^ \
            {x[:-4] for x in self.who.mails() if x.endswith(".env")}
        self.ok(not left and not pairs, words + ": nothing half is left",
                left, pairs)

    def drained(self, count, words):
        had = len(self.host.messages)
        ran = self.who.run("flush", "--now")
        got = [s for s in self.host.subjects()[had:]]
        self.ok(len(got) == count == len(set(got)) and not self.who.ids(),
                "%s: all %d go, each once" % (words, count), len(got), ran,
                self.who.listing()[:1000])

    def end(self):
        self.host.close()


# --- a small disk ------------------------------------------------------------
def fill(path, leave):
    """All of the room but so many pages; the filler's path."""
    st = os.statvfs(path)
    filler = os.path.join(path, "filler")
    with open(filler, "wb") as f:
        f.write(b"\0" * max(0, (st.f_bavail - leave) * st.f_bsize))
    return filler


def small_disk(bed):
    p = Place(bed, "a full disk", "queue always")
    disk = bed.path("small")
    os.makedirs(disk)
    bed.mount("-t", "tmpfs", "-o", "size=512k,mode=755", "none", disk)
    p.queue_at(disk)
    accepted, ran = 0, None
    for number in range(200):
        before = p.who.mails()
        ran = p.send(subject="n%d" % number, octets=5000)
        if ran.status != 0:
            break
        accepted += 1
    p.refused(ran, 75, "room|space", "after %d messages" % accepted)
    p.unharmed(before, "full")
    p.tidy("full")
    ran = p.send(subject="large", octets=2000000)
    p.refused(ran, 75, "room|space", "2 MB")
    p.unharmed(before, "too large")
    # Without a page, with one, and so on, until there is room again.
    os.remove(os.path.join(p.who.queue, p.who.ids()[0] + ".msg"))
    os.remove(os.path.join(p.who.queue, p.who.ids()[0] + ".env"))
    accepted -= 1
    seen = set()
    for leave in range(12):
        filler = fill(disk, leave)
        before = p.who.mails()
        ran = p.send(subject="page%d" % leave)
        seen.add(ran.status)
        good = ran.status in (0, 75)
        after = p.who.mails()
        if ran.status == 0:
            accepted += 1
            good = len(after) == len(before) + 2
        same = all(after.get(n) == x for n, x in before.items())
        p.ok(good and same and (ran.status == 0 or before == after),
             "%d pages left: whole or not at all" % leave, ran, sorted(after))
        os.remove(filler)
    p.equal(seen, {0, 75}, "both were seen")
    p.tidy("pages")
    fill(disk, 0)
    p.drained(accepted, "delivered on a full disk")
    p.end()


def progress_on_full_disk(bed):
    """One recipient of two has it, and the disk cannot record it."""
    p = Place(bed, "no room for progress", "queue always")
    disk = bed.path("progress")
    os.makedirs(disk)
    bed.mount("-t", "tmpfs", "-o", "size=256k,mode=755", "none", disk)
    p.queue_at(disk)
    p.host.rcpt = {"later": "450 4.2.1 the mailbox is busy"}
    p.who.mail(subject="two", to="good@example.com,later@example.com")
    before = p.who.mails()
    filler = fill(disk, 0)
    ran = p.who.run("flush", "--now")
    after = p.who.mails()
    p.ok(len(after) == 2 and len(p.host.messages) == 1,
         "the message is still there", ran, sorted(after))
    p.ok(re.search("room|space", ran.err + "".join(p.who.log())),
         "it is said", ran, p.who.log())
    p.ok([n for n in before if n.endswith(".msg")] ==
         [n for n in after if n.endswith(".msg")], "under the same ID")
    os.remove(filler)
    p.host.rcpt = {}
    p.who.run("flush", "--now")
    to = sorted(r for m in p.host.messages for r in m.recipients)
    p.ok("later@example.com" in to and not p.who.ids(), "the rest goes", to)
    log = "".join(p.who.log())
    p.ok(to.count("good@example.com") == 1 or "uncertain" in log,
         "who got it twice was told of", to, log)
    p.end()


def no_inodes(bed):
    p = Place(bed, "no inodes", "queue always")
    disk = bed.path("inodes")
    os.makedirs(disk)
    bed.mount("-t", "tmpfs", "-o", "size=4m,nr_inodes=20,mode=755", "none",
              disk)
    p.queue_at(disk)
    ran, accepted = None, 0
    for number in range(20):
        before = p.who.mails()
        ran = p.send(subject="i%d" % number)
        if ran.status != 0:
            break
        accepted += 1
    p.refused(ran, 75, "room|space", "after %d messages" % accepted)
    p.unharmed(before, "full")
    p.tidy("full")
    p.drained(accepted, "delivered without an inode")
    p.end()


# --- a queue that cannot be written ------------------------------------------
def read_only(bed):
    p = Place(bed, "read-only")
    disk = bed.path("fixed")
    os.makedirs(disk)
    bed.mount("-t", "tmpfs", "-o", "size=4m,mode=755", "none", disk)
    p.queue_at(disk)
    p.send(subject="trust")
    p.configure("queue always")
    p.send(subject="kept")
    had = len(p.host.messages)
    before = p.who.mails()
    bed.mount("-o", "remount,ro", disk)
    bed.mounts.pop()
    ran = p.send(subject="always")
    p.refused(ran, 74, "[Rr]ead-only", "queue always")
    p.configure()
    ran = p.send(subject="direct")
    p.ok(ran.status == 0 and p.host.subjects()[had:] == ["direct"],
         "with a server that is up mail goes all the same", ran)
    p.host.down()
    ran = p.send(subject="nowhere")
    p.refused(ran, 74, "[Rr]ead-only", "a server that is down")
    p.host.up()
    ran = p.who.run("queue")
    p.ok(ran.status == 0 and before and
         p.who.ids()[0] in ran.out, "it can be listed", ran)
    for verb in ("hold", "release", "remove --yes"):
        words = verb.split(" ")
        ran = p.who.run("queue", *words, p.who.ids()[0])
        p.ok(ran.status == 74 and "ead-only" in ran.err, verb + " says why",
             ran)
    ran = p.who.run("flush", "--now")
    p.ok(ran.status == 74 and "ead-only" in ran.err, "so does flush", ran)
    p.equal(p.host.subjects()[had:], ["direct"],
            "and sends nothing that it could not forget afterwards")
    p.unharmed(before, "read-only")
    bed.mount("-o", "remount,rw", disk)
    bed.mounts.pop()
    p.drained(1, "writable again")
    p.end()


def quota(bed):
    p = Place(bed, "quota", "queue always")
    image, disk = bed.path("image"), bed.path("btrfs")
    os.makedirs(disk)
    with open(image, "wb") as f:
        f.truncate(128 << 20)
    subprocess.run(["mkfs.btrfs", "-q", "-M", image], check=True,
                   stdout=subprocess.DEVNULL)
    bed.mount("-o", "loop", image, disk)
    for words in (["quota", "enable", disk],
                  ["subvolume", "create", disk + "/v"],
                  ["qgroup", "limit", "2M", disk + "/v"]):
        subprocess.run(["btrfs", *words], check=True,
                       stdout=subprocess.DEVNULL)
    p.queue_at(disk + "/v")
    ran, accepted = None, 0
    for number in range(400):
        before = p.who.mails()
        ran = p.send(subject="q%d" % number, octets=100000)
        if ran.status != 0:
            break
        accepted += 1
    p.refused(ran, 75, "[Qq]uota", "after %d messages" % accepted)
    p.unharmed(before, "over quota")
    p.tidy("over quota")
    ran = p.who.run("flush", "--now")
    bed.say("flush over quota: %d, %s" % (ran.status, ran.err.rstrip()))
    subprocess.run(["btrfs", "qgroup", "limit", "none", disk + "/v"],
                   check=True)
    p.who.run("flush", "--now")
    got = p.host.subjects()
    p.ok(len(got) == len(set(got)) == accepted and not p.who.ids(),
         "all arrive, once", got, accepted)
    p.end()


def file_size_limit(bed):
    p = Place(bed, "a limit of file sizes", "queue always")
    p.send(subject="kept")
    before = p.who.mails()
    ran = p.send(subject="large", octets=200000,
                 wrap=["prlimit", "--fsize=65536"])
    p.refused(ran, 74, "File too large", "EFBIG, and no signal")
    p.unharmed(before, "too large")
    p.tidy("too large")
    ran = p.send(subject="small", wrap=["prlimit", "--fsize=65536"])
    p.ok(ran.status == 0 and len(p.who.ids()) == 2, "a small one fits", ran)
    p.end()


def max_size(bed):
    p = Place(bed, "queue_max_size", "queue always", "queue_max_size 100K")
    ran, accepted = None, 0
    for number in range(100):
        before = p.who.mails()
        ran = p.send(subject="m%d" % number, octets=9000)
        if ran.status != 0:
            break
        accepted += 1
    p.ok(9 <= accepted <= 11, "100 K hold ten of 9 K", accepted)
    p.refused(ran, 75, "queue_max_size", "then")
    p.unharmed(before, "full")
    p.drained(accepted, "delivered")
    ran = p.send(subject="huge", octets=200000)
    p.refused(ran, 75, "queue_max_size", "one that is larger than all")
    ran = p.send(subject="after")
    p.ok(ran.status == 0 and len(p.who.ids()) == 1,
         "once it is empty there is room", ran)
    p.end()


def failed_make_room(bed):
    p = Place(bed, "failed mail", "queue_max_size 100K")
    p.send(subject="trust")
    p.host.verdict = "550 5.7.1 no"
    for number in range(14):
        p.send(subject="bad%d" % number, octets=9000)
    p.host.verdict = ""
    p.configure("queue always")
    ran, accepted = None, 0
    for number in range(9):
        ran = p.send(subject="new%d" % number, octets=9000)
        accepted += ran.status == 0
    p.equal(accepted, 9, "does not keep new mail out", ran,
            p.who.listing())
    p.who.run("flush")
    size = sum(len(x[2]) for x in p.who.mails().values())
    p.ok(0 < size <= 12000 + 4096 and
         all(x["state"] == "failed" for x in p.who.items()),
         "takes a tenth", size, p.who.listing())
    p.end()


# --- no home -----------------------------------------------------------------
def no_home(bed):
    p = Place(bed, "no home")
    who = p.who
    who.listed = False
    config = bed.path("service.conf")
    shutil.copy(who.config, config)
    os.chown(config, who.uid, who.uid)
    with open(config, encoding="utf-8") as f:
        text = re.sub(r"(?m)^logfile .*\n", "", f.read())
    with open(config, "w", encoding="utf-8") as f:
        f.write(text)
    before = sorted(os.listdir("/var/tmp"))
    bed.passwd("service:x:%d:%d::/nonexistent:/usr/sbin/nologin"
               % (who.uid, who.uid))
    homes = {"a folder that is not there": "/nonexistent",
             "a folder of root's": bed.home, "no $HOME": None, "/": "/"}
    for name, home in homes.items():
        who.env = {"HOME": home, "XDG_STATE_HOME": None}
        had = len(p.host.messages)
        ran = p.send("-C", config, subject=name)
        p.ok(ran.status == 0 and not ran.err and
             p.host.subjects()[had:] == [name], name + ": mail goes", ran)
        p.host.mood = "421"
        ran = p.send("-C", config, subject=name)
        p.refused(ran, 75, "home|HOME", name + ": what cannot go")
        p.host.mood = ""
    p.equal(sorted(os.listdir("/var/tmp")), before, "/var/tmp is as it was")
    ran = p.send("-C", config, "--queue=always", subject="always")
    p.refused(ran, 75, "home|HOME", "queue always")
    p.end()


def parents_are_made(bed):
    p = Place(bed, "a new home", "queue always")
    p.who.env = {"XDG_STATE_HOME": None}
    ran = p.send()
    modes = []
    for name in (".local", ".local/state", ".local/state/postrider",
                 ".local/state/postrider/queue"):
        st = os.stat(os.path.join(p.who.home, name))
        modes.append((oct(st.st_mode & 0o7777), st.st_uid))
    p.equal(modes, [("0o700", p.who.uid)] * 4, "the parents are made, 0700",
            ran)
    p.end()


# --- other file systems ------------------------------------------------------
def without_tmpfile(bed):
    p = Place(bed, "no O_TMPFILE", "queue always")
    source, disk = bed.path("source"), bed.path("fuse")
    os.makedirs(source)
    os.makedirs(disk)
    os.chown(source, p.who.uid, p.who.uid)
    subprocess.run(["bindfs", "-o", "allow_other", source, disk], check=True)
    bed.mounts.append(disk)
    p.queue_at(disk)
    try:
        os.close(os.open(disk, os.O_TMPFILE | os.O_RDWR))
        p.ok(False, "bindfs has learnt O_TMPFILE: find another one")
    except OSError:
        pass
    sent = [p.send(subject="f%d" % n, octets=5000 * n).status
            for n in range(5)]
    p.equal(sent, [0] * 5, "mail is queued all the same", p.send())
    p.tidy("queued")
    p.drained(6, "delivered")
    leave = p.who.snapshot_mail_left()
    p.ok(not leave, "nothing is left", leave)
    # A sender that dies in the middle leaves a name that a run tidies.
    child = p.who.popen(queuebed.TO, stdin=subprocess.PIPE)
    child.stdin.write(letter("dies", 300000))
    child.stdin.flush()
    queuebed.until(lambda: p.who.snapshot_mail_left(), 5)
    held = p.who.snapshot_mail_left()
    child.kill()
    child.wait()
    child.stdin.close()
    p.who.run("flush", "--now")
    p.ok(held and not p.who.snapshot_mail_left(),
         "what a dead sender leaves is tidied", held,
         p.who.snapshot_mail_left())
    p.end()


def without_links(bed):
    p = Place(bed, "no hard links")
    image, disk = bed.path("exfat.img"), bed.path("exfat")
    os.makedirs(disk)
    with open(image, "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["mkfs.exfat", image], check=True,
                   stdout=subprocess.DEVNULL)
    loop = subprocess.run(["losetup", "-f", "--show", image], check=True,
                          capture_output=True, text=True).stdout.strip()
    options = "allow_other,uid=%d,gid=%d,dmask=077,fmask=177" % (
        p.who.uid, p.who.uid)
    try:
        subprocess.run(["mount.exfat-fuse", "-o", options, loop, disk],
                       check=True, stdout=subprocess.DEVNULL)
        bed.mounts.append(disk)
        p.who.queue = os.path.join(disk, "queue")
        p.lines.append("queue_dir " + p.who.queue)
        p.configure("queue always")
        ran = p.send(subject="kept?")
        p.refused(ran, 74, "link", "it is said")
        p.ok(not p.who.snapshot_mail_left(), "nothing is left",
             p.who.snapshot_mail_left())
        p.configure()
        ran = p.send(subject="direct")
        p.ok(ran.status == 0 and p.host.subjects() == ["direct"],
             "mail that can go does", ran)
    finally:
        if disk in bed.mounts:
            bed.unmount(disk)
        subprocess.run(["losetup", "-d", loop], check=False)
    p.end()


def main(words):
    if not netns.is_inside():
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    with queuebed.Bed("disk") as bed:
        for case in (small_disk, progress_on_full_disk, no_inodes, read_only,
                     quota, file_size_limit, max_size, failed_make_room,
                     no_home, parents_are_made, without_tmpfile,
                     without_links):
            if not words or any(w in case.__name__ for w in words):
                bed.case(case, bed)
    return 1 if bed.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
