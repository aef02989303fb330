#!/usr/bin/env python3
"""What becomes of mail under each kind of queue: the exit status, what is in
the queue afterwards, what is said to whom, and what the log has."""
import json
import os
import pty
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
import client  # noqa: E402
from faulty import Faulty, Queue  # noqa: E402
from sink import Session, Sink  # noqa: E402
from trial import MESSAGE, Trial  # noqa: E402

BOB, ANN = "bob@example.com", "ann@example.com"
trial = Trial(session=Faulty)
trial.sink.hung = 0
queue = Queue(trial.path("queue"))
LOG = trial.path("log")
folder = certs.make(trial.path("certs"))


class Angry(Session):
    def handle(self):
        self.say("554 5.3.2 no mail here")


class Busy(Session):
    def handle(self):
        self.say("421 4.3.2 not now")


angry, busy = Sink(session=Angry), Sink(session=Busy)
login = Sink(tls="implicit", certs=folder, users={"ada": "tiger"})
small = Sink(offers=["SIZE 10", "8BITMIME"])
closed = socket.create_server(("127.0.0.1", 0))
CLOSED = "port %d" % closed.getsockname()[1]
closed.close()
TLS = ["tls on", "tls_starttls off",
       "tls_trust_file " + os.path.join(folder, "ca.pem")]
LOGIN = TLS + ["port %d" % login.port, "auth plain", "user ada", "keyring off"]


def account(*lines):
    return trial.account("queue_dir " + queue.path, "queue_runner none",
                         "logfile " + LOG, *lines)


def run(*args, lines=("queue fallback",), **more):
    had = os.path.getsize(LOG) if os.path.exists(LOG) else 0
    ran = trial.run(*args, config=account(*lines), **more)
    text = ""
    if os.path.exists(LOG):
        with open(LOG, encoding="utf-8") as f:
            f.seek(had)
            text = f.read()
    return ran, text


def fields(text):
    """Of the last line of the log."""
    return dict(re.findall(r"(id|queue|exitcode)=(\S+)", text.splitlines()[-1])
                if text else [])


def trust(yes=True):
    """The queue as it is before any mail, or after the first that went."""
    queue.clear()
    if yes:
        os.makedirs(queue.path, 0o700, exist_ok=True)
        with open(GOOD_PATH, "wb") as f:
            f.write(GOOD)


# --- success ------------------------------------------------------------------
ran, log = run(BOB)
trial.ok(ran.status == 0 and len(ran.messages) == 1 and not ran.err and
         not ran.out, "what goes at once is silent", ran)
trial.ok(fields(log) == {"id": "-", "queue": "sent", "exitcode": "EX_OK"},
         "and the log says sent", log)
trial.ok(queue.items() == [] and queue.standing().get("state") == "good" and
         int(queue.standing()["last_success"]) > 0,
         "nothing stays but that the account works", os.listdir(queue.path))
GOOD_PATH = queue.names(".account")[0]
with open(GOOD_PATH, "rb") as f:
    GOOD = f.read()
before = os.stat(GOOD_PATH), os.stat(queue.path).st_mtime_ns
ran, log = run(BOB)
trial.ok(ran.status == 0 and before == (os.stat(GOOD_PATH),
                                        os.stat(queue.path).st_mtime_ns),
         "the next success writes nothing at all")

# --- the table of exit statuses -------------------------------------------------
# What happens: settings; recipients; the status with queue off; what fallback
# makes of it for an account that is not trusted yet, and for one that is:
# (status, queue=, hold).
QUEUED, SENT = (0, "queued", "none"), (0, "sent", None)
CREDENTIALS = (0, "held", "credentials")
CONFIGURATION = (0, "held", "configuration")


def failed(status):
    return status, "failed", "none"


