#!/usr/bin/env python3
"""Messages through a command (message_filter), into a maildir after they were
sent (save_sent), and into one instead (capture)."""
import os
import re
import select
import shutil
import socket
import stat
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sink import OFFERS  # noqa: E402
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
QUIET = ("set_from_header off", "set_date_header off", "set_msgid_header off")
PLAIN = b"A: b\n\nbody\n"
trial = Trial()


def with_(*lines, stdin=PLAIN, args=(TO,), of=trial, **more):
    return of.run(*args, stdin=stdin, config=of.account(*QUIET, *lines),
                  **more)


def filtered(command, *lines, **more):
    return with_("message_filter " + command, *lines, **more)


# --- message_filter -----------------------------------------------------------
PASSES = {
    "as it is": ("cat", PLAIN, PLAIN),
    "a field in front": ("echo X-Signed: yes; cat", PLAIN,
                         b"X-Signed: yes\n" + PLAIN),
    "a footer": ("cat; echo -- ; echo foot", PLAIN, PLAIN + b"--\nfoot\n"),
    "another body": ("sed s/body/other/", PLAIN, b"A: b\n\nother\n"),
    "CRLF": ("sed 's/$/\\r/'", PLAIN, PLAIN),
    "no last newline": ("printf 'A: b\\n\\nx'", PLAIN, b"A: b\n\nx\n"),
    "no body": ("echo A: b", PLAIN, b"A: b\n\n"),
    "its input not read": ("printf 'A: c\\n\\n.\\n'", PLAIN,
                           b"A: c\n\n.\n"),
    "its input closed": ("exec 0<&-; printf 'A: c\\n\\nx\\n'", PLAIN,
                         b"A: c\n\nx\n"),
    "Bcc that it adds": ("echo 'Bcc: x@x.org'; echo 'Resent-BCC : y@y.org';"
                         " echo ' z@z.org'; cat", PLAIN, PLAIN),
    "a byte order mark and 8 bits": ("cat", "A: ü\n\nü\x00\n".encode(),
                                     "A: ü\n\nü\x00\n".encode()),
    "an mbox line": ("echo From me Mon Jan  1 00:00:00 2024; cat", PLAIN,
                     PLAIN),
    "what runs on behind it": ("cat; (sleep 2; echo late) & exit 0", PLAIN,
                               PLAIN),
}
for what, (command, stdin, want) in PASSES.items():
    ran = filtered(command, stdin=stdin)
    trial.equal((ran.status, ran.out, ran.err, text_of(ran)),
                (0, b"", b"", want.replace(b"\n", b"\r\n")),
                "filter: " + what, ran)
    trial.ok(b"".join(ran.lines).count(b"SIZE=%d" % len(text_of(ran))) == 1,
             "filter: %s: SIZE is that of what it printed" % what, ran)
ran = filtered("cat > seen; cat seen", args=["-t"],
               stdin=b"To: a@x.org\r\nBcc: b@x.org\r\n\r\n.\r\nx")
with open(trial.path("seen"), "rb") as f:
    trial.equal(f.read(), b"To: a@x.org\n\n.\nx\n",
                "filter: it sees LF and no Bcc", ran)
trial.ok(ran.messages and ran.messages[0].recipients == ["a@x.org", "b@x.org"],
         "filter: the recipients stay", ran)
ran = filtered("cat", "remove_bcc_headers off", stdin=b"Bcc: b@x.org\n\nx\n")
trial.equal(text_of(ran), b"Bcc: b@x.org\r\n\r\nx\r\n",
            "filter: a Bcc that is to stay stays")
ran = filtered("cat", stdin=b"A: b\n\n" + b"x" * 2000 + b"\n")
trial.ok(b"quoted-printable" in text_of(ran), "filter: comes last", ran)
ran = filtered("echo >&2 words; cat")
trial.ok(ran.status == 0 and ran.err == b"words\n",
         "filter: its standard error is ours", ran)
ran = filtered("grep -q . /dev/tty; test -t 0 && exit 1; cat")
trial.ok(ran.status == 0, "filter: no terminal", ran)
ran = trial.run("send", "--to", TO, "--body", "x", config=trial.account(
    "message_filter echo X-Signed: yes; cat"))
trial.ok(ran.status == 0 and text_of(ran).startswith(b"X-Signed: yes\r\n"),
         "filter: postrider send", ran)
ran = trial.run("send", "--to", TO, "--body", "x", "--dry-run",
                config=trial.account("message_filter echo X-Signed: yes; cat"))
