"""A name says what the thing is."""
import re

from .repository import Finding

NAME = "names"
ASKS = "no file and no type is called a helper, a manager or utilities"
ALLOWABLE = False

EMPTY = re.compile(r"(?:Util(?:s|ities)?|Helpers?|Manager)(?![a-z])|(?:^|[_/-])(?:utils?|helpers?|misc)(?=$|[._/-])")
TYPE = re.compile(r"^\s*(?:\w+\s+)*(?:struct|class|enum|protocol|actor|extension)\s+(\w+)")
# Names that a library of others gave: its own types may be used and extended.
FOREIGN = {"FileManager"}


def check(repository):
    for path, text in repository.sources("swift", "c", "h", "cpp", "py", "sh", ""):
        if EMPTY.search(path):
            yield Finding(path, 0, NAME, "name the file after the idea that it holds")
        if not path.endswith(".swift"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            match = TYPE.match(line)
            if match and EMPTY.search(match[1]) and match[1] not in FOREIGN:
                yield Finding(path, number, NAME, f"{match[1]}: name the type after what it is or does")
