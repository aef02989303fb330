#!/usr/bin/env python3
"""The classic dialect, and what is taken under the name sendmail."""
import os
import re
import stat
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
trial = Trial()
trial.sink.offers = trial.sink.offers + ["DSN"]


def sendmail(*args, **more):
    return trial.run(*args, name="sendmail", **more)


def taken(ran, want=(TO,)):
    return (ran.status == 0 and not ran.out and not ran.err and
            len(ran.messages) == 1 and
            ran.messages[0].recipients == list(want))


def rcpt(ran):
    return b"".join(x for x in ran.lines if x[:4] == b"RCPT")


def mail(ran):
    return b"".join(x for x in ran.lines if x[:4] == b"MAIL")


# --- every letter, with its arity ------------------------------------------------
for words in (
        "", "-t", "-i", "-ti", "-oi", "-it -oem", "-oem", "-em", "-ep", "-e",
        "-om", "-m", "-n", "-G", "-U", "-E", "-I", "-J", "-c", "-odb",
        "-odi", "-odi -odb -oi -om -oep -G -U", "-oee", "-o7", "-o8",
        "-oT5m", "-orx", "-oA/etc/x", "-h 5", "-h5", "-p smtp", "-psmtp",
        "-p SMTP:host", "-A m", "-Am", "-Ac", "-x y", "-xy", "-d0", "-d",
        "-B 8BITMIME", "-B8BITMIME", "-B 7BIT", "-B7BIT", "-L tag", "-Ltag",
        "-O Timeout=1", "-OTimeout=1", "-O DeliveryMode=b",
        "-O IgnoreDots=yes", "-O requiretls=no", "-O smtputf8=no", "-bm",
        "-v -bm", "-F Name", "-FName", "-f a@example.org", "-fa@example.org",
        "-r a@example.org", "-ra@example.org", "-N failure,delay",
        "-Nnever", "-R hdrs", "-Rfull", "-V id", "-Vid",
        "-FCronDaemon -i -B8BITMIME -oem", "-FAnacron -odi",
        "-oem -oi -fa@example.org --", "-i -m -F A -f a@example.org --",
        "-oi -oem -odb -t", "--account default", "--account=default",
        "--from a@example.org", "--from=a@example.org", "--read-recipients",
        "--dsn-notify=failure", "--dsn-return full", "--read-rec"):
    ran = sendmail(*words.split(), TO)
    good = taken(ran)
    if "-v" in words.split():
        good = ran.status == 0 and len(ran.messages) == 1 and ran.err
    trial.ok(good, "sendmail %s sends to the one recipient" % words, ran)

for words, want in {
        "-f a@example.org": b"MAIL FROM:<a@example.org>",
        "-fa@example.org": b"MAIL FROM:<a@example.org>",
        "-r a@example.org": b"MAIL FROM:<a@example.org>",
        "-f <>": b"MAIL FROM:<>", "-f Ada_<a@example.org>":
        b"MAIL FROM:<a@example.org>", "-f MAILER-DAEMON": b"MAIL FROM:<>",
        "-R hdrs": b"RET=HDRS", "-R full": b"RET=FULL", "-V id+1": b"ENVID=id",
        }.items():
    ran = sendmail(*[w.replace("_", " ") for w in words.split()], TO)
    trial.ok(taken(ran) and want in mail(ran), "sendmail %s says %s"
             % (words, want.decode()), ran)
ran = sendmail("-f", "", TO)
trial.ok(taken(ran) and b"MAIL FROM:<>" in mail(ran), "-f '' is <>", ran)
for words, want in {"-N failure,delay": b"NOTIFY=FAILURE,DELAY",
                    "-N never": b"NOTIFY=NEVER",
                    "-Nsuccess": b"NOTIFY=SUCCESS"}.items():
    ran = sendmail(*words.split(), TO)
    trial.ok(taken(ran) and want in rcpt(ran), "sendmail %s says %s"
             % (words, want.decode()), ran)
for locale in ("C", "POSIX", "C.UTF-8", "xx_XX.none"):
    ran = sendmail("-F", "Full Ñame", TO, env={"LC_ALL": locale})
    trial.ok(b"From: =?UTF-8?Q?Full_=C3=91ame?= <me@example.org>\r\n"
             in text_of(ran), "-F with UTF-8 is encoded, " + locale, ran)
    ran = sendmail("jürgen@bücher.example", TO, env={"LC_ALL": locale})
    trial.ok(taken(ran, ["jürgen@xn--bcher-kva.example", TO]) and
             b" SMTPUTF8" in mail(ran), "a UTF-8 address, " + locale, ran)
