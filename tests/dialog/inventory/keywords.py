"""A row for each keyword that an msmtprc may have, with its default, what it
means without an argument, and the long option of the same name."""
import re

from probes import (Refused, Row, auth, commands, contents, ehlo, field, heard,
                    hello, log, mail, peer, rcpt, recipients,
                    patience, sender, server, shows, status)

CONFIG, USAGE = Refused(78), Refused(64)
LETTER = b"From: Ada <ada@header.example>\nSubject: hi\n\nbody\n"
BARE = b"Subject: hi\n\nbody\n"
COPIES = (b"To: ann@example.com\nBcc: cy@example.com\nSubject: hi\n\nbody\n")
FULL = b"From: x@y.example\nDate: Thu, 1 Jan 1970 00:00:00 +0000\n" \
       b"Message-ID: <a@b>\n\nbody\n"
ADDED = re.compile(r"^\['.+'\]$")
NAME = {"HOSTNAME": "box.test", "USER": "ada"}


def switch(sees, default, on, off, name, option=True, **more):
    """A keyword that is on or off, on where it has no argument, and its
    option."""
    unset = {"on": on, "off": off}[default]
    lines = {"%s on": on, "%s off": off, "%s": on, "%s ON": on, "%s Off": off,
             "%s maybe": CONFIG}
    options = {"--%s=on": on, "--%s=off": off, "--%s": on,
               "--%s=maybe": USAGE, "--%s=": on}
    dashed = name.replace("_", "-")
    return Row(sees, unset, {k % name: v for k, v in lines.items()},
               {k % dashed: v for k, v in options.items() if option}, **more)


