#!/usr/bin/env python3
"""The line that each attempt leaves in the log."""
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
from trial import Trial, has_control  # noqa: E402

TO = "bob@example.com"
trial = Trial()
LOG = trial.path("log")


def logged(*args, config=(), log=LOG, without=b"\0", **more):
    """The run and the lines that it added to the log."""
    if os.path.exists(LOG):
        os.unlink(LOG)
    text = trial.account("logfile " + log, *config).replace(without, b"")
    ran = trial.run(*args, config=text, **more)
    try:
        with open(LOG, encoding="utf-8") as f:
            return ran, f.read().split("\n")[:-1]
    except FileNotFoundError:
        return ran, []


def fields(line):
    return re.findall(r"(\w+)=('(?:[^'\\]|\\.)*'|\S*)", line)


class Locked(threading.Thread):
    """A run while somebody else holds the lock of its log for SECONDS."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.trial = seconds, Trial()
        self.log = self.trial.path("log")
        self.start()

    def run(self):
        with open(self.log, "ab") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            timer = threading.Timer(self.seconds, f.close)
            timer.start()
            begun = time.monotonic()
            self.ran = self.trial.run(TO, config=self.trial.account(
                "logfile " + self.log))
            self.took = time.monotonic() - begun
            timer.join()
        with open(self.log, encoding="utf-8") as f:
            self.lines = f.read().splitlines()
        self.trial.sink.close()


waits = {seconds: Locked(seconds) for seconds in (0.7, 11.5)}

SENT = ["host", "tls", "auth", "from", "recipients", "mailsize", "smtpstatus",
        "smtpmsg", "account", "id", "tls_version", "time_ms", "queue",
        "exitcode"]
ran, lines = logged(TO, "cy@example.com")
trial.equal([len(lines)] + [k for k, _ in fields(lines[0])], [1] + SENT,
            "one line, the fields in order", lines)
value = dict(fields(lines[0]))
trial.ok(re.match(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d host=127\.0\.0\.1 tls=off "
                  r"auth=off from=me@example\.org "
                  r"recipients=bob@example\.com,cy@example\.com mailsize=\d+ "
                  r"smtpstatus=250 smtpmsg='250 2\.0\.0 kept as 1' ",
                  lines[0]), "what they hold", lines)
trial.ok(value["exitcode"] == "EX_OK" and value["queue"] in ("no", "sent") and
         value["account"] == "default" and value["tls_version"] == "-" and
         int(value["time_ms"]) < 5000, "the newer ones", lines)
data = ran.messages[0].data
trial.equal(int(value["mailsize"]), len(data.replace(b"\r", b"")),
            "mailsize is the message's, a line end being one", lines)

folder = certs.make(trial.path("certs"))
secure = Trial(certs=folder, tls="implicit", users={"ada": "tiger"})
ran = secure.run(TO, config=secure.account(
    "tls on", "tls_starttls off", "auth plain", "user ada", "password tiger",
    "tls_trust_file " + os.path.join(folder, "ca.pem"), "logfile " + LOG))
with open(LOG, encoding="utf-8") as f:
    line = f.read().split("\n")[-2]
trial.ok(" tls=on auth=on user=ada from=" in line and
         re.search(r" tls_version=TLS\S*1\.3 ", line) and "tiger" not in line,
         "TLS, AUTH and user are in it, the password is not", line, ran)
secure.sink.close()

# --- failures -----------------------------------------------------------------
closed = socket.create_server(("127.0.0.1", 0))
port = closed.getsockname()[1]
closed.close()
ran, lines = logged(TO, config=["port %d" % port])
trial.ok(ran.status == 75 and len(lines) == 1 and
         [k for k, _ in fields(lines[0])] ==
         ["host", "tls", "auth", "from", "recipients", "errormsg"] + SENT[8:]
         and "exitcode=EX_TEMPFAIL" in lines[0],
         "a server that cannot be reached", lines, ran)
ran, lines = logged("-t", stdin=b"Subject: x\n\ny\n")
trial.ok(ran.status == 64 and len(lines) <= 1 and
         all("exitcode=EX_USAGE" in x for x in lines),
         "no recipients", lines, ran)
ran, lines = logged("root")
trial.ok(ran.status == 67 and len(lines) == 1 and
         lines[0].endswith("exitcode=EX_NOUSER"), "a local name", lines, ran)
old = trial.sink.offers
trial.sink.offers = ["SIZE 10"]
ran, lines = logged(TO)
trial.ok(ran.status == 69 and len(lines) == 1 and
         "errormsg='" in lines[0] and lines[0].endswith("EX_UNAVAILABLE"),
         "a message that is too big", lines, ran)
trial.sink.offers = old

# --- forms --------------------------------------------------------------------
for form, pattern in (("none", r"host="), ("%Y-%m-%d", r"\d{4}-\d\d-\d\d host="),
                      ("%d.%m. %H", r"\d\d\.\d\d\. \d\d host=")):
    ran, lines = logged(TO, config=["logfile_time_format " + form])
    trial.ok(len(lines) == 1 and re.match(pattern, lines[0]),
             "logfile_time_format %s" % form, lines)
ran, lines = logged(TO, "cy@example.com", config=["log_format json"])
trial.ok(len(lines) == 1 and list(json.loads(lines[0])) == ["time"] + SENT,
         "JSON has the same fields", lines)
event = json.loads(lines[0])
trial.ok(event["smtpstatus"] == 250 and event["mailsize"] > 0 and
         event["exitcode"] == "EX_OK" and event["smtpmsg"][:3] == "250" and
         re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$", event["time"]),
         "numbers are numbers", event)
ran, lines = logged(TO, log="-")
trial.ok(ran.status == 0 and b"host=127.0.0.1" in ran.out and
         ran.out.count(b"\n") == 1 and not ran.err, "logfile - is stdout", ran)
ran, lines = logged(TO, log="~/log")
trial.ok(len(lines) == 1, "~ is the home", ran)
ran = trial.run("-X", LOG, TO)
trial.ok(ran.status == 0 and not ran.err, "-X is the log file", ran)
for _ in range(2):
    trial.run("--logfile=" + LOG, TO)
with open(LOG, encoding="utf-8") as f:
    trial.equal(len(f.read().split("\n")), 5, "lines are added")

for form in ("", '""'):
    ran, lines = logged(TO, config=["logfile_time_format " + form])
    trial.ok(len(lines) == 1 and
             re.match(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d host=", lines[0]),
             "logfile_time_format %s is the default" % (form or "alone"), lines)
ran, lines = logged(TO, config=["logfile_time_format " + "%Y" * 100])
trial.ok(len(lines) == 1 and re.match("host=", lines[0]),
         "a time that is too long is left out", lines)
ran, lines = logged(TO, config=["logfile_time_format %Y \u00fc%%"])
trial.ok(len(lines) == 1 and re.match("\\d{4} \u00fc% host=", lines[0]),
         "a time with other characters", lines)
ran, lines = logged(TO, config=["host 127.0.0.1", "socket /run/submit",
                                "capture " + trial.path("caught")],
                    without=b"host 127.0.0.1\n")
trial.ok(len(lines) == 1 and " socket=/run/submit tls=off " in lines[0] and
         " host=" not in lines[0], "socket= in place of host=", lines, ran)
ran, lines = logged(TO, config=["socket /run/submit", "capture " +
                                trial.path("caught")])
trial.ok(len(lines) == 1 and " host=127.0.0.1 tls=off " in lines[0] and
         " socket=" not in lines[0], "host= where there is one", lines, ran)

# --- a log that cannot be written ---------------------------------------------
os.mkdir(trial.path("folder"))
os.symlink("/dev/full", trial.path("full"))
for what, path in (("a folder", trial.path("folder")),
                   ("nowhere", "/nonexistent/log"),
                   ("a full disk", trial.path("full"))):
    ran, _ = logged(TO, log=path)
    trial.ok(ran.status == 0 and len(ran.messages) == 1 and not ran.out and
             len([x for x in ran.err.split(b"\n") if b"log" in x or
                  b"full" in x or b"folder" in x]) == 1,
             "%s is said once and changes nothing" % what, ran)
    ran, _ = logged(TO, log=path, config=["port %d" % port])
    trial.ok(ran.status == 75 and b"refused" in ran.err,
             "nor the status of a failure, %s" % what, ran)

# --- hostile values -----------------------------------------------------------
trial.sink.offers = old
for what, evil in {"a quote": "o'b", "an equals sign": "a=b", "8 bits": "ü",
                   "a backslash": "a\\b", "a blank": "a b"}.items():
    quoted = '"%s"@example.org' % evil.replace("\\", "\\\\")
    ran, lines = logged("-f", quoted, TO)
    trial.ok(len(lines) == 1 and not has_control(lines[0].encode()) and
             lines[0].endswith("exitcode=EX_OK") and
             lines[0].count(" exitcode=") == 1,
             "%s in the sender" % what, lines, ran)
    ran, lines = logged("-f", quoted, TO, config=["log_format json"])
    trial.ok(len(lines) == 1 and "@example.org" in
             json.loads(lines[0])["from"], "%s in the sender, JSON" % what,
             lines)
ran, lines = logged("a@x.org\nexitcode=EX_OK")
trial.ok(ran.status == 64 and len(lines) <= 1 and
         all(x.endswith(" exitcode=EX_USAGE") for x in lines),
         "a newline in a recipient makes no line", lines)
ran, lines = logged("-t", stdin=b"To: a@x.org\rb\n\nx\n")
trial.ok(len(lines) <= 1 and not has_control("".join(lines).encode()),
         "a CR in a header makes no line", lines)

# --- syslog and the journal, in a room where we are both ----------------------
ROOM = Trial()
INSIDE = """
set -e
mount --bind /dev/null "$HOME/dev/null"
mount --bind /dev/urandom "$HOME/dev/urandom"
mount -t tmpfs none /run
mkdir -p /run/systemd/journal
if test -S "$HOME/journal"; then
    : >/run/systemd/journal/socket
    mount --bind "$HOME/journal" /run/systemd/journal/socket