ROWS = {
    "taken": ([], [BOB], 0, SENT, SENT),
    "450 at RCPT": ([], ["450-a@x.org"], 75, QUEUED, QUEUED),
    "552 at RCPT": ([], ["552-a@x.org"], 75, QUEUED, QUEUED),
    "550 at RCPT": ([], ["550-a@x.org"], 67, failed(67), failed(67)),
    "554 at RCPT": ([], ["554-a@x.org"], 69, failed(69), failed(69)),
    "421 at MAIL": (["from 421-a@x.org"], [BOB], 75, QUEUED, QUEUED),
    "450 at MAIL": (["from 450-a@x.org"], [BOB], 75, QUEUED, QUEUED),
    "554 at MAIL": (["from 554-a@x.org"], [BOB], 69, failed(69), failed(69)),
    "554 after the message": ([], ["body554-a@x.org"], 69, failed(69),
                              failed(69)),
    "450 after the message": ([], ["body450-a@x.org"], 75, QUEUED, QUEUED),
    "SIZE exceeded": (["port %d" % small.port], [BOB], 69, failed(69),
                      failed(69)),
    "no answer after the message": ([], ["hang-a@x.org"], 75, QUEUED, QUEUED),
    "nobody listens": ([CLOSED], [BOB], 75, QUEUED, QUEUED),
    "421 in the greeting": (["port %d" % busy.port], [BOB], 75, QUEUED,
                            QUEUED),
    "no such server": (["host nowhere.invalid"], [BOB], 68, failed(68),
                       QUEUED),
    "554 in the greeting": (["port %d" % angry.port], [BOB], 76, failed(76),
                            QUEUED),
    "no STARTTLS": (["tls on"], [BOB], 76, failed(76), QUEUED),
    "a wrong password": (LOGIN + ["password lion"], [BOB], 77, failed(77),
                         CREDENTIALS),
    "no password": (LOGIN, [BOB], 78, failed(78), CONFIGURATION),
    "the command for the password fails":
        (LOGIN + ["passwordeval false"], [BOB], 75, QUEUED, QUEUED),
    "no address": ([], ["a@b@c"], 65, failed(65), failed(65)),
    "an unknown local name": ([], ["nosuchname"], 67, failed(67), failed(67)),
    "message_filter says 69": (["message_filter exit 69"], [BOB], 69,
                               failed(69), failed(69)),
    "message_filter says 75": (["message_filter exit 75"], [BOB], 75,
                               (75, "no", None), (75, "no", None)),
    "aliases that are wrong": (["aliases %s" % trial.file("bad", "a b c\n")],
                               ["root"], 78, failed(78), failed(78)),
    "nobody to send to": ([], [], 64, (64, "no", None), (64, "no", None)),
}
LOUD = {"554 in the greeting", "no STARTTLS"}
REFUSED_BEFORE = {"no address", "an unknown local name",
                  "message_filter says 69", "message_filter says 75",
                  "aliases that are wrong", "nobody to send to"}
STATE = {"queued": "waiting", "held": "held", "failed": "failed"}
NAMES = {0: "EX_OK", 64: "EX_USAGE", 65: "EX_DATAERR", 67: "EX_NOUSER",
         68: "EX_NOHOST", 69: "EX_UNAVAILABLE", 75: "EX_TEMPFAIL",
         76: "EX_PROTOCOL", 77: "EX_NOPERM", 78: "EX_CONFIG"}


def check(what, ran, log, want):
    """Status, queue, log; and that a pipe hears nothing of what is well."""
    status, word, hold = want
    items = queue.items()
    states = [x["state"] for x in items]
    kept = [STATE[word]] if word in STATE else []
    good = trial.ok(
        ran.status == status and states == kept and
        all(x["hold"] == (hold or "none") for x in items),
        "%s: %d, %s" % (what, status, word), want, states, items, ran)
    wanted = {"id": items[0]["id"] if items else "-", "queue": word,
              "exitcode": NAMES[status]}
    trial.equal(fields(log), wanted, what + ": the log says so", log)
    if not good or not items:
        return
    item = items[0]
    if status == 0:
        trial.ok(not ran.err and not ran.out, what + ": silent in a pipe", ran)
    else:
        trial.ok(b"kept as failed: %s;" % item["id"].encode() in ran.err,
                 what + ": stderr says where it is", ran)
    trial.ok(item["data"].endswith(b"\n\nbody\n") and
             b"Subject: hi\n" in item["data"],
             what + ": all of the message is there", item["data"])