trial.ok(ran.status == 0 and b"\nX-Signed: yes\n" in ran.out and
         not ran.messages, "filter: --dry-run shows what it printed", ran)
ran = filtered("touch ran; cat", args=["-bv", TO])
trial.ok(ran.status == 0 and not os.path.exists(trial.path("ran")),
         "filter: -bv runs nothing", ran)
ran = filtered("touch ran; cat", args=["-P", TO])
trial.ok(ran.status == 0 and not os.path.exists(trial.path("ran")),
         "filter: -P runs nothing", ran)

BIG = b"A: b\n\n" + (b"0123456789" * 7 + b"\n") * 300000
for what, offers in (("BDAT", OFFERS),
                     ("DATA", [x for x in OFFERS if x != "CHUNKING"])):
    trial.sink.offers = offers
    ran = filtered("cat", stdin=BIG)
    trial.ok(ran.status == 0 and
             text_of(ran) == BIG.replace(b"\n", b"\r\n"),
             "filter: 20 MB by %s" % what, ran.status, ran.err)
trial.sink.offers = OFFERS
ran = filtered("sed '/^$/,$ d'; echo; yes | head -c 20000000", stdin=PLAIN)
trial.ok(ran.status == 0 and len(text_of(ran)) > 25000000,
         "filter: 20 MB out of nothing", ran.status, ran.err)
ran = filtered("head -n 1; echo; echo short", stdin=BIG)
trial.ok(ran.status == 0 and text_of(ran) == b"A: b\r\n\r\nshort\r\n",
         "filter: 20 MB that it does not want", ran.status, ran.err)

# --- what stops the message ---------------------------------------------------
LOG = trial.path("log")
STOPS = {
    "65": ("cat; exit 65", 65, b"ended with status 65"),
    "69": ("exit 69", 69, b"ended with status 69"),
    "75": ("exit 75", 75, b"ended with status 75"),
    "77": ("exit 77", 77, b"ended with status 77"),
    "78": ("exit 78", 78, b"ended with status 78"),
    "1": ("cat; exit 1", 75, b"ended with status 1"),
    "64, which is about our command line": ("exit 64", 75, b"status 64"),
    "a command that is missing": ("/nonexistent/filter", 75, b"status 127"),
    "a signal": ("kill -9 $$", 75, b"signal 9"),
    "nothing printed": ("true", 75, b"printed no message"),
    "an empty line printed": ("echo", 75, b"printed no message"),
    "text printed": ("echo hello world", 75, b"printed no message"),
    "NUL printed": ("head -c 100 /dev/zero", 75, b"printed no message"),
    "an endless header printed": ("echo A: b; yes X: y | head -c 2000000", 65,
                                  b"printed"),
}
for what, (command, status, word) in STOPS.items():
    if os.path.exists(LOG):
        os.unlink(LOG)
    ran = filtered(command, "logfile " + LOG)
    trial.refused(ran, status, "filter stops: " + what, word)
    trial.ok(b"message_filter" in ran.err and b"not sent and not kept" in
             ran.err, "filter stops: %s: what became of it" % what, ran)
    with open(LOG, encoding="utf-8") as f:
        lines = f.read().splitlines()
    trial.ok(len(lines) == 1 and "errormsg='" in lines[0],
             "filter stops: %s: it is logged" % what, lines)
for command in ("sleep 60", "cat; exec sleep 60", "yes A: b",
                "trap '' TERM INT HUP; sleep 60; sleep 60"):
    begun = time.monotonic()
    ran = filtered(command, "deadline 1")
    trial.refused(ran, 75, "filter: deadline: " + command, b"timed out")
    trial.ok(time.monotonic() - begun < 10, "filter: %s: in time" % command)

# --- save_sent ----------------------------------------------------------------
BOX = trial.path("Mail/Sent")
os.mkdir(trial.path("Mail"))


def mails(box, folder):
    """(name, content) of each message in a folder of a maildir."""
    path = os.path.join(box, folder)
    found = []
    for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
        with open(os.path.join(path, name), "rb") as f:
            found.append((name, f.read()))
    return found


def fresh(box):
    shutil.rmtree(box, ignore_errors=True)
    return box


