#!/usr/bin/env python3
"""Ways to a server through real programs, in TAP: ways.py [NAME...]

SOCKS5 through microsocks and dante, HTTP CONNECT through tinyproxy, a tunnel
through socat, LMTP over a unix socket to Dovecot; SRV records and the race of
the address families against dnsmasq.

Run as root, from the folder that holds the program, after tests/system/deps.
With names, only the parts that contain one of them.  It goes into a network
and a mount namespace of its own first, with an /etc/resolv.conf of its own;
they are gone when the last process in them is.  CLIENT is the program.
"""
import os
import re
import shutil
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
import certs  # noqa: E402
import servers  # noqa: E402
from netns import NameServer, Process as Proxy  # noqa: E402
from netns import enter, is_inside, resolv, sh  # noqa: E402
import sink as sinks  # noqa: E402
import trial as trials  # noqa: E402

USER, PASSWORD = "ada", "tea time"
# On an interface whose other end nobody listens at: .1 is ours, .2 is silent.
OURS4, SILENT4 = "192.0.2.1", "192.0.2.2"
OURS6, SILENT6 = "2001:db8::1", "2001:db8::2"
STAGGER = 0.25
TO = "bob@example.com"


def make_network():
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for link in ("v0", "v1"):
        sh("ip", "link", "set", link, "up")
    sh("ip", "addr", "add", OURS4 + "/24", "dev", "v0")
    sh("ip", "addr", "add", OURS6 + "/64", "dev", "v0", "nodad")
    # Known neighbours that do not exist: what is sent to them is lost.
    for address in (SILENT4, SILENT6):
        sh("ip", "neigh", "add", address, "lladdr", "02:00:00:00:00:02",
           "dev", "v0", "nud", "permanent")


# --- servers ---------------------------------------------------------------------
class DovecotSocket(servers.DovecotLMTP):
    def configure(self):
        super().configure()
        with open(self.path("dovecot.conf"), encoding="utf-8") as f:
            text = f.read()
        text = text.replace("service lmtp {", "service lmtp {\n"
                            "  unix_listener %s {\n    mode = 0666\n  }"
                            % self.path("lmtp"), 1)
        self.write("dovecot.conf", text)


class Front:
    """Listens where the kernel or we say and passes all on to a port of
    127.0.0.1; counts who came."""

    def __init__(self, address, port, to):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen()
        self.port, self.to = self.listener.getsockname()[1], to
        self.callers = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                caller, address = self.listener.accept()
            except OSError:
                return
            self.callers.append(address[0])
            server = socket.create_connection(("127.0.0.1", self.to))
            for pair in ((caller, server), (server, caller)):
                threading.Thread(target=self.copy, args=pair,
                                 daemon=True).start()

    @staticmethod
    def copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()


class Bench:
    def __init__(self):
        self.trial = trials.Trial()
        # Daemons that give up root must get through.
        os.chmod(self.trial.home, 0o755)
        self.certs = certs.make(self.trial.path("certs"))
        self.started = []

    def start(self, server):
        self.started.append(server)
        server.start()
        return server

    def close(self):
        for server in reversed(self.started):
            server.stop()

    def resolv(self, *lines):
        resolv(self.trial.path("resolv.conf"), *lines)

    def send(self, *lines):
        """A Run and how long it took; with srv the DNS says which port."""
        text = self.trial.account(*lines)
        if "srv on" in lines:
            text = re.sub(rb"^port .*\n", b"", text, flags=re.M)
        begun = time.monotonic()
        ran = self.trial.run(TO, config=text)
        return ran, time.monotonic() - begun

    def arrives(self, name, *lines):
        ran, seconds = self.send(*lines)
        self.trial.ok(ran.status == 0 and len(ran.messages) == 1 and
                      not ran.err, name, lines, ran)
        return seconds

    def fails(self, status, words, name, *lines):
        ran, seconds = self.send(*lines)
        self.trial.ok(ran.status == status and words in ran.err.decode() and
                      not ran.messages, name, status, words, lines, ran)
        return seconds


# --- proxies ---------------------------------------------------------------------
def unused_port():
    return servers.free_port()


