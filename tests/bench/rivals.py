"""Programs with a queue, as Debian 12 ships them, side by side.

    rival = Dma(top, smarthost port, certs folder)
    rival.prepare()             make its room
    rival.enter                 the command that queues what is on its stdin
    rival.begin_entering()      what has to run for that
    rival.waiting()             how many messages are in its queue
    rival.begin_draining()      everything up to the word to go
    rival.drain()               go; returns at once
    rival.stop()

Each lives in a room: a folder with its packages, unpacked, and the libraries
that they need, entered by chroot(2), so that none has to be installed and all
queues are on one disk.  Nothing in there answers /dev/log.  All of them log
in, over TLS from the start, to one smarthost on loopback.  The configuration
is the one shipped but for the smarthost, and for what keeps a queue from being
emptied while it is filled; each is asked for that in its own way.  Whatever a
rival starts lives in a control group of its own, by which its processor time
is measured and by which it is ended.
"""
import glob
import os
import re
import shutil
import signal
import subprocess
import time

SERVERS = os.environ.get("SERVERS", "/var/cache/postrider-tests")
USER, PASSWORD = "ada", "secret"
SENDER, RECIPIENT = "me@example.org", "bob@example.com"
PATIENCE = 120
SYNC = re.compile(r" (?:f?sync|fdatasync|syncfs)\(|openat\(.*O_D?SYNC")
USERS = {"root": 0, "mail": 8, "postfix": 901, "postdrop": 902,
         "Debian-exim": 903, "opensmtpd": 904, "opensmtpq": 905,
         "nobody": 65534}
NAME_SERVICE = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
LIBRARIES = "/lib/x86_64-linux-gnu"


def wait_for(what, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise RuntimeError("nothing came of it")
        time.sleep(0.005)


class Group:
    """A control group: who is in it, and what they used.

    Where this user can make none, only what was started is known.
    """

    def __init__(self, name):
        roots = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
        root = next((r for r in roots
                     if os.path.exists(r + "/cgroup.controllers")), None)
        self.path = root and "%s/postrider-bench-%d-%s" % (root, os.getpid(),
                                                           name)
        self.started = []
        try:
            if self.path:
                os.makedirs(self.path, exist_ok=True)
        except OSError:
            self.path = None

    def start(self, argv, **more):
        one = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                               preexec_fn=self.join, start_new_session=True,
                               **more)
        self.started.append(one)
        return one

    def join(self):
        """For the child, before it runs a program."""
        if self.path:
            with open(self.path + "/cgroup.procs", "w",
                      encoding="ascii") as f:
                f.write("0")

    def processes(self):
        if not self.path:
            return [p.pid for p in self.started if p.poll() is None]
        with open(self.path + "/cgroup.procs", encoding="ascii") as f:
            return [int(line) for line in f]

    def seconds(self):
        if not self.path:
            self.processes()
            used = os.times()
            return used.children_user + used.children_system
        with open(self.path + "/cpu.stat", encoding="ascii") as f:
            return int(re.search(r"usage_usec (\d+)", f.read())[1]) / 1e6

    def settle(self):
        """Wait until its processes have come to rest."""
        used = -1.0
        while self.seconds() - used > 0.0005:
            used = self.seconds()
            time.sleep(0.1)

    def close(self):
        for which in (signal.SIGTERM, signal.SIGKILL):
            until = time.monotonic() + 5
            for pid in self.processes():
                try:
                    os.kill(pid, which)
                except ProcessLookupError:
                    pass
            while self.processes() and time.monotonic() < until:
                time.sleep(0.01)
        for one in self.started:
            one.wait()
        if self.path:
            wait_for(self.removed, 5)

    def removed(self):
        """The last process may still be on its way out."""
        try:
            os.rmdir(self.path)
        except OSError:
            return False
        return True


def own(path, owner):
    if os.geteuid() == 0:
        os.chown(path, USERS[owner], USERS[owner])


def libraries(program):
    out = subprocess.run(["ldd", program], capture_output=True, text=True,
                         check=False).stdout
    return re.findall(r"(/\S+) \(0x", out)


