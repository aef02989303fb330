"""A row for each long option that is no keyword, each letter, each exit status
and each substitution."""
import os
import re

from keywords import LETTER, NAME
from probes import (Refused, Row, body, commands, ehlo, field, log, mail, rcpt,
                    recipients, sender, status, told)

DOTTED = b"Subject: hi\n\none\n.\ntwo\n"
OTHER = {"other": "account default\nhost 127.0.0.1\nport $PLAIN\n"
         "from other@example.org\nsyslog off\nqueue off\n"}
BOB = ["bob@example.com"]
PEOPLE = b"To: ann@example.com\nSubject: hi\n\nbody\n"


def option(sees, unset, options, **more):
    return Row(sees, unset, {}, options, **more)


def sendmail(sees, unset, options, **more):
    """Under the names sendmail and msmtp alike."""
    return [option(sees, unset, options, **more),
            option(sees, unset, options, name="sendmail", **more),
            option(sees, unset, options, name="msmtp", **more)]


def idle(options):
    """Taken with this arity, and nothing comes of it."""
    return sendmail(recipients, BOB, {o: BOB for o in options}, same=True)


def refused(options, **more):
    return sendmail(status, 0, {o: 64 for o in options}, **more)


OPTIONS = {
    "version": [
        option(told(), "", {
            "--version": re.compile("^postrider .*\nPlatform: ", re.S),
            "--host=x --nothing --version": Refused(64),
            "--vers": re.compile("^postrider "), "-d0.1":
            re.compile("^postrider ")}),
    ],
    "help": [option(told(), "", {"--help": re.compile("usage:"),
                                 "--he": re.compile("usage:")})],
    "pretend": [option(told(), "", {"--pretend": re.compile("(?m)^host = "),
                                    "--pre": re.compile("(?m)^host = ")})],
    "debug": [
        option(told(), "", {
            "--debug": re.compile("(?ms)^host = .*EHLO localhost"),
            "--debug=9": re.compile("EHLO localhost")}, name="msmtp"),
    ],
    "configure": [
        option(status, 64, {"--configure=nonsense": 65}, args=[]),
    ],
    "serverinfo": [
        option(told(), Refused(64), {
            "--serverinfo": re.compile(r"(?s)smarthost\.test.*SIZE.*DSN")},
            args=[]),
        option(status, 0, {"--serverinfo": 64}),
    ],
    "rmqs": [
        option(status, 0, {"--rmqs=host.test": 64}),
        option(status, 64, {"--rmqs=host.test": 69}, args=[]),
    ],
    "file": [
        option(sender, "me@example.org", {
            "--file=other": "other@example.org",
            "--file other": "other@example.org",
            "--file=none": Refused(66)}, files=OTHER),
    ],
    "account": [
        option(sender, "me@example.org", {
            "--account=work": "work@example.org",
            "--account work": "work@example.org",
            "--account=none": Refused(78),
            "--account=work --host=127.0.0.1": Refused(64)},
            before=["account work", "host 127.0.0.1", "port $PLAIN",
                    "syslog off", "queue off", "from work@example.org"]),
    ],
    "read-envelope-from": [
        option(sender, "me@example.org", {
            "--read-envelope-from": "ada@header.example",
            "--read-env": "ada@header.example",
            "--read-envelope-from -f a@b.c": Refused(64)}, stdin=LETTER),
        option(status, 0, {"--read-envelope-from": 64}),
    ],
    "read-recipients": [
        option(recipients, BOB, {
            "--read-recipients": BOB + ["ann@example.com"],
            "--read-rec": BOB + ["ann@example.com"]}, stdin=PEOPLE),
    ],
    "quiet": [
        Row(told(), "", {}, {"--quiet": "", "--pretend --quiet":
                             re.compile("^host = ", re.M)}),
    ],
}