fi
mount --rbind "$HOME/dev" /dev
set +e
exec "$@"
"""
for name in ("dev/null", "dev/urandom"):
    ROOM.file(name, b"")
ROOM.file("inside", INSIDE)
os.mkdir(ROOM.path("real"))
for name in ("postrider", "sendmail", "msmtp"):
    os.symlink(ROOM.program, ROOM.path("real/" + name))
ROOM.program = ROOM.file("wrap/postrider", """#!/bin/sh
exec unshare -rm sh "$HOME/inside" "$HOME/real/${0##*/}" "$@"
""", 0o755)


class Ear:
    """A datagram socket, and what came."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.setblocking(False)

    def heard(self):
        got = []
        while True:
            try:
                data, files, _, _ = socket.recv_fds(self.socket, 1 << 20, 1)
            except BlockingIOError:
                return got
            for fd in files:
                with open(fd, "rb") as f:
                    f.seek(0)
                    data += f.read()
            got.append(data)

    def close(self):
        self.socket.close()
        os.unlink(self.path)


def entry(data):
    """The fields of an entry of the journal, as its protocol has them."""
    found = []
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = struct.unpack("<Q", data[:8])[0]
            value, end, data = (data[8:8 + size], data[8 + size:9 + size],
                                data[9 + size:])
            assert end == b"\n"
        found.append((name.decode(), value.decode()))
    return found


