"""The cases of differential.py: tables, and what combines them.

    all_cases(room) yields Case; deterministic, no two of one name

Unless a case says otherwise the message goes to bob@example.com by the account
`default` of ~/.msmtprc, to a server that takes everything in clear.
"""
import dataclasses
import itertools

import peer

SOCKET = "/dev/peer"
SYSTEM_FILES = ("msmtprc", "mailname", "netrc")
TO = "bob@example.com"
MESSAGE = b"Subject: hi\n\nbody\n"
FROM = b"From: Ada <%s>\nSubject: hi\n\nbody\n"
PLAIN = peer.Script()
DSN = peer.Script(offers=("DSN",))


@dataclasses.dataclass
class Case:
    name: str
    args: list
    config: object = None           # ~/.msmtprc, if any
    stdin: bytes = MESSAGE
    files: dict = dataclasses.field(default_factory=dict)
    system: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    script: object = PLAIN          # or one for each port
    name0: str = "msmtp"
    limit: int = 20


BASE = ("host localhost", "port 2525", "from me@example.org", "timeout 10")


def account(*lines, label="default", base=BASE):
    """An account section; these lines in place of our own."""
    said = {line.split(" ")[0] for line in lines}
    own = [x for x in base if x.split(" ")[0] not in said]
    return "".join(x + "\n" for x in ["account " + label, *own, *lines])


def send(name, *lines, args=(), to=TO, **more):
    more.setdefault("config", account(*lines))
    return Case(name, [*args, *([to] if to else [])], **more)


def shown(name, *lines, args=(), **more):
    """The same with -P: what the settings come to."""
    more.setdefault("stdin", b"")
    return send(name, *lines, args=["-P", *args], **more)


# --- one row for each keyword and kind of argument --------------------------
# What the file says; -P shows what comes of it.
SETTINGS = """
host localhost|host 127.0.0.1|host "quoted.example"|host
port 587|port 0x10|port 010|port 65535|port 0|port 65536|port x|port
source_ip 127.0.0.2|source_ip ::1|source_ip
proxy_host localhost|proxy_host|proxy_port 9050|proxy_port|proxy_port 0
socket /run/smtp|socket ~/smtp|socket
timeout 5|timeout 1|timeout off|timeout 0|timeout -1|timeout x|timeout
connect_timeout 7|connect_timeout off
protocol smtp|protocol lmtp|protocol uucp|protocol
domain here.example|domain %H|domain "a b"|domain
auth on|auth off|auth|auth plain|auth login|auth cram-md5|auth digest-md5
auth scram-sha-1|auth scram-sha-256|auth scram-sha-1-plus
auth scram-sha-256-plus|auth gssapi|auth external|auth oauthbearer
auth xoauth2|auth ntlm|auth nonsense
user ada|user "ada lovelace"|user|user ada # no comment
password tiger|password "ti ger"|password|password ti"g#er
passwordeval echo tiger|passwordeval
ntlmdomain EXAMPLE|ntlmdomain
tls on|tls off|tls|tls maybe
tls_starttls on|tls_starttls off|tls_starttls|tls_starttls x
tls_trust_file system|tls_trust_file /tmp/ca.pem|tls_trust_file ~/ca.pem
tls_trust_file
tls_crl_file /tmp/crl.pem|tls_crl_file ~/crl.pem|tls_crl_file
tls_key_file /tmp/key.pem|tls_cert_file /tmp/cert.pem
tls_key_file|tls_cert_file
tls_certcheck on|tls_certcheck off|tls_certcheck|tls_certcheck x
tls_priorities NORMAL|tls_priorities
tls_host_override smtp.test|tls_host_override
tls_min_dh_prime_bits 1024|tls_min_dh_prime_bits|tls_min_dh_prime_bits 0
tls_force_sslv3 on|tls_force_sslv3 off|tls_nocertcheck|tls_nostarttls
from a@example.org|from %U@%H|from *@example.org|from|from <a@example.org>
from_full_name Ada Lovelace|from_full_name
allow_from_override on|allow_from_override off|allow_from_override
set_from_header auto|set_from_header on|set_from_header off|set_from_header
set_from_header x
set_date_header auto|set_date_header off|set_date_header|set_date_header on
set_msgid_header auto|set_msgid_header off|set_msgid_header
set_msgid_header on
set_to_header on|set_to_header off|set_to_header undisclosed_recipients
set_to_header
remove_bcc_headers on|remove_bcc_headers off|remove_bcc_headers
remove_bcc_headers x
dsn_notify off|dsn_notify never|dsn_notify failure
dsn_notify failure,delay,success|dsn_notify success,failure
dsn_notify never,failure|dsn_notify failure,|dsn_notify|dsn_notify x
dsn_return off|dsn_return headers|dsn_return hdrs|dsn_return full|dsn_return
aliases ~/aliases|aliases /tmp/aliases|aliases
auto_from on|auto_from off|auto_from|auto_from x
maildomain example.org|maildomain
undisclosed_recipients on|undisclosed_recipients off|undisclosed_recipients
add_missing_from_header on|add_missing_from_header off
add_missing_from_header
add_missing_date_header on|add_missing_date_header off
add_missing_date_header
keepbcc on|keepbcc off|keepbcc
logfile ~/log|logfile -|logfile /tmp/x.log|logfile
logfile_time_format %Y|logfile_time_format none|logfile_time_format
syslog on|syslog off|syslog|syslog LOG_USER|syslog LOG_MAIL
syslog LOG_LOCAL0|syslog LOG_LOCAL7|syslog LOG_DAEMON|syslog log_mail
defaults|defaults x|account|account other|account a:b|account a : b,c
eval echo domain evil.example|eval true|eval echo|eval
hots x|TLS on|Tls On|tls On|tls  on  |tls\ton
tls_pin x
""".replace("\n", "|").split("|")
# Needed beside, where the row is not complete without.
BESIDE = {"tls_crl_file": ["tls on"], "protocol lmtp": ["port 24"]}


