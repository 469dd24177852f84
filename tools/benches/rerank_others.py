"""What people do in place of `memvec rerank`, for `tools/bench rerank`: each reads lines and writes them in order.

  rerank_others.py WAY DATA LINES COUNT WORK      prints {"lines": ..., "linesPerSecond": ...}

Loading or building what a way needs is not in its time.
"""
import json
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

PACKAGES = ["numpy==1.26.4", "faiss-cpu==1.11.0", "pyarrow==20.0.0", "duckdb==2.0.1", "lancedb==0.40.0"]
BATCH = 1000


def environment(work):
    """A Python that has them."""
    venv = work / "others"
    if not (venv / "whole").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
        (venv / "whole").touch()
    return venv / "bin/python"


def batches(path, count):
    """(ids, queries, keys) of lines, some at a time."""
    import numpy as np
    with open(path, encoding="ascii") as file:
        while count > 0 and (texts := list(islice(file, min(BATCH, count)))):
            count -= len(texts)
            lines = [json.loads(text) for text in texts]
            yield ([line["id"] for line in lines], np.array([line["vector"] for line in lines], dtype=np.float32),
                   np.array([[int(key) for key in line["candidates"]] for line in lines]))


def write(out, ids, keys, distances):
    import numpy as np
    order = np.argsort(distances, axis=1, kind="stable")
    keys, distances = (np.take_along_axis(values, order, axis=1).tolist() for values in (keys, distances))
    for number, line, far in zip(ids, keys, distances):
        hits = [{"key": str(key), "distance": distance} for key, distance in zip(line, far)]
        out.write(json.dumps({"id": number, "hits": hits}) + "\n")


def mapped(data, work):
    """The vectors as a memory-mapped file."""
    import numpy as np
    path = work / "others.npy"
    if not path.exists():
        raw = np.fromfile(data / "base.fvecs", dtype=np.float32)
        dimension = int(raw[:1].view(np.int32)[0])
        np.save(path, raw.reshape(-1, dimension + 1)[:, 1:])
    return np.load(path, mmap_mode="r")


def numpy_mapped(data, work):
    import numpy as np
    base = mapped(data, work)

    def distances(queries, keys):
        out = np.empty(keys.shape, dtype=np.float32)
        for at, (query, line) in enumerate(zip(queries, keys)):
            out[at] = np.sqrt(((base[line] - query) ** 2).sum(axis=1))
        return out
    return distances


def faiss_flat(data, work):
    import faiss
    import numpy as np
    base = mapped(data, work)
    index = faiss.IndexFlatL2(base.shape[1])
    for start in range(0, len(base), 50_000):
        index.add(np.ascontiguousarray(base[start:start + 50_000]))

    def distances(queries, keys):
        labels = np.ascontiguousarray(keys, dtype=np.int64)
        out = np.empty(keys.shape, dtype=np.float32)
        index.compute_distance_subset(len(queries), faiss.swig_ptr(np.ascontiguousarray(queries)), keys.shape[1],
                                      faiss.swig_ptr(out), faiss.swig_ptr(labels))
        return np.sqrt(out)
    return distances


def table(base):
    """The vectors as an Arrow table, in order of their keys."""
    import numpy as np
    import pyarrow as pa
    flat = pa.array(np.ascontiguousarray(base).ravel())
    return pa.table({"key": pa.array(np.arange(len(base))),
                     "vector": pa.FixedSizeListArray.from_arrays(flat, base.shape[1])})


def duckdb_join(data, work):
    import duckdb
    import numpy as np
    import pyarrow as pa
    path = work / "others.duckdb"
    base = mapped(data, work)
    isnew = not path.exists()
    database = duckdb.connect(str(path))
    if isnew:
        rows = table(base)
        database.execute("create table rows as select key, vector::float[128] as vector from rows")
        del rows

    def distances(queries, keys):
        flat = pa.FixedSizeListArray.from_arrays(pa.array(queries.ravel()), queries.shape[1])
        asked = pa.table({"line": pa.array(np.arange(len(queries))), "query": flat})
        wanted = pa.table({"line": pa.array(np.repeat(np.arange(len(queries)), keys.shape[1])),
                           "at": pa.array(np.tile(np.arange(keys.shape[1]), len(queries))),
                           "key": pa.array(keys.ravel())})
        found = database.execute(
            "select w.line, w.at, array_distance(r.vector, a.query::float[128]) as far "
            "from wanted w join asked a using (line) join rows r using (key)").fetchnumpy()
        out = np.empty(keys.shape, dtype=np.float32)
        out[found["line"], found["at"]] = found["far"]
        return out
    return distances


def lancedb_take(data, work):
    import lancedb
    import numpy as np
    base = mapped(data, work)
    database = lancedb.connect(work / "others.lance")
    try:
        rows = database.open_table("rows")
    except Exception:                       # there is none yet
        rows = database.create_table("rows", table(base))

    def distances(queries, keys):
        unique, places = np.unique(keys, return_inverse=True)
        found = rows.take_offsets(unique.tolist()).select(["key", "vector"]).to_arrow()
        held = np.empty((len(unique), base.shape[1]), dtype=np.float32)
        values = found["vector"].combine_chunks().flatten().to_numpy().reshape(-1, base.shape[1])
        held[np.searchsorted(unique, found["key"].to_numpy())] = values
        places = places.reshape(keys.shape)
        out = np.empty(keys.shape, dtype=np.float32)
        for at, (query, line) in enumerate(zip(queries, places)):
            out[at] = np.sqrt(((held[line] - query) ** 2).sum(axis=1))
        return out
    return distances


WAYS = {"numpy over a memory-mapped file": numpy_mapped, "faiss IndexFlat, compute_distance_subset": faiss_flat,
        "duckdb, a join": duckdb_join, "lancedb, take and numpy": lancedb_take}


def main():
    way, data, path, count, work = sys.argv[1], *map(Path, sys.argv[2:4]), int(sys.argv[4]), Path(sys.argv[5])
    distances = WAYS[way](data, work)
    start, done = time.monotonic(), 0
    with open(work / "others.jsonl", "w", encoding="ascii") as out:
        for ids, queries, keys in batches(path, count):
            write(out, ids, keys, distances(queries, keys))
            done += len(ids)
    print(json.dumps({"lines": done, "linesPerSecond": done / (time.monotonic() - start)}))


if __name__ == "__main__":
    main()
