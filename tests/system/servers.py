"""Real mail servers on loopback, each an own process in an own folder.

    server = Postfix(top, certs, ...) also Exim, OpenSMTPD, Dovecot, DovecotLMTP
    server.start()
    server.ports                      {"implicit": 40001, "starttls": 40002}
    server.delivered(2)               [bytes, ...] as they arrived, when there
                                      are two of them
    server.stop()

All but LMTP hand what they took on to a sink of ours, so that nothing is known
of how they store it.  What a server puts on top is stripped: exactly the trace
fields of RFC 5321 4.4.  The account is USER with PASSWORD.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import sink

USER = "ada"
PASSWORD = "tea time #4"
SERVERS = os.environ.get("SERVERS", "/var/cache/postrider-tests")
START_SECONDS = 15
TRACE = re.compile(
    rb"(?:(?:Received|Return-Path|Delivered-To):[^\n]*\n(?:[ \t][^\n]*\n)*)*")

# A passwd of their own, which the servers see in a mount namespace.
USERS = {"postfix": 901, "postdrop": 902, "Debian-exim": 903,
         "opensmtpd": 904, "opensmtpq": 905, "ada": 906}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def mailbox_files(maildir):
    new = os.path.join(maildir, "new")
    names = os.listdir(new) if os.path.isdir(new) else []
    return sorted((os.path.join(new, name) for name in names), key=arrival)


def arrival(path):
    """Names of one second do not sort by time: 9999 and 10000 microseconds."""
    seconds, rest = os.path.basename(path).split(".")[:2]
    micro = re.match(r"M(\d+)", rest)
    return int(seconds), int(micro[1]) if micro else 0, path


class Server:
    """A process in the foreground, in a folder that daemons may enter."""

    forms = ("implicit", "starttls")

    def __init__(self, top, authority):
        self.name = type(self).__name__
        self.certs = authority
        self.dir = os.path.join(top, self.name)
        self.ports = {form: free_port() for form in self.forms}
        self.process = self.sink = None
        self.taken = 0

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def folder(self, name, mode=0o755, owner=None):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)
        if owner is not None:
            os.chown(self.path(name), owner, owner)

    def start(self):
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        # Each has a copy of the key that it may read.
        shutil.copy(os.path.join(self.certs, "good.pem"), self.dir)
        shutil.copy(os.path.join(self.certs, "key.pem"), self.dir)
        os.chmod(self.path("key.pem"), 0o600)
        self.sink = sink.Sink()
        self.configure()
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.dir, env=self.environment(),
                start_new_session=True)
        self.await_ports()

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}

    def await_ports(self):
        until = time.monotonic() + START_SECONDS
        for port in self.ports.values():
            while not answers(port):
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("%s did not start:\n%s"
                                       % (self.name, self.log_tail()))
                time.sleep(0.02)

    def log_tail(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-30:])

    def stop(self):
        if self.process:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
            self.signal(signal.SIGKILL)
            self.process.wait()
        if self.sink:
            self.sink.close()

    def signal(self, which):
        try:
            os.killpg(self.process.pid, which)
        except ProcessLookupError:
            pass

    def delivered(self, count, seconds=20):
        """The messages that came since the last call."""
        got = self.sink.wait(self.taken + count, seconds)[self.taken:]
        self.taken += len(got)
        return [TRACE.sub(b"", m.data, count=1) for m in got]


class Namespaced(Server):
    """With users, and folders like /var/spool, of its own."""

    mounts = ()     # below self.dir, with - for /

    def in_namespace(self, *command):
        lines = "".join(
            "%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n" % (name, uid, uid)
            for name, uid in USERS.items())
        self.write("passwd", self.host_file("passwd") + lines)
        lines = "".join("%s:x:%d:\n" % item for item in USERS.items())
        self.write("group", self.host_file("group") + lines)
        script = ["mount --bind %s /etc/%s" % (self.path(x), x)
                  for x in ("passwd", "group")]
        for target in self.mounts:
            source = self.path(target.strip("/").replace("/", "-"))
            os.makedirs(source, exist_ok=True)
            script.append("mount --bind %s %s" % (source, target))
        script.append('exec "$@"')
        return ["unshare", "-m", "sh", "-c", " && ".join(script), "sh",
                *command]

    def host_file(self, name):
        """The machine's own, without those that we define."""
        with open("/etc/" + name, encoding="utf-8") as f:
            return "".join(x for x in f if x.split(":")[0] not in USERS)


