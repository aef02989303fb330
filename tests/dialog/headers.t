#!/usr/bin/env python3
"""Fields that an account has added, set, removed and encoded; Sender."""
import email
import email.header
import email.policy
import email.utils
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
QUIET = ("set_from_header off", "set_date_header off", "set_msgid_header off")
trial = Trial()


def block(ran):
    """The header block that arrived, with LF."""
    return text_of(ran).split(b"\r\n\r\n")[0].replace(b"\r\n", b"\n").decode(
        "utf-8", "surrogateescape")


def names(ran):
    return re.findall(r"(?m)^([^\s:]+):", block(ran))


def sent(*lines, stdin, args=(TO,), **more):
    if not isinstance(stdin, bytes):
        stdin = stdin.encode()
    return trial.run(*args, stdin=stdin,
                     config=trial.account(*QUIET, *lines), **more)


# --- by name ------------------------------------------------------------------
EDITS = {
    "add_header": (["add_header X-A: one"], "Subject: s\n",
                   "X-A: one\nSubject: s"),
    "add_header, several and one twice":
        (["add_header X-A: one", "add_header X-B: two", "add_header X-A: 3"],
         "Subject: s\n", "X-A: one\nX-B: two\nX-A: 3\nSubject: s"),
    "add_header beside one that is there": (["add_header X-A: two"],
                                            "x-a: one\n",
                                            "X-A: two\nx-a: one"),
    "add_header of what there is once, missing":
        (["add_header Reply-To: r@x.org"], "A: b\n",
         "Reply-To: r@x.org\nA: b"),
    "add_header of what there is once, present":
        (["add_header Reply-To: r@x.org", "add_header subject: n"],
         "Subject: o\nreply-to: q@x.org\n", "Subject: o\nreply-to: q@x.org"),
    "set_header of one that is missing": (["set_header X-A: n"], "A: b\n",
                                          "X-A: n\nA: b"),
    "set_header in place of all":
        (["set_header X-A: n"], "A: b\nx-a: o\nC: d\nX-A : p\n q\n",
         "A: b\nX-A: n\nC: d"),
    "set_header, the last counts":
        (["set_header X-A: n", "set_header X-A: m"], "X-A: o\n", "X-A: m"),
    "set_header of From": (["set_header From: Staff <me@example.org>"],
                           "From: x@x.org\nA: b\n",
                           "From: Staff <me@example.org>\nA: b"),
    "remove_header": (["remove_header X-A"], "X-A: b\nC: d\nx-a : e\n f\n",
                      "C: d"),
    "remove_header, several": (["remove_header A", "remove_header C"],
                               "A: b\nC: d\nE: f\n", "E: f"),
    "remove_header of none": (["remove_header X-A"], "A: b\n", "A: b"),
    "removed, set, added in this order":
        (["add_header X-A: 3", "set_header X-A: 2", "remove_header X-A"],
         "A: b\nX-A: 1\n", "X-A: 2\nX-A: 3\nA: b"),
    "a value with colons, quotes and #": (['add_header X-A: a: "b" # c'],
                                          "A: b\n",
                                          'X-A: a: "b" # c\nA: b'),
    "quotes around the whole": (['add_header "X-A: b"'], "A: b\n",
                                "X-A: b\nA: b"),
    "no blank behind the colon": (["add_header X-A:b"], "A: b\n",
                                  "X-A: b\nA: b"),
    "a value that is not ASCII": (["add_header X-A: Grüße"], "A: b\n",
                                  "X-A: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\nA: b"),
    "a name that is not ASCII":
        (["set_header Reply-To: Jürgen <j@x.org>"], "A: b\n",
         "Reply-To: =?UTF-8?Q?J=C3=BCrgen?= <j@x.org>\nA: b"),
    "an encoded word stays": (["add_header X-A: =?utf-8?q?=C3=A4?="], "A: b\n",
                              "X-A: =?utf-8?q?=C3=A4?=\nA: b"),
    "an empty argument forgets those above":
        (["add_header X-A: b", "add_header", "add_header X-C: d"], "A: b\n",
         "X-C: d\nA: b"),
}
for what, (lines, before, after) in EDITS.items():
    ran = sent(*lines, stdin=before + "\nX-A: body\n")
    trial.equal((ran.status, ran.err, block(ran)), (0, b"", after), what, ran)
    trial.ok(text_of(ran).endswith(b"\r\n\r\nX-A: body\r\n"),
             what + ": the body stays", ran)

ran = sent("add_header X-A: " + "word " * 60, stdin="A: b\n\nx\n")
trial.ok(max(map(len, block(ran).split("\n"))) < 78 and
         re.sub(r"\n ", " ", block(ran)) == "X-A: " + "word " * 59 +
         "word\nA: b", "a long value is folded", ran)
