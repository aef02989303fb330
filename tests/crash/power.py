#!/usr/bin/env python3
"""The power fails at any time: what is then on the disk?

A small program enters a message, changes it and removes it while strace notes
what it does to files.  From that every state is made that a disk may be in
after a power failure behind each of its calls, by two rules:

  bare  of what was not synced since, any part may be there, in each file and
        each folder by itself: POSIX promises no more
  ext4  names appear in the order in which they were given, and each fsync
        takes along all that came before it; data are there when their own
        file was synced, before that any part of them (delayed allocation)

The states that differ are made real, a run tidies them (spooler examine), and
what it finds must be what may be found: before the message is accepted it is
whole, or nothing of it is sent; afterwards it is whole, always; a change is
there or not, and once it was reported it is; what was removed stays so.

That the test sees anything: it is run again without each fsync in turn, and
must find fault each time."""
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SPOOLER = os.path.abspath("tests/crash/spooler")
CALLS = ("openat,open,creat,mkdir,mkdirat,link,linkat,symlink,symlinkat,"
         "unlink,unlinkat,rmdir,rename,renameat,renameat2,write,writev,"
         "pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,"
         "fdatasync,sync,syncfs,sync_file_range,msync,close,dup,dup2,dup3,"
         "fcntl,sendfile,copy_file_range,io_uring_setup")
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
STRING = re.compile(r'^"((?:\\x[0-9a-f]{2})*)"')
MARKS = (b"accepted", b"changed", b"removed", b"refused")


