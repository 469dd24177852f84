"""What tools/demo prints of memvec's JSON: one line of recall, one of traffic, and the closing table.

  demo_report.py recall EVALUATE.json | traffic BENCH.json | table FOLDER SECONDS
"""
import json
import os
import platform
import sys
from pathlib import Path


class Said:
    """One JSON object of memvec; a field that is not there is an error that names file and field."""

    def __init__(self, path):
        self.path = Path(path)
        # Progress may come first, a line each: the result is the last one.
        self.fields = json.loads(self.path.read_text().strip().splitlines()[-1])

    def __getitem__(self, field):
        value = self.fields
        for name in field.split("."):
            if not isinstance(value, dict) or name not in value:
                sys.exit(f"demo: {self.path} does not say '{field}'")
            value = value[name]
        return value

    def each(self, field):
        """The objects of a list, each as if a file said it."""
        for fields in self[field]:
            part = Said.__new__(Said)
            part.path, part.fields = self.path, fields
            yield part


def recall(said):
    return (f"recall@{said['k']} {said['recall']:.4f} over {said['queries']:,} queries "
            f"(nprobe {said['nprobe']}, {said['candidates']} candidates), {latency(said)}")


def latency(said, where=""):
    return f"p50 {said[where + 'p50Milliseconds']:.2f} ms, p99 {said[where + 'p99Milliseconds']:.2f} ms"


def shares(said):
    """Where the candidates' distances came from, in percent."""
    counts = {name: said[f"use.candidates.{name}"] for name in ("ram", "warm", "cold", "estimated")}
    total = max(1, sum(counts.values()))
    return ", ".join(f"{name} {100 * count / total:.1f} %" for name, count in counts.items() if count)


def traffic(cell):
    return (f"{cell['queries']:,} queries: {latency(cell, 'latency.')}; candidates from {shares(cell)}; "
            f"{cell['store.requests']:,} requests to the store, {cell['use.queriesWithoutCold']:,} queries without any")


def seconds(folder, name):
    return float((folder / f"{name}.seconds").read_text())


def rows_of_table(folder, total_seconds):
    evaluated, again = Said(folder / "evaluate.json"), Said(folder / "evaluated_again.json")
    stats = Said(folder / "stats.json")
    kills = [tuple(map(int, line.split())) for line in (folder / "kills").read_text().splitlines()]
    yield "machine", f"{os.cpu_count()} cores, {platform.machine()}"
    yield "rows", f"{stats['rows']:,}"
    yield "import", f"{stats['rows'] / seconds(folder, 'import'):,.0f} vectors/s through the store"
    yield "train and index", f"{seconds(folder, 'train'):.1f} s"
    yield "recall", recall(evaluated)
    for cell in Said(folder / "traffic.json").each("cells"):
        yield f"Zipf, {cell['policy']}", traffic(cell)
    for acknowledged, there in kills:
        yield "kill -9", f"{acknowledged:,} rows acknowledged, {there:,} there after the reopening; verify passed"
    yield "recall, reopened", recall(again)
    yield "memory", (f"index {megabytes(stats['bytes.index'])}, "
                     f"{megabytes(stats['bytes.processAnonymous'])} anonymous when just opened")
    yield "store on disk", megabytes(stats["bytes.storeFile"])
    yield "whole demo", f"{total_seconds} s"


def megabytes(count):
    return f"{count / 1e6:.1f} MB"


def main():
    what, where = sys.argv[1], Path(sys.argv[2])
    if what == "recall":
        print(recall(Said(where)))
    elif what == "traffic":
        for cell in Said(where).each("cells"):
            print(f"{cell['policy']}: {traffic(cell)}")
    else:
        rows = list(rows_of_table(where, sys.argv[3]))
        print("\n" + "-" * 100)
        for title, text in rows:
            print(f"{title:20} {text}")
        print("-" * 100)
        again, before = Said(where / "evaluated_again.json"), Said(where / "evaluate.json")
        if again["recall"] < before["recall"] - 0.005:
            sys.exit(f"demo: recall fell from {before['recall']:.4f} to {again['recall']:.4f} by killing and reopening")


if __name__ == "__main__":
    main()