for what, (lines, to, off, fresh, trusted) in ROWS.items():
    trust(False)
    ran, log = run(*to, lines=["queue off", *lines])
    trial.ok(ran.status == off and not os.path.exists(GOOD_PATH) and
             queue.items() == [], "%s: %d without a queue" % (what, off), ran)
    check(what + ", not trusted", *run(*to, lines=["queue fallback", *lines]),
          fresh)
    trust()
    check(what + ", trusted", *run(*to, lines=["queue fallback", *lines]),
          trusted)
    if what in LOUD:
        trial.ok(queue.standing().get("told") == "1",
                 what + ": people are told", queue.standing())
    trust()
    had = trial.sink.lines[:]
    ran, log = run(*to, lines=["queue always", *lines])
    check(what + ", always", ran, log,
          trusted if what in REFUSED_BEFORE else QUEUED)
    trial.ok(trial.sink.lines == had, what + ", always: no connection is made")

# --- who hears of it ------------------------------------------------------------
TOLD = trial.path("told")
NOTIFY = "notify_command echo $POSTRIDER_EVENT $POSTRIDER_ACCOUNT " \
         "$POSTRIDER_RECIPIENTS >>%s" % TOLD
for what, lines, event in (("no STARTTLS", ["tls on"], "trouble"),
                           ("a wrong password", LOGIN + ["password lion"],
                            "held"), ("nobody listens", [CLOSED], None),
                           ("taken", [], None)):
    for known in (False, True):
        trust(known)
        for _ in range(2):      # the second time it is known already
            run(BOB, lines=["queue fallback", NOTIFY, *lines])
        said = ""
        if os.path.exists(TOLD):
            with open(TOLD, encoding="ascii") as f:
                said = f.read()
            os.unlink(TOLD)
        heard = "%s default %s\n" % (event, BOB) if event and known else ""
        trial.equal(said, heard, "%s: notify_command hears %s%s" % (
            what, event if heard else "nothing",
            "" if known else ", since the caller does"))

# --- what is kept, and for whom ---------------------------------------------------
trust()
ran, log = run(BOB, "550-a@x.org", "450-a@x.org")
item = queue.items()[0]
trial.ok(ran.status == 67 and item["state"] == "waiting" and
         [x.split()[0] + " " + x.split()[-1] for x in item["recipient"]] == [
             "sent " + BOB, "failed 550-a@x.org", "pending 450-a@x.org"],
         "sent, refused and put off are kept one by one", item, ran)
trial.ok(b"<550-a@x.org>: 550" in ran.err and b"450-a@x.org" not in ran.err and
         BOB.encode() not in ran.err and
         b"sent to 1 of 3 recipients; queued as %s for 1 other" %
         item["id"].encode() in ran.err,
         "stderr names who was refused, and nobody who still gets it", ran)
trial.ok(item["recipient"][1].split()[2] == "1",
         "the refused one is told: the caller knows", item)
trust()
ran, log = run(BOB, "554-a@x.org", "550-a@x.org")
trial.ok(ran.status == 69 and queue.items()[0]["state"] == "failed" and
         b"<550-a@x.org>" in ran.err and b"<554-a@x.org>" in ran.err,
         "69 beats 67, and nobody is left to try", queue.items(), ran)
trust()
ran, log = run("450-a@x.org", "nosuchname")
trial.ok(ran.status == 67 and queue.items()[0]["state"] == "waiting" and
         b"nosuchname" in ran.err and b"450-a@" not in ran.err,
         "a name that nobody knows stops no other from being queued", ran)
trust()
ran, log = run(BOB, "nosuchname")
trial.ok(ran.status == 67 and queue.items() == [] and len(ran.messages) == 1
         and fields(log)["queue"] == "sent",
         "where the others were sent to there is nothing to keep", ran, log)
trust()
ran, log = run("hang-a@x.org")
item = queue.items()[0]
trial.ok(item["uncertain"] == "1" and
         item["recipient"][0].startswith("pending 1 ") and "uncertain: " in log,
         "without an answer it is uncertain, also in the log", item, log)
