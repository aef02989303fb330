"""Where postrider, called msmtp, does not do what Debian's msmtp does.

ALL is the list; postrider(1) has the same names and reasons under COMPATIBILITY
(tests/lint/differences.t compares them).  A difference is a name, the reason in
one sentence, and rules: which finding of compare.py, in which cases, with which
values on both sides.  A rule that settles nothing in the whole run is a fault.
"""
import dataclasses
import re


@dataclasses.dataclass
class Rule:
    """Patterns must fit the whole of what they are about; None fits all.
    where(theirs, ours) is for what no pattern can say."""
    field: str                      # or several, with | between
    key: str = None
    theirs: str = None
    ours: str = None
    case: str = None
    status: tuple = None            # of both runs
    where: object = None
    count: int = 0

    def settles(self, case, found, statuses):
        def fits(pattern, value):
            return pattern is None or re.fullmatch(pattern, str(value), re.S)
        good = (re.fullmatch(self.field, found.field) and
                fits(self.key, found.key) and fits(self.theirs, found.theirs)
                and fits(self.ours, found.ours) and fits(self.case, case.name)
                and self.status in (None, statuses)
                and (self.where is None or self.where(found.theirs,
                                                      found.ours)))
        self.count += bool(good)
        return good

    def __str__(self):
        return " ".join("%s=%s" % (f.name, getattr(self, f.name))
                        for f in dataclasses.fields(self) if f.name != "count"
                        and getattr(self, f.name) is not None)


@dataclasses.dataclass
class Difference:
    name: str
    reason: str
    rules: list

    def settles(self, case, found, statuses):
        return any(r.settles(case, found, statuses) for r in self.rules)


def status_pairs(*pairs):
    """Both fail, with other numbers."""
    return [Rule("status", theirs=str(a), ours=str(b)) for a, b in pairs] + [
        Rule("(sys)?log", "exitcode", "EX_(?!OK).*", "EX_(?!OK).*")]


def whole(case, theirs, ours):
    """All that differs in cases of these names, with these statuses."""
    return Rule(".*", case=case, status=(theirs, ours))


def only_quit_more(theirs, ours):
    return isinstance(theirs, list) and ours == theirs + ["QUIT"]


def same_start(theirs, ours):
    """The same server and greeting."""
    return theirs.split("\n")[:2] == ours.split("\n")[:2]


def command(theirs, ours, case=None):
    """One command of the session."""
    return Rule("commands", None, theirs, ours, case)


def header(key, theirs, ours, case=None):
    return Rule("header", key, theirs, ours, case)


EXIT = Difference(
    "exit-statuses",
    "A failure has the status that EXIT STATUS gives it, so that what is for "
    "good and what may be tried again are never the same number.",
    status_pairs((65, 67), (65, 69), (65, 75), (65, 76), (65, 77), (66, 78),
                 (69, 75), (69, 76), (69, 77), (69, 78), (70, 78), (71, 68),
                 (71, 75), (68, 75), (74, 66), (74, 75), (74, 76), (74, 78), (76, 75),
                 (77, 75), (78, 75)))

VERSIONS = Difference(
    "version",
    "The comparison is with msmtp 1.8.23; what versions up to 1.8.33 added or "
    "changed is as there: from_full_name, set_to_header, set_msgid_header in "
    "-P, %F, the bound SCRAM mechanisms, SCRAM before PLAIN, EXTERNAL without "
    "a user, the domain of a Message-ID, Resent-From for "
    "--read-envelope-from, details with wildcards, netrc without a login, and "
    "the word none for logfile_time_format.",
    [whole("setting: (auth scram-sha-.*-plus|from_full_name.*|"
           "set_to_header.*|dsn_return hdrs)", 78, 0),
     whole("option: --set(-to-header.*)?", 64, 0),
     whole("(headers: set_to_header on with|from_full_name|-F wins over "
           "from_full_name|headers by option: --set-to-header).*", 78, 0),
     whole("headers by option: --set-to-header=on", 64, 0),
     Rule("pretend", "set_msgid_header|set_to_header|from_full_name", "None"),
     Rule("pretend", "undisclosed_recipients", "on|off", "None"),
     header("Message-ID", r"\['<ID@.*>'\]", r"\['<ID@.*>'\]"),
     command("AUTH PLAIN .*", "AUTH SCRAM-SHA-.*", "auth: on, tls, .*"),
     Rule("commands|header|pretend|words", case="choice: (-f|From) "
          r"any\+list@wild.example"),
     Rule("commands|header", case="choice: Resent-From before From"),
     Rule("commands|header", case="from %F.*", status=(0, 0)),
     Rule("status|err|commands|messages", case="netrc: the host alone",
          status=(69, 0)),
     Rule("log", "time", "none ", ""),
     whole("choice: --read-envelope-from without From", 78, 64),
     Rule(".*", case="auth: external, no user", status=(65, 0))])

