"""Parquet files as the lines of `memvec rerank`, and what it writes as a Parquet file.

  tools/rerank-parquet lines FILE.parquet ...    columns id, vector (or text), candidates, scores, k become JSON lines
  tools/rerank-parquet table OUT.parquet         JSON lines on standard input become columns id, keys, distances,
                                                 scores (where they are fused) and missing

candidates is a list of strings, scores a list of numbers as long; a row whose candidates are null is a search. Other
columns are left out. Rows are streamed both ways.
"""
import argparse
import base64
import json
import os
import sys
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("id", "vector", "text", "candidates", "scores", "k")
BATCH = 2048


class Refusal(Exception):
    """What is wrong with a file, for the person who gave it."""


def line(row, place):
    """A row as an object of `memvec rerank`."""
    out = {name: row[name] for name in ("id", "text", "k") if row.get(name) is not None}
    if row.get("vector") is not None:
        # A quarter of the text, and nothing to round.
        out["vector_base64"] = base64.b64encode(np.asarray(row["vector"], dtype="<f4").tobytes()).decode()
    keys, scores = row.get("candidates"), row.get("scores")
    if keys is not None and scores is not None:
        if len(keys) != len(scores):
            raise Refusal(f"{place} has {len(keys)} candidates and {len(scores)} scores")
        keys = [{"key": key, "score": score} for key, score in zip(keys, scores)]
    if keys is not None:
        out["candidates"] = keys
    return json.dumps(out, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def lines(paths, out):
    for path in paths:
        with pq.ParquetFile(path) as file:
            there = [name for name in COLUMNS if name in file.schema_arrow.names]
            if not {"vector", "text"} & set(there):
                raise Refusal(f"{path} has neither a column 'vector' nor 'text'; there are "
                              f"{', '.join(file.schema_arrow.names)}")
            number = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=there):
                for row in batch.to_pylist():
                    out.write(line(row, f"{path}: row {number}") + "\n")
                    number += 1


def columns(answers):
    """Arrow columns of what `memvec rerank` wrote."""
    hits = [answer["hits"] for answer in answers]
    made = {"id": [answer.get("id") for answer in answers],
            "keys": pa.array([[hit["key"] for hit in found] for found in hits], pa.list_(pa.string())),
            "distances": pa.array([[hit["distance"] for hit in found] for found in hits], pa.list_(pa.float32())),
            "missing": pa.array([answer["missing"] for answer in answers], pa.list_(pa.string()))}
    made["scores"] = pa.array([[hit.get("score") for hit in found] for found in hits], pa.list_(pa.float32()))
    return pa.table(made)


def table(source, path):
    aside, writer = path + ".part", None
    try:
        while texts := list(islice(source, BATCH)):
            rows = columns([json.loads(text) for text in texts])
            # The first rows say what an id is.
            writer = writer or pq.ParquetWriter(aside, rows.schema)
            writer.write_table(rows.cast(writer.schema))
    finally:
        if writer:
            writer.close()
    if not writer:
        raise Refusal("there are no lines")
    os.replace(aside, path)


def main():
    parser = argparse.ArgumentParser(prog="tools/rerank-parquet", description=__doc__.splitlines()[0])
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("lines").add_argument("files", nargs="+", metavar="FILE.parquet")
    ways.add_parser("table").add_argument("file", metavar="OUT.parquet")
    arguments = parser.parse_args()
    try:
        if arguments.way == "lines":
            lines(arguments.files, sys.stdout)
            sys.stdout.flush()
        else:
            table(sys.stdin, arguments.file)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit("rerank-parquet: the reader has stopped; its message says why")
    except (Refusal, OSError, pa.ArrowException, json.JSONDecodeError) as error:
        sys.exit(f"rerank-parquet: {error}")


if __name__ == "__main__":
    main()
