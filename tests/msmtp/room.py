"""A machine of our own for programs that look at fixed places: room.py.

    room.enter()            once, first: this script again in new mount and
                            network namespaces, where loopback is up
    r = room.Room()         /etc is a copy of links that we may change, so are
                            SYSCONFDIR of the program and /dev/log; the test
                            authority is what the system trusts
    ran = r.run("msmtp", ARGS, ...)   theirs; "postrider": ours, as msmtp

Programs run as an ordinary user, in a home that is made anew for each run.
"""
import collections
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import certs  # noqa: E402

INSIDE = "POSTRIDER_TEST_ROOM"
USER, UID = "tester", 12345
LIMIT = 30
KEPT = ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
        "LLVM_PROFILE_FILE")
HOSTS = """127.0.0.1 localhost
::1 localhost6
127.0.0.1 smtp.test
127.0.0.1 lists.test other.test
127.0.0.1 canonical.here.test here.test here
"""
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

Ran = collections.namedtuple("Ran", "status out err files syslog timed_out")


def enter():
    """Go on inside, as root; elsewhere say that nothing can be tested."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        print("1..0 # SKIP only root can make a machine of its own")
        sys.exit(0)
    os.environ[INSIDE] = "yes"
    sys.stdout.flush()
    os.execvp("unshare", ["unshare", "--mount", "--net", "--uts", "--",
                          sys.executable, *sys.argv])


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16xh14x", fcntl.ioctl(s, SIOCGIFFLAGS, name))[0]
        fcntl.ioctl(s, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"lo", flags | IFF_UP))


class Room:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="room.")
        os.chmod(self.top, 0o755)
        self.home = self.path("home")
        self.certs = certs.make(self.path("certs"))
        mount("--make-rprivate", "/")
        raise_loopback()
        self.devices()
        self.etc()
        self.programs()
        self.children = set()

    def path(self, name):
        return os.path.join(self.top, name)

    def devices(self):
        new = self.path("dev")
        os.mkdir(new)
        for name in DEVICES:
            with open(os.path.join(new, name), "w", encoding="ascii"):
                pass
            mount("--bind", "/dev/" + name, os.path.join(new, name))
        os.symlink("/proc/self/fd", os.path.join(new, "fd"))
        mount("--rbind", new, "/dev")
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind("/dev/log")
        self.log.setblocking(False)
        os.chmod("/dev/log", 0o666)

    def etc(self):
        """A folder of links to what was there, so that names can be changed."""
        real = self.path("etc.real")
        os.mkdir(real)
        mount("--bind", "/etc", real)
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc")
        for name in os.listdir(real):
            os.symlink(os.path.join(real, name), "/etc/" + name)
        with open(os.path.join(real, "passwd"), encoding="utf-8") as f:
            users = f.read()
        self.etc_file("passwd", users + "%s:x:%d:%d:Tess Ter:%s:/bin/sh\n"
                      % (USER, UID, UID, self.home))
        self.etc_file("hosts", HOSTS)
        self.etc_file("nsswitch.conf", "passwd: files\ngroup: files\n"
                      "hosts: files\nservices: files\n")
        self.etc_file("resolv.conf", "")
        for name in ("msmtprc", "mailname", "netrc", "ssl"):
            if os.path.islink("/etc/" + name):
                os.unlink("/etc/" + name)
        os.makedirs("/etc/ssl/certs")
        with open(os.path.join(self.certs, "ca.pem"), encoding="ascii") as f:
            self.etc_file("ssl/certs/ca-certificates.crt", f.read())
        subprocess.run(["hostname", "here.test"], check=True)

    def etc_file(self, name, text, mode=0o644):
        path = "/etc/" + name
        if os.path.lexists(path):
            os.unlink(path)
        if text is None:
            return
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else
                    text.encode("utf-8", "surrogateescape"))
        os.chmod(path, mode)

    def programs(self):
        """Ours is copied: where it was built others may not look."""
        program = os.path.abspath(os.environ.get("CLIENT", "./postrider"))
        os.mkdir(self.path("bin"))
        shutil.copy(program, self.path("bin/postrider"))
        self.program = {"msmtp": shutil.which("msmtp"),
                        "postrider": self.path("bin/postrider")}
        words = subprocess.run([self.program["postrider"], "version"],
                               stdout=subprocess.PIPE, check=True).stdout
        found = re.search(rb"(/\S+)/postrider\.conf", words)
        self.sysconfdir = found[1].decode() if found else "/etc"
        if self.sysconfdir != "/etc":
            os.makedirs(self.sysconfdir, exist_ok=True)
            mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", self.sysconfdir)

    def system_file(self, name, text):
        """NAME below what each program was built to take for /etc."""
        self.etc_file(name, text)
        if name == "netrc" and text is not None:
            os.chmod("/etc/netrc", 0o600)
            os.chown("/etc/netrc", UID, UID)
        if self.sysconfdir == "/etc":
            return
        path = os.path.join(self.sysconfdir, name)
        if os.path.lexists(path):
            os.unlink(path)
        if text is not None:
            shutil.copy("/etc/" + name, path)
            shutil.copymode("/etc/" + name, path)
            if name == "netrc":
                os.chown(path, UID, UID)

    # --- a run --------------------------------------------------------------
    def make_home(self, files):
        """files: NAME -> text, or (text, mode)"""
        if os.path.lexists(self.home):
            shutil.rmtree(self.home)
        os.mkdir(self.home, 0o755)
        os.chown(self.home, UID, UID)
        for name, content in files.items():
            text, mode = content if isinstance(content, tuple) \
                else (content, 0o600)
            path = os.path.join(self.home, name)
            folder = os.path.dirname(path)
            while not os.path.isdir(folder):
                os.makedirs(folder, exist_ok=True)
            while folder != self.home:
                os.chown(folder, UID, UID)
                folder = os.path.dirname(folder)
            with open(path, "wb") as f:
                f.write(text if isinstance(text, bytes) else
                        text.encode("utf-8", "surrogateescape"))
            os.chmod(path, mode)
            os.chown(path, UID, UID)

    def environment(self, more):
        env = {k: os.environ[k] for k in KEPT if k in os.environ}
        env.update(PATH=self.path("bin") + ":/usr/bin:/bin", HOME=self.home,
                   TZ="UTC", LC_ALL="C.UTF-8", LANG="C.UTF-8", USER=USER,
                   LOGNAME=USER, HOSTNAME="here.test")
        env.update({k: v for k, v in more.items() if v is not None})
        for name in [k for k, v in more.items() if v is None]:
            env.pop(name, None)
        return env

    def run(self, which, args, stdin=b"", files=(), env=(), name="msmtp",
            limit=LIMIT, pause=None):
        """pause is called when stdin was written, before it is closed."""
        self.make_home(dict(files))
        child = subprocess.Popen(
            [os.fsencode(x) for x in [name, *args]],
            executable=self.program[which], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.home,
            env=self.environment(dict(env)), user=UID, group=UID,
            extra_groups=[], umask=0o022, start_new_session=True)
        try:
            if pause:
                child.stdin.write(stdin)
                child.stdin.flush()
                pause()
                stdin = b""
            out, err = child.communicate(stdin, timeout=limit)
            timed_out = False
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            timed_out = True
        return Ran(child.returncode, out, err, self.files(), self.syslog(),
                   timed_out)

    def files(self):
        """What is in the home afterwards: NAME -> bytes."""
        found = {}
        for where, _, names in os.walk(self.home):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as f:
                        found[os.path.relpath(path, self.home)] = f.read()
        return found

    def syslog(self):
        lines = []
        while True:
            try:
                lines.append(self.log.recv(65536))
            except BlockingIOError:
                return lines

    def close(self):
        """Everything mounted goes with the namespace."""
        shutil.rmtree(self.path("bin"), ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.certs, ignore_errors=True)

