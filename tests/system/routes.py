#!/usr/bin/env python3
"""Smarthosts behind SRV records of a real name server, in TAP: routes.py

One of two is killed in the middle of a run of MESSAGES: every message arrives
exactly once, or was refused to the caller.  And what is believed of what the
name server says.

Run as root, from the folder that holds the program, after tests/system/deps,
in a network namespace of its own.  CLIENT is the program.
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import certs  # noqa: E402
import netns  # noqa: E402
import sink  # noqa: E402
import trial as trials  # noqa: E402

USER, PASSWORD = "ada", "tea time"
MESSAGES, SENDERS = 200, 4
KILL_AFTER = 30     # messages at the one that is killed
TO = "bob@example.com"
S, M = "_submissions._tcp.", "_submission._tcp."
# The certificate is for smtp.test; mx1.relay.test and mx2.relay.test are
# elsewhere and must show it for the domain smtp.test.
DOMAIN = "smtp.test"


# --- a smarthost in a process of its own -------------------------------------
def note(path, message):
    """Before it is answered, so that it counts whatever happens then."""
    number = re.search(rb"^X-Number: (\d+)", message.data, re.M)
    line = b"%s %s\n" % (number[1] if number else b"-",
                         ",".join(message.recipients).encode())
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, line)
    os.close(fd)


def serve(folder, tls, log):
    server = sink.Sink(folder, tls, {USER: PASSWORD})
    server.on_message = lambda message: note(log, message)
    print(server.port, flush=True)
    signal.pause()


class Smarthost:
    def __init__(self, top, folder, name, tls="implicit"):
        self.log = os.path.join(top, name + ".log")
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--serve", folder, tls,
             self.log], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def arrivals(self):
        """The numbers of the messages that it has, as often as it has them."""
        try:
            with open(self.log, encoding="ascii") as f:
                return [line.split(" ")[0] for line in f]
        except FileNotFoundError:
            return []

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


# --- the run -----------------------------------------------------------------
class Run:
    """MESSAGES messages by SENDERS at once; each has a number and a status."""

    def __init__(self, bench, config):
        self.bench, self.config = bench, config
        self.lock = threading.Lock()
        self.next, self.status, self.words = 0, {}, {}

    def take(self):
        with self.lock:
            self.next += 1
            return self.next

    def send(self, number):
        trial = self.bench.trial
        letter = (b"X-Number: %d\nTo: %s\nSubject: %d\n\n" %
                  (number, TO.encode(), number)) + b"text\n" * 500
        ran = subprocess.run(
            [trial.program, "-C", self.config, TO], input=letter, check=False,
            capture_output=True, timeout=60,
            env={"HOME": trial.home, "PATH": os.environ["PATH"],
                 "XDG_STATE_HOME": trial.path("state")})
        self.status[str(number)] = ran.returncode
        self.words[str(number)] = ran.stderr.decode()

    def work(self):
        while (number := self.take()) <= MESSAGES:
            self.send(number)

    def go(self, victim):
        threads = [threading.Thread(target=self.work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        while len(victim.arrivals()) < KILL_AFTER and \
                any(t.is_alive() for t in threads):
            time.sleep(0.001)
        sent = len(self.status)
        victim.kill()
        for thread in threads:
            thread.join()
        return sent


def killed_in_the_middle(b):
    ok = b.trial.ok
    run = Run(b, b.trial.file("killed", b.account("host " + DOMAIN)))
    sent = run.go(b.one)
    one, two = b.one.arrivals(), b.two.arrivals()
    count = collections.Counter(one + two)
    fine = [n for n, s in run.status.items() if s == 0]
    failed = sorted(set(run.status) - set(fine), key=int)
    unsure = [n for n in failed if count[n]]
    print("# %d messages; %d were sent when the first smarthost was killed; it "
          "has %d, the second %d" % (len(run.status), sent, len(one), len(two)))
    print("# %d went with status 0, %d were refused, of which %d arrived: "
          "their answer was lost" % (len(fine), len(failed), len(unsure)))
    for number in failed:
        print("# message %s: status %d: %s" % (
            number, run.status[number], run.words[number].split("\n")[0]))
    ok(len(run.status) == MESSAGES, "%d messages were sent" % MESSAGES)
    ok(len(one) >= KILL_AFTER and 0 < sent < MESSAGES - 20,
       "the smarthost was killed in the middle", sent, len(one))
    ok(not [n for n in fine if count[n] != 1],
       "what went with status 0 arrived exactly once",
       [(n, count[n]) for n in fine if count[n] != 1])
    ok(not [n for n in count if count[n] > 1], "nothing arrived twice",
       [n for n in count if count[n] > 1])
    ok(all(run.status[n] == 75 for n in failed), "what did not go is 75",
       [(n, run.status[n]) for n in failed])
    ok(all("may have been delivered" in run.words[n] for n in unsure),
       "what arrived all the same was told as possible", unsure)
    # A connection that is cut before the message was handed over is followed
    # by the other smarthost: only those whose answer was lost are refused.
    ok(all("whether it was taken is not known" in run.words[n]
           for n in failed), "nothing else was refused",
       [run.words[n] for n in failed])
    ok(len(one) + len(two) - len(unsure) == len(fine), "the numbers add up")


# --- what is believed --------------------------------------------------------
def who_is_believed(b):
    trial = b.trial

    def check(name, status, word, *lines):
        ran = trial.run(TO, config=b.account(*lines))
        trial.ok(ran.status == status and word in ran.err, name, lines, ran)

    check("a server within the domain shows its own name", 0, b"",
          "host test")
    check("one elsewhere shows the domain's", 0, b"", "host " + DOMAIN)
    check("and no other name will do", 76, b"is not believed",
          "host evil.test")
    check("unless tls_host_override says its name", 0, b"", "host evil.test",
          "tls_host_override smtp.test")
    check("STARTTLS where that is all there is", 0, b"", "host start.test",
          "tls_host_override smtp.test")
    check("or where it is asked for", 0, b"", "host both.test",
          "tls_starttls on", "tls_host_override smtp.test")
    check("TLS from the start goes first", 0, b"", "host both.test",
          "tls_host_override smtp.test")
    check("where it is asked for and not there", 68, b"names no servers",
          "host start.test", "tls_starttls off")
    check("a domain without servers", 68, b"names no servers",
          "host nothing.test")
    check("a name server that refuses", 75, b"name", "host example.org")
    check("a priority is tried before the next", 0, b"", "host order.test",
          "tls_host_override smtp.test")
    ran = trial.run("-bv", TO, config=b.account("host " + DOMAIN))
    trial.ok(b"the servers of smtp.test" in ran.out, "-bv asks nobody", ran)


class Bench:
    def __init__(self):
        self.trial = trials.Trial()
        os.chmod(self.trial.home, 0o755)
        folder = certs.make(self.trial.path("certs"))
        self.ca = os.path.join(folder, "ca.pem")
        self.one, self.two = (Smarthost(self.trial.home, folder, n)
                              for n in ("one", "two"))
        self.start = Smarthost(self.trial.home, folder, "start", "starttls")
        dead = sink.Sink()
        dead.close()
        two, start = self.two.port, self.start.port
        netns.resolv(self.trial.path("resolv.conf"), "nameserver 127.0.0.1")
        self.names = netns.NameServer(
            self.trial.home,
            "srv-host=%s%s,mx1.relay.test,%d,10,50" % (S, DOMAIN,
                                                       self.one.port),
            "srv-host=%s%s,mx2.relay.test,%d,10,50" % (S, DOMAIN, two),
            "srv-host=%stest,smtp.test,%d,0,0" % (S, two),
            "srv-host=%sevil.test,smtp.test,%d,0,0" % (S, two),
            "srv-host=%sstart.test,smtp.test,%d,0,0" % (M, start),
            "srv-host=%sboth.test,smtp.test,%d,90,0" % (S, two),
            "srv-host=%sboth.test,smtp.test,%d,10,0" % (M, start),
            "srv-host=%sorder.test,smtp.test,%d,10,0" % (S, dead.port),
            "srv-host=%sorder.test,smtp.test,%d,20,0" % (S, two),
            *["host-record=%s,127.0.0.1" % name for name in (
                "smtp.test", "mx1.relay.test", "mx2.relay.test")])
        self.names.start()

    def account(self, *lines):
        text = self.trial.account(
            "srv on", "tls on", "tls_trust_file " + self.ca, "auth on",
            "user " + USER, "password " + PASSWORD, *lines).decode()
        return re.sub(r"(?m)^port .*\n", "", text).encode()

    def close(self):
        for smarthost in (self.one, self.two, self.start):
            if smarthost.process.poll() is None:
                smarthost.kill()
        self.names.stop()


def main(words):
    if words[:1] == ["--serve"]:
        serve(*words[1:])
        return 0
    if not netns.is_inside():
        print("# routes", flush=True)
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        netns.enter()
    netns.sh("ip", "link", "set", "lo", "up")
    bench = Bench()
    try:
        killed_in_the_middle(bench)
        who_is_believed(bench)
    finally:
        bench.close()
    bench.trial.done()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
