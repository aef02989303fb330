"""Cases about the server: its answers, TLS, AUTH, logs, modes."""
import peer
from cases import (FROM, MESSAGE, SOCKET, TO, Case, DSN, account, send)

Script = peer.Script


# --- what the server refuses ------------------------------------------------
STAGES = {
    "greeting": "greeting", "EHLO": "ehlo", "MAIL": "mail", "RCPT": "rcpt",
    "DATA": "data", "the message": ".", "QUIT": "quit",
}
ANSWERS = ("421 4.3.2 closing", "450 4.2.0 later", "451 4.3.0 trouble",
           "452 4.2.2 full", "500 5.5.1 what", "501 5.5.4 syntax",
           "530 5.7.0 who", "550 5.1.1 nobody", "552 5.3.4 large",
           "553 5.1.3 name", "554 5.7.1 no", "250-first\n250 second",
           "550-first\n550 second", "close", "nonsense", "99", "250")


def with_answer(stage, answer):
    if stage == "greeting":
        return Script(greeting=answer)
    return Script(replies={stage: answer})


def answers():
    for where, stage in STAGES.items():
        for answer in ANSWERS:
            yield send("answer to %s: %s" % (where, answer.replace("\n", "/")),
                       "logfile ~/log", script=with_answer(stage, answer))
    yield send("answer to EHLO and HELO: 500", "logfile ~/log", script=Script(
        replies={"ehlo": "500 no", "helo": "500 no"}))
    for first, second in (("250 ok", "550 5.1.1 no"),
                          ("550 5.1.1 no", "250 ok"),
                          ("450 4.2.0 later", "250 ok"),
                          ("550 5.1.1 no", "450 4.2.0 later"),
                          ("550 5.1.1 no", "550 5.7.1 no")):
        yield send("answers to RCPT: %s, %s" % (first[:3], second[:3]),
                   "logfile ~/log", args=["a@x.example"], to="b@x.example",
                   script=Script(replies={"rcpt to:<a@x.example>": first,
                                          "rcpt to:<b@x.example>": second}))
    yield send("a stall at the greeting", "timeout 1",
               script=Script(greeting="stall"))
    yield send("a stall at MAIL", "timeout 1",
               script=Script(replies={"mail": "stall"}))
    yield send("a reset at DATA", script=Script(replies={"data": "reset"}))
    yield send("nobody listens", "port 2", "logfile ~/log")
    yield send("no such host", "host nowhere.example", "logfile ~/log")
    yield send("a reply line that is very long", script=Script(
        replies={"mail": "250 " + "x" * 3000}))
    yield send("a reply of 60 lines", script=Script(replies={
        "mail": "\n".join(["250-x"] * 59 + ["250 x"])}))
    for first, second in (("250 ok", "550 5.1.1 no"), ("450 later", "250 ok"),
                          ("550 no", "550 no")):
        yield send("LMTP verdicts: %s, %s" % (first[:3], second[:3]),
                   "protocol lmtp", "logfile ~/log", args=["a@x.example"],
                   to="b@x.example", script=Script(replies={
                       ".0": first, ".1": second}))


# --- ways to the server -----------------------------------------------------
def ways():
    yield send("way: localhost")
    yield send("way: IPv4", "host 127.0.0.1")
    yield send("way: IPv6", "host ::1")
    yield send("way: a name of several", "host smtp.test")
    yield send("way: the usual port", config="account default\nhost localhost\n"
               "from a@b.example\n")
    yield send("way: the usual port of TLS", config="account default\n"
               "host localhost\nfrom a@b.example\ntls on\ntls_starttls off\n")
    yield send("way: source_ip", "source_ip 127.0.0.9")
    yield send("way: source_ip of the other family", "source_ip ::1",
               "host 127.0.0.1")
    yield send("way: source_ip that is not ours", "source_ip 192.0.2.1")
    yield send("way: LMTP", "protocol lmtp")
    yield send("way: LMTP by option", args=["--protocol=lmtp"])
    yield send("way: a socket", "socket " + SOCKET, "logfile ~/log")
    yield send("way: a socket without a host", config="account default\n"
               "from a@b.example\nsocket %s\nlogfile ~/log\n" % SOCKET)
    yield send("way: LMTP by a socket", "socket " + SOCKET, "protocol lmtp")
    yield send("way: a socket that is not there", "socket /nowhere")
    yield send("way: --socket", args=["--socket=" + SOCKET])
    yield send("way: --host", args=["--host=localhost", "--port=2525",
                                    "--from=x@y.example"], config=None)
    yield send("way: --host without --from", args=["--host=localhost",
                                                   "--port=2525"], config=None)
    yield send("way: a proxy", "proxy_host localhost", "proxy_port 1080")
    yield send("way: a proxy that is not there", "proxy_host localhost",
               "proxy_port 9")
    yield send("way: a domain", "domain client.example")
    yield send("way: --domain", "domain client.example",
               args=["--domain=other.example"])
    yield send("way: an empty domain", "domain")


