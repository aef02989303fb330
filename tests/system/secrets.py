#!/usr/bin/env python3
"""Secrets that live elsewhere, in TAP: secrets.py [NAME...]

A key in a PKCS#11 token (SoftHSM), tickets of a Kerberos realm of our own
against Dovecot and saslpeer, and GNOME's keyring in a session of its own.  Run
as root, from the folder that holds the program, after tests/system/deps; with
names, only the parts tokens, tickets, keyring that are named.  The program
itself is run as nobody.
"""
import os
import pwd
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import certs  # noqa: E402
import client  # noqa: E402
import servers  # noqa: E402
import sink  # noqa: E402

PROGRAM = os.environ.get("CLIENT", "./postrider")
PEER = os.path.abspath("tests/peer/saslpeer")
LIMIT = 60
MESSAGE = b"Subject: hi\n\nbody\n"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = ["setpriv", "--reuid=%d" % NOBODY.pw_uid,
             "--regid=%d" % NOBODY.pw_gid, "--clear-groups"]
ENTER_SECONDS = 10


class World:
    """A home of nobody's, the program, and what came of each run."""

    def __init__(self, top):
        self.top, self.number, self.bad, self.runs = top, 0, 0, 0
        os.chmod(top, 0o755)
        self.certs = certs.make(os.path.join(top, "certs"))
        self.home = self.folder("home")
        # The folder of the build may be closed to nobody.
        self.program = shutil.copy(shutil.which(PROGRAM), self.top)
        os.chmod(self.program, 0o755)

    def path(self, *names):
        return os.path.join(self.top, *names)

    def folder(self, *names):
        os.makedirs(self.path(*names), mode=0o700, exist_ok=True)
        os.chown(self.path(*names), NOBODY.pw_uid, NOBODY.pw_gid)
        return self.path(*names)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        os.chown(self.path(name), NOBODY.pw_uid, NOBODY.pw_gid)
        return self.path(name)

    def environment(self, env):
        return dict(client.clean_environment(self.home), **env)

    def call(self, *command, env=(), stdin=b""):
        """A tool, as nobody; its output."""
        ran = subprocess.run([*AS_NOBODY, *command], input=stdin,
                             env=self.environment(dict(env)), cwd=self.home,
                             capture_output=True, check=False, timeout=LIMIT)
        if ran.returncode != 0:
            raise RuntimeError("%s: status %d: %s" % (
                command, ran.returncode, ran.stderr.decode()))
        return ran.stdout

    def send(self, port, lines, env=()):
        """(status, all words)"""
        self.runs += 1
        own = ["account default", "host localhost", "port %d" % port,
               "from me@example.org", "syslog off", "queue off", "timeout 30",
               "tls on", "tls_starttls off",
               "tls_trust_file %s/ca.pem" % self.certs]
        config = self.write("config", "".join(x + "\n" for x in own + lines))
        stem = self.path("run-%d" % self.runs)
        ran = client.run([*AS_NOBODY, self.program, "-C", config, "-v",
                          "bob@example.com"], MESSAGE,
                         self.environment(dict(env)), self.home, LIMIT, stem)
        return ran.status, servers.read(stem + ".out") + \
            servers.read(stem + ".err")

    def ok(self, good, name, *notes):
        self.number += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number, name),
              flush=True)
        for note in notes if not good else ():
            for line in repr(note)[:4000].split("\n"):
                print("#", line)


# --- a key in a token --------------------------------------------------------

PIN = "tea 4 two"
TOKEN = "pkcs11:token=postrider;object=ada"


def name_module(world, *more):
    """Tell p11-kit where SoftHSM is."""
    folder = "home"
    for name in (".config", "pkcs11", "modules"):
        folder = os.path.join(folder, name)
        world.folder(folder)
    world.write(os.path.join(folder, "softhsm2.module"),
                "".join(x + "\n" for x in ["module: " + SOFTHSM, *more]))


def make_token(world):
    """The environment in which the token is found."""
    name_module(world)
    env = {"SOFTHSM2_CONF": world.write(
        "softhsm2.conf", "directories.tokendir = %s\n"
        "objectstore.backend = file\n" % world.folder("tokens"))}
    world.call("softhsm2-util", "--init-token", "--free", "--label",
               "postrider", "--pin", PIN, "--so-pin", "12345678", env=env)
    for option, name in (("--load-privkey", "key"),
                         ("--load-certificate", "client")):
        with open(os.path.join(world.certs, name + ".pem"),
                  encoding="ascii") as f:
            path = world.write(name + ".pem", f.read())
        world.call("p11tool", "--batch", "--login", "--write", "--label",
                   "ada", "--id", "01", option, path, "pkcs11:token=postrider",
                   env=dict(env, GNUTLS_PIN=PIN))
    return env