trust()
ran, log = run(BOB, lines=["queue fallback", CLOSED],
               stdin=b"Message-ID: <own@x.org>\n" + MESSAGE)
item = queue.items()[0]
trial.ok(item["message_id"] == "<own@x.org>" and
         item["config"] == trial.path("config") and item["label"] == "default"
         and item["sender"] == "me@example.org",
         "its own Message-ID, account and file are remembered", item)
trust()
run("-f", "x@x.org", "--port=1", "--tls-fingerprint=%s" % ("ab" * 16), BOB)
trial.equal(sorted(queue.items()[0]["set"]),
            ["port 1", "tls_fingerprint " + "ab" * 16],
            "options are remembered", queue.items())
trust()
run("-t", lines=["queue fallback", CLOSED],
    stdin=b"To: a@x.org\nBcc: b@x.org\nSubject: hi\n\nbody\n")
item = queue.items()[0]
trial.ok(b"Bcc" not in item["data"] and len(item["recipient"]) == 2,
         "Bcc is in the envelope alone", item)
trust()
run("-t", "nosuchname", stdin=b"Bcc: b@x.org\nSubject: hi\n\nbody\n",
    lines=["queue fallback", "partial off"])
item = queue.items()[0]
trial.ok(b"Bcc" not in item["data"] and item["state"] == "failed" and
         sorted(x.split()[-1] for x in item["recipient"]) ==
         ["b@x.org", "nosuchname"],
         "also where it could not be made ready", item)

# --- an account in trouble, or held -------------------------------------------------
trust()
run(BOB, lines=["queue fallback", CLOSED])
trial.ok(queue.standing()["state"] == "trouble", "trouble is noted",
         queue.standing())
had = len(trial.sink.messages)
ran, log = run(BOB)
trial.ok(ran.status == 0 and len(queue.items()) == 2 and
         len(trial.sink.messages) == had and "in trouble" in log,
         "mail for an account in trouble goes straight into the queue", log)
ran, log = run("send", "--to", BOB, "--body", "x")
trial.ok(ran.status == 0 and len(ran.messages) == 1 and
         queue.standing()["state"] == "good",
         "but that of send is tried, and ends the trouble", ran)
trust()
ran, log = run(BOB, lines=[
    "queue fallback", "host 127.0.0.1", CLOSED, "fallback other",
    "account other", "host 127.0.0.1", "port %d" % trial.sink.port])
trial.ok(ran.status == 0 and len(ran.messages) == 1 and
         queue.standing()["state"] == "good",
         "what a fallback took is no trouble: mail would wait for nothing",
         queue.standing(), ran)
trust()
run(BOB, lines=["queue fallback", *LOGIN, "password lion"])
trial.ok(queue.standing()["state"] == "held" and
         queue.standing()["told"] == "1", "a refused login is noted",
         queue.standing())
had = len(login.lines)
ran, log = run(BOB, lines=["queue fallback", *LOGIN, "password lion"])
with open(trial.path("config"), encoding="utf-8") as f:
    trial.config_text = f.read()
trial.ok(len(login.lines) > had,
         "a configuration that was written anew is tried", login.lines[had:])
had = len(login.lines)
CONFIG = ["-C", trial.path("config"), BOB]
ran = trial.run(*CONFIG, bare=True)
items = queue.items()
trial.ok(ran.status == 0 and len(items) == 3 and len(login.lines) == had and
         items[-1]["state"] == "held" and items[-1]["hold"] == "credentials",
         "the same one is not: no provider shall lock us out", items, ran)


# --- what is said to whom -----------------------------------------------------------
def at_terminal(*args, lines=("queue fallback",)):
    """What is said where stderr is a terminal."""
    config = trial.file("config", account(*lines))
    leader, follower = pty.openpty()
    ran = subprocess.run([trial.program, "-C", config, *args], input=MESSAGE,
                         stderr=follower, stdout=subprocess.PIPE, cwd=trial.home,
                         env=client.clean_environment(trial.home),
                         timeout=20, check=False)
    os.close(follower)
    said = b""
    try:
        while True:
            said += os.read(leader, 4096)
    except OSError:
        pass
    os.close(leader)
    return ran.returncode, said.replace(b"\r\n", b"\n").decode()