class Room:
    """A rival without anything of its own."""

    packages = ()
    programs = ()       # what is run in there, beside all that is unpacked
    folders = ()        # (name, mode, owner)
    queue = None        # glob of the messages that wait

    def __init__(self, top, port, certs, caller):
        self.name = type(self).__name__
        self.dir = os.path.join(top, self.name)
        self.port, self.certs, self.caller = port, certs, caller
        self.group = Group(self.name)

    def path(self, name):
        return os.path.join(self.dir, name.lstrip("/"))

    def write(self, name, text, mode=0o644, owner="root"):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        if os.path.islink(self.path(name)):
            os.unlink(self.path(name))
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        own(self.path(name), owner)
        os.chmod(self.path(name), mode)

    def folder(self, name, mode=0o755, owner="root"):
        os.makedirs(self.path(name), exist_ok=True)
        own(self.path(name), owner)
        os.chmod(self.path(name), mode)

    def prepare(self):
        self.folder("")
        for package in self.packages:
            subprocess.run(["cp", "-a", os.path.join(SERVERS, package, "."),
                            self.dir], check=True)
        self.folder("tmp", 0o1777)
        self.folder("dev")
        for name, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
            os.mknod(self.path("dev/" + name), 0o020666, os.makedev(1, minor))
            os.chmod(self.path("dev/" + name), 0o666)
        self.write("etc/passwd", "".join(
            "%s:x:%d:%d::/:/bin/false\n" % (n, i, i)
            for n, i in USERS.items()))
        self.write("etc/group", "".join(
            "%s:x:%d:\n" % item for item in USERS.items()))
        self.write("etc/hosts", "127.0.0.1 localhost bench.test\n")
        self.write("etc/nsswitch.conf", "hosts: files\n")
        self.write("etc/mailname", "bench.test\n")
        shutil.copy(os.path.join(self.certs, "ca.pem"), self.path("etc"))
        for folder in self.folders:
            self.folder(*folder)
        self.configure()
        self.copy_libraries()

    def copy_libraries(self):
        found = {os.path.join(LIBRARIES, name) for name in NAME_SERVICE}
        inside = [os.path.join(at, name) for at, _, names in os.walk(self.dir)
                  for name in names]
        for program in list(self.programs) + inside + [self.caller]:
            if not os.path.islink(program) and \
                    (os.access(program, os.X_OK) or ".so" in program):
                found.update(libraries(program))
        for path in list(self.programs) + sorted(found):
            to = self.path(path)
            if not os.path.exists(to):
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(path, to)
        shutil.copy(self.caller, self.path("caller"))

    def configure(self):
        """Its files."""

    def argv(self, *command):
        return ["/usr/sbin/chroot", self.dir, *command]

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                "HOME": "/", "USER": "root", "LOGNAME": "root"}

    def start(self, *command):
        with open(self.path("log"), "ab") as log:
            return self.group.start(
                self.argv(*command), stdout=log, stderr=log, cwd=self.dir,
                env=self.environment())

    def run(self, *command):
        done = self.start(*command).wait(PATIENCE)
        if done != 0:
            raise RuntimeError("%s: %s: status %d: %s" % (
                self.name, command[0], done, self.log_tail()))

    def log_tail(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-20:])

    def enter_many(self, count, message, prefix=()):
        """(wall, processor of the callers, median) in seconds"""
        shutil.copy(message, self.path("message"))
        with open(self.path("log"), "ab") as log:
            caller = self.group.start(
                [*prefix, *self.argv("/caller", str(count), "/message",
                                     *self.enter)],
                stdout=subprocess.PIPE, stderr=log, cwd=self.dir,
                env=self.environment())
            figures = caller.stdout.read().split()
            if caller.wait() != 0:
                raise RuntimeError("%s: %s" % (self.name, self.log_tail()))
        return [float(x) / 1e6 for x in figures]

    def syncs(self, message, count=5):
        """How often it has the disk written for a message; None: unknown"""
        if not shutil.which("strace"):
            return None
        out = self.path("strace")
        watch = ["strace", "-f", "-q", "-A", "-o", out, "-e", "signal=none",
                 "-e", "trace=fsync,fdatasync,syncfs,sync,openat"]
        running = [word for pid in self.group.processes()
                   for word in ("-p", str(pid))]
        daemons = subprocess.Popen(watch + running) if running else None
        time.sleep(1 if running else 0)
        try:
            self.enter_many(count, message, watch)
        except RuntimeError:
            return None
        finally:
            if daemons:
                daemons.terminate()
                daemons.wait()
        with open(out, encoding="ascii", errors="replace") as f:
            return len(SYNC.findall(f.read())) / count

    def waiting(self):
        return len(glob.glob(self.path(self.queue)))

    def begin_entering(self):
        """Nothing has to run."""

    def begin_draining(self):
        """Nothing has to be done before."""

    def nudge(self):
        """Nothing has come for a while; not all of them try again soon."""

    def stop(self):
        self.group.close()


