"""What a program does to the kernel and to the network, by strace.

    t = trace(command, stdin=BYTES, env=ENV, folder=DIR)
    t.status; t.calls      how many system calls
    t.libraries            how many shared libraries were mapped
    t.writes               the bytes of each write to a socket, in order
    records(t.writes)      for each write, its TLS records as (type, length)
"""
import collections
import os
import re
import subprocess
import tempfile

Trace = collections.namedtuple("Trace", "status calls libraries writes stderr")
CALL = re.compile(rb"^\d+\s+(\w+)\((\d+)(?:<[^>]*>)?, ")
STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
LIBRARY = re.compile(rb'openat\([^"]*"([^"]*\.so[^"]*)"[^=]*= \d')
SOCKET = re.compile(rb"^\d+\s+socket\(AF_INET6?, SOCK_STREAM.*= (\d+)$")
TLS_DATA = 23


def unhex(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def payload(line):
    """All strings of the call, which are the buffers that were written."""
    return b"".join(unhex(m[0]) for m in STRING.findall(line))


def sent(lines):
    sockets, writes = set(), []
    for line in lines:
        made = SOCKET.match(line)
        call = CALL.match(line)
        if made:
            sockets.add(made[1])
        elif (call and call[2] in sockets and
              call[1] in (b"write", b"writev", b"sendto", b"sendmsg")):
            done = re.search(rb"= (\d+)$", line)
            if done and int(done[1]) > 0:
                writes.append(payload(line)[:int(done[1])])
    return writes


def strace(command, stdin, env, folder, *options):
    """(the finished process, the lines of its trace, each with its process)

    Each process has a file of its own: in one file for all, calls that
    overlap are cut in two.
    """
    with tempfile.TemporaryDirectory(dir=folder) as logs:
        done = subprocess.run(
            ["strace", "-ff", "-o", os.path.join(logs, "log"), *options,
             *command],
            input=stdin, env=env, capture_output=True, timeout=120,
            check=False)
        lines = []
        for name in sorted(os.listdir(logs)):
            pid = name.split(".")[1].encode()
            with open(os.path.join(logs, name), "rb") as f:
                lines += [pid + b" " + x for x in f.read().split(b"\n") if x]
    return done, lines


def trace(command, stdin, env, folder):
    """Follows children; strings are taken whole."""
    done, lines = strace(
        command, stdin, env, folder, "-xx", "-s", "2000000", "-e",
        "trace=socket,write,writev,sendto,sendmsg")
    writes = sent(lines)
    _, lines = strace(command, stdin, env, folder)
    calls = sum(1 for x in lines if re.match(rb"^\d+\s+\w+\(", x))
    libraries = {os.path.basename(m[1]) for m in map(LIBRARY.search, lines)
                 if m}
    return Trace(done.returncode, calls, len(libraries), writes, done.stderr)


def records(writes):
    """Records may cross writes: one belongs to the write in which it ends."""
    found, waiting = [], b""
    for data in writes:
        waiting += data
        mine = []
        while len(waiting) >= 5:
            length = int.from_bytes(waiting[3:5], "big")
            if len(waiting) < 5 + length:
                break
            mine.append((waiting[0], length))
            waiting = waiting[5 + length:]
        found.append(mine)
    return found
