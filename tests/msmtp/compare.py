"""What two programs did, taken apart and compared.

    observe(case, ran, sessions) -> Seen
    compare(case, theirs, ours) -> [Finding]

A Finding is one respect in which they differ: field says of what kind it is
(status, commands, data, pretend, log, syslog, out, err, files), key where.
Normalised before the comparison, because no two runs agree in them: the value
of a Date, the left side of a Message-ID that a program has made itself and its
length in mailsize=, the time of a log line in its standard form, and the
process number in syslog.
"""
import collections
import difflib
import re

Finding = collections.namedtuple("Finding", "field key theirs ours")
Seen = collections.namedtuple(
    "Seen", "status commands secure names headers bodies pretend out err log "
            "syslog files")

DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} "
                  r"\d{2}:\d{2}:\d{2} [+-]\d{4}$")
MESSAGE_ID = re.compile(r"<[^<>@\s]+@([^<>@\s]*)>$")
SETTING = re.compile(r"([a-z][a-z_ ]*) = (.*)$", re.S)
LOG_TIME = re.compile(r"[A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2} ")
LOG_FIELD = re.compile(
    r"(?:^| )([a-z_]+)=('(?:[^']*)'|.*?)(?=$| [a-z_]+=)", re.S)
DIALOGUE = ("<-- ", "--> ", "TLS session", "TLS certificate")


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def given(stdin, name):
    """Whether the message came with a field of that name."""
    return re.search(rb"(?im)^%s[ \t]*:" % name.encode(), stdin) is not None


def normal_field(case, name, value):
    low = name.lower()
    if low == "date" and not given(case.stdin, "date"):
        return "DATE" if DATE.match(value) else value
    if low == "message-id" and not given(case.stdin, "message-id"):
        found = MESSAGE_ID.match(value)
        return "<ID@%s>" % found[1] if found else value
    return value


def split_message(case, data):
    """([(name, value)], body); a line that is no field has the name ""."""
    head, _, body = data.partition(b"\r\n\r\n")
    if data.startswith(b"\r\n"):
        head, body = b"", data[2:]
    fields = []
    for line in text_of(head).split("\r\n") if head else []:
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + "\r\n" + line)
            continue
        name, colon, value = line.partition(":")
        fields.append((name, value.strip()) if colon and " " not in name
                      else ("", line))
    return [(n, normal_field(case, n, v)) for n, v in fields], body


def log_fields(line):
    """The fields of a log line in order, and what stands before them."""
    fields = collections.OrderedDict()
    start = line.find("host=")
    if start < 0:
        start = line.find("socket=")
    if start < 0:
        return collections.OrderedDict([("?", line)])
    before = line[:start]
    fields["time"] = "TIME " if LOG_TIME.match(before) else before
    for m in LOG_FIELD.finditer(line[start:].rstrip("\n")):
        fields[m[1]] = m[2]
    return fields


def pretended(out):
    """([(what stands before " = ", value)], all other lines)."""
    settings, rest = [], []
    for line in text_of(out).split("\n"):
        found = SETTING.match(line)
        if found and not line.startswith(DIALOGUE):
            settings.append((found[1], found[2]))
        else:
            rest.append(line)
    return settings, rest


def without_own_id(case, fields, raw):
    """mailsize without the Message-ID that the program has made, whose length
    is its own affair."""
    found = re.search(rb"(?im)^Message-ID: (.*)\r$", raw)
    if found and "mailsize" in fields and not given(case.stdin, "message-id"):
        fields["mailsize"] = str(int(fields["mailsize"]) - len(found[1]))
    return fields


def observe(case, ran, sessions):
    debug = "-P" in case.args or "-d" in case.args or "-v" in case.args \
        or "--pretend" in case.args or "--debug" in case.args
    settings, rest = pretended(ran.out) if debug else ([], None)
    if debug:
        rest = [x for x in rest if not x.startswith(DIALOGUE)
                and not x.startswith("    ")]
    messages = [split_message(case, m) for s in sessions for m in s.messages]
    log = text_of(ran.files.get("log", b""))
    out = text_of(ran.out)
    if not debug and " exitcode=" in out:
        log, out = log + out, ""
    raw = b"".join(m for s in sessions for m in s.messages)
    return Seen(
        status=ran.status, commands=[s.commands for s in sessions],
        secure=[(s.port, s.secure, s.client_subject) for s in sessions],
        names=[s.sni for s in sessions],
        headers=[m[0] for m in messages], bodies=[m[1] for m in messages],
        pretend=settings, out=rest if debug else out,
        err=bool(ran.err.strip()),
        log=[without_own_id(case, log_fields(x), raw)
             for x in log.split("\n") if x],
        syslog=[without_own_id(case, syslog_fields(text_of(x)), raw)
                for x in ran.syslog],
        files={k: v for k, v in ran.files.items()
               if k != "log" and case.files.get(k) is None
               and k != ".msmtprc"})