def through_microsocks(b):
    open_one = b.start(Proxy(b.trial.home, "microsocks", "microsocks", "-i",
                             "127.0.0.1", "-p", "PORT"))
    closed = b.start(Proxy(b.trial.home, "microsocks-login", "microsocks",
                           "-i", "127.0.0.1", "-p", "PORT", "-u", USER, "-P",
                           PASSWORD))
    url = "proxy socks5://%s127.0.0.1:%d"
    b.arrives("microsocks: a message arrives", url % ("", open_one.port))
    b.arrives("microsocks: by proxy_host and proxy_port",
              "proxy_host 127.0.0.1", "proxy_port %d" % open_one.port)
    b.arrives("microsocks: a name that only the proxy looks up",
              "host localhost", url % ("", open_one.port))
    b.arrives("microsocks: a login that nobody asks for",
              url % ("ada:x@", open_one.port))
    b.arrives("microsocks: with user and password",
              url % ("ada:tea%20time@", closed.port))
    b.fails(78, "it refuses the user or the password",
            "microsocks: a wrong password",
            url % ("ada:coffee@", closed.port))
    b.fails(78, "it wants a user and a password", "microsocks: no password",
            url % ("", closed.port))
    b.fails(75, "the server refused the connection",
            "microsocks: nobody listens there", "port %d" % unused_port(),
            url % ("", open_one.port))
    b.fails(75, "proxy 127.0.0.1:%d: no way to nowhere.test port "
            % open_one.port, "microsocks: a name that does not exist",
            "host nowhere.test", url % ("", open_one.port))


def through_dante(b):
    dante = b.start(Proxy(b.trial.home, "danted", "danted", "-f", "DIR/conf",
                          text="""
logoutput: %(dir)s/danted.log
internal: 127.0.0.1 port = %(port)d
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.0/8 to: 127.0.0.0/8 command: connect }
"""))
    url = "proxy socks5://127.0.0.1:%d" % dante.port
    b.arrives("dante: a message arrives", url)
    b.arrives("dante: a name that only the proxy looks up", "host localhost",
              url)
    b.fails(75, "its rules do not allow that", "dante: a rule forbids it",
            "host " + OURS4, url)
    b.fails(75, "the server refused the connection",
            "dante: nobody listens there", "port %d" % unused_port(), url)


def through_tinyproxy(b):
    text = """
Port %%(port)d
Listen 127.0.0.1
Timeout 20
MaxClients 10
LogFile "%%(dir)s/tinyproxy.log"
DefaultErrorFile "/usr/share/tinyproxy/default.html"
Allow 127.0.0.1
ConnectPort %d
%s
"""
    login = "BasicAuth %s teatime" % USER
    port = b.trial.sink.port
    plain = b.start(Proxy(b.trial.home, "tinyproxy", "tinyproxy", "-d", "-c",
                          "DIR/conf", text=text % (port, "")))
    closed = b.start(Proxy(b.trial.home, "tinyproxy-login", "tinyproxy", "-d",
                           "-c", "DIR/conf", text=text % (port, login)))
    url = "proxy http://%s127.0.0.1:%d"
    b.arrives("tinyproxy: a message arrives", url % ("", plain.port))
    b.arrives("tinyproxy: a name that only the proxy looks up",
              "host localhost", url % ("", plain.port))
    b.arrives("tinyproxy: with user and password",
              url % ("ada:tea%74ime@", closed.port))
    b.fails(78, "it refuses the user or the password",
            "tinyproxy: a wrong password", url % ("ada:no@", closed.port))
    b.fails(78, "it wants a user and a password", "tinyproxy: no password",
            url % ("", closed.port))
    b.fails(75, "HTTP 403", "tinyproxy: a port that it does not allow",
            "port %d" % unused_port(), url % ("", plain.port))
    b.fails(75, "no way to nowhere.test port %d: HTTP 50" % port,
            "tinyproxy: a name that does not exist", "host nowhere.test",
            url % ("", plain.port))