def settings():
    for line in SETTINGS:
        if not line:
            continue
        line = line.replace("\\t", "\t")
        beside = BESIDE.get(line) or BESIDE.get(line.split(" ")[0]) or []
        yield shown("setting: " + (line or "(none)"), *beside, line)


# The command line's spelling, on an account that says the contrary.
OPTIONS = """
--port=587|--port=0|--port=x|--port=|--source-ip=127.0.0.2|--source-ip=
--proxy-host=p.example|--proxy-host=|--proxy-port=9050|--proxy-port=
--socket=/run/s|--socket=|--timeout=5|--timeout=off|--timeout=0|--timeout=
--connect-timeout=3|--protocol=lmtp|--protocol=smtp|--protocol=x
--domain=cmd.example|--domain=|--auth|--auth=on|--auth=off|--auth=plain
--auth=nonsense|--auth=|--user=bob|--user=|--passwordeval=echo x
--passwordeval=|--tls|--tls=on|--tls=off|--tls=x|--tls=ON|--tls=
--tls-starttls|--tls-starttls=off|--tls-starttls=x
--tls-trust-file=/tmp/x|--tls-trust-file=system|--tls-trust-file=
--tls-crl-file=/tmp/x|--tls-crl-file=|--tls-fingerprint=
--tls-key-file=/tmp/x|--tls-key-file=|--tls-cert-file=/tmp/x
--tls-cert-file=|--tls-certcheck|--tls-certcheck=off|--tls-certcheck=x
--tls-min-dh-prime-bits=512|--tls-min-dh-prime-bits=
--tls-priorities=NORMAL|--tls-priorities=|--tls-host-override=x.example
--tls-host-override=|--tls-force-sslv3|--tls-force-sslv3=on
--from=x@y.example|--from=|--from=<>|-fx@y.example|-f x@y.example
--dsn-notify=never|--dsn-notify=failure,delay|--dsn-notify=off
--dsn-notify=|--dsn-notify=never,failure|--dsn-notify=x|-Nsuccess
--dsn-return=hdrs|--dsn-return=headers|--dsn-return=full|--dsn-return=off
--dsn-return=|-Rfull|--logfile=/tmp/l|--logfile=-|--logfile=|-X/tmp/l
--logfile-time-format=%Y|--logfile-time-format=none
--logfile-time-format=|--syslog|--syslog=on|--syslog=off
--syslog=LOG_LOCAL3|--syslog=x|--aliases=/tmp/a|--aliases=
--set-from-header|--set-from-header=on|--set-from-header=off
--set-from-header=auto|--set-from-header=x|--set-date-header
--set-date-header=off|--set-date-header=auto|--set-date-header=x
--set-msgid-header|--set-msgid-header=off|--set-msgid-header=auto
--set-msgid-header=x|--set-to-header|--set-to-header=on
--set-to-header=undisclosed_recipients|--remove-bcc-headers
--remove-bcc-headers=off|--remove-bcc-headers=x|--auto-from
--auto-from=on|--auto-from=off|--maildomain=d.example|--maildomain=
--add-missing-from-header|--add-missing-from-header=off
--add-missing-date-header|--add-missing-date-header=off
--undisclosed-recipients|--undisclosed-recipients=on|--keepbcc
--keepbcc=off|--account=other|-aother|--account=nobody|-a|--file=other.rc
-Cother.rc|-C|--file=|--file=missing|--read-recipients|-t
--read-envelope-from|--host=localhost|--host=|-Fname|-oi|-oem|-odb|-om
-i|-m|-n|-G|-bm|-A m|-Am|-B8BITMIME|-B 7BIT|-h 3|-L tag|-Ofoo=bar|-O x
-z|--nonsense|--pret|--read-env|--tls-c|--set|--ac=other|--log=/tmp/l
-d0.1|--debug=0.1|--pretend=x|-P -P|-ti|-itP|--
--no-such=1|-f|--port|--version=x|-tx
""".replace("\n", "|").split("|")
RICH = account("auth plain", "user ada", "password tiger", "tls on",
               "syslog LOG_MAIL", "domain file.example", "maildomain m.example",
               "logfile_time_format %H", "dsn_notify success",
               "source_ip 127.0.0.3", "tls_host_override o.example",
               "set_date_header off", "remove_bcc_headers off") + \
    account("domain other.example", label="other")


