"""Debian packages as texts with metadata: which are taken, and what is said of each."""
import random
import re

from . import debian

SHORTEST_TEXT, SHORTEST_QUERY = 40, 25     # characters
LONGEST_TEXT = 8_000                       # characters in metadata, which have a limit of 40 KB a vector


def running_text(description):
    """A long description as one line; its first line, the synopsis, is not part of it."""
    lines = (line.strip() for line in description.split("\n")[1:])
    return re.sub(r"\s+", " ", " ".join(line for line in lines if line != ".")).strip()


def described(index, descriptions):
    """The packages with a long description that no other before them has, by name."""
    long = {fields["Description-md5"]: fields["Description-en"] for fields in debian.stanzas(descriptions)}
    seen = set()
    for fields in sorted(debian.stanzas(index), key=lambda fields: fields["Package"]):
        text = running_text(long.get(fields.get("Description-md5"), ""))
        if len(text) >= SHORTEST_TEXT and text not in seen:
            seen.add(text)
            yield {**fields, "text": text}


def chosen(packages, count, rng):
    """`count` packages in a random order, of different source packages as far as there are so many."""
    by_source = {}
    for package in packages:
        source = package.get("Source", package["Package"]).split(" ")[0]
        by_source.setdefault(source, []).append(package)
    first = [max(of_one, key=lambda p: (p["Package"] == source, len(p["text"]), p["Package"]))
             for source, of_one in sorted(by_source.items())]
    taken = rng.sample(first, min(count, len(first)))
    if len(taken) < count:
        names = {package["Package"] for package in first}
        rest = sorted((p for p in packages if p["Package"] not in names), key=lambda p: p["Package"])
        taken += rng.sample(rest, min(len(rest), count - len(taken)))
    rng.shuffle(taken)
    return taken


def metadata(package):
    """What the collection stores beside the vector; `text` is meant to be non-filterable."""
    said = {"section": package.get("Section", "unknown"), "priority": package.get("Priority", "unknown"),
            "architecture": package["Architecture"], "installed_size": int(package.get("Installed-Size", 0)),
            "has_homepage": "Homepage" in package}
    tags = [tag.strip() for tag in package.get("Tag", "").replace("\n", " ").split(",") if tag.strip()]
    if tags:
        said["tags"] = tags
    said["text"] = package["text"][:LONGEST_TEXT]
    return said


def query_rows(packages, count, rng):
    """Rows whose synopsis can be a query: it says something, and the text does not hold it."""
    fit = [row for row, p in enumerate(packages)
           if len(p["Description"]) >= SHORTEST_QUERY and " " in p["Description"]
           and p["Description"].lower() not in p["text"].lower()]
    return rng.sample(fit, min(count, len(fit)))


def random_for(seed):
    return random.Random(seed)
