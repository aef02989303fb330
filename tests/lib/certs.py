#!/usr/bin/env python3
"""A throwaway certificate authority: certs.py FOLDER.

Makes, with the openssl command, every certificate that the tests need, good
and bad, as NAME.pem; all of them share the one key in key.pem, which costs
nothing here and saves most of the time.  A folder that is already filled is
left as it is, so that one test run makes them once.

    ca       trust this one            good      localhost, smtp.test, loopback
    expired  ended in 2021             future    begins in 2098
    wrong    for other.test            unknown   from an authority nobody trusts
    self     signed by itself          revoked   listed in crl.pem
    client   for a client: ada         chain     good, by an intermediate CA
    weak     RSA of 1024 bits, with a key of its own, weak.key
"""
import base64
import hashlib
import os
import subprocess
import sys

CONFIG = """
[ca]
default_ca = main
[main]
database = {dir}/index
new_certs_dir = {dir}
serial = {dir}/serial
crlnumber = {dir}/crlnumber
default_md = sha256
default_days = 3650
default_crl_days = 3650
policy = any
unique_subject = no
copy_extensions = none
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = nothing
[nothing]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[good]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:smtp.test, IP:127.0.0.1, IP:::1
[wrong]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.test, DNS:mail.other.test
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""

# name: (extensions, first second, last second)
SIGNED = {
    "good": ("good", "20240101000000Z", "20980101000000Z"),
    "expired": ("good", "20200101000000Z", "20210101000000Z"),
    "future": ("good", "20980101000000Z", "20990101000000Z"),
    "wrong": ("wrong", "20240101000000Z", "20980101000000Z"),
    "revoked": ("good", "20240101000000Z", "20980101000000Z"),
    "client": ("client", "20240101000000Z", "20980101000000Z"),
}
NAMES = {"wrong": "other.test", "client": "ada"}


class Maker:
    def __init__(self, folder):
        self.dir = folder

    def path(self, name):
        return os.path.join(self.dir, name)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, cwd=self.dir,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def weak(self):
        self.openssl("genrsa", "-out", "weak.key", "1024")
        os.chmod(self.path("weak.key"), 0o600)
        self.openssl("req", "-new", "-config", "config", "-key", "weak.key",
                     "-subj", "/CN=anything", "-out", "request.pem")
        self.sign("weak", "ca", "good", *SIGNED["good"][1:],
                  "/O=Throwaway/CN=localhost")

    def root(self, name, subject, extensions):
        self.openssl("req", "-x509", "-config", "config", "-key", "key.pem",
                     "-subj", subject, "-days", "20000", "-sha256",
                     "-extensions", extensions, "-out", name + ".pem")

    def sign(self, name, authority, extensions, first, last, subject):
        self.openssl("ca", "-batch", "-notext", "-config", "config",
                     "-cert", authority + ".pem", "-keyfile", "key.pem",
                     "-in", "request.pem", "-subj", subject,
                     "-extensions", extensions, "-startdate", first,
                     "-enddate", last, "-out", name + ".pem")

    def make(self):
        self.write("config", CONFIG.format(dir=self.dir))
        self.write("index", "")
        self.write("serial", "1000\n")
        self.write("crlnumber", "01\n")
        self.openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout",
                     "-out", "key.pem")
        os.chmod(self.path("key.pem"), 0o600)
        self.openssl("req", "-new", "-config", "config", "-key", "key.pem",
                     "-subj", "/CN=anything", "-out", "request.pem")
        self.root("ca", "/O=Throwaway/CN=Throwaway Test CA", "authority")
        self.root("ca2", "/O=Nobody/CN=Nobody Knows This CA", "authority")
        self.root("self", "/O=Throwaway/CN=localhost", "good")
        for name, (ext, first, last) in SIGNED.items():
            who = "/O=Throwaway/CN=" + NAMES.get(name, "localhost")
            self.sign(name, "ca", ext, first, last, who)
        first, last = SIGNED["good"][1:]
        self.sign("unknown", "ca2", "good", first, last,
                  "/O=Throwaway/CN=localhost")
        self.sign("middle", "ca", "authority", first, last,
                  "/O=Throwaway/CN=Throwaway Middle CA")
        self.sign("chain", "middle", "good", first, last,
                  "/O=Throwaway/CN=localhost")
        with open(self.path("middle.pem"), encoding="ascii") as middle, \
                open(self.path("chain.pem"), "a", encoding="ascii") as chain:
            chain.write(middle.read())
        self.openssl("ca", "-config", "config", "-cert", "ca.pem", "-keyfile",
                     "key.pem", "-revoke", "revoked.pem")
        self.openssl("ca", "-config", "config", "-cert", "ca.pem", "-keyfile",
                     "key.pem", "-gencrl", "-out", "crl.pem")
        self.weak()
        self.write("done", "")


def make(folder):
    """Fill FOLDER, unless it is filled, and return its absolute path."""
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "done")):
        try:
            Maker(folder).make()
        except subprocess.CalledProcessError as e:
            raise SystemExit("certs: openssl: " + e.stderr.decode()) from e
    return folder


def der(folder, name):
    """The first certificate of NAME.pem in DER."""
    with open(os.path.join(folder, name + ".pem"), encoding="ascii") as f:
        text = f.read().split("-----BEGIN CERTIFICATE-----")[1]
    return base64.b64decode(text.split("-----END")[0])


def fingerprint(folder, name):
    """SHA-256 of the certificate as AA:BB:..., what tls_fingerprint takes."""
    digest = hashlib.sha256(der(folder, name)).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


def pin(folder):
    """sha256:BASE64 of the one public key, what tls_pin takes."""
    out = subprocess.run(["openssl", "pkey", "-in", "key.pem", "-pubout",
                          "-outform", "DER"], cwd=folder, check=True,
                         stdout=subprocess.PIPE).stdout
    return "sha256:" + base64.b64encode(hashlib.sha256(out).digest()).decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make(sys.argv[1])
