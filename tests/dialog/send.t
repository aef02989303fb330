#!/usr/bin/env python3
"""What postrider send makes, read by Python's email package."""
import email
import email.policy
import os
import random
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from trial import Trial, text_of  # noqa: E402

TO = "bob@example.com"
trial = Trial()
noise = random.Random(7)


def send(*args, stdin=b"", **more):
    return trial.run("send", *args, stdin=stdin, **more)


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.SMTP)


def content(part):
    return part.get_payload(decode=True)


def lines(text):
    """Text parts travel with CRLF; what was meant is LF."""
    return text.replace(b"\r\n", b"\n")


def well_formed(data):
    """What every message must be, whatever is in it."""
    head = data.split(b"\r\n\r\n")[0]
    rest = data.replace(b"\r\n", b"")
    return (b"\r" not in rest and b"\n" not in rest and
            all(c < 128 for c in head) and
            max(len(x) for x in data.split(b"\r\n")) <= 998 and
            max(len(x) for x in head.split(b"\r\n")) <= 78)


def attachments(message):
    return [(p.get_filename(), p.get_content_type(), content(p))
            for p in message.walk()
            if p.get_content_disposition() == "attachment"]


# --- the one that was asked for -----------------------------------------------------
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(noise.randrange(256) for _ in range(5000))
PDF = b"%PDF-1.4\n" + bytes(noise.randrange(256) for _ in range(777))
HTML = "<p>Gr\u00fc\u00dfe, <b>Bob</b></p>\n".encode()
trial.file("photo.png", PHOTO)
trial.file("Überweisung märz.pdf", PDF)
trial.file("page.html", HTML)
ran = send("--to", TO, "--attach", "photo.png", "--attach",
           "Überweisung märz.pdf", "--html", "page.html", "--body", "text")
mail = parse(text_of(ran))
trial.ok(ran.status == 0 and not ran.out and not ran.err and
         len(ran.messages) == 1, "photo, PDF, HTML and text are sent", ran)
trial.ok(well_formed(text_of(ran)), "its lines are as RFC 5322 wants them",
         text_of(ran)[:2000])
trial.equal([p.get_content_type() for p in mail.walk()],
            ["multipart/mixed", "multipart/alternative", "text/plain",
             "text/html", "image/png", "application/pdf"],
            "alternative inside mixed, types from the names")
trial.equal(attachments(mail),
            [("photo.png", "image/png", PHOTO),
             ("Überweisung märz.pdf", "application/pdf", PDF)],
            "every name, type and byte of the files is right")
plain, html = (mail.get_body((k,)) for k in ("plain", "html"))
trial.equal((plain.get_content_charset(), lines(content(plain)).rstrip(b"\n")),
            ("utf-8", b"text"), "the text is right")
trial.equal((html.get_content_charset(), lines(content(html))),
            ("utf-8", HTML), "the HTML is right")
trial.equal((mail["To"], mail["From"], mail["MIME-Version"]),
            (TO, "me@example.org", "1.0"), "To, From, MIME-Version")
trial.ok(mail["Date"] and mail["Message-ID"] and not mail.defects and
         not any(p.defects for p in mail.walk()), "Date, Message-ID, no defect",
         mail.items())
raw = text_of(ran)
trial.ok(all(len(x) <= 76 for x in raw.split(b"\r\n\r\n")[-1].split(b"\r\n")
             if re.fullmatch(rb"[A-Za-z0-9+/=]+", x)), "base64 at 76 columns")

# --- files ----------------------------------------------------------------------------
NAMES = {
    "plain.txt": b"text\n", "empty.bin": b"", "two words.dat": b"\0\1\2",
    'quo"ted.txt': b"q\n", "back\\slash.txt": b"b\n", "semi;colon=.txt": b"s",
    "emoji \U0001f600.gif": b"GIF89a", "percent%41'.txt": b"p\n",
    "n" * 200 + ".txt": b"long\n", "ü" * 90 + ".txt": b"long too\n",
    "日本語.zip": b"PK\3\4", "comma,(paren)<a@b>.txt": b"c\n",
    "no-extension": b"#!/bin/sh\n", "UPPER.PNG": PHOTO, ".hidden": b"h\n",
    "crlf.txt": b"a\r\nb\r\n", "dots.txt": b".\n..\n.\n", "nul.txt": b"a\0b\n",
    "latin1.txt": b"caf\xe9\n", "lonelf.csv": b"a,b\nc,d", "cr.txt": b"a\rb\r",
}
for name, data in NAMES.items():
    trial.file("files/" + name, data)
