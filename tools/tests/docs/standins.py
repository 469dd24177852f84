"""What stands in for what a machine lacks: data, a remote, hours; and what is not run at all, each with its reason."""
import functools
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import parquet
from documents import REPOSITORY

# Commands that are not run, by what they begin with.
NOT_RUN = [
    (r"tools/test\b", "it runs this test"),
    (r"tools/demo\b", "it builds for release and takes minutes"),
    (r"tools/bench\b", "it measures for an hour"),
    (r"tools/plots\b", "it needs matplotlib; tools/tests/packages runs it"),
    (r"swift build -c release\b", "it builds for minutes; tools/tests/ops runs it"),
    (r"cd \w+ && swift test", "it builds for minutes; tools/tests/templates runs it"),
]

# What is run otherwise than it stands there, and why.
REPLACED = [
    (r"tools/ask ", "memvec ask --embedder hash ", "tools/ask builds for release, and is memvec ask then"),
    (r"memvec new \w+ \w+", rf"\g<0> --memvec {REPOSITORY}", "the program may lie elsewhere"),
    (r"cat access\.log", "timeout 20 sh -c 'until [ -s access.log ]; do :; done' && cat access.log",
     "its line is written beside the answer"),
    (r"tools/rerank-scale", "../clone/tools/rerank-scale", "it reads what tools/bench rerank has measured"),
    (r"--simulate-latency 80ms", "--simulate-latency 1ms", "fewer queries, and shorter waits"),
    (r"--cache [\d,]+", "--cache 5", "one size of RAM"),
    (r"--count 5000 --warmup 2500", "--count 40 --warmup 20", "fewer queries, and shorter waits"),
    (r"--recall-sample 500", "--recall-sample 20", "fewer queries, and shorter waits"),
    (r"--candidates 200 ", "--candidates 50 ", "fewer queries, and shorter waits"),
]


def not_run(command):
    """Why a command is not run; None for those that are."""
    return next((reason for pattern, reason in NOT_RUN if re.match(pattern, command)), None)


def replaced(command):
    for pattern, text, _ in REPLACED:
        command = re.sub(pattern, text, command)
    return command


def models():
    """Where models lie on this machine, as tools/models has it."""
    data = os.environ.get("MEMVEC_DATA") or str(Path.home() / ".cache/memvec-data")
    return os.environ.get("MEMVEC_MODELS") or data + "/models"


def make(name, session):
    """Everything that a document takes as there."""
    MAKERS.get(name, lambda session: None)(session)


# Data, all from seeds.

def clustered(count, dimension, seed=1, scale=40.0):
    """Vectors around some centres, as descriptors of pictures are."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, 3 * scale, (max(4, count // 50), dimension))
    chosen = centres[random.integers(0, len(centres), count)]
    return (chosen + random.normal(0, scale / 4, chosen.shape)).astype(np.float32)


def write_vecs(path, rows):
    heads = np.full((len(rows), 1), rows.shape[1], "<i4")
    with open(path, "wb") as file:
        for head, row in zip(heads, rows):
            file.write(head.tobytes() + row.tobytes())


def nearest(base, queries, k):
    distances = (queries ** 2).sum(1)[:, None] + (base ** 2).sum(1)[None] - 2 * queries @ base.T
    return np.argsort(distances, axis=1, kind="stable")[:, :k].astype("<i4")


def sift(session, count=1000):
    """base.fvecs, query.fvecs and groundtruth.ivecs of a small SIFT."""
    base = clustered(count, 128)
    queries = base[:100] + np.float32(0.5)
    write_vecs(session.work / "base.fvecs", base)
    write_vecs(session.work / "query.fvecs", queries)
    write_vecs(session.work / "groundtruth.ivecs", nearest(base, queries, 100))


def lines_to_rerank(session):
    base = clustered(40, 128)
    with open(session.work / "lines.jsonl", "w") as file:
        for number, vector in enumerate(base):
            candidates = [{"key": str(key), "score": 1 / (key + 1)} for key in range(number, number + 20)]
            file.write(json.dumps({"id": number, "vector": vector.tolist(), "candidates": candidates}) + "\n")
    shutil.copy(session.work / "lines.jsonl", session.work / "more.jsonl")
    session.script("gzip -k lines.jsonl")


@functools.cache
def boto3_client(url):
    import boto3
    return boto3.client("s3vectors", endpoint_url=url, region_name="us-east-1", aws_access_key_id="any",
                        aws_secret_access_key="thing")


def films(session, count=500, dimension=32):
    """The index s3vectors://media/films."""
    client = boto3_client(session.remote)
    client.create_vector_bucket(vectorBucketName="media")
    names = {"vectorBucketName": "media", "indexName": "films"}
    client.create_index(**names, dataType="float32", dimension=dimension, distanceMetric="euclidean")
    for first in range(0, count, 500):
        client.put_vectors(**names, vectors=[
            {"key": f"film-{first + at}", "data": {"float32": row.tolist()}, "metadata": {"year": 1950 + at % 75}}
            for at, row in enumerate(clustered(min(500, count - first), dimension, seed=first + 2))])