for what, of, stdin, args in (
        ("plain", trial, PLAIN, [TO]),
        ("with Bcc", trial, b"To: a@x.org\nBcc: b@x.org\n\n.\nx", ["-t"]),
        ("8 bits", trial, "A: ü\n\nü\n".encode(), [TO]),
        ("nothing", trial, b"", [TO]),
        ("20 MB", trial, BIG, [TO])):
    fresh(BOX)
    ran = with_("save_sent " + BOX, stdin=stdin, args=args)
    kept = mails(BOX, "cur")
    trial.ok(ran.status == 0 and not ran.err and len(kept) == 1 and
             kept[0][1].replace(b"\n", b"\r\n") == text_of(ran) and
             b"b@x.org" not in kept[0][1] and
             not mails(BOX, "new") and not mails(BOX, "tmp"),
             "save_sent: %s: what was sent" % what, ran.status, ran.err,
             [k[0] for k in kept])
name = mails(BOX, "cur")[0][0]
trial.ok(re.match(r"\d+\.M\d+P\d+R[0-9a-f]{16}\.[^/:]+:2,S$", name),
         "save_sent: its name", name)
modes = [stat.S_IMODE(os.stat(os.path.join(BOX, x)).st_mode)
         for x in ("", "cur", "new", "tmp", "cur/" + name)]
trial.equal(modes, [0o700] * 4 + [0o600], "save_sent: nobody else reads it")
ran = with_("save_sent ~/Mail/Sent")
trial.equal(len(mails(BOX, "cur")), 2, "save_sent: ~, and one is added", ran)
ran = with_("save_sent " + fresh(BOX), "message_filter echo X-F: y; cat")
trial.ok(mails(BOX, "cur")[0][1] == b"X-F: y\n" + PLAIN,
         "save_sent: after the filter", ran)
fresh(BOX)
ran = with_("save_sent " + BOX, args=[TO, "a b@x.org"])
trial.ok(ran.status == 65 and len(mails(BOX, "cur")) == 1,
         "save_sent: one of two recipients is enough", ran)
closed = socket.create_server(("127.0.0.1", 0))
port = closed.getsockname()[1]
closed.close()
for what, lines in (("unreachable", ["port %d" % port]),
                    ("a filter that fails", ["message_filter exit 1"])):
    ran = with_("save_sent " + fresh(BOX), *lines)
    trial.ok(ran.status == 75 and not os.path.exists(BOX),
             "save_sent: not what was not sent: " + what, ran)
ran = with_("save_sent " + BOX, args=["-P", TO])
trial.ok(ran.status == 0 and not os.path.exists(BOX), "save_sent: not by -P")

trial.file("Mail/file", b"")
os.makedirs(trial.path("Mail/broken"))
trial.file("Mail/broken/tmp", b"")
os.makedirs(trial.path("Mail/linked"))
os.makedirs(trial.path("Mail/elsewhere"))
for sub in ("new", "cur"):
    os.symlink("../elsewhere", trial.path("Mail/linked/" + sub))
BAD = {
    "a file": ("Mail/file", b"Not a directory"),
    "no folder above": ("Mail/none/Sent", b"No such file"),
    "a file in place of tmp": ("Mail/broken", b"Not a directory"),
    "folders that are links": ("Mail/linked", b""),
}
for what, (path, word) in BAD.items():
    ran = with_("save_sent " + trial.path(path))
    said = [x for x in ran.err.split(b"\n") if b"maildir" in x]
    trial.ok(ran.status == 0 and len(ran.messages) == 1 and len(said) == 1 and
             word in said[0] and path.encode() in said[0] and
             b"the message was sent, but" in said[0],
             "save_sent: %s: said once, and sent" % what, ran)
    ran = with_("capture " + trial.path(path))
    trial.refused(ran, 71, "capture: %s: 71" % what, b"maildir")
    trial.ok(b"not sent and not kept" in ran.err,
             "capture: %s: what became of it" % what, ran)
trial.equal(os.listdir(trial.path("Mail/elsewhere")), [],
            "links are not followed")

# A disk of 64 KiB, where the system lets us have one.
small = Trial()
small.program = small.file("small", """#!/bin/sh
exec unshare -rm sh -c 'mount -t tmpfs -o size=64k none "$HOME/disk" &&
exec "$0" "$@"' %s "$@"
""" % trial.program, 0o755)
os.mkdir(small.path("disk"))
small.number = trial.number
ran = with_("save_sent " + small.path("disk/box"), of=small)
if ran.messages and not ran.err:
    ran = with_("save_sent " + small.path("disk/box"), of=small,
                stdin=BIG[:200000])
    small.ok(ran.status == 0 and b"No space left" in ran.err and
             ran.err.count(b"maildir") == 1 and len(ran.messages) == 1,
             "save_sent: a full disk is told", ran[:3])
    ran = with_("capture " + small.path("disk/box"), of=small,
                stdin=BIG[:200000])
    small.refused(ran, 74, "capture: a full disk is 74", b"No space left")