trust()
status, said = at_terminal(BOB, lines=["queue fallback", CLOSED,
                                       "queue_runner auto"])
trial.ok(status == 0 and re.fullmatch(
    r"postrider: queued as [A-Z0-9]+: account 'default': 127\.0\.0\.1:\d+: "
    r".*refused; next try in 1 minute\n", said),
    "a terminal hears what became of it, and why", said)
trial.ok(queue.is_run(), "and a run is at work")
for words in (["queue", "remove", "--yes", queue.items()[0]["id"]], ["flush"]):
    gone = subprocess.run([trial.program, *words, "--queue-dir", queue.path],
                          env=client.clean_environment(trial.home), timeout=20,
                          capture_output=True, check=False)
    trial.ok(gone.returncode == 0, "it can be told to " + words[0], gone)
trial.ok(queue.wait_for_end(), "which ends with the last message")
trust()
status, said = at_terminal("450-a@x.org")
trial.ok("as it was asked for" in said and "next queue run" in said,
         "with the words of the server", said)
trust()
status, said = at_terminal("--quiet", BOB, lines=["queue fallback", CLOSED])
trial.ok((status, said) == (0, ""), "--quiet: nothing", said)
trust()
status, said = at_terminal(BOB, lines=["queue fallback", *LOGIN,
                                       "password lion"])
trial.ok(status == 0 and "535" in said and re.search(
    r"\nkept: message [A-Z0-9]+ is held in the queue; "
    r"'postrider flush -a default' sends it\n", said),
    "what is held is told with what to do", said)
trust()
status, said = at_terminal(BOB, lines=["queue fallback", "tls on"])
trial.ok(status == 0 and "STARTTLS" in said and "queued as" in said,
         "what is queued loudly is told whole", said)
trust()
status, said = at_terminal("hang-a@x.org")
trial.ok("uncertain: " in said and "is not known" in said,
         "what is uncertain is told so", said)
trust()
status, said = at_terminal(BOB, lines=["queue always"])
trial.ok(re.fullmatch(r"postrider: queued as [A-Z0-9]+; the next queue run "
                      "takes it\n", said), "always: where it is", said)
trust()
ran, log = run("-v", BOB, lines=["queue fallback", CLOSED])
trial.ok(b"queued as " in ran.err, "-v: the note is there in a pipe", ran)

# --- the verb send ------------------------------------------------------------------
trust()
ran, log = run("send", "--to", BOB, "--body", "x", "--print-id",
               lines=["queue fallback", CLOSED])
item = queue.items()[0]
trial.ok(ran.out == b"queued %s\n" % item["id"].encode() and
         b"queued as " in ran.err, "send says so anywhere, and --print-id "
         "its ID", ran)
trust()
ran, log = run("send", "--to", BOB, "--body", "x", "--print-id")
trial.ok(re.fullmatch(rb"sent 250 2\.0\.0 kept as \d+\n", ran.out) and
         not ran.err, "--print-id: the server's reply", ran)
kept = os.environ.get("WRAP", "")
for out in ("--print-id", "--json"):
    trust()
    had = len(trial.sink.messages)
    os.environ["WRAP"] = trial.file(
        "full", "#!/bin/sh\nexec \"$@\" > /dev/full\n", 0o700) + " " + kept
    ran, log = run("send", "--to", BOB, "--body", "x", out)
    os.environ["WRAP"] = kept
    trial.ok(ran.status == 0 and len(trial.sink.messages) == had + 1 and
             b"cannot write what became of the message" in ran.err,
             out + ": what went is a success, even if that cannot be said",
             ran)
trust()
ran, log = run("send", "--to", "550-a@x.org", "--body", "x", "--print-id")
trial.ok(ran.status == 67 and ran.out == b"failed %s\n" %
         queue.items()[0]["id"].encode(), "--print-id: what failed", ran)
trust()
ran, log = run("send", "--to", BOB, "--to", "450-a@x.org", "--body", "x",
               "--json")
