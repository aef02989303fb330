"""A server that does as it is told: peer.py.

    peer = Peer(certs)          listens on the ports of LISTENERS, in a network
                                namespace of its own, and on a unix socket
    peer.play(Script(...))      how the next clients are answered
    peer.take() -> [Session]    what was said to it since

Nothing that a client may compare depends on chance or on the time.
"""
import base64
import dataclasses
import hashlib
import hmac
import os
import re
import socket
import ssl
import threading
import time

CLEAR, IMPLICIT = "clear", "implicit"
LISTENERS = ((25, CLEAR), (465, IMPLICIT), (587, CLEAR), (1025, CLEAR),
             (2525, CLEAR), (2465, IMPLICIT))
PROXY = 1080
PATIENCE = 20
USER, PASSWORD = b"ada", b"tiger"
# RFC 5802, with a salt and nonce that are always the same.
SALT, ROUNDS, NONCE = b"saltsaltsalt", 4096, b"server"


@dataclasses.dataclass(frozen=True)
class Script:
    """One server.  A reply may be several lines with \\n between."""
    greeting: str = "220 smtp.test ESMTP"
    offers: tuple = ()              # lines of the answer to EHLO
    after_tls: tuple = None         # the same once TLS is on, if different
    auth: str = ""                  # mechanisms
    replies: dict = dataclasses.field(default_factory=dict)
    #   verb, or whole command line in lower case, or "." -> reply;
    #   "close", "stall" and "reset" are no replies but what is done
    cert: str = "good"
    client_cert: bool = False
    credentials: tuple = (USER, PASSWORD)
    drip: bool = False              # the proxy's answers come byte by byte


class Session:
    def __init__(self, port):
        self.port = port
        self.commands = []          # as they came, AUTH in clear
        self.messages = []          # bytes, dots undone
        self.sni = None
        self.secure = False
        self.client_subject = None


def digest_of(mechanism):
    return "sha256" if "256" in mechanism else "sha1"


