#!/usr/bin/env python3
"""Where the password comes from, who gets to see it, and who does not."""
import base64
import os
import ssl
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
import client  # noqa: E402
from trial import Run, Trial  # noqa: E402

TO = "bob@example.com"
SECRET, WRONG = "tiger lily", "lion heart"
scratch = Trial()
folder = certs.make(scratch.path("certs"))
trial = Trial(certs=folder, tls="implicit", users={"ada": SECRET})
NOTES = trial.path("notes")


def account(*lines, auth="on"):
    return trial.account(
        "host localhost", "tls on", "tls_starttls off", "auth " + auth,
        "tls_trust_file " + os.path.join(folder, "ca.pem"),
        *([] if any(x.startswith("user") for x in lines) else ["user ada"]),
        *lines)


def forms(secret):
    """What a secret looks like on the way."""
    plain = secret.encode()
    return [plain, base64.b64encode(plain),
            base64.b64encode(b"\0ada\0" + plain)]


def shown(*places):
    return any(form in place for place in places
               for secret in (SECRET, WRONG) for form in forms(secret))


def tool(script):
    """A secret-tool that notes what can be seen of the two of us."""
    return trial.file("bin/secret-tool", """#!/bin/sh
{ tr '\\0' '\\n' </proc/$$/cmdline; tr '\\0' '\\n' </proc/$PPID/cmdline
  env; cat /proc/$PPID/environ | tr '\\0' '\\n'; cat; ls -l /proc/self/fd
} >'%s' 2>&1
%s
""" % (NOTES, script), 0o755)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