ran = sent("add_header X-A: " + "ü" * 200, stdin="A: b\n\nx\n")
trial.ok(ran.status == 0 and all(len(w) <= 75 for w in block(ran).split()) and
         email.message_from_bytes(text_of(ran), policy=email.policy.SMTP)
         ["X-A"] == "ü" * 200, "encoded words have at most 75 octets", ran)

# --- with what we add ---------------------------------------------------------
OURS = {
    "added before ours, which stand in front":
        (["add_header X-A: b"], "Subject: s\n",
         ["From", "Date", "Message-ID", "X-A", "Subject"]),
    "a Date that is removed is made anew":
        (["remove_header Date", "remove_header message-id"],
         "From: a@x.org\nDate: old\nMessage-ID: <old@x>\n",
         ["Date", "Message-ID", "From"]),
    "unless that is off":
        (["remove_header Date", "set_date_header off"],
         "From: a@x.org\nDate: old\nMessage-ID: <m@x>\n",
         ["From", "Message-ID"]),
    "a From that is added is no other": (["add_header From: A <a@x.org>"],
                                         "S: t\n",
                                         ["Date", "Message-ID", "From", "S"]),
    "To with set_to_header": (["set_header To: x@x.org", "set_to_header on"],
                              "S: t\n",
                              ["From", "To", "Date", "Message-ID", "S"]),
}
for what, (lines, before, after) in OURS.items():
    ran = trial.run(TO, stdin=before.encode() + b"\nx\n",
                    config=trial.account(*lines))
    trial.equal((ran.status, names(ran)), (0, after), what, ran)
    trial.ok(b"old" not in text_of(ran), what + ": nothing old", ran)
ran = sent("remove_header To", "set_header Cc: x@x.org", args=["-t"],
           stdin="To: a@x.org\nBcc: b@x.org\n\nx\n")
trial.ok(ran.messages and ran.messages[0].recipients == ["a@x.org", "b@x.org"]
         and block(ran) == "Cc: x@x.org",
         "recipients are read before fields are removed or set", ran)
ran = sent("remove_header From", "from *@x.org", stdin="From: a@x.org\n\nx\n")
trial.ok(ran.messages and ran.messages[0].sender == "a@x.org",
         "and so is the sender", ran)
for what, line, want in (
        ("set", "set_header From: Staff <staff@x.org>",
         "From: Staff <staff@x.org>"),
        ("removed", "remove_header From", "From: me@example.org")):
    ran = trial.run(TO, stdin=b"From: root (Cron)\n\nx\n",
                    config=trial.account(line))
    trial.ok(want in block(ran).split("\n") and names(ran).count("From") == 1
             and "Cron" not in block(ran),
             "cron's From that is %s is not mended too" % what, ran)
ran = trial.run("send", "--to", TO, "--subject", "s", "--header", "X-A: 1",
                "--body", "x", config=trial.account(
                    "add_header X-A: 2", "set_header Subject: t",
                    "remove_header MIME-Versio"))
trial.ok(ran.status == 0 and names(ran).count("X-A") == 2 and
         "\nSubject: t\n" in block(ran) and "MIME-Version" in names(ran),
         "postrider send takes part", ran)
for option in ("--add-header=X-A: b", "--set-header=X-A: b"):
    ran = trial.run(option, TO, stdin=b"A: b\n\nx\n")
    trial.ok(ran.status == 0 and "\nX-A: b\n" in block(ran), option, ran)
ran = trial.run("--remove-header=A", TO, stdin=b"A: b\nC: d\n\nx\n")
trial.ok(ran.status == 0 and "A" not in names(ran) and "C" in names(ran),
         "--remove-header", ran)

# --- a From and a To of our own: quoted, folded, short words -------------------
OWN_NAMES = ["Doe, John (x)", 'A "B" \\ C', "a.b@c <d>", "J. R. Doe",
             "x" * 300, "x" * 900, "Doe, J " * 60, "Ünï " * 60, "ü" * 500,
             "\u20ac" * 200, "\U0001f600" * 100, "=?utf-8?q?a?=",
             "日本語 の 名前 " * 20, "a:b;c"]
for each in OWN_NAMES:
    ran = trial.run("-F", each, TO, "c@example.com", stdin=b"A: b\n\nx\n",
                    config=trial.account("set_to_header on"))
    mail = email.message_from_bytes(text_of(ran), policy=email.policy.SMTP)
    raw = email.message_from_bytes(text_of(ran))["From"].replace("\r\n", "")
    name, address = email.utils.parseaddr(raw)
    name = str(email.header.make_header(email.header.decode_header(name)))
    words = re.findall(r"=\?\S*\?=", block(ran))
    trial.ok(ran.status == 0 and block(ran).isascii() and
             max(map(len, block(ran).split("\n"))) <= (
                 78 if " " in each or words else 998) and
             all(len(w) <= 75 for w in words) and
             name.strip() == each.strip() and address == "me@example.org" and
             len(mail["From"].addresses) == 1 and
             [a.addr_spec for a in mail["To"].addresses] ==
             [TO, "c@example.com"], "our From for %r" % each[:30], ran)
