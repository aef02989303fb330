#!/usr/bin/env python3
"""The smarthost of the demonstration: smarthost.py FOLDER implicit|starttls

Makes its certificates in FOLDER/certs, writes the port to FOLDER/port, keeps
the first message in FOLDER/message and its envelope in FOLDER/envelope, and
ends.  It wants the user ada with the password `tea time`.
"""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import certs  # noqa: E402
import sink  # noqa: E402


def write(folder, name, data):
    """Whole or not at all: the demonstration waits for these files."""
    path = os.path.join(folder, name)
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.rename(path + ".new", path)


def main(folder, tls):
    arrived = threading.Event()
    host = sink.Sink(certs.make(os.path.join(folder, "certs")), tls,
                     {"ada": "tea time"})
    host.on_message = lambda _message: arrived.set()
    write(folder, "port", b"%d\n" % host.port)
    if not arrived.wait(60):
        raise SystemExit("smarthost: nothing came within a minute")
    message = host.messages[0]
    write(folder, "envelope", b"from %s to %s\n" % (
        message.sender.encode(), ", ".join(message.recipients).encode()))
    write(folder, "message", message.data)
    threading.Event().wait(0.5)     # for QUIT


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("implicit", "starttls"):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
