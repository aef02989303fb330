"""Run the program under test, by a deadline, and note what it cost.

    run(command, stdin=BYTES or an open file, env=..., cwd=..., limit=SECONDS,
        stem=PATH) -> Result; stdout and stderr go to PATH.out and PATH.err.

Peak memory is the kernel's VmHWM, read every few milliseconds: what wait4
reports would count the Python that started the program too.
"""
import collections
import os
import re
import select
import subprocess
import threading
import time

Result = collections.namedtuple("Result", "status seconds peak_kib timed_out")
GLANCE_MS = 5
KEPT = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "LSAN_OPTIONS", "LLVM_PROFILE_FILE")


def clean_environment(home):
    env = {k: os.environ[k] for k in KEPT if k in os.environ}
    env.update(HOME=home, TZ="UTC", LC_ALL="C.UTF-8", USER="me", LOGNAME="me",
               XDG_STATE_HOME=os.path.join(home, ".state"))
    return env


def feed(pipe, data):
    try:
        with pipe:
            pipe.write(data)
    except BrokenPipeError:
        pass


def peak(pid):
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            found = re.search(r"^VmHWM:\s*(\d+) kB", f.read(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def await_end(pid, until, watch):
    """(True if it ended in time, peak memory in KiB where that is watched)"""
    fd, most = os.pidfd_open(pid), 0
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    try:
        while True:
            left = (until - time.monotonic()) * 1000
            if poll.poll(max(0, min(left, GLANCE_MS) if watch else left)):
                return True, most
            if left <= 0:
                return False, most
            most = max(most, peak(pid))
    finally:
        os.close(fd)


def run(command, stdin, env, cwd, limit, stem, watch=False):
    piped = isinstance(stdin, bytes)
    with open(stem + ".out", "wb") as out, open(stem + ".err", "wb") as err:
        begun = time.monotonic()
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE if piped else stdin, stdout=out,
            stderr=err, env=env, cwd=cwd, start_new_session=True)
        if piped:
            feeder = threading.Thread(target=feed, args=(client.stdin, stdin))
            feeder.start()
        in_time, most = await_end(client.pid, begun + limit, watch)
        if not in_time:
            client.kill()
        status = client.wait()
        seconds = time.monotonic() - begun
        if piped:
            feeder.join()
    return Result(status, seconds, most, not in_time)