class Talk:
    """One connection."""

    def __init__(self, peer, connection, session, script):
        self.peer, self.session, self.script = peer, session, script
        self.connection = connection
        self.accepted = 0
        self.open_files()

    def open_files(self):
        self.input = self.connection.makefile("rb")
        self.output = self.connection.makefile("wb")

    def secure(self):
        context = self.peer.context(self.script)
        context.sni_callback = self.note_name
        self.connection = context.wrap_socket(self.connection,
                                              server_side=True)
        self.session.secure = True
        shown = self.connection.getpeercert()
        if shown:
            self.session.client_subject = dict(
                x[0] for x in shown["subject"])["commonName"]
        self.open_files()

    def note_name(self, _socket, name, _context):
        self.session.sni = name

    def say(self, reply):
        self.output.write(reply.replace("\n", "\r\n").encode(
            "utf-8", "surrogateescape") + b"\r\n")
        self.output.flush()

    def line(self):
        line = self.input.readline(70000)
        if not line:
            raise EOFError
        return line

    def done(self, action):
        if action == "close":
            raise EOFError
        if action == "stall":
            self.connection.settimeout(PATIENCE)
            while self.input.read(1):
                pass
            raise EOFError
        if action == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       b"\1\0\0\0\0\0\0\0")
            raise EOFError
        return False

    def special(self, *keys):
        """True where the script has its own answer to a command."""
        for key in keys:
            if key not in self.script.replies:
                continue
            reply = self.script.replies[key]
            if reply in ("close", "stall", "reset"):
                self.done(reply)
            self.say(reply)
            return reply
        return None

    def run(self):
        if self.script.greeting in ("close", "stall", "reset"):
            self.done(self.script.greeting)
        self.say(self.script.greeting)
        while True:
            raw = self.line()
            text = raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            verb = text.split(" ")[0].lower()
            if verb == "auth":
                self.auth(text)
                continue
            self.session.commands.append(text)
            reply = self.special(text.lower(), verb)
            if reply:
                self.after_special(verb, reply)
                continue
            action = getattr(self, "on_" + verb, None)
            if not action:
                self.say("500 5.5.1 what is that?")
            elif action(text) == "end":
                return

    def after_special(self, verb, reply):
        if verb == "rcpt" and reply.startswith("2"):
            self.accepted += 1
        if verb == "data" and reply.startswith("354"):
            self.body()
        if verb == "starttls" and reply.startswith("220"):
            self.secure()
        if verb == "quit":
            raise EOFError

    def on_ehlo(self, _text):
        script, lines = self.script, ["smtp.test"]
        offers = script.after_tls if self.session.secure and \
            script.after_tls is not None else script.offers
        lines += [x for x in offers
                  if x != "STARTTLS" or not self.session.secure]
        if script.auth and not (script.after_tls is not None
                                and not self.session.secure):
            lines.append("AUTH " + script.auth)
        self.say("\n".join(["250-" + x for x in lines[:-1]]
                           + ["250 " + lines[-1]]))

    on_lhlo = on_ehlo

    def on_helo(self, _text):
        self.say("250 smtp.test")

    def on_starttls(self, _text):
        self.say("220 2.0.0 go on")
        self.secure()

    def on_mail(self, _text):
        self.accepted = 0
        self.say("250 2.1.0 ok")

    def on_rcpt(self, _text):
        self.accepted += 1
        self.say("250 2.1.5 ok")

    def on_rset(self, _text):
        self.say("250 2.0.0 ok")

    on_noop = on_rset

    def on_etrn(self, _text):
        self.say("250 2.0.0 started")

    def on_vrfy(self, _text):
        self.say("252 2.0.0 perhaps")

    def on_quit(self, _text):
        self.say("221 2.0.0 bye")
        return "end"

    def on_data(self, _text):
        self.say("354 go")
        self.body()

    def body(self):
        parts = []
        while True:
            line = self.line()
            if line == b".\r\n":
                break
            parts.append(line[1:] if line[:1] == b"." else line)
        self.kept(b"".join(parts))

    def kept(self, data):
        self.session.messages.append(data)
        lmtp = self.session.commands[0].upper().startswith("LHLO")
        for i in range(self.accepted if lmtp else 1):
            if not self.special(".%d" % i, "."):
                self.say("250 2.0.0 kept")

    def on_bdat(self, text):
        words = text.split(" ")
        data = self.input.read(int(words[1]))
        self.session.commands[-1] = "BDAT" + (
            " LAST" if words[-1].upper() == "LAST" else "")
        if words[-1].upper() != "LAST":
            self.chunks = getattr(self, "chunks", b"") + data
            self.say("250 2.0.0 more")
            return
        whole, self.chunks = getattr(self, "chunks", b"") + data, b""
        self.kept(whole)

    # --- AUTH (RFC 4954) ----------------------------------------------------
    def auth(self, text):
        words = text.split(" ")
        mechanism = words[1].upper()
        initial = base64.b64decode(words[2]) if len(words) > 2 else None
        method = getattr(self, "auth_" + re.sub(r"\W.*", "", mechanism).lower(),
                         None)
        self.said = ["AUTH " + mechanism]
        if initial is not None and not mechanism.startswith("SCRAM"):
            self.said.append(repr(initial)[2:-1])
        try:
            reply = self.script.replies.get("auth")
            if reply:
                self.special("auth")
                good = None
            else:
                good = method and method(mechanism, initial)
        finally:
            self.session.commands.append(" ".join(self.said))
        if good is None and not reply:
            self.say("504 5.5.4 not that one")
        elif good is not None:
            self.say("235 2.7.0 welcome" if good else
                     self.script.replies.get("auth-no", "535 5.7.8 no"))

    def challenge(self, data):
        self.say("334 " + base64.b64encode(data).decode())
        line = self.line().strip()
        if line == b"*":
            self.said.append("*")
            raise EOFError
        return base64.b64decode(line)

    def heard(self, data):
        self.said.append(repr(data)[2:-1])
        return data

    def auth_plain(self, _mechanism, initial):
        data = initial if initial is not None else self.heard(
            self.challenge(b""))
        return data.split(b"\0")[1:] == list(self.script.credentials)

    def auth_login(self, _mechanism, initial):
        user = initial if initial is not None else self.heard(
            self.challenge(b"Username:"))
        password = self.heard(self.challenge(b"Password:"))
        return (user, password) == self.script.credentials

    def auth_cram(self, _mechanism, _initial):
        user, password = self.script.credentials
        asked = b"<1.2@smtp.test>"
        want = user + b" " + hmac.new(password, asked, "md5") \
            .hexdigest().encode()
        return self.heard(self.challenge(asked)) == want

    def auth_external(self, _mechanism, initial):
        if initial is None:
            self.heard(self.challenge(b""))
        return True

    def auth_xoauth2(self, _mechanism, initial):
        data = initial if initial is not None else self.heard(
            self.challenge(b""))
        user, password = self.script.credentials
        return data == b"user=%s\1auth=Bearer %s\1\1" % (user, password)

    def auth_oauthbearer(self, _mechanism, initial):
        data = initial if initial is not None else self.heard(
            self.challenge(b""))
        user, password = self.script.credentials
        if data.startswith(b"n,a=%s," % user) and \
                b"auth=Bearer %s\1\1" % password in data:
            return True
        self.heard(self.challenge(b'{"status":"invalid_token"}'))
        return False

    def auth_scram(self, mechanism, initial):
        name = digest_of(mechanism)
        first = initial if initial is not None else self.challenge(b"")
        flag, authzid, bare = first.split(b",", 2)
        self.said.append(repr(flag + b"," + authzid + b"," + re.sub(
            rb"r=.*", b"r=?", bare))[2:-1])
        user = re.search(rb"n=([^,]*)", bare)[1]
        nonce = re.search(rb"r=([^,]*)", bare)[1] + NONCE
        server = b"r=%s,s=%s,i=%d" % (nonce, base64.b64encode(SALT), ROUNDS)
        final = self.challenge(server)
        without, _, proof = final.rpartition(b",p=")
        salted = hashlib.pbkdf2_hmac(name, self.script.credentials[1], SALT,
                                     ROUNDS)
        key = hmac.new(salted, b"Client Key", name).digest()
        stored = hashlib.new(name, key).digest()
        whole = bare + b"," + server + b"," + without
        signature = hmac.new(stored, whole, name).digest()
        want = bytes(a ^ b for a, b in zip(key, signature))
        if base64.b64decode(proof) != want or \
                user != self.script.credentials[0]:
            return False
        of_server = hmac.new(salted, b"Server Key", name).digest()
        self.challenge(b"v=" + base64.b64encode(
            hmac.new(of_server, whole, name).digest()))
        return True


