"""The examples for Spark and Ray give what one run of `memvec rerank` gives.

MEMVEC names another binary than the debug build's, LINES another number of lines than 1,000,000.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

REPOSITORY = Path(__file__).resolve().parents[3]
MEMVEC = os.environ.get("MEMVEC", str(REPOSITORY / ".build/debug/memvec"))
LINES = int(os.environ.get("LINES", "1000000"))
ROWS, DIMENSION, CANDIDATES = 10_000, 8, 10


class Engines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        held = tempfile.TemporaryDirectory()
        cls.addClassCleanup(held.cleanup)
        cls.folder = Path(held.name)
        cls.collection, cls.lines = cls.folder / "near", cls.folder / "lines.jsonl"
        random = np.random.default_rng(3)
        np.save(cls.folder / "rows.npy", random.random((ROWS, DIMENSION), np.float32))
        quiet = {"check": True, "capture_output": True}
        subprocess.run([MEMVEC, "create", cls.collection, "--dimension", str(DIMENSION), "--metric", "euclidean"],
                       **quiet)
        subprocess.run([MEMVEC, "import", cls.collection, cls.folder / "rows.npy", "--auto-train", "off"], **quiet)
        with open(cls.lines, "w", encoding="ascii") as out:
            for start in range(0, LINES, 10_000):
                count = min(10_000, LINES - start)
                vectors = random.random((count, DIMENSION)).round(3).tolist()
                keys = random.integers(0, ROWS + 50, (count, CANDIDATES)).astype(str).tolist()
                for at in range(count):
                    out.write(json.dumps({"id": start + at, "vector": vectors[at], "candidates": keys[at]}) + "\n")
        with open(cls.folder / "single.jsonl", "wb") as out:
            subprocess.run([MEMVEC, "rerank", cls.collection, cls.lines, "-k", "5"], stdout=out, check=True,
                           stderr=subprocess.DEVNULL)

    def run_example(self, name, out, **env):
        words = [REPOSITORY / "examples" / name, self.lines, self.collection, out, "-k", "5"]
        done = subprocess.run([sys.executable, *words],
                              env={**os.environ, "MEMVEC": MEMVEC, **env}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def single(self):
        return (self.folder / "single.jsonl").read_text().splitlines()

    def test_spark_gives_the_lines_of_one_run(self):
        self.run_example("spark_rerank.py", self.folder / "spark")
        found = pq.read_table(self.folder / "spark").column("line").to_pylist()
        self.assertEqual(len(found), LINES)
        self.assertTrue(sorted(found) == sorted(self.single()))

    def test_ray_gives_the_bytes_of_one_run(self):
        size = self.lines.stat().st_size // 5 + 17              # not between two lines
        self.run_example("ray_rerank.py", self.folder / "ray.jsonl", PART_BYTES=str(size))
        self.assertTrue((self.folder / "ray.jsonl").read_bytes() == (self.folder / "single.jsonl").read_bytes())


if __name__ == "__main__":
    unittest.main()
