#!/usr/bin/env python3
"""The files of wild/ as they are, with their real names and ports, sent through
a server that has certificates for these names: wild.py [NAME...]

A network namespace of our own resolves the names to loopback; the authority of
the tests is the system's.  Each use is tried by msmtp, by this program as msmtp
and by it under its own name.
"""
import os
import shutil
import subprocess
import sys

import room

room.enter()

import peer  # noqa: E402
import wildlist  # noqa: E402

LISTENERS = ((25, peer.CLEAR), (465, peer.IMPLICIT), (587, peer.CLEAR),
             (1025, peer.CLEAR))
MESSAGE = "From: Ada <%s>\nTo: bob@example.com\nSubject: hi\n\nbody\n"
CALLS = (("msmtp", "msmtp"), ("postrider", "msmtp"),
         ("postrider", "postrider"))


def make_names(folder):
    """names.pem: a certificate for all that the files call a server."""
    with open(os.path.join(folder, "names.ext"), "w", encoding="ascii") as f:
        f.write("basicConstraints=critical,CA:FALSE\nsubjectAltName="
                + ",".join("DNS:" + n for n in wildlist.NAMES) + "\n")
    subprocess.run(["openssl", "req", "-new", "-config", "config", "-key",
                    "key.pem", "-subj", "/CN=names", "-out", "request.pem"],
                   cwd=folder, check=True)
    subprocess.run(["openssl", "x509", "-req", "-in", "request.pem", "-CA",
                    "ca.pem", "-CAkey", "key.pem", "-CAcreateserial", "-days",
                    "3650", "-extfile", "names.ext", "-out", "names.pem"],
                   cwd=folder, check=True, stderr=subprocess.DEVNULL)


def prepare(home):
    make_names(home.certs)
    bridge = os.path.join(wildlist.HERE, "bridge.pem")
    shutil.copy(bridge, home.path("certs/bridge-server.pem"))
    home.etc_file("hosts", room.HOSTS + "".join(
        "127.0.0.1 %s\n" % n for n in wildlist.NAMES))
    home.etc_file("aliases", wildlist.ALIASES)
    home.etc_file("msmtp-password", wildlist.PASSWORD + "\n")
    for name in wildlist.COMMANDS:
        path = home.path("bin/" + name)
        with open(path, "w", encoding="ascii") as f:
            f.write(wildlist.COMMAND)
        os.chmod(path, 0o755)
    with open(bridge, encoding="ascii") as f:
        text = f.read()
    return dict(wildlist.HOME_FILES, **{
        ".config/protonmail/bridge/cert.pem":
            text[text.index("-----BEGIN CERTIFICATE"):]})


def script_of(home, use):
    cert = home.path("certs/bridge-server.pem") if use.cert == "bridge" \
        else use.cert
    return peer.Script(
        offers=("STARTTLS",) if use.tls and use.port != 465 else (),
        auth=use.offers if use.auth else "", cert=cert,
        credentials=(str(use.user).encode(), use.password.encode()))


def faults(use, ran, sessions):
    """What is not as it must be, in words."""
    if ran.status != 0 or len(sessions) != 1:
        return ["status %d, %d sessions, %r" % (ran.status, len(sessions),
                                                ran.err)]
    session, wrong = sessions[0], []
    said = session.commands
    wanted = {
        "port": (session.port, use.port), "TLS": (session.secure, use.tls),
        "greeting": (said[0], "EHLO " + use.helo),
        "messages": (len(session.messages), 1),
        "sender": ([x for x in said if x.startswith("MAIL")],
                   ["MAIL FROM:<%s>" % use.sender]),
        "recipients": ([x for x in said if x.startswith("RCPT")],
                       ["RCPT TO:<%s>" % r for r in use.recipients]),
        "AUTH": ([x.split(" ")[1] for x in said if x.startswith("AUTH ")],
                 [use.auth] if use.auth else []),
        "name": (session.sni, use.host if use.tls and not
                 use.host[0].isdigit() else session.sni),
    }
    for what, (got, want) in wanted.items():
        if got != want:
            wrong.append("%s: %r, not %r" % (what, got, want))
    return wrong


def main(words):
    print("# files from the wild", flush=True)
    home = room.Room()
    files = prepare(home)
    server = peer.Peer(home.certs, listeners=LISTENERS)
    number = bad = 0
    for name, uses in wildlist.FILES.items():
        text = wildlist.read(name)
        for i, use in enumerate(uses):
            for which, called in CALLS:
                if words and name not in words:
                    continue
                home.system_file("msmtprc", text if use.system else None)
                server.play(script_of(home, use))
                mine = dict(files)
                if not use.system:
                    mine[".msmtprc"] = text
                ran = home.run(which, [*use.args, "--", *use.to],
                               (MESSAGE % use.header_from).encode(), mine,
                               name=called)
                wrong = faults(use, ran, server.take())
                number += 1
                bad += bool(wrong)
                print("%sok %d - %s, use %d, by %s%s" % (
                    "not " if wrong else "", number, name, i + 1, which,
                    " as msmtp" if which != called else ""))
                print("".join("# %s\n" % w for w in wrong), end="", flush=True)
    print("1..%d" % number)
    home.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
