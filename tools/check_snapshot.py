"""Does an index snapshot, read by plain FAISS, rank as MemVec's candidates do?

CANDIDATES.jsonl holds a line for each query, in the order of QUERIES.fvecs or with its number:
{"query": 0, "rows": [17, 4, ...], "estimates": [0.31, 0.35, ...]}, nearest first, from the same nprobe. Estimates are
squared L2 distances, as FAISS ranks. Rows of FAISS that are dead, or younger than the snapshot, are named in
--ignore FILE (a row number a line) and left out on both sides: the caller applies the journal.

Two rows in another order agree when FAISS's own distances of the two are a tie within --tolerance. It is a share of the
query's farthest distance compared: distances come out of sums of larger numbers, so the nearest are not known better.
Prints one JSON object; exit status 0 when ranks and estimates agree, 1 when not.
"""
import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import faiss  # noqa: E402
import numpy as np  # noqa: E402

from dataset_makers import vecs  # noqa: E402

SPARE = 64          # FAISS is asked for so many more, to know the distances of rows that tie at the end


def open_index(path, nprobe):
    index = faiss.read_index(str(path))
    if nprobe:
        faiss.extract_index_ivf(index).nprobe = nprobe       # also inside an IndexPreTransform
    return index


def read_candidates(path, queries):
    """Query number -> [(row, estimate)]."""
    candidates = {}
    for number, text in enumerate(path.read_text().splitlines()):
        try:
            said = json.loads(text)
            pairs = list(zip(said["rows"], said["estimates"], strict=True))
        except (ValueError, KeyError, TypeError) as error:
            sys.exit(f"check-snapshot: {path}:{number + 1}: no line of candidates: {error}")
        query = said.get("query", number)
        if not 0 <= query < queries:
            sys.exit(f"check-snapshot: {path}:{number + 1}: query {query} is not among the {queries} of the file")
        candidates[query] = pairs
    return candidates


def compare(ours, theirs, tolerance):
    """How a ranking of ours, [(row, estimate)], agrees with FAISS's: counts, and what disagrees."""
    distance = dict(theirs)
    scale = max((abs(d) for _, d in theirs[:len(ours)]), default=0) or 1.0
    same = ties = 0
    worst, wrong = 0.0, []
    for rank, (row, estimate) in enumerate(ours):
        if rank >= len(theirs):
            wrong.append({"rank": rank, "ours": row, "faiss": None})
            continue
        expected_row, expected = theirs[rank]
        if row in distance:
            worst = max(worst, abs(estimate - distance[row]) / scale)
        if row == expected_row:
            same += 1
        elif row in distance and abs(distance[row] - expected) <= tolerance * scale:
            ties += 1
        else:
            wrong.append({"rank": rank, "ours": row, "faiss": expected_row, "estimate": estimate,
                          "distance": distance.get(row), "expected": expected})
    return same, ties, worst, wrong


def check(index, queries, candidates, ignored, tolerance):
    longest = max((len(pairs) for pairs in candidates.values()), default=0)
    wanted = min(index.ntotal, longest + SPARE + len(ignored))
    numbers = sorted(candidates)
    distances, rows = index.search(np.ascontiguousarray(queries[numbers]), max(1, wanted))
    total = {"queries": len(numbers), "ranks": 0, "same": 0, "ties": 0, "disagreements": 0, "examples": []}
    worst = 0.0
    for number, found, at in zip(numbers, distances, rows):
        theirs = [(int(row), float(d)) for row, d in zip(at, found) if row >= 0 and int(row) not in ignored]
        ours = [(row, estimate) for row, estimate in candidates[number] if row not in ignored]
        same, ties, off, wrong = compare(ours, theirs, tolerance)
        total["ranks"] += len(ours)
        total["same"] += same
        total["ties"] += ties
        total["disagreements"] += len(wrong)
        total["examples"] += [{"query": number, **one} for one in wrong[:3]][:max(0, 10 - len(total["examples"]))]
        worst = max(worst, off)
    total["largest_difference_of_estimates"] = worst
    return total


def main():
    parser = argparse.ArgumentParser(prog="tools/check-snapshot", description=__doc__.splitlines()[0])
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("queries", type=Path, metavar="QUERIES.fvecs")
    parser.add_argument("candidates", type=Path, metavar="CANDIDATES.jsonl")
    parser.add_argument("--nprobe", type=int, help="lists to look into; an index without lists needs none")
    parser.add_argument("--ignore", type=Path, help="file with a row number a line, left out on both sides")
    parser.add_argument("--normalise", action="store_true", help="scale the queries to length 1 (cosine)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative; default 1e-4")
    arguments = parser.parse_args()

    index = open_index(arguments.snapshot, arguments.nprobe)
    queries = vecs.read(arguments.queries)
    if queries.shape[1] != index.d:
        sys.exit(f"check-snapshot: the queries have {queries.shape[1]} values, the snapshot {index.d}")
    if arguments.normalise:
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    ignored = {int(row) for row in arguments.ignore.read_text().split()} if arguments.ignore else set()
    candidates = read_candidates(arguments.candidates, len(queries))
    if not candidates:
        sys.exit(f"check-snapshot: {arguments.candidates} holds no candidates")
    faiss.omp_set_num_threads(1)
    total = check(index, queries, candidates, ignored, arguments.tolerance)
    print(json.dumps({"snapshot": str(arguments.snapshot), "type": type(index).__name__, "ntotal": index.ntotal,
                      "nprobe": arguments.nprobe, **total}))
    # FAISS may sum by a precomputed table, which loses another digit where clusters are far from the origin.
    estimates_agree = total["largest_difference_of_estimates"] <= 10 * arguments.tolerance
    sys.exit(0 if total["disagreements"] == 0 and estimates_agree else 1)


if __name__ == "__main__":
    main()
