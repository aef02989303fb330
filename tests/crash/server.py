"""An SMTP server for one point after the other: what it answers is a script.

    server = Server(certs=FOLDER, tls="implicit", users={"ada": "secret"})
    server.begin(mail="450 4.2.0 later")    forget all; answers of one phase
    server.settle()                         when all sessions have ended
    server.kept                             what it took, as Message

Besides the script a recipient's name decides: later-* is put off as long as the
script says puts_off, never-* is refused for good.  Keys of a script: greeting,
auth, mail, end (of data), each an answer; puts_off.  With the end "lost" the
message is kept and the connection ends without an answer.
"""
import threading
import time

import sink


class Session(sink.Session):
    timeout = 10
    mute = False

    def handle(self):
        server = self.server.sink
        with server.lock:
            server.sessions += 1
        try:
            super().handle()
        except (OSError, ValueError):
            pass
        finally:
            with server.lock:
                server.sessions -= 1

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass

    def scripted(self, step):
        answer = self.server.sink.script.get(step)
        if answer:
            self.say(answer)
        return bool(answer)

    def say(self, *lines):
        if self.mute:
            return
        greeting = self.server.sink.script.get("greeting")
        if greeting and lines[0].startswith("220 smarthost"):
            super().say(greeting)
            self.wfile.flush()
            raise ConnectionAbortedError
        super().say(*lines)

    def on_auth(self, rest):
        if not self.scripted("auth"):
            super().on_auth(rest)

    def on_mail(self, rest):
        if not self.scripted("mail"):
            super().on_mail(rest)

    def on_rcpt(self, rest):
        if "TO:<never-" in rest:
            self.say("550 5.1.1 no such person")
        elif "TO:<later-" in rest and "puts_off" in self.server.sink.script:
            self.say("450 4.2.1 later, please")
        else:
            super().on_rcpt(rest)

    def keep(self):
        if self.server.sink.script.get("end") == "lost":
            self.mute = True
            super().keep()
            raise ConnectionAbortedError
        if self.scripted("end"):
            self.forget()
        else:
            super().keep()


class Server(sink.Sink):
    def __init__(self, **how):
        self.lock = threading.Lock()
        self.sessions = 0
        self.script = {}
        super().__init__(session=Session, **how)

    def begin(self, script):
        self.messages.clear()
        self.lines.clear()
        self.script = script

    def settle(self, seconds=10):
        until = time.monotonic() + seconds
        while self.sessions and time.monotonic() < until:
            time.sleep(0.001)
        return not self.sessions