ENV = {"PATH": trial.path("bin") + ":" + os.environ["PATH"]}
BUS = dict(ENV, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")


def clear():
    for name in (".netrc", "bin/secret-tool", "notes", "log"):
        if os.path.exists(trial.path(name)):
            os.unlink(trial.path(name))


def with_fd(number, path, config, *args):
    """As trial.run, with a file open as descriptor number."""
    had = len(trial.sink.messages), len(trial.sink.lines)
    command = trial.command([*args, TO], None, config, False)
    with open(path, "rb") as f:
        os.dup2(f.fileno(), number)
        ran = subprocess.run(
            command, input=b"Subject: hi\n\nbody\n", pass_fds=[number],
            env=client.clean_environment(trial.home), capture_output=True,
            start_new_session=True, timeout=20, check=False)
        os.close(number)
    return Run(args, ran.returncode, ran.stdout, ran.stderr,
               trial.sink.messages[had[0]:], trial.sink.lines[had[1]:])


def from_password(secret):
    return trial.run(TO, "-v", config=account("password " + secret))


def from_command(secret):
    return trial.run(TO, "-v", config=account(
        "passwordeval cat; printf '%s\\n' '" + secret + "'"))


def from_file(secret):
    trial.file("password", secret + "\nmore\n")
    return trial.run(TO, "-v", config=account(
        "password_file " + trial.path("password")))


def from_credential(secret):
    trial.file("credentials/smtp", secret)
    return trial.run(TO, "-v", config=account("password_file credential:smtp"),
                     env={"CREDENTIALS_DIRECTORY": trial.path("credentials")})


def from_descriptor(secret):
    trial.file("password", secret + "\nmore\n")
    return with_fd(9, trial.path("password"), account("password_fd 9"), "-v")


def from_keyring(secret):
    tool("printf '%s' '" + secret + "'")
    return trial.run(TO, "-v", config=account(), env=BUS)


def from_netrc(secret):
    trial.file(".netrc", "machine localhost login ada password '%s'" % secret)
    return trial.run(TO, "-v", config=account())


for source in (from_password, from_command, from_file, from_credential,
               from_descriptor, from_keyring, from_netrc):
    name = source.__name__[5:]
    clear()
    ran = source(SECRET)
    trial.ok(ran.status == 0 and len(ran.messages) == 1 and
             ran.messages[0].data.endswith(b"\r\n\r\nbody\r\n"),
             name + ": the message goes, whole", ran)
    trial.ok(b"<secret>" in ran.err and not shown(ran.out, ran.err),
             name + ": -v does not show the secret", ran)
    clear()
    ran = source(WRONG)
    trial.ok(ran.status == 77 and not ran.messages and b"hint: " in ran.err and
             not shown(ran.out, ran.err),
             name + ": a wrong one is 77, and not shown", ran)

# --- what a keyring is asked, and what can be seen meanwhile -----------------
clear()
ran = from_keyring(SECRET)
notes = read(NOTES)
trial.ok(b"\nlookup\nhost\nlocalhost\nservice\nsmtp\nuser\nada\n" in notes,
         "secret-tool is asked by host, service and user", notes)
trial.ok(not shown(notes) and b"Subject" not in notes,
         "no process list, environment or input has the secret", notes)
for what, lines, more in (
        ("keyring off", ["keyring off"], {}),
        ("a password_file", ["password_file " + trial.path("password")], {})):
    clear()
    tool("echo no")
    trial.file("password", SECRET)
    ran = trial.run(TO, config=account(*lines), env=BUS, **more)
    trial.ok(read(NOTES) is None, "nobody asks a keyring: " + what, ran)
clear()
tool("echo no")
ran = trial.run(TO, config=account(), env=ENV)
trial.refused(ran, 78, "nor without a session bus", b"there is no password")
trial.ok(read(NOTES) is None, "and secret-tool is not even started")
clear()
tool("echo 'secret-tool: locked' >&2; exit 1")
trial.file(".netrc", "machine localhost password '%s'" % SECRET)
ran = trial.run(TO, config=account(), env=BUS)
trial.ok(ran.status == 0 and not ran.err,
         "auto: a keyring that fails makes way for netrc", ran)
ran = trial.run(TO, config=account("keyring on"), env=BUS)
trial.refused(ran, 75, "on: it does not, and says so", b"secret-tool: locked")
ran = trial.run(TO, config=account("keyring on"))
trial.refused(ran, 78, "on: a session bus is needed", b"session bus")
for name in ("sendmail", "msmtp"):
    clear()
    tool("printf '%s' '" + SECRET + "'")
    trial.file(".msmtprc" if name == "msmtp" else ".postriderrc", account())
    ran = trial.run(TO, name=name, env=BUS)
    trial.ok(ran.status == 0 and len(ran.messages) == 1,
             "the keyring is asked under the name " + name, ran)
    os.unlink(trial.path(".msmtprc" if name == "msmtp" else ".postriderrc"))

# --- descriptors -------------------------------------------------------------
clear()
trial.file("password", SECRET)
for number, word in ((0, b"password_fd"), (1, b"password_fd"),
                     (2, b"password_fd"), ("x", b"password_fd")):
    ran = trial.run(TO, config=account("password_fd %s" % number))
    trial.refused(ran, 78, "descriptor %s is refused" % number, word)
ran = trial.run(TO, "--password-fd=0", config=account())
trial.refused(ran, 64, "and so it is as an option", b"password_fd")
for number in range(3, 12):
    ran = trial.run(TO, config=account("password_fd %d" % number,
                                       "logfile " + trial.path("log")))
    trial.ok(ran.status == 78 and not ran.lines and
             b"descriptor %d is not open" % number in ran.err,
             "descriptor %d that nobody opened is no secret" % number, ran)
ran = with_fd(9, trial.path("password"), account(), "--password-fd=9")
trial.ok(ran.status == 0 and len(ran.messages) == 1, "--password-fd", ran)

# --- netrc -------------------------------------------------------------------
for mode, word in ((0o644, b"chmod 600"), (0o620, b"chmod go-w")):
    clear()
    trial.file(".netrc", "machine localhost password '%s'" % SECRET, mode)
    ran = trial.run(TO, config=account())
    trial.refused(ran, 78, ".netrc of mode %o is refused" % mode, word)
    trial.ok(not shown(ran.err), "and its secret not shown", ran)
clear()
trial.file(".netrc", "machine other password x", 0o644)
ran = trial.run(TO, config=account())
trial.refused(ran, 78, "one without our password is none of our business",
              b"there is no password")
trial.ok(b"passwordeval" in ran.err and b"keyring" in ran.err and
         b"netrc" in ran.err, "what can be done about it is told", ran)

# --- fetched only when needed ------------------------------------------------
clear()
MARK = trial.path("mark")
needless = [("auth off", [], "off"),
            ("auth external", [], "external"), ("auth gssapi", [], "gssapi")]
for what, lines, auth in needless:
    ran = trial.run(TO, config=account("passwordeval touch " + MARK, *lines,
                                       auth=auth))
    trial.ok(not os.path.exists(MARK), what + " needs no secret", ran)
ran = trial.run("-P", TO, config=account("passwordeval touch " + MARK))
trial.ok(ran.status == 0 and not os.path.exists(MARK), "nor does -P", ran)
ran = trial.run("-bv", TO, config=account("passwordeval touch " + MARK))
trial.ok(ran.status == 0 and not os.path.exists(MARK), "nor does -bv", ran)
ran = trial.run(TO, config=account("passwordeval touch " + MARK + "; exit 3"))
trial.refused(ran, 75, "a command that fails is 75, before connecting",
              b"ended with status 3")
trial.ok(os.path.exists(MARK), "and was run")
ran = trial.run(TO, config=account("passwordeval echo why not >&2; exit 3"))
trial.ok(b"why not" in ran.err, "its words are shown", ran)

# --- a client's certificate --------------------------------------------------
clear()
KEY = trial.path("locked.key")
subprocess.run(["openssl", "pkcs8", "-topk8", "-v2", "aes256", "-in",
                os.path.join(folder, "key.pem"), "-out", KEY, "-passout",
                "pass:" + SECRET], check=True)
trial.sink.context.verify_mode = ssl.CERT_REQUIRED
trial.sink.context.load_verify_locations(os.path.join(folder, "ca.pem"))
SHOWS = ["tls_cert_file " + os.path.join(folder, "client.pem"),
         "password_file " + trial.path("password")]
trial.file("password", SECRET)
ran = trial.run(TO, config=account("tls_key_file " + KEY, *SHOWS))
trial.ok(ran.status == 0 and len(ran.messages) == 1,
         "a key is decrypted by the password, wherever that is", ran)
trial.file("password", WRONG)
ran = trial.run(TO, config=account("tls_key_file " + KEY, *SHOWS))
trial.refused(ran, 78, "a wrong one is told before connecting",
              b"tls_key_file")
trial.ok(not shown(ran.err), "and not shown", ran)
ran = trial.run(TO, config=account("tls_key_file " + KEY, *SHOWS[:1],
                                   auth="external"))
trial.refused(ran, 78, "none at all is told, too", b"there is no password")
trial.sink.context.verify_mode = ssl.CERT_NONE

# --- tls_min_dh_prime_bits ---------------------------------------------------
RSA = [trial.path("rsa.pem"), trial.path("rsa.key")]
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-out", RSA[0], "-keyout", RSA[1], "-days", "3650", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
               check=True, capture_output=True)
PRIMES = {"well-known": ["genpkey", "-genparam", "-algorithm", "DH",
                         "-pkeyopt", "group:ffdhe2048"],
          "made up": ["dhparam", "-dsaparam", "2048"]}
for kind, words in PRIMES.items():
    params = trial.path("dh.pem")
    with open(params, "wb") as f:
        subprocess.run(["openssl", *words], check=True, stdout=f,
                       stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*RSA)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_dh_params(params)
    context.set_ciphers("DHE+AESGCM")
    trial.sink.context = context
    for bits, status in ((None, 0), (2048, 0), (2049, 76), (4096, 76)):
        lines = ["tls_trust_file " + RSA[0], "password " + SECRET]
        if bits:
            lines.append("tls_min_dh_prime_bits %d" % bits)
        config = account(*lines).replace(
            b"tls_trust_file " + os.path.join(folder, "ca.pem").encode(), b"#")
        ran = trial.run(TO, config=config)
        trial.ok(ran.status == status and
                 (status == 0 or b"tls_min_dh_prime_bits" in ran.err),
                 "a prime of 2048 bits, %s, the least is %s" % (kind, bits),
                 ran)
scratch.sink.close()
trial.done()