# --- TLS --------------------------------------------------------------------
STARTTLS = Script(offers=("STARTTLS",))
TRUST = "tls_trust_file @CERTS/ca.pem"
FORMS = {"starttls": (["port 2525", "tls on"], STARTTLS),
         "implicit": (["port 2465", "tls on", "tls_starttls off"], Script())}


def with_cert(script, cert, **more):
    return Script(offers=script.offers, cert=cert, **more)


def tls():
    for form, (lines, script) in FORMS.items():
        def case(what, *extra, form=form, lines=lines, script=script, **more):
            return send("tls: %s: %s" % (form, what), *lines, *extra,
                        "logfile ~/log", **{"script": script, **more})
        yield case("a file of authorities", TRUST)
        yield case("the system's authorities")
        yield case("no authorities", "tls_trust_file")
        yield case("a file that is missing", "tls_trust_file /nowhere.pem")
        yield case("a file of another authority",
                   "tls_trust_file @CERTS/ca2.pem")
        for cert in ("expired", "future", "wrong", "unknown", "self", "chain"):
            yield case("certificate " + cert, TRUST,
                       script=with_cert(script, cert))
            yield case("certificate %s unchecked" % cert, "tls_certcheck off",
                       script=with_cert(script, cert))
        yield case("a revoked certificate", TRUST,
                   "tls_crl_file @CERTS/crl.pem",
                   script=with_cert(script, "revoked"))
        yield case("a revocation list", TRUST, "tls_crl_file @CERTS/crl.pem")
        yield case("a revocation list that is missing", TRUST,
                   "tls_crl_file /nowhere.pem")
        yield case("the name to expect", TRUST, "tls_host_override other.test",
                   script=with_cert(script, "wrong"))
        yield case("the wrong name to expect", TRUST,
                   "tls_host_override nothing.test")
        yield case("an address as host", TRUST, "host 127.0.0.1")
        yield case("old words for no check", "tls_nocertcheck",
                   script=with_cert(script, "self"))
        yield case("a client's certificate", TRUST,
                   "tls_cert_file @CERTS/client.pem",
                   "tls_key_file ~/key.pem", files={"key.pem": "@KEY"},
                   script=with_cert(script, "good", client_cert=True))
        yield case("no client's certificate", TRUST,
                   script=with_cert(script, "good", client_cert=True))
        yield case("priorities", TRUST, "tls_priorities NORMAL:-VERS-TLS1.3")
        yield case("bad priorities", TRUST, "tls_priorities NONSENSE")
        yield case("--tls=off", TRUST, "timeout 1", args=["--tls=off"])
        yield case("tls_min_dh_prime_bits", TRUST,
                   "tls_min_dh_prime_bits 1024")
    yield send("tls: STARTTLS is not offered", "tls on", TRUST,
               "logfile ~/log")
    for answer in ("454 4.7.0 not now", "501 5.5.4 no", "554 5.7.0 no"):
        yield send("tls: STARTTLS is answered " + answer[:3], "tls on", TRUST,
                   script=Script(offers=("STARTTLS",),
                                 replies={"starttls": answer}))
    yield send("tls: more than the answer", "tls on", TRUST, script=Script(
        offers=("STARTTLS",), replies={"starttls": "220 go\n250 injected"}))
    yield send("tls: plain where TLS waits", "port 2465", "timeout 2")
    yield send("tls: TLS where plain waits", "tls on", "tls_starttls off",
               TRUST, "timeout 2")
    yield send("tls: old words for no STARTTLS", "port 2465", "tls on",
               "tls_nostarttls", TRUST)
    yield send("tls: through a socket", "socket " + SOCKET, "tls on", TRUST,
               script=STARTTLS)