class Postfix(Namespaced):
    """SASL by a Dovecot, which has to be running."""

    def __init__(self, top, authority, dovecot):
        super().__init__(top, authority)
        self.dovecot = dovecot
        self.tree = os.path.join(SERVERS, "postfix", "usr")

    def configure(self):
        self.write("etc/main.cf", """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {tree}/lib/postfix/sbin
shlib_directory = {tree}/lib/postfix
command_directory = {tree}/sbin
meta_directory = {dir}/etc
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{sink}
smtp_line_length_limit = 0
smtp_dns_support_level = disabled
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH PATH LC_ALL
local_header_rewrite_clients =
message_size_limit = 0
mailbox_size_limit = 0
header_size_limit = 1048576
smtpd_tls_cert_file = {dir}/good.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtputf8_enable = yes
""".format(dir=self.dir, tree=self.tree, sink=self.sink.port,
           auth=self.dovecot.path("auth-postfix")))
        self.write("etc/dynamicmaps.cf", "")
        self.write("etc/master.cf", self.services())
        self.folder("data", 0o700, USERS["postfix"])
        self.folder("queue")
        for name in ("active", "bounce", "corrupt", "defer", "deferred",
                     "flush", "hold", "incoming", "private", "saved", "trace"):
            self.folder("queue/" + name, 0o700, USERS["postfix"])
        for name in ("public", "maildrop"):
            self.folder("queue/" + name, 0o710, USERS["postfix"])
        self.folder("queue/pid")

    def services(self):
        lines = ["127.0.0.1:%d inet n - n - - smtpd\n"
                 "  -o smtpd_tls_security_level=encrypt"
                 % self.ports["starttls"],
                 "127.0.0.1:%d inet n - n - - smtpd\n"
                 "  -o smtpd_tls_wrappermode=yes" % self.ports["implicit"]]
        lines += ["%s unix %s - n %s %s %s" % row for row in (
            ("cleanup", "n", "-", "0", "cleanup"),
            ("qmgr", "n", "300", "1", "qmgr"),
            ("tlsmgr", "-", "1000?", "1", "tlsmgr"),
            ("rewrite", "-", "-", "-", "trivial-rewrite"),
            ("bounce", "-", "-", "0", "bounce"),
            ("defer", "-", "-", "0", "bounce"),
            ("trace", "-", "-", "0", "bounce"),
            ("smtp", "-", "-", "-", "smtp"),
            ("relay", "-", "-", "-", "smtp"),
            ("error", "-", "-", "-", "error"),
            ("retry", "-", "-", "-", "error"),
            ("discard", "-", "-", "-", "discard"),
            ("anvil", "-", "-", "1", "anvil"))]
        lines.append("postlog unix-dgram n - n - 1 postlogd")
        return "\n".join(lines) + "\n"

    def environment(self):
        return dict(super().environment(), MAIL_CONFIG=self.path("etc"),
                    LD_LIBRARY_PATH=os.path.join(self.tree, "lib/postfix"))

    def command(self):
        master = os.path.join(self.tree, "lib/postfix/sbin/master")
        return self.in_namespace(master, "-c", self.path("etc"), "-d")

    def log_tail(self):
        return super().log_tail() + tail(self.path("maillog"))