def socks(connection, session, drip):
    """The start of a SOCKS5 dialogue (RFC 1928), without a login; then we are
    the server that was asked for."""
    def say(data):
        for part in [data[i:i + 1] for i in range(len(data))] if drip \
                else [data]:
            connection.sendall(part)
            time.sleep(0.05 if drip else 0)
    if drip:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hello = connection.recv(2)
    methods = connection.recv(hello[1])
    if 0 not in methods:
        say(b"\5\xff")
        return False
    say(b"\5\0")
    request = connection.recv(4)
    if request[3] == 3:
        name = connection.recv(connection.recv(1)[0])
    else:
        name = connection.recv(4 if request[3] == 1 else 16)
    port = int.from_bytes(connection.recv(2), "big")
    session.commands.append("SOCKS %r %d" % (name, port))
    say(b"\5\0\0\1\0\0\0\0\0\0")
    return True


class Peer:
    def __init__(self, certs, unix=None, listeners=LISTENERS, script=None):
        self.certs, self.script = certs, script or Script()
        self.sessions, self.threads, self.contexts = [], [], {}
        for port, kind in listeners:
            for family, address in ((socket.AF_INET, "127.0.0.1"),
                                    (socket.AF_INET6, "::1")):
                self.listen(family, (address, port), port, kind)
        self.listen(socket.AF_INET, ("127.0.0.1", PROXY), PROXY, None)
        if unix:
            self.listen(socket.AF_UNIX, unix, unix, CLEAR)
            os.chmod(unix, 0o666)

    def listen(self, family, address, port, kind):
        listener = socket.socket(family, socket.SOCK_STREAM)
        if family != socket.AF_UNIX:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(16)
        threading.Thread(target=self.accept, args=(listener, port, kind),
                         daemon=True).start()

    def accept(self, listener, port, kind):
        while True:
            connection, _ = listener.accept()
            thread = threading.Thread(target=self.serve, daemon=True,
                                      args=(connection, port, kind))
            self.threads.append(thread)
            thread.start()

    def serve(self, connection, port, kind):
        connection.settimeout(PATIENCE)
        session = Session(port)
        self.sessions.append(session)
        script = self.script_for(session)
        talk = Talk(self, connection, session, script)
        try:
            if kind is None and not socks(connection, session, script.drip):
                raise EOFError
            if kind == IMPLICIT:
                talk.secure()
            talk.run()
        except (OSError, EOFError, ValueError, IndexError):
            pass
        finally:
            for one in (talk.output, talk.input, talk.connection):
                try:
                    one.close()
                except OSError:
                    pass

    def script_for(self, session):
        if isinstance(self.script, dict):
            return self.script.get(session.port, Script())
        return self.script

    def context(self, script):
        key = (script.cert, script.client_cert)
        if key not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            path = script.cert if os.path.isabs(script.cert) else \
                os.path.join(self.certs, script.cert + ".pem")
            context.load_cert_chain(path, None if os.path.isabs(script.cert)
                                    else os.path.join(self.certs, "key.pem"))
            if script.client_cert:
                context.load_verify_locations(
                    os.path.join(self.certs, "ca.pem"))
                context.verify_mode = ssl.CERT_REQUIRED
            self.contexts[key] = context
        return self.contexts[key]

    def play(self, script):
        self.take()
        self.script = script

    def take(self):
        """The sessions since the last time, when they have ended."""
        for thread in self.threads:
            thread.join(PATIENCE)
        sessions, self.sessions, self.threads = self.sessions, [], []
        return sessions