def tokens(world):
    env = make_token(world)
    server = sink.Sink(certs=world.certs, tls="implicit",
                       users={"ada": PIN})
    server.context.verify_mode = ssl.CERT_REQUIRED
    server.context.load_verify_locations(
        os.path.join(world.certs, "ca.pem"))
    file = ["password_file " + world.write("pin", PIN + "\n")]
    shows = ["tls_key_file %s;type=private" % TOKEN,
             "tls_cert_file %s;type=cert" % TOKEN]

    def attempt(*lines):
        had = len(server.lines)
        status, words = world.send(server.port, list(lines), env)
        return status, words, server.lines[had:]

    login = ["auth plain", "user ada"]
    status, words, lines = attempt(*login, *file)
    world.ok(status in (75, 76) and not lines,
             "tokens: the server wants a certificate", words)
    status, words, lines = attempt(*shows, *login, *file)
    world.ok(status == 0 and len(server.messages) == 1,
             "tokens: key and certificate of a token, the PIN from a file",
             words)
    world.ok(PIN.encode() not in words, "tokens: the PIN is not shown", words)
    status, words, lines = attempt(*shows, *login, "passwordeval echo " + PIN)
    world.ok(status == 0, "tokens: the PIN from a command", words)
    status, words, lines = attempt(
        shows[0], "tls_cert_file " + os.path.join(world.certs, "client.pem"),
        *login, *file)
    world.ok(status == 0, "tokens: the certificate in a file", words)
    status, words, lines = attempt(*shows, "auth off")
    world.ok(status == 78 and b"there is no password" in words and not lines,
             "tokens: without a PIN it is 78, before connecting", words)
    status, words, lines = attempt(
        "tls_key_file %s;type=private" % TOKEN.replace("ada", "bob"),
        shows[1], *login, *file)
    world.ok(status == 78 and b"p11tool" in words and not lines,
             "tokens: a key that is not there is 78", words)
    wrong = ["password_file " + world.write("wrong", "1111\n")]
    status, words, lines = attempt(*shows, *login, *wrong)
    world.ok(status == 78 and b"PIN" in words and not lines and
             b"1111" not in words,
             "tokens: a wrong PIN is 78, before connecting", words)
    name_module(world, "log-calls: yes")
    status, words, lines = attempt(*shows, *login, *wrong)
    world.ok(status == 78 and words.count(b"\nC_Login\n") == 1,
             "tokens: and is given once: three times would lock a token",
             words[-8000:])
    name_module(world)
    status, words, lines = attempt(*shows, *login, *file)
    world.ok(status == 0, "tokens: so the right one still opens it", words)
    server.close()


# --- tickets -----------------------------------------------------------------

REALM = "TEST.EXAMPLE"
KRB5 = """[libdefaults]
default_realm = {realm}
dns_lookup_realm = false
dns_lookup_kdc = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{realm} = {{
kdc = 127.0.0.1:{port}
}}
"""
KDC = """[kdcdefaults]
kdc_listen = 127.0.0.1:{port}
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
{realm} = {{
database_name = {dir}/db
key_stash_file = {dir}/stash
acl_file = {dir}/acl
}}
"""


class Kerberos(servers.Server):
    """A realm with the users ada and eve and the service smtp/localhost."""

    forms = ("kdc",)

    def configure(self):
        values = {"realm": REALM, "port": self.ports["kdc"], "dir": self.dir}
        self.write("krb5.conf", KRB5.format(**values))
        self.write("kdc.conf", KDC.format(**values))
        self.admin("kdb5_util", "create", "-s", "-P", "master", "-r", REALM)
        for user in ("ada", "eve"):
            self.add("addprinc", "-pw", "%s's secret" % user, user)
        self.add("addprinc", "-randkey", "smtp/localhost")
        self.add("ktadd", "-k", self.path("keytab"), "smtp/localhost")

    def environment(self):
        return dict(super().environment(),
                    KRB5_CONFIG=self.path("krb5.conf"),
                    KRB5_KDC_PROFILE=self.path("kdc.conf"))

    def admin(self, *command):
        ran = subprocess.run(command, env=self.environment(), cwd=self.dir,
                             capture_output=True, check=False)
        if ran.returncode != 0:
            raise RuntimeError("%s: %s" % (command, ran.stderr.decode()))

    def add(self, *words):
        self.admin("kadmin.local", *words)

    def command(self):
        return ["krb5kdc", "-n", "-P", self.path("pid")]