class Trace:
    """What a program did to the files below base, as events:

      ("dir", folder, operation)   ("add", name, inode) ("del", name)
                                   ("move", from, to, inode)
      ("data", file, operation)    ("write", offset, bytes) ("cut", length)
      ("sync", inode)              ("mark", word)"""

    def __init__(self, base, lines):
        self.base = base
        self.names = {0: {}}  # folders: inode -> {name: inode}
        self.sizes = {}
        self.fds = {}
        self.offsets = {}
        self.events = []
        for line in lines:
            self.read(line)

    def read(self, line):
        found = LINE.match(line)
        if not found:
            return
        call, args, result = found.groups()
        if int(result) >= 0:
            getattr(self, "do_" + call)(self.split(args), int(result))

    @staticmethod
    def split(args):
        out = []
        while args:
            found = STRING.match(args)
            if found:
                out.append(bytes.fromhex(found.group(1).replace("\\x", "")))
                args = args[found.end():].lstrip(", ")
            else:
                word, _, args = args.partition(", ")
                out.append(word)
        return out

    def folder(self, fd):
        return None if fd == "AT_FDCWD" else self.fds.get(int(fd))

    def place(self, at, path):
        """(folder, name) of a path; (None, None): not below base."""
        path = os.fsdecode(path)
        if path.startswith("/"):
            if path.rstrip("/") == self.base:
                return 0, "."
            if not path.startswith(self.base + "/"):
                return None, None
            at, path = 0, path[len(self.base) + 1:]
        parts = [p for p in path.split("/") if p not in ("", ".")]
        for part in parts[:-1]:
            at = self.names[at][part]
        return at, parts[-1] if parts else "."

    def inode(self, folder):
        number = 1 + len(self.names) + len(self.sizes)
        if folder:
            self.names[number] = {}
        else:
            self.sizes[number] = 0
        return number

    def add(self, folder, name, inode):
        self.names[folder][name] = inode
        self.events.append(("dir", folder, ("add", name, inode)))

    def do_openat(self, args, fd):
        at, path, flags = self.folder(args[0]), args[1], args[2].split("|")
        walking = isinstance(at, str)  # above base, on the way down
        if walking:
            path = os.fsencode(os.path.join(at, os.fsdecode(path)))
        if path.startswith(b"/") and self.base.startswith(
                os.fsdecode(path).rstrip("/") + "/"):
            self.fds[fd] = os.fsdecode(path)
            return
        at, name = self.place(None if walking else at, path)
        self.fds[fd] = self.opened(at, name, flags)
        self.offsets[fd] = 0

    def do_open(self, args, fd):
        """As a sanitizer's own code does."""
        self.do_openat(["AT_FDCWD"] + args, fd)

    def opened(self, at, name, flags):
        if at is None:
            return None
        if "O_TMPFILE" in flags:
            return self.inode(False)
        if name == ".":
            return at
        if name not in self.names[at]:
            self.add(at, name, self.inode(False))
        inode = self.names[at][name]
        if "O_TRUNC" in flags and self.sizes[inode] > 0:
            self.cut(inode, 0)
        return inode

    def cut(self, inode, length):
        self.sizes[inode] = length
        self.events.append(("data", inode, ("cut", length)))

    def put(self, inode, offset, data):
        if inode is not None:
            self.sizes[inode] = max(self.sizes[inode], offset + len(data))
            self.events.append(("data", inode, ("write", offset, data)))

    def do_write(self, args, n):
        fd, data = int(args[0]), args[1][:n]
        if fd == 1 and data in MARKS:
            self.events.append(("mark", data.decode()))
        elif fd in self.fds:
            self.put(self.fds[fd], self.offsets[fd], data)
            self.offsets[fd] += n

    def do_pwrite64(self, args, n):
        self.put(self.fds[int(args[0])], int(args[3]), args[1][:n])

    def do_ftruncate(self, args, _):
        self.cut(self.fds[int(args[0])], int(args[1]))

    def do_mkdirat(self, args, _):
        at = self.folder(args[0])
        if isinstance(at, int):
            folder, name = self.place(at, args[1])
            self.add(folder, name, self.inode(True))

    def do_linkat(self, args, _):
        source = os.fsdecode(args[1])
        if source.startswith("/proc/self/fd/"):
            inode = self.fds[int(source[14:])]
        elif not source:
            inode = self.fds[int(args[0])]
        else:
            folder, name = self.place(self.folder(args[0]), args[1])
            inode = self.names[folder][name]
        folder, name = self.place(self.folder(args[2]), args[3])
        self.add(folder, name, inode)

    def do_unlinkat(self, args, _):
        folder, name = self.place(self.folder(args[0]), args[1])
        del self.names[folder][name]
        self.events.append(("dir", folder, ("del", name)))

    def do_renameat(self, args, _):
        folder, old = self.place(self.folder(args[0]), args[1])
        other, new = self.place(self.folder(args[2]), args[3])
        assert folder == other, "a rename between folders is not understood"
        inode = self.names[folder].pop(old)
        self.names[folder][new] = inode
        self.events.append(("dir", folder, ("move", old, new, inode)))

    def do_renameat2(self, args, result):
        self.do_renameat(args, result)

    def do_fsync(self, args, _):
        inode = self.fds[int(args[0])]
        if isinstance(inode, int):
            self.events.append(("sync", inode))

    def do_close(self, args, _):
        self.fds.pop(int(args[0]), None)

    def do_fcntl(self, args, result):
        if args[1].startswith("F_DUPFD"):
            self.fds[result] = self.fds[int(args[0])]
            self.offsets[result] = 0

    # Whatever else changes files is not understood: AttributeError.


def subsets(items):
    return itertools.chain.from_iterable(
        itertools.combinations(items, n) for n in range(len(items) + 1))


def unsynced(events, kind, inode):
    """The operations on inode: those that are safe, and the others."""
    safe, loose = [], []
    for event in events:
        if event[0] == "sync" and event[1] == inode:
            safe, loose = safe + loose, []
        elif event[0] == kind and event[1] == inode:
            loose.append(event[2])
    return safe, loose


def content(operations):
    out = bytearray()
    for op in operations:
        if op[0] == "cut":
            del out[op[1]:]
            out.extend(bytes(op[1] - len(out)))
        else:
            _, offset, data = op
            out.extend(bytes(max(0, offset + len(data) - len(out))))
            out[offset:offset + len(data)] = data
    return bytes(out)


