"""sift100k, sift1m, siftN: real SIFT descriptors in the layout of SIFT1M, with exact answers.

Queries come from pictures of their own; no two vectors of base, learn and query are equal. Values are whole numbers,
so squared distances are exact in float32.
"""
import hashlib
import importlib.metadata
import os
import shutil
from multiprocessing import Pool

import faiss
import numpy as np

from . import catalog, debian, pictures, vecs
from .publish import fresh_folder, log, publish

SEED = 20240229
NEIGHBOURS = 100
# The pool is larger than what is taken of it, so that the choice runs over many pictures.
POOL_SURPLUS = 1.6


def make(name, out, keep):
    base_count = catalog.sift_count(name)
    learn_count, query_count = max(20_000, base_count // 10), max(1_000, base_count // 100)
    workers = min(8, os.cpu_count() or 1)
    faiss.omp_set_num_threads(workers)

    packages = out / ".debs"
    debs = debian.fetch(pictures.SOURCES, packages)
    log(f"{len(debs)} of {len(pictures.SOURCES)} packages are here")
    unpacked = fresh_folder(out / f".{name}.pictures")
    names = pictures.unpack(debs, unpacked)
    log(f"{len(names)} pictures")

    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(names))
    cache = out / ".sift-descriptors" / fingerprint(names, debs)
    jobs = [(names[i][0], names[i][1], SEED + int(i), cache / f"{i}.npy") for i in order]
    cache.mkdir(parents=True, exist_ok=True)
    query_parts, base_parts, used = gather(jobs, workers, query_count, POOL_SURPLUS * (base_count + learn_count))
    shutil.rmtree(unpacked)

    query = pictures.distinct(np.concatenate(query_parts))
    query = query[rng.permutation(len(query))[:query_count]]
    pool = pictures.distinct(np.concatenate(base_parts))
    pool = pool[~np.isin(pictures.as_keys(pool), pictures.as_keys(query))]
    if len(pool) < base_count + learn_count or len(query) < query_count:
        raise SystemExit(f"datasets: the pictures give {len(pool):,} vectors for base and learn and {len(query):,} "
                         f"queries; {name} needs {base_count + learn_count:,} and {query_count:,}: ask for fewer")
    choice = rng.permutation(len(pool))
    base, learn = pool[choice[:base_count]], pool[choice[base_count:base_count + learn_count]]

    log(f"writing {base_count:,} base, {learn_count:,} learn and {query_count:,} query vectors")
    folder = fresh_folder(out / f".{name}.partial")
    vecs.write(folder / "base.fvecs", base)
    vecs.write(folder / "learn.fvecs", learn)
    vecs.write(folder / "query.fvecs", query)
    log(f"the exact {NEIGHBOURS} nearest of each query")
    rows, distances = nearest(base, query.astype(np.float32))
    vecs.write(folder / "groundtruth.ivecs", rows)
    vecs.write(folder / "groundtruth_dist.fvecs", distances)
    publish(folder, out / name, {
        "what": "SIFT descriptors (OpenCV) of pictures in Debian packages", "metric": "euclidean", "dim": 128,
        "base": base_count, "learn": learn_count, "queries": query_count, "distinct_in_pool": len(pool), "seed": SEED,
        "packages": {package: version for package, (_, version) in sorted(debs.items())},
        "requirements": [f"{package}=={importlib.metadata.version(package)}"
                         for package in ("numpy", "opencv-python-headless", "faiss-cpu")],
        "images": used})
    if not keep:
        shutil.rmtree(packages)
        shutil.rmtree(out / ".sift-descriptors")


def fingerprint(names, debs):
    """Names the descriptors of an interrupted run, so that other packages do not go on with them."""
    versions = sorted((package, version) for package, (_, version) in debs.items())
    told = repr([name for name, _ in names]) + repr(versions)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def described(job):
    """(name, descriptors of its picture or None); what an interrupted run had done is read, not done again."""
    name, file, seed, cached = job
    if cached.exists():
        return name, np.load(cached)
    found = pictures.descriptors(file, seed)
    found = np.empty((0, 128), np.uint8) if found is None else found
    partial = cached.with_suffix(f".{os.getpid()}.partial")
    with open(partial, "wb") as out:
        np.save(out, found)
    partial.rename(cached)
    return name, found


def gather(jobs, workers, query_count, wanted):
    """Descriptors for queries from the first pictures of the seeded order, for the base from the others until there
    are `wanted`: (query parts, base parts, what came from which picture)."""
    query_parts, base_parts, used = [], [], []
    query_found = base_found = told = 0
    with Pool(workers) as pool:
        for name, rows in pool.imap(described, jobs, chunksize=2):
            if not len(rows):
                continue
            if query_found < 2 * query_count:
                # Few of each picture, so that many pictures are asked for.
                rng = np.random.default_rng(SEED + len(used))
                rows = rows[rng.permutation(len(rows))[:max(25, query_count // 20)]]
                query_parts.append(rows)
                query_found += len(rows)
                used.append({"image": name, "for": "query", "descriptors": len(rows)})
                continue
            base_parts.append(rows)
            base_found += len(rows)
            used.append({"image": name, "for": "base", "descriptors": len(rows)})
            if base_found > wanted:
                break
            if base_found >= told + wanted / 10:
                told = base_found
                log(f"{base_found:,} of {int(wanted):,} descriptors")
        pool.terminate()
    log(f"{base_found:,} descriptors of {len(base_parts)} pictures, {query_found:,} of {len(query_parts)} for queries")
    return query_parts, base_parts, used


def nearest(base, query, spare=28, rows_at_once=250_000):
    """Rows [queries, 100] of the nearest base vectors and their squared distances; ties by the lower row.
    The spare ones hold what ties at the last place, of which FAISS keeps any."""
    index = faiss.IndexFlatL2(base.shape[1])
    wanted = NEIGHBOURS + spare
    distances = np.full((len(query), wanted), np.inf, np.float32)
    rows = np.zeros((len(query), wanted), np.int64)
    for first in range(0, len(base), rows_at_once):
        index.reset()
        index.add(np.ascontiguousarray(base[first:first + rows_at_once], np.float32))
        found, at = index.search(query, min(wanted, index.ntotal))
        distances = np.concatenate([distances, found], 1)
        rows = np.concatenate([rows, at + first], 1)
        order = np.lexsort((rows, distances), axis=1)[:, :wanted]
        distances = np.take_along_axis(distances, order, 1)
        rows = np.take_along_axis(rows, order, 1)
    return rows[:, :NEIGHBOURS], distances[:, :NEIGHBOURS]
