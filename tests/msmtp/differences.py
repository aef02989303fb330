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
                 (71, 75), (74, 66), (74, 75), (74, 76), (74, 78), (76, 75),
                 (77, 75), (77, 76), (78, 75)))

VERSIONS = Difference(
    "version",
    "The comparison is with msmtp 1.8.23; what 1.8.33 added or changed is as "
    "in 1.8.33: from_full_name, set_to_header, set_msgid_header in -P, %F, the "
    "bound SCRAM mechanisms, SCRAM before PLAIN, the domain of a Message-ID, "
    "Resent-From for --read-envelope-from, and details of wildcards.",
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
     command(r"MAIL FROM:<%F.*", r"MAIL FROM:<.*@.*>", "from %F.*")])

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
          "a tab line as end of the header)"),
     Rule("(sys)?log", "mailsize", case="message.*")])

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
              r"file .*/config: (another file comes first|No such file or "
              r"directory)"),
         Rule("words", None, "None", ".*: tls_force_sslv3 has no effect.*")]),
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
         whole("answer to DATA: 250.*", 65, 76)]),
    Difference(
        "ehlo-put-off",
        "EHLO that is answered 4xx or 530 ends the session; HELO follows only "
        "where the server does not know EHLO.",
        [whole("answer to EHLO: (4.*|530.*)", 0, 75),
         whole("answer to EHLO: 530.*", 0, 77)]),
]
