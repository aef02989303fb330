#!/usr/bin/env python3
"""Which account, which file, and what is said about both."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
trial = Trial()


def sender(ran):
    return ran.messages[0].sender if ran.messages else ran


# --- choice: each account is known by its EHLO name ----------------------------------
FILE = b"".join(trial.account("domain %s.test" % label, "from " + sender_,
                              label=label) for label, sender_ in (
    ("home", "ada@home.example"), ("work", "ada@work.example"),
    ("wild", "*@wild.example"), ("one", "x?@q.example"),
    ("set", "[ab]@s.example"), ("upper", "*@UPPER.example"), ("again", "ada@work.example")))
DEFAULT = FILE + b"account default : home\n"
FROM = b"From: Ada <%s>\n\nx\n"
CHOICE = {
    "-a": (["-a", "work"], None, "work", "ada@work.example"),
    "-a wins over -f": (["-a", "home", "-f", "ada@work.example"], None, "home",
                        "ada@work.example"),
    "-f": (["-f", "ada@work.example"], None, "work", "ada@work.example"),
    "-f in other case": (["-f", "ADA@Work.Example"], None, "work",
                         "ADA@Work.Example"),
    "-f with a detail": (["-f", "ada+x@work.example"], None, "work",
                         "ada+x@work.example"),
    "-f with a name": (["-f", "A <ada@work.example>"], None, "work",
                       "ada@work.example"),
    "-f that fits *": (["-f", "any.body@wild.example"], None, "wild",
                       "any.body@wild.example"),
    "-f that fits ?": (["-f", "xy@q.example"], None, "one", "xy@q.example"),
    "-f that fits [ab]": (["-f", "b@s.example"], None, "set", "b@s.example"),
    "-f that fits * in other case": (["-f", "a@upper.EXAMPLE"], None, "upper",
                                     "a@upper.EXAMPLE"),
    "-f that fits nothing": (["-f", "xyz@q.example"], None, "home",
                             "xyz@q.example"),
    "-f <>": (["-f", "<>"], None, "home", ""),
    "nothing": ([], None, "home", "ada@home.example"),
    "From alone does not choose": ([], b"ada@work.example", "home",
                                   "ada@home.example"),
    "--read-envelope-from": (["--read-envelope-from"], b"ada@work.example",
                             "work", "ada@work.example"),
    "--read-envelope-from and *": (["--read-envelope-from"],
                                   b"q@wild.example", "wild",
                                   "q@wild.example"),
    "a pattern takes From": (["-a", "wild"], b"q@wild.example", "wild",
                             "q@wild.example"),
}
for what, (args, header, label, want) in CHOICE.items():
    stdin = FROM % header if header else b"A: b\n\nx\n"
    ran = trial.run(*args, TO, stdin=stdin, config=DEFAULT)
    trial.equal((ran.lines[:1], sender(ran)),
                ([b"EHLO %s.test\r\n" % label.encode()], want),
                "account by %s" % what, ran)
ran = trial.run("-a", "wild", TO, stdin=b"A: b\n\nx\n", config=DEFAULT)
trial.refused(ran, 78, "a pattern and no From is no sender", b"-f")
ran = trial.run("--read-envelope-from", TO, stdin=b"A: b\n\nx\n",
                config=DEFAULT)
trial.refused(ran, 64, "--read-envelope-from without From is 64", b"From")
for args in ([], ["-f", "no@where.example"]):
    ran = trial.run(*args, TO, config=FILE)
    trial.refused(ran, 78, "no default account: 78 with %s" % args,
                  b"there are: home")
ran = trial.run("-a", "wrok", TO, config=FILE)
trial.refused(ran, 78, "an unknown account is 78", b"'wrok'")
ran = trial.run(TO, config=b"")
trial.refused(ran, 78, "an empty file is 78", b"default")
ran = trial.run("-f", "x@other.example", TO, config=trial.account(
    "allow_from_override off"))
trial.equal(sender(ran), "me@example.org", "allow_from_override off holds")
ran = trial.run("-f", "ada@work.example", TO, config=DEFAULT.replace(
    b"account work\n", b"account work\nallow_from_override off\n"))
trial.equal(ran.lines[:1], [b"EHLO work.test\r\n"],
            "-f chooses also where it may not override")
ran = trial.run(TO, stdin=FROM % b"q@x.example", config=trial.account(
    "read_envelope_from on"))
trial.equal(sender(ran), "q@x.example", "read_envelope_from on")
ran = trial.run(TO, config=trial.account("user ada@u.example").replace(
    b"from me@example.org\n", b""))
trial.equal(sender(ran), "ada@u.example", "user is a sender if an address")
for value in ('"me', "me@", "a b@x.example", "<>x"):
    ran = trial.run(TO, config=trial.account("from " + value))
    trial.refused(ran, 78, "from %s is no address: 78" % value, b"from")
ran = trial.run(TO, config=trial.account("user ada").replace(
    b"from me@example.org\n", b""))
trial.refused(ran, 78, "no sender at all is 78", b"from")
ran = trial.run(TO, stdin=FROM % b"h@x.example", config=trial.account().replace(
    b"from me@example.org\n", b""))
trial.equal(sender(ran), "h@x.example", "without from, the header decides")
ran = trial.run("--host=127.0.0.1", "--port=%d" % trial.sink.port,
                "--queue=off", "-f", "x@y.example", TO, config=b"nonsense\n")
trial.equal(sender(ran), "x@y.example", "--host reads no file")
ran = trial.run("--from=a%Ha%Ub@x.example", TO)
trial.equal(sender(ran), "a%Ha%Ub@x.example", "-f is not expanded")
for value, want in {"%U@%H": "ada@here.test", "x-%U@x.example":
                    "ada@x.example"}.items():
    ran = trial.run(TO, config=trial.account("from " + value), env={
        "USER": "ada", "HOSTNAME": "here.test"})
    trial.ok(ran.messages and sender(ran).endswith(want),
             "from %s is expanded" % value, ran)
ran = trial.run(TO, stdin=FROM % b"q@x.example",
                config=trial.account("from %F"))
trial.equal(sender(ran), "q@x.example", "from %F is the From header's")
ran = trial.run(TO, stdin=b"A: b\n\nx\n", config=trial.account("from %F"))
trial.refused(ran, 78, "%F without From is 78")
ran = trial.run("--queue=off", TO, config=b"", env={
    "SMTPSERVER": "127.0.0.1", "EMAIL": "e@x.example"})
trial.ok(ran.status == 75 and b"127.0.0.1:25" in ran.err,
         "SMTPSERVER and EMAIL make an account", ran)

# --- which file ----------------------------------------------------------------------------
def named(label):
    return trial.account("domain %s.test" % label)


os.rename(trial.config, trial.path("kept"))
ENV = {"POSTRIDER_HOST": "127.0.0.1", "POSTRIDER_FROM": "me@example.org",
       "POSTRIDER_PORT": str(trial.sink.port), "POSTRIDER_DOMAIN": "env.test",
       "POSTRIDER_SYSLOG": "off", "POSTRIDER_QUEUE": "off"}
ran = trial.run(TO, bare=True, env=ENV)
trial.equal(ran.lines[:1], [b"EHLO env.test\r\n"],
            "without a file POSTRIDER_* makes the account", ran)
ran = trial.run(TO, bare=True, env=dict(
    ENV, POSTRIDER_ADD_HEADER="X-A: one\n\n X-B: two\nX-A: three\n"))
trial.ok(b"X-A: one\r\nX-B: two\r\nX-A: three\r\n" in text_of(ran),
         "what may be repeated has a line for each in its variable", ran)
ran = trial.run(TO, bare=True, env=dict(ENV, POSTRIDER_PORT="x"))
trial.refused(ran, 78, "a wrong POSTRIDER_PORT is 78", b"POSTRIDER_PORT")
ran = trial.run(TO, bare=True)
trial.refused(ran, 78, "no file and no variable is 78", b"configuration")
for name in (".config/msmtp/config", ".msmtprc", ".postriderrc",
             ".config/postrider/config"):
    label = name.replace("/", "-").strip(".")
    trial.file(name, named(label))
    ran = trial.run(TO, bare=True, env=ENV)
    trial.equal(ran.lines[:1], [b"EHLO %s.test\r\n" % label.encode()],
                "%s is found before what is below" % name, ran)
ran = trial.run(TO, name="msmtp")
trial.equal(ran.lines[:1], [b"EHLO msmtprc.test\r\n"],
            "msmtp reads msmtp's", ran)
trial.file("other", named("other"))
ran = trial.run(TO, bare=True, env={"POSTRIDER_CONFIG": trial.path("other")})
trial.equal(ran.lines[:1], [b"EHLO other.test\r\n"], "POSTRIDER_CONFIG")
trial.file("xdg/postrider/config", named("xdg"))
ran = trial.run(TO, bare=True, env={"XDG_CONFIG_HOME": trial.path("xdg")})
trial.equal(ran.lines[:1], [b"EHLO xdg.test\r\n"], "XDG_CONFIG_HOME")
ran = trial.run("-C", "other", TO, bare=True, env=ENV)
trial.equal(ran.lines[:1], [b"EHLO other.test\r\n"], "-C wins")
ran = trial.run("-C", "missing", TO, bare=True)
trial.refused(ran, 66, "-C with a file that is missing is 66", b"missing")

# --- who may read and write it --------------------------------------------------------------
SECRET = trial.account("auth plain", "user ada", "password tiger")
for mode, content, status in (
        (0o600, SECRET, 0), (0o400, SECRET, 0), (0o644, SECRET, 78),
        (0o640, SECRET, 78), (0o604, SECRET, 78), (0o660, SECRET, 78),
        (0o644, trial.account(), 0),
        (0o664, trial.account("passwordeval true"), 78),
        (0o644, trial.account("passwordeval true"), 0)):
    path = trial.file("perm", content, mode)
    ran = trial.run("-C", path, "-P", TO, bare=True)
    trial.ok(ran.status == status and b"tiger" not in ran.out + ran.err and
             (not status or b"chmod" in ran.err and b"perm" in ran.err),
             "mode %o, %s: %d" % (mode, "secret" if b"tiger" in content else
                                  "none", status), ran)
path = trial.file("perm", SECRET)
os.symlink("perm", trial.path("link"))
ran = trial.run("-C", "link", "-P", TO, bare=True)
trial.ok(ran.status == 0, "a link of one's own is followed", ran)
os.chmod(path, 0o644)
ran = trial.run("-C", "link", "-P", TO, bare=True)
trial.refused(ran, 78, "what a link leads to is judged", b"chmod")
if os.getuid() == 0:
    os.mkdir(trial.path("shared"))
    os.chmod(trial.path("shared"), 0o777)
    os.chmod(path, 0o600)
    os.symlink(path, trial.path("shared/link"))
    ran = trial.run("-C", "shared/link", "-P", TO, bare=True)
    trial.refused(ran, 78, "a link that others can replace is not followed")
    foreign = trial.file("foreign", SECRET)
    os.chown(foreign, 12345, 12345)
    ran = trial.run("-C", "foreign", "-P", TO, bare=True)
    trial.refused(ran, 78, "another's file with a secret is refused")

# --- mistakes -----------------------------------------------------------------------------------
WRONG = b"""account default
hots x
port 0
tls maybe
auht on
timeout -1
user "a
user a b c
account default
account x : nobody
tls_starttls on
include nowhere.conf
xyzzy 1
"""
ran = trial.run(TO, config=WRONG)
for line, word in ((2, b"host"), (3, b"port"), (4, b"tls"), (5, b"auth"),
                   (6, b"timeout"), (9, b"default"),
                   (10, b"nobody"), (13, b"xyzzy")):
    trial.ok(re.search(rb"config:%d: .*%s" % (line, word), ran.err),
             "the mistake in line %d is reported" % line, ran.err)
trial.refused(ran, 78, "mistakes are 78")
trial.file("sub/more.conf", b"account default\nhsot x\n")
ran = trial.run(TO, config=b"include sub/more.conf\nprot 1\n")
trial.ok(ran.status == 78 and b"more.conf:2: " in ran.err and
         b"config:2: " in ran.err, "of all files, with include", ran)
trial.file("sub/more.conf", named("more"))
for line in ("include sub/more.conf", "include sub/*.conf",
             "INCLUDE sub/more.conf", "include ~/sub/more.conf"):
    ran = trial.run(TO, config=line.encode() + b"\n")
    trial.equal(ran.lines[:1], [b"EHLO more.test\r\n"], line, ran)
trial.file("loop.conf", b"include loop.conf\n")
ran = trial.run(TO, config=b"include loop.conf\n")
trial.refused(ran, 78, "a loop of includes ends", b"loop.conf")
trial.file("sub/more.conf", SECRET, 0o644)
ran = trial.run(TO, config=b"include sub/more.conf\n")
trial.refused(ran, 78, "an included file is judged too", b"chmod")
for what, config, status in (
        ("an inherited account", trial.account("domain in.test", label="a") +
         b"account default : a\n", 0),
        ("defaults", b"defaults\ndomain in.test\n" + trial.account(), 0),
        ("eval", trial.account('eval echo domain in.test'), 0),
        ("any case", trial.account("DoMain in.test", "TLS OFF"), 0),
        ("CRLF", trial.account("domain in.test").replace(b"\n", b"\r\n"), 0),
        ("quotes and comments", b"# c\n\n   # d\n" +
         trial.account('domain "in.test"'), 0),
        ("no last newline", trial.account("domain in.test")[:-1], 0),
        ("a byte order mark", b"\xef\xbb\xbf" +
         trial.account("domain in.test"), None)):
    ran = trial.run(TO, config=config)
    trial.ok(status is None or ran.status == status and
             ran.lines[:1] == [b"EHLO in.test\r\n"],
             "%s is read" % what, ran)
ran = trial.run(TO, config=trial.account("user " + "x" * 70000))
trial.refused(ran, 78, "a line over 64 KiB is 78", b":10:")
ran = trial.run("-P", TO, config=trial.account("user " + "x" * 65000))
trial.ok(ran.status == 0, "a line of 65,000 octets is read", ran[:2])

# --- postrider config and -P ------------------------------------------------------------------------
OPEN = trial.account("auth plain", "user ada", "password ti\"g er",
                     "domain x.test")
path = trial.file("shown", b"defaults\ndeadline 77\n" + OPEN)
ran = trial.run("config", "-C", path, bare=True)
trial.ok(ran.status == 0 and not ran.err and b"ti\"g" not in ran.out and
         re.search(rb"(?m)^host +127\.0\.0\.1 +# \S*shown:4$", ran.out) and
         re.search(rb"(?m)^deadline +77 .*shown:2 \(defaults\)$", ran.out) and
         re.search(rb"(?m)^family +any +# default$", ran.out),
         "config shows values and where they came from", ran)
ran = trial.run("config", "--json", "-C", path, bare=True)
shown = json.loads(ran.out)
values = {s["name"]: s for s in shown["settings"]}
trial.ok(values["host"]["value"] == "127.0.0.1" and
         values["host"]["line"] == 4 and values["host"]["file"] == path and
         shown["account"] == "default" and b"ti\\\"g" not in ran.out and
         values["password"]["value"] and path in shown["files"],
         "config --json is JSON without the secret", ran)
trial.ok(b"tls is off" in b" ".join(x.encode() for x in shown["advice"]) or
         shown["advice"] == [], "advice is a list")
LINES = trial.account("add_header X-A: one", "add_header X-B: t\"w, o",
                      "remove_header Received")
other = trial.file("lines", LINES)
ran = trial.run("config", "-C", other, bare=True)
shown = ran.out.decode().split("\n")
trial.equal([re.sub(" +#.*", "", x) for x in shown if "_header  " in x and
             "/lines:" in x], ["add_header             X-A: one",
            "add_header             X-B: t\"w, o",
            "remove_header          Received"],
            "what is repeated has a line for each", ran)
ran = trial.run("config", "--json", "-C", other, bare=True)
values = {s["name"]: s["value"] for s in json.loads(ran.out)["settings"]}
trial.equal([values[x] for x in ("add_header", "remove_header", "set_header",
                                 "rewrite", "tls_pin")],
            [["X-A: one", "X-B: t\"w, o"], ["Received"], [], [], ""],
            "and in JSON it is an array", ran)
other = trial.file("proxy", trial.account("proxy http://u:t:iger@h:1"))
ran = trial.run("config", "-C", other, bare=True)
trial.ok(b" http://u:*@h:1 " in ran.out and b"iger" not in ran.out,
         "the password of a proxy is not shown", ran)
for args, status in ((["config", "-a", "none", "-C", path], 78),
                     (["config", "x"], 64), (["config", "--yes"], 64),
                     (["config", "-C", "missing"], 66)):
    ran = trial.run(*args, bare=True)
    trial.ok(ran.status == status and ran.err and not ran.out,
             "%s is %d" % (args, status), ran)
ORDER = """host port source_ip proxy_host proxy_port socket timeout protocol
domain auth user password passwordeval ntlmdomain tls tls_starttls
tls_trust_file tls_crl_file tls_fingerprint tls_key_file tls_cert_file
tls_certcheck tls_min_dh_prime_bits tls_priorities tls_host_override auto_from
maildomain from from_full_name allow_from_override set_from_header
set_date_header set_msgid_header set_to_header remove_bcc_headers dsn_notify
dsn_return logfile logfile_time_format syslog aliases""".split()
ran = trial.run("-P", TO, "-C", path, bare=True)
found = [line.split(" = ")[0].replace(" ", "_") for line in
         ran.out.decode().split("\n") if " = " in line]
trial.equal(found, ORDER, "-P has msmtp's order")
lines = ran.out.decode().split("\n")
trial.ok("password = *" in lines and "user = ada" in lines and
         "auth = PLAIN" in [x.replace("plain", "PLAIN") for x in lines] and
         "tls_crl_file = (not set)" in lines and "timeout = 10 seconds" in
         lines and "using account default from " + path in lines and
         "reading recipients from the command line" in lines and
         not ran.lines, "-P has msmtp's words", lines)
trial.done()