class Dma(Room):
    """DEFER, its own setting, keeps it from delivering at once."""

    packages = ("dma",)
    folders = (("var/spool/dma", 0o2775, "mail"), ("var/mail", 0o775, "mail"))
    queue = "var/spool/dma/Q*"
    enter = ["/usr/sbin/dma", "-i", "-f", SENDER, RECIPIENT]

    def configure(self):
        # The tunings of the reference, not of a crippled rival
        self.settings("DEFER\n")
        self.write("etc/dma/auth.conf", "%s|localhost:%s\n" %
                   (USER, PASSWORD), 0o640, "mail")
        for name in ("usr/sbin/dma",):
            shutil.chown(self.path(name), 0, USERS["mail"])
            os.chmod(self.path(name), 0o2755)

    def settings(self, more):
        self.write("etc/dma/dma.conf", """SMARTHOST localhost
PORT %d
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
MAILNAME /etc/mailname
%s""" % (self.port, more), 0o640, "mail")

    def begin_draining(self):
        self.settings("")

    def drain(self):
        self.start("/usr/sbin/dma", "-q")


class Nullmailer(Room):
    packages = ("nullmailer",)
    folders = (("var/spool/nullmailer", 0o700, "mail"),
               ("var/spool/nullmailer/queue", 0o700, "mail"),
               ("var/spool/nullmailer/tmp", 0o700, "mail"),
               ("var/spool/nullmailer/failed", 0o700, "mail"))
    queue = "var/spool/nullmailer/queue/*"
    enter = ["/usr/sbin/sendmail", "-i", "-f", SENDER, RECIPIENT]

    def configure(self):
        self.write("etc/nullmailer/me", "bench.test\n")
        self.write("etc/nullmailer/defaultdomain", "bench.test\n")
        self.write("etc/nullmailer/remotes",
                   "localhost smtp port=%d tls user=%s pass=%s "
                   "x509cafile=/etc/ca.pem\n" % (self.port, USER, PASSWORD),
                   0o640, "mail")
        os.mkfifo(self.path("var/spool/nullmailer/trigger"))
        os.chmod(self.path("var/spool/nullmailer/trigger"), 0o622)
        os.chown(self.path("usr/sbin/nullmailer-queue"), USERS["mail"], 0)
        os.chmod(self.path("usr/sbin/nullmailer-queue"), 0o4755)

    def drain(self):
        self.start("/usr/sbin/nullmailer-send")


class OpenSMTPD(Room):
    """smtpctl pause mta keeps what comes in the queue."""

    packages = ("opensmtpd",)
    folders = (("var/lib/opensmtpd/empty", 0o755, "root"), ("run",),
               ("var/spool/smtpd", 0o711), ("var/empty",))
    queue = "var/spool/smtpd/queue/*/*/message"
    enter = ["/usr/sbin/sendmail", "-i", "-f", SENDER, RECIPIENT]

    def configure(self):
        self.write("etc/smtpd.conf", """
table secrets file:/etc/secrets
action "out" relay host smtps://bench@localhost:%d auth <secrets>
match from local for any action "out"
""" % self.port, 0o600)
        os.makedirs(self.path("etc/ssl/certs"), exist_ok=True)
        shutil.copy(os.path.join(self.certs, "ca.pem"),
                    self.path("etc/ssl/certs/ca-certificates.crt"))
        self.write("etc/secrets", "bench %s:%s\n" % (USER, PASSWORD), 0o640,
                   "opensmtpd")
        self.write("etc/resolv.conf", "nameserver 127.0.0.1\n")
        os.chown(self.path("usr/sbin/smtpctl"), 0, USERS["opensmtpq"])
        os.chmod(self.path("usr/sbin/smtpctl"), 0o2755)
        self.folder("var/run")
        self.folder("var/spool/smtpd/offline", 0o770)
        os.chown(self.path("var/spool/smtpd/offline"), 0, USERS["opensmtpq"])

    def begin_entering(self):
        self.start("/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf")
        wait_for(lambda: glob.glob(self.path("var/run/smtpd.sock")))
        self.run("/usr/sbin/smtpctl", "pause", "mta")

    def drain(self):
        self.start("/usr/sbin/smtpctl", "resume", "mta")