ADDRESSES = Difference(
    "addresses",
    "Addresses are read as RFC 5322 has them and sent as RFC 5321 wants them: "
    "quoted local parts whole, without source routes, brackets and the last "
    "dot of a domain, with A-labels; what is no address is refused.",
    [command(r"RCPT TO:<@x\.example>", r'RCPT TO:<".*"@x\.example>'),
     command(r"RCPT TO:<@r\.example:a@x\.example>", r"RCPT TO:<a@x\.example>"),
     command(r"RCPT TO:<(.?a\.?\.?b?@x\.example)>",
             r'RCPT TO:<"(.?a\.?\.?b?)"@x\.example>'),
     command(r"(MAIL FROM|RCPT TO):<.*\.>", r"(MAIL FROM|RCPT TO):<.*[^.]>"),
     command(r"RCPT TO:<a@bücher.example>",
             r"RCPT TO:<a@xn--bcher-kva.example>"),
     command(r"MAIL FROM:<\.dot@.*", r'MAIL FROM:<"\.dot"@.*'),
     Rule("pretend", "from", r'<.*>|.*\.|"ada"@.*|\.dot@.*', r"[^<>]*[^.<>]"),
     Rule("pretend|words|commands|header",
          case=r'choice: (-f|From) (<ada@.*|ada@work\.example\.|"ada"@.*|'
          r'\.dot@.*)'),
     whole(r"arguments: 1: (a b@x.example|a@x.example b@x.example|"
           r"@x\.example|a@)", 0, 65),
     Rule("status", theirs="64", ours="65", case="arguments: 1: <>"),
     whole("arguments: 1: jörg@x.example", 0, 69),
     whole("from %u@%h", 0, 78)])

REPAIRS = Difference(
    "repairs",
    "A message is repaired: text without a header gets its empty line, as does "
    "what follows a line that is no field, a mbox line is dropped, a lone CR "
    "becomes a line end (in the header a blank), and lines over 998 octets of "
    "text are encoded.",
    [Rule("body|header", case="message.*: (only text.*|text with a colon|"
          "an mbox line|a header that is none|a lone CR in the (body|header)|"
          "CR CR LF|CR at the end|a line of (999|5000)|empty|a header alone|"
          "a header without its end|blank lines first|"
          "a tab line as end of the header)")])

