"""Run a command with all that comes of it, and do harm to one process of it.

    done = run(command, env=ENV, cwd=FOLDER, stdin=BYTES, stem=PATH,
               harm=Harm(path="0.1", call="write", number=3, fault="KILL"))
    done.status     as waitpid has it: of the command itself
    done.harmed     the fault has struck
    done.hung       it had to be ended by force

A process is named by how it was born: 0 is the command, 0.1 the first child of
it, 0.1.2 the second child of that one.  strace counts the calls of every
process for itself, and all that it follows suffer the same fault: so a child is
handed to a strace of its own before it has made its first call, and everybody
else is spared.

The caller becomes the reaper of all orphans, so that a run is over when nobody
is left.  Who does nothing but wait when the command has ended (a queue run that
waits for a later hour) is killed: whatever is there must survive that.
"""
import collections
import ctypes
import os
import signal
import subprocess
import time

Harm = collections.namedtuple("Harm", "path call number fault")
Done = collections.namedtuple("Done", "status harmed hung out err")

TICK_S = 0.02
IDLE_TICKS = 8
LIMIT_S = 20

SEIZE, CONT, DETACH, EVENTMSG, LISTEN = 0x4206, 7, 17, 0x4201, 0x4208
TRACE_BIRTHS = 2 | 4 | 8            # fork, vfork, clone
BIRTHS, EVENT_STOP = (1, 2, 3), 128
WALL = 0x40000000
SUBREAPER = 36
NEW_MOUNTS = 0x20000
STOPPED_SHELL = ["sh", "-c", 'kill -STOP $$; exec "$@"', "sh"]

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]


def ptrace(request, pid, data=0):
    """False where the process is gone."""
    return libc.ptrace(request, pid, None, data) == 0


def become_reaper():
    libc.prctl(SUBREAPER, 1, 0, 0, 0)


def quicken(folder):
    """In memory nothing has to wait for a disk: whoever is killed leaves the
    same behind.  Gone with this process; without root it is not done."""
    if os.geteuid() == 0 and libc.unshare(NEW_MOUNTS) == 0:
        for words in (["--make-rprivate", "/"],
                      ["-t", "tmpfs", "-o", "mode=0700", "crash", folder]):
            subprocess.run(["mount", *words], check=False,
                           stderr=subprocess.DEVNULL)


def descendants(pid):
    found = []
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task),
                      encoding="ascii") as f:
                for child in map(int, f.read().split()):
                    found += [child, *descendants(child)]
    except OSError:
        pass
    return found


def activity(pid):
    """Something that changes whenever the process does anything."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            switches = [x for x in f if "ctxt_switches" in x]
        return pid, fields[0], fields[11:13], switches
    except OSError:
        return pid, "gone"


class Family:
    """The command and its children, until all have ended."""

    def __init__(self, aim, attach):
        self.aim, self.attach = aim, attach
        self.paths, self.born, self.early = {}, {}, set()
        self.main = self.tracer = None
        self.status = None
        self.hung = False
        self.until = time.monotonic() + LIMIT_S
        self.seen, self.still = None, 0

    def begin(self, command, **how):
        if self.aim is None:
            self.main = self.start(command, **how)
            return
        self.main = self.start(STOPPED_SHELL + command, **how)
        os.waitpid(self.main, os.WUNTRACED)
        self.paths[self.main] = "0"
        ptrace(SEIZE, self.main, TRACE_BIRTHS)
        os.kill(self.main, signal.SIGCONT)

    @staticmethod
    def start(command, **how):
        """Whoever ends is waited for by us alone."""
        child = subprocess.Popen(command, **how)
        child.returncode = 0
        return child.pid

    def kill_all(self):
        for pid in descendants(os.getpid()):
            if pid == self.tracer:
                continue
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def tick(self, _signal, _frame):
        if time.monotonic() > self.until:
            self.hung = True
            self.kill_all()
        elif self.status is not None:
            seen = [activity(pid) for pid in descendants(os.getpid())]
            self.still = self.still + 1 if seen == self.seen else 0
            self.seen = seen
            if self.still >= IDLE_TICKS:
                self.kill_all()

    def wait(self):
        old = signal.signal(signal.SIGALRM, self.tick)
        signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
        try:
            while True:
                pid, status = os.waitpid(-1, WALL)
                if os.WIFSTOPPED(status):
                    self.stopped(pid, status)
                elif pid == self.main:
                    self.status = status
        except ChildProcessError:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)

    def stopped(self, pid, status):
        event, number = status >> 16, os.WSTOPSIG(status)
        if event in BIRTHS:
            self.birth(pid)
            ptrace(CONT, pid)
        elif event == EVENT_STOP and number == signal.SIGTRAP:
            if pid in self.paths:
                self.go_on(pid)
            else:
                self.early.add(pid)
        elif event == EVENT_STOP:
            ptrace(LISTEN, pid)
        else:
            ptrace(CONT, pid, number)

    def birth(self, parent):
        message = ctypes.c_ulong()
        if not ptrace(EVENTMSG, parent, ctypes.addressof(message)):
            return
        child = message.value
        self.born[parent] = self.born.get(parent, 0) + 1
        self.paths[child] = "%s.%d" % (self.paths[parent], self.born[parent])
        if child in self.early:
            self.early.discard(child)
            self.go_on(child)

    def go_on(self, pid):
        if self.paths[pid] == self.aim and not self.tracer:
            os.kill(pid, signal.SIGSTOP)
            ptrace(DETACH, pid)
            self.hand_over(pid)
        else:
            ptrace(CONT, pid)

    def hand_over(self, pid):
        self.tracer = self.start([*self.attach, "-p", str(pid)],
                                 stderr=subprocess.DEVNULL)
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            with open("/proc/%d/status" % pid, encoding="ascii") as f:
                if "TracerPid:\t0\n" not in f.read():
                    break
            time.sleep(0.0005)
        os.kill(pid, signal.SIGCONT)


def injection(harm, log, follow):
    what = "signal=KILL" if harm.fault == "KILL" else "error=" + harm.fault
    words = ["strace", "-q", "-o", log, "-e", "trace=" + harm.call, "-e",
             "inject=%s:%s:when=%d" % (harm.call, what, harm.number)]
    # A signal is not sent where a filter stops the call.
    return words + ["-f", "--seccomp-bpf"] \
        if follow and harm.fault != "KILL" else words


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def run(command, env, cwd, stem, stdin=b"", harm=None, alone=False):
    """alone: the command has no children, so that strace may follow it, which
    is quicker."""
    log = stem + ".strace"
    attach = aim = None
    if os.path.exists(log):
        os.unlink(log)
    if harm and harm.path == "0":
        command = injection(harm, log, alone) + command
    elif harm:
        attach, aim = injection(harm, log, False), harm.path
    with open(stem + ".in", "wb") as f:
        f.write(stdin)
    family = Family(aim, attach)
    with open(stem + ".in", "rb") as given, open(stem + ".out", "wb") as out, \
            open(stem + ".err", "wb") as err:
        family.begin(command, stdin=given, stdout=out, stderr=err, env=env,
                     cwd=cwd, start_new_session=True)
        family.wait()
    said = read(log)
    return Done(family.status, b"(INJECTED)" in said or
                b"killed by SIGKILL" in said and harm.fault == "KILL",
                family.hung, read(stem + ".out"), read(stem + ".err"))
