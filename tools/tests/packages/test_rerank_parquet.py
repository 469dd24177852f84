"""tools/rerank-parquet makes lines of rows and rows of lines, and names what it cannot."""
import base64
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TOOLS = Path(__file__).resolve().parents[2]


class RerankParquet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "rows.parquet")

    def start(self, *words, text=""):
        done = subprocess.run([sys.executable, TOOLS / "rerank_parquet.py", *words], input=text, capture_output=True,
                              text=True)
        return done.returncode, done.stdout, done.stderr

    def test_rows_become_lines(self):
        vectors = np.random.default_rng(1).random((3, 4), np.float32)
        pq.write_table(pa.table({
            "id": [7, 8, 9], "vector": pa.array(list(vectors), pa.list_(pa.float32())), "other": ["x", "y", "z"],
            "candidates": [["a", "b"], [], None], "scores": [[0.5, 1.0], [], None], "k": [1, None, 3]}), self.file)
        status, out, _ = self.start("lines", self.file)
        lines = [json.loads(text) for text in out.splitlines()]
        self.assertEqual(status, 0)
        for line, vector in zip(lines, vectors):
            found = np.frombuffer(base64.b64decode(line.pop("vector_base64")), dtype="<f4")
            self.assertEqual(found.tolist(), vector.tolist())
        self.assertEqual(lines, [
            {"id": 7, "k": 1, "candidates": [{"key": "a", "score": 0.5}, {"key": "b", "score": 1.0}]},
            {"id": 8, "candidates": []}, {"id": 9, "k": 3}])

    def test_what_cannot_be_a_line_is_named(self):
        pq.write_table(pa.table({"vector": [[1.0]], "candidates": [["a"]], "scores": [[1.0, 2.0]]}), self.file)
        status, _, errors = self.start("lines", self.file)
        self.assertEqual(status, 1)
        self.assertIn("row 0 has 1 candidates and 2 scores", errors)
        pq.write_table(pa.table({"embedding": [[1.0]]}), self.file)
        self.assertIn("neither a column 'vector' nor 'text'", self.start("lines", self.file)[2])

    def test_lines_become_rows(self):
        hits = [{"key": "b", "distance": 0.5, "score": 0.25}]
        answers = [{"id": number, "hits": hits, "missing": ["a"] * (number % 2)} for number in range(5000)]
        status, _, errors = self.start("table", self.file, text="".join(json.dumps(line) + "\n" for line in answers))
        self.assertEqual((status, errors), (0, ""))
        rows = pq.read_table(self.file).to_pylist()
        self.assertEqual(len(rows), 5000)
        self.assertEqual(rows[4999], {"id": 4999, "keys": ["b"], "distances": [0.5], "missing": ["a"],
                                      "scores": [0.25]})
        self.file.unlink()
        self.assertEqual(self.start("table", self.file, text="not JSON\n")[0], 1)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