for local in ("root", "root@localhost", "root@LOCALHOST.localdomain",
              "root@Here.test"):
    ran = sendmail("-f", local, TO, env={"HOSTNAME": "here.test"})
    trial.ok(taken(ran) and b"<me@example.org>" in mail(ran),
             "-f %s gives way to what from says" % local, ran)
    ran = trial.run("-f", local, TO, env={"HOSTNAME": "here.test"},
                    config=trial.account("from *@x.org"))
    trial.ok(b"MAIL FROM:<%s>" % local.encode() in mail(ran),
             "-f %s stays where from says nothing" % local, ran)
trial.file(".msmtprc", trial.account())
ran = trial.run("-f", "root", TO, name="msmtp")
trial.ok(taken(ran) and b"<root>" in mail(ran), "msmtp -f root is root", ran)
os.unlink(trial.path(".msmtprc"))

# --- operands -----------------------------------------------------------------------
for args, want in {
        ("a@x.org,b@y.org",): ["a@x.org", "b@y.org"],
        ("a@x.org b@y.org",): None,
        ("Ann A <a@x.org>, \"B, b\" <b@y.org>",): ["a@x.org", "b@y.org"],
        ("a@x.org", "A <a@X.org>"): ["a@x.org"],
        ("--", "-odd@x.org"): ["-odd@x.org"],
        ("-i", "--", "-t@x.org", "b@y.org"): ["-t@x.org", "b@y.org"],
        ("a@x.org", "-i", "b@y.org"): ["a@x.org", "b@y.org"],
        ("a@x.org", "-f", "s@x.org"): ["a@x.org"],
        ("<a@x.org>",): ["a@x.org"], ("a@x.org (Ann)",): ["a@x.org"],
        ("G: a@x.org, b@y.org;",): ["a@x.org", "b@y.org"],
        ('"a b"@x.org',): ['"a b"@x.org'], ("@r.org:a@x.org",): None,
        ("<@r.org:a@x.org>",): ["a@x.org"],
        ("send@x.org",): ["send@x.org"]}.items():
    ran = sendmail(*args)
    trial.ok(taken(ran, want) if want else ran.status in (0, 65),
             "operands %s" % (args,), ran)
crowd = ["u%d@example.com" % i for i in range(1000)]
for args, stdin in ((crowd, b"A: b\n\nx\n"), ([",".join(crowd)], b"\nx\n"),
                    (["-t"], ("Bcc: " + ",\n ".join(crowd) +
                              "\n\nx\n").encode())):
    ran = sendmail(*args, stdin=stdin)
    trial.ok(taken(ran, crowd), "1,000 recipients, %.10s" % args[0],
             ran.status, ran.err)
for args in (["-zzz@x.org"], ["-@x.org"], ["a@x.org", "-Xb@y.org"]):
    trial.refused(sendmail(*args), 64, "%s begins like an option" % args[-1])
for args in ([], ["-i"], ["-t"], ["--"]):
    trial.refused(sendmail(*args), 64, "no recipients with %s is 64" % args)
trial.refused(sendmail("root"), 67, "a name without a domain is 67", b"root")
trial.refused(sendmail(""), 64, "an empty recipient is nobody")
trial.refused(sendmail("a@"), 65, "half an address is 65")
for word in ("send", "config", "help", "version"):
    trial.refused(trial.run("-C", trial.config, word, bare=True), 64,
                  "postrider -C F %s names the right order" % word,
                  b"postrider %s" % word.encode())
    trial.refused(sendmail(word), 67, "sendmail %s is a local name" % word)

# --- what strangers must not get -----------------------------------------------------------
def state():
    found = []
    for top, _, files in os.walk(trial.home):
        for name in files:
            if not name.startswith("output"):
                s = os.stat(os.path.join(top, name))
                found.append((top, name, s.st_size, s.st_mtime_ns))
    return sorted(found)


PWNED = trial.path("pwned")
trial.file("evil.conf", trial.account("passwordeval touch " + PWNED,
                                      "auth plain", "user u"))