# --- AUTH -------------------------------------------------------------------
ALL = "LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256"
LOGIN = ["auth on", "user ada", "password tiger"]
METHODS = ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256",
           "external", "oauthbearer", "xoauth2")
OFFERED = (ALL, "PLAIN LOGIN", "LOGIN PLAIN", "LOGIN", "CRAM-MD5",
           "CRAM-MD5 PLAIN", "CRAM-MD5 LOGIN", "SCRAM-SHA-1 PLAIN",
           "SCRAM-SHA-256", "EXTERNAL", "XOAUTH2 OAUTHBEARER", "XYZZY", "",
           "DIGEST-MD5", "NTLM", "PLAIN-CLIENTTOKEN PLAIN", "GSSAPI PLAIN",
           "plain login", "DIGEST-MD5 CRAM-MD5 LOGIN")


def offering(methods, **more):
    return Script(auth=methods, **more)


def auth():
    secure = ["port 2465", "tls on", "tls_starttls off", TRUST]
    for offered in OFFERED:
        for form, lines in (("tls", secure), ("clear", [])):
            yield send("auth: on, %s, %s" % (form, offered or "nothing"),
                       *lines, *LOGIN, "logfile ~/log",
                       script=offering(offered))
    for method in METHODS:
        for form, lines in (("tls", secure), ("clear", [])):
            yield send("auth: %s, %s" % (method, form), *lines, *LOGIN[1:],
                       "auth " + method, script=offering(
                           ALL + " EXTERNAL OAUTHBEARER XOAUTH2"))
        yield send("auth: %s, not offered" % method, *secure, *LOGIN[1:],
                   "auth " + method, script=offering("XYZZY"))
        yield send("auth: %s, a wrong password" % method, *secure,
                   "auth " + method, "user ada", "password lion",
                   "logfile ~/log", script=offering(
                       ALL + " EXTERNAL OAUTHBEARER XOAUTH2"))
        yield send("auth: %s, no user" % method, *secure, "auth " + method,
                   "password tiger", script=offering(
                       ALL + " EXTERNAL OAUTHBEARER XOAUTH2"))
    for answer in ("421 4.3.0 x", "432 4.7.12 x", "454 4.7.0 x", "500 x",
                   "501 5.5.2 x", "503 x", "504 5.5.4 x", "530 5.7.0 x",
                   "534 5.7.9 x", "535 5.7.8 x", "538 5.7.11 x", "close",
                   "550 x", "235 2.7.0 yes"):
        yield send("auth: answer " + answer[:5], *secure, *LOGIN[1:],
                   "auth plain", "logfile ~/log",
                   script=offering("PLAIN", replies={"auth": answer}))
    yield send("auth: old keyword", *LOGIN, script=Script(
        offers=("AUTH=PLAIN LOGIN",)))
    yield send("auth: nothing said of it", *LOGIN)
    yield send("auth: offered, not wanted", script=offering("PLAIN"))
    yield send("auth: authenticate after STARTTLS only", "port 2525", "tls on",
               TRUST, *LOGIN, script=Script(offers=("STARTTLS",), auth="PLAIN",
                                            after_tls=()))
    for value in ("off", "on", "plain"):
        yield send("auth: --auth=" + value, *secure, *LOGIN[1:],
                   args=["--auth=" + value], script=offering("PLAIN"))
    yield send("auth: --user", *secure, *LOGIN[1:], "auth plain", args=[
        "--user=eve"], script=offering("PLAIN"))