else:
    small.ok(True, "a full disk # SKIP no name spaces: %r" % ran.err[:60])
trial.number, trial.bad = small.number, trial.bad + small.bad
small.sink.close()

# --- capture ------------------------------------------------------------------
CAUGHT = trial.path("Mail/Caught")
ran = with_("capture " + CAUGHT, "logfile " + LOG, args=[TO, "c@example.com"])
kept = mails(CAUGHT, "new")
trial.equal((ran.status, ran.out, ran.err, ran.lines, [k[1] for k in kept]),
            (0, b"", b"", [], [b"X-Envelope-From: <me@example.org>\n"
                               b"X-Envelope-To: <bob@example.com>\n"
                               b"X-Envelope-To: <c@example.com>\n" + PLAIN]),
            "capture: the envelope, and the message", ran)
trial.ok(":" not in kept[0][0] and not mails(CAUGHT, "cur") and
         not mails(CAUGHT, "tmp"), "capture: nobody has seen it", kept)
with open(LOG, encoding="utf-8") as f:
    line = f.read().splitlines()[-1]
trial.ok(line.endswith(" queue=no capture=%s exitcode=EX_OK" % CAUGHT) and
         " mailsize=%d " % len(PLAIN) in line and "smtpstatus" not in line,
         "capture: the log says so", line)
fresh(CAUGHT)
with socket.create_server(("127.0.0.1", 0)) as quiet:
    ran = with_("capture " + CAUGHT, "auth plain", "user me",
                "passwordeval touch asked; echo x",
                "port %d" % quiet.getsockname()[1])
    trial.ok(ran.status == 0 and len(mails(CAUGHT, "new")) == 1 and
             not select.select([quiet], [], [], 0.2)[0] and
             not os.path.exists(trial.path("asked")),
             "capture: no connection, no password", ran)
fresh(CAUGHT)
config = b"account default\nsyslog off\nfrom me@x.org\ncapture %s\n" % \
    CAUGHT.encode()
ran = trial.run("-t", stdin=b"To: a@x.org\nBcc: b@x.org\n\nx\n", config=config)
kept = mails(CAUGHT, "new")
trial.ok(ran.status == 0 and not ran.err and len(kept) == 1 and
         b"X-Envelope-To: <b@x.org>\n" in kept[0][1] and
         b"\nBcc" not in kept[0][1], "capture: no host is needed, Bcc goes",
         ran, kept)
ran = trial.run("-f", "", TO, config=config)
trial.ok(any(x[1].startswith(b"X-Envelope-From: <>\n")
             for x in mails(CAUGHT, "new")), "capture: the null sender", ran)
ran = trial.run("-bv", TO, config=config)
trial.ok(ran.status == 0 and b"nothing is sent" in ran.out and
         CAUGHT.encode() in ran.out, "capture: -bv says so", ran)
ran = trial.run("-v", TO, config=config)
trial.ok(ran.status == 0 and b"nothing was sent: the message is in " +
         CAUGHT.encode() in ran.err and not ran.out, "capture: -v says so",
         ran)
ran = trial.run("-P", TO, config=config)
trial.ok(b"advice: capture is set: nothing is sent" in ran.out,
         "capture: -P says so", ran)
with open(trial.path("config"), "wb") as f:
    f.write(config)
ran = trial.run("config", "-C", trial.path("config"), bare=True)
trial.ok(b"advice: capture is set: nothing is sent" in ran.out,
         "capture: postrider config says so", ran)
ran = trial.run("send", "--to", TO, "--body", "x", "--dry-run", config=config)
trial.ok(ran.status == 0 and b"nothing is sent" in ran.out,
         "capture: --dry-run says so", ran)
fresh(CAUGHT)
fresh(BOX)
ran = trial.run("send", "--to", TO, "--body", "x",
                config=config + b"save_sent %s\n" % BOX.encode())
trial.ok(ran.status == 0 and len(mails(CAUGHT, "new")) == 1 and
         not os.path.exists(BOX), "capture: nothing was sent to be saved", ran)
ran = trial.run(TO, "a b@x.org", config=config)
trial.ok(ran.status == 65 and len(mails(CAUGHT, "new")) == 2,
         "capture: a wrong recipient is 65 and stops no other", ran)
trial.done()
