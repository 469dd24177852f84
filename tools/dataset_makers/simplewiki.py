"""simplewiki: the newest dump of Simple English Wikipedia, for those who reach its servers.

What was fetched is kept, and the next run goes on behind it; the whole is checked by the sha1 that stands beside it.
"""
import hashlib
import os
import urllib.request

from .publish import log, publish

SERVER = os.environ.get("MEMVEC_DUMPS", "https://dumps.wikimedia.org")
FOLDER = "/simplewiki/latest/"
NAME = "simplewiki-latest-pages-articles.xml.bz2"
SUMS = "simplewiki-latest-sha1sums.txt"
PIECE = 1 << 20


def wanted_sum(text):
    """The sha1 of the dump in the text of SUMS, whose names carry a date in place of `latest`."""
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        if name.startswith("simplewiki-") and name.endswith("-pages-articles.xml.bz2"):
            return digest
    raise RuntimeError(f"{SUMS} does not name the dump")


def fetch(url, path):
    """Appends to `path` what it lacks of `url`."""
    have = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # there is nothing behind what is here
            return
        raise
    with answer, open(path, "ab" if answer.status == 206 else "wb") as file:
        done, told = file.tell(), 0
        while piece := answer.read(PIECE):
            file.write(piece)
            done += len(piece)
            if done - told >= 50 * PIECE:
                told = done
                log(f"{done / 1e6:,.0f} MB")


def sha1(path):
    digest = hashlib.sha1()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def make(out):
    folder = out / ".simplewiki.partial"
    folder.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(SERVER + FOLDER + SUMS, timeout=60) as answer:
        wanted = wanted_sum(answer.read().decode())
    path = folder / "simplewiki.xml.bz2"
    log(f"fetching {SERVER + FOLDER + NAME}")
    fetch(SERVER + FOLDER + NAME, path)
    found = sha1(path)
    if found != wanted:
        path.unlink()
        raise RuntimeError(f"the dump has the sha1 {found}, not {wanted}: it was thrown away; run this again")
    publish(folder, out / "simplewiki", {"what": "Simple English Wikipedia, CC BY-SA", "from": SERVER, "sha1": found})
    return out / "simplewiki"
