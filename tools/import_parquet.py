"""Parquet files as JSON lines on standard output, for `memvec import FOLDER -`.

One line a row: {"key": "...", "vector": [...], "metadata": {...}}. Rows are streamed, whatever the size of the file.
A row that cannot be imported ends the run with its number; what was written before it is right.
"""
import argparse
import datetime
import decimal
import json
import math
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

KEYS = ("key", "id", "_id", "uuid", "name")
VECTORS = ("vector", "embedding", "embeddings", "emb", "values")


class Refusal(Exception):
    """What is wrong with the file or with one of its rows, for the person who imports it."""


def is_vector(kind):
    lists = (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
    return lists and pa.types.is_floating(kind.value_type)


def columns(schema, arguments):
    """(key column or None, vector column, metadata columns)."""
    names = schema.names
    for wanted in [arguments.key, arguments.vector, *(arguments.metadata or [])]:
        if wanted and wanted not in names:
            raise Refusal(f"no column is called '{wanted}'; there are {', '.join(names)}")
    vector = arguments.vector or next((n for n in VECTORS if n in names and is_vector(schema.field(n).type)), None)
    if not vector:
        lists = [field.name for field in schema if is_vector(field.type)]
        if len(lists) != 1:
            raise Refusal(f"which column holds the vectors? Say --vector NAME; there are {', '.join(names)}")
        vector = lists[0]
    key = arguments.key or next((name for name in KEYS if name in names and name != vector), None)
    if not key and not arguments.number:
        raise Refusal(f"which column holds the keys? Say --key NAME, or --number to use row numbers as keys; "
                      f"there are {', '.join(names)}")
    rest = [name for name in names if name not in (key, vector)]
    return key, vector, rest if arguments.metadata is None else arguments.metadata


def plain(value, place):
    """The value as JSON knows it; None when there is none."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None       # JSON has no word for it, and no filter finds it
    if isinstance(value, decimal.Decimal):
        return plain(float(value), place)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(one, place) for one in value]
    if isinstance(value, dict):
        return {name: plain(one, place) for name, one in value.items()}
    raise Refusal(f"{place} holds {type(value).__name__}, which is not JSON: leave it out with --metadata")


def line(number, key, vector, metadata):
    if key is None or key == "":
        raise Refusal(f"row {number} has no key")
    if vector is None or any(value is None for value in vector):
        raise Refusal(f"row {number} (key \"{key}\") has no vector, or a value of it is missing")
    if not all(map(math.isfinite, vector)):
        raise Refusal(f"row {number} (key \"{key}\") has a vector with NaN or infinity")
    said = {name: plain(value, f"row {number}, column '{name}'") for name, value in metadata.items()}
    said = {name: value for name, value in said.items() if value is not None}
    row = {"key": str(key), "vector": vector}
    if said:
        row["metadata"] = said
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def stream(path, arguments, out):
    """Writes the rows of one file; returns their number."""
    with pq.ParquetFile(path) as file:
        key, vector, metadata = columns(file.schema_arrow, arguments)
        wanted = list(dict.fromkeys([*([key] if key else []), vector, *metadata]))
        number = 0
        for batch in file.iter_batches(batch_size=2048, columns=wanted):
            if number + len(batch) <= arguments.skip:
                number += len(batch)
                continue
            values = batch.to_pydict()
            # Shortest text that gives the float32 back: a double's text would be twice as long.
            vectors = batch.column(batch.schema.get_field_index(vector)).to_pylist()
            if pa.types.is_float32(batch.schema.field(vector).type.value_type):
                vectors = shortest(vectors)
            for at in range(len(batch)):
                number += 1
                if number > arguments.skip:
                    name = values[key][at] if key else number - 1
                    out.write(line(number, name, vectors[at], {m: values[m][at] for m in metadata}) + "\n")
        return number


def shortest(vectors):
    import numpy as np
    return [None if vector is None else [None if value is None else float(str(np.float32(value))) for value in vector]
            for vector in vectors]


def main():
    parser = argparse.ArgumentParser(prog="tools/import-parquet", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE.parquet")
    parser.add_argument("--key", help=f"column of the keys; else the first of {', '.join(KEYS)}")
    parser.add_argument("--number", action="store_true", help="without a key column, row numbers from 0 are the keys")
    parser.add_argument("--vector", help=f"column of the vectors; else the first of {', '.join(VECTORS)}")
    parser.add_argument("--metadata", type=lambda text: [name for name in text.split(",") if name],
                        help="columns of the metadata, divided by commas; else all others; '' for none")
    parser.add_argument("--skip", type=int, default=0, help="rows of the first file that were imported already")
    arguments = parser.parse_args()
    try:
        for path in arguments.files:
            try:
                count = stream(path, arguments, sys.stdout)
            except (OSError, pa.ArrowException) as error:
                raise Refusal(f"cannot be read as Parquet: {error}") from error
            arguments.skip = 0
            print(f"import-parquet: {path}: {count:,} rows", file=sys.stderr)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit("import-parquet: the importer has stopped reading; its message says why")
    except Refusal as refusal:
        sys.stdout.flush()
        sys.exit(f"import-parquet: {path}: {refusal}")


if __name__ == "__main__":
    main()
