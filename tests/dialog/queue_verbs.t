#!/usr/bin/env python3
"""The verbs of the queue and mailq: what they show, on a terminal and in a
pipe, and what they change."""
import contextlib
import fcntl
import glob
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import client  # noqa: E402
from trial import Trial, has_control  # noqa: E402

FIELDS = {"id", "account", "state", "hold_reason", "uncertain", "size",
          "created", "next_try", "attempts", "sender", "message_id",
          "recipients"}
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
trial = Trial()
QUEUE, OTHER = trial.path("queue"), trial.path("other")
KEPT = ["queue always", "queue_runner none"]
CONFIG = trial.account(*KEPT, "queue_dir " + QUEUE) + \
    trial.account(*KEPT, "queue_dir " + OTHER, label="work")
trial.file(".postriderrc", CONFIG)


def run(*args, **more):
    return trial.run(*args, bare=True, **more)


def enter(*args, text=b"body\n"):
    """The ID of a message that was queued."""
    ran = run("send", "--print-id", "--subject", "hi", *args, stdin=text)
    found = re.search(rb"queued (\w+)", ran.out)
    return found[1].decode() if found else "NONE"


def items(*args):
    return {x["id"]: x for x in json.loads(run("queue", "--json", *args).out)}


def state(wanted):
    return items().get(wanted, {}).get("state")


def rewrite(name, old, new, folder=QUEUE):
    """Change a line of an envelope."""
    path = os.path.join(folder, name + ".env")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub("^%s" % old, new, text, flags=re.M))


def set_lock(fd, kind):
    lock = struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)
    fcntl.fcntl(fd, 37, lock)   # F_OFD_SETLK


def unlock(fd):
    set_lock(fd, fcntl.F_UNLCK)


