"""Cases about the message: recipients, headers, aliases, bodies."""
import cases
from cases import DSN, MESSAGE, TO, account, send, shown

HEADS = {
    "To": b"To: a@x.example\n",
    "To, Cc, Bcc": b"To: a@x.example\nCc: b@x.example\nBcc: c@x.example\n",
    "two To": b"To: a@x.example\nTo: b@x.example\n",
    "names and comments": b"To: Ada Lovelace <a@x.example>, b@x.example (Bob),"
        b" \"C, D\" <c@x.example>\n",
    "a group": b"To: friends: a@x.example, B <b@x.example>;, c@x.example\n",
    "an empty group": b"To: undisclosed-recipients:;\nCc: a@x.example\n",
    "folded": b"To: a@x.example,\n b@x.example,\n\tc@x.example\n",
    "folded Bcc": b"To: a@x.example\nBcc: b@x.example,\n c@x.example\nX: y\n",
    "lower case": b"to: a@x.example\nbCC: b@x.example\n",
    "an empty Bcc": b"To: a@x.example\nBcc:\n",
    "an empty To": b"To:\nCc: a@x\n",
    "Resent": b"Resent-To: r@x.example\nResent-Cc: s@x.example\nTo: a@x.example"
        b"\nCc: b@x.example\n",
    "two Resent blocks": b"Resent-To: r@x.example\nReceived: by x\n"
        b"Resent-To: s@x.example\nTo: a@x.example\n",
    "Resent-Bcc": b"Resent-To: r@x.example\nResent-Bcc: hidden@x.example\n"
        b"To: a@x.example\n",
    "Resent-From alone": b"Resent-From: r@x.example\nTo: a@x.example\n",
    "nested comments": b"To: a@x.example (one (two) three), b@x.example\n",
    "a name alone": b"To: root\n", "encoded names":
        b"To: =?utf-8?q?J=C3=B6rg?= <a@x.example>\n",
    "duplicates": b"To: a@x.example, a@x.example\nCc: A@X.example\n",
    "a quoted local part": b"To: \"john doe\"@x.example\n",
    "an address literal": b"To: bob@[192.0.2.1]\n",
    "a blank before the colon": b"To: a@x.example\nBcc : b@x.example\n",
    "raw UTF-8": "To: Jörg <a@x.example>\nSubject: Grüße\n".encode(),
    "no recipients": b"Subject: nobody\n",
    "a trailing comma": b"To: a@x.example,\n", "two commas":
        b"To: a@x.example,,b@x.example\n", "no space": b"To:a@x.example\n",
    "a route": b"To: <@r.example:a@x.example>\n",
    "a semicolon": b"To: a@x.example; b@x.example\n",
    "many": b"To: " + b",\n ".join(b"u%d@x.example" % i for i in range(120))
        + b"\n",
}


def recipients():
    for what, head in HEADS.items():
        yield send("-t: " + what, args=["-t"], to=None,
                   stdin=head + b"\nbody\n")
        yield send("-t and an argument: " + what, args=["-t"],
                   stdin=head + b"\nbody\n")
        yield send("no -t: " + what, stdin=head + b"\nbody\n")
    for words in (["a@x.example", "b@x.example"], ["a@x.example,b@x.example"],
                  ["A <a@x.example>"], ['"A, B" <a@x.example>, b@x.example'],
                  ["a@x.example", "a@x.example"], ["root"], ["--", "-x@y.z"],
                  ["<a@x.example>"], ["a@x.example (Ada)"], [""], [" "], [],
                  ["a b@x.example"], ["a@x.example b@x.example"], ["<>"],
                  ["g: a@x.example, b@x.example;"], ["jörg@x.example"],
                  ["a@bücher.example"], ['"a b"@x.example'], ["a@[192.0.2.1]"],
                  ["a..b@x.example"], [".a@x.example"], ["a.@x.example"],
                  ["a@x_y.example"], ["a@-x.example"], ["a@x.example."],
                  ["a/b=c{d}!@x.example"], ["@x.example"], ["a@"],
                  ["u%d@x.example" % i for i in range(150)]):
        shown_words = " ".join(words)
        yield send("arguments: %d: %s" % (len(words), shown_words[:60]),
                   to=None, args=words)
    yield send("-t with -oi", args=["-t", "-oi"], to=None,
               stdin=HEADS["To"] + b"\nx\n")
    for args in ([], ["-t"], ["-f", "x@y.example"]):
        yield shown("-P and nobody: " + " ".join(args), args=args, to=None)
    yield send("-i -t -f", args=["-i", "-f", "x@y.example", "-t"], to=None,
               stdin=HEADS["To"] + b"\n.\nx\n")


