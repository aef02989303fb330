"""A server that does what the address says, and a folder with a queue in it.

    sink = Sink(session=Faulty)

A recipient or sender whose local part is three digits and a rest, 450-x, is
answered by these; `421-x` ends the session, `hang-x` has the connection closed
behind the message, without an answer, and `body554-x` has all of it refused.
"""
import fcntl
import glob
import os
import re
import struct
import time

from sink import Session

STATUS = {"450": "4.2.1", "452": "4.5.3", "550": "5.1.1", "552": "5.2.2",
          "554": "5.7.1", "421": "4.3.2"}


F_OFD_GETLK = 36    # which Python's fcntl does not know


class Faulty(Session):
    """Faults by the address."""

    def fault(self, path):
        found = re.match(r"\w+:<(\d{3})-", path)
        if not found:
            return None
        code = found[1]
        self.say("%s %s as it was asked for" % (code, STATUS[code]))
        self.wfile.flush()
        return "end" if code == "421" else "said"

    def on_mail(self, rest):
        return self.fault(rest) or super().on_mail(rest)

    def on_rcpt(self, rest):
        return self.fault(rest) or super().on_rcpt(rest)

    def keep(self):
        first = self.recipients[0] if self.recipients else ""
        found = re.match(r"body(\d{3})-", first)
        if first.startswith("hang-"):
            self.server.sink.hung += 1
            raise ConnectionResetError
        if not found:
            super().keep()
            return
        self.forget()
        self.say("%s %s not this one" % (found[1], STATUS[found[1]]))


class Queue:
    """What is in the folder of a queue, without the program's help."""

    def __init__(self, path):
        self.path = path

    def names(self, end):
        return sorted(glob.glob(os.path.join(self.path, "*" + end)))

    def items(self):
        """A dictionary for each item: name: value; recipient, said, set and
        history are lists of values."""
        found = []
        for env in self.names(".env"):
            item = {"recipient": [], "said": [], "set": [], "history": []}
            item["id"] = os.path.basename(env)[:-4]
            with open(env, encoding="utf-8") as f:
                for line in f.read().splitlines():
                    name, _, value = line.partition(" ")
                    if isinstance(item.get(name), list):
                        item[name].append(value)
                    else:
                        item[name] = value
            with open(env[:-4] + ".msg", "rb") as f:
                item["data"] = f.read()
            found.append(item)
        return found

    def clear(self):
        for name in os.listdir(self.path) if os.path.isdir(self.path) else ():
            os.unlink(os.path.join(self.path, name))

    def standing(self):
        """Of the one account: {} where there is none."""
        for path in self.names(".account"):
            with open(path, encoding="utf-8") as f:
                return dict(line.partition(" ")[::2]
                            for line in f.read().splitlines())
        return {}

    def is_run(self):
        """Is a queue run at work?  As long as one is, its lock is taken."""
        path = os.path.join(self.path, "runner.lock")
        if not os.path.exists(path):
            return False
        with open(path, "r+b") as f:
            lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            found = fcntl.fcntl(f, F_OFD_GETLK, lock)
        return struct.unpack("hhqqi", found)[0] != fcntl.F_UNLCK

    def wait_for_end(self, seconds=10):
        until = time.monotonic() + seconds
        while self.is_run() and time.monotonic() < until:
            time.sleep(0.02)
        return not self.is_run()

    def wait(self, holds, seconds=10):
        until = time.monotonic() + seconds
        while not holds(self.items()) and time.monotonic() < until:
            time.sleep(0.02)
        return self.items()