def through_socat(b):
    port = b.trial.sink.port
    b.arrives("socat: a message arrives",
              "tunnel socat - TCP:127.0.0.1:%d" % port)
    b.fails(75, "the tunnel command ended with status 1",
            "socat: nobody listens there",
            "tunnel socat - TCP:127.0.0.1:%d" % unused_port())
    for tls in ("starttls", "implicit"):
        secure = sinks.Sink(b.certs, tls, {USER: PASSWORD})
        ran, _ = b.send("host smtp.test", "tls on", "auth on", "user " + USER,
                        "password " + PASSWORD,
                        "tls_starttls " + ("on" if tls == "starttls" else
                                           "off"),
                        "tls_trust_file %s/ca.pem" % b.certs,
                        "tunnel socat - TCP:127.0.0.1:%d" % secure.port)
        b.trial.ok(ran.status == 0 and len(secure.wait(1)) == 1,
                   "socat: TLS inside (%s), the name is the host's" % tls, ran)
        secure.close()


def through_a_unix_socket(b):
    dovecot = b.start(DovecotSocket(b.trial.home, b.certs))
    text = "account work\nsocket %s\nprotocol lmtp\nfrom me@example.org\n" \
        "syslog off\nqueue off\n" % dovecot.path("lmtp")
    ran = b.trial.run("-a", "work", TO, "eve@example.com",
                      config=text.encode())
    b.trial.ok(ran.status == 0 and not ran.err and
               len(dovecot.delivered(2)) == 2,
               "Dovecot: LMTP over a unix socket, each has a copy", ran,
               dovecot.log_tail())


# --- name service ------------------------------------------------------------------
def race(b):
    """Both families, of which one may be silent (RFC 8305)."""
    to = b.trial.sink.port
    four = Front(OURS4, 0, to)
    six = Front(OURS6, four.port, to)
    only_four = Front(OURS4, 0, to)
    fronts = (four, six, only_four)

    def goes(name, host, expect, least, most, *lines, port=four.port):
        before = [len(f.callers) for f in fronts]
        ran, seconds = b.send("host " + host, "port %d" % port, *lines)
        came = [len(f.callers) - n for f, n in zip(fronts, before)]
        b.trial.ok(ran.status == 0 and not ran.err and came == expect and
                   least <= seconds < most, name, came, seconds, ran)

    soon = 0.2
    goes("race: IPv6 is preferred", "both.test", [0, 1, 0], 0, soon)
    goes("race: a silent IPv6 costs the stagger", "six-silent.test",
         [1, 0, 0], STAGGER, STAGGER + 0.5)
    goes("race: a silent IPv4 costs nothing", "four-silent.test", [0, 1, 0],
         0, soon)
    goes("race: a refused IPv6 costs nothing", "both.test", [0, 0, 1], 0,
         soon, port=only_four.port)
    goes("family ipv4", "both.test", [1, 0, 0], 0, soon, "family ipv4")
    goes("family ipv6", "both.test", [0, 1, 0], 0, soon, "family ipv6")
    goes("source_ip chooses the family", "both.test", [1, 0, 0], 0, soon,
         "source_ip " + OURS4)
    goes("source_ip spares what its family cannot reach", "six-silent.test",
         [1, 0, 0], 0, soon, "source_ip " + OURS4)
    goes("source_ip of IPv6", "both.test", [0, 1, 0], 0, soon,
         "source_ip " + OURS6)
    b.trial.equal(six.callers[-1], OURS6, "source_ip is where we come from")
    b.fails(68, "has no IPv6 address", "family ipv6 without any",
            "host four.test", "family ipv6")
    b.fails(68, "source_ip is an IPv6 address",
            "source_ip of a family that the host lacks", "host four.test",
            "source_ip " + OURS6)
    seconds = b.fails(75, "%s: timed out; %s: timed out" % (SILENT6, SILENT4),
                      "race: all silent", "host silent.test", "timeout 1")
    b.trial.ok(1 <= seconds < 2, "race: and the timeout counts", seconds)
    for f in fronts:
        f.close()


def what_name_service_says(b):
    b.fails(68, "'nowhere.test' does not exist", "a name that does not exist",
            "host nowhere.test")
    b.resolv("nameserver " + SILENT4)
    seconds = b.fails(75, "name service did not answer in time",
                      "a silent name server", "host both.test", "timeout 1")
    b.trial.ok(1 <= seconds < 2, "a silent name server costs the timeout",
               seconds)
    b.arrives("an address needs no name server", "host 127.0.0.1")
    b.resolv("nameserver 127.0.0.1")