def syslog_fields(line):
    """<PRIORITY>TIME ident[pid]: the same as in the file"""
    found = re.match(r"<(\d+)>.{15} ([^:\[]*)(\[\d+\])?: (.*)", line, re.S)
    if not found:
        return collections.OrderedDict([("?", line)])
    fields = log_fields(found[4])
    fields["priority"], fields["ident"] = found[1], found[2]
    fields["pid"] = "there" if found[3] else "not there"
    return fields


def differ_by_key(field, theirs, ours):
    """Dictionaries: a finding for each key; and the order of common keys."""
    for key in list(theirs) + [k for k in ours if k not in theirs]:
        if theirs.get(key) != ours.get(key):
            yield Finding(field, key, theirs.get(key), ours.get(key))
    common = [[k for k in one if k in other]
              for one, other in ((theirs, ours), (ours, theirs))]
    if common[0] != common[1]:
        yield Finding(field, "(order)", *common)


def differ_by_line(field, theirs, ours):
    """Lists: where they are as long, a finding for each place."""
    if theirs == ours:
        return
    if len(theirs) != len(ours):
        yield Finding(field, "(all)", theirs, ours)
        return
    for a, b in zip(theirs, ours):
        if a != b:
            yield Finding(field, a.split(" ")[0] if a else "", a, b)


def differ_in_words(theirs, ours):
    """Other lines: what one has and the other has not, one by one."""
    matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            continue
        for x, y in [(x, None) for x in theirs[a:b]] + [
                (None, y) for y in ours[c:d]]:
            yield Finding("words", (x or y or "").split(" ")[0], x, y)


def differ_in_fields(theirs, ours):
    """Headers: a finding for each name, one for the order of the rest."""
    names = list(collections.OrderedDict.fromkeys(
        [n for n, _ in theirs] + [n for n, _ in ours]))
    bad = set()
    for name in names:
        a = [v for n, v in theirs if n == name]
        b = [v for n, v in ours if n == name]
        if a != b:
            bad.add(name)
            yield Finding("header", name, a, b)
    order = [[n for n, _ in fields if n not in bad]
             for fields in (theirs, ours)]
    if order[0] != order[1]:
        yield Finding("header", "(order)", *order)


def differ_in_sessions(theirs, ours):
    if len(theirs.commands) != len(ours.commands):
        yield Finding("commands", "(sessions)", theirs.commands, ours.commands)
        return
    for a, b in zip(theirs.commands, ours.commands):
        yield from differ_by_line("commands", a, b)
    yield from (Finding("secure", "", a, b) for a, b in
                zip(theirs.secure, ours.secure) if a != b)
    yield from (Finding("sni", "", a, b) for a, b in
                zip(theirs.names, ours.names) if a != b)


def differ_in_messages(theirs, ours):
    if len(theirs.headers) != len(ours.headers):
        yield Finding("messages", "(count)", len(theirs.headers),
                      len(ours.headers))
        return
    for a, b in zip(theirs.headers, ours.headers):
        yield from differ_in_fields(a, b)
    yield from (Finding("body", "", a, b) for a, b in
                zip(theirs.bodies, ours.bodies) if a != b)


def differ_in_logs(field, theirs, ours):
    if len(theirs) != len(ours):
        yield Finding(field, "(lines)", theirs, ours)
        return
    for a, b in zip(theirs, ours):
        yield from differ_by_key(field, a, b)


def compare(_case, theirs, ours):
    found = []
    if theirs.status != ours.status:
        found.append(Finding("status", "", theirs.status, ours.status))
    found += differ_in_sessions(theirs, ours)
    found += differ_in_messages(theirs, ours)
    found += differ_by_key("pretend", collections.OrderedDict(theirs.pretend),
                           collections.OrderedDict(ours.pretend))
    if isinstance(theirs.out, list):
        found += differ_in_words(theirs.out, ours.out)
    elif theirs.out != ours.out:
        found.append(Finding("out", "", theirs.out, ours.out))
    if theirs.err != ours.err:
        found.append(Finding("err", "", theirs.err, ours.err))
    found += differ_in_logs("log", theirs.log, ours.log)
    found += differ_in_logs("syslog", theirs.syslog, ours.syslog)
    found += differ_by_key("files", theirs.files, ours.files)
    return found
