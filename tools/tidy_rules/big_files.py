"""What a script can make is not kept."""
from .repository import Finding

NAME = "big-files"
ASKS = "no file over 1 MB"
ALLOWABLE = False
LIMIT = 1_000_000


def check(repository):
    for path, size in repository.sizes.items():
        if size > LIMIT:
            yield Finding(path, 0, NAME, f"{size:,} bytes, {LIMIT:,} are the limit: have a script make it")