def told(*args, config=(), name=None, **more):
    """The run, the line in its log file, what syslog and the journal got."""
    text = ROOM.account("logfile " + ROOM.path("log"), *config)
    if "syslog off" not in config:
        text = text.replace(b"syslog off\n", b"")
    if os.path.exists(ROOM.path("log")):
        os.unlink(ROOM.path("log"))
    if name:
        ROOM.file(".msmtprc" if name == "msmtp" else ".postriderrc", text)
    ran = ROOM.run(*args, config=None if name else text, name=name, **more)
    with open(ROOM.path("log"), encoding="utf-8") as f:
        line = re.sub("^.*? host=", "host=", f.read().splitlines()[0])
    return ran, line, SYSLOG.heard(), JOURNAL.heard()


can = subprocess.run(["unshare", "-rm", "true"], check=False,
                     stderr=subprocess.DEVNULL).returncode == 0
SYSLOG, JOURNAL = Ear(ROOM.path("dev/log")), Ear(ROOM.path("journal"))
FACILITIES = {"": 2, "syslog LOG_MAIL": 2, "syslog on": 1, "syslog LOG_USER": 1,
              "syslog log_local0": 16, "syslog LOG_LOCAL7": 23,
              "syslog off": None}
if not can:
    trial.ok(True, "syslog and journal # SKIP no name spaces")
for line, facility in FACILITIES.items() if can else ():
    ran, logged_, syslog, journal = told(TO, config=[line] if line else [])
    want = [] if facility is None else [
        "<%d>TIME postrider[PID]: %s" % (facility * 8 + 6, logged_)]
    got = [re.sub(r"^(<\d+>)\w{3} .\d \d\d:\d\d:\d\d (\w+)\[\d+\]",
                  r"\1TIME \2[PID]", x.decode()) for x in syslog]
    trial.equal((ran.status, got, journal), (0, want, []),
                "syslog: %s" % (line or "unset"), ran)
