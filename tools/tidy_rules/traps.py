"""Nothing from outside may end the process."""
import re

from .code_text import code_only, line_of
from .repository import Finding

NAME = "traps"
ASKS = ("no try!, as!, fatalError in Sources (precondition is for wrong calls of our own); no exit(): its handlers "
        "free what a training in the background still uses")
ALLOWABLE = True

TRAP = re.compile(r"\btry!|\bas!|\bfatalError\s*\(|(?<![\w.])exit\s*\(")


def check(repository):
    for path, text in repository.sources("swift", under=("Sources/",)):
        for match in TRAP.finditer(code_only(text)):
            yield Finding(path, line_of(text, match.start()), NAME,
                          f"{match[0].rstrip('( ')} ends the process: throw a typed error, or say why it cannot happen")