for what, args in (("the null sender", ["-f", ""]),
                   ("the null sender, named", ["-f", "", "-F", "D, J"])):
    ran = trial.run(*args, TO, stdin=b"A: b\n\nx\n",
                    config=trial.account())
    trial.ok(re.match("From: [^ ]", block(ran)) and
             ran.messages[0].sender == "", "our From for %s" % what, ran)
long_ = ["u%d@%s.example.com" % (i, "x" * (i % 50 + 1)) for i in range(300)]
ran = trial.run(*long_, stdin=b"A: b\n\nx\n",
                config=trial.account("set_to_header on"))
mail = email.message_from_bytes(text_of(ran), policy=email.policy.SMTP)
trial.ok([a.addr_spec for a in mail["To"].addresses] == long_ and
         max(map(len, block(ran).split("\n"))) <= 78,
         "our To is folded between mailboxes", ran[:3])

# --- what is refused, all of it at once, before anything is sent --------------
WRONG = {
    "add_header no colon": b"'Name: value'",
    "add_header X A: b": b"'Name: value'",
    "add_header X-Ä: b": b"'Name: value'",
    "add_header X-A:": b"no value",
    "add_header X-A: a\x1bb": b"control character",
    "add_header X-A: a\x00b": b"control character",
    "add_header X-A: a\rBcc: b": b"control character",
    "add_header Bcc: b@x.org": b"'Bcc'",
    "add_header BCC : b@x.org": b"'BCC'",
    "add_header Resent-Bcc: b@x.org": b"'Resent-Bcc'",
    "add_header Content-Type: text/html": b"the body",
    "add_header mime-version: 1.0": b"the body",
    "add_header Reply-To: Jürgen <j@x": b"no address",
    "set_header Bcc: b@x.org": b"'Bcc'",
    "set_header content-transfer-encoding: base64": b"the body",
    "remove_header Bcc": b"'Bcc'",
    "remove_header X-A: b": b"no name",
    "remove_header X A": b"no name",
    "remove_header Content-Type": b"the body",
}
for line, word in WRONG.items():
    ran = sent(line, stdin="A: b\n\nx\n")
    trial.refused(ran, 78, "refused: %r" % line, word)
    trial.ok(line.split()[0].encode() in ran.err and
             re.search(rb"config:\d+: ", ran.err),
             "%r: file, line and keyword are named" % line, ran)
ran = trial.run("--add-header=X-A: b\nBcc: c@x.org", TO)
trial.refused(ran, 64, "a line end in --add-header", b"control character")
ran = trial.run("--add-header=Bcc: c@x.org", TO)
trial.refused(ran, 64, "Bcc by --add-header", b"Bcc")

# --- Sender -------------------------------------------------------------------
AUTO = ["set_sender auto"]
SENDER = {
    "From is another": (AUTO, [], "From: x@x.org\n", ["me@example.org"]),
    "From is the account's": (AUTO, [], "From: Me <me@EXAMPLE.org>\n", []),
    "From in other case of the local part":
        (AUTO, [], "From: ME@example.org\n", ["me@example.org"]),
    "several authors": (AUTO, [], "From: me@example.org, x@x.org\n",
                        ["me@example.org"]),
    "a Sender is there": (AUTO, [], "From: x@x.org\nsender: y@x.org\n",
                          ["y@x.org"]),
    "resent": (AUTO, [], "Resent-From: me@example.org\nFrom: x@x.org\n", []),
    "off": (["set_sender off"], [], "From: x@x.org\n", []),
    "unset": ([], [], "From: x@x.org\n", []),
    "no From": (AUTO, [], "Subject: s\n", []),
    "From that is no address": (AUTO, [], "From: a b c\n",
                                ["me@example.org"]),
    "-f does not hide the account": (AUTO, ["-f", "bounce@x.org"],
                                     "From: bounce@x.org\n",
                                     ["me@example.org"]),
    "by a rule of rewrite": (AUTO + ["rewrite me@* you@x.org"], [],
                             "From: a@x.org\n", ["you@x.org"]),
    "a pattern: the sender of the envelope":
        (AUTO + ["from *@x.org"], ["-f", "b@x.org"], "From: a@x.org\n",
         ["b@x.org"]),
    "the null sender": (AUTO + ["from"], [], "From: a@x.org\n", []),
    "a domain that is not ASCII": (AUTO + ["from me@ä.org"], [],
                                   "From: me@ä.org\n", []),
    "that other domain": (AUTO + ["from me@ä.org"], [], "From: me@ö.org\n",
                          ["me@xn--4ca.org"]),
    "From that is set": (AUTO + ["set_header From: you@x.org"], [],
                         "From: me@example.org\n", ["me@example.org"]),
    "From in the line before": (AUTO, [], "From:\n x@x.org\n",
                                ["me@example.org"]),
}
for what, (lines, args, before, want) in SENDER.items():
    ran = sent(*lines, args=[*args, TO], stdin=before + "\nx\n")
    trial.equal((ran.status, re.findall(r"(?im)^Sender ?: (.*)$", block(ran))),
                (0, want), "Sender: " + what, ran)