def configure(b):
    def block(address, name, *wanted, banned=(), status=0):
        ran = b.trial.run("--configure=" + address, bare=True,
                          env={"RES_OPTIONS": "timeout:1 attempts:1"}.items())
        lines = ran.out.decode().split("\n") + ran.err.decode().split("\n")
        b.trial.ok(ran.status == status and
                   all(w in lines for w in wanted) and
                   not any(w in x for w in banned for x in lines) and
                   (status == 0) == (not ran.err),
                   "--configure: " + name, address, wanted, ran)
        return ran

    block("ada@one.test", "TLS from the start", "account ada@one.test",
          "host mail.one.test", "port 465", "tls on", "tls_starttls off",
          "auth on", "user ada", "from ada@one.test",
          "# For %s, by _submissions._tcp.one.test:"
          % b.trial.path(".postriderrc"), banned=["Warning"])
    block("ada@two.test", "submission where there is no submissions",
          "host mail.two.test", "port 587", "tls_starttls on")
    block("ada@both.test", "submissions before submission",
          "host mail.both.test", "port 465", "tls_starttls off")
    block("ada@denied.test", "submissions is said not to be offered",
          "host mail.denied.test", "port 587", "tls_starttls on")
    for _ in range(3):
        block("ada@many.test", "the lowest priority, the highest weight",
              "host c.many.test", "port 3003")
    block("ada@away.test", "a server of another domain has a warning",
          "host smtp.test", "# Warning: smtp.test does not belong to "
          "away.test,")
    block("ada@near.test", "a name that only ends alike is another",
          "host mail.notnear.test", "# Warning: mail.notnear.test does not "
          "belong to near.test,")
    block("ada@b\xfccher.test", "a domain in Unicode",
          "host mail.xn--bcher-kva.test", "from ada@b\xfccher.test",
          banned=["Warning"])
    block('"a b"@one.test', "a local part that needs quotes",
          "account one.test", "user a b", 'from "a b"@one.test')
    block("o'brien@one.test", "what a shell would take for a quote",
          "#   secret-tool store --label=postrider host 'mail.one.test' "
          "service smtp user 'o'\\''brien'")
    block("ada@big.test", "an answer that takes TCP to tell",
          "host m17.big.test", "port 4017")
    for domain in ("four.test", "nowhere.test", "nothing.test"):
        block("ada@" + domain, domain + " has no record", status=68)
    block("ada@example.org", "a name server that refuses", status=75)
    b.resolv("nameserver " + SILENT4)
    block("ada@one.test", "a silent name server", status=75)
    # resolv.conf's search list and its dots do not come into it.
    b.resolv("nameserver 127.0.0.1", "search one.test", "options ndots:5")
    block("ada@nowhere.test", "no search list", status=68)
    b.resolv("nameserver 127.0.0.1")
    suggestion_works(b)


def suggestion_works(b):
    """The block, a password and a trust file are all that is needed."""
    ran = b.trial.run("--configure", "ada@smtp.test", bare=True)
    text = ran.out + b"password %s\ntls_trust_file %s/ca.pem\nsyslog off\n" \
        b"queue off\n" % (PASSWORD.encode(), b.certs.encode())
    ran = b.trial.run("-a", "ada@smtp.test", TO, config=text)
    b.trial.ok(ran.status == 0 and not ran.err and
               len(b.secure.wait(1)) == 1,
               "--configure: the account works as it is", text, ran)


