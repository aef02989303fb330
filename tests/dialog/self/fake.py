#!/usr/bin/env python3
"""A client that does what $FAKE says, to test the dialogue harness.

$FAKE is a list of steps, separated by |: each is sent in one write, then one
whole reply is read.  `tls` wraps the connection, `sleep N` waits, `-` reads a
reply and sends nothing, `end` leaves; a step that begins with & is only sent.
$STATUS is the exit status, $SAYS goes to stderr.
"""
import os
import re
import socket
import ssl
import sys
import time


def setting(name):
    with open(sys.argv[sys.argv.index("-C") + 1], encoding="utf-8") as f:
        return re.search(r"^%s (.*)$" % name, f.read(), re.M)[1]


def read_reply(sock):
    got = b""
    while not re.search(rb"(^|\n)\d{3}( [^\n]*)?\r?\n$", got):
        more = sock.recv(4096)
        if not more:
            return
        got += more


def perform(sock, steps):
    for step in steps:
        if step == "tls":
            ctx = ssl.create_default_context(cafile=setting("tls_trust_file"))
            sock = ctx.wrap_socket(sock, server_hostname="127.0.0.1")
        elif step.startswith("sleep "):
            time.sleep(float(step[6:]))
        elif step == "end":
            return
        else:
            if step != "-":
                text = step.lstrip("&").encode().decode("unicode_escape")
                sock.sendall(text.encode())
            if step[:1] != "&":
                read_reply(sock)
    sock.close()


def main():
    steps = os.environ.get("FAKE")
    if steps:
        port = int(setting("port"))
        with socket.create_connection(("127.0.0.1", port)) as sock:
            try:
                perform(sock, steps.split("|"))
            except OSError as e:
                print(e, file=sys.stderr)
    if "SAYS" in os.environ:
        print(os.environ["SAYS"], file=sys.stderr)
    sys.exit(int(os.environ.get("STATUS", "0")))


main()