# --- headers that are added, replaced, removed ------------------------------
FROM_ADA, DATE, ID = (b"From: Ada <ada@own.example>\n",
                      b"Date: Mon, 05 Jan 2026 10:00:00 +0000\n",
                      b"Message-ID: <own@id.example>\n")
PRESENT = {
    "nothing": b"", "From": FROM_ADA, "Date": DATE, "Message-ID": ID,
    "all": FROM_ADA + DATE + ID, "two From": FROM_ADA + FROM_ADA,
    "a folded From": b"From: Ada\n <ada@own.example>\n",
    "an empty From": b"From:\n", "names in other case":
        b"from: a@own.example\ndate: x\nmessage-id: y\n",
    "Resent-From": b"Resent-From: r@own.example\n",
}
WISHES = {
    "auto": [], "set_from_header on": ["set_from_header on"],
    "set_from_header off": ["set_from_header off"],
    "set_date_header off": ["set_date_header off"],
    "set_msgid_header off": ["set_msgid_header off"],
    "old names": ["add_missing_from_header off", "add_missing_date_header off"],
    "undisclosed_recipients": ["undisclosed_recipients on"],
    "set_to_header on": ["set_to_header on"],
    "remove_bcc_headers off": ["remove_bcc_headers off"],
    "keepbcc": ["keepbcc on"], "a domain": ["domain d.example"],
}


def headers():
    for wish, lines in WISHES.items():
        for what, head in PRESENT.items():
            yield send("headers: %s with %s" % (wish, what), *lines,
                       stdin=head + b"To: t@x.example\nBcc: h@x.example\n"
                       b"Subject: s\n\nbody\n")
    for name in ("Ada Lovelace", "Ada", "Doe, John", "J. Doe", 'A "B" C',
                 "Jörg", "Äöü" * 30, "a@b", "(x)", "", " x ", "A\\B"):
        yield send("-F " + name[:20], args=["-F", name])
        yield send("-F %s beside From" % name[:20], args=["-F", name],
                   stdin=FROM_ADA + b"\nx\n")
        yield send("from_full_name " + name[:20], "from_full_name " + name)
    yield send("-F wins over from_full_name", "from_full_name In File",
               args=["-F", "On Line"])
    yield send("from_full_name and set_from_header on", "from_full_name Me",
               "set_from_header on", stdin=FROM_ADA + b"\nx\n")
    yield send("an added From has the sender of -f",
               args=["-f", "x@y.example"])
    yield send("an added From for nobody", args=["-f", "<>"])
    for option in ("--set-from-header=on", "--set-from-header=off",
                   "--set-date-header=off", "--set-msgid-header=off",
                   "--add-missing-from-header=off", "--set-to-header=on",
                   "--add-missing-date-header=off", "--remove-bcc-headers=off",
                   "--undisclosed-recipients", "--keepbcc"):
        yield send("headers by option: " + option, args=[option],
                   stdin=b"To: t@x.example\nBcc: h@x.example\n\nx\n")
    for zone in ("UTC", "Europe/Berlin", "America/St_Johns"):
        yield send("Date in " + zone, env={"TZ": zone})
    yield send("Date in another language", env={"LC_ALL": "de_DE.UTF-8"})