def options():
    for text in OPTIONS:
        if not text:
            continue
        args = text.split(" ", 1) if text[0:1] == "-" and " " in text and \
            not text.startswith("--") else [text]
        yield shown("option: " + text, args=args, config=RICH, stdin=FROM %
                    b"ada@header.example", files={"other.rc": account(
                        "domain file2.example")})


def version_and_help():
    for args in (["--version"], ["--help"], ["--version", "--help"],
                 ["--help", "--nonsense"], ["--version", "-P"],
                 ["--vers"], ["--he"]):
        yield Case("information: " + " ".join(args), args)


# --- the structure of files -------------------------------------------------
A, B, C = ("account a\nhost a.example\nfrom a@example.org\ndomain a.dom\n",
           "account b\nhost b.example\ntimeout 20\nport 77\n",
           "account c\nport 99\nuser cc\n")
STRUCTURE = {
    "defaults come before accounts": "defaults\nport 26\ntls on\n" + A +
        "account default : a\n",
    "defaults do not reach back": A + "defaults\nport 26\n"
        "account default\nhost h\n",
    "a second defaults adds": "defaults\nport 26\ndefaults\ntls on\n"
        "account default\nhost h\n",
    "a second defaults changes": "defaults\nport 26\naccount x\nhost x\n"
        "defaults\nport 27\naccount default\nhost h\n",
    "a parent gives what it says": A + "account default : a\n",
    "the child wins": A + "account default : a\nhost own\n",
    "later parents win": A + B + "account default : a,b\n",
    "parents in the other order": A + B + "account default : b,a\n",
    "three parents with blanks": A + B + C + "account default : a , b,c\n",
    "a parent of a parent": A + "account m : a\nport 5\naccount default : m\n",
    "what a parent has from defaults is not its own": "defaults\nport 26\n" +
        A + "defaults\nport 27\naccount default : a\n",
    "defaults after the parent": A + "defaults\nport 27\ndomain d.dom\n"
        "account default : a\n",
    "a colon without blanks": A + "account default:a\n",
    "an account without settings": "account default\n",
    "an account from nowhere": "account default : nobody\n",
    "an account from a later one": "account default : a\n" + A,
    "an account from itself": "account default : default\n",
    "an account twice": A + A,
    "accounts may differ in case": A + A.replace("account a", "account A") +
        "account default : A\n",
    "settings before any account": "host old.example\nport 30\nfrom o@x\n",
    "settings before any account, then one": "host old.example\nfrom o@x\n" +
        A,
    "settings before an account default": "host o\naccount default\nhost p\n",
    "an empty file": "", "only comments": "# nothing\n\n   # here\n",
    "a comment after a value belongs to it": "account default\nhost h # no\n",
    "a comment with blanks before": account() + "\t # yes\n",
    "CRLF": account("domain crlf.dom").replace("\n", "\r\n"),
    "no last newline": account("domain last.dom")[:-1],
    "blanks everywhere": "  account \t default  \n\thost \t h  \n port 1\n",
    "quotes": 'account "default"\nhost "h"\nuser "a"b"\ndomain ""\n',
    "a quote at one end": 'account default\nhost h\nuser "ada\ndomain d"\n',
    "a quote alone": 'account default\nhost h\nuser "\n',
    "blanks in quotes": 'account default\nhost h\nuser "  ada  "\n',
    "a tab between": "account\tdefault\nhost\th\n",
    "an equals sign": "account default\nhost = h\n",
    "a colon": "account default\nhost: h\n",
    "an unknown keyword": account("xyzzy 1"),
    "an account without a name": "account\nhost h\n",
    "a name with a comma": "account a,b\nhost h\n",
    "defaults with a word": "defaults all\nhost h\n",
    "a line of 500": account("domain " + "d" * 488),
    "a line of 600": account("user " + "d" * 595),
    "a comment of 600": account() + "# " + "x" * 598 + "\n",
    "eval": account("eval echo domain eval.dom"),
    "eval takes the first line": account(
        "eval printf 'domain eval.dom\\ndomain second.dom\\n'"),
    "eval makes an account": A + "eval echo account default : a\n",
    "eval of a blank line": account("eval echo"),
    "eval fails": account("eval echo domain eval.dom; false"),
    "eval says nothing": account("eval true"),
    "eval of a long line": account(
        "eval printf 'domain '; printf '%0600d' 1"),
    "eval in defaults": "defaults\neval echo port 26\n" + account(),
    "not UTF-8": account("user j\udcfcrg"),
    "a byte order mark": "\ufeff" + account(),
    "auto_from and maildomain": account("auto_from on",
                                        "maildomain m.example"),
    "auto_from without maildomain": account("auto_from on"),
    "tls_nocertcheck after tls_certcheck": account("tls_certcheck on",
                                                   "tls_nocertcheck"),
    "a setting twice": account("domain one.dom", "domain two.dom"),
    "a null byte": "account default\nhost h\nuser a\0b\n",
    "LMTP without a port": "account default\nhost h\nprotocol lmtp\nfrom a@b\n",
    "TLS from the start without a port": "account default\nhost h\ntls on\n"
        "tls_starttls off\nfrom a@b\n",
    "STARTTLS without a port": "account default\nhost h\ntls on\nfrom a@b\n",
    "no trust at all": account("tls on", "tls_trust_file"),
    "a revocation list without trust": account(
        "tls on", "tls_trust_file", "tls_crl_file /tmp/x"),
    "a key without a certificate": account("tls on", "tls_key_file /tmp/x"),
    "a certificate without a key": account("tls on", "tls_cert_file /tmp/x"),
    "a fingerprint of SHA256": account("tls on", "tls_fingerprint " + ":".join(
        ["AB"] * 32)),
    "a fingerprint of SHA1": account("tls on", "tls_fingerprint " + " ".join(
        ["ab"] * 20)),
    "a fingerprint of MD5": account("tls on", "tls_fingerprint " + ":".join(
        ["0F"] * 16)),
    "a fingerprint that is too short": account("tls_fingerprint AB:CD"),
    "a fingerprint that is not hex": account("tls_fingerprint " + ":".join(
        ["XY"] * 32)),
}