class DovecotGSSAPI(servers.Dovecot):
    """Submission for whoever has a ticket."""

    mechanisms = ("GSSAPI",)

    def __init__(self, top, authority, realm):
        super().__init__(top, authority)
        self.realm = realm

    def configure(self):
        super().configure()
        with open(self.path("dovecot.conf"), "a", encoding="utf-8") as f:
            f.write("auth_gssapi_hostname = \"$ALL\"\n"
                    "auth_krb5_keytab = %s\n"
                    "import_environment = KRB5_CONFIG=%s\n"
                    % (self.path("keytab"), self.realm.path("krb5.conf")))
        self.take_keytab()

    def take_keytab(self):
        shutil.copy(self.realm.path("keytab"), self.path("keytab"))
        shutil.chown(self.path("keytab"), "dovecot")
        os.chmod(self.path("keytab"), 0o600)


def tickets(world):
    realm = Kerberos(world.top, world.certs)
    server = DovecotGSSAPI(world.top, world.certs, realm)
    try:
        realm.start()
        server.start()
        with_tickets(world, realm, server)
    except RuntimeError:
        print("".join("# %s\n" % x for x in realm.log_tail().splitlines()))
        raise
    finally:
        server.stop()
        realm.stop()


def ticket_environment(world, realm):
    return {"KRB5_CONFIG": realm.path("krb5.conf"),
            "KRB5CCNAME": "FILE:" + world.path("home", "tickets")}


def with_peer(world, realm, mech, *lines):
    """(status, what the peer says of it): Dovecot has no GS2-KRB5."""
    peer = subprocess.Popen(
        [PEER, "--cert", os.path.join(world.certs, "good.pem"), "--key",
         os.path.join(world.certs, "key.pem"), "--tls", "implicit",
         "--mechanisms", mech, "--user", "ada"], stdout=subprocess.PIPE,
        env=dict(realm.environment(),
                 KRB5_KTNAME="FILE:" + realm.path("keytab")))
    try:
        status, words = world.send(
            int(peer.stdout.readline()), ["auth " + mech.lower(), *lines],
            ticket_environment(world, realm))
        peer.wait(LIMIT)
        return status, peer.stdout.read().decode().strip(), words
    finally:
        peer.kill()
        peer.wait()
        peer.stdout.close()


def both_mechanisms(world, realm):
    for mech in ("GSSAPI", "GS2-KRB5"):
        for lines, good in (((), True), (("user ada", "authzid ada"), True),
                            (("authzid eve",), False)):
            status, said, words = with_peer(world, realm, mech, *lines)
            world.ok((status, said) == ((0, mech + " accepted") if good else
                                        (77, mech + " refused")),
                     "tickets: %s%s" % (mech, "".join(
                         ", " + x for x in lines)), status, said, words)


def with_tickets(world, realm, server):
    env = ticket_environment(world, realm)
    port = server.ports["implicit"]

    def attempt(what, want, *lines, word=b""):
        status, words = world.send(port, list(lines), env)
        got = server.delivered(1, 20 if want == 0 else 0.2)
        world.ok(status == want and word in words and
                 len(got) == (1 if want == 0 else 0), "tickets: " + what,
                 status, words, server.log_tail()[-1500:])
        return words

    def login(user, password):
        world.call("kdestroy", "-q", env=env)
        if user:
            world.call("kinit", user, env=env, stdin=password.encode())

    login(None, None)
    attempt("without one it is 77", 77, "auth gssapi", "user ada",
            word=b"kinit")
    login("ada", "ada's secret\n")
    attempt("GSSAPI with a ticket, and no password is asked for", 0,
            "auth gssapi", "user ada", "passwordeval echo asked >&2; exit 1")
    attempt("GSSAPI without a user", 0, "auth gssapi")
    both_mechanisms(world, realm)
    words = attempt("a password is not sent to a server that wants a ticket",
                    76, "auth plain", "user ada", "password secret")
    world.ok(b"AUTH PLAIN" not in words, "tickets: nor is AUTH", words)
    login("eve", "eve's secret\n")
    attempt("the ticket of somebody else is 77", 77, "auth gssapi",
            "user ada", "authzid ada", word=b"klist")
    login("ada", "ada's secret\n")
    realm.add("addprinc", "-randkey", "smtp/other")
    os.unlink(realm.path("keytab"))
    realm.add("ktadd", "-k", realm.path("keytab"), "smtp/other")
    server.take_keytab()
    attempt("a server that does not have the key is 77", 77, "auth gssapi",
            "user ada")