ran = send("--to", TO, "--body", "see files",
           *[w for n in NAMES for w in ("--attach", "files/" + n)])
found = attachments(parse(text_of(ran)))
trial.equal([n for n, _, _ in found], list(NAMES), "odd names arrive", ran)
for (name, kind, data), (want, wanted) in zip(found, NAMES.items()):
    trial.equal(data, wanted, "the bytes of %.30s are right" % ascii(want))
trial.ok(well_formed(text_of(ran)), "with odd names lines are short")
types = {n: k for n, k, _ in found}
trial.equal((types.get("UPPER.PNG"), types.get("plain.txt"),
             types.get("no-extension")),
            ("image/png", "text/plain", "application/octet-stream"),
            "types are guessed from the extension, in any case")

many = 150
for i in range(many):
    trial.file("many/%d.txt" % i, "%d\n" % i)
ran = send("--to", TO, "--body", "x",
           *[w for i in range(many) for w in ("--attach", "many/%d.txt" % i)])
trial.equal([(n, d) for n, _, d in attachments(parse(text_of(ran)))],
            [("%d.txt" % i, b"%d\n" % i) for i in range(many)],
            "150 files arrive in order")

big = bytes(noise.getrandbits(8) for _ in range(65536)) * 80
trial.file("big.bin", big)
ran = send("--to", TO, "--body", "x", "--attach", "big.bin")
trial.ok(ran.status == 0 and
         attachments(parse(text_of(ran)))[0][2] == big, "5 MiB arrive", ran[:4])

INNER = (b"From: eve@example.com\nBcc: hidden@example.com\nSubject: in\n"
         b"\ninner\n.\n")
trial.file("mail.eml", INNER)
ran = send("--to", TO, "--body", "x", "--attach", "mail.eml:message/rfc822")
part = list(parse(text_of(ran)).walk())[2]
trial.ok(part.get_content_type() == "message/rfc822" and
         part["Content-Transfer-Encoding"] in (None, "7bit", "8bit"),
         "message/rfc822 is not encoded (RFC 2046, 5.2.1)", ran)
trial.equal(part.get_payload(0)["Bcc"], "hidden@example.com",
            "Bcc of an attached message stays")
trial.ok(b"\r\ninner\r\n.\r\n" in text_of(ran),
         "a lone dot in it arrives")

for given, want in {
        "photo.png:image/x-other": "image/x-other",
        "plain:text/csv": "text/csv", "a:b.txt": "text/plain",
        "a:b.txt:application/json": "application/json",
        "plain:multipart/mixed": "application/octet-stream"}.items():
    trial.file("plain", "a,b\n")
    trial.file("a:b.txt", "colon\n")
    ran = send("--to", TO, "--body", "x", "--attach", given)
    found = attachments(parse(text_of(ran)))
    trial.equal(found[0][1] if found else ran, want,
                "--attach %s is %s" % (given, want))
for given in ("missing.txt", "missing.txt:text/plain", "files", "",
              "/dev/zero"):
    ran = send("--to", TO, "--body", "x", "--attach", given)
    trial.refused(ran, 66, "--attach '%s' is refused with 66" % given)
for flag in ("--html", "--body-file"):
    trial.refused(send("--to", TO, flag, "missing.txt"), 66,
                  flag + " missing.txt is refused with 66", b"missing.txt")
    trial.refused(send("--to", TO, flag, "/"), 66,
                  flag + " / is refused with 66", b"directory")
ran = send("--to", TO, "--attach", "photo.png", "--body-file", "/dev/null")
trial.equal([p.get_content_type() for p in parse(text_of(ran)).walk()],
            ["multipart/mixed", "image/png"],
            "an empty text is no part beside a file")
ran = send("--to", TO, "--html", "page.html")
trial.equal(parse(text_of(ran)).get_content_type(), "text/html",
            "nothing on stdin is no alternative to the HTML")
for given in ("plain:text", "plain:te xt/plain"):
    trial.refused(send("--to", TO, "--body", "x", "--attach", given), 66,
                  "--attach '%s' is a file that is missing" % given)