def structure():
    for what, text in STRUCTURE.items():
        yield shown("file: " + what, config=text)
    for label in ("a", "b", "A", "x"):
        yield shown("file: account %s of several" % label, args=["-a", label],
                    config="defaults\nport 26\n" + A + B)


# --- which file, which account ----------------------------------------------
def named(label):
    return account("domain %s.dom" % label)


def places():
    user, xdg, own = named("user"), named("xdg"), named("own")
    yield shown("place: nothing at all", config=None)
    yield shown("place: ~/.msmtprc", config=user)
    yield shown("place: ~/.config/msmtp/config", config=None,
                files={".config/msmtp/config": xdg})
    yield shown("place: ~/.msmtprc before it", config=user,
                files={".config/msmtp/config": xdg})
    yield shown("place: XDG_CONFIG_HOME", config=None,
                files={"x/msmtp/config": xdg}, env={"XDG_CONFIG_HOME": "@/x"})
    yield shown("place: -C", args=["-C", "own"], config=user,
                files={"own": own})
    yield shown("place: -C with a file that is missing", config=user,
                args=["-C", "missing"])
    yield shown("place: -C with a folder", args=["-C", "."], config=user)
    yield shown("place: -C /dev/null", args=["-C", "/dev/null"], config=user)
    yield shown("place: --host reads no file", config="nonsense\n",
                args=["--host=localhost", "--from=a@b.example"])
    yield shown("place: --host and -a", args=["--host=localhost", "-a", "x"])
    yield shown("place: the system's file alone", config=None,
                system={"msmtprc": named("system")})
    yield shown("place: the user's account replaces the system's",
                config=user, system={"msmtprc": named("system")})
    yield shown("place: the system's account of another name", config=user,
                args=["-a", "s"], system={"msmtprc": account(
                    "domain s.dom", label="s")})
    yield shown("place: the system's defaults are its own", config=user,
                system={"msmtprc": "defaults\nuser u\n" + account(label="s")})
    yield shown("place: no parent in the other file", config=A + "account "
                "default : s\n", system={"msmtprc": account(label="s")})
    yield shown("place: a mistake in the system's file", config=user,
                system={"msmtprc": "hots x\n"})
    yield shown("place: the system's file with -C", args=["-C", "own"],
                files={"own": A}, config=user,
                system={"msmtprc": named("system")})
    yield shown("place: no HOME", config=user, env={"HOME": None})
    yield shown("place: -a of the system", args=["-a", "s"], config=None,
                system={"msmtprc": account("from %U@%H", label="s")})
    for mode in (0o600, 0o400, 0o640, 0o604, 0o644, 0o660):
        yield shown("mode: %o with a password" % mode, config=None, files={
            ".msmtprc": (account("auth on", "user a", "password b"), mode)})
        yield shown("mode: %o without" % mode, config=None, files={
            ".msmtprc": (account(), mode)})
    yield shown("mode: a password from eval", config=None, files={
        ".msmtprc": (account("user a", "eval echo password b"), 0o644)})
    yield shown("mode: passwordeval", config=None, files={
        ".msmtprc": (account("user a", "passwordeval echo b"), 0o644)})
    yield shown("mode: the system's file with a password", config=None,
                system={"msmtprc": account("password b")})
    yield shown("mode: -C 644 with a password", args=["-C", "own"], config=None,
                files={"own": (account("password b"), 0o644)})