SECRETS = {
    "password": ["password tiger"], "quoted": ['password "tiger"'],
    "passwordeval": ["passwordeval echo tiger"],
    "of two lines": ["passwordeval printf 'tiger\\nlion\\n'"],
    "with CRLF": ["passwordeval printf 'tiger\\r\\n'"],
    "without newline": ["passwordeval printf tiger"],
    "password before passwordeval": ["password tiger",
                                     "passwordeval echo lion"],
    "that fails": ["passwordeval echo tiger; exit 3"],
    "that says nothing": ["passwordeval true"],
    "that is not there": ["passwordeval /nowhere/command"],
    "that says an empty line": ["passwordeval echo"],
    "that reads stdin": ["passwordeval head -c 4 >/dev/null; echo tiger"],
    "in a pipe": ["passwordeval echo regit | rev"],
    "with quotes": ["passwordeval \"echo tiger\""],
    "with a variable": ["passwordeval echo $WORD"],
    "by eval": ["eval echo password tiger"],
    "none": [],
}
NETRC = {
    "the host and user": "machine localhost login ada password tiger\n",
    "the host alone": "machine localhost password tiger\n",
    "another user": "machine localhost login eve password tiger\n",
    "another host": "machine smtp.test login ada password tiger\n",
    "on lines": "machine localhost\n  login ada\n  password tiger\n",
    "passwd and user": "machine localhost user ada passwd tiger\n",
    "a comment": "# mine\nmachine localhost login ada password tiger\n",
    "quotes": "machine localhost login ada password \"tiger\"\n",
    "a macro": "macdef x\nls\n\nmachine localhost login ada password tiger\n",
    "an account": "machine localhost login ada account z password tiger\n",
    "default": "default login ada password tiger\n",
    "the second": "machine localhost login eve password lion\n"
        "machine localhost login ada password tiger\n",
    "case": "machine LOCALHOST login ada password tiger\n",
}


def secrets():
    secure = ["port 2465", "tls on", "tls_starttls off", TRUST, "auth plain",
              "user ada"]
    for what, lines in SECRETS.items():
        yield send("secret: " + what, *secure, *lines, env={"WORD": "tiger"},
                   script=offering("PLAIN"), stdin=FROM % b"a@b.example")
    yield send("secret: --passwordeval", *secure,
               args=["--passwordeval=echo tiger"], script=offering("PLAIN"))
    yield send("secret: --passwordeval and password", *secure,
               "password tiger", args=["--passwordeval=echo lion"],
               script=offering("PLAIN"))
    yield send("secret: not asked for without auth", "passwordeval false")
    for what, text in NETRC.items():
        yield send("netrc: " + what, *secure, script=offering("PLAIN"),
                   files={".netrc": text})
    yield send("netrc: after passwordeval", *secure, "passwordeval echo tiger",
               files={".netrc": "machine localhost password lion\n"},
               script=offering("PLAIN"))
    yield send("netrc: the system's", *secure, script=offering("PLAIN"),
               system={"netrc": NETRC["the host and user"]})
    yield send("netrc: open to all", *secure, script=offering("PLAIN"),
               files={".netrc": (NETRC["the host and user"], 0o644)})
    yield send("netrc: the user's first", *secure, script=offering("PLAIN"),
               files={".netrc": NETRC["the host and user"]},
               system={"netrc": "machine localhost password lion\n"})


# --- logs -------------------------------------------------------------------
def logs():
    log = "logfile ~/log"
    yield send("log: success", log)
    yield send("log: auth", log, *LOGIN[1:], "auth plain",
               script=offering("PLAIN"))
    yield send("log: several recipients", log, args=["a@x.example"])
    yield send("log: a null sender", log, args=["-f", "<>"])
    yield send("log: quotes in the answer", log, script=Script(replies={
        ".": "250 it's 'done'"}))
    yield send("log: lines in the answer", log, script=Script(replies={
        ".": "250-one\n250 two"}))
    yield send("log: refusal", log, script=Script(replies={"rcpt": "550 no"}))
    yield send("log: appended", log, files={"log": "before\n"})
    yield send("log: standard output", "logfile -")
    yield send("log: -X", args=["-X", "log"])
    yield send("log: -X -", args=["-X", "-"])
    yield send("log: a folder that is missing", "logfile ~/none/log")
    yield send("log: not writable", "logfile /etc/passwd")
    yield send("log: no account", log, args=["-a", "none"])
    yield send("log: a bad file", "logfile ~/log", "xyzzy 1")
    yield send("log: no recipients", log, to=None)
    yield send("log: usage", log, args=["--nonsense"])
    yield send("log: mailsize of CRLF", log, stdin=b"Subject: x\r\n\r\na\r\n")
    yield send("log: mailsize of dots", log, stdin=b"Subject: x\n\n.\n..\n")
    for form in ("none", "%Y", "at-%Z", "%%", "x", "%H:%M:%S" if False else
                 "const", "%" + "Y%" * 3 + "Y"):
        yield send("log: time format " + form, log,
                   "logfile_time_format " + form)
    for value in ("on", "off", "LOG_USER", "LOG_MAIL", "LOG_LOCAL0",
                  "LOG_LOCAL3", "LOG_LOCAL7"):
        yield send("syslog " + value, "syslog " + value)
    yield send("syslog and a refusal", "syslog on", script=Script(
        replies={"rcpt": "550 no"}))
    yield send("syslog and a file", "syslog on", log)
    yield send("--syslog=LOG_LOCAL2", args=["--syslog=LOG_LOCAL2"])