sendmail(TO)
before = state()
REFUSED = [
    ["-C", "evil.conf"], ["-Cevil.conf"], ["--file=evil.conf"],
    ["-X", PWNED], ["-X" + PWNED], ["-D", PWNED], ["-P"], ["--pretend"],
    ["-a", "default"], ["--host=127.0.0.1"], ["--host", "127.0.0.1"],
    ["--passwordeval=touch " + PWNED], ["--logfile=" + PWNED],
    ["--logfile", PWNED], ["--tls-trust-file=" + PWNED], ["--port=25"],
    ["--auth=plain"], ["--user=u"], ["--aliases=" + PWNED],
    ["--from-full-name=x"], ["--password-file=/etc/passwd"],
    ["-O", "QueueDirectory=/tmp"], ["-OQueueDirectory=/tmp"],
    ["-O", "queuedirectory=/tmp"], ["-oQ/tmp"], ["-oQ", "/tmp"], ["-bd"],
    ["-bl"], ["-bt"], ["-bh"], ["-bH"], ["-bD"], ["-bz"], ["-b"], ["-s"],
    ["-s", "subject"], ["-M", "x"], ["-Mx"], ["-z"], ["-S"], ["--rmqs=x"],
    ["--configure=x@y"], ["--debug"], ["--nonsense"], ["--quiet"], ["-"
     "-set-from-header=on"], ["-iX", PWNED], ["-tC", "evil.conf"], ["-Q"],
    ["--from"], ["--read-recipients=yes"], ["--version=1"]]
for words in REFUSED:
    args = words if words == ["--from"] else [*words, TO]
    ran = sendmail(*args)
    trial.refused(ran, 64, "sendmail %s is refused with 64" % " ".join(words))
trial.equal(state(), before, "nothing was written, read or run by these")
trial.ok(not os.path.exists(PWNED), "no command was run")
for words in (["-f"], ["-F"], ["-h"], ["-p"], ["-A"], ["-x"], ["-B"], ["-L"],
              ["-O"], ["-o"], ["-N"], ["-R"], ["-V"], ["-b"], ["-ti", "-f"]):
    trial.refused(sendmail(*words), 64, "%s without its value is 64" % words)
for words in (["-N", "sometimes"], ["-N", "never,failure"], ["-R", "half"],
              ["-N", ""]):
    trial.refused(sendmail(*words, TO), 64, "%s is 64" % words)

elsewhere = trial.file("elsewhere", trial.account("from evil@example.org"))
for env in ({"POSTRIDER_CONFIG": elsewhere}, {"POSTRIDER_HOST": "192.0.2.1"},
            {"POSTRIDER_FROM": "evil@example.org"}):
    ran = sendmail(TO, env=env)
    trial.ok(taken(ran) and b"evil" not in mail(ran),
             "sendmail does not look at %s" % list(env)[0], ran)
os.rename(trial.config, trial.config + "-")
ran = sendmail(TO, env={"POSTRIDER_HOST": "127.0.0.1", "POSTRIDER_FROM":
                        "me@example.org",
                        "POSTRIDER_PORT": str(trial.sink.port)})
trial.refused(ran, 78, "sendmail makes no account of the environment")
os.rename(trial.config + "-", trial.config)

# --- modes ------------------------------------------------------------------------------------
ran = sendmail("-bv", TO, "Ann <ann@example.com>, cy@example.com")
want = b"".join(b"%s: account default, 127.0.0.1:%d, as me@example.org\n"
                % (a, trial.sink.port) for a in
                (b"bob@example.com", b"ann@example.com", b"cy@example.com"))
trial.ok(ran.status == 0 and ran.out == want and not ran.lines,
         "-bv says where mail would go", ran)
trial.refused(sendmail("-bv"), 64, "-bv without an address is 64")
for name, args in (("mailq", []), ("sendmail", ["-bp"])):
    ran = trial.run(*args, name=name)
    trial.ok(ran.status == 0 and b"empty" in ran.out and not ran.lines,
             "%s %s lists an empty queue" % (name, args), ran)
for name, args in (("newaliases", []), ("sendmail", ["-bi"]),
                   ("sendmail", ["-q"]), ("sendmail", ["-q30m"])):
    ran = trial.run(*args, name=name)
    trial.ok(ran.status == 0 and not ran.out and not ran.err and
             not ran.lines, "%s %s is silent" % (name, args), ran)
for name in ("sendmail", "msmtp", None):
    for args in (["--version"], ["--help"], ["-i", "--version", TO]):
        ran = trial.run(*args, name=name, bare=True)
        trial.ok(ran.status == 0 and ran.out and not ran.err and
                 not ran.lines, "%s %s prints and ends" % (name, args), ran)
ran = sendmail("-d0.1")
trial.ok(ran.status == 0 and ran.out.startswith(b"postrider "),
         "-d0.1 prints the version", ran)
SHAPE = re.compile(
    r"postrider version \d\S*\nPlatform: \S+-\S+\nTLS/SSL library: GnuTLS \d"
    r"\S*\nAuthentication library: GNU SASL \d[^\n]*\n"
    r"Supported authentication methods:\n([a-z0-9 -]+)\nIDN support: enabled"
    r"[^\n]*\nNLS: disabled\nKeyring support: [^\n]+\n(?:[^\n]+\n)+"
    r"System configuration file name: /\S+/postrider.conf\n"
    r"User configuration file name: (\S+)\n$")
