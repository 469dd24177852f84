"""tools/import-parquet writes each row of a Parquet file as one line, and names what it cannot write."""
import datetime
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


class ImportParquet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "rows.parquet")

    def run_tool(self, table, *options):
        pq.write_table(pa.table(table), self.file)
        return self.start(self.file, *options)

    def start(self, *words):
        done = subprocess.run([sys.executable, TOOLS / "import_parquet.py", *words], capture_output=True, text=True)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def vectors(self, count=3, dimension=4):
        rows = np.random.default_rng(1).random((count, dimension), np.float32)
        return rows, pa.array(list(rows), pa.list_(pa.float32()))

    def test_vectors_come_out_bit_for_bit_and_metadata_as_json(self):
        rows, vectors = self.vectors()
        day = datetime.date(2026, 1, 31)
        status, lines, _ = self.run_tool({
            "id": ["a", "b", "é\n"], "embedding": vectors, "year": [1999, None, 2001], "tags": [["x", "y"], [], None],
            "day": [day] * 3, "score": [0.5, float("nan"), 1e300], "good": [True, False, None]})
        self.assertEqual((status, [line["key"] for line in lines]), (0, ["a", "b", "é\n"]))
        for line, row in zip(lines, rows):
            self.assertEqual(np.array(line["vector"], np.float32).tobytes(), row.tobytes())
        self.assertEqual(lines[0]["metadata"],
                         {"year": 1999, "tags": ["x", "y"], "day": "2026-01-31", "score": 0.5, "good": True})
        self.assertEqual(lines[1]["metadata"], {"tags": [], "day": "2026-01-31", "good": False})

    def test_columns_may_be_named_and_rows_skipped(self):
        _, vectors = self.vectors(5000)
        table = {"k": list(range(5000)), "one": vectors, "two": vectors, "note": ["n"] * 5000}
        status, lines, said = self.run_tool(table, "--key", "k")
        self.assertEqual((status, lines, "--vector" in said), (1, [], True))
        status, lines, _ = self.run_tool(table, "--key", "k", "--vector", "two", "--metadata", "", "--skip", "4999")
        self.assertEqual((status, len(lines), lines[0].keys() - {"key", "vector"}), (0, 1, set()))
        self.assertEqual(lines[0]["key"], "4999")

    def test_a_row_that_cannot_be_imported_is_named_and_those_before_it_are_written(self):
        for bad in (None, [1.0, None], [1.0, float("inf")]):
            column = pa.array([[1.0, 2.0], bad], pa.list_(pa.float32()))
            status, lines, said = self.run_tool({"key": ["a", "b"], "vector": column})
            self.assertEqual((status, len(lines), 'row 2 (key "b")' in said), (1, 1, True), said)
        status, lines, said = self.run_tool({"key": ["a", None], "vector": self.vectors(2)[1]})
        self.assertEqual((status, len(lines), "row 2 has no key" in said), (1, 1, True))

    def test_bytes_are_refused_and_can_be_left_out(self):
        table = {"key": ["a"], "vector": self.vectors(1)[1], "raw": [b"\xff"]}
        status, _, said = self.run_tool(table)
        self.assertEqual((status, "column 'raw' holds bytes" in said), (1, True))
        self.assertEqual(self.run_tool(table, "--metadata", "")[0], 0)

    def test_what_is_no_parquet_is_refused(self):
        self.file.write_bytes(b"PAR1 not really")
        status, lines, said = self.start(self.file)
        self.assertEqual((status, lines, "cannot be read as Parquet" in said), (1, [], True))


if __name__ == "__main__":
    unittest.main()