# --- other modes ------------------------------------------------------------
def modes():
    everything = ("SIZE 1000000", "PIPELINING", "DSN", "ETRN", "SMTPUTF8",
                  "STARTTLS", "8BITMIME", "CHUNKING")
    for what, script in (("nothing", Script()),
                         ("everything", Script(offers=everything,
                                               auth="PLAIN LOGIN XYZZY")),
                         ("no limit", Script(offers=("SIZE 0",))),
                         ("SIZE alone", Script(offers=("SIZE",)))):
        yield Case("serverinfo: " + what, ["--serverinfo"], account(),
                   script=script)
        yield Case("-S: " + what, ["-S", "--host=localhost", "--port=2525"],
                   None, script=script)
    yield Case("serverinfo: STARTTLS", ["-S"], account("tls on", TRUST),
               script=Script(offers=everything, auth="PLAIN"))
    yield Case("serverinfo: TLS", ["-S"], account(
        "port 2465", "tls on", "tls_starttls off", TRUST),
        script=Script(offers=everything, auth="PLAIN"))
    yield Case("serverinfo: with a recipient", ["-S", TO], account())
    yield Case("serverinfo: with --rmqs", ["-S", "--rmqs=x"], account())
    yield Case("serverinfo: LMTP", ["-S"], account("protocol lmtp"))
    yield Case("serverinfo: nobody listens", ["-S"], account("port 2"))
    yield Case("serverinfo: no account", ["-S"], account(label="x"))
    yield Case("serverinfo: no from", ["-S"], "account default\n"
               "host localhost\nport 2525\n")
    etrn = Script(offers=("ETRN",))
    for what in ("host.example", "@domain.example", "#queue"):
        yield Case("rmqs: " + what, ["--rmqs=" + what], account(),
                   script=etrn)
    for answer in ("250 ok", "251 ok", "252 ok", "253 ok", "458 no", "459 no",
                   "500 no", "501 no", "550 no"):
        yield Case("rmqs: answer " + answer, ["--rmqs=x.example"], account(),
                   script=Script(offers=("ETRN",), replies={"etrn": answer}))
    yield Case("rmqs: not offered", ["--rmqs=x.example"], account())
    yield Case("rmqs: with a recipient", ["--rmqs=x", TO], account(),
               script=etrn)
    yield Case("rmqs: -P", ["--rmqs=x", "-P"], account(), script=etrn)
    yield Case("serverinfo: -P", ["-S", "-P"], account())
    yield Case("configure: no such domain", ["--configure=a@nowhere.example"])
    yield Case("configure: no address", ["--configure=nowhere"])
    yield Case("-d shows the settings first", ["-d", TO], account(),
               stdin=MESSAGE)
    yield Case("-v too", ["-v", TO], account(), stdin=MESSAGE)
    for args in (["-bm"], ["-G"], ["-n"], ["-m"], ["-h", "3"], ["-L", "x"],
                 ["-A", "m"], ["-O", "x=y"], ["-oi"], ["-oem"], ["-odb"],
                 ["-B", "8BITMIME"], ["-om", "-i", "-n"], ["-bd"], ["-bt"],
                 ["-be"], ["-z"], ["-s", "x"], ["--unknown"], ["-U"],
                 ["-r", "x@y.example"], ["-V", "id"], ["-c"], ["-E"], ["-M"],
                 ["-I"], ["-p", "x"], ["-x", "y"], ["-e", "y"], ["-D", "x"],
                 ["-au"], ["-q"], ["-bp"], ["-bi"], ["-bv"], ["-bs"]):
        yield send("letters: " + " ".join(args), args=args)
    for name in ("sendmail", "/usr/sbin/sendmail", "/usr/bin/msmtp", "mailer"):
        yield send("called " + name, args=["-oi"], name0=name,
                   config=account("syslog off"))


assert DSN and Case
GROUPS = (answers, ways, tls, auth, secrets, logs, modes)
