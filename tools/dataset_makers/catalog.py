"""Which data sets are known, and which are there. Standard library only: it also runs outside of .venv."""
import json
import re

KNOWN = {
    "sift100k": "100,000 x 128, euclidean, 1,000 queries: 63 MB, about 1 minute",
    "sift1m": "1,000,000 x 128, euclidean, 10,000 queries: 581 MB, about 4 minutes",
    "wiki": "206 pages of English Wikipedia as MediaWiki exports them: 2 MB, some seconds",
    "simplewiki": "the newest dump of Simple English Wikipedia, from dumps.wikimedia.org: about 300 MB",
    "debtext": "30,000 x 384, cosine, 1,000 queries, metadata and filters: 67 MB, about 7 minutes",
}


def sift_name(count):
    return {100_000: "sift100k", 1_000_000: "sift1m"}.get(count, f"sift{count}")


def sift_count(name):
    """How many base vectors the data set of this name has; None if it is none of SIFT."""
    for count in (100_000, 1_000_000):
        if name == sift_name(count):
            return count
    match = re.fullmatch(r"sift([1-9]\d*)", name)
    return int(match[1]) if match else None


def is_known(name):
    return name in KNOWN or sift_count(name) is not None


def manifest(folder):
    """What the folder's manifest says; None when there is no whole data set."""
    try:
        return json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return None


def is_whole(folder):
    """Whether every file that the manifest names is there with its length. Contents are not read."""
    said = manifest(folder)
    if said is None:
        return False
    return all((folder / name).is_file() and (folder / name).stat().st_size == file["bytes"]
               for name, file in said["files"].items())


def listing(out):
    names = list(KNOWN)
    if out.is_dir():
        names += sorted(p.name for p in out.iterdir() if p.name not in KNOWN and sift_count(p.name))
    lines = []
    for name in names:
        state = f"there: {out / name}" if is_whole(out / name) else "not made"
        lines.append(f"{name:12} {KNOWN.get(name, 'made by tools/datasets sift N'):75} {state}")
    return "\n".join(lines)