def srv_on(b):
    """What it means for sending; routes.py has what is believed of it."""
    for status, words, name, host in (
            (68, "names no servers", "no record", "four.test"),
            (68, "names no servers", "a domain that does not exist",
             "nowhere.test"),
            (68, "names no servers", "a service that is denied",
             "nothing.test"),
            (75, "name service failed", "a name server that refuses",
             "example.org")):
        b.fails(status, words, "srv: " + name, "srv on", "host " + host)
    b.resolv("nameserver " + SILENT4)
    seconds = b.fails(75, "did not answer in time", "srv: a silent name server",
                      "srv on", "host weight.test", "deadline 2")
    b.trial.ok(seconds < 4, "srv: which costs no more than the deadline",
               seconds)
    b.resolv("nameserver 127.0.0.1")
    for name, count, least, most in (("weight", 60, 4, 30),
                                     ("priority", 10, 10, 10)):
        before = [len(f.callers) for f in b.fronts]
        bad = sum(b.send("srv on", "host %s.test" % name)[0].status != 0
                  for _ in range(count))
        one, two = (len(f.callers) - n for f, n in zip(b.fronts, before))
        b.trial.ok(not bad and one + two == count and least <= one <= most,
                   "srv: %d messages by %s" % (count, name), one, two, bad)


def name_service(b):
    b.secure = sinks.Sink(b.certs, "implicit", {USER: PASSWORD})
    b.fronts = [Front("127.0.0.1", 0, b.trial.sink.port) for _ in range(2)]
    one, two = (f.port for f in b.fronts)
    s, m = "_submissions._tcp.", "_submission._tcp."
    # dnsmasq: name, target, port, priority, weight.
    records = [
        "srv-host=%sone.test,mail.one.test,465,10,0" % s,
        "srv-host=%stwo.test,mail.two.test,587,10,0" % m,
        "srv-host=%sboth.test,mail.both.test,465,90,0" % s,
        "srv-host=%sboth.test,mail.both.test,587,10,0" % m,
        "srv-host=%sdenied.test" % s,
        "srv-host=%sdenied.test,mail.denied.test,587,10,0" % m,
        "srv-host=%snothing.test" % s, "srv-host=%snothing.test" % m,
        "srv-host=%smany.test,a.many.test,3001,20,99" % s,
        "srv-host=%smany.test,b.many.test,3002,10,1" % s,
        "srv-host=%smany.test,c.many.test,3003,10,5" % s,
        "srv-host=%smany.test,d.many.test,3004,10,0" % s,
        "srv-host=%saway.test,smtp.test,465,0,0" % s,
        "srv-host=%snear.test,mail.notnear.test,465,0,0" % s,
        "srv-host=%sxn--bcher-kva.test,mail.xn--bcher-kva.test,465,0,0" % s,
        "srv-host=%ssmtp.test,smtp.test,%d,0,0" % (s, b.secure.port),
        # One message in four, and all of them.
        "srv-host=%sweight.test,four.test,%d,10,1" % (m, one),
        "srv-host=%sweight.test,four.test,%d,10,3" % (m, two),
        "srv-host=%spriority.test,four.test,%d,10,0" % (m, one),
        "srv-host=%spriority.test,four.test,%d,20,99" % (m, two),
        "host-record=smtp.test,127.0.0.1",
        "host-record=four.test,127.0.0.1",
        "host-record=both.test,%s,%s" % (OURS4, OURS6),
        "host-record=six-silent.test,%s,%s" % (OURS4, SILENT6),
        "host-record=four-silent.test,%s,%s" % (SILENT4, OURS6),
        "host-record=silent.test,%s,%s" % (SILENT4, SILENT6),
    ]
    # Too much for 512 bytes.
    records += ["srv-host=%sbig.test,m%d.big.test,%d,%d,0"
                % (s, n, 4000 + n, 1 if n == 17 else 50) for n in range(30)]
    b.resolv("nameserver 127.0.0.1")
    b.start(NameServer(b.trial.home, *records))
    race(b)
    what_name_service_says(b)
    configure(b)
    srv_on(b)


PARTS = (through_microsocks, through_dante, through_tinyproxy, through_socat,
         through_a_unix_socket, name_service)


def main(words):
    if not is_inside():
        print("# ways", flush=True)
        if not shutil.which(os.environ.get("CLIENT", "./postrider")):
            print("Bail out! there is no program")
            return 1
        enter()
    make_network()
    bench = Bench()
    try:
        bench.resolv()
        for part in PARTS:
            if not words or any(w in part.__name__ for w in words):
                part(bench)
    finally:
        bench.close()
    bench.trial.done()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