item, said = queue.items()[0], json.loads(ran.out)
trial.ok(said["queue"] == "queued" and said["id"] == item["id"] and
         said["exitcode"] == 0 and said["account"] == "default" and
         said["message_id"] == item["message_id"] and
         re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said["next_try"]) and
         [(x["address"], x["state"]) for x in said["recipients"]] ==
         [(BOB, "sent"), ("450-a@x.org", "pending")] and
         said["recipients"][1]["status"] == "4.2.1",
         "--json says it all", said)
trust()
ran, log = run("send", "--to", BOB, "--body", "x", "--json")
said = json.loads(ran.out)
trial.ok(said["queue"] == "sent" and said["id"] is None and
         said["next_try"] is None and said["reply"].startswith("250 ") and
         said["recipients"][0]["state"] == "sent", "also what was sent", said)
had, now = len(trial.sink.messages), int(time.time())
ran, log = run("send", "--to", BOB, "--body", "x", "--at", "+2h")
item = queue.items()[0]
trial.ok(ran.status == 0 and len(trial.sink.messages) == had and
         abs(int(item["due"]) - now - 7200) < 60 and
         item["state"] == "waiting" and b"it goes at 20" in ran.err,
         "--at: it waits until then", item, ran)
trust()
ran, log = run("send", "--to", "nosuchname", "--body", "text of it")
item = queue.items()[0]
trial.ok(ran.status == 67 and item["state"] == "failed" and
         b"\n\ntext of it\n" in item["data"],
         "what send cannot send is kept too", item, ran)

# --- into the queue only ---------------------------------------------------------
for args in (["-odq"], ["-O", "DeliveryMode=q"], ["-ODeliveryMode=queueonly"]):
    trust()
    had = len(trial.sink.messages)
    ran, log = run(*args, BOB, lines=["queue fallback", "queue_runner auto"])
    time.sleep(0.1)
    trial.ok(ran.status == 0 and len(queue.items()) == 1 and
             len(trial.sink.messages) == had,
             " ".join(args) + ": entered, and no run is started", ran)
for args in (["-odb"], ["-odi"], ["-odq", "-odb"]):
    trust()
    ran, log = run(*args, BOB)
    trial.ok(len(ran.messages) == 1 and queue.items() == [],
             " ".join(args) + ": at once", ran)
trust(False)
ran, log = run("-odq", BOB, lines=["queue off"])
trial.ok(len(ran.messages) == 1 and queue.items() == [],
         "-odq with queue off: at once", ran)


# --- what never touches the queue --------------------------------------------------
def untouched(what, *args, lines=(), status=75, **more):
    trust(False)
    os.rmdir(queue.path)
    ran, log = run(*args, lines=["queue fallback", CLOSED, *lines], **more)
    trial.ok(ran.status == status and not os.path.exists(queue.path), what,
             os.path.exists(queue.path), ran)
    os.makedirs(queue.path, 0o700, exist_ok=True)
    return ran


CREDS = trial.path("creds")
trial.file("creds/smtp", "tiger\n")
trial.file("secret", "tiger\n")
untouched("-bv", "-bv", BOB, status=0)
untouched("-P", "-P", BOB, status=0)
untouched("--dry-run", "send", "--to", BOB, "--body", "x", "--dry-run",
          status=0)
untouched("capture", BOB, lines=["capture " + trial.path("Caught")], status=0)
untouched("a command for the secret on the command line",
          "--passwordeval=echo x", BOB)
untouched("a password in the environment", BOB,
          lines=["password env:SECRET"], env={"SECRET": "x"})
untouched("password_fd", BOB, lines=["password_fd 9"])
untouched("credential:", BOB, lines=["password_file credential:smtp"],
          env={"CREDENTIALS_DIRECTORY": CREDS})
untouched("a file in the credentials' folder", BOB,
          lines=["password_file %s/smtp" % CREDS],
          env={"CREDENTIALS_DIRECTORY": CREDS})
untouched("a proxy's password on the command line",
          "--proxy=socks5://a:b@127.0.0.1:1", BOB)
ran = untouched("-v says why", "-v", "--passwordeval=echo x", BOB)
trial.ok(b"without the queue: " in ran.err and b"passwordeval" in ran.err,
         "and by which setting", ran)
