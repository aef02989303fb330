"""A row for each keyword beyond those of an msmtprc."""
import re

from keywords import CONFIG, COPIES, LETTER, NAME, USAGE, switch
from probes import (Refused, Row, auth, body, commands, contents, copies, ehlo,
                    entered, field, heard, kept, log, mail, patience,
                    recipients, sender, server, shows, starts, status)

RAW = "Subject: für\n\nbody\n".encode()
LONG = b"Subject: hi\n\n" + b"word " * 300 + b"\n"
DOTTED = b"Subject: hi\n\none\n.\ntwo\n"
QUEUE = ["queue_dir $HOME/q", "queue_runner none", "logfile $HOME/log"]
ROOT = b"From: root\nTo: root, ann@example.com\nSubject: hi\n\nbody\n"

ADDED = {
    "include": [
        Row(ehlo, "localhost", {
            "include more.conf\naccount default : more": CONFIG,
            "include a.conf\naccount c : more\n$REST": "more.test",
            "include *.conf\naccount c : more\n$REST": "more.test",
            "include ~/a.conf\naccount c : more\n$REST": "more.test",
            "include none-*.conf\naccount c\n$REST": "localhost",
            "include none.conf": CONFIG, "include": CONFIG},
            args=["-a", "c", "bob@example.com"], unseen=True,
            files={"a.conf": "account more\ndomain more.test\n"}),
    ],
    # --- the server ------------------------------------------------------------------
    "provider": [
        Row(shows("host"), CONFIG, {
            "provider gmail": "smtp.gmail.com", "provider nobody": CONFIG,
            "provider gmail\nhost mine.test": "mine.test"},
            {"--provider=fastmail": "smtp.fastmail.com",
             "--provider=nobody": USAGE}, without=["host", "port"]),
        Row(shows("tls"), "off", {"provider gmail": "on",
                                  "provider gmail\ntls off": "off"}),
    ],
    "srv": [
        # What it asks for is a matter of tests/system/routes.py; here, that
        # it goes with no port.
        switch(status, "off", 78, 0, "srv"),
    ],
    "hosts": [
        Row(server, CONFIG, {
            "hosts 127.0.0.1:$BARE": "bare",
            "hosts 127.0.0.1:$CLOSED,127.0.0.1:$BARE": "bare",
            "hosts 127.0.0.1:$CLOSED 127.0.0.1:$BARE": "bare",
            "hosts": CONFIG, "hosts 127.0.0.1:x": CONFIG},
            {"--hosts=127.0.0.1:$BARE": "bare", "--hosts=": CONFIG,
             "--hosts=[x": USAGE}, without=["host", "port"]),
    ],
    "fallback": [
        Row(server, Refused(75), {
            "fallback other\naccount other\nhost 127.0.0.1\nport $BARE":
            "bare", "fallback nobody": CONFIG, "fallback": Refused(75)},
            {"--fallback=nobody": CONFIG, "--fallback=": Refused(75)},
            around=["port $CLOSED"]),
    ],
    "tunnel": [
        Row(contents("tunnel"), None, {
            "tunnel printf '220 x\\r\\n'; head -n 1 >$HOME/tunnel":
            "EHLO localhost", "tunnel": None},
            {"--tunnel=\"printf '220 x\\r\\n'; head -n 1 >$HOME/tunnel\"":
             "EHLO localhost", "--tunnel=": None}),
    ],
    "proxy": [
        Row(heard("PROXY"), None, {
            "proxy socks5://127.0.0.1:$PROXY": re.compile(r"^b'\\x05"),
            "proxy socks5://u:p@127.0.0.1:$PROXY":
            re.compile(r"^b'\\x05.*\\x02"),
            "proxy http://127.0.0.1:$PROXY":
            re.compile(r"^b'CONNECT 127\.0\.0\.1:\d+ HTTP/1"),
            "proxy": None, "proxy ftp://127.0.0.1:$PROXY": CONFIG},
            {"--proxy=socks5://127.0.0.1:$PROXY": re.compile(r"^b'\\x05"),
             "--proxy=": None}),
        Row(shows("proxy", config=True), "", {
            "proxy socks5://u:p@h:1": "socks5://u:*@h:1"}),
    ],
    "deadline": [
        Row(patience, None, {"deadline 1": (75, "soon"),
                             "deadline 4": (75, "late")},
            {"--deadline=1": (75, "soon")}, unseen=True,
            around=["port $SILENT", "timeout 10"]),
        Row(shows("deadline", config=True), "900", {
            "deadline off": "off", "deadline 5m": "300", "deadline": CONFIG,
            "deadline 0": CONFIG}),
    ],
    "family": [
        Row(status, 0, {"family ipv4": 0, "family ipv6": 68, "family any": 0,
                        "family": 78, "family x": 78},
            {"--family=ipv6": 68, "--family=ipv4": 0, "--family=": 64}),
    ],
    # --- TLS ------------------------------------------------------------------------------
    "tls_pin": [
        Row(status, 0, {
            "tls_pin $PIN": 0, "tls_pin": 0,
            "tls_pin sha256:" + "A" * 43 + "=": 76,
            "tls_pin sha256:" + "A" * 43 + "=,$PIN": 0, "tls_pin x": 78},
            {"--tls-pin=$PIN": 0, "--tls-pin=sha256:" + "A" * 43 + "=": 76,
             "--tls-pin=": 0, "--tls-pin=x": 64}, server="implicit"),
        # In addition to other checks, not instead of them.
        Row(status, 76, {"tls_pin $PIN": 76, "tls_certcheck off": 0},
            server="wrong"),
    ],
    "tls_min_version": [
        Row(status, 0, {"tls_min_version 1.2": 0, "tls_min_version 1.3": 76,
                        "tls_min_version": 78, "tls_min_version 1.1": 78},
            {"--tls-min-version=1.3": 76, "--tls-min-version=1.2": 0,
             "--tls-min-version=1.1": 64}, server="old"),
    ],
    # --- logging in ---------------------------------------------------------------------------
    "authzid": [
        Row(auth(0), "", {"authzid boss": "boss", "authzid": ""},
            {"--authzid=boss": "boss", "--authzid=": ""}, server="login",
            around=["auth plain", "user ada", "password tiger"]),
    ],
    "password_file": [
        Row(auth(2), CONFIG, {
            "password_file $HOME/secret": "lion", "password_file": CONFIG,
            "password_file ~/secret": "lion",
            "password_file credential:smtp": "cred",
            "password_file $HOME/none": CONFIG},
            {"--password-file=$HOME/secret": "lion",
             "--password-file=": CONFIG}, server="login",
            around=["auth plain", "user ada"],
            files={"secret": "lion\nmore\n", "creds/smtp": "cred\n"},
            env={"CREDENTIALS_DIRECTORY": "$HOME/creds"}),
    ],
    "password_fd": [
        Row(auth(2), Refused(78), {"password_fd 9": "from-fd",
                                   "password_fd": CONFIG,
                                   "password_fd x": CONFIG},
            {"--password-fd=9": "from-fd", "--password-fd=x": USAGE},
            server="login", around=["auth plain", "user ada"],
            wrap="#!/bin/sh\n\"$@\" 9<$HOME/secret\n",
            files={"secret": "from-fd\n"}),
    ],
    "keyring": [
        Row(auth(2), "ring", {
            "keyring on": "ring", "keyring auto": "ring", "keyring": "ring",
            "keyring off": CONFIG, "keyring x": CONFIG},
            {"--keyring=off": CONFIG, "--keyring=on": "ring",
             "--keyring=x": USAGE},
            server="login", around=["auth plain", "user ada"],
            env={"PATH": "$HOME/bin:/usr/bin:/bin",
                 "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
            scripts={"bin/secret-tool": "#!/bin/sh\necho ring\n"}),
    ],
    # --- senders ------------------------------------------------------------------------------
    "match": [
        Row(ehlo, "localhost", {
            "match x@y.example": "localhost",
            "account m\nmatch x@y.example\ndomain m.test\n$REST": "m.test",
            "account m\nmatch *@y.example z@z\ndomain m.test\n$REST":
            "m.test",
            "account m\nmatch a@b.c,x@y.example\ndomain m.test\n$REST":
            "m.test",
            "account m\ndomain m.test\n$REST": "localhost",
            "account m\nmatch\ndomain m.test\n$REST": "localhost"},
            {"--match=x@y.example": "localhost"},
            args=["-f", "x@y.example", "bob@example.com"]),
    ],
    "rewrite": [
        Row(sender, "x@y.example", {
            "rewrite x@* new@z.example": "new@z.example",
            "rewrite q@* new@z.example": "x@y.example",
            "rewrite q@* a@z.example\nrewrite x@* b@z.example": "b@z.example",
            "rewrite x@* a@z.example\nrewrite x@* b@z.example": "a@z.example",
            "rewrite x@* a@z.example\nrewrite": "x@y.example",
            "rewrite x@* a+%H@z.example": "a+box.test@z.example",
            "rewrite x@*": CONFIG},
            {"--rewrite='x@* new@z.example'": "new@z.example",
             "--rewrite=x": USAGE}, env=NAME,
            args=["-f", "x@y.example", "bob@example.com"]),
    ],
    "masquerade": [
        Row(recipients, Refused(67), {
            "masquerade m.example": ["root@m.example"],
            "masquerade": Refused(67), "masquerade a b": CONFIG},
            {"--masquerade=m.example": ["root@m.example"],
             "--masquerade=": Refused(67)}, args=["root"]),
        Row(field("From"), ["root"], {
            "masquerade m.example": ["root@m.example"]}, stdin=ROOT,
            without=["from"], around=["from %F"]),
    ],
    "local_hosts": [
        Row(recipients, ["root@l.example"], {
            "local_hosts l.example": ["cy@example.com"],
            "local_hosts a.example, l.example": ["cy@example.com"],
            "local_hosts": ["root@l.example"]},
            {"--local-hosts=l.example": ["cy@example.com"],
             "--local-hosts=": ["root@l.example"]}, args=["root@l.example"],
            around=["local_recipient cy@example.com"]),
        # What counts without it.
        Row(recipients, ["cy@example.com"], {
            "local_hosts none.example": ["root@localhost"]},
            args=["root@localhost"],
            around=["local_recipient cy@example.com"]),
    ],
    "local_recipient": [
        Row(recipients, Refused(67), {
            "local_recipient cy@example.com": ["cy@example.com"],
            "local_recipient": Refused(67)},
            {"--local-recipient=cy@example.com": ["cy@example.com"],
             "--local-recipient=": Refused(67)}, args=["root"]),
    ],
    "aliases_headers": [
        switch(field("To"), "off", ["cy@example.com, ann@example.com"],
               ["root, ann@example.com"], "aliases_headers", args=["-t"],
               stdin=ROOT, around=["aliases $HOME/aliases"],
               files={"aliases": "root: cy@example.com\n"}),
    ],
    # --- headers ------------------------------------------------------------------------------
    "set_sender": [
        Row(field("Sender"), [], {
            "set_sender auto": ["me@example.org"], "set_sender off": [],
            "set_sender": CONFIG, "set_sender x": CONFIG},
            {"--set-sender=auto": ["me@example.org"], "--set-sender=off": [],
             "--set-sender=": USAGE}, stdin=LETTER),
    ],
    "add_header": [
        Row(field("X-A"), [], {
            "add_header X-A: one": ["one"],
            "add_header X-A: one\nadd_header X-A: two": ["one", "two"],
            "add_header X-A: one\nadd_header": [],
            "add_header Bcc: x@y.example": CONFIG, "add_header X": CONFIG},
            {"--add-header='X-A: one'": ["one"], "--add-header=X": USAGE}),
    ],
    "set_header": [
        Row(field("Subject"), ["hi"], {
            "set_header Subject: one": ["one"], "set_header": ["hi"],
            "set_header Bcc: x@y.example": CONFIG},
            {"--set-header='Subject: one'": ["one"]}),
    ],
    "remove_header": [
        Row(field("Subject"), ["hi"], {
            "remove_header Subject": [], "remove_header subject": [],
            "remove_header X-A": ["hi"], "remove_header": ["hi"],
            "remove_header X-A\nremove_header Subject": []},
            {"--remove-header=Subject": [], "--remove-header=": ["hi"]}),
    ],
    "encode_headers": [
        switch(field("Subject"), "off",
               re.compile(r"=\?(?i:utf-8)\?"), ["für"], "encode_headers",
               stdin=RAW),
    ],
    # --- wishes ------------------------------------------------------------------------------
    "dsn_require": [
        switch(status, "off", 69, 0, "dsn_require", server="bare",
               around=["dsn_notify failure"]),
    ],
    "deliver_by": [
        Row(mail, [], {"deliver_by 60": re.compile(r"BY=60;R"),
                       "deliver_by 2h;notify": re.compile(r"BY=7200;N"),
                       "deliver_by": [], "deliver_by x": CONFIG},
            {"--deliver-by=60": re.compile(r"BY=60;R"), "--deliver-by=x":
             USAGE}, server="wishes"),
        Row(status, 0, {"deliver_by 60": 69}),
    ],
    "hold_for": [
        Row(mail, [], {"hold_for 60": ["HOLDFOR=60"],
                       "hold_for 1h": ["HOLDFOR=3600"], "hold_for": [],
                       "hold_for x": CONFIG},
            {"--hold-for=60": ["HOLDFOR=60"], "--hold-for=x": USAGE},
            server="wishes"),
        Row(status, 0, {"hold_for 60": 69}),
    ],
    "hold_until": [
        Row(mail, [], {
            "hold_until 2098-01-02T03:04:05Z":
            ["HOLDUNTIL=2098-01-02T03:04:05Z"], "hold_until": [],
            "hold_until x": CONFIG},
            {"--hold-until=2098-01-02T03:04:05Z":
             ["HOLDUNTIL=2098-01-02T03:04:05Z"], "--hold-until=x": USAGE},
            server="wishes"),
        Row(status, 0, {"hold_until 2098-01-02T03:04:05Z": 69}),
    ],
    "priority": [
        Row(mail, [], {"priority 3": ["MT-PRIORITY=3"],
                       "priority -2": ["MT-PRIORITY=-2"],
                       "priority 0": re.compile(r"^\[('MT-PRIORITY=0')?\]$"),
                       "priority": [], "priority 10": CONFIG},
            {"--priority=3": ["MT-PRIORITY=3"], "--priority=x": USAGE},
            server="wishes"),
        Row(status, 0, {"priority 3": 69}),
    ],
    "require_tls": [
        switch(mail, "off", ["REQUIRETLS"], [], "require_tls",
               server="wishes"),
        Row(status, 0, {"require_tls on": 69}, server="implicit"),
    ],
    # --- how it is handed over --------------------------------------------------------------
    "chunking": [
        Row(commands, ["EHLO", "MAIL", "RCPT", "BDAT"], {
            "chunking auto": ["EHLO", "MAIL", "RCPT", "BDAT"],
            "chunking": ["EHLO", "MAIL", "RCPT", "BDAT"],
            "chunking off": ["EHLO", "MAIL", "RCPT", "DATA"],
            "chunking x": CONFIG},
            {"--chunking=off": ["EHLO", "MAIL", "RCPT", "DATA"],
             "--chunking": ["EHLO", "MAIL", "RCPT", "BDAT"],
             "--chunking=x": USAGE}, first=4),
    ],
    "pipelining": [
        Row(shows("pipelining", config=True), "auto", {
            "pipelining off": "off", "pipelining": "auto",
            "pipelining x": CONFIG}),
        Row(status, 0, {}, {"--pipelining=off": 0, "--pipelining=x": 64}),
        "pipelining-off-waits-each-time.dialog",
    ],
    "size_check": [
        switch(commands, "on", ["EHLO", "QUIT"], ["EHLO", "MAIL"],
               "size_check", server="small", first=2),
    ],
    "partial": [
        switch(recipients, "on", ["bob@example.com"], Refused(65), "partial",
               args=["bob@example.com", "a@"]),
    ],
    # --- the queue ---------------------------------------------------------------------------
    "queue": [
        Row(kept(), "queued", {
            "queue off": "no", "queue fallback": "queued",
            "queue always": "queued", "queue": CONFIG, "queue x": CONFIG},
            {"--queue=off": "no", "--queue=always": "queued",
             "--queue=x": USAGE}, around=QUEUE + ["port $CLOSED"],
            without=["queue"]),
        Row(kept(), "sent", {"queue off": "no", "queue always": "queued"},
            around=QUEUE, without=["queue"]),
        Row(kept(), "no", {"queue fallback": "queued"}, name="msmtp",
            around=QUEUE + ["port $CLOSED"], without=["queue"]),
    ],
    "queue_dir": [
        Row(entered("q2"), 0, {
            "queue_dir $HOME/q2": 1, "queue_dir ~/q2": 1,
            "queue_dir q2": CONFIG},
            {"--queue-dir=$HOME/q2": 1, "--queue-dir=q2": USAGE},
            around=["queue always", "queue_runner none"], without=["queue"],
            unseen=True),
    ],
    "queue_lifetime": [
        Row(shows("queue_lifetime", config=True), "432000", {
            "queue_lifetime off": "off", "queue_lifetime 2d": "172800",
            "queue_lifetime": CONFIG}),
        Row(status, 0, {}, {"--queue-lifetime=1h": 0,
                            "--queue-lifetime=x": 64}),
    ],
    "queue_max_size": [
        Row(kept(), "queued", {"queue_max_size 1K": "no",
                             "queue_max_size 1M": "queued",
                             "queue_max_size off": "queued",
                             "queue_max_size": CONFIG,
                             "queue_max_size x": CONFIG},
            {"--queue-max-size=1K": "no", "--queue-max-size=x": USAGE},
            around=QUEUE + ["queue always"], without=["queue"], stdin=LONG),
    ],
    "queue_runner": [
        Row(starts(), True, {"queue_runner auto": True, "queue_runner": True,
                           "queue_runner none": False,
                           "queue_runner x": CONFIG},
            {"--queue-runner=none": False, "--queue-runner=x": USAGE},
            around=["queue always", "queue_dir $HOME/q3"], without=["queue"]),
    ],
    "queue_connections": [
        Row(shows("queue_connections", config=True), "4", {
            "queue_connections 1": "1", "queue_connections 16": "16",
            "queue_connections 17": CONFIG, "queue_connections 0": CONFIG,
            "queue_connections": CONFIG}),
        Row(status, 0, {}, {"--queue-connections=2": 0,
                            "--queue-connections=x": 64}),
    ],
    "keep_failed": [
        Row(shows("keep_failed", config=True), "1209600", {
            "keep_failed off": "off", "keep_failed 1d": "86400",
            "keep_failed": CONFIG}),
        Row(status, 0, {}, {"--keep-failed=1h": 0, "--keep-failed=x": 64}),
    ],
    "notify_command": [
        Row(shows("notify_command", config=True), "", {
            "notify_command true": "true", "notify_command": ""}),
        Row(status, 0, {}, {"--notify-command=true": 0,
                            "--notify-command=a\x01": 64}),
        "tests/dialog/queue.t: notify_command",
    ],
    "rate": [
        Row(shows("rate", config=True), "", {
            "rate 30/minute": "30/minute", "rate": "", "rate x": CONFIG,
            "rate 30": CONFIG}),
        Row(status, 0, {}, {"--rate=1/s": 0, "--rate=x": 64}),
    ],
    # --- how it is read ------------------------------------------------------------------------
    "long_lines": [
        Row(field("Content-Transfer-Encoding"), ["quoted-printable"], {
            "long_lines reencode": ["quoted-printable"],
            "long_lines pass": [], "long_lines": CONFIG,
            "long_lines x": CONFIG},
            {"--long-lines=pass": [],
             "--long-lines=reencode": ["quoted-printable"],
             "--long-lines=": USAGE}, stdin=LONG),
    ],
    "dot_ends_message": [
        switch(body, "off", "one\r\n", "one\r\n.\r\ntwo\r\n",
               "dot_ends_message", stdin=DOTTED),
    ],
    "read_recipients": [
        switch(recipients, "off",
               ["bob@example.com", "ann@example.com", "cy@example.com"],
               ["bob@example.com"], "read_recipients", option=False,
               stdin=COPIES),
    ],
    "read_envelope_from": [
        switch(sender, "off", "ada@header.example", "me@example.org",
               "read_envelope_from", option=False, stdin=LETTER),
    ],
    # --- around it -----------------------------------------------------------------------------
    "message_filter": [
        Row(field("X-F"), [], {
            "message_filter printf 'X-F: y\\r\\n'; cat": ["y"],
            "message_filter": []},
            {"--message-filter=\"printf 'X-F: y\\r\\n'; cat\"": ["y"]}),
        Row(status, 0, {"message_filter cat": 0,
                        "message_filter cat; exit 1":
                        re.compile("^(65|75|78)$")}),
    ],
    "save_sent": [
        Row(copies("Sent"), 0, {
            "save_sent $HOME/Sent": 1, "save_sent ~/Sent": 1, "save_sent": 0},
            {"--save-sent=$HOME/Sent": 1}),
    ],
    "capture": [
        Row(copies("Caught"), 0, {
            "capture $HOME/Caught": 1, "capture ~/Caught": 1, "capture": 0},
            {"--capture=$HOME/Caught": 1}),
        Row(commands, ["EHLO"], {"capture $HOME/Caught": []}, first=1),
    ],
    # --- what is told --------------------------------------------------------------------------
    "log_format": [
        Row(log(""), re.compile(r"^[A-Z]"), {
            "log_format json": re.compile(r'^\{"time":'),
            "log_format classic": re.compile(r"^[A-Z]"),
            "log_format": CONFIG, "log_format x": CONFIG},
            {"--log-format=json": re.compile(r'^\{"time":'),
             "--log-format=x": USAGE}, around=["logfile $HOME/log"]),
    ],
    "journal": [
        Row(shows("journal", config=True), "off", {
            "journal on": "on", "journal": "on", "journal off": "off",
            "journal x": CONFIG}),
        Row(status, 0, {}, {"--journal": 0, "--journal=x": 64}),
    ],
    "restrict_options": [
        Row(shows("restrict_options", config=True), "off", {
            "restrict_options on": "on", "restrict_options": "on",
            "restrict_options x": CONFIG}),
        "tests/unit/test_parse_places.c: restrict_options",
    ],
}