CHOICE = "".join(account("domain %s.dom" % label, "from " + sender,
                         label=label) for label, sender in (
    ("home", "ada@home.example"), ("work", "ada@work.example"),
    ("wild", "*@wild.example"), ("one", "x?@q.example"),
    ("set", "[ab]@s.example"), ("again", "ada@work.example"),
    ("detail", "ada+x@detail.example"), ("upper", "*@UPPER.example"))) + \
    "account default : home\n"
SENDERS = """ada@home.example|ADA@Home.Example|ada@work.example|
ada+list@work.example|ada+a+b@work.example|any@wild.example|
any+list@wild.example|.dot@wild.example|a/b@wild.example|xy@q.example|
xyz@q.example|b@s.example|c@s.example|ada+x@detail.example|
ada+y@detail.example|no@where.example|joe|<ada@work.example>|
ada@work.example.|a@UPPER.example|a@upper.example|"ada"@work.example|
""".replace("\n", "").split("|")


def choice():
    for sender in SENDERS:
        yield shown("choice: -f " + sender, args=["-f", sender], config=CHOICE)
        if sender not in ("", '"ada"@work.example'):
            yield send("choice: From %s" % sender, config=CHOICE,
                       args=["--read-envelope-from"],
                       stdin=FROM % sender.strip("<>").encode())
    yield send("choice: From alone does not choose", config=CHOICE,
               stdin=FROM % b"ada@work.example")
    yield send("choice: -a and -f", args=["-a", "home", "-f",
                                          "ada@work.example"], config=CHOICE)
    yield send("choice: -f <>", args=["-f", "<>"], config=CHOICE)
    yield send("choice: -f MAILER-DAEMON", args=["-f", "mailer-daemon"])
    yield send("choice: -f and --read-envelope-from", config=CHOICE, args=[
        "-f", "x@y.example", "--read-envelope-from"])
    yield send("choice: --read-envelope-from without From", config=CHOICE,
               args=["--read-envelope-from"])
    yield send("choice: Resent-From before From", config=CHOICE,
               args=["--read-envelope-from"], stdin=b"Resent-From: "
               b"ada@work.example\nFrom: any@wild.example\n\nx\n")
    yield send("choice: Resent-From after From", config=CHOICE,
               args=["--read-envelope-from"], stdin=b"From: any@wild.example\n"
               b"Resent-From: ada@work.example\n\nx\n")
    yield send("choice: a wildcard with From", args=["-a", "wild"],
               config=CHOICE, stdin=FROM % b"me@wild.example")
    yield send("choice: a wildcard without -f", args=["-a", "wild"],
               config=CHOICE)
    yield send("choice: no default", config=account(label="a"))
    yield send("choice: no such account", args=["-a", "x"],
               config=account(label="a"))
    yield send("choice: allow_from_override off", "allow_from_override off",
               args=["-f", "x@y.example"])
    yield send("choice: allow_from_override off and a wildcard",
               args=["-f", "x@y.example"], config=account(
                   "from *@y.example", "allow_from_override off"))
    yield send("choice: no from", config="account default\nhost localhost\n"
               "port 2525\n")
    yield send("choice: no from but -f", args=["-f", "x@y.example"],
               config="account default\nhost localhost\nport 2525\n")
    yield send("choice: no host", config="account default\nfrom a@b\n")
    yield send("choice: an empty from", "from")
    for env in ({"SMTPSERVER": "localhost"}, {"EMAIL": "e@mail.example"},
                {"SMTPSERVER": "localhost", "EMAIL": "e@mail.example"}):
        for args in ([], ["-f", "f@f.example"], ["--read-envelope-from"]):
            yield send("choice: %s %s" % (" ".join(sorted(env)),
                                          " ".join(args)), args=args, env=env,
                       config=None, stdin=FROM % b"ada@header.example")
    yield send("choice: SMTPSERVER beside a default", env={
        "SMTPSERVER": "other.test", "EMAIL": "e@mail.example"})


