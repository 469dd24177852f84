"""A line is read without scrolling."""
from .repository import Finding

NAME = "line-length"
ASKS = "a line has at most 120 characters"
ALLOWABLE = True
LIMIT = 120


def check(repository):
    for path, text in repository.sources("swift", "c", "h", "cpp", "py", "sh", ""):
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > LIMIT:
                yield Finding(path, number, NAME, f"{len(line)} characters, {LIMIT} are the limit: break the line")