# --- texts ----------------------------------------------------------------------------
for what, text in {
        "empty": "", "ASCII": "one\ntwo\n", "UTF-8": "Grüße\n€\n",
        "equals signs": "a=b =3D=\n", "blanks at line ends": "a \nb\t\n",
        "a lone dot": ".\n..\n", "From": "From me\nFrom: me\n",
        "a long line": "x" * 5000 + "\n", "a long UTF-8 line": "ü" * 3000,
        "a boundary": "--=_\n--\n"}.items():
    for how in ("--body", "--body-file", "stdin"):
        if how == "stdin":
            ran = send("--to", TO, stdin=text.encode())
        elif how == "--body":
            ran = send("--to", TO, "--body", text)
        else:
            trial.file("text", text)
            ran = send("--to", TO, "--body-file", "text")
        mail = parse(text_of(ran))
        got = lines(content(mail) or b"").decode()
        trial.ok(ran.status == 0 and well_formed(text_of(ran)) and
                 got.rstrip("\n") == text.rstrip("\n"),
                 "%s by %s arrives" % (what, how), text, got, ran)
for what, text in {"Latin-1": b"caf\xe9\n", "a surrogate": b"\xed\xa0\x80",
                   "an overlong form": b"\xc0\xaf", "half": b"x\xc3"}.items():
    trial.file("text", text)
    trial.refused(send("--to", TO, "--body-file", "text"), 65,
                  "%s as text is refused with 65" % what, b"UTF-8")
    trial.refused(send("--to", TO, "--body", "x", "--html", "text"), 65,
                  "%s as HTML is refused with 65" % what, b"UTF-8")
trial.refused(send("--to", TO, "--body", b"caf\xe9"), 65,
              "Latin-1 in --body is refused with 65", b"UTF-8")

# --- headers --------------------------------------------------------------------------
for what, subject in {
        "ASCII": "hello", "UTF-8": "Grüße aus Köln",
        "emoji": "\U0001f600" * 40, "long": "word " * 60 + "end",
        "long without blanks": "x" * 500, "looks encoded": "=?utf-8?q?hi?=",
        "one letter": "ü", "long UTF-8": "Übergrößenträger " * 20 + "x",
        "blank at both ends": " a "}.items():
    ran = send("--to", TO, "--subject", subject, "--body", "x")
    mail = parse(text_of(ran))
    got = str(mail["Subject"])
    if what == "long without blanks":
        good = max(map(len, text_of(ran).split(b"\r\n"))) <= 998
    else:
        good = well_formed(text_of(ran))
    trial.ok(good and got.strip() == subject.strip() and ran.status == 0,
             "subject: %s" % what, subject, got, text_of(ran))
trial.refused(send("--to", TO, "--subject", b"caf\xe9", "--body", "x"), 65,
              "a Latin-1 subject is refused with 65")
for address in ('Jürgen Groß <jg@example.com>', '"Doe, John" <jd@example.com>',
                'John "J" Doe <jd@example.com>', 'O\'Neil (x) <on@example.com>',
                '日本 太郎 <jp@example.com>', '"a b"@example.com',
                '%s <long@example.com>' % ("Ünï " * 30).strip()):
    ran = send("--to", address, "--from", "Frau Öz <me@example.org>",
               "--cc", address.replace("@ex", "2@ex"), "--body", "x")
    mail = parse(text_of(ran))
    where = re.search(r'("a b"|[a-z]+)@example.com', address)[0]
    boxes = mail["To"].addresses if mail["To"] else ()
    trial.ok(ran.status == 0 and well_formed(text_of(ran)) and
             [b.addr_spec for b in boxes] == [where] and
             str(mail["From"]) == "Frau Öz <me@example.org>" and
             ran.messages[0].recipients ==
             [where, where.replace("@", "2@") if where[0] != '"' else
              '"a b"2@example.com'] if where[0] != '"' else True,
             "display name of %.40s" % ascii(address), ran)
    if "<" in address and '"J"' not in address and "(" not in address:
        name = address.split(" <")[0].strip('"')
        # Python 3.11 keeps the blank between encoded words of a phrase.
        trial.equal(re.sub("  +", " ", boxes[0].display_name), name,
                    "it is read as written")
