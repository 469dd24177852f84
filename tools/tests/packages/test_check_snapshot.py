"""tools/check-snapshot agrees with what agrees, and finds each way in which a ranking can be wrong."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import faiss
import numpy as np

TOOLS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOOLS))
from dataset_makers import vecs  # noqa: E402


class CheckSnapshot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        rng = np.random.default_rng(7)
        base = rng.random((2000, 16), np.float32)
        base[1500:] = base[:500]                                   # ties: row n and row n + 1500 are equal
        self.queries = rng.random((20, 16), np.float32)
        self.index = faiss.index_factory(16, "IVF16,PQ8x4np")
        self.index.train(base)
        self.index.add_with_ids(base, np.arange(2000) + 10)
        faiss.write_index(self.index, str(self.folder / "1.faiss"))
        vecs.write(self.folder / "query.fvecs", self.queries)
        self.index.nprobe = 4
        distances, rows = self.index.search(self.queries, 50)
        self.rankings = [[(int(r), float(d)) for r, d in zip(*pair)] for pair in zip(rows, distances)]

    def check(self, rankings, *options):
        lines = [json.dumps({"query": number, "rows": [r for r, _ in ranking], "estimates": [d for _, d in ranking]})
                 for number, ranking in enumerate(rankings)]
        (self.folder / "ours.jsonl").write_text("\n".join(lines) + "\n")
        done = subprocess.run([sys.executable, TOOLS / "check_snapshot.py", self.folder / "1.faiss",
                               self.folder / "query.fvecs", self.folder / "ours.jsonl", "--nprobe", "4", *options],
                              capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def test_the_same_ranking_agrees(self):
        status, said = self.check(self.rankings)
        self.assertEqual((status, said["ranks"], said["same"], said["disagreements"]), (0, 1000, 1000, 0))
        self.assertLess(said["largest_difference_of_estimates"], 1e-5)

    def test_ties_may_stand_in_any_order(self):
        by_row = [sorted(ranking, key=lambda pair: (round(pair[1], 5), -pair[0])) for ranking in self.rankings]
        status, said = self.check(by_row)
        self.assertEqual((status, said["same"] + said["ties"]), (0, 1000))
        self.assertGreater(said["ties"], 100)

    def test_another_order_a_missing_row_and_another_nprobe_are_found(self):
        swapped = [ranking[:10] + ranking[40:] + ranking[10:40] for ranking in self.rankings]
        self.assertEqual(self.check(swapped)[0], 1)
        self.assertEqual(self.check([ranking[1:] for ranking in self.rankings])[0], 1)
        self.assertEqual(self.check(self.rankings, "--nprobe", "1")[0], 1)

    def test_an_estimate_that_is_not_the_squared_distance_is_found(self):
        rooted = [[(row, distance ** 0.5) for row, distance in ranking] for ranking in self.rankings]
        self.assertEqual(self.check(rooted)[0], 1)

    def test_ignored_rows_count_on_neither_side(self):
        dead = {row for ranking in self.rankings for row, _ in ranking[::3]}
        (self.folder / "dead").write_text("\n".join(map(str, sorted(dead))))
        live = [[pair for pair in ranking if pair[0] not in dead] for ranking in self.rankings]
        self.assertEqual(self.check(live)[0], 1)
        status, said = self.check(live, "--ignore", str(self.folder / "dead"))
        self.assertEqual((status, said["disagreements"]), (0, 0))

    def test_a_broken_line_is_named(self):
        (self.folder / "ours.jsonl").write_text("{}\n")
        done = subprocess.run([sys.executable, TOOLS / "check_snapshot.py", self.folder / "1.faiss",
                               self.folder / "query.fvecs", self.folder / "ours.jsonl"], capture_output=True, text=True)
        self.assertIn("ours.jsonl:1: no line of candidates", done.stderr)


if __name__ == "__main__":
    unittest.main()