LETTERS = {
    "C": [option(sender, "me@example.org", {
        "-C other": "other@example.org", "-Cother": "other@example.org",
        "-C none": Refused(66), "-C ''": Refused(66),
        "-C /dev/null": Refused(78)}, files=OTHER)],
    "a": [option(sender, "me@example.org", {
        "-a work": "work@example.org", "-awork": "work@example.org",
        "-a none": Refused(78), "-am": Refused(78)},
        before=["account work", "host 127.0.0.1", "port $PLAIN",
                "syslog off", "queue off", "from work@example.org"])],
    "P": [option(told(), "", {"-P": re.compile("(?m)^host = ")})],
    "S": [option(told(), Refused(64), {"-S": re.compile(r"smarthost\.test")},
                 args=[])],
    "v": [option(told(), "", {"-v": re.compile("EHLO localhost")},
                 name="msmtp"),
          option(told(err=True), "", {"-v": re.compile("EHLO localhost")})],
    "d": [option(told(), "", {"-d": re.compile("EHLO localhost"),
                              "-d9": re.compile("EHLO localhost"),
                              "-d0.1": re.compile("^postrider ")},
                 name="msmtp")],
    "X": [option(log("exitcode"), None, {"-X $HOME/log": "EX_OK",
                                         "-X$HOME/log": "EX_OK"})],
    "f": sendmail(sender, "me@example.org", {
        "-f a@b.example": "a@b.example", "-fa@b.example": "a@b.example",
        "-f '<>'": "", "-f ''": "", "-f MAILER-DAEMON": ""}),
    "r": sendmail(sender, "me@example.org", {
        "-r a@b.example": "a@b.example", "-ra@b.example": "a@b.example"}),
    "F": sendmail(field("From"), ["me@example.org"], {
        "-F Ada": ["Ada <me@example.org>"], "-FAda": ["Ada <me@example.org>"],
        "-F 'Ada L'": ["Ada L <me@example.org>"]}),
    "t": sendmail(recipients, BOB, {
        "-t": BOB + ["ann@example.com"], "-ti": BOB + ["ann@example.com"]},
        stdin=PEOPLE),
    "N": sendmail(rcpt, [], {
        "-N never": ["NOTIFY=NEVER"], "-Nfailure": ["NOTIFY=FAILURE"],
        "-N off": [], "-N x": Refused(64), "-N never,delay": Refused(64)}),
    "R": sendmail(mail, [], {
        "-R full": ["RET=FULL"], "-Rhdrs": ["RET=HDRS"], "-R off": [],
        "-R headers": ["RET=HDRS"], "-R x": Refused(64)}),
    "V": sendmail(mail, [], {"-V id": ["ENVID=id"], "-Vid": ["ENVID=id"]}),
    "i": [option(body, "one\r\n", {
        "-i": "one\r\n.\r\ntwo\r\n", "-oi": "one\r\n.\r\ntwo\r\n",
        "-it": "one\r\n.\r\ntwo\r\n"}, stdin=DOTTED,
        around=["dot_ends_message on"])],
    "o": sendmail(recipients, BOB, {"-oi": BOB, "-oem": BOB, "-o em": BOB,
                                    "-odb": BOB, "-oQ/tmp": Refused(64)}),
    "O": sendmail(body, "one\r\n.\r\ntwo\r\n", {
        "-O IgnoreDots=no": "one\r\n", "-OIgnoreDots=no": "one\r\n",
        "-O Any=thing": "one\r\n.\r\ntwo\r\n",
        "-O QueueDirectory=/tmp": Refused(64)}, stdin=DOTTED),
    "b": sendmail(recipients, BOB, {"-bm": BOB, "-bd": Refused(64),
                                    "-bz": Refused(64), "-bt": Refused(64),
                                    "-bh": Refused(64)}) + [
        option(told(), "", {"-bv": re.compile("^bob@example.com: account "),
                            "-bp": re.compile("empty"), "-bi": ""})],
    "q": sendmail(commands, ["EHLO"], {"-q": [], "-q30m": []}, first=1),
    "B": idle(["-B 8BITMIME", "-B7BIT"]),
    "L": idle(["-L tag", "-Ltag"]), "A": idle(["-A m", "-Ac"]),
    "h": idle(["-h 5", "-h5"]), "p": idle(["-p smtp", "-psmtp"]),
    "x": idle(["-x y", "-xy"]), "e": idle(["-e", "-em", "-eq"]),
    "G": idle(["-G"]), "U": idle(["-U"]), "m": idle(["-m"]),
    "n": idle(["-n"]), "E": idle(["-E"]), "I": idle(["-I"]),
    "J": idle(["-J"]), "c": idle(["-c"]),
    "s": refused(["-s", "-s x", "-sx"]), "M": refused(["-Mx", "-M x"]),
    "D": refused(["-D x", "-Dx"]),
}
# Under the name sendmail two of these are another thing.
LETTERS["d"] += [option(told(), "", {"-d0.1": re.compile("^postrider "),
                                     "-d": ""}, name="sendmail")]


def folder():
    """A stdin that cannot be read."""
    return os.open("/", os.O_RDONLY)


