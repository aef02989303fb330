"""Which system calls a run makes, and which of them change something.

    done, calls = record(words, ...)    [Call], those of a process in order
    call.path, call.name, call.number   of which process, which, its count
    call.changes, call.target           text that says what it changes
    call.loading                        by the dynamic linker, mostly
    call.line                           as strace has it

Pure reads are what is left out where only each distinct change counts.
"""
import collections
import glob
import os
import re

import process

Call = collections.namedtuple(
    "Call", "path name number changes target loading line")

LINE = re.compile(r"^(\w+)\((.*)$")
BORN = re.compile(r"^(?:clone3?|v?fork)\(.* = (\d+)$")
SOCKET = re.compile(r"^\d+<(TCP|UNIX|socket|NETLINK)")
FILE = re.compile(r"^\d+<([^>]*)>")
PATHS = re.compile(r'"([^"]*)"')
HOLDS = re.compile(r"pipe:|\.msg>|\.lock>|/usage>|\(deleted\)>")
SAID = re.compile(r'^[^"]*"(\w+)')
LASTING = re.compile(r"\.(msg|env|new|lock|account)>|/log>|\(deleted\)>")
IDS = re.compile(r"[0-9A-Z]{10,}")
DIGITS = re.compile(r"\d+")

ALWAYS = set("""execve fork vfork clone clone3 exit_group link linkat rename
    renameat renameat2 unlink unlinkat mkdir mkdirat rmdir symlink symlinkat
    ftruncate truncate fsync fdatasync syncfs sync sync_file_range fallocate
    fchmod chmod fchmodat fchown utimensat setxattr fsetxattr flock setsid
    kill connect bind shutdown sendto sendmsg sendmmsg recvfrom recvmsg
    copy_file_range sendfile splice""".split())
WRITES = {"write", "writev", "pwrite64", "pwritev", "pwritev2"}
OPENS = {"open", "openat", "creat", "openat2"}
# Nothing comes of an error of these: they cannot fail, or not in this way.
CANNOT_FAIL = set("""exit exit_group arch_prctl set_tid_address rt_sigreturn
    set_robust_list rseq getpid gettid getppid getuid geteuid getgid getegid
    umask brk restart_syscall""".split())


def target(name, rest):
    """What the call is about, without what differs from run to run."""
    about = ""
    if SOCKET.match(rest):
        about = "socket " + (SAID.match(rest) or ["", ""])[1]
    elif name in OPENS or name in ALWAYS:
        about = " ".join(PATHS.findall(rest)) or \
            (FILE.match(rest) or [""] * 2)[1]
    elif FILE.match(rest):
        about = FILE.match(rest)[1]
    if name == "fcntl":
        about += " lock"
    return DIGITS.sub("N", IDS.sub("ID", about))


def changes(name, rest):
    if name == "close":
        return bool(SOCKET.match(rest) or LASTING.search(rest))
    if name in ALWAYS or name in WRITES:
        return True
    if name in OPENS:
        return bool(re.search(r"O_(CREAT|TMPFILE|WRONLY|RDWR|TRUNC)", rest))
    if name == "fcntl":
        return "SETLK" in rest
    return name == "read" and bool(SOCKET.match(rest))


def holds_others(call):
    """A close that fails has closed the file all the same; one that strace lets
    fail has not, and the lock or the pipe would hold everybody up."""
    return call.name == "close" and bool(HOLDS.search(call.line))


def numbered(path, lines, home):
    """A program that was just loaded has not looked at our files yet."""
    counts, loading = collections.Counter(), False
    for line in lines:
        found = LINE.match(line)
        if not found:
            continue
        name, rest = found[1], found[2]
        counts[name] += 1
        loading = name == "execve" or loading and home not in rest
        yield Call(path, name, counts[name], changes(name, rest),
                   target(name, rest), loading, line)


def births(paths, logs):
    """Name every process after its parent, from the first on."""
    waiting = ["0"]
    pids = {v: k for k, v in paths.items()}
    while waiting:
        parent = waiting.pop()
        children = [m[1] for m in map(BORN.match, logs[pids[parent]]) if m]
        for number, pid in enumerate(children, 1):
            if pid in logs:
                pids["%s.%d" % (parent, number)] = pid
                waiting.append("%s.%d" % (parent, number))
    return pids


def record(command, stem, **how):
    for old in glob.glob(glob.escape(stem) + ".calls.*"):
        os.unlink(old)
    done = process.run(["strace", "-qq", "-f", "-ff", "-yy", "-s", "256",
                        "-o", stem + ".calls", *command], stem=stem, **how)
    logs = {}
    for name in glob.glob(glob.escape(stem) + ".calls.*"):
        with open(name, encoding="utf-8", errors="replace") as f:
            logs[name.rpartition(".")[2]] = f.read().split("\n")
    # The first process is the one that none of the others has made.
    made = {m[1] for log in logs.values() for m in map(BORN.match, log) if m}
    first = [pid for pid in logs if pid not in made]
    found = []
    for path, pid in births({first[0]: "0"}, logs).items():
        found += numbered(path, logs[pid], how["cwd"] + "/")
    return done, found
