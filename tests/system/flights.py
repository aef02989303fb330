#!/usr/bin/env python3
"""The flights: what the client writes in one system call, and its TLS records.

Counted from a trace of system calls, so that no luck of a read is in it.
"""
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs    # noqa: E402
import client   # noqa: E402
import sink     # noqa: E402
import trace    # noqa: E402

PROGRAM = os.path.abspath(os.environ.get("CLIENT", "./postrider"))
SMALL = b"Subject: hi\n\nbody\n"
LARGE = b"Subject: large\n\n" + b"0123456789" * 6 + b"\n"
FULL = 16384
FULL_CIPHERED = FULL + 17   # TLS 1.3: one octet of type, 16 of tag
HANDSHAKE, CHANGE, DATA = 22, 20, 23
OFFERS = list(sink.OFFERS)
results = []


def ok(good, name, *notes):
    results.append(good)
    print("%sok %d - %s" % ("" if good else "not ", len(results), name))
    if not good:
        for note in notes:
            print("# %s" % (note,))


def config(folder, port, tls):
    path = os.path.join(folder, "config")
    lines = ["account work", "host localhost", "port %d" % port,
             "from me@example.org", "syslog off", "queue off",
             "family ipv4"]
    if tls:
        lines += ["tls on", "auth plain", "user ada", "password secret",
                  "tls_starttls " + ("off" if tls == "implicit" else "on"),
                  "tls_trust_file %s/ca.pem" % folder]
    with open(path, "w", encoding="utf-8") as f:
        os.fchmod(f.fileno(), 0o600)
        f.write("\n".join(lines) + "\n")
    return path


def run(folder, tls, offers, message):
    sink.OFFERS[:] = offers
    server = sink.Sink(folder, tls, {"ada": "secret"} if tls else None)
    command = [PROGRAM, "-C", config(folder, server.port, tls), "-a", "work",
               "bob@example.com"]
    done = trace.trace(command, message, client.clean_environment(folder),
                       folder)
    server.close()
    if done.status != 0:
        print("# status %d: %s" % (done.status, done.stderr))
    return done


def words(writes):
    """The commands of each write of a session in clear."""
    return [[x.split(b" ")[0] for x in w.split(b"\r\n")
             if x.split(b" ")[0] in (b"EHLO", b"MAIL", b"RCPT", b"DATA",
                                     b"BDAT", b"QUIT", b".")]
            for w in writes]


def in_clear(folder):
    got = words(run(folder, None, OFFERS, SMALL).writes)
    want = [[b"EHLO"], [b"MAIL", b"RCPT", b"BDAT", b"QUIT"]]
    ok(got == want, "in clear: EHLO | MAIL RCPT BDAT-LAST QUIT", got)
    offers = [x for x in OFFERS if x != "CHUNKING"]
    got = words(run(folder, None, offers, SMALL).writes)
    want = [[b"EHLO"], [b"MAIL", b"RCPT", b"DATA"], [b".", b"QUIT"]]
    ok(got == want, "in clear: EHLO | MAIL RCPT DATA | message QUIT", got)


def shape(done):
    """Each write as a word: hello, finished (+data), data; and alerts."""
    out, before = [], 0
    for mine in trace.records(done.writes):
        kinds = [kind for kind, _ in mine]
        if kinds[:1] == [HANDSHAKE]:
            out.append("hello")
        elif kinds[:1] == [CHANGE]:
            out.append("finished+%d" % (len(kinds) - 2))
        else:
            out.append("data*%d" % len(kinds))
        before += 1
    return out


def under_tls(folder):
    chunked = ["hello", "finished+0", "data*1", "data*1", "data*1", "data*1"]
    got = shape(run(folder, "implicit", OFFERS, SMALL))
    ok(got in (chunked, chunked[:-1]),
       "implicit TLS: hello | Finished | EHLO | AUTH | MAIL RCPT BDAT QUIT",
       got)
    offers = [x for x in OFFERS if x != "CHUNKING"]
    got = shape(run(folder, "implicit", offers, SMALL))
    plain = chunked[:5] + ["data*1", "data*1"]
    ok(got in (plain, plain[:-1]),
       "implicit TLS without CHUNKING: ... | MAIL RCPT DATA | message QUIT",
       got)


def starttls(folder):
    done = run(folder, "starttls", OFFERS, SMALL)
    clear = [w for w in done.writes[:2]]
    ok([w.split()[0] for w in clear] == [b"EHLO", b"STARTTLS"],
       "STARTTLS: EHLO | STARTTLS", clear)
    got = shape(done._replace(writes=done.writes[2:]))
    ok(got[:2] == ["hello", "finished+1"],
       "STARTTLS: the second EHLO leaves with Finished", got)
    ok(len(got) in (4, 5), "STARTTLS: then AUTH | MAIL RCPT BDAT QUIT", got)


def large(folder):
    message = LARGE + b"a line of the body, with some words in it\n" * 25000
    done = run(folder, "implicit", OFFERS, message)
    sizes = [n for mine in trace.records(done.writes) for k, n in mine
             if k == DATA and n > 4096]
    short = [n for n in sizes[:-1] if n < FULL_CIPHERED]
    # Each chunk of BDAT may end in a record of its own.
    chunks = len(message) // (1024 * 1024) + 1
    ok(len(sizes) > 60 and len(short) <= chunks,
       "no record under 16 KiB in the middle of a large message",
       "%d records, short ones: %s" % (len(sizes), short))
    per_write = len(message) / max(1, len(done.writes))
    ok(per_write > 32768, "large messages go out in large writes",
       "%d octets a write" % per_write)


def main():
    if not shutil.which("strace"):
        print("1..0 # SKIP strace is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        certs.make(folder)
        for part in (in_clear, under_tls, starttls, large):
            part(folder)
    print("1..%d" % len(results))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