if can:
    ran, _, syslog, _ = told(TO, config=["port %d" % port])
    trial.ok(ran.status == 75 and len(syslog) == 1 and
             syslog[0].startswith(b"<19>"), "syslog: a failure is LOG_ERR",
             syslog, ran)
    for name, args, want in (("msmtp", [], []), ("sendmail", [], ["sendmail"]),
                             ("sendmail", ["-L", "cron"], ["cron"])):
        ran, _, syslog, _ = told(*args, TO, name=name)
        got = [re.search(rb":\d\d (\w+)\[", x)[1].decode() for x in syslog]
        trial.equal((ran.status, got), (0, want), "syslog: under the name %s %s"
                    % (name, args), ran)
    ran, _, syslog, _ = told(TO, name="msmtp", config=["syslog on"])
    trial.ok(len(syslog) == 1 and syslog[0].startswith(b"<14>") and
             b" msmtp[" in syslog[0], "syslog: ident msmtp, LOG_USER", syslog)

    ran, line, syslog, journal = told(TO, "cy@example.com",
                                      config=["journal on"])
    event = entry(journal[0]) if len(journal) == 1 else []
    trial.equal((ran.status, ran.err, syslog, len(journal)), (0, b"", [], 1),
                "journal: one entry, and syslog is not told too", ran)
    trial.equal([k for k, _ in event],
                ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY"]
                + ["POSTRIDER_" + x.upper() for x in SENT],
                "journal: its fields", event)
    value = dict(event)
    trial.ok(value.get("MESSAGE") == line and value["PRIORITY"] == "6" and
             value["SYSLOG_IDENTIFIER"] == "postrider" and
             value["SYSLOG_FACILITY"] == "2" and
             value["POSTRIDER_RECIPIENTS"] == TO + ",cy@example.com" and
             value["POSTRIDER_EXITCODE"] == "EX_OK", "journal: what they hold",
             event, line)
    ran, _, syslog, journal = told(
        TO, config=["journal on", "syslog LOG_LOCAL3", "port %d" % port])
    value = dict(entry(journal[0])) if journal else {}
    trial.ok(ran.status == 75 and len(syslog) == 1 and
             value.get("PRIORITY") == "3" and
             value["SYSLOG_FACILITY"] == "19" and
             "refused" in value["POSTRIDER_ERRORMSG"],
             "journal: a failure, and syslog where it is set", ran, journal)
    many = ["user%d@a-long-name-for-a-domain.example.com" % i
            for i in range(6000)]
    ran, line, _, journal = told("-t", stdin=b"To: " + ",\n ".join(
        many).encode() + b"\n\nx\n", config=["journal on"])
    value = dict(entry(journal[0])) if journal else {}
    trial.ok(ran.status == 0 and not ran.err and
             value.get("POSTRIDER_RECIPIENTS") == ",".join(many),
             "journal: an entry that is too large for a datagram",
             ran.status, ran.err, len(journal))
    ran, _, _, journal = told(TO, config=["journal on", "log_format json"])
    value = dict(entry(journal[0])) if journal else {}
    trial.ok(value and json.loads(value["MESSAGE"])["exitcode"] == "EX_OK" and
             value["POSTRIDER_EXITCODE"] == "EX_OK", "journal: JSON", journal)
    JOURNAL.close()
    JOURNAL.heard = lambda: []
    ran, _, syslog, _ = told(TO, config=["journal on"])
    trial.ok(ran.status == 0 and len(ran.messages) == 1 and
             ran.err.count(b"journal at") == 1 and not syslog,
             "journal: one that is not there is said once", ran)
    ran, _, _, _ = told(TO, config=["journal on", "port %d" % port])
    trial.ok(ran.status == 75 and ran.err.count(b"journal at") == 1,
             "journal: and does not hide a failure", ran)
ROOM.sink.close()

# --- the lock, which somebody else held meanwhile -----------------------------
for seconds, wait in waits.items():
    wait.join()
trial.ok(waits[0.7].ran.status == 0 and not waits[0.7].ran.err and
         len(waits[0.7].lines) == 1 and waits[0.7].took >= 0.6,
         "a lock is waited for", waits[0.7].ran, waits[0.7].took)
wait = waits[11.5]
trial.ok(wait.ran.status == 0 and wait.ran.err.count(b"log file") == 1 and
         not wait.lines and 9 < wait.took < 11.4,
         "ten seconds, and the message went", wait.ran, wait.took)
trial.done()