# --- the keyring -------------------------------------------------------------

class Session:
    """A session bus of nobody's, with a keyring on it."""

    def __init__(self, world):
        self.world = world
        self.env = {"XDG_RUNTIME_DIR": world.folder("runtime")}
        # It lasts until its standard input ends.
        self.bus = self.spawn("dbus-run-session", "--", "sh", "-c",
                              "echo $DBUS_SESSION_BUS_ADDRESS; cat")
        self.env["DBUS_SESSION_BUS_ADDRESS"] = \
            self.bus.stdout.readline().decode().strip()
        self.daemon = None

    def spawn(self, *command):
        return subprocess.Popen(
            [*AS_NOBODY, *command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=self.world.home, env=self.world.environment(self.env))

    def open_keyring(self, password):
        self.close_keyring()
        self.daemon = self.spawn("gnome-keyring-daemon", "--foreground",
                                 "--components=secrets", "--unlock")
        self.daemon.stdin.write(password)
        self.daemon.stdin.close()
        until = time.monotonic() + ENTER_SECONDS
        while b"org.freedesktop.secrets" not in self.names():
            if time.monotonic() > until:
                raise RuntimeError("the keyring does not answer")
            time.sleep(0.05)

    def names(self):
        return self.world.call(
            "dbus-send", "--session", "--print-reply",
            "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
            "org.freedesktop.DBus.ListNames", env=self.env)

    def close_keyring(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon.stdout.close()
        self.daemon = None

    def close(self):
        self.close_keyring()
        self.bus.stdin.close()
        self.bus.wait()
        self.bus.stdout.close()

    def store(self, label, secret, *attributes):
        self.world.call("secret-tool", "store", "--label=" + label,
                        *attributes, env=self.env, stdin=secret.encode())


# Who would have stored it: the attributes.  msmtp and the programs that share
# network passwords name their schemas.
ENTRIES = {
    "ours": "host localhost service smtp user ada",
    "msmtp's": "xdg:schema de.marlam.msmtp.password "
               "host localhost service smtp user bob",
    "a network password": "xdg:schema org.gnome.keyring.NetworkPassword "
                          "server localhost protocol smtp user cy",
}


def keyring(world):
    secret = "tea time #4"
    server = sink.Sink(certs=world.certs, tls="implicit",
                       users={"ada": secret, "bob": secret, "cy": secret})
    session = Session(world)

    def attempt(what, want, user, *lines, word=b""):
        had = len(server.messages)
        status, words = world.send(
            server.port, ["auth on", "user " + user, *lines], session.env)
        world.ok(status == want and word in words and
                 len(server.messages) - had == (1 if want == 0 else 0) and
                 secret.encode() not in words, "keyring: " + what, status,
                 words)

    try:
        session.open_keyring(b"unlocked")
        attempt("without an entry it is 78", 78, "ada",
                word=b"there is no password")
        attempt("and with keyring on", 78, "ada", "keyring on",
                word=b"secret-tool store")
        for (name, words), user in zip(ENTRIES.items(), ("ada", "bob", "cy")):
            session.store(name, secret, *words.split())
            attempt(name, 0, user)
            attempt(name + ", keyring on", 0, user, "keyring on")
            attempt(name + ", keyring off", 78, user, "keyring off")
            session.store(name, "something else", *words.split())
            attempt(name + ", and it is wrong", 77, user)
            session.store(name, secret, *words.split())
        attempt("somebody else's entry is not taken", 78, "eve")
        session.open_keyring(b"not the password")
        attempt("one that stays locked gives nothing", 78, "ada")
        session.open_keyring(b"unlocked")
        attempt("and unlocked it gives", 0, "ada")
    finally:
        session.close()
        server.close()


PARTS = {"tokens": tokens, "tickets": tickets, "keyring": keyring}


def main(words):
    print("# secrets", flush=True)
    if os.geteuid() != 0:
        print("1..0 # SKIP only root can start the servers")
        return 0
    if not shutil.which(PROGRAM):
        print("Bail out! there is no program " + PROGRAM)
        return 1
    with tempfile.TemporaryDirectory(prefix="secrets.") as top:
        world = World(top)
        for name, part in PARTS.items():
            if words and name not in words:
                continue
            try:
                part(world)
            except (RuntimeError, OSError, subprocess.SubprocessError) as e:
                world.ok(False, name + " can be set up", str(e))
    print("1..%d" % world.number)
    return 1 if world.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