class Postfix(Room):
    """Entering needs no daemon; then it is started with defer_transports."""

    packages = ("postfix",)
    folders = (("var/spool/postfix",), ("var/lib/postfix", 0o700, "postfix"),
               ("var/spool/postfix/pid",)) + tuple(
        ("var/spool/postfix/" + name, 0o700, "postfix")
        for name in ("active", "bounce", "corrupt", "defer", "deferred",
                     "flush", "hold", "incoming", "private", "saved",
                     "trace")) + (
        ("var/spool/postfix/public", 0o710, "postfix"),
        ("var/spool/postfix/maildrop", 0o730, "postfix"))
    queue = "var/spool/postfix/maildrop/*"
    enter = ["/usr/sbin/sendmail", "-i", "-f", SENDER, RECIPIENT]

    def configure(self):
        self.settings("smtp")
        self.write("etc/postfix/dynamicmaps.cf", "")
        self.write("etc/postfix/password", "[localhost]:%d %s:%s\n"
                   % (self.port, USER, PASSWORD), 0o600)
        self.write("etc/postfix/master.cf", self.services())
        for name in ("public", "maildrop"):
            os.chown(self.path("var/spool/postfix/" + name),
                     USERS["postfix"], USERS["postdrop"])
            os.chmod(self.path("var/spool/postfix/" + name), 0o730)
        for name in ("postdrop", "postqueue"):
            os.chown(self.path("usr/sbin/" + name), 0, USERS["postdrop"])
            os.chmod(self.path("usr/sbin/" + name), 0o2555)
        plugins = "/usr" + LIBRARIES + "/sasl2"
        os.makedirs(self.path(plugins))
        for name in glob.glob(plugins + "/libplain.so*"):
            shutil.copy(name, self.path(plugins))

    def settings(self, deferred):
        self.write("etc/postfix/main.cf", """
compatibility_level = 3.6
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
maillog_file = /var/log/maillog
relayhost = [localhost]:%d
smtp_tls_wrappermode = yes
smtp_tls_security_level = secure
smtp_tls_CAfile = /etc/ca.pem
smtp_tls_secure_cert_match = hostname
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/password
smtp_sasl_security_options = noanonymous
defer_transports = %s
""" % (self.port, deferred))
        self.folder("var/log")

    @staticmethod
    def services():
        lines = ["%s unix %s - n %s %s %s" % row for row in (
            ("cleanup", "n", "-", "0", "cleanup"),
            ("pickup", "n", "60", "1", "pickup"),
            ("qmgr", "n", "300", "1", "qmgr"),
            ("tlsmgr", "-", "1000?", "1", "tlsmgr"),
            ("rewrite", "-", "-", "-", "trivial-rewrite"),
            ("bounce", "-", "-", "0", "bounce"),
            ("defer", "-", "-", "0", "bounce"),
            ("trace", "-", "-", "0", "bounce"),
            ("smtp", "-", "-", "-", "smtp"),
            ("relay", "-", "-", "-", "smtp"),
            ("showq", "n", "-", "-", "showq"),
            ("error", "-", "-", "-", "error"),
            ("retry", "-", "-", "-", "error"),
            ("discard", "-", "-", "-", "discard"),
            ("scache", "-", "-", "1", "scache"),
            ("anvil", "-", "-", "1", "anvil"))]
        lines.append("postlog unix-dgram n - n - 1 postlogd")
        return "\n".join(lines) + "\n"

    def deferred(self):
        return len(glob.glob(self.path("var/spool/postfix/deferred/*/*")))

    def environment(self):
        return dict(super().environment(),
                    LD_LIBRARY_PATH="/usr/lib/postfix")

    def begin_draining(self):
        count = self.waiting()
        master = self.start("/usr/lib/postfix/sbin/master", "-d")
        wait_for(lambda: self.deferred() == count)
        self.settings("")
        master.send_signal(signal.SIGHUP)
        time.sleep(1)
        self.group.settle()

    def drain(self):
        self.start("/usr/sbin/postqueue", "-f")

    nudge = drain