PAGE = ("<page><title>{title}</title><ns>0</ns><id>{id}</id>"
        "{redirect}<revision><id>1</id><text>{text}</text></revision></page>")


def wikipedia(session):
    """enwiki-excerpt.xml.bz2: a page that is asked for among others."""
    import bz2
    pages = [("An American in Paris", "'''''An American in Paris''''' is a jazz-influenced symphonic poem by the "
              "American composer [[George Gershwin]], written in 1928. It was inspired by the time that he had spent "
              "in Paris.")]
    pages += [(f"Village {number}", f"Village {number} lies in a valley. It has a mill, a school and a bridge over a "
               f"river; {number * 37} people live there.") for number in range(25)]
    pages += [(f"Hamlet {number}", f"#REDIRECT [[Village {number}]]") for number in range(5)]
    pages.sort(key=lambda page: page[0])
    body = "".join(PAGE.format(title=title, id=number, text=text,
                               redirect='<redirect title="Village"/>' if text.startswith("#REDIRECT") else "")
                   for number, (title, text) in enumerate(pages, 1))
    text = ('<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">'
            f"<siteinfo><sitename>Wikipedia</sitename></siteinfo>{body}</mediawiki>")
    (session.work / "enwiki-excerpt.xml.bz2").write_bytes(bz2.compress(text.encode()))
    boto3_client(session.remote).create_vector_bucket(vectorBucketName="wikipedia")


def notes(session):
    """~/notes: a folder of Markdown."""
    folder = session.folder / "home/notes"
    folder.mkdir()
    (folder / "pins.md").write_text("# Pins\n\nTo pin a vector say memvec pin FOLDER KEY. It then stays in RAM.\n")
    (folder / "cats.md").write_text("# Cats\n\nThe cat sleeps on the warm roof.\n")


def scale(session):
    """A copy of tools/rerank-scale beside a measurement."""
    for folder in ("clone/tools", "clone/.build/bench"):
        (session.folder / folder).mkdir(parents=True)
    shutil.copy(REPOSITORY / "tools/rerank-scale", session.folder / "clone/tools")
    (session.folder / "clone/.build/bench/rerank.txt").write_text(
        "10,000 lines of 100 candidates over 1,000,000 x 128\nlines a second: 9,000\n"
        "keys and records take 150 MiB\n")


def readme(session):
    sift(session)
    lines_to_rerank(session)
    films(session)
    wikipedia(session)
    notes(session)
    with open(session.work / "lines.jsonl") as file:
        table = pyarrow.Table.from_pylist([json.loads(line) for line in file])
    parquet.write_table(table, session.work / "in.parquet")


MAKERS = {
    "README.md": readme, "docs/scale.md": scale, "docs/getting-started.md": films, "docs/cost.md": films,
    "docs/tuning.md": sift, "docs/compatibility.md": films, "docs/security.md": films,
}

