#!/usr/bin/env python3
"""What it costs to hand over a message, beside other programs, in one run.

    bench.py [RUNS]    in the folder where ./postrider was built

The same server, certificate and message for all, over implicit TLS and AUTH
PLAIN on loopback.  Times are medians of runs that take turns; the ratio is of
the medians to postrider's.  Counts do not depend on the machine's mood.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs    # noqa: E402
import client   # noqa: E402
import sink     # noqa: E402
import trace    # noqa: E402

PROGRAM = os.path.abspath(os.environ.get("CLIENT", "./postrider"))
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 41
SMALL = b"Subject: hi\nFrom: me@example.org\nTo: bob@example.com\n\nbody\n"
LARGE = SMALL + b"0123456789 abcdefghij 0123456789 abcdefghij 0123456789\n" \
    * 370000


def config(folder, port, name):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        os.fchmod(f.fileno(), 0o600)
        f.write("""account work
host localhost
port %d
from me@example.org
tls on
tls_starttls off
tls_trust_file %s/ca.pem
auth plain
user ada
password secret
syslog off
""" % (port, folder))
    return path


def commands(folder, port):
    cfg = config(folder, port, "config")
    found = {"postrider": [PROGRAM, "-C", cfg, "-a", "work",
                           "bob@example.com"]}
    if shutil.which("msmtp"):
        found["msmtp"] = [shutil.which("msmtp"), "-C", cfg, "-a", "work",
                          "bob@example.com"]
    if shutil.which("curl"):
        found["curl"] = [shutil.which("curl"), "-s", "--cacert",
                         folder + "/ca.pem", "--user", "ada:secret",
                         "--login-options", "AUTH=PLAIN", "--mail-from",
                         "me@example.org", "--mail-rcpt", "bob@example.com",
                         "-T", "-", "smtps://localhost:%d" % port]
    return found


def once(command, message, env):
    """(wall ms, processor ms), or None where it failed"""
    before = os.times()
    begun = time.perf_counter()
    done = subprocess.run(command, input=message, env=env,
                          capture_output=True, timeout=120, check=False)
    wall = (time.perf_counter() - begun) * 1000
    after = os.times()
    if done.returncode != 0:
        print("# %s: status %d %s" % (command[0], done.returncode,
                                      done.stderr.decode()))
        return None
    cpu = (after.children_user + after.children_system -
           before.children_user - before.children_system) * 1000
    return wall, cpu


def take_turns(found, message, env, runs):
    times = {name: [] for name in found}
    for i in range(runs + 1):
        for name, command in found.items():
            got = once(command, message, env)
            if i > 0 and got:       # the first one warms the caches
                times[name].append(got)
    return times


def row(title, values, form="%.1f"):
    own = values.get("postrider")
    cells = ["%s %s (%.2f)" % (name, form % v, v / own) if own else
             "%s %s" % (name, form % v) for name, v in values.items()]
    print("%-34s %s" % (title, "   ".join(cells)))


def report_times(what, times):
    for index, unit in ((0, "wall ms"), (1, "processor ms")):
        row("%s: %s" % (what, unit),
            {n: statistics.median(x[index] for x in t)
             for n, t in times.items() if t})


def instructions(command, message, env):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        subprocess.run(["valgrind", "--tool=callgrind",
                        "--callgrind-out-file=" + out] + command,
                       input=message, env=env, capture_output=True,
                       timeout=300, check=False)
        with open(out, encoding="utf-8", errors="replace") as f:
            for line in f:
                if line.startswith(("summary:", "totals:")):
                    return int(line.split()[1]) / 1e6
    return 0


def report_counts(found, env, folder):
    traces = {n: trace.trace(c, SMALL, env, folder)
              for n, c in found.items()}
    row("small: system calls", {n: t.calls for n, t in traces.items()}, "%d")
    row("small: shared libraries",
        {n: t.libraries for n, t in traces.items()}, "%d")
    row("small: writes to the server",
        {n: len(t.writes) for n, t in traces.items()}, "%d")
    if shutil.which("valgrind"):
        row("small: million instructions",
            {n: instructions(c, SMALL, env) for n, c in found.items()})
    traces = {n: trace.trace(c, LARGE, env, folder)
              for n, c in found.items()}
    row("20 MB: writes to the server",
        {n: len(t.writes) for n, t in traces.items()}, "%d")
    row("20 MB: octets sent",
        {n: sum(map(len, t.writes)) for n, t in traces.items()}, "%d")


def main():
    with tempfile.TemporaryDirectory() as folder:
        certs.make(folder)
        server = sink.Sink(folder, "implicit", {"ada": "secret"})
        env = client.clean_environment(folder)
        found = commands(folder, server.port)
        print("%d runs in turns; in parentheses the ratio to postrider" % RUNS)
        report_times("small", take_turns(found, SMALL, env, RUNS))
        report_times("20 MB", take_turns(found, LARGE, env, 5))
        if shutil.which("strace"):
            report_counts(found, env, folder)
        server.close()


main()
