"""Queries that take long are told stage by stage in the access log, others are not."""
import json
import pathlib
import tempfile
import time
import unittest

from serving import Server

STAGES = ("filter", "index", "lookup", "decision", "cold", "finish")


class SlowQueries(unittest.TestCase):
    def lines(self, slow):
        """Of three queries that are served with this limit."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        log = pathlib.Path(holder.name, "access.jsonl")
        server = Server("--ephemeral", "--access-log", str(log), "--slow-query", slow)
        self.addCleanup(server.stop)
        client = server.client()
        names = {"vectorBucketName": "media", "indexName": "films"}
        client.create_vector_bucket(vectorBucketName="media")
        client.create_index(**names, dataType="float32", dimension=2, distanceMetric="euclidean")
        client.put_vectors(**names, vectors=[{"key": f"k{i}", "data": {"float32": [i, 1]}, "metadata": {"n": i}}
                                             for i in range(20)])
        for condition in ({}, {"filter": {"n": {"$lt": 5}}}, {}):
            client.query_vectors(**names, topK=3, queryVector={"float32": [4, 1]}, **condition)
        # Lines are written behind the answers.
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
            queries = [line for line in found if line["operation"] == "QueryVectors"]
            if len(queries) == 3:
                return queries
            time.sleep(0.02)
        self.fail("the lines of three queries did not come")

    def test_slow_ones_are_told_stage_by_stage(self):
        lines = self.lines("0.000000001")
        self.assertEqual([line["slow"]["filtered"] for line in lines], [False, True, False])
        for line in lines:
            slow = line["slow"]
            self.assertEqual(slow["k"], 3)
            self.assertGreater(slow["candidates"], 0)
            self.assertLessEqual(sum(slow[stage] for stage in STAGES), slow["total"] + 0.01)
            self.assertLess(slow["total"], line["milliseconds"] + 1)

    def test_fast_ones_are_not(self):
        self.assertFalse(any("slow" in line for line in self.lines("1h")))


if __name__ == "__main__":
    unittest.main()
