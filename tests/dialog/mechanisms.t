#!/usr/bin/env python3
"""Every mechanism of AUTH against a server on libgsasl: tests/peer/saslpeer."""
import base64
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certs  # noqa: E402
from trial import Trial  # noqa: E402

TO = "bob@example.com"
PEER = os.path.abspath("tests/peer/saslpeer")
if not os.access(PEER, os.X_OK):
    print("1..0 # SKIP tests/peer/saslpeer is not built")
    sys.exit(0)
trial = Trial()
folder = certs.make(trial.path("certs"))
PASSWORDS = {
    "short": "tiger", "with blanks": "a b  c", "with quotes": "a\"b'c\\d",
    "UTF-8": "pässwörd €", "4 KiB": "0123456789abcdef" * 256,
    "a hash": "#x", "a dollar": "$HOME`id`%U",
}
PLUS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")
SAFE = ("SCRAM-SHA-256", "SCRAM-SHA-1")
OTHER = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")
TOKEN = ("OAUTHBEARER", "XOAUTH2")


def attempt(mech, offered, password, tls="implicit", version="1.3", sent=None,
            verbose=False, env=()):
    """The run, and what the server says of the login."""
    out = trial.path("arrived")
    if os.path.exists(out):
        os.unlink(out)
    server = subprocess.Popen(
        [PEER, "--cert", os.path.join(folder, "good.pem"), "--key",
         os.path.join(folder, "key.pem"), "--tls", tls, "--mechanisms",
         " ".join(offered), "--user", "ada", "--password", password,
         "--tls-version", version, "--out", out],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    port = int(server.stdout.readline())
    trial.file("password", (sent or password) + "\nnot this\n")
    lines = ["port %d" % port, "auth " + mech.lower(), "user ada",
             "password_file " + trial.path("password"),
             "tls " + ("off" if tls == "off" else "on"),
             "tls_starttls " + ("on" if tls == "starttls" else "off"),
             "tls_trust_file " + os.path.join(folder, "ca.pem")]
    if tls == "off":
        lines = [x for x in lines if x.split(" ")[0] not in
                 ("tls_starttls", "tls_trust_file")]
    ran = trial.run(*(["-v"] if verbose else []), TO,
                    config=trial.account(*lines), env=env)
    try:
        said = server.communicate(timeout=5)[0].decode()
    except subprocess.TimeoutExpired:
        server.kill()
        said = server.communicate()[0].decode()
    return ran, said.strip(), os.path.exists(out)


def shown(data, password):
    """Is the password, in any form that we know of, in data?"""
    forms = [password, base64.b64encode(password.encode()).decode(),
             base64.b64encode(b"\0ada\0" + password.encode()).decode()]
    return any(f.encode() in data for f in forms)


def accepted(mech, how, result):
    ran, said, arrived = result
    trial.ok(ran.status == 0 and not ran.out and not ran.err and arrived and
             said == mech + " accepted", "%s, %s" % (mech, how), ran, said)


for tls, version in (("implicit", "1.3"), ("implicit", "1.2"),
                     ("starttls", "1.3"), ("starttls", "1.2")):
    for mech in PLUS + SAFE + OTHER + TOKEN:
        accepted(mech, "%s TLS %s" % (tls, version),
                 attempt(mech, [mech], "tiger", tls, version))
for mech in SAFE + ("CRAM-MD5", "DIGEST-MD5"):
    accepted(mech, "named, without TLS", attempt(mech, [mech], "tiger", "off"))

EVERY = PLUS + SAFE + OTHER
for n in range(len(EVERY)):
    offered = list(reversed(EVERY[n:]))
    want = EVERY[n]
    if set(offered) <= set(OTHER):
        want = [m for m in ("PLAIN", "CRAM-MD5", "DIGEST-MD5", "LOGIN")
                if m in offered][0]
    accepted(want, "the best of %d that are offered" % len(offered),
             attempt("on", offered, "tiger"))
accepted("SCRAM-SHA-256", "chosen without TLS",
         attempt("on", ["PLAIN", "LOGIN", "SCRAM-SHA-256"], "tiger", "off"))

for mech in PLUS + SAFE + OTHER + TOKEN:
    ran, said, arrived = attempt(mech, [mech], "tiger", sent="lion")
    trial.ok(ran.status == 77 and not arrived and "accepted" not in said and
             not shown(ran.err, "lion") and b"ada" in ran.err and
             b"hint: " in ran.err, "%s: a wrong password is 77" % mech,
             ran, said)
for mech in PLUS[:1] + SAFE[:1] + OTHER:
    for what, password in PASSWORDS.items():
        if mech == "DIGEST-MD5" and what == "UTF-8":
            continue    # the peer's library prepares it in Latin-1
        accepted(mech, "password %s" % what, attempt(mech, [mech], password))
for mech in PLUS[:1] + SAFE + ("PLAIN",):
    accepted(mech, "a UTF-8 password in the C locale",
             attempt(mech, [mech], PASSWORDS["UTF-8"], env={"LC_ALL": "C"}))
for mech in TOKEN:
    accepted(mech, "a token of 3,000 octets",
             attempt(mech, [mech], "ya29.~+/-_" * 300))

# --- nothing of it in the dialogue that -v shows ---------------------------------
for mech in PLUS + SAFE + OTHER + TOKEN:
    for password, sent in (("correct-horse", None), ("right", "wrong-horse")):
        ran, said, _ = attempt(mech, [mech], password, sent=sent, verbose=True)
        auth = ran.err.split(b"AUTH ", 2)[-1]
        words = re.findall(rb"[A-Za-z0-9+/=]{24,}", ran.err)
        plain = [w for w in words if b"horse" in w or b"horse" in
                 base64.b64decode(w + b"===", validate=False)]
        trial.ok(b"<secret>" in auth and b"horse" not in ran.err and
                 not plain and b"AUTH " + mech.encode() in ran.err,
                 "%s: -v shows <secret>, %s" % (mech, said), ran)
for tls in ("implicit", "starttls"):
    ran, _, _ = attempt("plain", ["PLAIN"], "tiger", tls=tls, verbose=True)
    trial.ok(re.search(rb"(?m)^.*EHLO localhost$", ran.err) and
             re.search(rb"(?m)^.*235 ", ran.err) and
             re.search(rb"(?m)^.*AUTH PLAIN <secret>$", ran.err) and
             b"TLS" in ran.err and
             ran.err.count(b"EHLO") == (2 if tls == "starttls" else 1),
             "-v shows the dialogue, " + tls, ran)
for mech in ("PLAIN", "LOGIN"):
    ran, said, arrived = attempt("on", [mech], "tiger", "off")
    trial.ok(ran.status == 78 and not arrived and not said and
             not shown(ran.err, "tiger"),
             "%s is not chosen without TLS: 78" % mech, ran, said)
for mech in PLUS:
    ran, said, arrived = attempt(mech, [mech[:-5]], "tiger")
    trial.ok(ran.status == 76 and not arrived and not said,
             "%s is not traded for less" % mech, ran, said)
trial.done()
