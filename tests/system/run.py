#!/usr/bin/env python3
"""The program against real mail servers, in TAP: run.py [NAME...]

Run as root, from the folder that holds the program, after tests/system/deps.
With names, only the cases that contain one of them.  CLIENT is the program
(./postrider).
"""
import email
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import bodies  # noqa: E402
import certs  # noqa: E402
import client  # noqa: E402
import servers  # noqa: E402

PROGRAM = os.environ.get("CLIENT", "./postrider")
LIMIT = 60
FORMS = {"implicit": "TLS", "starttls": "STARTTLS", "plain": "plain"}
SMALL = (bodies.HEADER + b"\nbody\n", bodies.sent(b"body\r\n"))


class Failure(Exception):
    """A case that did not go as it must."""


def shown(data):
    return repr(data if len(data) < 2000 else data[:2000] + b"...")


def difference(got, want):
    """Where two long byte strings part."""
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b),
              min(len(got), len(want)))
    return "%d octets, not %d; from octet %d on %s, not %s" % (
        len(got), len(want), at, shown(got[at:at + 200]),
        shown(want[at:at + 200]))


class Bench:
    """The servers, the account files and the runs of the client."""

    def __init__(self, top):
        self.top = top
        self.certs = certs.make(os.path.join(top, "certs"))
        self.client = os.path.abspath(shutil.which(PROGRAM))
        self.runs = 0
        dovecot = servers.Dovecot(top, self.certs)
        self.servers = {s.name: s for s in (
            dovecot, servers.Postfix(top, self.certs, dovecot),
            servers.Exim(top, self.certs), servers.OpenSMTPD(top, self.certs),
            servers.DovecotLMTP(top, self.certs))}

    def start(self):
        for server in self.servers.values():
            server.start()

    def stop(self):
        for server in self.servers.values():
            server.stop()

    def account(self, server, form, extra):
        lines = ["account work", "host localhost",
                 "port %d" % server.ports[form], "from me@example.org",
                 "syslog off", "queue off", "timeout 30"]
        if form == "plain":
            lines += ["tls off", "protocol lmtp", "auth off"]
        else:
            lines += ["tls on", "user " + servers.USER,
                      "tls_starttls " + ("on" if form == "starttls" else "off"),
                      "tls_trust_file %s/ca.pem" % self.certs]
            said = {x.split(" ")[0] for x in extra}
            lines += [x for x in ("auth on", "password " + servers.PASSWORD)
                      if x.split(" ")[0] not in said]
        path = os.path.join(self.top, "account-%d" % self.runs)
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(x + "\n" for x in lines + extra))
        os.chmod(path, 0o600)
        return path

    def send(self, server, form, stdin, extra=(), watch=False):
        """(what client.run says, stderr)"""
        self.runs += 1
        stem = os.path.join(self.top, "run-%d" % self.runs)
        config = self.account(server, form, list(extra))
        ran = client.run(
            [self.client, "-C", config, "-a", "work", "bob@example.com"],
            stdin, client.clean_environment(self.top), self.top, LIMIT, stem,
            watch)
        return ran, servers.read(stem + ".out") + servers.read(stem + ".err")

    def transfer(self, server, form, stdin, extra=(), watch=False):
        """One message that must be taken: (what arrived, the run)."""
        ran, words = self.send(server, form, stdin, extra, watch)
        if ran.status != 0:
            raise Failure("status %d: %s" % (ran.status, shown(words)))
        if words:
            raise Failure("success has words: " + shown(words))
        got = server.delivered(1)
        if len(got) != 1:
            raise Failure("%d messages arrived" % len(got))
        return got[0], ran

    # --- kinds of cases ---------------------------------------------------------
    def arrives(self, server, form, stdin, want, extra=()):
        got, _ = self.transfer(server, form, stdin, extra)
        if got != want:
            raise Failure(difference(got, want))

    def refused(self, server, form):
        ran, words = self.send(server, form, SMALL[0],
                               ["password this is not it"])
        if ran.status != 77:
            raise Failure("status %d, not 77: %s"
                          % (ran.status, shown(words)))
        if server.delivered(1, 0.1):
            raise Failure("the message arrived all the same")

    def reencoded(self, server):
        got, _ = self.transfer(server, "implicit",
                               bodies.body(bodies.LONG_LINE + b"\n"))
        if max(len(x) for x in got.split(b"\r\n")) > 998:
            raise Failure("a line is longer than 998 octets")
        text = email.message_from_bytes(got).get_payload(decode=True)
        if text.replace(b"\r\n", b"\n") != bodies.LONG_LINE + b"\n":
            raise Failure("it decodes to " + shown(text))

    def large(self, server, form):
        path = os.path.join(self.top, "large")
        count = bodies.write_large(path)
        with open(path, "rb") as f:
            got, ran = self.transfer(server, form, f, watch=True)
        print("# %s: %d KiB at most, %.2f s"
              % (server.name, ran.peak_kib, ran.seconds))
        want = bodies.large_sent(count)
        if got != want:
            raise Failure(difference(got, want))
        if ran.peak_kib >= bodies.LARGE_PEAK_KIB:
            raise Failure("it took %d KiB of memory" % ran.peak_kib)

    def credentials(self, mechanism):
        lines = ["auth " + mechanism.lower()]
        if mechanism in ("OAUTHBEARER", "XOAUTH2"):
            lines.append("password " + self.servers["Dovecot"].token())
        return lines

    # --- the table ----------------------------------------------------------------
    def cases(self):
        """Yields (name, function, arguments)."""
        submission = [s for s in self.servers.values() if "plain" not in s.ports]
        for server in submission:
            for form in server.forms:
                where = "%s by %s: " % (server.name, FORMS[form])
                yield (where + "a message arrives", self.arrives, server, form,
                       *SMALL)
                yield (where + "AUTH PLAIN", self.arrives, server, form,
                       *SMALL, ["auth plain"])
                yield (where + "a wrong password is refused", self.refused,
                       server, form)
        dovecot = self.servers["Dovecot"]
        for mechanism in dovecot.mechanisms:
            for form in dovecot.forms:
                yield ("Dovecot by %s: AUTH %s" % (FORMS[form], mechanism),
                       self.with_mechanism, dovecot, form, mechanism)
        for server in self.servers.values():
            form = server.forms[0]
            for name, stdin, want in bodies.TABLE:
                yield ("%s: %s" % (server.name, name), self.arrives, server,
                       form, stdin, want)
        yield ("Postfix: a line of 999 octets", self.reencoded,
               self.servers["Postfix"])
        for name in ("Postfix", "OpenSMTPD"):
            yield (name + ": 100 MiB in less than 12 MiB", self.large,
                   self.servers[name], "implicit")

    def with_mechanism(self, server, form, mechanism):
        self.arrives(server, form, *SMALL, self.credentials(mechanism))