KEYWORDS = {
    # --- what gives a file its structure -----------------------------------------
    "account": [
        Row(ehlo, "localhost", {"account x\ndomain x.test": "localhost",
                                "account x : default\nport 1\naccount y : x\n"
                                "domain y.test": "localhost",
                                "account": CONFIG, "account a,b": CONFIG,
                                "account default": CONFIG,
                                "account x : y": CONFIG, "account :": CONFIG}),
        # Only what was set in an account block is taken over, not what came
        # from defaults; of several parents the later one wins.
        Row(ehlo, "localhost", {
            "account c : a\n$REST": "a.test", "account c : b\n$REST": "b.test",
            "account c : a,b\n$REST": "b.test",
            "account c : b, a\n$REST": "a.test",
            "account c : d\n$REST": "localhost",
            "account c : e\n$REST": "a.test"},
            args=["-a", "c", "bob@example.com"], without=["domain"],
            before=["defaults", "domain d.test", "account d", "defaults",
                    "domain localhost", "account a", "domain a.test",
                    "account b", "domain b.test", "account e : a"],
            unseen=True),
    ],
    "defaults": [
        Row(ehlo, "localhost", {"defaults\ndomain d.test\naccount c\n$REST":
                                "d.test", "defaults x": CONFIG,
                                # adds to the first, does not reset it
                                "defaults\ndomain d.test\ndefaults\ntimeout 9\n"
                                "account c\n$REST": "d.test",
                                "account c\n$REST": "localhost"},
            args=["-a", "c", "bob@example.com"], unseen=True),
    ],
    "eval": [
        Row(ehlo, "localhost", {
            "eval echo domain e.test": "e.test",
            "eval echo; echo domain e.test": "localhost",
            "eval printf 'domain e.test\\nport 1'": "e.test",
            "eval echo domain \\\"$$USER.test\\\"": "ada.test",
            "eval true": CONFIG, "eval": CONFIG,
            # Not as the message: its stdin is empty, its status counts.
            "eval cat; echo domain e.test": "e.test",
            "eval echo domain e.test; exit 1": CONFIG,
            "eval echo nonsense": CONFIG}, env=NAME),
    ],

    # --- the server ----------------------------------------------------------------
    "host": [
        Row(shows("host"), Refused(78), {
            "host mail.test": "mail.test", "host": CONFIG,
            "host 192.0.2.1": "192.0.2.1"},
            {"--host=mail.test": "mail.test", "--host mail.test": "mail.test",
             "--host=": USAGE}),
        # The option lets no file be read.
        Row(ehlo, "file.test", {"domain other.test": "other.test"},
            {"--host=127.0.0.1 --port=$PLAIN --from=a@b.c --queue=off":
             "localhost"},
            around=["host 127.0.0.1", "domain file.test"]),
    ],
    "port": [
        Row(server, None, {"port $PLAIN": "plain", "port 0": CONFIG,
                           "port 65536": CONFIG, "port": CONFIG,
                           "port smtp": CONFIG, "port 0x": CONFIG},
            {"--port=$PLAIN": "plain", "--port $PLAIN": "plain",
             "--port=0": USAGE, "--port=": USAGE, "--port=smtp": USAGE},
            unseen=True),
        Row(shows("port"), "25", {
            "tls on\ntls_starttls off": "465", "tls on": "25",
            "protocol lmtp": Refused(78), "protocol lmtp\nport 24": "24",
            "port 0x19": "25", "port 010": "8", "port 587": "587"}),
    ],
    "source_ip": [
        Row(peer, "127.0.0.1", {"source_ip 127.0.0.9": "127.0.0.9",
                                "source_ip": "127.0.0.1",
                                "source_ip here": CONFIG},
            {"--source-ip=127.0.0.9": "127.0.0.9", "--source-ip=": "127.0.0.1",
             "--source-ip=here": USAGE}),
        # Only addresses of its family can be connected to.
        Row(status, 0, {"source_ip ::1": 68}),
    ],
    "proxy_host": [
        Row(heard("PROXY"), None, {
            "proxy_host 127.0.0.1\nproxy_port $PROXY":
            re.compile(r"^b'\\x05"), "proxy_host\nproxy_port $PROXY": None},
            {"--proxy-host=127.0.0.1 --proxy-port=$PROXY":
             re.compile(r"^b'\\x05"), "--proxy-host=": None}),
        Row(shows("proxy host"), "(not set)", {
            "proxy_host p.test": "p.test", "proxy_host": "(not set)"}),
    ],
    "proxy_port": [
        Row(heard("PROXY"), None, {
            "proxy_port $PROXY": re.compile(r"^b'\\x05")},
            {"--proxy-port=$PROXY": re.compile(r"^b'\\x05")},
            around=["proxy_host 127.0.0.1"]),
        Row(shows("proxy port"), "0", {
            "proxy_port 99": "99",
            "proxy_port": "0",
            "proxy_port 0": CONFIG}, {"--proxy-port=0": USAGE}),
    ],
    "socket": [
        Row(heard("UNIX"), None, {
            "socket $UNIX": b"EHLO localhost\r\n", "socket": None},
            {"--socket=$UNIX": b"EHLO localhost\r\n", "--socket=": None}),
    ],
    "timeout": [
        Row(shows("timeout"), re.compile(""), {
            "timeout off": "off", "timeout 1": "1 second",
            "timeout 90": "90 seconds", "timeout 5m": "300 seconds",
            "timeout 0": CONFIG, "timeout": CONFIG, "timeout -1": CONFIG,
            "timeout x": CONFIG},
            {"--timeout=7": "7 seconds", "--timeout 7": "7 seconds",
             "--timeout=off": "off", "--timeout=0": USAGE,
             "--timeout=": USAGE}),
        Row(patience, None, {"timeout 1": (75, "soon"),
                             "timeout 4": (75, "late")},
            {"--timeout=1": (75, "soon")}, around=["port $SILENT"],
            unseen=True),
    ],
    "connect_timeout": [
        Row(shows("timeout"), re.compile(""), {
            "connect_timeout 90": "90 seconds", "connect_timeout off": "off",
            "connect_timeout 0": CONFIG, "connect_timeout": CONFIG},
            {"--connect-timeout=7": "7 seconds", "--connect-timeout=0": USAGE,
             "--connect-timeout 7": "7 seconds",
             "--connect-timeout=off": "off"}, without=["timeout"]),
    ],
    "protocol": [
        Row(hello, "EHLO localhost", {
            "protocol smtp": "EHLO localhost", "protocol": CONFIG,
            "protocol lmtp": "LHLO localhost", "protocol uucp": CONFIG},
            {"--protocol=lmtp": "LHLO localhost",
             "--protocol=smtp": "EHLO localhost", "--protocol=": USAGE,
             "--protocol=uucp": USAGE}),
    ],
    "domain": [
        Row(ehlo, "localhost", {
            "domain here.test": "here.test", "domain %H": "box.test",
            "domain": re.compile(r"localhost|^$"), "domain a b": CONFIG},
            {"--domain=here.test": "here.test",
             "--domain=": re.compile(r"localhost|^$")}, env=NAME),
        # Also the Message-ID's, unless it is localhost.
        Row(field("Message-ID"), re.compile(r"@example\.org>"), {
            "domain here.test": re.compile(r"@here\.test>"),
            "domain localhost": re.compile(r"@example\.org>")}),
    ],

    # --- logging in ------------------------------------------------------------------
    "auth": [
        Row(commands, ["EHLO", "MAIL"], {
            "auth on": ["EHLO", "AUTH"], "auth": ["EHLO", "AUTH"],
            "auth off": ["EHLO", "MAIL"], "auth plain": ["EHLO", "AUTH"],
            "auth PLAIN": ["EHLO", "AUTH"], "auth xyz": CONFIG,
            "auth login": ["EHLO", "QUIT"]},
            {"--auth=on": ["EHLO", "AUTH"], "--auth": ["EHLO", "AUTH"],
             "--auth=off": ["EHLO", "MAIL"], "--auth=plain": ["EHLO", "AUTH"],
             "--auth=": ["EHLO", "AUTH"], "--auth=xyz": USAGE}, first=2,
            server="login", around=["user ada", "password tiger"]),
        Row(shows("auth"), "none", {
            "auth on": "choose", "auth off": "none", **{
                "auth " + m: m.upper() for m in (
                    "scram-sha-256-plus scram-sha-1-plus scram-sha-256 "
                    "scram-sha-1 plain gssapi external oauthbearer cram-md5 "
                    "digest-md5 login ntlm xoauth2").split()}},
            {"--auth=" + m: m.upper() for m in (
                "scram-sha-256-plus scram-sha-1-plus scram-sha-256 "
                "scram-sha-1 plain gssapi external oauthbearer cram-md5 "
                "digest-md5 login ntlm xoauth2").split()},
            around=["user ada", "password tiger"]),
        # Each mechanism against another implementation.
        "mechanisms.t: accepted(mech, \"%s TLS %s\" % (tls, version),",
    ],
    "user": [
        Row(auth(1), Refused(78), {
            "user ada": "ada", "user \"a b\"": "a b", "user": CONFIG,
            "user a#b": "a#b"},
            {"--user=ada": "ada", "--user ada": "ada", "--user=": CONFIG},
            server="login", around=["auth plain", "password tiger"]),
    ],
    "password": [
        Row(auth(2), None, {
            "password tiger": "tiger", "password \"ti ger\"": "ti ger",
            "password #x": "#x", "password \"": "\"",
            "password $$HOME": "$HOME"},
            server="login", around=["auth plain", "user ada"], unseen=True),
        # It beats passwordeval, also that of the command line.
        Row(auth(2), "eval", {"password tiger": "tiger", "password": "eval"},
            server="login", around=["auth plain", "user ada",
                                    "passwordeval echo eval"]),
        Row(auth(2), "cmd", {"password tiger": "tiger"}, server="login",
            around=["auth plain", "user ada"],
            args=["--passwordeval=echo cmd", "bob@example.com"]),
    ],
    "passwordeval": [
        Row(auth(2), "no", {
            "passwordeval echo lion": "lion",
            "passwordeval printf 'lion\\r\\nmore\\n'": "lion",
            "passwordeval cat; echo lion": "lion", "passwordeval": "no"},
            {"--passwordeval='echo x'": "x", "--passwordeval=": "no"},
            server="login", around=["auth plain", "user ada",
                                    "password_file $HOME/secret"],
            files={"secret": "no\n"}),
        # Only run when auth is on; its failure is one.
        Row(status, 0, {"passwordeval false": 75,
                        "auth off\npasswordeval false": 77},
            {"--passwordeval=false": 75}, server="login",
            around=["auth plain", "user ada", "password_file $HOME/secret"],
            files={"secret": "tiger\n"}),
        Row(contents("ran"), None, {
            "passwordeval touch ran; echo x; echo >>ran": "",
            "auth off\npasswordeval touch ran; echo x": None},
            server="login", around=["auth plain", "user ada"]),
    ],
    "ntlmdomain": [
        Row(auth(None), re.compile(r"^b'NTLMSSP(?!.*CORP)"), {
            "ntlmdomain CORP": re.compile(r"^b'NTLMSSP.*CORP"),
            "ntlmdomain": re.compile(r"^b'NTLMSSP(?!.*CORP)")}, server="ntlm",
            around=["auth ntlm", "user ada", "password tiger"]),
    ],

    # --- TLS -----------------------------------------------------------------------------
    "tls": [
        switch(commands, "off", ["EHLO", "STARTTLS"], ["EHLO", "MAIL"], "tls",
               server="starttls", around=["tls_trust_file $CA"], first=2),
    ],
    "tls_starttls": [
        switch(commands, "on", ["EHLO", "STARTTLS"],
               re.compile(r"^\[['\"]\\x16"), "tls_starttls",
               server="starttls", first=2,
               around=["tls on", "tls_trust_file $CA", "timeout 2"]),
        Row(status, 75, {"tls_starttls off": 0, "tls_starttls on": 75},
            {"--tls-starttls=off": 0}, server="implicit",
            around=["tls on", "tls_trust_file $CA", "timeout 2"]),
    ],
    "tls_trust_file": [
        Row(status, 76, {
            "tls_trust_file $CA": 0, "tls_trust_file system": 76,
            "tls_trust_file": 78, "tls_trust_file $HOME/none": 78,
            "tls_trust_file ~/certs/ca.pem": 0,
            "tls_trust_file\ntls_certcheck off": 0},
            {"--tls-trust-file=$CA": 0, "--tls-trust-file=system": 76,
             "--tls-trust-file=": 78}, server="implicit"),
    ],
    "tls_crl_file": [
        Row(status, 0, {
            "tls_crl_file $CRL": 76, "tls_crl_file": 0,
            "tls_crl_file ~/certs/crl.pem": 76, "tls_crl_file $HOME/none": 78,
            "tls_crl_file $CRL\ntls_trust_file": 78},
            {"--tls-crl-file=$CRL": 76, "--tls-crl-file=": 0},
            server="revoked"),
    ],
    "tls_fingerprint": [
        # It replaces every other check: this server has another's name.
        Row(status, 76, {
            "tls_fingerprint $FINGERPRINT": 0, "tls_fingerprint": 76,
            "tls_fingerprint " + ":".join(["00"] * 32): 76,
            "tls_fingerprint " + ":".join(["00"] * 20): 76,
            "tls_fingerprint " + " ".join(["00"] * 16): 76,
            "tls_fingerprint 00": 78, "tls_fingerprint xyz": 78},
            {"--tls-fingerprint=$FINGERPRINT": 0, "--tls-fingerprint=": 76,
             "--tls-fingerprint=00": 64}, server="wrong"),
    ],
    "tls_key_file": [
        Row(status, 78, {
            "tls_key_file $CERTS/key.pem": 0, "tls_key_file": 78,
            "tls_key_file ~/certs/key.pem": 0, "tls_key_file $HOME/none": 78},
            {"--tls-key-file=$CERTS/key.pem": 0, "--tls-key-file=": 78},
            server="implicit", around=["tls_cert_file $CERTS/client.pem"]),
        "a-client-certificate-is-shown-when-asked-for.dialog",
    ],
    "tls_cert_file": [
        Row(status, 78, {
            "tls_cert_file $CERTS/client.pem": 0, "tls_cert_file": 78,
            "tls_cert_file ~/certs/client.pem": 0,
            "tls_cert_file $HOME/none": 78},
            {"--tls-cert-file=$CERTS/client.pem": 0, "--tls-cert-file=": 78},
            server="implicit", around=["tls_key_file $CERTS/key.pem"]),
    ],
    "tls_certcheck": [
        switch(status, "on", 76, 0, "tls_certcheck", server="wrong"),
    ],
    "tls_priorities": [
        Row(log("tls_version"), re.compile("1.3"), {
            "tls_priorities NORMAL:-VERS-TLS1.3": re.compile("1.2"),
            "tls_priorities": re.compile("1.3")},
            {"--tls-priorities=NORMAL:-VERS-TLS1.3": re.compile("1.2"),
             "--tls-priorities=": re.compile("1.3")}, server="implicit",
            around=["logfile $HOME/log"]),
        Row(status, 0, {"tls_priorities NONSENSE": 78},
            {"--tls-priorities=NONSENSE": 78}, server="implicit"),
    ],
    "tls_host_override": [
        Row(status, 76, {
            "tls_host_override other.test": 0, "tls_host_override": 76,
            "tls_host_override third.test": 76},
            {"--tls-host-override=other.test": 0, "--tls-host-override=": 76},
            server="wrong"),
        "a-name-in-place-of-the-host-is-checked.dialog",
    ],
    "tls_min_dh_prime_bits": [
        Row(status, 0, {
            "tls_min_dh_prime_bits 8192": 76, "tls_min_dh_prime_bits 1024": 0,
            "tls_min_dh_prime_bits": 0, "tls_min_dh_prime_bits x": 78},
            {"--tls-min-dh-prime-bits=8192": 76, "--tls-min-dh-prime-bits=": 0,
             "--tls-min-dh-prime-bits=x": 64}, server="dh",
            around=["tls on", "tls_starttls off", "tls_certcheck off",
                    "tls_priorities NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:"
                    "+DHE-RSA:%PROFILE_VERY_WEAK"]),
    ],
    "tls_force_sslv3": [
        Row(status, 0, {
            "tls_force_sslv3 on": 0, "tls_force_sslv3 off": 0,
            "tls_force_sslv3": 0},
            {"--tls-force-sslv3": 0, "--tls-force-sslv3=on": 0,
             "--tls-force-sslv3=off": 0}, server="implicit", same=True),
        Row(shows("tls_priorities"), "(not set)", {
            "tls_force_sslv3 on": "(not set)", "tls_force_sslv4 on": CONFIG},
            server="implicit"),
    ],
    "tls_nocertcheck": [
        Row(status, 76, {"tls_nocertcheck": 0, "tls_nocertcheck on": 78},
            server="wrong"),
    ],
    "tls_nostarttls": [
        Row(status, 75, {"tls_nostarttls": 0, "tls_nostarttls on": 78},
            server="implicit", without=["tls_starttls"],
            around=["timeout 2"]),
    ],

    # --- sender and headers -------------------------------------------------------------
    "from": [
        Row(sender, CONFIG, {
            "from a@b.example": "a@b.example", "from": "", "from <>": "",
            "from %U@b.example": "ada@b.example", "from a b@c": CONFIG},
            {"--from=c@d.example": "c@d.example",
             "--from c@d.example": "c@d.example", "--from=": "",
             "--from=<>": "", "--from=a%Ub@c.example": "a%Ub@c.example"},
            env=NAME),
        # A pattern chooses the account and is no sender.
        Row(sender, CONFIG, {"from *@header.example": "ada@header.example",
                             "from %F": "ada@header.example",
                             "from x@y.example": "x@y.example"}, stdin=LETTER,
            unseen=True),
    ],
    "from_full_name": [
        Row(field("From"), ["me@example.org"], {
            "from_full_name Ada L": ["Ada L <me@example.org>"],
            "from_full_name Doe, J": ['"Doe, J" <me@example.org>'],
            "from_full_name": ["me@example.org"]},
            {"--from-full-name=Ada": ["Ada <me@example.org>"]}),
        Row(field("From"), ["Full Name <me@example.org>"], {
            "from_full_name Ada L": ["Full Name <me@example.org>"]},
            args=["-F", "Full Name", "bob@example.com"], same=True),
    ],
    "allow_from_override": [
        Row(sender, "x@y.example", {
            "allow_from_override on": "x@y.example",
            "allow_from_override off": "me@example.org",
            "allow_from_override": CONFIG},
            args=["-f", "x@y.example", "bob@example.com"]),
    ],
    "set_from_header": [
        Row(field("From"), ["me@example.org"], {
            "set_from_header auto": ["me@example.org"],
            "set_from_header": ["me@example.org"], "set_from_header off": [],
            "set_from_header on": ["me@example.org"],
            "set_from_header x": CONFIG},
            {"--set-from-header=auto": ["me@example.org"],
             "--set-from-header": ["me@example.org"],
             "--set-from-header=off": [], "--set-from-header=x": USAGE}),
        Row(field("From"), ["Ada <ada@header.example>"], {
            "set_from_header auto": ["Ada <ada@header.example>"],
            "set_from_header": ["Ada <ada@header.example>"],
            "set_from_header on": ["me@example.org"],
            "set_from_header off": ["Ada <ada@header.example>"]},
            {"--set-from-header=on": ["me@example.org"],
             "--set-from-header": ["Ada <ada@header.example>"]},
            stdin=LETTER),
    ],
    "set_date_header": [
        Row(field("Date"), ADDED, {
            "set_date_header auto": ADDED, "set_date_header": ADDED,
            "set_date_header off": [], "set_date_header on": CONFIG},
            {"--set-date-header=off": [], "--set-date-header": ADDED,
             "--set-date-header=auto": ADDED, "--set-date-header=on": USAGE}),
    ],
    "set_msgid_header": [
        Row(field("Message-ID"), ADDED, {
            "set_msgid_header auto": ADDED, "set_msgid_header": ADDED,
            "set_msgid_header off": [], "set_msgid_header on": CONFIG},
            {"--set-msgid-header=off": [], "--set-msgid-header": ADDED,
             "--set-msgid-header=auto": ADDED,
             "--set-msgid-header=on": USAGE}),
    ],
    "set_to_header": [
        Row(field("To"), ["ann@example.com"], {
            "set_to_header off": ["ann@example.com"],
            "set_to_header on": ["ann@example.com"],
            "set_to_header undisclosed_recipients":
            ["undisclosed-recipients:;"], "set_to_header x": CONFIG},
            {"--set-to-header=undisclosed_recipients":
             ["undisclosed-recipients:;"],
             "--set-to-header=off": ["ann@example.com"],
             "--set-to-header=x": USAGE}, args=["-t"], stdin=COPIES),
        Row(field("To"), [], {
            "set_to_header on": ["bob@example.com"],
            "set_to_header": ["bob@example.com"], "set_to_header off": [],
            "set_to_header undisclosed_recipients":
            ["undisclosed-recipients:;"]},
            {"--set-to-header": ["bob@example.com"],
             "--set-to-header=on": ["bob@example.com"]}),
    ],
    "remove_bcc_headers": [
        switch(field("Bcc"), "on", [], ["cy@example.com"],
               "remove_bcc_headers", args=["-t"], stdin=COPIES),
    ],
    "dsn_notify": [
        Row(rcpt, [], {
            "dsn_notify off": [], "dsn_notify never": ["NOTIFY=NEVER"],
            "dsn_notify failure": ["NOTIFY=FAILURE"],
            "dsn_notify delay": ["NOTIFY=DELAY"],
            "dsn_notify success": ["NOTIFY=SUCCESS"],
            "dsn_notify failure,success": re.compile("FAILURE.*SUCCESS|SUC.*F"),
            "dsn_notify": CONFIG, "dsn_notify never,delay": CONFIG,
            "dsn_notify x": CONFIG},
            {"--dsn-notify=failure": ["NOTIFY=FAILURE"],
             "--dsn-notify never": ["NOTIFY=NEVER"], "--dsn-notify=off": [],
             "--dsn-notify=": USAGE, "--dsn-notify=x": USAGE,
             "--dsn-notify=off,never": USAGE}),
    ],
    "dsn_return": [
        Row(mail, [], {
            "dsn_return off": [], "dsn_return headers": ["RET=HDRS"],
            "dsn_return hdrs": ["RET=HDRS"], "dsn_return full": ["RET=FULL"],
            "dsn_return": CONFIG, "dsn_return x": CONFIG},
            {"--dsn-return=headers": ["RET=HDRS"],
             "--dsn-return=hdrs": ["RET=HDRS"], "--dsn-return=off": [],
             "--dsn-return full": ["RET=FULL"], "--dsn-return=": USAGE,
             "--dsn-return=x": USAGE}),
    ],
    "aliases": [
        Row(recipients, Refused(67), {
            "aliases $HOME/aliases": ["cy@example.com"],
            "aliases ~/aliases": ["cy@example.com"], "aliases": Refused(67)},
            {"--aliases=$HOME/aliases": ["cy@example.com"],
             "--aliases=": Refused(67)}, args=["root"],
            files={"aliases": "root: cy@example.com\n"}),
    ],
    "auto_from": [
        switch(sender, "off", "ada@m.test", "me@example.org", "auto_from",
               around=["user eve", "maildomain m.test"],
               env={"USER": "ada"}),
    ],
    "maildomain": [
        Row(sender, "ada", {"maildomain m.test": "ada@m.test",
                            "maildomain": "ada"},
            {"--maildomain=m.test": "ada@m.test", "--maildomain=": "ada"},
            around=["user eve", "auto_from on"], env={"USER": "ada"}),
    ],
    "undisclosed_recipients": [
        switch(field("To"), "off", ["undisclosed-recipients:;"], [],
               "undisclosed_recipients"),
    ],
    "add_missing_from_header": [
        switch(field("From"), "on", ["me@example.org"], [],
               "add_missing_from_header"),
    ],
    "add_missing_date_header": [
        switch(field("Date"), "on", ADDED, [], "add_missing_date_header"),
    ],
    "keepbcc": [
        switch(field("Bcc"), "off", ["cy@example.com"], [], "keepbcc",
               args=["-t"], stdin=COPIES),
    ],

    # --- logs ---------------------------------------------------------------------------------
    "logfile": [
        Row(log("exitcode"), None, {
            "logfile $HOME/log": "EX_OK", "logfile ~/log": "EX_OK",
            "logfile": None},
            {"--logfile=$HOME/log": "EX_OK", "--logfile=": None,
             "--logfile $HOME/log": "EX_OK"}),
        "log.t: logfile - is stdout",
    ],
    "logfile_time_format": [
        Row(log(""), re.compile(r"^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d host="), {
            "logfile_time_format %Y": re.compile(r"^\d{4} host="),
            "logfile_time_format none": re.compile("^host="),
            "logfile_time_format": re.compile(
                r"^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d host=")},
            {"--logfile-time-format=%Y": re.compile(r"^\d{4} host="),
             "--logfile-time-format=none": re.compile("^host="),
             "--logfile-time-format=": re.compile("^[A-Z]")},
            around=["logfile $HOME/log"]),
    ],
    "syslog": [
        Row(shows("syslog"), "LOG_MAIL", {
            "syslog on": "LOG_USER", "syslog off": "(not set)",
            "syslog": "LOG_USER", "syslog maybe": CONFIG, **{
                "syslog " + f: f for f in ["LOG_USER", "LOG_MAIL"] + [
                    "LOG_LOCAL%d" % n for n in range(8)]}},
            {"--syslog=off": "(not set)", "--syslog": "LOG_USER",
             "--syslog=LOG_LOCAL3": "LOG_LOCAL3", "--syslog=maybe": USAGE,
             "--syslog=": "LOG_USER"}),
        Row(shows("syslog"), "(not set)", {"syslog LOG_MAIL": "LOG_MAIL"},
            name="msmtp"),
    ],
}
