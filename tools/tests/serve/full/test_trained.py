"""100,000 rows that the server trains by itself, behind its writes: recall@10 of 0.98 against an exact ranking.

It takes a minute or two, so only `tools/test --full` runs it. MEMVEC_SEED replays a failure.
"""
import os
import sys
import time
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from exact_model import distances  # noqa: E402
from serving import ServeCase, numbers  # noqa: E402

COUNT, DIMENSION, QUERIES = 100_000, 64, 300


class Trained(ServeCase):
    def ask(self, index, query):
        answer = self.client.query_vectors(
            **index, topK=10, queryVector={"float32": numbers(query)}, returnDistance=True)
        hits = [(int(hit["key"][1:]), hit["distance"]) for hit in answer["vectors"]]
        return hits, answer["ResponseMetadata"]["HTTPHeaders"]["x-memvec-reason"]

    def wait_until_trained(self, index, query):
        """Until then every answer is exact, and says so."""
        end = time.monotonic() + 600
        while self.ask(index, query)[1] == "exact":
            self.assertLess(time.monotonic(), end, "not trained after ten minutes")
            time.sleep(1)

    def check(self, metric):
        seed = int(os.environ.get("MEMVEC_SEED", np.random.SeedSequence().entropy % 2 ** 32))
        rng, index = np.random.default_rng(seed), self.new_index(DIMENSION, metric)
        base = rng.standard_normal((COUNT, DIMENSION)).astype(np.float32)
        self.put(index, {f"k{row}": base[row] for row in range(COUNT)})
        queries = rng.standard_normal((QUERIES, DIMENSION)).astype(np.float32)
        self.wait_until_trained(index, queries[0])
        found = 0
        for query in queries:
            hits, reason = self.ask(index, query)
            exact = distances(metric, base, query)
            rows = [row for row, _ in hits]
            np.testing.assert_allclose([told for _, told in hits], exact[rows], rtol=1e-5, atol=1e-5)
            self.assertEqual((len(set(rows)), reason), (10, "complete"))
            found += len(set(rows) & set(np.argpartition(exact, 10)[:10].tolist()))
        recall = found / (10 * QUERIES)
        print(f"recall@10 {recall:.4f}, {metric}, MEMVEC_SEED={seed}")
        self.assertGreaterEqual(recall, 0.98, f"{metric}, MEMVEC_SEED={seed}")

    def test_cosine(self):
        self.check("cosine")

    def test_euclidean(self):
        self.check("euclidean")


if __name__ == "__main__":
    unittest.main()