class Exim(Room):
    """-odq, and -qqf: so that one connection takes several messages."""

    packages = ("exim4-daemon-light",)
    folders = (("var/spool/exim4", 0o750, "Debian-exim"),
               ("var/log/exim4", 0o750, "Debian-exim"), ("run",))
    enter = ["/usr/sbin/exim4", "-odq", "-i", "-f", SENDER, RECIPIENT]

    def configure(self):
        self.write("etc/exim4/exim4.conf", """
primary_hostname = bench.test
exim_user = Debian-exim
exim_group = Debian-exim
log_file_path = /var/log/exim4/%%slog
host_lookup =
keep_environment =
add_environment = PATH=/usr/bin
begin routers
smarthost:
  driver = manualroute
  route_list = * localhost byname
  self = send
  transport = smarthost
begin transports
smarthost:
  driver = smtp
  port = %d
  protocol = smtps
  hosts_require_auth = *
  tls_verify_certificates = /etc/ca.pem
  allow_localhost
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^%s^%s
""" % (self.port, USER, PASSWORD))
        os.chmod(self.path("usr/sbin/exim4"), 0o4755)
        os.chown(self.path("var/log/exim4"), USERS["Debian-exim"],
                 USERS["Debian-exim"])

    def waiting(self):
        return len(glob.glob(self.path("var/spool/exim4/input/*-H"))) + \
            len(glob.glob(self.path("var/spool/exim4/input/*/*-H")))

    def drain(self):
        self.start("/usr/sbin/exim4", "-qqf")


class Msmtpq(Room):
    """The script, where it lives; it has no fsync.  No ping: no network."""

    queue = "queue/*.mail"
    script = "/usr/libexec/msmtp/msmtpq/msmtpq"
    enter = [script, "-f", SENDER, RECIPIENT]
    also = "/usr/libexec/msmtp/msmtpq:"
    connected = {}

    def prepare(self):
        self.folder("")
        self.folder("queue", 0o700)
        self.write("config", """account default
host localhost
port %d
tls on
tls_starttls off
tls_trust_file %s/ca.pem
auth plain
user %s
password %s
""" % (self.port, self.certs, USER, PASSWORD), 0o600)
        os.rename(self.path("config"), self.path(".msmtprc"))
        self.folder("bin")
        os.symlink("/bin/false", self.path("bin/ping"))
        shutil.copy(self.caller, self.path("caller"))

    def argv(self, *command):
        return [self.path(x) if x in ("/caller", "/message") else x
                for x in command]

    def environment(self):
        inherited = super().environment()
        return dict(inherited, HOME=self.dir,
                    PATH=self.path("bin:") + self.also + inherited["PATH"],
                    MSMTPQ_Q=self.path("queue"), MSMTPQ_LOG="",
                    EMAIL_QUEUE_QUIET="t", **self.connected)

    def begin_draining(self):
        self.connected = {"EMAIL_CONN_TEST": "x"}

    def drain(self):
        self.start("/usr/libexec/msmtp/msmtpq/msmtp-queue", "-r")


class Postrider(Room):
    """Where it was built, with queue always; nothing is started by it."""

    queue = "queue/*.env"
    program = os.path.abspath(os.environ.get("CLIENT", "./postrider"))

    def prepare(self):
        self.folder("")
        self.write("config", """account default
host localhost
port %d
from %s
tls on
tls_starttls off
tls_trust_file %s/ca.pem
auth plain
user %s
password %s
queue always
queue_runner none
queue_dir %s
""" % (self.port, SENDER, self.certs, USER, PASSWORD, self.path("queue")),
                   0o600)
        shutil.copy(self.caller, self.path("caller"))
        self.enter = [self.program, "-C", self.path("config"), "-i", "-f",
                      SENDER, RECIPIENT]

    def argv(self, *command):
        return [self.path(x) if x in ("/caller", "/message") else x
                for x in command]

    def drain(self):
        self.start(self.program, "flush", "-C", self.path("config"), "--now",
                   "--wait")


ALL = (Postrider, Dma, Nullmailer, OpenSMTPD, Postfix, Exim, Msmtpq)
