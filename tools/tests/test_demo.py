"""The two Python parts of tools/demo: rows for the importer, and the closing table."""
import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
EVALUATED = {"k": 10, "recall": 0.98, "queries": 5, "nprobe": 8, "candidates": 200, "p50Milliseconds": 1.0,
             "p99Milliseconds": 2.0}
CELL = {"policy": "off", "queries": 5, "latency": {"p50Milliseconds": 1.0, "p99Milliseconds": 90.0},
        "store": {"requests": 3},
        "use": {"queriesWithoutCold": 4, "candidates": {"ram": 3, "warm": 1, "cold": 0, "estimated": 0}}}
STATS = {"rows": 1000, "bytes": {"index": 1e6, "processAnonymous": 1e6, "storeFile": 1e6}}


class Demo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, script, *words):
        return subprocess.run([sys.executable, "-B", TOOLS / script, *words], capture_output=True, text=True)

    def write(self, **files):
        for name, said in files.items():
            (self.folder / f"{name}.json").write_text('{"imported": 5}\n' + json.dumps(said) + "\n")

    def table(self, again=EVALUATED):
        self.write(evaluate=EVALUATED, evaluated_again=again, traffic={"cells": [CELL]},
                   stats=STATS)
        for name in ("import", "train"):
            (self.folder / f"{name}.seconds").write_text("2.5\n")
        (self.folder / "kills").write_text("500 512\n")
        return self.start("demo_report.py", "table", str(self.folder), "33")

    def test_rows_of_a_file_become_lines_with_their_number_as_key(self):
        file = self.folder / "a.fvecs"
        file.write_bytes(b"".join(struct.pack("<i3f", 3, n, 0.5, -1) for n in range(2)))
        lines = self.start("demo_rows.py", str(file), '{"round": 7}').stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], [
            {"key": str(n), "vector": [n, 0.5, -1], "metadata": {"round": 7}} for n in range(2)])

    def test_the_table_says_what_was_seen(self):
        done = self.table()
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ("400 vectors/s", "recall@10 0.9800", "ram 75.0 %, warm 25.0 %", "500 rows acknowledged, 512"):
            self.assertIn(text, done.stdout)

    def test_recall_that_fell_by_the_kills_fails_the_demo(self):
        done = self.table(again={**EVALUATED, "recall": 0.9})
        self.assertEqual((done.returncode, "recall fell from 0.9800 to 0.9000" in done.stderr), (1, True))

    def test_a_field_that_memvec_does_not_say_is_named(self):
        self.write(evaluate={"k": 10})
        done = self.start("demo_report.py", "recall", str(self.folder / "evaluate.json"))
        self.assertIn("evaluate.json does not say 'recall'", done.stderr)


if __name__ == "__main__":
    unittest.main()