for args, name, place in ((["version"], None, "/.postriderrc"),
                          (["--version"], None, "/.postriderrc"),
                          (["-d0.1"], None, "/.postriderrc"),
                          (["--version"], "msmtp", "/.msmtprc"),
                          (["-d0.1"], "sendmail", "/.postriderrc")):
    ran = trial.run(*args, name=name, bare=True)
    found = SHAPE.match(ran.out.decode())
    trial.ok(found and {"plain", "login", "xoauth2", "external"} <=
             set(found[1].split()) and found[2] == trial.home + place,
             "%s %s says what there is" % (name, args[0]), ran)
trial.file("xdg/postrider/config", b"")
ran = trial.run("version", bare=True, env={"XDG_CONFIG_HOME":
                                           trial.path("xdg")})
trial.ok(ran.out.endswith(b"xdg/postrider/config\n"),
         "the file that would be read is named", ran)
trial.refused(trial.run("version", "x", bare=True), 64, "version takes nothing")
ran = trial.run(bare=True, stdin=b"")
trial.ok(ran.status == 64 and b"usage" in ran.err and not ran.out,
         "postrider alone in a pipe is 64", ran)
for word in ("help", "version"):
    ran = trial.run(word, bare=True)
    trial.ok(ran.status == 0 and ran.out and not ran.err, word + " is 0", ran)

# --- msmtp's long names -------------------------------------------------------------------------
ACCOUNT = trial.account(label="work")
for words, good in {
        "--acc work": True, "--account=work": True, "-a work": True,
        "-awork": True, "--read-rec -a work": True, "--tls-trust=x -a work":
        True, "--timeo=5 -a work": True, "--set-d=off -a work": True,
        "--keepbcc -a work": True,
        "--logfile-t=none -a work": True, "--sy=off -a work": True,
        "--undis=off -a work": True,
        "--connect-timeout=5 -a work": True,
        "--tls-=x -a work": False, "--read -a work": False,
        "--t=on -a work": False, "--xyz -a work": False,
        "--tls=off -a work": True, "--auth=off -a work": True,
        "--set-from-header -a work": True, "--remove-bcc -a work": True}.items():
    ran = trial.run(*words.split(), TO, config=ACCOUNT)
    if good:
        trial.ok(ran.status == 0 and len(ran.messages) == 1,
                 "%s is taken" % words, ran)
    else:
        trial.refused(ran, 64, "%s is refused" % words)
trial.refused(trial.run("-a", "work", "--host=127.0.0.1", TO, config=ACCOUNT),
              64, "--account and --host exclude each other")
trial.refused(trial.run("-f", "a@b.c", "--read-envelope-from", TO), 64,
              "-f and --read-envelope-from exclude each other")
for words in (["--timeout=0"], ["--timeout=x"], ["--port=0"],
              ["--port=65536"], ["--port=12x"], ["--tls=maybe"],
              ["--auth=nothing"], ["--protocol=http"], ["--source-ip=x"],
              ["--tls-fingerprint=00"], ["--set-to-header=maybe"]):
    trial.refused(trial.run(*words, TO), 64, "%s is 64" % words[0])

# --- descriptors, homes, signals -------------------------------------------------------------------
shell = trial.file("shell", "#!/bin/sh\n\"$@\" 1>&- 2>&-\n", 0o700)
os.environ["WRAP"], kept = shell, os.environ.get("WRAP")
ran = sendmail(TO)
trial.ok(ran.status == 0 and len(ran.messages) == 1 and
         text_of(ran).endswith(b"\r\n\r\nbody\r\n"),
         "with stdout and stderr closed it is sent all the same", ran)
trial.file("shell", "#!/bin/sh\ntrap '' HUP INT QUIT PIPE CHLD TERM\n\"$@\"\n",
           0o700)
ran = trial.run(TO, config=trial.account(
    "auth plain", "user u", "passwordeval echo p", "tls off"))
trial.ok(ran.status in (75, 76, 77, 78), "with signals ignored commands work",
         ran)
if kept is None:
    del os.environ["WRAP"]
else:
    os.environ["WRAP"] = kept
ran = sendmail(TO, env={"HOME": "/nonexistent", "XDG_CONFIG_HOME":
                        trial.path("none")})
trial.ok(ran.status == 78 or ran.status == 0, "HOME that is none is survived",
         ran)
trial.done()
