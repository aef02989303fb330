"""What each file of wild/ must come to; they are written in the shapes that are
found in the wild, and used as they are.

    FILES: NAME -> [Use]; a Use is one call with that file
"""
import dataclasses
import os

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wild")
PASSWORD = "tiger"
# Commands that the files name; ours print the password.
COMMANDS = ("gpg", "secret-tool", "pass", "oauth2-token")
COMMAND = "#!/bin/sh\n[ $# -gt 0 ] && echo " + PASSWORD + "\n"
HOME_FILES = {".fastmail-app-password": PASSWORD + "\n", ".cache/there": ""}
ALIASES = "root: ops@analytical.example\ndefault: ops@analytical.example\n"
NAMES = ("smtp.gmail.com", "smtp.office365.com", "smtp.fastmail.com",
         "smtp.freemail.example", "mail.my-provider.example",
         "mail.analytical.example", "smtp.analytical.example",
         "mail.isp.example", "relay", "relay.lan")


@dataclasses.dataclass
class Use:
    host: str
    port: int
    sender: str
    auth: str = None                # mechanism that must be used, and as whom
    user: str = None
    tls: bool = True
    args: tuple = ()
    to: tuple = ("bob@example.com",)
    recipients: tuple = ("bob@example.com",)
    header_from: str = "ada@isp.example"
    offers: str = "PLAIN LOGIN XOAUTH2 OAUTHBEARER"
    cert: str = "names"
    system: bool = False
    helo: str = "localhost"
    password: str = PASSWORD


ISP = "mail.isp.example"
GMAIL = "ada.lovelace@gmail.com"
WORK = "a.lovelace@analytical.example"
OPS = ("ops@analytical.example",)
FILES = {
    "gmail-587": [Use("smtp.gmail.com", 587, GMAIL, "PLAIN", GMAIL)],
    "gmail-465": [Use("smtp.gmail.com", 465, GMAIL, "PLAIN", "ada.lovelace")],
    "office365": [Use("smtp.office365.com", 587, WORK, "LOGIN", WORK,
                      offers="LOGIN XOAUTH2")],
    "fastmail": [Use("smtp.fastmail.com", 465, "me@lovelace.example", "PLAIN",
                     "ada@fastmail.example",
                     args=("-f", "me@lovelace.example"))],
    "proton-bridge": [
        Use("127.0.0.1", 1025, "ada@proton.example", "PLAIN",
            "ada@proton.example", cert="bridge"),
        Use("127.0.0.1", 1025, "ada@proton.example", "PLAIN",
            "ada@proton.example", cert="bridge", args=("-a", "proton-file"))],
    "several-accounts": [
        Use("mail.my-provider.example", 587, "smithjoe@my-provider.example",
            "PLAIN", "12345"),
        Use("smtp.freemail.example", 587, "joe_smith@freemail.example",
            "PLAIN", "joe.smith", args=("-a", "freemail")),
        Use("smtp.freemail.example", 587, "joey@freemail.example", "PLAIN",
            "joe.smith", args=("-f", "joey@freemail.example"))],
    "system-relay": [
        Use("mail.analytical.example", 587, "tester@here.test", system=True),
        Use("mail.analytical.example", 587, "tester@here.test", system=True,
            args=("-f", "someone@else.example"), to=("root",),
            recipients=OPS)],
    "system-auto-from": [
        Use("smtp.analytical.example", 465, "tester@analytical.example",
            "PLAIN", "relay", system=True, to=("root",), recipients=OPS)],
    "before-accounts": [Use(ISP, 25, "ada@isp.example", "PLAIN", "ada",
                            cert="bridge")],
    "mutt": [
        Use(ISP, 587, "ada@isp.example", "PLAIN", "ada",
            args=("--read-envelope-from",)),
        Use("smtp.office365.com", 587, "anybody@analytical.example", "LOGIN",
            WORK, args=("--read-envelope-from",), offers="LOGIN",
            header_from="anybody@analytical.example"),
        Use(ISP, 587, "ada+tea@lists.example", "PLAIN", "ada",
            args=("-f", "ada+tea@lists.example"))],
    "docker-relay": [Use("relay", 25, "noreply@shop.example", tls=False,
                         helo="shop.example")],
    "lan-relay": [Use("relay.lan", 587, "host@home.lan", "PLAIN", "ada",
                      cert="bridge")],
    "isp-465": [Use(ISP, 465, "ada@isp.example", "PLAIN", "ada@isp.example",
                    password='ti#g er"x')],
    "oauth2": [
        Use("smtp.office365.com", 587, WORK, "XOAUTH2", WORK),
        Use("smtp.gmail.com", 587, GMAIL, "OAUTHBEARER", GMAIL,
            args=("-a", "gmail"))],
    "from-ssmtp": [Use(ISP, 465, "tester@home.example", "LOGIN", "ada",
                       helo="gate", to=("root",), recipients=OPS)],
}


def read(name):
    with open(os.path.join(HERE, name + ".msmtprc"), encoding="utf-8") as f:
        return f.read()


def missing():
    """Files that nobody uses, uses without a file."""
    there = {n[:-len(".msmtprc")] for n in os.listdir(HERE)
             if n.endswith(".msmtprc")}
    return sorted(there ^ set(FILES))
