#!/usr/bin/env python3
"""postrider info --json: one object that other programs can read, with the
server's words in it, and nothing else on standard output."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
from trial import Trial  # noqa: E402

trial = Trial()


def ask(*args):
    ran = trial.run("info", "--json", *args, bare=True)
    try:
        return ran, json.loads(ran.out)
    except ValueError as e:
        return ran, {"not JSON": str(e)}


def words_of(found):
    return [c["keyword"] for c in found.get("capabilities", [])]


def main():
    ran, found = ask()
    trial.ok(ran.status == 0 and not ran.err, "info says nothing on stderr",
             ran)
    trial.equal(found.get("port"), trial.sink.port, "the port is a number")
    trial.equal(found.get("greeting"), "smarthost.test ESMTP",
                "the greeting is there")
    trial.equal(words_of(found)[-6:],
                ["PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8",
                 "ENHANCEDSTATUSCODES"], "so is every capability", found)
    trial.equal(found.get("limits"), {"size": 209715200},
                "limits are numbers")
    trial.equal(found.get("uses"), {"pipelining": True, "chunking": True,
                                    "smtputf8": True}, "what would be used")
    trial.ok(ran.lines[-1:] == [b"QUIT\r\n"] and len(ran.lines) == 2,
             "only EHLO and QUIT were said", ran.lines)
    _, found = ask("--pipelining", "off", "--chunking", "off")
    trial.equal(found.get("uses"), {"pipelining": False, "chunking": False,
                                    "smtputf8": True},
                "settings change what would be used")
    ran, found = ask("-v")
    trial.ok(found.get("status") == 0 and b"EHLO" in ran.err,
             "-v shows the dialogue elsewhere", ran)
    ran, found = ask("--host", "127.0.0.1", "--port", "1")
    trial.ok(ran.status == 75 == found.get("status") and
             "refused" in found.get("error", ""),
             "a failure is in the object too", ran)
    trial.refused(trial.run("info", "--json", "mx.example", bare=True), 64,
                  "a server is named by --host", b"mx.example")
    trial.refused(trial.run("info", "-a", "default", "--host", "x",
                            bare=True), 64, "an account or a host", b"--host")
    trial.refused(trial.run("info", "--tls", bare=True), 64,
                  "options of the verb need their values", b"--tls")
    trial.refused(trial.run("info", "--tls", "maybe", bare=True), 64,
                  "which are checked", b"tls")
    trial.done()


main()
