#!/usr/bin/env python3
"""What becomes of a message on its way: repairs, removals, additions."""
import email
import email.header
import email.policy
import os
import quopri
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sink import OFFERS  # noqa: E402
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
QUIET = ("set_from_header off", "set_date_header off", "set_msgid_header off")
by_bdat = Trial(config=QUIET)
by_data = Trial(config=QUIET, offers=[x for x in OFFERS if x != "CHUNKING"])
bare = Trial(config=QUIET, offers=["SIZE 1000000"])
trial = by_bdat

# --- what goes in and what arrives, by BDAT, by DATA and without 8BITMIME -------
ARRIVES = {
    "a plain message": (b"A: b\n\nbody\n", b"A: b\r\n\r\nbody\r\n"),
    "no header block": (b"hello world\n", b"\r\nhello world\r\n"),
    "no header block, no newline": (b"hello", b"\r\nhello\r\n"),
    "a body that follows fields at once":
        (b"A: b\nhello world\nmore\n", b"A: b\r\n\r\nhello world\r\nmore\r\n"),
    "text with a colon and a blank": (b"see that: x\n",
                                      b"\r\nsee that: x\r\n"),
    "an empty line first": (b"\nhello\n", b"\r\nhello\r\n"),
    "an mbox line": (b"From ada Mon Jan  1 00:00:00 2024\nA: b\n\nx\n",
                     b"A: b\r\n\r\nx\r\n"),
    "an mbox line with CRLF": (b"From ada Mon\r\nA: b\r\n\r\nx\r\n",
                               b"A: b\r\n\r\nx\r\n"),
    "From in the body": (b"A: b\n\nFrom ada\nx\n",
                         b"A: b\r\n\r\nFrom ada\r\nx\r\n"),
    "CRLF": (b"A: b\r\n\r\nx\r\ny\r\n", b"A: b\r\n\r\nx\r\ny\r\n"),
    "mixed line ends": (b"A: b\r\nC: d\n\r\nx\ny\r\nz\n",
                        b"A: b\r\nC: d\r\n\r\nx\r\ny\r\nz\r\n"),
    "bare CR in the body": (b"A: b\n\nx\ry\r\rz\n",
                            b"A: b\r\n\r\nx\r\ny\r\n\r\nz\r\n"),
    "bare CR in a field": (b"A: b\rBcc: c\n\nx\n", b"A: b Bcc: c\r\n\r\nx\r\n"),
    "CR CR LF in the header": (b"A: b\r\r\nC: d\r\r\n\r\nx\n",
                               b"A: b\r\nC: d\r\n\r\nx\r\n"),
    "no last newline": (b"A: b\n\nx", b"A: b\r\n\r\nx\r\n"),
    "a CR at the end": (b"A: b\n\nx\r", b"A: b\r\n\r\nx\r\n"),
    "header without an end": (b"A: b\n", b"A: b\r\n\r\n"),
    "header without a newline": (b"A: b", b"A: b\r\n\r\n"),
    "an empty body": (b"A: b\n\n", b"A: b\r\n\r\n"),
    "empty lines": (b"A: b\n\n\n\nx\n\n\n", b"A: b\r\n\r\n\r\n\r\nx\r\n\r\n\r\n"),
    "nothing": (b"", b"\r\n"),
    "a lone dot": (b"A: b\n\nx\n.\ny\n", b"A: b\r\n\r\nx\r\n.\r\ny\r\n"),
    "a dot at the end": (b"A: b\n\n.\n", b"A: b\r\n\r\n.\r\n"),
    "a dot without a newline": (b"A: b\n\n.", b"A: b\r\n\r\n.\r\n"),
    "leading dots": (b"A: b\n\n.a\n..b\n...\n",
                     b"A: b\r\n\r\n.a\r\n..b\r\n...\r\n"),
    "a dot after a bare CR": (b"A: b\n\nx\r.\ry\n",
                              b"A: b\r\n\r\nx\r\n.\r\ny\r\n"),
    "an attempt to end DATA": (b"A: b\n\nx\r\n.\r\nMAIL FROM:<>\r\n",
                               b"A: b\r\n\r\nx\r\n.\r\nMAIL FROM:<>\r\n"),
    "8-bit text": ("A: b\n\nGrüße\n".encode(),
                   "A: b\r\n\r\nGrüße\r\n".encode()),
    "8-bit fields": (b"Subject: caf\xe9 \xc3\xbc\n\nx\n",
                     b"Subject: caf\xe9 \xc3\xbc\r\n\r\nx\r\n"),
    "NUL in the body": (b"A: b\n\nx\0y\n", b"A: b\r\n\r\nx\0y\r\n"),
    "folded fields": (b"A: b\n c\n\td\n\nx\n", b"A: b\r\n c\r\n\td\r\n\r\nx\r\n"),
    "a blank before the colon": (b"A : b\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "the same field twice": (b"A: b\nA: b\n\nx\n",
                             b"A: b\r\nA: b\r\n\r\nx\r\n"),
    "998 octets": (b"A: b\n\n" + b"x" * 998 + b"\n",
                   b"A: b\r\n\r\n" + b"x" * 998 + b"\r\n"),
    # Bcc, however it is written
    "Bcc": (b"Bcc: e@x.org\nA: b\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "bCC": (b"A: b\nbCC: e@x.org\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "Bcc with a blank": (b"A: b\nBcc : e@x.org\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "Bcc with a tab": (b"A: b\nBcc\t:e@x.org\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "Bcc, folded": (b"Bcc: e@x.org,\n f@x.org,\n\tg@x.org\nA: b\n\nx\n",
                    b"A: b\r\n\r\nx\r\n"),
    "Bcc folded at once": (b"Bcc:\n e@x.org\nA: b\n\nx\n",
                           b"A: b\r\n\r\nx\r\n"),
    "several Bcc": (b"Bcc: e@x.org\nA: b\nBcc: f@x.org\nBcc:\n\nx\n",
                    b"A: b\r\n\r\nx\r\n"),
    "Bcc last, without an end": (b"A: b\nBcc: e@x.org", b"A: b\r\n\r\n"),
    "Resent-Bcc": (b"Resent-Bcc: e@x.org\nA: b\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "Bcc with CRLF": (b"A: b\r\nBcc: e@x.org\r\n\r\nx\r\n",
                      b"A: b\r\n\r\nx\r\n"),
    "Bcc after a bare CR": (b"A: b\r\r\nBcc: e@x.org\n\nx\n",
                            b"A: b\r\n\r\nx\r\n"),
    "Bcc after an mbox line": (b"From x\nBcc: e@x.org\nA: b\n\nx\n",
                               b"A: b\r\n\r\nx\r\n"),
    "Bcc in the body": (b"A: b\n\nBcc: e@x.org\n",
                        b"A: b\r\n\r\nBcc: e@x.org\r\n"),
    "Bcc in an attached message":
        (b"Content-Type: message/rfc822\nBcc: a@x.org\n\nBcc: e@x.org\n\nx\n",
         b"Content-Type: message/rfc822\r\n\r\nBcc: e@x.org\r\n\r\nx\r\n"),
    "what only begins like Bcc": (b"Bcc-Not: e@x.org\nXBcc: f\n\nx\n",
                                  b"Bcc-Not: e@x.org\r\nXBcc: f\r\n\r\nx\r\n"),
}
for how, each in (("BDAT", by_bdat), ("DATA", by_data), ("HELO", bare)):
    for what, (given, want) in ARRIVES.items():
        ran = each.run(TO, stdin=given)
        trial.equal(ran.messages[0].data if ran.messages else ran, want,
                    "%s, by %s" % (what, how))
by_data.file(".msmtprc", by_data.account(*QUIET))
for name in ("sendmail", "msmtp", None):
    ran = by_data.run("-i", TO, stdin=b"A: b\n\n.\nx\n", name=name,
                      bare=True)
    trial.equal(text_of(ran), b"A: b\r\n\r\n.\r\nx\r\n",
                "with -i a lone dot is data (%s)" % name, ran)

# --- lines ---------------------------------------------------------------------------
LONG = b"x" * 1200 + " ü=.\n".encode() + b".\n" + b"y " * 600 + b"\n"
ran = trial.run(TO, stdin=b"A: b\n\n" + LONG)
head, _, body = text_of(ran).partition(b"\r\n\r\n")
trial.ok(b"Content-Transfer-Encoding: quoted-printable" in head and
         b"MIME-Version: 1.0" in head and
         max(map(len, body.split(b"\r\n"))) <= 76 and
         quopri.decodestring(body).replace(b"\r\n", b"\n") == LONG,
         "lines of more than 998 octets become quoted-printable", ran)
ran = trial.run(TO, stdin=b"A: b\n\n" + LONG,
                config=trial.account("long_lines pass", *QUIET))
trial.equal(text_of(ran), b"A: b\r\n\r\n" + LONG.replace(b"\n", b"\r\n"),
            "long_lines pass leaves them")
for what, head in {
        "in a multipart": b"Content-Type: multipart/mixed; boundary=b\n",
        "in base64": b"Content-Type: text/plain\n"
                     b"Content-Transfer-Encoding: base64\n",
        "that are no text": b"Content-Type: image/png\n"}.items():
    ran = trial.run(TO, stdin=head + b"\n" + LONG)
    trial.equal(text_of(ran), (head + b"\n" + LONG).replace(b"\n", b"\r\n"),
                "long lines %s go as they are" % what)
ran = trial.run(TO, stdin=b"Content-Type: text/html; charset=utf-8\n"
                b"Content-Transfer-Encoding: 8bit\n\n" + LONG)
mail = email.message_from_bytes(text_of(ran))
trial.ok(mail.get_content_type() == "text/html" and
         mail["Content-Transfer-Encoding"] == "quoted-printable" and
         mail.get_payload(decode=True).replace(b"\r\n", b"\n") == LONG and
         len(mail.get_all("Content-Transfer-Encoding")) == 1,
         "re-encoding keeps the type and has one encoding", ran)
ran = trial.run(TO, stdin=b"A: " + b"x" * 3000 + b"\n\nbody\n")
trial.ok(ran.status == 0 and b"x" * 3000 in
         text_of(ran).replace(b"\r\n", b""), "a long field is no reason to "
         "refuse", ran)
BIG = b"A: b\n\n" + b"0123456789" * 7 * 30000 + b"\n"
for each in (by_bdat, by_data):
    big = re.sub(rb"(\d{70})", rb"\1\n.", BIG)
    ran = each.run(TO, stdin=big)
    trial.ok(ran.status == 0 and
             text_of(ran) == big.replace(b"\n", b"\r\n"),
             "2 MiB with a dot on each line arrive", ran[:3])

# --- what is asked of the server ---------------------------------------------------------
for what, body, each, want in (
        ("7 bits", b"x\n", by_bdat, None),
        ("8 bits", b"\xfc\n", by_bdat, b"BODY=8BITMIME"),
        ("8 bits, where it is not offered", b"\xfc\n", bare, None),
        ("NUL", b"\0\n", by_bdat, None)):
    ran = each.run(TO, stdin=b"A: b\n\n" + body)
    mail = b"".join(x for x in ran.lines if x[:4] == b"MAIL")
    trial.ok(ran.status == 0 and (want in mail if want else
             b"BODY=" not in mail or b"NUL" in what.encode()),
             "%s: BODY is %s" % (what, want), ran)
ran = trial.run(TO, stdin="Subject: ü\n\nx\n".encode())
trial.ok(b"SMTPUTF8" not in b"".join(ran.lines),
         "8-bit fields never ask for SMTPUTF8", ran)

# --- -t ------------------------------------------------------------------------------------
RECIPIENTS = {
    "To, Cc and Bcc": (b"To: a@x.org\nCc: b@x.org\nBcc: c@x.org\n", [],
                       ["a@x.org", "b@x.org", "c@x.org"]),
    "arguments are added": (b"To: a@x.org\n", ["z@x.org"],
                            ["z@x.org", "a@x.org"]),
    "duplicates are merged": (b"To: a@x.org, A <a@X.ORG>\nCc: a@x.org\n",
                              ["a@x.org"], ["a@x.org"]),
    "a local part has case": (b"To: a@x.org, A@x.org\n", [],
                              ["a@x.org", "A@x.org"]),
    "groups": (b"To: G: a@x.org, b@x.org;, H:;, c@x.org\n", [],
               ["a@x.org", "b@x.org", "c@x.org"]),
    "an empty group beside": (b"To: undisclosed-recipients:;\n", ["z@x.org"],
                              ["z@x.org"]),
    "folding, comments, quotes":
        (b'To: "Doe, J" <a@x.org>,\n (no, not@me)\n b@x.org (B),\n'
         b'\t"c, d"@x.org\n', [], ["a@x.org", "b@x.org", '"c, d"@x.org']),
    "several To": (b"To: a@x.org\nTo: b@x.org\n", [],
                   ["a@x.org", "b@x.org"]),
    "a blank before the colon": (b"To : a@x.org\nBcc : b@x.org\n", [],
                                 ["a@x.org", "b@x.org"]),
    "encoded words": (b"To: =?utf-8?q?J=C3=BC=2C?= <a@x.org>\n", [],
                      ["a@x.org"]),
    "a source route": (b"To: <@r.org,@s.org:a@x.org>\n", [], ["a@x.org"]),
    "a literal": (b"To: a@[127.0.0.1]\n", [], ["a@[127.0.0.1]"]),
    "the first Resent block":
        (b"Resent-To: a@x.org\nResent-Cc: b@x.org\nResent-Bcc: c@x.org\n"
         b"Received: x\nResent-To: d@x.org\nTo: e@x.org\nBcc: f@x.org\n", [],
         ["a@x.org", "b@x.org", "c@x.org"]),
    "CRLF": (b"To: a@x.org,\r\n b@x.org\r\n", [], ["a@x.org", "b@x.org"]),
    "empty fields": (b"To:\nCc: ,\nBcc: a@x.org\n", [], ["a@x.org"]),
}
for what, (block, args, want) in RECIPIENTS.items():
    ran = trial.run("-t", *args, stdin=block + b"\nbody\n")
    trial.equal(ran.messages[0].recipients if ran.messages else ran, want,
                "-t: " + what)
    trial.ok(not re.search(rb"(?im)^(resent-)?bcc", text_of(ran)),
             "-t: %s: no Bcc in it" % what, ran)
for block in (b"Subject: x\n", b"To: undisclosed-recipients:;\n", b"To:\n"):
    ran = trial.run("-t", stdin=block + b"\nTo: a@x.org\n")
    trial.refused(ran, 64, "-t finds nobody in %r: 64" % block)
for block in (b"To: b c d\n", b"To: a@b@c\n", b"Cc: <a@x.org\n"):
    ran = trial.run("-t", stdin=block + b"\nx\n")
    trial.refused(ran, 65, "-t cannot read %r: 65" % block)
BROKEN = b"To: a@x.org, b c d\n\nx\n"
ran = trial.run("-t", stdin=BROKEN)
trial.ok(ran.status == 65 and b"b c d" in ran.err and
         [m.recipients for m in ran.messages] == [["a@x.org"]],
         "-t: one that cannot be read does not stop the others", ran)
for domain in ("\u3002x.org", "x.org\u3002", "\xe9\u3002\u3002x.org",
               "x\uff20y.org", "\xe9%s.org" % ("x" * 80)):
    ran = trial.run("-t", stdin=("To: a@x.org, b@%s\n\nx\n" % domain).encode())
    trial.ok(ran.status == 65 and b"the recipient 'b@" in ran.err and
             [m.recipients for m in ran.messages] == [["a@x.org"]],
             "-t: a domain without a form in ASCII (%s) stops no other" %
             ascii(domain), ran)
ran = trial.run("-t", stdin=BROKEN, config=trial.account("partial off"))
trial.refused(ran, 65, "-t: with partial off it does", b"b c d")
ran = trial.run("-t", TO, stdin=b"Resent-To:\nTo: a@x.org\n\nx\n")
trial.equal(ran.messages[0].recipients if ran.messages else ran, [TO],
            "an empty Resent block is still the one that counts")
ran = trial.run(config=trial.account("read_recipients on", *QUIET),
                stdin=b"To: a@x.org\n\nx\n")
trial.equal(ran.messages[0].recipients if ran.messages else ran, ["a@x.org"],
            "read_recipients on is -t")

# --- what is added ------------------------------------------------------------------------------
def names(data):
    return re.findall(r"(?m)^([A-Za-z-]+)\s*:",
                      data.split(b"\r\n\r\n")[0].decode("latin-1"))


HAS = b"Subject: s\nFrom: a@x.org\nTo: t@x.org\nDate: d\nMessage-ID: <m@x>\n\n"
ADDED = {
    "From, Date, Message-ID": ([], b"Subject: s\n\nx\n",
                               ["From", "Date", "Message-ID", "Subject"]),
    "From, To, Date, Message-ID, in this order":
        (["set_to_header on"], b"Subject: s\n\nx\n",
         ["From", "To", "Date", "Message-ID", "Subject"]),
    "nothing that is there": ([], HAS, ["Subject", "From", "To", "Date",
                                        "Message-ID"]),
    "nothing that is there, in any case":
        ([], b"FROM: a@x.org\ndate : d\nmessage-id: m\n\nx\n",
         ["FROM", "date", "message-id"]),
    "From anew with set_from_header on":
        (["set_from_header on"], HAS, ["From", "Subject", "To", "Date",
                                       "Message-ID"]),
    "To anew with set_to_header on":
        (["set_to_header on"], HAS, ["To", "Subject", "From", "Date",
                                     "Message-ID"]),
    "nothing where all is off": (QUIET, b"Subject: s\n\nx\n", ["Subject"]),
    "all to nothing": ([], b"", ["From", "Date", "Message-ID"]),
    "all to a text": ([], b"hello\n", ["From", "Date", "Message-ID"]),
    "all after an mbox line": ([], b"From x\nA: b\n\nx\n",
                               ["From", "Date", "Message-ID", "A"]),
    "Bcc, where it is to stay":
        (["remove_bcc_headers off", *QUIET], b"Bcc: e@x.org\nA: b\n\nx\n",
         ["Bcc", "A"]),
}
for what, (config, stdin, want) in ADDED.items():
    ran = trial.run(TO, stdin=stdin, config=trial.account(*config))
    trial.equal(names(text_of(ran)), want, "added: " + what, ran)
FROM = {
    "the address alone": ([], [], "me@example.org"),
    "-F": (["-F", "Ada Lovelace"], [], "Ada Lovelace <me@example.org>"),
    "-F with a comma": (["-F", "Lovelace, Ada"], [],
                        '"Lovelace, Ada" <me@example.org>'),
    "-F with quotes": (["-F", 'A "B" C'], [], '"A \\"B\\" C" <me@example.org>'),
    "from_full_name": ([], ["from_full_name Ada L"], "Ada L <me@example.org>"),
    "-F before from_full_name": (["-F", "B"], ["from_full_name A"],
                                 "B <me@example.org>"),
    "-f": (["-f", "x@example.org"], [], "x@example.org"),
    "-F with -f": (["-fx@example.org", "-FX Y"], [], "X Y <x@example.org>"),
}
for what, (args, config, want) in FROM.items():
    ran = trial.run(*args, TO, stdin=b"A: b\n\nx\n",
                    config=trial.account(*config))
    trial.ok(text_of(ran).startswith(b"From: " + want.encode() + b"\r\n"),
             "From by %s" % what, ran)
ran = trial.run("-F", "Jürgen Größer " * 8, TO, stdin=b"A: b\n\nx\n",
                config=trial.account())
trial.ok(all(len(x) <= 78 and x.isascii() for x in
             text_of(ran).split(b"\r\n")) and
         str(email.header.make_header(email.header.decode_header(
             email.message_from_bytes(text_of(ran))["From"]))).strip() ==
         "Jürgen Größer " * 8 + "<me@example.org>",
         "a long UTF-8 name is encoded and folded", ran)
ran = trial.run("-F", "Ada", TO, stdin=b"From: x@x.org\n\nx\n",
                config=trial.account())
trial.ok(b"Ada" not in text_of(ran), "-F leaves a From that is there", ran)
ran = trial.run("-f", "", TO, stdin=b"A: b\n\nx\n", config=trial.account())
trial.ok(re.match(rb"From: MAILER-DAEMON", text_of(ran)) and
         ran.messages[0].sender == "", "the null sender has a From", ran)
ran = trial.run("-t", stdin=b"To: a@x.org\nCc: b@x.org\nBcc: hid@x.org\n\nx\n",
                config=trial.account("set_to_header on"))
trial.ok(b"hid" not in text_of(ran) and b"To: a@x.org, b@x.org" in
         text_of(ran) and len(ran.messages[0].recipients) == 3,
         "set_to_header on never shows Bcc", ran)
ran = trial.run("-t", stdin=b"To: a@x.org\nBcc: hid@x.org\n\nx\n",
                config=trial.account("set_to_header undisclosed_recipients"))
trial.ok(b"To: undisclosed-recipients:;\r\n" in text_of(ran) and
         b"x.org" not in text_of(ran), "undisclosed_recipients names nobody",
         ran)
many = ["user%d@example.com" % i for i in range(100)]
ran = trial.run(*many, stdin=b"A: b\n\nx\n",
                config=trial.account("set_to_header on"))
mail = email.message_from_bytes(text_of(ran), policy=email.policy.SMTP)
trial.ok([a.addr_spec for a in mail["To"].addresses] == many and
         max(map(len, text_of(ran).split(b"\r\n"))) <= 78,
         "a long To is folded", ran)
one, two = (trial.run(TO, stdin=b"", config=trial.account()) for _ in "ab")
ids = [re.search(rb"Message-ID: (<[^<>@ ]+@example\.org>)\r\n", text_of(r))
       for r in (one, two)]
trial.ok(all(ids) and ids[0][1] != ids[1][1], "each Message-ID is another",
         one, two)
trial.ok(re.search(rb"Date: \w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r",
                   text_of(one)), "Date is as RFC 5322 wants it", one)
by_data.sink.close()
bare.sink.close()
trial.done()