ran, log = run(BOB, lines=["queue fallback", CLOSED,
                           "password_file " + trial.path("secret")])
trial.ok(ran.status == 0 and len(queue.items()) == 1,
         "a secret in a file can be had again", ran)
trust()
ran, log = run(BOB, lines=["queue fallback", CLOSED, "user env:NAME"],
               env={"NAME": "ada"})
trial.equal(queue.items()[0]["set"], ["user ada"],
            "what the environment gave is remembered")
trust(False)
text = account("queue fallback", CLOSED)
pipe = subprocess.run(
    ["/bin/bash", "-c", '"$0" -C <(cat "$1") "$2" <"$3"', trial.program,
     trial.file("config", text), BOB, trial.file("message", MESSAGE)],
    env=client.clean_environment(trial.home), cwd=trial.home,
    capture_output=True, timeout=20, check=False)
trial.ok(pipe.returncode == 75 and queue.items() == [],
         "a configuration in a pipe", pipe)
os.mkfifo(trial.path("fifo"))
with subprocess.Popen(["/bin/sh", "-c", "cat config >fifo"], cwd=trial.home):
    ran = trial.run("-C", trial.path("fifo"), BOB, bare=True)
trial.ok(ran.status == 75 and queue.items() == [],
         "a configuration in a named pipe", ran)
trial.file(".msmtprc", trial.account(CLOSED, "queue_dir " + queue.path).replace(
    b"queue off\n", b""))
ran = trial.run(BOB, name="msmtp")
trial.ok(ran.status == 75 and queue.items() == [],
         "the name msmtp: off unless it is set", ran)
trial.file(".msmtprc", trial.account(CLOSED, "queue fallback",
                                     "queue_runner none",
                                     "queue_dir " + queue.path))
ran = trial.run(BOB, name="msmtp")
trial.ok(ran.status == 0 and len(queue.items()) == 1 and
         queue.items()[0]["msmtp_name"] == "1", "which is heeded", ran)
os.unlink(trial.path(".msmtprc"))

# --- where it cannot be kept --------------------------------------------------------
BIG = b"Subject: big\n\n" + b"x" * 70 + b"\n" + 300 * (b"y" * 70 + b"\n")


def cannot(what, status, word, *args, lines=(), **more):
    ran, log = run(*args, lines=["queue fallback", *lines], **more)
    return trial.ok(
        ran.status == status and word in ran.err and queue.items() == [] and
        (status == 0 or b"not sent and not kept" in ran.err or
         b"it was not kept" in ran.err), what, status, word, ran)


trust()
cannot("more than queue_max_size: 75 with words", 75, b"queue_max_size", BOB,
       lines=[CLOSED, "queue_max_size 10K"], stdin=BIG)
trust()
cannot("but it is tried", 0, b"", BOB, lines=["queue_max_size 10K"], stdin=BIG)
trust()
cannot("and what was refused has its own status", 67, b"550", "550-a@x.org",
       lines=["queue_max_size 10K"], stdin=BIG)
ran, log = run(BOB, lines=["queue always", "queue_max_size 10K"], stdin=BIG)
trial.ok(ran.status == 75 and b"queue_max_size" in ran.err and
         fields(log)["exitcode"] == "EX_TEMPFAIL", "always: 75", ran, log)
trial.file("plain", "")
NOWHERE = "queue_dir %s/x" % trial.path("plain")
for lines, word in ([["queue always", NOWHERE], b"queue"],
                    [["queue fallback", NOWHERE, CLOSED], b"queue"]):
    ran, log = run(BOB, lines=[x for x in lines])
    trial.ok(ran.status in (74, 75) and word in ran.err and
             b"not sent and not kept" in ran.err,
             "no folder for the queue: %s says so" % lines[0], ran)
ran, log = run(BOB, lines=["queue fallback", NOWHERE])
trial.ok(ran.status == 0 and len(ran.messages) == 1 and not ran.err,
         "and what can be sent is sent", ran)

for s in (angry, busy, login, small):
    s.close()
trial.done()
