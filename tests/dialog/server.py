#!/usr/bin/env python3
"""Play the server's side of a dialogue file; tests/dialog/README tells all.

As a program, to try a client by hand: server.py [--variant V] FILE prints the
port, plays the file once and exits 0 where the whole dialogue took place.
"""
import base64
import collections
import fnmatch
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import certs  # noqa: E402

VARIANTS = ("plain", "starttls", "implicit")
PIECE = 1 << 16
FULL_RECORD = 1 << 14
PATIENCE = 20.0


class Wrong(Exception):
    """The client did not do what the dialogue says."""


class Gone(Exception):
    """The client has closed or reset the connection."""


def unescape(text):
    r"""Bytes of TEXT, with \r \n \t \0 \\ and \xHH taken for what they mean."""
    plain = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}

    def one(found):
        if found[1].startswith(b"x"):
            return bytes([int(found[1][1:], 16)])
        return plain[found[1].decode()]

    return re.sub(rb"\\([rnt0\\]|x[0-9a-fA-F]{2})", one, text.encode())


def printable(data):
    text = data.decode("utf-8", "backslashreplace")
    return text if len(text) < 300 else text[:300] + "... (%d)" % len(text)


class Peer:
    """A connection read in pieces: segments in plain, records under TLS."""

    def __init__(self, sock, dialog, log):
        self.sock, self.dialog, self.log = sock, dialog, log
        self.tls = self.bio_in = self.bio_out = None
        self.pieces = collections.deque()
        self.count = 0          # pieces so far
        self.records = 0        # of these, TLS records of the client
        self.short = 0          # of these, such as could have held more
        self.at = 0             # the piece that ended what was read last
        self.drip = self.drip_raw = 0.0
        self.sni = None
        sock.settimeout(PATIENCE)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- bytes ---------------------------------------------------------------
    def recv_raw(self):
        try:
            got = self.sock.recv(PIECE)
        except TimeoutError as e:
            raise Wrong("the client said nothing for %g s" % PATIENCE) from e
        except OSError as e:
            raise Gone("reset") from e
        if not got:
            raise Gone("closed")
        return got

    def read_piece(self):
        """One more segment or TLS record; Gone at the end."""
        got = self.recv_raw() if not self.tls else self.read_record()
        self.count += 1
        self.pieces.append((self.count, got))

    def read_record(self):
        while True:
            try:
                got = self.tls.read(PIECE)
                if not got:
                    raise Gone("closed TLS")
                self.records += 1
                self.short += len(got) < FULL_RECORD
                return got
            except ssl.SSLWantReadError:
                self.bio_in.write(self.recv_raw())
            except ssl.SSLZeroReturnError as e:
                raise Gone("closed TLS") from e
            except ssl.SSLError as e:
                raise Gone("TLS: %s" % e) from e

    def send_raw(self, data):
        try:
            if not self.drip_raw:
                self.sock.sendall(data)
                return
            for i in range(len(data)):
                self.sock.sendall(data[i:i + 1])
                time.sleep(self.drip_raw)
        except OSError as e:
            raise Gone("while we were speaking") from e

    def send(self, data):
        if not data:
            return
        self.log("S", data)
        step = 1 if self.drip else max(1, len(data))
        for i in range(0, len(data), step):
            part = data[i:i + step]
            if self.tls:
                self.tls.write(part)
                part = self.bio_out.read()
            self.send_raw(part)
            time.sleep(self.drip)

    # --- TLS -----------------------------------------------------------------
    def start_tls(self, cert):
        if self.pieces:
            raise Wrong("the client sent %r before TLS" % self.pieces[0][1])
        ctx = self.dialog.context(cert)
        ctx.sni_callback = self.note_sni
        self.bio_in, self.bio_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = ctx.wrap_bio(self.bio_in, self.bio_out, server_side=True)

    def note_sni(self, _tls, name, _ctx):
        self.sni = name

    def handshake(self, half=False):
        """True when done; False where half of our first flight was sent."""
        while True:
            try:
                self.tls.do_handshake()
                self.send_raw(self.bio_out.read())
                self.log("-", self.tls.version().encode())
                return True
            except ssl.SSLWantReadError:
                out = self.bio_out.read()
                self.send_raw(out[:len(out) // 2] if half else out)
                if half and out:
                    return False
                self.bio_in.write(self.recv_raw())
            except ssl.SSLError as e:
                self.send_raw(self.bio_out.read())      # the alert
                raise Gone("TLS: %s" % e) from e

    # --- lines ---------------------------------------------------------------
    def take(self, n):
        """The next N octets."""
        parts = []
        while n:
            if not self.pieces:
                self.read_piece()
            number, data = self.pieces.popleft()
            if len(data) > n:
                self.pieces.appendleft((number, data[n:]))
            parts.append(data[:n])
            n -= len(parts[-1])
            self.at = number
        return b"".join(parts)

    def next_at(self):
        if not self.pieces:
            self.read_piece()
        return self.pieces[0][0]

    def line(self, together=False):
        """One line without CRLF; together: in the piece of what was last."""
        last, first, got = self.at, self.next_at(), b""
        while not got.endswith(b"\n"):
            self.next_at()
            data = self.pieces[0][1]
            got += self.take(data.find(b"\n") + 1 or len(data))
        if got[-2:] != b"\r\n" or b"\r" in got[:-2]:
            raise Wrong("a line that does not end in CRLF: %r" % got)
        if together and (first != last or self.at != last):
            raise Wrong("%r came in a piece of its own" % got[:200])
        self.log("C", got)
        return got[:-2]

    def close(self):
        if self.tls:
            try:
                self.tls.unwrap()
            except (ssl.SSLError, ValueError):
                pass
            try:
                self.send_raw(self.bio_out.read())
            except Gone:
                pass
        self.cut()

    def cut(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()


class Dialog:
    """A parsed file: its headers and its steps (line number, verb, rest)."""

    def __init__(self, path, certs_dir):
        self.path, self.certs = path, certs_dir
        self.name = os.path.basename(path).removesuffix(".dialog")
        self.headers, self.steps = [], []
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                self.parse(number, line.rstrip("\n"))

    def parse(self, number, line):
        if line.startswith("#"):
            found = re.match(r"#([a-z-]+):(?: (.*))?$", line)
            if found:
                self.headers.append((found[1], found[2] or ""))
            elif not re.match(r"#( |$)", line):
                raise SystemExit("%s:%d: what is '%s'?"
                                 % (self.path, number, line))
        elif line.strip():
            self.steps.append((number, *self.parse_step(number, line)))

    def parse_step(self, number, line):
        if re.match(r"\d{3}([ -]|$)", line):
            return "reply", line
        if line[:2] in ("< ", "+ ", "? "):
            verb, rest = line[0], line[2:]
            inner = rest.split(" ", 1)[0]
            if inner in ("body", "bdat", "auth", "b64") and verb != "<":
                return verb + inner, rest[len(inner) + 1:]
            return {"<": "say", "+": "+say", "?": "?say"}[verb], rest
        verb, _, rest = line.partition(" ")
        if hasattr(Player, "do_" + verb.replace("-", "_")):
            return verb, rest
        if re.match(r"[A-Z*]", line):
            return "say", line
        raise SystemExit("%s:%d: what is '%s'?" % (self.path, number, line))

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def get(self, name, default=None):
        return (self.all(name) or [default])[-1]

    def variants(self):
        """The forms this file is played in; None: as it is written."""
        return (self.get("variants") or "").split() or [None]

    def hello(self):
        """The step at which STARTTLS is put in, and the greeting word."""
        for i, (_, verb, rest) in enumerate(self.steps):
            if verb == "say":
                return i, rest.split()[0]
            if verb != "reply":
                break
        return len(self.steps), None

    def for_variant(self, variant):
        at, word = self.hello()
        tls = "tls-fails" if self.get("handshake") == "fails" else "tls"
        if variant == "implicit":
            return [(0, tls, "")] + self.steps
        if variant != "starttls" or not word:
            return self.steps
        inside = [(0, "say", word + " *"), (0, "reply", "250-smtp.test"),
                  (0, "reply", "250 STARTTLS"), (0, "say", "STARTTLS"),
                  (0, "reply", "220 2.0.0 go ahead"), (0, tls, "")]
        return self.steps[:at] + inside + self.steps[at:]

    def context(self, cert):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        name = cert or self.get("cert", "good")
        key = os.path.join(self.certs, name + ".key")
        if os.path.exists(key):
            ctx.set_ciphers("DEFAULT:@SECLEVEL=0")
        else:
            key = os.path.join(self.certs, "key.pem")
        ctx.load_cert_chain(os.path.join(self.certs, name + ".pem"), key)
        version = {"1.2": ssl.TLSVersion.TLSv1_2,
                   "1.3": ssl.TLSVersion.TLSv1_3}.get(self.get("tls-version"))
        if version:
            ctx.minimum_version = ctx.maximum_version = version
        if self.get("client-cert") == "required":
            ctx.verify_mode = ssl.CERT_REQUIRED
            ctx.load_verify_locations(os.path.join(self.certs, "ca.pem"))
        return ctx


class Player:
    """Plays a dialogue over the connections of a listener, once."""

    def __init__(self, dialog, variant, listener):
        self.dialog, self.variant = dialog, variant
        self.listener = listener
        self.peer = None
        self.pending = b""
        self.messages, self.current = [], b""
        self.notes = []
        self.failed = None
        self.finished = False
        self.connected = 0
        self.over = threading.Event()   # set when the client has ended

    def log(self, who, data):
        for line in printable(data).splitlines() or [""]:
            self.notes.append("%s: %s" % (who, line))

    def play(self):
        """Sets failed to what went wrong, or leaves it None."""
        number = 0
        try:
            if self.dialog.get("connect") == "no":
                self.stay_alone()
                return
            self.do_accept("")
            for number, verb, rest in self.dialog.for_variant(self.variant):
                if not self.finished or verb == "accept":
                    self.step(verb, rest)
            self.end()
        except Wrong as e:
            self.failed = "line %d: %s" % (number, e)
        except Gone as e:
            self.failed = "line %d: the client left (%s)" % (number, e)
        finally:
            if self.peer:
                self.peer.cut()

    def step(self, verb, rest):
        if verb in ("reply", "raw", "repeat"):
            getattr(self, "do_" + verb)(rest)
            return
        self.flush()
        optional, together = verb[0] == "?", verb[0] == "+"
        method = getattr(self, "do_" + verb.lstrip("?+").replace("-", "_"))
        if together:
            method(rest, True)
        elif optional:
            try:
                method(rest)
            except Gone:
                self.finished = True
        else:
            method(rest)

    def flush(self):
        data, self.pending = self.pending, b""
        if self.peer and data:
            try:
                self.peer.send(data)
            except Gone:
                # Whoever gave up on a slow server is no fault of the dialogue.
                if not (self.peer.drip or self.peer.drip_raw):
                    raise
                self.finished = True

    def end(self):
        if not self.finished:
            self.flush()
        if self.peer and not self.finished:
            self.do_eof("")
        if self.peer:
            self.check_peer()

    def check_peer(self):
        want = self.dialog.get("sni")
        if want is not None and (self.peer.sni or "none") != want:
            raise Wrong("SNI was %s, not %s" % (self.peer.sni, want))
        for name, count in (("records", self.peer.records),
                            ("short-records", self.peer.short)):
            want = self.dialog.get(name)
            if want is not None and count != int(want):
                raise Wrong("%d TLS %s with data, not %s" % (count, name, want))

    # --- what is sent --------------------------------------------------------
    def do_reply(self, rest):
        self.pending += unescape(rest) + b"\r\n"

    def do_raw(self, rest):
        self.pending += unescape(rest)

    def do_repeat(self, rest):
        count, text = rest.split(" ", 1)
        self.pending += int(count) * unescape(text)

    def do_drip(self, rest):
        self.peer.drip = float(rest)

    def do_drip_raw(self, rest):
        self.peer.drip_raw = float(rest)

    # --- what must be heard --------------------------------------------------
    def do_say(self, pattern, together=False):
        got = self.peer.line(together).decode("utf-8", "surrogateescape")
        if not fnmatch.fnmatchcase(got, pattern):
            raise Wrong("wanted %r, got %r" % (pattern, got[:400]))

    def do_expect(self, rest):
        count, pattern = rest.split(" ", 1)
        for _ in range(int(count)):
            self.do_say(pattern)

    def do_b64(self, rest, together=False):
        got = self.peer.line(together)
        try:
            plain = base64.b64decode(got, validate=True)
        except ValueError as e:
            raise Wrong("not base64: %r" % got) from e
        if plain != unescape(rest):
            raise Wrong("wanted %r in base64, got %r" % (unescape(rest), plain))

    def do_auth(self, rest, together=False):
        mech, _, text = rest.partition(" ")
        got = self.peer.line(together)
        want = b"AUTH " + mech.encode() + b" "
        want += base64.b64encode(unescape(text)) or b"="
        if got != want:
            raise Wrong("wanted %r, got %r" % (want, got))

    def do_body(self, _rest, together=False):
        if together and self.peer.next_at() != self.peer.at:
            raise Wrong("the message came in a piece of its own")
        lines, notes = [], len(self.notes)
        while True:
            line = self.peer.line()
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.messages.append(b"".join(x + b"\r\n" for x in lines))
        self.notes[notes:] = ["C: (a message of %d octets)"
                              % len(self.messages[-1])]

    def do_bdat(self, rest, together=False):
        got = self.peer.line(together).decode("latin-1")
        found = re.fullmatch(r"BDAT (\d+)( LAST)?", got)
        if not found or not fnmatch.fnmatchcase(got[5:], "*" + rest):
            raise Wrong("wanted BDAT %s, got %r" % (rest, got))
        self.current += self.peer.take(int(found[1]))
        if found[2]:
            if re.search(rb"\r(?!\n)|(?<!\r)\n", self.current):
                raise Wrong("a line end in BDAT that is not CRLF")
            self.messages.append(self.current)
            self.current = b""

    def do_quiet(self, rest):
        """Nothing more comes within so many seconds."""
        peer = self.peer
        peer.sock.settimeout(float(rest))
        try:
            peer.next_at()
        except Wrong:
            return
        finally:
            peer.sock.settimeout(PATIENCE)
        raise Wrong("the client went on: %r" % peer.pieces[0][1][:200])

    def do_eof(self, _rest):
        try:
            self.peer.next_at()
        except Gone:
            self.finished = True
            return
        raise Wrong("the client went on: %r" % self.peer.pieces[0][1][:200])

    # --- the connection ------------------------------------------------------
    def stay_alone(self):
        try:
            self.wait_for_client().close()
        except Wrong:
            return
        raise Wrong("it connected")

    def wait_for_client(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            over = self.over.is_set()
            try:
                return self.listener.accept()[0]
            except TimeoutError:
                if over:
                    break
        raise Wrong("no connection came")

    def do_accept(self, _rest):
        if self.peer:
            self.check_peer()
            self.peer.cut()
        sock = self.wait_for_client()
        self.finished = False
        self.connected += 1
        self.peer = Peer(sock, self.dialog, self.log)
        if self.variant == "implicit" and self.connected > 1:
            self.do_tls("")

    def do_tls(self, cert):
        self.peer.start_tls(cert)
        self.peer.handshake()

    def do_tls_half(self, cert):
        self.peer.start_tls(cert)
        self.peer.handshake(half=True)
        self.do_stall("")

    def do_tls_fails(self, cert):
        """The client ends it, in the handshake or before a word inside."""
        try:
            self.peer.start_tls(cert)
            self.peer.handshake()
            self.peer.next_at()
        except Gone as e:
            self.log("-", str(e).encode())
            self.finished = True
            return
        raise Wrong("the client trusted us and said %r"
                    % self.peer.pieces[0][1][:200])

    def do_wait(self, rest):
        time.sleep(float(rest))

    def do_stall(self, _rest):
        """Hears all, says nothing, until the client leaves."""
        self.finished = True
        try:
            while True:
                self.peer.recv_raw()
        except Gone:
            pass

    def do_deaf(self, rest):
        """Neither hears nor speaks for so many seconds; then leaves."""
        self.finished = True
        time.sleep(float(rest))

    def do_close(self, _rest):
        self.peer.close()
        self.finished = True

    def do_cut(self, _rest):
        self.peer.cut()
        self.finished = True

    def do_reset(self, _rest):
        self.peer.reset()
        self.finished = True


def listen(path=None):
    """On a port that the kernel chooses, or on a unix socket at that path."""
    if path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    return listener


def main(words):
    variant = None
    if words[:1] == ["--variant"]:
        variant, words = words[1], words[2:]
    if len(words) != 1 or variant not in (None, *VARIANTS):
        raise SystemExit(__doc__)
    folder = certs.make(os.environ.get("CERTS", "certs"))
    listener = listen()
    print(listener.getsockname()[1], flush=True)
    player = Player(Dialog(words[0], folder), variant, listener)
    player.play()
    print("\n".join(player.notes))
    if player.failed:
        raise SystemExit(player.failed)


if __name__ == "__main__":
    main(sys.argv[1:])
