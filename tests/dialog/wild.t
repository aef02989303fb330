#!/usr/bin/env python3
"""Each file of tests/msmtp/wild is read and the right account chosen, under
both names; that mail goes out by them is shown by tests/msmtp/wild.py."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "msmtp"))
import client  # noqa: E402
import wildlist  # noqa: E402

PROGRAM = os.path.abspath(shutil.which(os.environ.get("CLIENT",
                                                      "./postrider")))
HEADER = "From: Ada <%s>\n\n"


def settings(top, name, called, use):
    """(status, what -P says of each keyword)"""
    path = os.path.join(top, called)
    if not os.path.lexists(path):
        os.symlink(PROGRAM, path)
    config = os.path.join(top, "config")
    shutil.copyfile(os.path.join(wildlist.HERE, name + ".msmtprc"), config)
    os.chmod(config, 0o600)
    env = client.clean_environment(top)
    env.update(HOSTNAME="here.test", USER="tester", LOGNAME="tester")
    run = subprocess.run(
        [path, "-P", "-C", config, *use.args, "bob@example.com"], env=env,
        input=HEADER % use.header_from, capture_output=True, text=True,
        check=False)
    return run, dict(re.findall(r"(?m)^([a-z_]+) = (.*)$", run.stdout))


def wanted(use):
    known = {"host": use.host, "port": str(use.port), "from": use.sender,
             "tls": "on" if use.tls else "off",
             "user": use.user or "(not set)", "domain": use.helo}
    if use.tls:
        known["tls_starttls"] = "off" if use.port == 465 else "on"
    return known


def main():
    number = bad = 0
    with tempfile.TemporaryDirectory() as top:
        for name, uses in wildlist.FILES.items():
            for i, use in enumerate(uses):
                for called in ("postrider", "msmtp"):
                    run, got = settings(top, name, called, use)
                    wrong = {k: (got.get(k), v)
                             for k, v in wanted(use).items() if got.get(k) != v}
                    number += 1
                    good = run.returncode == 0 and not wrong
                    bad += not good
                    print("%sok %d - %s, use %d, as %s" % (
                        "" if good else "not ", number, name, i + 1, called))
                    if not good:
                        print("# got and wanted: %r %r" % (wrong, run.stderr))
    number += 1
    bad += bool(wildlist.missing())
    print("%sok %d - every file has its use, and twelve there are" % (
        "" if not wildlist.missing() and len(wildlist.FILES) >= 12 else "not ",
        number))
    print("1..%d" % number)
    sys.exit(1 if bad else 0)


main()
