#!/usr/bin/env python3
"""The line that each attempt leaves in the log."""
import json
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
from trial import Trial, has_control  # noqa: E402

TO = "bob@example.com"
trial = Trial()
LOG = trial.path("log")


def logged(*args, config=(), log=LOG, **more):
    """The run and the lines that it added to the log."""
    if os.path.exists(LOG):
        os.unlink(LOG)
    ran = trial.run(*args, config=trial.account("logfile " + log, *config),
                    **more)
    try:
        with open(LOG, encoding="utf-8") as f:
            return ran, f.read().split("\n")[:-1]
    except FileNotFoundError:
        return ran, []


def fields(line):
    return re.findall(r"(\w+)=('(?:[^'\\]|\\.)*'|\S*)", line)


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
trial.ok(int(value["mailsize"]) in (len(data), len(data.replace(b"\r", b""))),
         "mailsize is the message's", lines, len(data))

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

# --- failures -----------------------------------------------------------------------
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

# --- forms --------------------------------------------------------------------------------
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

# --- a log that cannot be written -------------------------------------------------------------
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

# --- hostile values -----------------------------------------------------------------------------
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
trial.done()