ALL = [
    EXIT, VERSIONS, ADDRESSES, REPAIRS,
    Difference(
        "quit-after-failure",
        "The session ends with QUIT after a refusal too.",
        [Rule("commands", r"\(all\)", where=only_quit_more)]),
    Difference(
        "words-of-errors",
        "Errors are told in other words, on standard error and as errormsg= "
        "in the log.",
        [Rule("(sys)?log", "errormsg", "'.*'", "'.*'")]),
    Difference(
        "log-fields",
        "A log line has account=, id=, tls_version=, time_ms= and queue= "
        "before exitcode=, and smtpstatus= and smtpmsg= also after a refusal "
        "by an LMTP server.",
        [Rule("(sys)?log", "account|id|tls_version|time_ms|queue", "None",
              "(?!None).*"),
         Rule("log", "smtpstatus|smtpmsg", "None", "(?!None).*",
              "LMTP verdicts: .*")]),
    Difference(
        "files-looked-for",
        "-P names every file that was looked for, why it was not read, and "
        "keywords without effect.",
        [Rule("words", "ignoring", "None", r"ignoring system configuration "
              r"file /etc/postrider\.conf: No such file or directory"),
         Rule("words", "ignoring", "None", r"ignoring user configuration "
              r"file .*/(config|\.msmtprc): (another file comes first|No such "
              r"file or directory)"),
         Rule("words", None, "None", ".*: tls_force_sslv3 has no effect.*")]),
    Difference(
        "queue",
        "Under other names than msmtp mail that cannot be sent now is kept in "
        "a queue, whose folder notes how the account fares.",
        [Rule("files", r"\.local/state/postrider/queue/.*", "None",
              case="called .*")]),
    Difference(
        "failed-pretence",
        "Where options or files are wrong, -P may print other lines before it "
        "fails.",
        [Rule("words", status=(s, t)) for s, t in ((64, 64), (78, 78),
                                                   (74, 66), (74, 78))]),
    Difference(
        "time-limits",
        "Every step has a time limit unless timeout says off.",
        [Rule("pretend", "timeout", "off", r"\(not set\)")]),
    Difference(
        "spelling",
        "Keywords and the words that they may have are taken in any case, an "
        "empty value of an option that may be left out counts as left out, and "
        "a list may end in a comma.",
        [whole("setting: (TLS on|Tls On|tls On|syslog log_mail|"
               "dsn_notify failure,|tls_starttls On)", 78, 0),
         whole("option: --tls=(ON)?|option: --auth=", 64, 0)]),
    Difference(
        "version-text",
        "--version and --help print other text.",
        [Rule("out|words", status=(0, 0), case="information: .*|option: "
              "(-d|--debug=)0.1")]),
    Difference(
        "partial-delivery",
        "A recipient that is refused does not stop the others, unless partial "
        "is off.",
        [Rule("commands|messages|log", case="answers to RCPT: .*")]),
    Difference(
        "reply-codes",
        "The first digit of a reply decides, as RFC 5321, section 4.3.2 has "
        "it; a reply may have 256 lines.",
        [whole("answer to .*: 250(-first/250 second)?|a reply of 60 lines", 76,
               0),
         Rule("log", "smtp(status|msg)", "None", "'?250'?",
              "answer to DATA: 250")]),
    Difference(
        "ehlo-put-off",
        "EHLO that is answered 4xx or 530 ends the session; HELO follows only "
        "where the server does not know EHLO.",
        [whole("answer to EHLO: (4.*|530.*)", 0, 75),
         whole("answer to EHLO: 530.*", 0, 77)]),
    Difference(
        "header-refused",
        "A Bcc field is found and removed with a blank before its colon too, "
        "and so is Resent-Bcc.",
        [Rule("header", "|Resent-Bcc", r"\['.*@x\.example'\]", r"\[\]",
              ".*t: .*(a blank before the colon|Resent-Bcc)"),
         Rule("commands|messages", case="-t.*: a blank before the colon")]),
    Difference(
        "duplicates",
        "A recipient that is given twice gets the message once.",
        [Rule("commands", r"\(all\)", case="-t.*: duplicates|arguments: 2: "
              "a@x.example a@x.example|aliases: root root|"
              "alias file: duplicates")]),
    Difference(
        "made-from",
        "The name in a From field that is made is quoted or encoded where it "
        "has to be; for the empty sender the field names MAILER-DAEMON.",
        [header("From", r"\['.* <me@example.org>'\]", None, "-F .*"),
         header("From", r"\['<me@example.org>'\]", r"\['me@example.org'\]",
                "-F "),
         header("From", r"\['(mailer-daemon)?'\]", r"\['MAILER-DAEMON@.*'\]"),
         Rule("log", "mailsize", case="log: a null sender")]),
    Difference(
        "substitution",
        "%U and the like are replaced in the configured values only, never in "
        "-f; an empty USER or HOSTNAME counts as not set; what has no value is "
        "an error.",
        [Rule("commands|header", case="-f is not expanded|from %U@%H with "
              r"\[\('(USER|HOSTNAME)', ''\)\]"),
         whole("from %F without From", 0, 78)]),
    Difference(
        "wildcard-sender",
        "A pattern in from is never sent as an address: the From header gives "
        "the sender, or there is none.",
        [command(r"MAIL FROM:<\*@wild\.example>",
                 "MAIL FROM:<me@wild.example>"),
         whole("choice: (a wildcard without -f|allow_from_override off and a "
               "wildcard)", 0, 78)]),
    Difference(
        "sender-found",
        "Where from is not set, the From header or user gives the sender.",
        [Rule("pretend", "from", r"\(not set\)", "ada@header.example",
              "option: --host=localhost")]),
    Difference(
        "wildcards-in-any-case",
        "Wildcards are matched without regard to case, as addresses are.",
        [Rule("pretend|words|commands|header",
              case="choice: (-f|From) a@upper.example")]),
    Difference(
        "empty-values",
        "An empty domain means the default, and an empty host is refused.",
        [Rule("pretend", "domain", "", "localhost"),
         command("EHLO ", "EHLO localhost", "way: an empty domain"),
         whole("option: --host=", 0, 64)]),
    Difference(
        "file-modes",
        "A password in the system's file counts too where others may read it, "
        "and a file with commands must not be writable by others.",
        [whole("mode: the system's file with a password", 0, 78)]),
    Difference(
        "serverinfo-text",
        "--serverinfo knows all capabilities, shows more of the certificate, "
        "and says what would be used.",
        [Rule("out", case="(serverinfo|-S): .*", where=same_start)]),
    Difference(
        "socket-path",
        "A ~ in socket is the home directory, as in every path.",
        [Rule("pretend", "socket", "~/smtp", "/.*/smtp")]),
    Difference(
        "eval",
        "An eval whose command fails is an error; its standard input is "
        "/dev/null.",
        [whole("file: eval fails", 0, 78)]),
    Difference(
        "file-syntax",
        "Lines of a file may be long, a byte order mark is passed over, and a "
        "NUL is refused.",
        [whole("file: (a (line|comment) of 600|a byte order mark)", 78, 0),
         whole("file: a null byte", 0, 78)]),
    Difference(
        "letters",
        "All letters of sendmail are taken, also those that msmtp refuses.",
        [whole("letters: -(U|r x@y.example|V id|c|E|I|p x|x y|e y|q|bp|bi|bv)",
               64, 0),
         whole("option: -tx", 64, 0)]),
    Difference(
        "dsn",
        "Wishes for reports go with ORCPT and in an order of their own; a "
        "server without DSN gets the message without them, unless dsn_require "
        "is on.",
        [command(r"RCPT TO:<.*>( NOTIFY=.*)?", r"RCPT TO:<(.*)>( NOTIFY=.*)? "
                 r"ORCPT=rfc822;\1", "dsn: .*"),
         whole("dsn: (return, )?not offered", 69, 0)]),
    Difference(
        "extensions",
        "SIZE, 8BITMIME, CHUNKING and PIPELINING are used where the server "
        "has them, SMTPUTF8 where an address needs it.",
        [command("DATA", "BDAT LAST", "message to a server with everything.*"),
         command("(MAIL FROM:<.*>)", r"MAIL FROM:<.*> SIZE=\d+"
                 "( BODY=8BITMIME)?", "message to a server with everything.*"
                 )]),
    Difference(
        "sni",
        "An address is no name to send by SNI.",
        [Rule("sni", None, "127.0.0.1", "None")]),
    Difference(
        "handshake",
        "A certificate that is not believed ends the handshake; TLS is "
        "announced as another version's first record.",
        [Rule("secure", None, r"\(\d+, True, .*\)", r"\(\d+, False, .*\)",
              "tls: .*"),
         Rule("commands", case="tls: TLS where plain waits")]),
    Difference(
        "early-checks",
        "What needs no server is checked before connecting: a user or a "
        "password that is missing.",
        [Rule("commands", r"\(sessions\)", r"\[\['EHLO localhost'"
              r"(, 'AUTH PLAIN .*')?\]\]", r"\[\]",
              "(auth|netrc|secret): .*")]),
    Difference(
        "secret-commands",
        "A passwordeval that fails or says nothing ends the attempt, its "
        "standard input is /dev/null, and a netrc file that others may read "
        "is refused.",
        [Rule(".*", case="secret: that fails", status=(0, 75)),
         Rule(".*", case="netrc: open to all")]),
    Difference(
        "mechanism-details",
        "NTLM is begun in the AUTH command, and a refusal of a bearer token is "
        "acknowledged as RFC 7628 has it.",
        [Rule("commands", r"\(all\)", case="auth: on, tls, NTLM|"
              "auth: oauthbearer, a wrong password")]),
    Difference(
        "syslog-pid",
        "Lines in syslog have the number of the process.",
        [Rule("syslog", "pid", "not there", "there")]),
    Difference(
        "logged-usage",
        "An attempt that fails for want of recipients is logged too.",
        [Rule("log", r"\(lines\)", r"\[\]", case="log: no recipients")]),
    Difference(
        "aliases",
        "Targets keep their order, every recipient is looked up, names in any "
        "case; there may be any number of targets, long lines and chains, "
        "quoted names and continued lines; |command, /file and a name without "
        "targets are nobody.",
        [Rule("commands", case="aliases: .*|alias file: .*", status=(0, 0)),
         Rule("log", "recipients", case="alias file: logged"),
         whole("alias file: (a chain of 20|no colon|no name|twice|continued|"
               "a long line|-P and a mistake)", 78, 0),
         whole("alias file: (a command|a file)", 0, 67),
         whole("alias file: no target", 0, 78)]),
]
