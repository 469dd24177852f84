"""debtext: descriptions of Debian packages, embedded, with metadata, filters and exact answers.

  base.fvecs, keys.txt, meta.jsonl      row i: unit vector, key (package name), {"key", "metadata"}
  query.fvecs, queries.jsonl            synopses of packages, with the row that each was taken from
  groundtruth.ivecs, _sim.fvecs         the 100 nearest rows by cosine, and the cosines
  filters.json                          filters, how many rows each matches, the exact 10 of queries 0...99
"""
import importlib.metadata
import json
import shutil

import numpy as np

from . import debian, minilm, models, packages_text, vecs
from .filters import FILTERS
from .publish import fresh_folder, log, publish

SEED, TEXTS, QUERIES = 20240229, 30_000, 1_000
NEIGHBOURS, FILTERED_QUERIES, FILTERED_NEIGHBOURS = 100, 100, 10


def make(out, keep):
    model = models.minilm(out)
    lists = out / ".debtext.lists"
    if not (lists / "whole").exists():
        fresh_folder(lists)
        log("fetching the package index")
        for name, text in zip(("index", "descriptions"), debian.package_index(lists)):
            (lists / name).write_text(text)
        (lists / "whole").touch()
    packages = list(packages_text.described((lists / "index").read_text(), (lists / "descriptions").read_text()))
    rng = packages_text.random_for(SEED)
    rows = packages_text.chosen(packages, TEXTS, rng)
    query_rows = packages_text.query_rows(rows, QUERIES, rng)
    log(f"{len(packages):,} distinct long descriptions, {len(rows):,} taken, {len(query_rows):,} queries")

    base = minilm.embed_all(model, [row["text"] for row in rows], out / ".debtext.vectors")
    query = minilm.embed_all(model, [rows[row]["Description"] for row in query_rows])
    folder = fresh_folder(out / ".debtext.partial")
    nearest_rows, cosines = nearest(query, base, NEIGHBOURS)
    vecs.write(folder / "base.fvecs", base)
    vecs.write(folder / "query.fvecs", query)
    vecs.write(folder / "groundtruth.ivecs", nearest_rows)
    vecs.write(folder / "groundtruth_sim.fvecs", cosines)
    said = [packages_text.metadata(row) for row in rows]
    write_texts(folder, rows, said, query_rows)
    matches = write_filters(folder / "filters.json", base, query, said)
    ranks = [np.flatnonzero(nearest_rows[n] == row) for n, row in enumerate(query_rows)]
    publish(folder, out / "debtext", {
        "what": "Debian package descriptions embedded with all-MiniLM-L6-v2", "metric": "cosine",
        "dim": minilm.DIMENSION, "base": len(base), "queries": len(query), "seed": SEED,
        "max_tokens": minilm.MOST_TOKENS, "distinct_texts": len(packages),
        "requirements": [f"{package}=={importlib.metadata.version(package)}" for package in ("numpy", "tokenizers")],
        "queries_whose_target_is": {"first": sum(bool((rank == 0).any()) for rank in ranks),
                                    "in_top_10": sum(bool((rank < 10).any()) for rank in ranks),
                                    "in_top_100": sum(bool(len(rank)) for rank in ranks)},
        "filter_matches": matches})
    if not keep:
        shutil.rmtree(lists)
        shutil.rmtree(out / ".debtext.vectors")


def nearest(query, base, count, rows=None):
    """(rows, cosines) of the nearest of these rows of the base; ties by the lower row."""
    cosines = query @ (base if rows is None else base[rows]).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return (order if rows is None else rows[order]), np.take_along_axis(cosines, order, 1)


def write_texts(folder, rows, said, query_rows):
    def lines(name, objects):
        with open(folder / name, "w") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in objects)
    (folder / "keys.txt").write_text("".join(row["Package"] + "\n" for row in rows))
    lines("meta.jsonl", ({"key": row["Package"], "metadata": metadata} for row, metadata in zip(rows, said)))
    lines("queries.jsonl", ({"key": f"q{number:05d}", "text": rows[row]["Description"],
                             "target": rows[row]["Package"], "target_row": row}
                            for number, row in enumerate(query_rows)))


def write_filters(path, base, query, said):
    """Returns name -> number of rows that match; -1 fills the answers of filters that match fewer than ten."""
    told, matches = [], {}
    for name, (document, matching) in FILTERS.items():
        rows = np.array([row for row, metadata in enumerate(said) if matching(metadata)], np.int64)
        answers = np.full((min(FILTERED_QUERIES, len(query)), FILTERED_NEIGHBOURS), -1)
        if len(rows):
            found, _ = nearest(query[:FILTERED_QUERIES], base, FILTERED_NEIGHBOURS, rows)
            answers[:, :found.shape[1]] = found
        matches[name] = len(rows)
        told.append(json.dumps({"name": name, "filter": document, "matches": len(rows), "top10": answers.tolist()}))
    path.write_text("[\n" + ",\n".join(told) + "\n]\n")
    return matches
