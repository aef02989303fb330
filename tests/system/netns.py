"""A network of a test's own, and the servers that are only for the network.

    if not netns.is_inside():
        netns.enter()           starts the script again inside; root only
    netns.resolv(PATH, "nameserver 127.0.0.1")
    NameServer(FOLDER, "host-record=smtp.test,127.0.0.1").start()
"""
import os
import subprocess
import sys

import servers

INSIDE = "POSTRIDER_NETNS_INSIDE"


def sh(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def is_inside():
    return INSIDE in os.environ


def enter():
    """Start again inside; the namespace has no name and ends with us."""
    probe = subprocess.run(["unshare", "-n", "-m", "true"], check=False,
                           stderr=subprocess.DEVNULL)
    if os.geteuid() != 0 or probe.returncode != 0:
        print("1..0 # SKIP only root can make namespaces")
        sys.exit(0)
    os.environ[INSIDE] = "yes"
    os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, *sys.argv])


def resolv(path, *lines):
    """What this namespace has as /etc/resolv.conf, kept at path."""
    fresh = not os.path.exists(path)
    with open(path, "w", encoding="ascii") as f:
        f.write("".join(x + "\n" for x in lines))
    if fresh:
        sh("mount", "--bind", path, "/etc/resolv.conf")


class Process(servers.Server):
    """A process that listens at one port."""

    forms = ("proxy",)

    def __init__(self, top, name, *command, text=None):
        super().__init__(top, None)
        self.name, self.words, self.text = name, command, text
        self.dir = os.path.join(top, name)

    def start(self):
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        if self.text:
            self.write("conf", self.text % {"port": self.port,
                                            "dir": self.dir})
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.dir, env=self.environment(),
                start_new_session=True)
        self.await_ports()

    @property
    def port(self):
        return self.ports["proxy"]

    def command(self):
        return [w.replace("PORT", str(self.port)).replace("DIR", self.dir)
                for w in self.words]


class NameServer(Process):
    """dnsmasq for what a test puts into it; knows nothing else."""

    def __init__(self, top, *lines):
        path = os.path.join(top, "dnsmasq")
        super().__init__(top, "dnsmasq", "dnsmasq", "--keep-in-foreground",
                         "--conf-file=" + os.path.join(path, "conf"),
                         text="".join(x + "\n" for x in (
                             "port=53", "listen-address=127.0.0.1",
                             "bind-interfaces", "no-resolv", "no-hosts",
                             "user=root", "pid-file=%(dir)s/pid",
                             "local=/test/", *lines)))
        self.ports = {"proxy": 53}