STATUSES = {
    "EX_OK": [option(status, 0, {"--nothing": 64})],
    "EX_USAGE": [
        option(status, 0, {"--nothing": 64, "-z": 64, "--port=x": 64,
                           "-bd": 64, "-a a --host=b": 64}),
        option(status, 64, {"bob@example.com": 0}, args=[])],
    "EX_DATAERR": [option(status, 0, {"a@": 65, "'a b@c.example d'": 65})],
    "EX_NOINPUT": [option(status, 0, {"-C none": 66})],
    "EX_NOUSER": [option(status, 0, {"root": 67}), "rcpt-550-is-67.dialog",
                  "rcpt-551-is-67.dialog", "rcpt-553-is-67.dialog",
                  "rcpt-5-1-1-is-67.dialog"],
    "EX_NOHOST": ["a-name-that-does-not-exist-is-68.dialog"],
    "EX_UNAVAILABLE": [
        option(status, 69, {"--size-check=off": 0}, server="small"),
        "rcpt-554-is-69.dialog", "mail-550-is-69.dialog",
        "data-554-is-69.dialog", "body-554-is-69.dialog",
        "size-exceeded-is-69-before-mail.dialog",
        "dsn-required-and-missing-is-69.dialog",
        "smtputf8-missing-is-69-before-mail.dialog"],
    # No descriptor is left for a socket.
    "EX_OSERR": [
        option(status, 71, {"--version": 0},
               wrap="#!/bin/sh\nexec prlimit --nofile=4 \"$@\"\n")],
    "EX_IOERR": [option(status, 74, {"--version": 0}, stdin=folder)],
    "EX_TEMPFAIL": [
        option(status, 0, {"--port=$CLOSED": 75,
                           "--port=$SILENT --timeout=1": 75}),
        option(status, 0, {"--auth=plain --user=u --passwordeval=false": 75}),
        "rcpt-450-is-75.dialog", "mail-451-is-75.dialog",
        "body-451-is-75.dialog", "rcpt-552-is-75.dialog",
        "greeting-421-is-75.dialog", "hang-up-is-75.dialog",
        "reset-is-75.dialog", "auth-454-is-75.dialog"],
    "EX_PROTOCOL": [
        option(status, 76, {"--tls-certcheck=off": 0}, server="wrong"),
        option(status, 0, {"--auth=login": 76}, server="login",
               around=["auth plain", "user ada", "password tiger"]),
        "greeting-that-is-no-smtp-is-76.dialog", "greeting-554-is-76.dialog",
        "ehlo-and-helo-refused-is-76.dialog", "starttls-554-is-76.dialog",
        "starttls-missing-is-76.dialog", "wrong-pin-is-refused.dialog",
        "wrong-fingerprint-is-refused.dialog", "auth-not-offered-is-76.dialog"],
    "EX_NOPERM": [
        Row(status, 0, {"password lion": 77}, server="login",
            around=["auth plain", "user ada", "password tiger"]),
        "auth-535-is-77.dialog", "rcpt-530-is-77.dialog"],
    "EX_CONFIG": [
        Row(status, 0, {"nonsense": 78, "port x": 78, "auth on": 78,
                        "tls on\ntls_priorities NONSENSE": 78,
                        "tls on\ntls_trust_file /none": 78,
                        "auth plain\nuser ada": 78,
                        "auth on\nuser ada\npassword x": 76})],
}

SUBSTITUTIONS = {
    "%U": [Row(sender, "me@example.org", {
        "from %U@b.example": "ada@b.example",
        "from %U%U@b.example": "adaada@b.example"}, env=NAME),
        # Not in a domain, nor on the command line.
        Row(ehlo, "localhost", {"domain %U": "%U"}, env=NAME),
        option(sender, "me@example.org", {"-f %U@b.example": "%U@b.example"},
               env=NAME)],
    "%H": [Row(sender, "me@example.org", {"from a@%H": "a@box.test"},
               env=NAME),
           Row(ehlo, "localhost", {"domain %H": "box.test",
                                   "domain x.%H": "x.box.test"}, env=NAME)],
    "%C": [Row(sender, "me@example.org", {"from a@%C": "a@box.invalid"},
               env={"HOSTNAME": "box.invalid"}),
           Row(ehlo, "localhost", {"domain %C": "box.invalid"},
               env={"HOSTNAME": "box.invalid"})],
    "%M": ["tests/unit/test_subst.c: mailname_is_a_first_line"],
    "%F": [Row(sender, "me@example.org", {"from %F": "ada@header.example"},
               stdin=LETTER),
           Row(status, 0, {"from %F": 78}),
           Row(ehlo, "localhost", {"domain %F": "%F"}, stdin=LETTER)],
}