@contextlib.contextmanager
def locked(path):
    """Somebody else has the lock of a file."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    set_lock(fd, fcntl.F_WRLCK)
    try:
        yield fd
    finally:
        os.close(fd)


def at_terminal(*args, columns=80, types=b"", **env):
    """(status, what the terminal shows) of the program at one."""
    command = trial.command(list(args), None, None, True)
    environment = client.clean_environment(trial.home)
    environment.update(TERM="xterm", **env)
    pid, fd = pty.fork()
    if pid == 0:
        try:
            os.chdir(trial.home)
            fcntl.ioctl(1, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(command[0], command, environment)
        finally:
            os._exit(127)
    shown = b""
    with contextlib.suppress(OSError):
        while True:
            got = os.read(fd, 4096)
            if not got:
                break
            shown += got
            if types and b"?" in shown:
                os.write(fd, types)
                types = b""
    os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status, shown.replace(b"\r\n", b"\n")


def remove_all():
    for folder in (QUEUE, OTHER):
        for name in glob.glob(folder + "/*.*"):
            os.unlink(name)


# --- nothing there -----------------------------------------------------------

def looking_makes_nothing():
    for args, out in ((["queue"], b"the queue is empty\n"),
                      (["queue", "list"], b"the queue is empty\n"),
                      (["queue", "--json"], b"[]\n"),
                      (["-bp"], b"Mail queue is empty\n"),
                      (["-q"], b""), (["flush"], b""),
                      (["flush", "--now", "--wait"], b"")):
        ran = run(*args)
        trial.ok((ran.status, ran.out, ran.err) == (0, out, b""),
                 "an empty queue: " + " ".join(args), ran)
    trial.ok(not os.path.exists(QUEUE) and not os.path.exists(OTHER),
             "looking at a queue does not make it")
    ran = run("queue", "--queue-dir", trial.path("none/at/all"))
    trial.ok(ran.status == 0 and ran.out == b"the queue is empty\n" and
             not os.path.exists(trial.path("none")),
             "nor does a folder that is named", ran)


# --- what is shown -----------------------------------------------------------

def the_list_is_of_fields(one, two):
    ran = run("queue")
    rows = [x.split("\t") for x in ran.out.decode().splitlines()]
    trial.ok(ran.status == 0 and not ran.err and len(rows) == 2 and
             all(len(r) == 8 for r in rows), "in a pipe a line of fields", ran)
    row = next(r for r in rows if r[0] == one)
    trial.ok(row[1] == "waiting" and re.fullmatch(STAMP, row[2]) and
             int(row[3]) > 50 and re.fullmatch(STAMP, row[4]) and
             row[5:7] == ["me@example.org",
                          "bob@example.com,carl@example.com"],
             "what the fields are", row)
    trial.ok({r[0] for r in rows} == {one, two},
             "the folders of all accounts are looked at", rows)


def json_has_its_fields(one):
    all_of_them = items()
    item = all_of_them[one]
    trial.ok(set(item) == FIELDS, "the fields of an object", item)
    trial.ok(item["account"] == "default" and item["state"] == "waiting" and
             item["hold_reason"] is None and item["uncertain"] is False and
             item["attempts"] == 0 and item["sender"] == "me@example.org" and
             re.fullmatch(STAMP, item["created"]) and
             re.fullmatch(STAMP, item["next_try"]) and
             re.fullmatch(r"<.+@.+>", item["message_id"]),
             "and their values", item)
    trial.equal(item["recipients"],
                [{"address": a, "state": "pending", "status": None,
                  "reply": None}
                 for a in ("bob@example.com", "carl@example.com")],
                "recipients one by one")
    size = os.path.getsize(os.path.join(QUEUE, one + ".msg"))
    trial.equal(item["size"], size, "the size is that of the message")
    shown = json.loads(run("queue", "show", one, "--json").out)
    trial.equal(shown, [item], "show --json is an array of one")


def one_is_shown(one):
    ran = run("queue", "show", one)
    for word in (b"id +" + one.encode(), b"state +waiting",
                 b"sender +me@example.org",
                 b"recipient +bob@example.com: pending", b"history\n  20",
                 b"headers\n(  .*\n)*  Subject: hi\n"):
        trial.ok(re.search(b"^" + word, ran.out, re.M),
                 "show says " + word.decode(), ran)
    with open(os.path.join(QUEUE, one + ".msg"), "rb") as f:
        text = f.read()
    ran = run("queue", "show", one, "--message")
    trial.ok(ran.out == text and text.endswith(b"\n\nbody\n"),
             "show --message is the message", ran)


def ids_are_found(one):
    for word in (one, one.lower(), one[:-1]):
        trial.ok(run("queue", "show", word).status == 0,
                 "found by " + ("all of it" if word == one else
                                "small letters" if word == one.lower()
                                else "its beginning"))
    for word, status in (("QQQQQQ", 66), (one[:1], 64), ("", 66),
                         (one + "X", 66), ("../" + one, 66)):
        for verb in (["queue", "show"], ["queue", "hold"],
                     ["queue", "release"], ["queue", "remove", "--yes"],
                     ["flush"]):
            ran = run(*verb, word)
            trial.ok(ran.status == status and not ran.out and ran.err and
                     state(one) == "waiting",
                     "%s %r is %d" % (" ".join(verb), word, status), ran)


def a_wrong_command_is_usage():
    for args in (["queue", "lst"], ["queue", "show"], ["queue", "hold"],
                 ["queue", "list", "X"], ["queue", "--jso"],
                 ["flush", "--now", "X"], ["flush", "-a", "x", "X"],
                 ["flush", "--background", "--now"],
                 ["flush", "--background=9"], ["-q!Ix"]):
        ran = run(*args)
        trial.ok(ran.status == 64 and b"hint: " in ran.err,
                 " ".join(args) + " is 64", ran)


def mailq_is_as_users_know_it(one):
    for name, args in (("mailq", []), ("sendmail", ["-bp"]),
                       ("postrider", ["-bp"])):
        ran = trial.run(*args, name=name)
        trial.ok(ran.status == 0 and not ran.err and re.fullmatch(
            rb"-+Queue ID-+ --Size-+ -+Arrival Time-+ -Sender/Recipient-+\n"
            rb"(" + one.encode() + rb" +\d+ \w{3} \w{3} [ \d]\d "
            rb"\d\d:\d\d:\d\d me@example.org\n"
            rb" {40,}bob@example.com\n {40,}carl@example.com\n\n|"
            rb"\w+ +\d+ .*\n {40,}dora@example.com\n\n){2}"
            rb"-- 1 Kbytes in 2 Requests\.\n", ran.out),
            "the layout of " + name, ran)


def a_terminal_gets_columns(one):
    status, shown = at_terminal("queue")
    lines = shown.decode().splitlines()
    trial.ok(status == 0 and re.fullmatch(
        r"ID +STATE +AGE +SIZE +NEXT TRY +SENDER", lines[0]),
        "on a terminal there are headings", lines)
    at = next(i for i, x in enumerate(lines) if x.startswith(one))
    trial.ok(re.fullmatch(one + r"  waiting +\d+s +\d+B  now +me@example.org",
                          lines[at]) and
             lines[at].index("me@") == lines[0].index("SENDER"),
             "and columns below them", lines)
    trial.equal(lines[at + 1], "    to bob@example.com, carl@example.com",
                "recipients stand below")


# --- what strangers have written ---------------------------------------------

def nobody_writes_on_the_terminal():
    before = set(items())
    run("eve@example.com", stdin=b"Subject: \x1b[2J\n\n"
        b"body \x1b]0;own\x07 \xc2\x9b31m\tend \xc3\xa4 \xff\n")
    name = (set(items()) - before).pop()
    rewrite(name, r"(last_try .*)", r"\1\nanswer 450 no " + "x" * 300)
    for args in (["queue"], ["queue", "show", name],
                 ["queue", "show", name, "--message"], ["-bp"]):
        for columns in (80, 20, 500):
            status, shown = at_terminal(*args, columns=columns)
            trial.ok(status in (0, 74) and not has_control(
                shown.replace(b"\t", b"")) and b"\xc2\x9b" not in shown,
                "nothing is obeyed: %s at %d" % (" ".join(args), columns),
                shown)
    shown = at_terminal("queue", "show", name, "--message")[1]
    trial.ok(b"body ?]0;own? ?31m\tend \xc3\xa4 ?\n" in shown,
             "a text keeps its tabs and letters", shown)
    lines = at_terminal("queue", columns=60)[1].decode().splitlines()
    trial.ok(all(len(x) <= 60 for x in lines), "no line is wrapped", lines)
    run("queue", "remove", "--yes", name)


# --- what is changed ---------------------------------------------------------

def hold_and_release(one):
    ran = run("queue", "hold", one)
    trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
             items()[one]["hold_reason"] == "user" and
             items()[one]["next_try"] is None, "hold says nothing", ran)
    ran = run("flush", one)
    trial.ok(ran.status == 75 and b"release" in ran.err and not ran.messages,
             "what is held is not tried by its ID", ran)
    for args in (["flush", "--now"], ["flush", "-a", "default"], ["-q"],
                 ["-qI" + one]):
        ran = run(*args)
        trial.ok(ran.status == 0 and state(one) == "held" and
                 b"bob@" not in b"".join(ran.lines),
                 "nor by " + " ".join(args).replace(one, "ID"), ran)
    trial.ok(b"(held by hand)" in run("-bp").out and
             re.search(one.encode() + b"! ", run("-bp").out),
             "mailq marks it")
    ran = run("queue", "release", one)
    trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
             state(one) == "waiting", "release says nothing", ran)
    shown = run("queue", "show", one).out
    trial.ok(re.search(rb"Z held by hand\n  " + STAMP.encode() +
                       b" released by hand\n", shown),
             "its history tells of both", shown)


def what_failed_is_sent_again():
    name = enter("--to", "fred@example.com,gus@example.com")
    rewrite(name, "state waiting", "state failed")
    rewrite(name, r"recipient (\w+) ", r"recipient \1 ")
    ran = run("queue", "hold", name)
    trial.ok(ran.status == 64 and b"has failed" in ran.err,
             "what has failed cannot be held", ran)
    trial.ok(re.search(name.encode() + b"# ", run("-bp").out),
             "mailq marks it")
    ran = run("queue", "release", name)
    trial.ok(ran.status == 0 and state(name) == "waiting",
             "what has failed can be released", ran)
    run("queue", "remove", "--yes", name)


def what_nobody_knows_is_said():
    name = enter("--to", "una@example.com")
    for old, new in (("in_flight 0", "in_flight 1"),
                     ("in_flight 1\n", "in_flight 0\n"),
                     ("uncertain 0", "uncertain 2")):
        rewrite(name, old, new)
        wanted = "1" in new or "2" in new
        ran = run("queue")
        line = next(x for x in ran.out.decode().splitlines() if name in x)
        trial.ok(items()[name]["uncertain"] is wanted and
                 line.endswith("\tuncertain") == wanted,
                 "uncertain or not: " + new.strip(), line)
    run("queue", "remove", "--yes", name)


def removing_asks():
    name = enter("--to", "hal@example.com")
    status, shown = at_terminal("queue", "remove", name, types=b"n\n")
    trial.ok(status == 0 and b"to hal@example.com? [y/N]" in shown and
             state(name) == "waiting", "no means no", shown)
    status, shown = at_terminal("queue", "remove", name, types=b"\n")
    trial.ok(state(name) == "waiting", "silence means no", shown)
    with locked(os.path.join(QUEUE, name + ".msg")):
        ran = run("queue", "remove", "--yes", name)
        trial.ok(ran.status == 75 and b"being sent" in ran.err and
                 state(name) == "waiting",
                 "what is being sent is not removed", ran)
        trial.ok(run("queue", "show", name).status == 0 and
                 name.encode() in run("-bp").out, "but it is shown")
    status, shown = at_terminal("queue", "remove", name, types=b"y\n")
    trial.ok(status == 0 and state(name) is None and
             not glob.glob(QUEUE + "/" + name + "*"), "yes means yes", shown)
    names = [enter("--to", "ida@example.com") for _ in range(2)]
    ran = run("queue", "remove", "--yes", names[0], "NONE", names[1])
    trial.ok(ran.status == 66 and not set(names) & set(items()),
             "an unknown ID stops no other", ran)


# --- sending -----------------------------------------------------------------

def flush_sends_what_it_should():
    remove_all()
    ids = [enter("--to", to) for to in ("jan@example.com", "kay@example.net",
                                        "lea@example.com")]
    later = enter("--to", "max@example.com", "--at", "+2h")
    ran = run("flush", ids[1])
    trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
             [m.recipients for m in ran.messages] == [["kay@example.net"]] and
             set(items()) == {ids[0], ids[2], later},
             "flush ID sends that one alone", ran)
    ran = run("flush", "--now", "--wait")
    trial.ok(ran.status == 0 and set(items()) == {later},
             "--now sends what waits, not what is for later", ran)
    ran = run("flush", later)
    trial.ok(ran.status == 0 and not items() and
             [m.recipients for m in ran.messages] == [["max@example.com"]],
             "its ID sends that too", ran)


def another_run_is_told_to_look():
    remove_all()
    name = enter("--to", "bob@example.com")
    lock = os.path.join(QUEUE, "runner.lock")
    with locked(lock):
        os.utime(lock, (0, 0))
        ran = run("flush")
        trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
                 not ran.lines and os.stat(lock).st_mtime > 0,
                 "a run that is at work is told to look", ran)
    with locked(lock) as fd:
        thread = threading.Timer(0.5, lambda: unlock(fd))
        thread.start()
        ran = run("flush", "--wait", name)
        thread.join()
        trial.ok(ran.status == 0 and ran.messages and not items(),
                 "--wait goes on where that one has ended", ran)


def a_run_stays_until_nothing_waits():
    """As the units of systemd have it."""
    remove_all()
    soon = enter("--to", "ann@example.com")
    enter("-a", "work", "--to", "bob@example.com")
    rewrite(soon, r"due \d+", "due %d" % (time.time() + 2))
    rewrite(soon, r"attempts 0", "attempts 1")
    begun = time.monotonic()
    ran = run("flush", "--background")
    trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
             len(ran.messages) == 2 and not items() and
             time.monotonic() - begun > 0.5,
             "--background waits for what comes due, in each folder", ran)
    enter("--to", "ann@example.com")
    with locked(os.path.join(QUEUE, "runner.lock")):
        ran = run("flush", "--background")
        trial.ok(ran.status == 0 and not ran.lines,
                 "and ends where another is at work", ran)


def letters_of_q_choose():
    remove_all()
    for what, text in (("R", "@EXAMPLE.net"), ("S", "you@"), ("I", None)):
        mine = enter("--to", "ann@example.com")
        its = enter("--to", "bob@example.net", "--from", "you@example.org")
        for name in (mine, its):
            rewrite(name, r"due \d+", "due 4102444800")
            rewrite(name, r"attempts 0", "attempts 1")
        ran = run("-q" + what + (text or its.lower()))
        trial.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
                 set(items()) == {mine}, "-q" + what + " chooses", ran)
        ran = trial.run("-q30m", name="sendmail")
        trial.ok(ran.status == 0 and not ran.err and not items(),
                 "-q30m tries all", ran)


def what_still_waits_is_75():
    remove_all()
    dead = trial.account(*KEPT, "queue_dir " + QUEUE, "port 1")
    trial.file(".postriderrc", dead)
    ids = [enter("--to", "bob@example.com") for _ in range(3)]
    ran = run("flush", "--wait")
    trial.ok(ran.status == 75 and b"3 of 3 messages still wait" in ran.err,
             "flush --wait is 75 where something still waits", ran)
    ran = run("flush")
    trial.ok((ran.status, ran.err) == (0, b""), "without --wait it is 0", ran)
    ran = run("queue")
    trial.ok(b"account 'default': " in ran.out.splitlines()[0] and
             all(state(i) == "waiting" for i in ids),
             "the first line says that the server is away", ran)
    trial.file(".postriderrc", CONFIG)


def a_wrong_configuration_hides_no_queue():
    remove_all()
    name = enter("--to", "bob@example.com")
    trial.file(".postriderrc", CONFIG + b"account broken\nhots x\n")
    for args in (["queue"], ["-bp"], ["flush"]):
        ran = run(*args)
        trial.ok(ran.status == 0 and b"hots" in ran.err and
                 (name.encode() in ran.out or args == ["flush"]),
                 "with a mistake: " + " ".join(args), ran)
    os.unlink(trial.path(".postriderrc"))
    ran = run("queue")
    trial.ok(ran.status == 0 and not ran.err,
             "without a file there is the default queue", ran)
    ran = run("queue", "--queue-dir", "queue")
    trial.ok(name.encode() in ran.out or not items("--queue-dir", "queue"),
             "a folder may be named from where we are", ran)
    ran = run("queue", "-C", trial.path("nofile"))
    trial.ok(ran.status == 66, "-C names a file that is missing: 66", ran)
    trial.file(".postriderrc", CONFIG)


def strangers_choose_no_folder():
    for args in (["-bp", "--queue-dir=" + QUEUE],
                 ["-bp", "-OQueueDirectory=" + QUEUE], ["-bp", "-C", "x"]):
        ran = trial.run(*args, name="mailq")
        trial.ok(ran.status == 64 and not ran.out,
                 "mailq refuses " + args[1].split("=")[0], ran)


# --- an account whose login is refused ---------------------------------------

def an_account_is_held():
    """Its own server, which wants a password."""
    certs = make_certs()
    auth = Trial(certs=certs, tls="implicit", users={"ada": "tiger"})
    auth.file("secret", "tiger\n")
    auth.file(".postriderrc", auth.account(
        "host localhost", "tls on", "tls_starttls off", "auth on", "user ada",
        "tls_trust_file " + os.path.join(certs, "ca.pem"), "queue fallback",
        "password_file " + auth.path("secret"), "queue_runner none",
        "queue_dir " + auth.path("queue")))
    try:
        auth.number, auth.bad = trial.number, trial.bad
        hold_the_account(auth)
    finally:
        trial.number, trial.bad = auth.number, auth.bad
        auth.sink.close()
        auth.top.cleanup()


def hold_the_account(auth):
    def go(*args):
        return auth.run(*args, bare=True)

    def known():
        return json.loads(go("queue", "--json").out)

    ran = go("ann@example.com")
    auth.ok(ran.status == 0 and len(ran.messages) == 1, "it works", ran)
    go("-odq", "zoe@example.com")       # waits, and knows of nothing
    auth.file("secret", "lion\n")
    ran = go("bob@example.com")
    auth.ok((ran.status, ran.out, ran.err) == (0, b"", b""),
            "a refused login is queued in silence", ran)
    go("eve@example.com")
    held = known()
    auth.ok([x["state"] for x in held] == ["held"] * 3 and
            held[0]["hold_reason"] == "credentials" and
            held[0]["next_try"] is None, "and held", held)
    first = go("queue").out.splitlines()[0]
    auth.ok(b"account 'default'" in first and b"535" in first and
            b"flush -a default" in first, "the first line says so", first)
    for args in (["flush"], ["flush", "--now"], ["-q"]):
        ran = go(*args)
        auth.ok(ran.status == 0 and not ran.lines and
                [x["state"] for x in known()] == ["held"] * 3,
                " ".join(args) + " does not try it", ran)
    ran = go("flush", held[0]["id"])
    auth.ok(ran.status == 75 and b"flush -a default" in ran.err and
            not ran.lines, "nor does its ID", ran)
    ran = go("flush", "-a", "nobody")
    auth.ok(ran.status == 78 and b"'nobody'" in ran.err and not ran.lines,
            "nor another account", ran)
    auth.file("secret", "tiger\n")
    go("queue", "hold", held[2]["id"])
    ran = go("flush", "-a", "default")
    auth.ok((ran.status, ran.out, ran.err) == (0, b"", b"") and
            sorted(m.recipients for m in ran.messages) ==
            [["bob@example.com"], ["zoe@example.com"]],
            "flush -a does", ran)
    auth.ok([(x["id"], x["hold_reason"]) for x in known()] ==
            [(held[2]["id"], "user")],
            "but not what was held by hand", known())
    ran = go("queue", "release", held[2]["id"])
    ran = go("flush", "--wait")
    auth.ok(ran.status == 0 and not known(), "release lets it go", ran)


def make_certs():
    import certs    # pylint: disable=import-outside-toplevel
    return certs.make(trial.path("certs"))


# --- completion --------------------------------------------------------------

def bash_completes_ids():
    remove_all()
    one = enter("--to", "ann@example.com")
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_postrider; printf "%s\\n" "${COMPREPLY[@]}"')
    file = os.path.join(HERE, "..", "..", "completions", "postrider.bash")
    for words in (["queue", "show", ""], ["queue", "hold", one[:5]],
                  ["flush", one[:5].lower()],
                  ["queue", "--queue-dir", QUEUE, "show", ""]):
        ran = subprocess.run(["bash", "-c", script, "bash", file,
                              trial.program, *words],
                             env=client.clean_environment(trial.home),
                             capture_output=True, text=True, check=False)
        trial.ok(ran.stdout.split() == [one] and not ran.stderr,
                 "bash completes an ID after " + " ".join(words[:2]).replace(
                     one[:5].lower(), "ID"), ran)
    run("queue", "remove", "--yes", one)


def main():
    looking_makes_nothing()
    one = enter("--to", "bob@example.com,carl@example.com")
    two = enter("-a", "work", "--to", "dora@example.com")
    the_list_is_of_fields(one, two)
    json_has_its_fields(one)
    one_is_shown(one)
    ids_are_found(one)
    a_wrong_command_is_usage()
    mailq_is_as_users_know_it(one)
    a_terminal_gets_columns(one)
    nobody_writes_on_the_terminal()
    hold_and_release(one)
    what_failed_is_sent_again()
    what_nobody_knows_is_said()
    removing_asks()
    flush_sends_what_it_should()
    another_run_is_told_to_look()
    a_run_stays_until_nothing_waits()
    letters_of_q_choose()
    what_still_waits_is_75()
    a_wrong_configuration_hides_no_queue()
    strangers_choose_no_folder()
    an_account_is_held()
    bash_completes_ids()
    trial.done()


main()
