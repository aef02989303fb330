#!/usr/bin/env python3
"""An SMTP server that takes everything and keeps it.

    sink = Sink(certs=FOLDER, tls="implicit", users={"ada": "secret"})
    sink.port; sink.messages; sink.close()

tls is None, "starttls" or "implicit"; with users, AUTH PLAIN comes before MAIL.
It offers PIPELINING, CHUNKING, SIZE, 8BITMIME, SMTPUTF8 and keeps each message
as (sender, recipients, bytes): what was sent, dots undone, nothing added.  Each
command line as it came is in sink.lines.  session is the class that answers: a
Session with faults, for example.
"""
import base64
import collections
import os
import re
import socketserver
import ssl
import threading
import time

Message = collections.namedtuple("Message", "sender recipients data")
OFFERS = ["PIPELINING", "CHUNKING", "SIZE 209715200", "8BITMIME", "SMTPUTF8",
          "ENHANCEDSTATUSCODES"]


class Session(socketserver.StreamRequestHandler):
    wbufsize = -1       # answers of one flight leave together
    timeout = 60

    def setup(self):
        self.secure = self.authenticated = False
        self.forget()
        if self.server.sink.tls == "implicit":
            self.wrap()
        else:
            super().setup()

    def wrap(self):
        self.request = self.server.sink.context.wrap_socket(
            self.request, server_side=True)
        self.secure = True
        super().setup()

    def forget(self):
        self.sender, self.recipients, self.parts = None, [], []

    def say(self, *lines):
        for line in lines[:-1]:
            self.wfile.write(b"250-%s\r\n" % line.encode())
        self.wfile.write(lines[-1].encode() + b"\r\n")
        if self.buffered() == 0:
            self.wfile.flush()

    def buffered(self):
        """Octets that the client has sent already, as far as is known."""
        self.request.settimeout(0)
        try:
            return len(self.rfile.peek(1))
        except (OSError, ValueError):
            return 0
        finally:
            self.request.settimeout(self.timeout)

    def handle(self):
        try:
            self.say("220 smarthost.test ESMTP")
            while True:
                line = self.rfile.readline(8192)
                if not line:
                    return
                self.server.sink.lines.append(line)
                verb, _, rest = line.decode("utf-8", "replace").strip() \
                    .partition(" ")
                action = getattr(self, "on_" + verb.lower(), None)
                if not action:
                    self.say("500 5.5.1 what is " + verb[:20] + "?")
                elif action(rest) == "end":
                    return
        except OSError:
            pass

    def on_ehlo(self, _rest):
        sink = self.server.sink
        offers = list(sink.offers)
        if sink.tls == "starttls" and not self.secure:
            offers.append("STARTTLS")
        if sink.users and self.secure:
            offers.append("AUTH PLAIN")
        self.say("smarthost.test", *offers[:-1], "250 " + offers[-1])

    on_lhlo = on_ehlo

    def on_helo(self, _rest):
        self.say("250 smarthost.test")

    def on_starttls(self, _rest):
        self.say("220 2.0.0 go ahead")
        self.wfile.flush()
        self.wrap()

    def on_auth(self, rest):
        mech, _, text = rest.partition(" ")
        if mech.upper() == "PLAIN" and not text:
            self.say("334 ")
            text = self.rfile.readline(12288).decode().strip()
        try:
            _, user, password = base64.b64decode(text).split(b"\0")
        except ValueError:
            self.say("501 5.5.2 not what RFC 4616 says")
            return
        users = self.server.sink.users
        self.authenticated = users.get(user.decode()) == password.decode()
        self.say("235 2.7.0 welcome" if self.authenticated
                 else "535 5.7.8 that is not the password")

    def on_mail(self, rest):
        if self.server.sink.users and not self.authenticated:
            self.say("530 5.7.0 who are you?")
            return
        self.forget()
        self.sender = re.match(r"FROM:<(.*?)>", rest, re.I)[1]
        self.say("250 2.1.0 ok")

    def on_rcpt(self, rest):
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
            return
        self.recipients.append(re.match(r"TO:<(.*?)>", rest, re.I)[1])
        self.say("250 2.1.5 ok")

    def keep(self):
        kept = Message(self.sender, self.recipients, b"".join(self.parts))
        self.server.sink.messages.append(kept)
        self.server.sink.on_message(kept)
        self.forget()
        self.say("250 2.0.0 kept as %d" % len(self.server.sink.messages))

    def on_data(self, _rest):
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
            return
        self.say("354 go")
        self.wfile.flush()
        for line in self.rfile:
            if line == b".\r\n":
                self.keep()
                return
            self.parts.append(line[1:] if line[:1] == b"." else line)

    def on_bdat(self, rest):
        size, _, last = rest.partition(" ")
        data = self.rfile.read(int(size))
        if len(data) < int(size):
            return "end"    # the client died
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
            return None
        self.parts.append(data)
        if last.upper() == "LAST":
            self.keep()
        else:
            self.say("250 2.0.0 more")
        return None

    def on_rset(self, _rest):
        self.forget()
        self.say("250 2.0.0 ok")

    def on_noop(self, _rest):
        self.say("250 2.0.0 ok")

    def on_xclient(self, _rest):
        self.say("220 smarthost.test ESMTP")

    def on_quit(self, _rest):
        self.say("221 2.0.0 bye")
        self.wfile.flush()
        return "end"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass    # a client that does not like our certificate, for example


class Sink:
    def __init__(self, certs=None, tls=None, users=None, cert="good",
                 offers=None, session=Session, address="127.0.0.1",
                 port=0):
        self.tls, self.users, self.messages = tls, users or {}, []
        self.offers, self.lines = offers or OFFERS, []
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(os.path.join(certs, cert + ".pem"),
                                         os.path.join(certs, "key.pem"))
        self.address, self.session, self.port = address, session, port
        self.listen()

    def listen(self):
        """At the port that it had, where it had one."""
        self.server = Server((self.address, self.port), self.session)
        self.server.sink = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def on_message(self, message):
        """For whoever wants to know at once."""

    def wait(self, count, seconds=10):
        """The messages, when there are so many; or those that came."""
        until = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < until:
            time.sleep(0.005)
        return self.messages

    def close(self):
        self.server.shutdown()
        self.server.server_close()
