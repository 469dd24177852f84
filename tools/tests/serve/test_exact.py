"""Answers equal an exact model: 10,000 random vectors, both metrics, filters of random shape, overwrites and deletes.

MEMVEC_SEED replays a failure, MEMVEC_STEPS sets how many questions are asked of each metric, 2,000 at most.
"""
import json
import os
import unittest

import numpy as np
from exact_model import distances, matches, random_filter, random_metadata
from serving import ServeCase, numbers

COUNT, DIMENSION = 10_000, 24


class Exact(ServeCase):
    def setUp(self):
        self.seed = int(os.environ.get("MEMVEC_SEED", np.random.SeedSequence().entropy % 2 ** 32))
        self.rng = np.random.default_rng(self.seed)

    def fill(self, metric):
        rng, index = self.rng, self.new_index(DIMENSION, metric)
        base = rng.standard_normal((COUNT, DIMENSION)).astype(np.float32)
        metadata = [random_metadata(rng) for _ in range(COUNT)]
        self.put(index, {f"k{row}": (base[row], metadata[row]) for row in range(COUNT)})
        for row in rng.choice(COUNT, 500, replace=False):
            base[row], metadata[row] = rng.standard_normal(DIMENSION), random_metadata(rng)
            self.put(index, {f"k{row}": (base[row], metadata[row])})
        gone = rng.choice(COUNT, 400, replace=False)
        self.client.delete_vectors(**index, keys=[f"k{row}" for row in gone])
        return index, base, metadata, np.setdiff1d(np.arange(COUNT), gone)

    def ask(self, index, query, top_k, filter):
        pages = self.client.get_paginator("query_vectors").paginate(
            **index, topK=top_k, queryVector={"float32": numbers(query)}, returnDistance=True,
            **({"filter": filter} if filter else {}))
        return [(int(hit["key"][1:]), hit["distance"]) for page in pages for hit in page["vectors"]]

    def check(self, metric):
        index, base, metadata, live = self.fill(metric)
        rng = self.rng
        for step in range(min(2_000, int(os.environ.get("MEMVEC_STEPS", 100)))):
            query = rng.standard_normal(DIMENSION).astype(np.float32)
            if rng.random() < 0.2:
                query = base[rng.integers(COUNT)]                   # so near to one that its distance is nearly nothing
            top_k = int(rng.choice([1, 10, 100, 250]))
            filter = random_filter(rng) if rng.random() < 0.8 else None
            about = f"MEMVEC_SEED={self.seed} {metric} step {step} topK {top_k} {json.dumps(filter)}"
            rows = [row for row in live if not filter or matches(filter, metadata[row])]
            exact = distances(metric, base, query)
            wanted = np.sort(exact[rows])[:top_k]
            hits = self.ask(index, query, top_k, filter)
            self.assertEqual(len(hits), len(wanted), about)
            found = [row for row, _ in hits]
            self.assertEqual(len(set(found)), len(found), about)
            self.assertLessEqual(set(found), set(rows), about)
            told = np.array([distance for _, distance in hits])
            tolerance = 1e-5 * max(1, *wanted) if len(wanted) else 0
            np.testing.assert_allclose(told, exact[found], rtol=0, atol=tolerance, err_msg=about)
            # Recall 1: the n-th distance is the n-th smallest of all, but for ties within a float32's precision.
            np.testing.assert_allclose(exact[found], wanted, rtol=0, atol=tolerance, err_msg=about)
            self.assertTrue((np.diff(told) >= 0).all(), about)

    def test_cosine(self):
        self.check("cosine")

    def test_euclidean(self):
        self.check("euclidean")


if __name__ == "__main__":
    unittest.main()
