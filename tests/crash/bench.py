"""A home, a queue and a server of our own for one scenario after the other."""
import filecmp
import glob
import json
import os
import re
import shutil
import time

import certs
import client
import process
import server
from scenarios import Command

CONFIG = """\
defaults
host 127.0.0.1
port {port}
from me@example.org
syslog off
tls off
auth off
timeout 5
logfile {home}/log
queue_dir {home}/queue
queue_runner none
queue fallback
account default
account always
queue always
account closed
port 1
account auto
queue always
queue_runner auto
account short
queue always
queue_lifetime 3
account tls
queue always
port {tls}
tls on
tls_starttls off
tls_trust_file {certs}/ca.pem
auth on
user ada
password secret
"""
ACCOUNTS = ("default", "always", "auto", "short", "tls")
TEXT = "Subject: hi\n\nDear friends,\nI am %s.\n"
PLAIN = ["flush", "--now", "--wait"]
ITEM = re.compile(r"^([0-9A-Z]+)\.(msg|env)$")
KNOWN = re.compile(r"^(runner\.lock|usage|damaged|.*\.account)$")


class Bench:
    def __init__(self, top, program):
        self.top, self.program = top, program
        self.home = os.path.join(top, "home")
        self.stem = os.path.join(top, "run")
        self.certs = certs.make(os.path.join(os.path.dirname(top), "certs"))
        self.server = server.Server()
        self.tls = server.Server(certs=self.certs, tls="implicit",
                                 users={"ada": "secret"})
        self.env = client.clean_environment(self.home)
        self.env["TMPDIR"] = os.path.join(self.home, "tmp")
        self.prepared = {}
        self.harmless = set()
        self.primed = False

    def path(self, *names):
        return os.path.join(self.home, *names)

    # --- commands -----------------------------------------------------------
    def names(self):
        """Of the files in the queue."""
        try:
            return os.listdir(self.path("queue"))
        except FileNotFoundError:
            return []

    def named(self, word):
        ids = sorted({x[:-4] for x in self.names() if ITEM.match(x)})
        return word.format(None, *ids)

    def words(self, command):
        words = [self.named(w) for w in command.words]
        verb, rest = [], words
        if words[0] in ("flush", "queue", "send"):
            verb, rest = words[:1], words[1:]
        if words[0] in ("flush", "queue"):
            rest = rest + ["--queue-dir", self.path("queue")]
        return [self.program, *verb, "-C", self.path("config"), *rest]

    @staticmethod
    def text(command):
        return (TEXT % command.message).encode() if command.message else b""

    def call(self, command, **how):
        done = process.run(self.words(command), env=self.env, cwd=self.home,
                           stdin=self.text(command), stem=self.stem, **how)
        self.settle()
        return done

    def settle(self):
        self.server.settle()
        self.tls.settle()

    def begin(self, script):
        self.server.begin(script)
        self.tls.begin(script)

    def phase(self, script):
        self.server.script = self.tls.script = script

    def kept(self):
        return self.server.messages + self.tls.messages

    # --- prepared homes -----------------------------------------------------
    def template(self, name):
        return os.path.join(self.top, "template-" + name.replace(" ", "-"))

    def fill(self, template):
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(template, self.home)

    def must(self, command):
        done = self.call(command)
        if done.status != 0:
            raise RuntimeError("crash: %s: status %d: %s" % (
                " ".join(command.words), done.status, done.err.decode()))

    def prime(self):
        """A home whose accounts have all sent something, so that they are
        trusted."""
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.path("tmp"))
        with open(self.path("config"), "w", encoding="ascii") as f:
            f.write(CONFIG.format(port=self.server.port, tls=self.tls.port,
                                  home=self.home, certs=self.certs))
        os.chmod(self.path("config"), 0o600)
        self.begin({})
        for account in ACCOUNTS:
            self.must(Command(["-a", account, "bob@example.com"], "prime"))
        self.must(Command(PLAIN))
        with open(self.path("log"), "w", encoding="ascii"):
            pass
        shutil.copytree(self.home, self.template("primed"))
        self.primed = True

    def open_port(self):
        """From now on somebody answers account closed."""
        with open(self.path("config"), encoding="ascii") as f:
            text = f.read()
        with open(self.path("config"), "w", encoding="ascii") as f:
            f.write(text.replace("port 1\n", "port %d\n" % self.server.port))

    def prepare(self, scenario):
        if not self.primed:
            self.prime()
        if scenario.name not in self.prepared:
            self.fill(self.template("primed"))
            self.begin(scenario.script if scenario.early else {})
            for command in scenario.before:
                self.must(command)
            time.sleep(scenario.wait_s)
            if scenario.mess:
                os.unlink(self.path("queue", self.named(scenario.mess)))
            shutil.copytree(self.home, self.template(scenario.name))
            self.prepared[scenario.name] = True
        self.fill(self.template(scenario.name))
        self.begin(scenario.script)

    def is_untouched(self, scenario):
        """All files are what they were before the command."""
        def same(compared):
            return not (compared.left_only or compared.right_only or
                        compared.funny_files) and \
                not filecmp.cmpfiles(compared.left, compared.right,
                                     compared.common_files, False)[1] and \
                all(map(same, compared.subdirs.values()))
        return same(filecmp.dircmp(self.home, self.template(scenario.name)))

    # --- what is there ------------------------------------------------------
    def items(self):
        done = self.call(Command(["queue", "list", "--json"]))
        try:
            return json.loads(done.out)
        except ValueError:
            return [{"id": "none", "state": "queue --json: %r %r" % (
                done.out, done.err)}]

    def log(self):
        return process.read(self.path("log")).decode("utf-8", "replace")

    def damaged(self):
        try:
            return os.listdir(self.path("queue", "damaged"))
        except FileNotFoundError:
            return []

    def age(self):
        """What is written in a moment is stale if it is old: make it so."""
        found = glob.glob(self.path("queue", "*.account.new"))
        for name in found:
            os.utime(name, (0, 0))
        return found

    def strays(self):
        """Files that nobody will miss and nobody has removed."""
        found = []
        names = self.names()
        for name in names:
            item = ITEM.match(name)
            if item:
                other = item[1] + (".env" if item[2] == "msg" else ".msg")
                if other not in names:
                    found.append(name)
            elif not KNOWN.match(name):
                found.append(name)
        return found + glob.glob(self.path("tmp", "*"))
