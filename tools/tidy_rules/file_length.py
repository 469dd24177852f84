"""A file holds one idea; a long one is asked why."""
from .repository import Finding

NAME = "file-length"
ASKS = "a file has at most 400 lines"
ALLOWABLE = True
LIMIT = 400


def check(repository):
    for path, text in repository.sources("swift", "c", "h", "cpp", "py", "sh", ""):
        lines = text.count("\n")
        if lines > LIMIT:
            yield Finding(path, 0, NAME, f"{lines} lines, {LIMIT} are the limit: move one idea to a file of its own")
