"""A promise of later work names its issue, or is not made."""
import re

from .repository import Finding

NAME = "leftovers"
ASKS = "a marker of later work stands with the number of its issue (issue 12, #12)"
ALLOWABLE = False

MARKER = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b")
ISSUE = re.compile(r"\bissue \d+|#\d+")


def check(repository):
    for path, text in repository.sources("swift", "c", "h", "cpp", "py", "sh", ""):
        for number, line in enumerate(text.split("\n"), 1):
            match = MARKER.search(line)
            if match and not ISSUE.search(line):
                yield Finding(path, number, NAME, f"{match[1]} without an issue: do it now, or name the issue")
