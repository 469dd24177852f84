"""The repository works on any machine: no absolute path of one, no address of a package registry."""
import re

from .repository import Finding

NAME = "machine-paths"
ASKS = "no path of one machine, no host of a package registry"
ALLOWABLE = False

# Written in pieces, so that this file does not find itself.
FOLDERS = "|".join(["wo" "rk", "ro" "ot", "ho" "me", "Us" "ers", "t" "mp"])
PATH = re.compile(r"(?<![\w.$}/-])/(?:" + FOLDERS + r")/[\w.]|/op" r"t/swift")
REGISTRIES = "|".join([r"py" r"pi\.org", r"python" r"hosted\.org", r"deb" r"ian\.org", r"np" r"mjs\.(?:org|com)",
                       r"crates" r"\.io", r"gol" r"ang\.org", r"hugging" r"face\.co"])
HOST = re.compile(r"\b(?:" + REGISTRIES + r")\b")


def check(repository):
    for path, text in repository.texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            match = PATH.search(line)
            if match:
                yield Finding(path, number, NAME, f"{match[0]}...: take the path from the caller, HOME or mktemp")
            match = HOST.search(line)
            if match:
                yield Finding(path, number, NAME, f"{match[0]}: leave the host to the package manager's settings")