ran = trial.run(TO, stdin=b"A: b\n\nx\n", config=trial.account(*AUTO))
trial.ok("Sender" not in names(ran), "Sender: our own From needs none", ran)
ran = trial.run(TO, stdin=b"From: x@x.org\n\nx\n",
                config=trial.account(*AUTO))
trial.equal(names(ran), ["Date", "Message-ID", "Sender", "From"],
            "Sender stands behind what else is added", ran)
ran = sent("set_sender on", stdin="A: b\n\nx\n")
trial.refused(ran, 78, "set_sender knows no on", b"set_sender")

# --- encode_headers -----------------------------------------------------------
RAW = """From: Käthe "die Große" Müller (Büro) <ka@x.org>
To: Grüppe: "Ö, Peter" <p@x.org>, q@x.org;, r@x.org (Rüdiger),
 Straße <s@x.org>
Cc: plain <t@x.org>,
\tü@x.org
Subject: Grüße
 aus =?utf-8?q?K=C3=B6ln?= für alle
Comments: Übung
X-Note: bleibt roh ü
Content-Type: text/plain; name="ü.txt"

Rümpf
"""
ran = sent("encode_headers on", stdin=RAW)
mail = email.message_from_bytes(text_of(ran), policy=email.policy.SMTP)
trial.ok(ran.status == 0 and
         mail["Subject"] == "Grüße aus Köln für alle" and
         mail["Comments"] == "Übung" and
         mail["From"].addresses[0].addr_spec == "ka@x.org" and
         mail["From"].addresses[0].display_name == "Käthe die Große Müller",
         "encode_headers: a reader sees what was written", ran, str(mail))
trial.ok([(g.display_name, [(a.display_name, a.addr_spec) for a in
                            g.addresses]) for g in mail["To"].groups] ==
         [("Grüppe", [("Ö, Peter", "p@x.org"), ("", "q@x.org")]),
          (None, [("", "r@x.org")]), (None, [("Straße", "s@x.org")])],
         "encode_headers: groups and addresses stay", ran, mail["To"].groups)
raw = text_of(ran)
trial.ok("X-Note: bleibt roh ü\r\n".encode() in raw and
         'name="ü.txt"'.encode() in raw and "\tü@x.org\r\n".encode() in raw and
         raw.endswith("\r\n\r\nRümpf\r\n".encode()),
         "encode_headers: what has structure is left alone", ran)
for name in ("From", "To", "Subject", "Comments"):
    trial.ok(re.search(rb"(?m)^" + name.encode() + rb":[\x00-\x7f]*?\r\n\S",
                       raw), "encode_headers: %s is ASCII" % name, ran)
ran = sent(stdin=RAW)
trial.ok("Subject: Grüße\r\n aus".encode() in text_of(ran) and
         b"UTF-8?" not in text_of(ran), "unset: all goes as it came", ran)
for what, field in {
        "bytes that are no UTF-8": b"Subject: \xe4\xf6",
        "another charset beside": "Subject: =?koi8-r?b?xA==?= ü".encode(),
        "a quotation mark too few": 'To: "ü <a@x.org>'.encode(),
        "ASCII": b"Subject: a  =?utf-8?q?=C3=A4?=  b"}.items():
    ran = trial.run(TO, stdin=field + b"\n\nx\n", config=trial.account(
        *QUIET, "encode_headers on"))
    trial.ok(ran.status == 0 and text_of(ran).startswith(field + b"\r\n"),
             "encode_headers: %s stays" % what, ran)
ran = sent("encode_headers on", stdin="Subject: a\x00ü\x1b\n b\n\nx\n")
trial.ok(ran.status == 0 and not re.search(rb"[\x00\x1b]", text_of(ran)),
         "encode_headers: control characters become blanks", ran)
ran = sent("encode_headers on", stdin="To: " + "ü <a@x.org>, " * 3000 +
           "b@x.org\n\nx\n")
trial.ok(ran.status == 0 and max(map(len, block(ran).split("\n"))) <= 78 and
         block(ran).count("=?UTF-8?Q?=C3=BC?= <a@x.org>") > 2900 and
         block(ran).isascii(), "encode_headers: a long To", ran[:3])
trial.done()