def tail(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as f:
        return "".join(f.readlines()[-30:])


class Exim(Namespaced):
    mounts = ("/var/spool", "/var/log", "/run")

    def __init__(self, top, authority):
        super().__init__(top, authority)
        self.binary = os.path.join(SERVERS, "exim4-daemon-heavy",
                                   "usr/sbin/exim4")

    def configure(self):
        self.write("exim.conf", """
exim_path = {binary}
primary_hostname = exim.test
spool_directory = {dir}/spool
log_file_path = {dir}/log-%slog
exim_user = Debian-exim
exim_group = Debian-exim
local_interfaces = <; 127.0.0.1.{implicit} ; 127.0.0.1.{starttls}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = *
tls_certificate = {dir}/good.pem
tls_privatekey = {dir}/key.pem
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
domainlist local_domains =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
accept_8bitmime = true
chunking_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 0
rfc1413_query_timeout = 0s
host_lookup =
keep_environment =
never_users =
deliver_drop_privilege = true
begin acl
acl_rcpt:
  accept authenticated = *
  deny message = authenticate first
acl_data:
  accept
begin routers
sink:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = sink
begin transports
sink:
  driver = smtp
  port = {sink}
  allow_localhost = true
  hosts_avoid_tls = *
  message_linelength_limit = 100000000
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = {condition2}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = "Username:: : Password::"
  server_condition = {condition1}
  server_set_id = $auth1
""".format(dir=self.dir, binary=self.binary, sink=self.sink.port,
           condition2=self.condition(2), condition1=self.condition(1),
           **self.ports))
        for name in ("spool", "spool/input", "spool/msglog", "spool/db"):
            self.folder(name, 0o750, USERS["Debian-exim"])
        for name in ("good.pem", "key.pem"):
            shutil.chown(self.path(name), USERS["Debian-exim"])
        os.chown(self.dir, USERS["Debian-exim"], USERS["Debian-exim"])

    @staticmethod
    def condition(n):
        return "${if and {{eq{$auth%d}{%s}}{eq{$auth%d}{%s}}}}" \
            % (n, USER, n + 1, PASSWORD)

    def command(self):
        return self.in_namespace(self.binary, "-C", self.path("exim.conf"),
                                 "-bdf", "-oP", self.path("pid"))

    def log_tail(self):
        return super().log_tail() + tail(self.path("log-mainlog")) \
            + tail(self.path("log-paniclog"))


class OpenSMTPD(Namespaced):
    mounts = ("/var/spool", "/var/lib", "/run")

    def configure(self):
        subprocess.run(
            ["gcc", "-D_GNU_SOURCE", "-shared", "-fPIC",
             "-o", self.path("smtpd_key.so"),
             os.path.join(os.path.dirname(__file__), "smtpd_key.c")],
            check=True)
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", PASSWORD], check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        self.write("credentials", "%s %s\n" % (USER, hashed), 0o600)
        self.write("smtpd.conf", """
pki test cert "{dir}/good.pem"
pki test key "{dir}/key.pem"
table credentials file:{dir}/credentials
smtp max-message-size 300M
listen on 127.0.0.1 port {implicit} smtps pki test auth <credentials> \
hostname opensmtpd.test
listen on 127.0.0.1 port {starttls} tls-require pki test auth <credentials> \
hostname opensmtpd.test
action "out" relay host smtp://127.0.0.1:{sink}
match auth from any for any action "out"
""".format(dir=self.dir, sink=self.sink.port, **self.ports), 0o600)
        self.folder("var-lib/opensmtpd/empty", 0o755)
        self.folder("var-spool/smtpd", 0o711)

    def environment(self):
        return dict(super().environment(), SMTPD_TEST_KEY=self.path("key.pem"))

    def command(self):
        binary = os.path.join(SERVERS, "opensmtpd", "usr/sbin/smtpd")
        preload = "LD_PRELOAD=" + self.path("smtpd_key.so")
        return self.in_namespace("env", preload, binary, "-d", "-f",
                                 self.path("smtpd.conf"))


class Dovecot(Server):
    """Submission, with every mechanism that Dovecot has for it."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1",
                  "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2")

    def configure(self):
        key = os.urandom(32)
        self.key = key
        self.write("users", "%s:{PLAIN}%s:::::\n" % (USER, PASSWORD))
        self.write("keys/default/HS256/default",
                   base64.b64encode(key).decode())
        self.write("oauth2", """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={dir}/keys/
username_attribute = sub
""".format(dir=self.dir))
        self.write("dovecot.conf", COMMON.format(dir=self.dir) + """
protocols = submission
auth_mechanisms = {mechanisms}
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_relay_trusted = no
submission_relay_ssl = no
submission_max_mail_size = 300M
hostname = dovecot.test
mail_location = maildir:{dir}/mail
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {dir}/oauth2
}}
passdb {{
  driver = passwd-file
  args = {dir}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={dir}/mail
}}
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {starttls}
  }}
  inet_listener submissions {{
    address = 127.0.0.1
    port = {implicit}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {dir}/auth-postfix {{
    mode = 0666
  }}
}}
""".format(dir=self.dir, sink=self.sink.port,
           mechanisms=" ".join(self.mechanisms).lower(), **self.ports))
        self.folder("mail", 0o777)

    def command(self):
        return ["dovecot", "-F", "-c", self.path("dovecot.conf")]

    def token(self, seconds=3600):
        """A JSON web token (RFC 7519) that Dovecot checks by itself."""
        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        now = int(time.time())
        claims = {"sub": USER, "iat": now, "nbf": now - 60,
                  "exp": now + seconds}
        text = part(json.dumps({"typ": "JWT", "alg": "HS256"}).encode()) \
            + b"." + part(json.dumps(claims).encode())
        sign = hmac.new(self.key, text, hashlib.sha256).digest()
        return (text + b"." + part(sign)).decode()

    def log_tail(self):
        return super().log_tail() + tail(self.path("dovecot.log"))


class DovecotLMTP(Server):
    """LMTP that delivers into the maildir of any user."""

    forms = ("plain",)

    def configure(self):
        self.write("dovecot.conf", COMMON.format(dir=self.dir) + """
protocols = lmtp
mail_location = maildir:{dir}/mail/%n
mail_save_crlf = yes
lmtp_save_to_detail_mailbox = no
userdb {{
  driver = static
  args = uid=mail gid=mail home={dir}/mail allow_all_users=yes
}}
passdb {{
  driver = static
  args = nopassword=y
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {plain}
  }}
}}
""".format(dir=self.dir, **self.ports))
        self.folder("mail", 0o777)

    def command(self):
        return ["dovecot", "-F", "-c", self.path("dovecot.conf")]

    def delivered(self, count, seconds=20):
        until = time.monotonic() + seconds
        got = []
        while len(got) < self.taken + count and time.monotonic() < until:
            boxes = os.listdir(self.path("mail"))
            got = [path for box in sorted(boxes)
                   for path in mailbox_files(self.path("mail", box))]
            time.sleep(0.01)
        new, self.taken = got[self.taken:], max(self.taken, len(got))
        return [TRACE.sub(b"", read(path), count=1) for path in new]

    def log_tail(self):
        return super().log_tail() + tail(self.path("dovecot.log"))


def read(path):
    with open(path, "rb") as f:
        return f.read()


COMMON = """
base_dir = {dir}/run
state_dir = {dir}/state
instance_name = postrider-test
log_path = {dir}/dovecot.log
auth_verbose = yes
ssl = yes
ssl_cert = <{dir}/good.pem
ssl_key = <{dir}/key.pem
ssl_dh =
default_vsz_limit = 1G
first_valid_uid = 1
mail_debug = no
"""
