#!/usr/bin/env python3
"""The parts of the bench of queues work: a few messages, no rivals, no root."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = "3"
WANTED = ("enter ms", "enter processor ms", "drain a second",
          "drain processor ms", "drain connections")


def main():
    print("1..1")
    if not os.path.exists("tests/peer/smarthost"):
        print("ok 1 - bench # SKIP tests/peer/smarthost is not built here")
        return
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "queue.py"), "-n", COUNT,
         "postrider"], capture_output=True, text=True, check=False)
    missing = [w for w in WANTED if "%-24s Postrider" % w not in done.stdout]
    good = done.returncode == 0 and not missing
    print("%sok 1 - entering and draining are measured"
          % ("" if good else "not "))
    if not good:
        print("# missing: %s\n# status %d\n# %s" % (
            ", ".join(missing), done.returncode,
            (done.stdout + done.stderr).replace("\n", "\n# ")))


sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
main()