# --- what comes as a message ------------------------------------------------
BODIES = {
    "empty": b"", "a header alone": b"Subject: x\n",
    "a header without its end": b"Subject: x", "an empty line alone": b"\n",
    "no body": b"Subject: x\n\n", "no final newline": b"Subject: x\n\nbody",
    "only text": b"hello world\n", "only text, more lines":
        b"hello world\nand more\n\nand more\n",
    "text with a colon": b"hello: world\nand more\n",
    "an mbox line": b"From ada Mon Jan  5 10:00:00 2026\nSubject: x\n\nb\n",
    "an mbox line in the body": b"Subject: x\n\nFrom here on\n",
    "CRLF": b"Subject: x\r\n\r\nbody\r\nmore\r\n",
    "mixed line ends": b"Subject: x\r\nX: y\n\nbody\r\nmore\n",
    "CRLF in the header only": b"Subject: x\r\n\r\nbody\nmore\n",
    "a lone CR in the body": b"Subject: x\n\na\rb\n",
    "a lone CR in the header": b"Subject: a\rb\n\nbody\n",
    "CR CR LF": b"Subject: x\n\na\r\r\nb\n",
    "CR at the end": b"Subject: x\n\nbody\r",
    "dots": b"Subject: x\n\n.\n..\n.a\na.\n. \n\n.\n",
    "a dot at the end": b"Subject: x\n\nbody\n.",
    "8-bit": "Subject: Grüße\n\nGrüße\n".encode(),
    "latin 1": b"Subject: \xfc\n\n\xfc\n", "NUL": b"Subject: x\n\na\0b\n",
    "blank lines at the end": b"Subject: x\n\nbody\n\n\n\n",
    "blank lines first": b"\n\nSubject: x\n\nbody\n",
    "a line of 998": b"Subject: x\n\n" + b"a" * 998 + b"\n",
    "a line of 999": b"Subject: x\n\n" + b"a" * 999 + b"\n",
    "a line of 5000": b"Subject: x\n\n" + b"a" * 5000 + b"\n",
    "a header line of 2000": b"X: " + b"y " * 1000 + b"\n\nbody\n",
    "a folded header": b"Subject: a\n b\n\tc\n\nbody\n",
    "a header that is none": b"Subject: x\nnot a header\nX: y\n\nbody\n",
    "100 KiB": b"Subject: x\n\n" + b"0123456789abcde\n" * 6400,
    "4095 and a CRLF": b"Subject: x\n\n" + (b"a" * 60 + b"\r\n") * 70,
    "MIME": b"Mime-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n\none\n--b\nContent-Type: message/rfc822\n\nBcc: k@x\n\nx\n"
        b"--b--\n",
    "a tab line as end of the header": b"Subject: x\n\t\n\nbody\n",
    "spaces at line ends": b"Subject: x  \n\nbody  \n",
}


def bodies():
    for what, stdin in BODIES.items():
        yield send("message: " + what, stdin=stdin)
    for what in ("8-bit", "latin 1", "a line of 999", "NUL", "dots", "CRLF",
                 "no final newline", "a lone CR in the body"):
        yield send("message by LMTP: " + what, "port 2525", "protocol lmtp",
                   stdin=BODIES[what])
        yield send("message to a server with everything: " + what,
                   script=cases.peer.Script(offers=(
                       "8BITMIME", "SIZE 1000000", "DSN", "SMTPUTF8",
                       "PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES")),
                   stdin=BODIES[what])


# --- aliases ----------------------------------------------------------------
ALIASES = """# those of this machine
root: ada@x.example
two: a@x.example, b@x.example
Case: upper@x.example
chain: middle
middle: end
end: e@x.example   # the last
local: someone
mixed: a@x.example, end
"""
MANY = "many: " + ", ".join("u%d@x" % i for i in range(32)) + "\n"
MORE = "many: " + ", ".join("u%d@x" % i for i in range(40)) + "\n"
NAMES = (["root"], ["two"], ["Case"], ["case"], ["chain"], ["local"],
         ["mixed"], ["nobody"], ["root@localhost"], ["root", "bob@x.example"],
         ["bob@x.example", "root"], ["root", "two"], ["two", "root", "Case"],
         ["root", "root"], ["Root"], ["postmaster", "root"])