# --- what is put for %U and the like ----------------------------------------
def substitutions():
    for value in ("%U@%H", "%U@%C", "%U@%M", "x-%U-%U@%H.example", "%F",
                  "%F%U", "%u@%h", "100%@x.example", "%%U@x.example", "%U"):
        yield send("from " + value, "from " + value, system={
            "mailname": "mail.name.example\nsecond\n"},
                   stdin=FROM % b"ada@header.example")
    for value in ("%H", "%C", "%M", "x.%H", "%U", "[127.0.0.1]", "%F"):
        yield send("domain " + value, "domain " + value, system={
            "mailname": "mail.name.example\n"})
    for env in ({"USER": None}, {"USER": None, "LOGNAME": "log"},
                {"USER": None, "LOGNAME": None}, {"HOSTNAME": None},
                {"HOSTNAME": "other.example"}, {"USER": "eve"},
                {"USER": ""}, {"HOSTNAME": ""}):
        yield send("from %%U@%%H with %s" % sorted(env.items()), env=env,
                   config=account("from %U@%H"))
    yield send("from %M without mailname", "from %U@%M")
    yield send("domain %M without mailname", "domain %M")
    yield send("from %F without From", "from %F")
    yield send("from %F and two From", "from %F", stdin=b"From: a@x.example,"
               b" b@x.example\n\nx\n")
    yield send("-f is not expanded", args=["-f", "a%Ha%Ub@x.example"])
    yield send("the user's name with a control character", "from %U@x.example",
               env={"USER": "a\x01b"})
    yield send("auto_from", "auto_from on", "maildomain m.example")
    yield send("auto_from without maildomain", "auto_from on")
    yield send("auto_from beats -f", "auto_from on", "maildomain m.example",
               args=["-f", "x@y.example"])
    yield send("--auto-from --maildomain", args=["--auto-from",
                                                 "--maildomain=c.example"])


def combine(*groups):
    return itertools.chain(*(group() for group in groups))


def at_home(value, home):
    return value.replace("@/", home + "/") if isinstance(value, str) else value


def all_cases(room):
    import mails     # pylint: disable=import-outside-toplevel
    import sessions  # pylint: disable=import-outside-toplevel
    names = set()
    with open(room.certs + "/key.pem", encoding="ascii") as f:
        key = f.read()
    for case in combine(settings, options, version_and_help, structure, places,
                        choice, substitutions, *mails.GROUPS,
                        *sessions.GROUPS):
        while case.name in names:
            case.name += " (again)"
        names.add(case.name)
        case.env = {k: at_home(v, room.home) for k, v in case.env.items()}
        if case.config is not None:
            case.config = case.config.replace("@CERTS", room.certs)
        case.files = {k: key if v == "@KEY" else v
                      for k, v in case.files.items()}
        case.args = [x.replace("@CERTS", room.certs) for x in case.args]
        yield case