def perform(number, case, bench):
    """One line of TAP; True where the case went well."""
    name, function, *args = case
    begun = time.monotonic()
    try:
        function(*args)
        print("ok %d - %s" % (number, name), flush=True)
        return True
    except Failure as e:
        print("not ok %d - %s" % (number, name))
        print("# %s" % e)
    except Exception:  # pylint: disable=broad-except
        print("not ok %d - %s" % (number, name))
        print("".join("# " + x for x in traceback.format_exc().splitlines(1)))
    print("# after %.2f s" % (time.monotonic() - begun))
    for server in bench.servers.values():
        if server.name == name.split(":")[0].split(" ")[0]:
            tail = server.log_tail().splitlines()[-12:]
            print("".join("#   %s\n" % x for x in tail), flush=True)
            server.delivered(1, 0.2)    # what may have come too late
    return False


def main(words):
    print("# system tests", flush=True)
    if os.geteuid() != 0:
        print("1..0 # SKIP only root can start the servers")
        return 0
    if not shutil.which(PROGRAM):
        print("Bail out! there is no program " + PROGRAM)
        return 1
    number = bad = 0
    with tempfile.TemporaryDirectory(prefix="system.") as top:
        os.chmod(top, 0o755)
        bench = Bench(top)
        try:
            bench.start()
            for case in bench.cases():
                if words and not any(w in case[0] for w in words):
                    continue
                number += 1
                bad += not perform(number, case, bench)
        finally:
            bench.stop()
    print("1..%d" % number)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
