#!/usr/bin/env python3
"""Is FILE in MESSAGE, byte for byte?  attachment.py MESSAGE FILE"""
import email
import email.policy
import os
import sys


def main(message, path):
    with open(message, "rb") as f:
        mail = email.message_from_binary_file(f, policy=email.policy.default)
    with open(path, "rb") as f:
        want = f.read()
    name = os.path.basename(path)
    for part in mail.iter_attachments():
        if part.get_filename() == name:
            if part.get_payload(decode=True) != want:
                raise SystemExit("%s arrived damaged" % name)
            print("%s: %s, %d bytes, intact"
                  % (name, part.get_content_type(), len(want)))
            return
    raise SystemExit("%s did not arrive" % name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
