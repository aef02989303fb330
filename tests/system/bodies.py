"""What is given on stdin, and the very octets that must arrive for it."""

HEADER = (b"From: Me <me@example.org>\n"
          b"To: bob@example.com\n"
          b"Date: Thu, 01 Jan 2026 00:00:00 +0000\n"
          b"Message-ID: <system-test@example.org>\n"
          b"Subject: hi\n")
HEADER_SENT = HEADER.replace(b"\n", b"\r\n")


def body(text):
    return HEADER + b"\n" + text


def sent(text):
    return HEADER_SENT + b"\r\n" + text


# name, stdin, what arrives
TABLE = [
    ("a line", body(b"body\n"), sent(b"body\r\n")),
    ("an empty body", body(b""), sent(b"")),
    ("a header and no blank line", HEADER, sent(b"")),
    ("no final newline", body(b"one\ntwo"), sent(b"one\r\ntwo\r\n")),
    ("leading dots", body(b".one\n..two\n...\n. \n"),
     sent(b".one\r\n..two\r\n...\r\n. \r\n")),
    ("lone dots", body(b".\none\n.\n.\ntwo\n.\n"),
     sent(b".\r\none\r\n.\r\n.\r\ntwo\r\n.\r\n")),
    ("a lone dot without newline", body(b"one\n."), sent(b"one\r\n.\r\n")),
    ("CRLF line ends", body(b"one\ntwo\n").replace(b"\n", b"\r\n"),
     sent(b"one\r\ntwo\r\n")),
    ("CRLF and LF line ends", body(b"one\r\ntwo\nthree\r\n"),
     sent(b"one\r\ntwo\r\nthree\r\n")),
    ("bare CRs", body(b"one\rtwo\rthree\n"),
     sent(b"one\r\ntwo\r\nthree\r\n")),
    ("a bare CR at the end", body(b"one\r"), sent(b"one\r\n")),
    ("a dot after a bare CR", body(b"one\r.\rtwo\n"),
     sent(b"one\r\n.\r\ntwo\r\n")),
    ("blank lines and blanks at the end", body(b"one \t\n\n\n \n\n"),
     sent(b"one \t\r\n\r\n\r\n \r\n\r\n")),
    ("8-bit octets", body("Grüße, 你好\n".encode() + b"\xff\xfe\x80\n"),
     sent("Grüße, 你好\r\n".encode() + b"\xff\xfe\x80\r\n")),
    ("lines of 998 octets", body((b"x" * 998 + b"\n") * 2 + b"." * 998),
     sent((b"x" * 998 + b"\r\n") * 2 + b"." * 998 + b"\r\n")),
    ("what looks like the end of DATA", body(b"one\r\n.\r\nQUIT\r\n"),
     sent(b"one\r\n.\r\nQUIT\r\n")),
    ("70,000 octets, more than goes in one flight",
     body(b"0123456789012345678901234567890123456789012345678\n" * 1400),
     sent(b"0123456789012345678901234567890123456789012345678\r\n" * 1400)),
    ("3 MiB with dots and CRs",
     body(b".line with a dot\nand one\rwith CR\n" * 98304),
     sent(b".line with a dot\r\nand one\r\nwith CR\r\n" * 98304)),
]

# A line too long for RFC 5322: what arrives is encoded, and must decode.
LONG_LINE = b"y" * 999

LARGE_LINE = b"." + b"0123456789abcdefghijklmnopqrstuvwxyz" * 2 + b"12\n"
LARGE_OCTETS = 100 << 20
LARGE_PEAK_KIB = 12 << 10


def write_large(path):
    """100 MiB of lines that begin with dots; the number of lines."""
    count = LARGE_OCTETS // len(LARGE_LINE)
    block = LARGE_LINE * 10000
    with open(path, "wb") as f:
        f.write(body(b""))
        for _ in range(count // 10000):
            f.write(block)
        f.write(LARGE_LINE * (count % 10000))
    return count


def large_sent(count):
    return sent(LARGE_LINE.replace(b"\n", b"\r\n") * count)