ran = send("--to", "ann@example.com, Bo <bo@example.com>", "--to", TO, "--cc",
           "cy@example.com", "--bcc", "dy@example.com", "--reply-to",
           "re@example.org", "--header", "X-Color: grün", "--header",
           "List-Id: <a.b.example.com>", "--body", "x", "ed@example.com")
mail = parse(text_of(ran))
trial.equal(ran.messages[0].recipients if ran.messages else ran,
            ["ann@example.com", "bo@example.com", TO, "ed@example.com",
             "cy@example.com", "dy@example.com"],
            "recipients of --to, operands, --cc and --bcc")
trial.ok(b"dy@example.com" not in text_of(ran) and not mail["Bcc"],
         "--bcc is not in the message")
trial.equal((mail["To"], mail["Cc"], mail["Reply-To"], mail["X-Color"],
             mail["List-Id"]),
            ("ann@example.com, Bo <bo@example.com>, bob@example.com, "
             "ed@example.com", "cy@example.com", "re@example.org", "grün",
             "<a.b.example.com>"), "To, Cc, Reply-To and other headers")
ran = send("--bcc", TO, "--body", "x")
trial.ok(ran.status == 0 and TO.encode() not in text_of(ran),
         "--bcc alone sends", ran)
ran = send("--to", "Bücher <jo@bücher.example>", "--body", "x")
trial.ok(b"RCPT TO:<jo@xn--bcher-kva.example>\r\n" in ran.lines and
         b"SMTPUTF8" not in b"".join(ran.lines),
         "a UTF-8 domain becomes A-labels", ran)

# --- the command line ----------------------------------------------------------------------
ran = trial.run("-C", trial.config, "send", "--to", TO, bare=True)
trial.refused(ran, 64, "options before the verb are refused with 64")
ran = trial.run("-C", trial.config, "send", bare=True)
trial.refused(ran, 64, "a recipient called send is refused with 64",
              b"postrider send")
trial.refused(send("--body", "x"), 64, "nobody to send to is 64")
trial.refused(send("--to", "no address", "--body", "x"), 65,
              "what is no address is refused with 65")
trial.refused(send("--to", "a@b@c", "--body", "x"), 65,
              "two @ are refused with 65")
trial.refused(send("--to", "root", "--body", "x"), 67,
              "a name without a domain is refused with 67")
trial.refused(send("--to", TO, "--body", "x", "--body-file", "text"), 64,
              "--body and --body-file exclude each other")
trial.refused(send("--to", TO, "--body", "x", "--at", "soon"), 64,
              "--at wants a time", b"--at: 'soon' is not a time")
trial.refused(send("--to", TO, "--body", "x", "--at", "2020-01-01 12:00"), 64,
              "--at wants a time to come", b"has passed already")
trial.refused(send("--to", TO, "--body", "x", "--at", "+2h"), 78,
              "--at needs a queue", b"no queue")
trial.refused(send("--to", TO, "--body", "x", "--print-id", "--json"), 64,
              "--print-id and --json exclude each other")
trial.refused(send("--body", "x", "--sub", "x"), 64,
              "names of flags are whole", b"--sub")
trial.refused(send("--body", "x"), 64, "nobody: the hint is a flag of send",
              b"--to")
for name in ("Date", "Message-ID", "Sender", "In-Reply-To", "References"):
    trial.refused(send("--to", TO, "--body", "x", "--header", name + ": <a@b>",
                       "--header", name.lower() + ": <c@d>"), 64,
                  "there is one %s only" % name, b"one only")
trial.refused(send("--to", TO, "--colour", "red"), 64,
              "an unknown flag is refused", b"help send")
trial.refused(trial.run("snd", "--to", TO, bare=True), 64,
              "an unknown verb names the nearest", b"postrider send")
trial.refused(trial.run("root", bare=True), 64,
              "a bare local name is no verb", b"postrider send root")
ran = send("--to", TO, "--bcc", "x@example.com", "--subject", "hi", "--body",
           "x", "--dry-run")
head, _, rest = ran.out.partition(b"\n\n")
trial.ok(ran.status == 0 and not ran.lines and
         b"recipient <bob@example.com>" in head and
         b"recipient <x@example.com>" in head and
         b"sender <me@example.org>" in head and
         b"127.0.0.1:%d" % trial.sink.port in head and
         parse(rest)["Subject"] == "hi" and b"x@example.com" not in rest,
         "--dry-run prints envelope and message and sends nothing", ran)
trial.done()
