#!/usr/bin/env python3
"""The tests of this folder see what they are there for: each is run on a copy
of the tree with one fault planted, and must fail."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import lint

COPIED = ["src", "tests/dialog", "tests/lib", "tests/lint", "tests/unit", "man",
          "completions", "README", "bootstrap", "configure.ac"]
LONG = "int f(void);\nint f(void)\n{\n%s\treturn 0;\n}\n"

# test, what must hold (or what the test calls it), file, old text (None: at
# the end), new text
FAULTS = [
    ("layers", "base does not look up", "src/base/list.c", None,
     '#include "net/wire.h"\n'),
    ("layers", "smtp does not look sideways", "src/smtp/phase.c", None,
     '#\tinclude "auth/mech.h"\n'),
    ("layers", "nobody includes oauth", "src/cli/main.c", None,
     '#include "oauth/token.h"\n'),
    ("layers", "every floor is known", "src/attic/x.c", None, "int x;\n"),
    ("layers", "GnuTLS stays in its room", "src/smtp/phase.c", None,
     "#include <gnutls/gnutls.h>\n"),
    ("layers", "gsasl stays in its room", "src/net/wire.c", None,
     "#include <gsasl.h>\n"),
    ("layers", "lower floors do not print", "src/smtp/phase.c", None,
     'void f(void)\n{\n\tprintf("x");\n}\n'),
    ("banned", "no strcpy", "src/base/str.c", None, "int x = strcpy (a, b);\n"),
    ("banned", "no atoi", "src/cli/main.c", None, "int x = atoi(a);\n"),
    ("banned", "no system()", "src/cli/main.c", None, "int x = system(a);\n"),
    ("banned", "no goto", "src/base/str.c", None, "\tgoto end;\n"),
    ("banned", "no ctype.h", "src/base/str.c", None, "#include <ctype.h>\n"),
    ("banned", "no typedef of a struct", "src/base/str.h", None,
     "typedef struct str str_t;\n"),
    ("banned", "no #ifdef", "src/base/str.c", None, "#ifdef X\n#endif\n"),
    ("banned", "no #ifndef after the guard", "src/base/str.h", None,
     "#ifndef X\n#endif\n"),
    ("banned", "every header has its guard", "src/base/bare.h", None,
     "int x;\n"),
    ("sizes", "no file is too long", "src/base/long.c", None,
     "int x;\n" * 601),
    ("sizes", "no function is too long", "src/base/long.c", None,
     LONG % ("\tf();\n" * 60)),
    ("sizes", "95th percentile", "src/base/long.c", None,
     (LONG % ("\tf();\n" * 45)) * 200),
    ("sizes", "median", "src/base/long.c", None,
     (LONG % ("\tf();\n" * 12)) * 3000),
    ("shell", "scripts are checked", "bootstrap", None, "rm $1\n"),
    ("shell", "scripts of tests too", "tests/x", None, "#!/bin/sh\nrm $1\n"),
    ("manual", "mdoc is clean", "man/postrider.1", ".Sh NAME", ".Sh NAMES"),
    ("manual", "keywords are in the manual", "man/postrider.conf.5",
     ".It Cm port", ".It port"),
    ("manual", "no keyword is invented", "man/postrider.conf.5",
     ".It Cm port", ".It Cm sport"),
    ("manual", "words of keywords are in the manual", "man/postrider.conf.5",
     "gssapi", "gsapi"),
    ("manual", "options are in the manual", "man/postrider.1",
     ".Fl -tls-pin ,\n", ""),
    ("manual", "old names are in the manual", "man/postrider.conf.5",
     ".It Cm keepbcc", ".It Cm keep"),
    ("manual", "statuses are in the manual", "man/postrider.1",
     "Dv EX_NOHOST", "Li EX_NOHOST"),
    ("manual", "substitutions are in the manual", "man/postrider.conf.5",
     ".It \\&%H", ".It H"),
    ("table", "a keyword has a row", "tests/dialog/inventory/keywords.py",
     '    "port": [', '    "sport": ['),
    ("table", "a new keyword has a row", "tests/dialog/inventory/added.py",
     '    "family": [', '    "fam": ['),
    ("table", "a keyword of the table has one too", "src/config/keys.def",
     "K(BOOL, srv,", "K(BOOL, serve,"),
    ("table", "an option has a row", "tests/dialog/inventory/options.py",
     '"--configure=nonsense"', '"--config=nonsense"'),
    ("table", "the option of a keyword has a row",
     "tests/dialog/inventory/added.py",
     '{"--family=ipv6": 68, "--family=ipv4": 0, "--family=": 64}', "{}"),
    ("table", "a letter has a row", "tests/dialog/inventory/options.py",
     '    "X": [', '    "Y": ['),
    ("table", "a letter of the program has one too", "src/cli/options.c",
     "{ NULL, 'G', OPT_ALONE", "{ NULL, 'g', OPT_ALONE"),
    ("table", "a status has a row", "tests/dialog/inventory/options.py",
     '    "EX_NOPERM": [', '    "EX_NOPE": ['),
    ("table", "a status of the program has one too", "src/base/err.c",
     '{ EX_NOPERM, "EX_NOPERM" }', '{ EX_NOPERM, "EX_NEVER" }'),
    ("table", "a substitution has a row", "tests/dialog/inventory/options.py",
     '    "%H": [', '    "%h": ['),
    ("table", "a test that is named is there",
     "tests/dialog/inventory/options.py", '"rcpt-550-is-67.dialog"',
     '"rcpt-550-is-68.dialog"'),
    ("table", "words of a test are there", "tests/dialog/log.t",
     "logfile - is stdout", "logfile is stdout"),
    ("table", "a row waits for nothing", "tests/dialog/inventory/keywords.py",
     'without=["tls_starttls"]', 'pending="a miracle"'),
    ("table", "a row shows a difference", "tests/dialog/inventory/keywords.py",
     '{"tls_nocertcheck": 0, "tls_nocertcheck on": 78}',
     '{"tls_nocertcheck": 76}'),
    ("completions", "bash knows the options", "completions/postrider.bash",
     "--tls-pin", ""),
    ("completions", "zsh knows them", "completions/_postrider",
     "--tls-pin", "--tls-pine"),
    ("completions", "fish knows them", "completions/postrider.fish",
     "-l tls-pin ", ""),
    ("completions", "bash can read its file", "completions/postrider.bash",
     None, "if then\n"),
    ("completions", "accounts are found", "completions/postrider.bash",
     "account[[:blank:]]", "acount[[:blank:]]"),
    ("examples", "every display is tested", "man/postrider.1",
     '.\\" test: sends\n', ""),
    ("examples", "every keyword has an example", "man/postrider.conf.5",
     ".Dl tls_certcheck on\n", ""),
    ("examples", "what is not run has a reason", "man/postrider.1",
     "test: none, it takes a server that refuses the password", "test: none"),
]
HARMLESS = [
    ("banned", "comments may name what is banned", "src/base/str.c", None,
     '/* goto strcpy */\nstatic const char x[] = "atoi";\n'),
    ("banned", "net/tls may choose", "src/net/tls_extra.c", None,
     "#ifdef X\n#endif\n"),
    ("layers", "a helper beside net/tls may know GnuTLS",
     "src/net/trust_store.c", None, "#include <gnutls/x509.h>\n"),
]


def copy_tree(to):
    for name in COPIED:
        there = os.path.join(to, name)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        if os.path.isdir(lint.path(name)):
            shutil.copytree(lint.path(name), there)
        else:
            shutil.copy(lint.path(name), there)
    for where, _, names in os.walk(to):    # distcheck's copy is read-only
        os.chmod(where, 0o755)
        for name in names:
            os.chmod(os.path.join(where, name), 0o755)


def run(test, root):
    script = os.path.join(root, "tests", "lint", test + ".t")
    env = dict(os.environ, srcdir=root, PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run([sys.executable, script], env=env, cwd=root,
                          capture_output=True, text=True, check=False)


def plant(root, file, old, new):
    """Puts the fault there and gives the text from before, or None."""
    name = os.path.join(root, file)
    before = None
    if os.path.exists(name):
        with open(name, encoding="utf-8") as f:
            before = f.read()
    os.makedirs(os.path.dirname(name), exist_ok=True)
    if old is not None and old not in (before or ""):
        raise ValueError("%s has no %r" % (file, old))
    with open(name, "w", encoding="utf-8") as f:
        f.write((before or "") + new if old is None
                else before.replace(old, new))
    return before


def restore(root, file, before):
    name = os.path.join(root, file)
    if before is None:
        os.unlink(name)
        if not os.listdir(os.path.dirname(name)):
            os.rmdir(os.path.dirname(name))
    else:
        with open(name, "w", encoding="utf-8") as f:
            f.write(before)


def failed(result, what):
    """Where a test of that name is among the failed ones, or any failed."""
    if what + " " in result.stdout:
        return bool(re.search(r"^not ok .*%s" % what, result.stdout, re.M))
    return result.returncode != 0


def try_fault(tap, root, case, wanted):
    test, what, file, old, new = case
    before = plant(root, file, old, new)
    result = run(test, root)
    restore(root, file, before)
    good = failed(result, what) == wanted
    tap.ok(good, "%s: %s" % (test, what),
           [] if good else (result.stdout + result.stderr).splitlines())


def main():
    tap = lint.Tap()
    with tempfile.TemporaryDirectory() as root:
        copy_tree(root)
        for test in sorted({case[0] for case in FAULTS}):
            result = run(test, root)
            tap.ok(result.returncode == 0, test + " passes the tree as it is",
                   result.stdout.splitlines() if result.returncode else [])
        needs = {"shell": "shellcheck", "mdoc is clean": "mandoc"}
        for case in FAULTS:
            tool = needs.get(case[1]) or needs.get(case[0])
            if tool and not shutil.which(tool):
                tap.skip("%s: %s" % case[:2], "no " + tool)
            else:
                try_fault(tap, root, case, True)
        for case in HARMLESS:
            try_fault(tap, root, case, False)
    tap.done()


main()
