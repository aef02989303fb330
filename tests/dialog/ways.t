#!/usr/bin/env python3
"""Ways to a server that lead elsewhere: proxies, tunnels and unix sockets that
say what they should not, and what the user is told about each."""
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import trial as trials  # noqa: E402

SERVER = "mail.test"
PASSWORD = "lovelace"
URL_SOCKS = "socks5://127.0.0.1:%d"
URL_HTTP = "http://127.0.0.1:%d"
URL_SOCKS_LOGIN = "socks5://ada:" + PASSWORD + "@127.0.0.1:%d"
URL_HTTP_LOGIN = "http://ada:" + PASSWORD + "@127.0.0.1:%d"


class Proxy:
    """Says what it was given to say, whatever it hears; then joins its caller
    with a server, or hangs up.  Takes one connection after the other."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.says, self.joins, self.heard = [], None, b""
        threading.Thread(target=self.serve, daemon=True).start()

    def play(self, *says, joins=None):
        """Before each of these something is heard; None: silence."""
        self.says, self.joins, self.heard = says, joins, b""

    def serve(self):
        while True:
            caller = self.listener.accept()[0]
            try:
                self.answer(caller)
            except OSError:
                pass
            caller.close()

    def answer(self, caller):
        caller.settimeout(10)
        for text in self.says:
            got = caller.recv(65536)
            self.heard += got
            if not got or text is None:
                caller.recv(1)
                return
            caller.sendall(text)
        if self.joins:
            self.join(caller)

    def join(self, caller):
        with socket.create_connection(self.joins) as server:
            back = threading.Thread(target=self.copy, args=(server, caller))
            back.start()
            self.copy(caller, server)
            back.join()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


REACHED = b"\5\0\0\1\x7f\0\0\1\4\x38"
OK = b"HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n"

# What the proxy says; the status; words for people.
BAD = [
    # RFC 1928, section 6: each code.
    (URL_SOCKS, [b"\5\0", b"\5\1"], 75, "it failed, and does not say why"),
    (URL_SOCKS, [b"\5\0", b"\5\2"], 75, "its rules do not allow that"),
    (URL_SOCKS, [b"\5\0", b"\5\3"], 75, "the network cannot be reached"),
    (URL_SOCKS, [b"\5\0", b"\5\4"], 75, "the host cannot be reached"),
    (URL_SOCKS, [b"\5\0", b"\5\5"], 75, "the server refused the connection"),
    (URL_SOCKS, [b"\5\0", b"\5\6"], 75, "too far away"),
    (URL_SOCKS, [b"\5\0", b"\5\7"], 75, "command not supported"),
    (URL_SOCKS, [b"\5\0", b"\5\x08"], 75, "that kind of address"),
    (URL_SOCKS, [b"\5\0", b"\5\x63"], 75, "SOCKS error 99"),
    # Logging in.
    (URL_SOCKS, [b"\5\xff"], 78, "it wants a user and a password"),
    (URL_SOCKS, [b"\5\2"], 78, "it wants a user and a password"),
    (URL_SOCKS_LOGIN, [b"\5\xff"], 78, "it refuses the user or the password"),
    (URL_SOCKS_LOGIN, [b"\5\2", b"\1\1"], 78, "refuses the user or the pass"),
    # What is no SOCKS5.
    (URL_SOCKS, [b"\4\x5b"], 76, "no SOCKS5 proxy"),
    (URL_SOCKS, [OK], 76, "no SOCKS5 proxy"),
    (URL_SOCKS, [b"220 mx\r\n"], 76, "no SOCKS5 proxy"),
    (URL_SOCKS, [b"\5\0", b"\4\0\0\1"], 76, "no SOCKS5 proxy"),
    (URL_SOCKS, [b"\5\0", b"\5\0\0\x09"], 76, "no SOCKS5 proxy"),
    (URL_SOCKS_LOGIN, [b"\5\2", b"\5\0"], 76, "no SOCKS5 proxy"),
    # Who stops in the middle.
    (URL_SOCKS, [b""], 75, "it hung up"),
    (URL_SOCKS, [b"\5"], 75, "it hung up"),
    (URL_SOCKS, [b"\5\0", b"\5\0\0\3\x20abc"], 75, "it hung up"),
    (URL_SOCKS, [b"\5\0", None], 75, "timed out"),
    (URL_SOCKS, [b"\5\0", REACHED], 75, "hung up"),
    # HTTP.
    (URL_HTTP, [b"HTTP/1.1 407 Login\r\n\r\n"], 78, "wants a user and a pas"),
    (URL_HTTP_LOGIN, [b"HTTP/1.1 407 Login\r\n\r\n"], 78, "refuses the user"),
    (URL_HTTP, [b"HTTP/1.1 403 Not that port\r\n\r\n"], 75,
     "HTTP 403 Not that port"),
    (URL_HTTP, [b"HTTP/1.1 503 \x1b[31m\r\n\r\n"], 75, "HTTP 503 ?[31m"),
    (URL_HTTP, [b"HTTP/1.0 302 Over there\r\n\r\n"], 75, "HTTP 302 Over there"),
    (URL_HTTP, [b"220 mx\r\n"], 76, "no HTTP proxy"),
    (URL_HTTP, [b"\5\0"], 75, "it hung up"),
    (URL_HTTP, [b"HTTP/1.1 200 ok\r\n" + 70 * b"A: b\r\n"], 76,
     "no HTTP proxy"),
    (URL_HTTP, [b"HTTP/1.1 200 ok\r\nA: " + 20000 * b"b"], 76,
     "no HTTP proxy"),
    (URL_HTTP, [b"HTTP/1.1 200 ok\r\nA: b\r\n"], 75, "it hung up"),
    (URL_HTTP, [None], 75, "timed out"),
    (URL_HTTP, [OK], 75, "hung up"),
]


def way(trial, *lines, host=SERVER, **more):
    text = trial.account("host " + host, "timeout 1", *lines)
    return trial.run("bob@example.com", config=text, **more)


def proxies_that_fail(trial, proxy):
    for url, says, status, words in BAD:
        proxy.play(*says)
        ran = way(trial, "proxy " + url % proxy.port)
        err = ran.err.decode()
        place = "%s:%d: proxy 127.0.0.1:%d: " % (SERVER, trial.sink.port,
                                                 proxy.port)
        if words == "hung up":      # the server did, behind the proxy
            place = "%s:%d: waiting for" % (SERVER, trial.sink.port)
        trial.ok(ran.status == status and place in err and words in err and
                 PASSWORD not in err and not ran.messages,
                 "%s: %s is %d" % (url.split(":")[0], words, status), status,
                 place, words, ran)


def proxies_that_work(trial, proxy):
    server = ("127.0.0.1", trial.sink.port)
    port = trial.sink.port.to_bytes(2, "big")
    asked = b"\5\1\0\3\x09mail.test" + port
    target = b"mail.test:%d" % trial.sink.port
    head = b"CONNECT " + target + b" HTTP/1.1\r\nHost: " + target + b"\r\n"
    login = b"Proxy-Authorization: Basic YWRhOmxvdmVsYWNl\r\n"
    good = [
        (["proxy " + URL_SOCKS], [b"\5\0", REACHED], b"\5\1\0" + asked),
        (["proxy socks5h://127.0.0.1:%d"], [b"\5\0", REACHED],
         b"\5\1\0" + asked),
        (["proxy " + URL_SOCKS_LOGIN], [b"\5\2", b"\1\0", REACHED],
         b"\5\2\0\2\1\3ada\x08lovelace" + asked),
        (["proxy_host 127.0.0.1", "proxy_port %d"], [b"\5\0", REACHED],
         b"\5\1\0" + asked),
        (["proxy " + URL_HTTP], [OK], head + b"\r\n"),
        (["proxy " + URL_HTTP_LOGIN], [OK], head + login + b"\r\n"),
        # The newer keyword counts.
        (["proxy_host nowhere.invalid", "proxy_port 1", "proxy " + URL_HTTP],
         [OK], head + b"\r\n"),
    ]
    for lines, says, heard in good:
        proxy.play(*says, joins=server)
        lines = [x % proxy.port if "%d" in x else x for x in lines]
        ran = way(trial, *lines)
        trial.ok(ran.status == 0 and len(ran.messages) == 1 and not ran.err and
                 proxy.heard == heard, "%s: the message arrives" % lines[-1],
                 proxy.heard, heard, ran)


def names_are_not_looked_up(trial, proxy):
    """Whoever listens to name service shall not learn where mail goes."""
    proxy.play(b"\5\0", REACHED, joins=("127.0.0.1", trial.sink.port))
    for host, wire in (("b\xfccher.example", b"\x15xn--bcher-kva.example"),
                       ("192.0.2.1", b"\xc0\0\2\1"),
                       ("2001:db8::1", b"\x20\1\x0d\xb8" + 11 * b"\0" + b"\1")):
        proxy.heard = b""
        ran = way(trial, "proxy " + URL_SOCKS % proxy.port, host=host)
        trial.ok(ran.status == 0 and wire in proxy.heard,
                 "%s goes to the proxy as it is" % ascii(host), proxy.heard,
                 ran)


def the_password_stays_hidden(trial, proxy):
    """In what -v shows, -P, the log, and mistakes of the file."""
    server = ("127.0.0.1", trial.sink.port)
    for url, says in ((URL_SOCKS_LOGIN, [b"\5\2", b"\1\0", REACHED]),
                      (URL_HTTP_LOGIN, [OK])):
        proxy.play(*says, joins=server)
        line = "proxy " + url % proxy.port
        log = trial.path("log")
        runs = [way(trial, line, "logfile " + log)]
        text = trial.account("host " + SERVER, line)
        for args in (["-v"], ["-P"]):
            runs.append(trial.run(*args, "bob@example.com", config=text))
        bad = text.replace(b"@127.0.0.1:", b"@127.0.0.1:x")
        runs.append(trial.run("bob@example.com", config=bad))
        with open(log, "rb") as f:
            shown = f.read() + b"".join(r.out + r.err for r in runs)
        os.unlink(log)
        coded = b"bG92ZWxhY2"
        trial.ok([r.status for r in runs] == [0, 0, 0, 78] and
                 PASSWORD.encode() not in shown and coded not in shown,
                 "%s: nobody shows the password" % url.split(":")[0], shown,
                 runs)


def mistakes_are_found_in_the_file(trial):
    for line, words in (
            ("proxy nonsense", "it starts with none of socks5://"),
            ("proxy https://proxy.test", "it starts with none of"),
            ("proxy socks5://proxy.test:99999", "no port"),
            ("proxy http://a%3Ab:c@proxy.test", "the user is empty or has"),
            ("proxy http://", "no usable host"),
            ("proxy_port 0", "proxy_port"),
            ("source_ip nonsense", "is no IPv4 or IPv6 address"),
            ("family ipx", "family")):
        ran = way(trial, line)
        trial.refused(ran, 78, "%s is a mistake of the file" % line,
                      words.encode())
        trial.ok(b"/config:10: " in ran.err, "and it is told where", ran)


def a_proxy_that_is_not_there(trial):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        ran = way(trial, "proxy_host 127.0.0.1",
                  "proxy_port %d" % s.getsockname()[1])
        trial.refused(ran, 75, "a proxy where nobody listens is 75",
                      b"connection refused")
    for line in ("proxy_host nowhere.invalid", "proxy http://nowhere.invalid"):
        ran = way(trial, line)
        keyword = line.split(" ", maxsplit=1)[0]
        trial.ok(ran.status in (68, 75) and
                 b"proxy nowhere.invalid:" in ran.err and
                 (ran.status == 75 or
                  b"check the keyword '%s'" % keyword.encode() in ran.err),
                 "%s: the name is the proxy's, not the server's" % line, ran)


# The command, the status, the words; a message where that is 0.
TUNNELS = [
    ("$JOIN", 0, ""),
    ("echo noise >&2; $JOIN", 0, ""),
    ("exit 7", 75, "the tunnel command ended with status 7"),
    ("/nonexistent", 75, "status 127: there is no such program"),
    ("kill -9 $$", 75, "the tunnel command was ended by signal 9"),
    ("true", 75, "the server hung up"),
    ("echo '554 no'; cat >/dev/null", 76, "554 no"),
    ("echo '220 mx'; read -r a; exit 3", 75, "ended with status 3"),
    ("cat >/dev/null", 75, "timed out"),
    ("sleep 60", 75, "timed out"),
]


def tunnels(trial):
    join = ("import socket, sys, threading, os\n"
            "s = socket.create_connection(('127.0.0.1', %d))\n"
            "def back():\n"
            "    while data := s.recv(65536):\n"
            "        os.write(1, data)\n"
            "    os._exit(0)\n"
            "threading.Thread(target=back).start()\n"
            "while data := os.read(0, 65536):\n"
            "    s.sendall(data)\n"
            "s.shutdown(socket.SHUT_WR)\n" % trial.sink.port)
    command = "%s %s" % (sys.executable, trial.file("join.py", join))
    for line, status, words in TUNNELS:
        line = line.replace("$JOIN", command)
        # Neither host nor port is needed, and neither is used.
        text = ("account default\nfrom me@example.org\nsyslog off\n"
                "queue off\ntimeout 1\ntunnel %s\n" % line).encode()
        ran = trial.run("bob@example.com", config=text)
        said = b"noise\n" if "noise" in line else b""
        trial.ok(ran.status == status and words.encode() in ran.err and
                 len(ran.messages) == (status == 0) and
                 (status != 0 or ran.err == said) and
                 (status == 0 or b": tunnel: " in ran.err),
                 "tunnel %s is %d" % (line.replace(command, "..."), status),
                 status, words, ran)
    text = b"account default\nfrom me@example.org\nsyslog off\n" \
           b"tunnel true\nsocket /tmp/s\n"
    trial.refused(trial.run("bob@example.com", config=text), 78,
                  "a tunnel and a socket are one too many",
                  b"socket and tunnel exclude each other")
    ran = way(trial, "tunnel echo '421 go away'; cat >/dev/null")
    trial.ok(ran.status == 75 and b"421 go away" in ran.err and
             b"%s:%d: " % (SERVER.encode(), trial.sink.port) in ran.err,
             "behind a tunnel the server has its name", ran)


def source_and_family(trial):
    for lines, host, status, words in (
            (["source_ip 127.0.0.7"], "127.0.0.1", 0, ""),
            (["source_ip 192.0.2.1"], "127.0.0.1", 75,
             "cannot assign requested address"),
            (["source_ip ::1"], "127.0.0.1", 68, "source_ip is an IPv6 addr"),
            (["source_ip 127.0.0.1"], "::1", 68, "source_ip is an IPv4 addr"),
            (["family ipv6"], "127.0.0.1", 68, "has no IPv6 address"),
            (["family ipv4"], "127.0.0.1", 0, ""),
            (["family ipv4", "source_ip ::1"], "127.0.0.1", 78,
             "source_ip '::1' is no IPv4 address")):
        ran = way(trial, *lines, host=host)
        trial.ok(ran.status == status and words.encode() in ran.err and
                 len(ran.messages) == (status == 0),
                 "%s for %s is %d" % (", ".join(lines), host, status), words,
                 ran)


def configure(trial):
    """What is found out before name service is asked."""
    for address in ("", "ada", "ada@", "@example.org", "a b@example.org",
                    "ada@example..org", "ada@.org", "ada@[192.0.2.1]",
                    "ada@%s.org" % (64 * "x"), "a@b.org, c@d.org",
                    "ada@\u3002org", "ada@org\u3002", "ada@\u3002",
                    "ada@ex\xfcm\x01ple.org", "ada@exa_mple.org\r\nhost x"):
        ran = trial.run("--configure=" + address, bare=True)
        trial.ok(ran.status in (64, 65) and ran.err and not ran.out and
                 (ran.status == 65 or any(c < " " for c in address)),
                 "--configure %s is refused" % ascii(address), ran)
    ran = trial.run("--configure", "nonsense", "bob@example.com", bare=True)
    trial.refused(ran, 65, "--configure looks at no recipients", b"nonsense")
    for args in (["--configure=ada@example.org"], ["--configure", "a@b.org"]):
        trial.refused(trial.run(*args, name="sendmail"), 64,
                      "sendmail has no %s" % args[0])


def main():
    trial, proxy = trials.Trial(), Proxy()
    proxies_that_fail(trial, proxy)
    proxies_that_work(trial, proxy)
    names_are_not_looked_up(trial, proxy)
    the_password_stays_hidden(trial, proxy)
    mistakes_are_found_in_the_file(trial)
    a_proxy_that_is_not_there(trial)
    tunnels(trial)
    source_and_family(trial)
    configure(trial)
    trial.done()


main()
