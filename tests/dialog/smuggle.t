#!/usr/bin/env python3
"""No control character gets into a command, a header or onto the terminal."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import CONTROLS, Trial, has_control, text_of  # noqa: E402

TO = "bob@example.com"
trial = Trial()


def text(data):
    return data.decode("latin-1")


# --- options of the classic dialect: 64 ----------------------------------------
OPTIONS = {
    "-f": ["-f", "me%s@example.org", TO],
    "-f attached": ["-fme@example.org%s", TO],
    "-r": ["-r", "me@example.org%sRCPT TO:<x@example.com>", TO],
    "--from": ["--from=me%s@example.org", TO],
    "a recipient": ["bob@example.com%sRCPT"],
    "a second recipient": [TO, "%seve@example.com"],
    "a display name in an argument": ["Bob%sB <bob@example.com>"],
    "a recipient after --": ["--", "bob%s@example.com"],
    "-F": ["-F", "Ada%sBcc: eve@example.com", TO],
    "-V": ["-V", "id%sRCPT", TO],
    "-N": ["-N", "failure%s", TO],
    "-N in a list": ["-N", "failure,%sdelay", TO],
    "-R": ["-R", "hdrs%s", TO],
    "-L": ["-L", "tag%s", TO],
    "-a": ["-a", "default%s", TO],
    "-B": ["-B", "8BITMIME%s", TO],
}
for what, args in OPTIONS.items():
    for which, evil in CONTROLS.items():
        ran = trial.run(*[a.replace("%s", text(evil)) for a in args])
        trial.refused(ran, 64, "%s with %s is refused with 64" % (what, which))

for what, args in OPTIONS.items():
    ran = trial.run(*[a.replace("%s", "\r\n") for a in args], name="sendmail")
    trial.refused(ran, 64, what + " with CR LF is refused as sendmail too")

# --- every keyword, as an option (64) and in a file (78) ------------------------
ran = trial.run("config", "--json", bare=True)
names = [s["name"] for s in json.loads(ran.out)["settings"]]
trial.ok(len(names) > 40, "the keywords are known", ran)
SECRET = {"password", "ntlmdomain"}
for key in names:
    if key in SECRET:
        continue
    option = "--%s=" % key.replace("_", "-")
    for which in ("LF", "SOH"):
        ran = trial.run(option + "on" + text(CONTROLS[which]) + "x", TO)
        trial.refused(ran, 64, "%s with %s is refused with 64"
                      % (option, which))
for key in names:
    for which, evil in (("CR", b"\r"), ("SOH", b"\1"), ("NUL", b"\0")):
        lines = trial.account() + \
            key.encode() + b' "on' + evil + b'x"\n'
        ran = trial.run(TO, config=lines)
        # A secret is bytes; whatever else is in it, it is never printed.
        if key == "password" and which != "NUL":
            trial.ok(not has_control(ran.err) and b"onx" not in ran.err,
                     "%s in password is not shown" % which, ran)
            continue
        trial.refused(ran, 78, "keyword %s with %s is refused with 78"
                      % (key, which), b"config:10:")
for what, args in {
        "--host": ["--host=127.0.0.1%s", "--port=25", "-f", "me@example.org"],
        "--user": ["--user=ada%s", "--auth=plain"],
        "--domain": ["--domain=me%s.example.org"],
}.items():
    for which, evil in CONTROLS.items():
        ran = trial.run(*[a.replace("%s", text(evil)) for a in args], TO)
        trial.refused(ran, 64, "%s with %s is refused with 64" % (what, which))
for name in ("a b", "a<b", "x" * 300, "-", ""):
    ran = trial.run("--domain=" + name, TO)
    trial.ok(ran.status in (0, 64, 78) and
             all(re.fullmatch(rb"EHLO [!-~]+\r\n", x) for x in ran.lines
                 if x[:4] == b"EHLO"),
             "--domain=%.10s makes no broken EHLO" % name, ran)

# --- flags of send: 64 for what is typed, 65 for addresses in it -----------------
SEND = {
    "--to": (["--to", "bob%s@example.com"], (64,)),
    "--to name": (["--to", "Bob%sB <bob@example.com>"], (64,)),
    "--cc": (["--to", TO, "--cc", "cy@example.com%s"], (64,)),
    "--bcc": (["--to", TO, "--bcc", "%scy@example.com"], (64,)),
    "--from": (["--to", TO, "--from", "Me%sM <me@example.org>"], (64,)),
    "--reply-to": (["--to", TO, "--reply-to", "me%s@example.org"], (64,)),
    "--subject": (["--to", TO, "--subject", "hi%sBcc: eve@example.com"],
                  (64,)),
    "--header name": (["--to", TO, "--header", "X-A%sB: c"], (64,)),
    "--header value": (["--to", TO, "--header", "X-A: b%sBcc: e@example.com"],
                       (64,)),
    "--attach type": (["--to", TO, "--attach", "a.txt:text/plain%sX: y"],
                      (64, 66)),
    "an operand": (["--to", TO, "cy%s@example.com"], (64,)),
}
trial.file("a.txt", "text\n")
for what, (args, statuses) in SEND.items():
    for which, evil in CONTROLS.items():
        words = [a.replace("%s", text(evil)) for a in args]
        ran = trial.run("send", *words, "--body", "x")
        trial.refused(ran, ran.status if ran.status in statuses else -1,
                      "send %s with %s is refused" % (what, which))
for header in ("X-A", "X A: b", ": b", "X\xe9: b", "Bcc: e@example.com",
               "To: e@example.com", "Content-Type: text/html",
               "MIME-Version: 2"):
    ran = trial.run("send", "--to", TO, "--header", header, "--body", "x")
    trial.refused(ran, 64, "send --header '%s' is refused" % ascii(header))
for which, evil in CONTROLS.items():
    name = "a" + text(evil) + "b.txt"
    trial.file(name, "text\n")
    ran = trial.run("send", "--to", TO, "--attach", name, "--body", "x")
    whole = text_of(ran)
    trial.ok(ran.status in (64, 65) and not ran.lines or
             ran.status == 0 and b"\nb.txt" not in whole and
             b"\x01" not in whole and b"\x1b" not in whole and
             b"\x7f" not in whole and not re.search(rb"\r[^\n]", whole),
             "a file name with %s makes no header line" % which, ran)

# --- the message: what -t and From take from it: 65 ------------------------------
VALUES = {
    "To, NUL": (b"To: bob\0@example.com\n", 65),
    "To, SOH": (b"To: bob\1@example.com\n", 65),
    "To, ESC in a path": (b"To: <bob\x1b@example.com>\n", 65),
    "Cc, DEL": (b"To: bob@example.com\nCc: c\x7fy@example.com\n", 65),
    "Bcc, NUL in quotes": (b'Bcc: "a\0b"@example.com\n', 65),
    "Resent-To, SOH": (b"Resent-To: a\1b@example.com\n", 65),
}
for what, (block, status) in VALUES.items():
    ran = trial.run("-t", stdin=block + b"\nbody\n")
    trial.refused(ran, status, "-t with %s in the address is refused" % what)
CLEAN = {
    "bare CR in To": b"To: bob@example.com\rBcc: eve@example.com\n",
    "CR CR LF in To": b"To: bob@example.com\r\r\nBcc: eve@example.com\r\r\n",
    "CR in a folded To": b"To: bob@example.com,\r\r\n\r <eve@example.com>\n",
    "quoted CR LF": b'To: "a\r\n b"@example.com\n',
    "LF CR": b"To: bob@example.com\n\rRCPT TO:<eve@example.com>\n",
}
for what, block in CLEAN.items():
    ran = trial.run("-t", stdin=block + b"\nbody\n")
    good = all(re.fullmatch(rb"[ -~]*\r\n", x) for x in ran.lines)
    trial.ok(good and sum(x[:4] == b"MAIL" for x in ran.lines) <= 1 and
             b"\nBcc" not in text_of(ran) and
             (b"eve" not in b"".join(x for x in ran.lines if
                                     x[:4] == b"RCPT") or
              what.startswith(("CR CR", "CR in"))),
             "%s makes no command" % what, ran)
for what, value in {"NUL": b"me\0@example.org", "SOH": b"me\1@example.org",
                    "ESC": b"\x1bme@example.org"}.items():
    ran = trial.run("--read-envelope-from", TO,
                    stdin=b"From: " + value + b"\n\nbody\n")
    trial.ok(not ran.lines and ran.status in (64, 65) and
             not has_control(ran.err),
             "a From with %s gives no sender" % what, ran)
ran = trial.run("--read-envelope-from", TO,
                stdin=b"From: me@example.org\rRCPT TO:<x@example.com>\n\nb\n")
trial.ok(all(re.fullmatch(rb"[ -~]*\r\n", x) for x in ran.lines) and
         sum(x[:4] == b"RCPT" for x in ran.lines) <= 1,
         "a bare CR in From makes no command", ran)

# --- names that we put into headers -----------------------------------------------
for which, evil in (("CR", b"\r"), ("SOH", b"\1")):
    lines = trial.account('from_full_name "Ada' + text(evil) + 'L"')
    ran = trial.run(TO, config=lines)
    trial.refused(ran, 78, "from_full_name with %s is refused" % which)

# --- %U and %H: a control character becomes ? ----------------------------------------
for which, evil in CONTROLS.items():
    user = "me" + text(evil) + "RCPT"
    ran = trial.run(TO, env={"USER": user, "HOSTNAME": "h" + text(evil)},
                    config=trial.account("from %U@example.org", "domain %H"))
    trial.ok(all(re.fullmatch(rb"[ -~]*\r\n", x) for x in ran.lines) and
             not has_control(ran.err) and
             (ran.status == 0 and b"h?" in ran.lines[0] and
              any(b"me?" in x for x in ran.lines) or ran.status in (65, 78)),
             "%%U and %%H with %s become ?" % which, ran)
ran = trial.run(TO, env={"USER": "me\rx"},
                config=trial.account("from %U@example.org"))
trial.ok(b"MAIL FROM:<me?x@example.org>" in b"".join(ran.lines),
         "%U with CR is sent with ?", ran)
trial.done()