def contents(events, inode):
    """All that may be in a file."""
    safe, loose = unsynced(events, "data", inode)
    out = {content(safe + list(some)) for some in subsets(loose)}
    for i, op in enumerate(loose):
        if op[0] == "write":  # torn, or with its length alone
            for n in {1, len(op[2]) // 2, len(op[2]) - 1}:
                torn = ("write", op[1], op[2][:n])
                out.add(content(safe + loose[:i] + [torn]))
            longer = op[1] + len(op[2])
            if longer > len(content(safe + loose[:i])):
                out.add(content(safe + loose[:i] + [("cut", longer)]))
    return out


def apply(names, op):
    if op[0] == "add":
        names[op[1]] = op[2]
    elif op[0] == "del":
        names.pop(op[1], None)
    elif op[0] == "move":
        names.pop(op[1], None)
        names[op[2]] = op[3]


def folders_bare(events, folders):
    """All that may be in the folders, each by itself: {folder: names}."""
    each = []
    for folder in folders:
        safe, loose = unsynced(events, "dir", folder)
        # A rename may have given the new name only.
        loose = [[op] if op[0] != "move" else [op, ("add", op[2], op[3])]
                 for op in loose]
        here = []
        for some in subsets(loose):
            for ops in itertools.product(*some):
                names = {}
                for op in safe + list(ops):
                    apply(names, op)
                if names not in here:
                    here.append(names)
        each.append([(folder, names) for names in here])
    for choice in itertools.product(*each):
        yield dict(choice)


def folders_ext4(events, folders):
    ops = [(i, e[1], e[2]) for i, e in enumerate(events) if e[0] == "dir"]
    synced = max((i for i, e in enumerate(events) if e[0] == "sync"),
                 default=-1)
    first = sum(1 for i, _, _ in ops if i < synced)
    for n in range(first, len(ops) + 1):
        out = {folder: {} for folder in folders}
        for _, folder, op in ops[:n]:
            apply(out[folder], op)
        yield out


def files_of(tree, folder, where=""):
    for name, inode in tree[folder].items():
        yield where + name, inode
        if inode in tree:
            yield from files_of(tree, inode, where + name + "/")


def states(events, folders, rule):
    """Every state after those events: {path: bytes, or None of a folder}."""
    memory = {}
    for tree in rule(events, folders):
        paths = sorted(files_of(tree, 0))
        variants = []
        for path, inode in paths:
            if inode in folders:
                variants.append([None])
            elif path.endswith("/usage"):
                variants.append([b""])  # it may be wrong at any time
            else:
                if inode not in memory:
                    memory[inode] = sorted(contents(events, inode))
                variants.append(memory[inode])
        # A file has one content under all of its names.
        for choice in itertools.product(*variants):
            seen = {}
            if all(seen.setdefault(inode, c) == c
                   for (_, inode), c in zip(paths, choice)):
                yield tuple(zip((p for p, _ in paths), choice))


class Finder:
    """What a run finds in a state, asked once for each."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.known = {}

    def make(self, number, state):
        top = os.path.join(self.scratch, str(number))
        os.mkdir(top)
        for path, data in state:
            path = os.path.join(top, path)
            if data is None:
                os.mkdir(path, 0o700)
            else:
                with open(path, "wb") as f:
                    f.write(data)
        return os.path.join(top, "state/queue")

    def ask(self, wanted):
        wanted = sorted(set(wanted) - set(self.known), key=repr)
        for start in range(0, len(wanted), 500):
            part = wanted[start:start + 500]
            paths = [self.make(i, s) for i, s in enumerate(part)]
            out = subprocess.run([SPOOLER, "examine"] + paths, check=True,
                                 stdout=subprocess.PIPE)
            for state, line in zip(part, out.stdout.decode().splitlines()):
                self.known[state] = line.strip()
            for i in range(len(part)):
                shutil.rmtree(os.path.join(self.scratch, str(i)))


def allowed(events):
    """What may be found after those events."""
    marks = [e[1] for e in events if e[0] == "mark"]
    changing = any(e[0] == "dir" and e[2][0] == "move" for e in events)
    removing = "changed" in marks and any(
        e[0] == "dir" and e[2][0] == "del" and e[2][1].endswith(".env")
        for e in events)
    if "refused" in marks or "removed" in marks:
        return {"none", ""}
    if "changed" in marks:
        return {"item 1", ""} if removing else {"item 1"}
    if "accepted" in marks:
        return {"item 0", "item 1"} if changing else {"item 0"}
    return {"none", "", "item 0", "damage"}


def faults(events, folders, finder):
    """(states examined, what was wrong)."""
    rules = (("bare", folders_bare), ("ext4", folders_ext4))
    found = {}
    count = 0
    for n in range(len(events) + 1):
        for name, rule in rules:
            for state in states(events[:n], folders, rule):
                found.setdefault(state, []).append((n, name))
                count += 1
    finder.ask(found)
    wrong = []
    for state, whens in found.items():
        for n, name in whens:
            if finder.known[state] not in allowed(events[:n]):
                wrong.append((n, name, finder.known[state], state))
    return count, wrong


def record(base, more, inject=None):
    """The events of one life of a message."""
    queue = os.path.join(base, "state/queue")
    out = base + ".trace"
    command = ["strace", "-f", "-xx", "-s", "1000000", "-o", out,
               "-e", "trace=" + CALLS]
    if inject:
        command += ["-e", "inject=" + inject]
    os.mkdir(base)
    subprocess.run(command + [SPOOLER, "live", queue] + more,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False, env=dict(
                       os.environ, ASAN_OPTIONS="detect_leaks=0"))
    with open(out, encoding="ascii") as f:
        trace = Trace(base, f)
    return trace.events, sorted(trace.names)


def which_fsync(base):
    """The number of the fsync before the message is accepted, of all that the
    program makes."""
    with open(base + ".trace", encoding="ascii") as f:
        text = f.read()
    accepted = text.index('write(1, "' + "".join(
        "\\x%02x" % c for c in b"accepted"))
    return text[:accepted].count("fsync(")


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def result(self, ok, name, notes=()):
        self.n += 1
        self.failed |= not ok
        print("%sok %d - %s" % ("" if ok else "not ", self.n, name))
        for note in notes:
            print("# " + note)
        sys.stdout.flush()


def describe(wrong):
    n, rule, found, state = wrong
    return "after %d events, %s: found '%s' in %s" % (
        n, rule, found,
        ", ".join("%s (%s)" % (p, "folder" if d is None else len(d))
                  for p, d in state))


def check(tap, name, recorded, finder, marks, needed):
    """needed: which of the fsyncs, as a slice."""
    events, folders = recorded
    got = [e[1] for e in events if e[0] == "mark"]
    tap.result(got == marks, "%s: it is %s" % (name, ", ".join(marks)),
               [] if got == marks else ["it is " + ", ".join(got)])
    count, wrong = faults(events, folders, finder)
    tap.result(not wrong, "%s: %d events, %d states of the disk" % (
        name, len(events), count), [describe(w) for w in wrong[:5]])
    syncs = [i for i, e in enumerate(events) if e[0] == "sync"][needed]
    missed = ["event %d, %s" % (i, events[i]) for i in syncs
              if not faults(events[:i] + events[i + 1:], folders, finder)[1]]
    tap.result(not missed, "%s: fails without any one of %d fsyncs" % (
        name, len(syncs)), missed)


def main():
    tap = Tap()
    if not shutil.which("strace"):
        print("1..0 # SKIP no strace")
        return 0
    # To tidy syncs as well, which need not reach a disk here.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="power") as top, \
            tempfile.TemporaryDirectory(prefix="power", dir=memory) as scratch:
        top = os.path.realpath(top)
        finder = Finder(scratch)
        life = ["accepted", "changed", "removed"]
        plain = record(os.path.join(top, "plain"), [])
        if not plain[0]:
            print("1..0 # SKIP strace may not trace here")
            return 0
        check(tap, "with O_TMPFILE", plain, finder, life, slice(None))
        named = record(os.path.join(top, "named"), ["named"])
        check(tap, "without", named, finder, life, slice(None))
        refused = record(os.path.join(top, "refused"), [],
                         "fsync:error=EIO:when=%d" %
                         which_fsync(os.path.join(top, "plain")))
        check(tap, "the folder's fsync failed", refused, finder, ["refused"],
              slice(-1, None))
        print("# %d different states were tidied" % len(finder.known))
    print("1..%d" % tap.n)
    return tap.failed


if __name__ == "__main__":
    sys.exit(main())
