"""What the tests of this folder share: TAP, the tree, and C without comments."""
import os
import re
import sys

ROOT = os.path.abspath(os.environ.get("srcdir") or ".")


class Tap:
    """One test for each line that ok() or skip() prints."""

    def __init__(self):
        self.count = 0
        self.failed = False

    def ok(self, good, name, notes=()):
        self.count += 1
        self.failed = self.failed or not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        for note in notes:
            print("#", note)
        return good

    def skip(self, name, reason):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, reason))

    def none(self, faults, name):
        """Passes where the list of faults is empty, else prints them."""
        return self.ok(not faults, name, faults)

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def path(*names):
    return os.path.join(ROOT, *names)


def read(name):
    with open(path(name), encoding="utf-8") as f:
        return f.read()


def exists(name):
    return os.path.exists(path(name))


def files(folder, *endings):
    """Names below folder, from the root, that end so; sorted."""
    found = []
    for where, folders, names in os.walk(path(folder)):
        folders[:] = [f for f in folders if not f.startswith((".", "__"))]
        found += [os.path.relpath(os.path.join(where, n), ROOT)
                  for n in names if n.endswith(endings)]
    return sorted(found)


TOKENS = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare_c(text):
    """C with comments and literals emptied; every line keeps its number."""
    def empty(m):
        token = m.group()
        return token[0] * 2 if token[0] in "\"'" else "\n" * token.count("\n")
    return TOKENS.sub(empty, text)


def keywords():
    """The rows of keys.def as (type, name, flags)."""
    text = re.sub(r"/\*.*?\*/", "", read("src/config/keys.def"), flags=re.S)
    rows = []
    for row in re.split(r"^(?=K\()", text, flags=re.M)[1:]:
        m = re.match(r"K\((\w+), *(\w+),", row)
        rows.append((m.group(1), m.group(2), set(re.findall(r"KEY_\w+", row))))
    return rows


def choices():
    """(keyword, the words it may have) for the rows that list them."""
    text = re.sub(r"/\*.*?\*/", "", read("src/config/keys.def"), flags=re.S)
    string = r'"((?:[^"]|"\s*")*)"'
    row = re.compile(r"^K\((?:CHOICE|LIST), *(\w+),\s*(?:NULL|%s),\s*%s,\s*%s"
                     % (string, string, string), re.M)
    for m in row.finditer(text):
        words = re.sub(r'"\s*"', "", m.group(4)).split("|")
        yield m.group(1), [w.split("/")[0] for w in words]


def keyword_options():
    return sorted(name.replace("_", "-") for _, name, flags in keywords()
                  if "KEY_NO_OPTION" not in flags)


# Names of earlier times, and what gives a file its structure: these are fixed.
OLD_NAMES = ["connect_timeout", "undisclosed_recipients",
             "add_missing_from_header", "add_missing_date_header", "keepbcc",
             "tls_nocertcheck", "tls_nostarttls", "tls_force_sslv3"]
STRUCTURE = ["account", "defaults", "eval", "include"]


def table(name, file):
    """The initialiser of a static array, or "" where it is not there."""
    if not exists(file):
        return ""
    m = re.search(r"\b%s\[[^\]]*\] = \{\n(.*?)^\};" % name, read(file),
                  re.S | re.M)
    return m.group(1) if m else ""


def providers():
    """The names of the presets; of what has regions, what is before them."""
    return re.findall(r'^\t\{ "([a-z0-9.-]+)"',
                      table("providers", "src/config/provider.c"), re.M)


def options(name, file):
    """The rows of a table of struct opt as (long name or "", letter or "")."""
    row = re.compile(r"\{ (?:NULL|\"([a-z-]+)\"), (?:0|'(.)'), OPT_\w+")
    return [(m.group(1) or "", m.group(2) or "")
            for m in row.finditer(table(name, file))]


def msmtp_names():
    """The long options whose abbreviations are kept."""
    return re.findall(r'^\s*"([a-z0-9-]+)",$',
                      table("msmtp_names", "src/cli/options.c"), re.M)


def statuses():
    """The exit statuses that the program may end with."""
    names = re.findall(r'\{ EX_\w+, "(EX_\w+)" \}',
                       table("statuses", "src/base/err.c"))
    # Nothing ends with EX_SOFTWARE: it is the name for what has none.
    return [n for n in names if n != "EX_SOFTWARE"]


def substitutions():
    """Letters that stand for something in `from` or `domain`."""
    found = re.findall(r"^\s*case '([A-Z])':", read("src/config/subst.c"), re.M)
    return sorted({"%" + c for c in found})


def sendmail_options():
    return options("sendmail_options", "src/cli/options.c")


def own_options():
    return options("own_options", "src/cli/options.c")


def verb_options():
    """(verb, its options) for each verb that has a table of them."""
    return [(f[len("src/cli/cmd_"):-2], options("options", f))
            for f in files("src/cli", ".c")
            if os.path.basename(f).startswith("cmd_")
            and options("options", f)]


def verbs():
    return re.findall(r'^\s*\{ "([a-z]+)",', table("verbs", "src/cli/mode.c"),
                      re.M)


def modes():
    return re.findall(r"\{ '(.)',", table("modes", "src/cli/args.c"))