FILES = {
    "many": (MANY, ["many"]), "more than 32": (MORE, ["many"]),
    "default": ("default: d@x.example\nroot: r@x\n", ["unknown"]),
    "default beside a name": ("default: d@x\nroot: r@x\n", ["root"]),
    "default is local": ("default: root\nroot: r@x\n", ["unknown"]),
    "a loop": ("a: b\nb: a\n", ["a"]), "itself": ("a: a\n", ["a"]),
    "a chain of 16": ("".join("a%d: a%d\n" % (i, i + 1) for i in range(15)) +
                      "a15: z@x\n", ["a0"]),
    "a chain of 20": ("".join("a%d: a%d\n" % (i, i + 1) for i in range(19)) +
                      "a19: z@x\n", ["a0"]),
    "no colon": ("root ada@x\n", ["root"]),
    "no colon, not needed": ("root ada@x\n", ["bob@x.example"]),
    "two colons": ("root: a:b\n", ["root"]),
    "no target": ("root:\n", ["root"]), "no name": (": a@x\n", ["root"]),
    "blank lines": ("\n\n  \nroot: r@x\n", ["root"]),
    "blanks": ("  root  :   r@x ,  s@x  \n", ["root"]),
    "tabs": ("root:\tr@x,\ts@x\n", ["root"]),
    "no last newline": ("root: r@x", ["root"]),
    "CRLF": ("root: r@x\r\n", ["root"]),
    "twice": ("root: r@x\nroot: s@x\n", ["root"]),
    "a name of a person": ("root: Ada <r@x>\n", ["root"]),
    "a command": ("root: |/bin/cat\n", ["root"]),
    "a file": ("root: /var/mail/root\n", ["root"]),
    "an include": ("root: :include:/x\n", ["root"]),
    "continued": ("root: r@x,\n  s@x\n", ["root"]),
    "quoted": ('"root": r@x\n', ["root"]),
    "duplicates": ("root: r@x, r@x\n", ["root", "r@x"]),
    "an address as a name": ("ada@x.example: r@x\n", ["ada@x.example"]),
    "a long line": ("root: " + ",".join("u%d@x" % i for i in range(30)) +
                    "x" * 400 + "\n", ["root"]),
    "empty": ("", ["root"]), "a comment in a line":
        ("root: r@x # not s@x\n", ["root"]),
}


def aliases():
    for names in NAMES:
        yield send("aliases: " + " ".join(names), "aliases ~/aliases",
                   args=names, to=None, files={"aliases": ALIASES})
    for what, (text, names) in FILES.items():
        yield send("alias file: " + what, "aliases ~/aliases", args=names,
                   to=None, files={"aliases": text})
    yield send("alias file: missing", "aliases ~/none", args=["root"], to=None)
    yield send("alias file: missing, not needed", "aliases ~/none")
    yield send("alias file: by option", args=["--aliases=aliases", "root"],
               to=None, files={"aliases": ALIASES})
    yield send("alias file: of the header", "aliases ~/aliases", args=["-t"],
               to=None, files={"aliases": ALIASES},
               stdin=b"To: root, bob@x.example\nCc: two\n\nx\n")
    yield send("alias file: with undisclosed", "aliases ~/aliases",
               "undisclosed_recipients on", args=["root"], to=None,
               files={"aliases": ALIASES})
    yield shown("alias file: -P", "aliases ~/aliases", args=["root"], to=None,
                files={"aliases": ALIASES})
    yield shown("alias file: -P and a mistake", "aliases ~/aliases",
                args=["root"], to=None, files={"aliases": "root x\n"})
    yield send("alias file: logged", "aliases ~/aliases", "logfile ~/log",
               args=["two"], to=None, files={"aliases": ALIASES})


# --- DSN --------------------------------------------------------------------
def dsn():
    for notify in ("off", "never", "failure", "delay", "success",
                   "failure,delay", "failure,delay,success",
                   "success,failure"):
        for ret in ("off", "headers", "full"):
            yield send("dsn: %s %s" % (notify, ret), "dsn_notify " + notify,
                       "dsn_return " + ret, script=DSN,
                       args=["second@x.example"])
    for args in (["-N", "failure"], ["-Nnever"], ["-N", "delay,success"],
                 ["-R", "hdrs"], ["-Rfull"], ["-N", "failure", "-R", "headers"],
                 ["--dsn-notify=off"], ["--dsn-return=off"], ["-N", ""],
                 ["-N", "failure,never"], ["-R", "x"]):
        yield send("dsn: " + " ".join(args), "dsn_notify success",
                   "dsn_return full", script=DSN, args=args)
    yield send("dsn: not offered", "dsn_notify failure")
    yield send("dsn: return, not offered", "dsn_return full")
    yield send("dsn: LMTP", "dsn_notify failure", "protocol lmtp",
               "port 2525", script=DSN)


assert MESSAGE and TO and account
GROUPS = (recipients, headers, bodies, aliases, dsn)
