"""`memvec attach` and `memvec sync` over the wire: another `memvec serve` is the remote.

MEMVEC_FULL=1 takes 100,000 vectors of 128 dimensions; else there are 20,000 of 16.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

import numpy as np
from serving import MEMVEC, REGION, Server, record

FULL = os.environ.get("MEMVEC_FULL") == "1"
COUNT, DIMENSION = (100_000, 128) if FULL else (20_000, 16)
PAGE = 1000


class Attach(unittest.TestCase):
    def setUp(self):
        # Slow enough that a kill meets a listing under way.
        self.remote = Server("--ephemeral", "--simulate-latency", "60ms")
        self.addCleanup(self.remote.stop)
        self.client = self.remote.client()
        self.names = {"vectorBucketName": "media", "indexName": "films"}
        self.client.create_vector_bucket(vectorBucketName="media")
        self.client.create_index(**self.names, dataType="float32", dimension=DIMENSION, distanceMetric="euclidean")
        self.vectors = np.random.default_rng(11).normal(size=(COUNT, DIMENSION)).astype(np.float32)
        for first in range(0, COUNT, 500):
            self.put({f"k{i}": (self.vectors[i], {"n": i % 7}) for i in range(first, min(first + 500, COUNT))})
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = f"{holder.name}/near"
        self.address = ["s3vectors://media/films", "--endpoint", self.remote.url, "--region", REGION, "--yes",
                        "--auto-train", "off", "--json"]

    def put(self, vectors):
        self.client.put_vectors(**self.names, vectors=[record(key, what) for key, what in vectors.items()])

    def start(self, *words):
        secrets = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing"}
        return subprocess.Popen([MEMVEC, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, **secrets})

    def run_memvec(self, *words):
        process = self.start(*words)
        output, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        return json.loads(output.splitlines()[-1])

    def calls(self, operation):
        """How often the remote has answered so far."""
        with urllib.request.urlopen(f"{self.remote.url}/metrics") as answer:
            text = answer.read().decode()
        found = re.search(rf'memvec_requests_total{{operation="{operation}",status="2xx"}} (\d+)', text)
        return int(found[1]) if found else 0

    def test_a_killed_attach_goes_on_and_a_sync_finds_what_others_did(self):
        killed = self.start("attach", self.folder, *self.address)
        while self.calls("ListVectors") < COUNT // PAGE // 2:
            self.assertIsNone(killed.poll(), "it ended before it could be killed")
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        report = self.run_memvec("attach", self.folder, *self.address)
        self.assertEqual((report["vectors"], report["kept"]), (COUNT, COUNT))
        # At most five hundredths more than the fewest pages, and the few that are not full at this size.
        self.assertLessEqual(self.calls("ListVectors"), max(1.05 * COUNT / PAGE, COUNT / PAGE + 4))
        self.assertEqual(self.calls("GetVectors"), 0)
        self.assertEqual(self.run_memvec("verify", self.folder, "--json")["problems"], [])

        draw = np.random.default_rng(12)
        self.put({f"new{i}": draw.normal(size=DIMENSION) for i in range(300)})
        self.put({f"k{i}": draw.normal(size=DIMENSION) for i in range(200)})
        self.put({f"k{i}": (self.vectors[i], {"n": 99}) for i in range(200, 260)})
        self.client.delete_vectors(**self.names, keys=[f"k{i}" for i in range(1000, 1250)])
        found = self.run_memvec("sync", self.folder, "--json")
        self.assertEqual([found[name] for name in ("added", "changed", "deleted")], [300, 200, 250])
        self.assertEqual((found["metadata"], found["busy"], found["fetches"]), (60, 0, 3))
        self.assertEqual(self.run_memvec("verify", self.folder, "--json")["problems"], [])
        self.assertEqual(self.run_memvec("count", self.folder, "--json")["count"], COUNT + 50)
        self.assertEqual(self.run_memvec("get", self.folder, "k230", "--json")["metadata"], {"n": 99})

        self.assertEqual(self.run_memvec("intents", "retry", self.folder, "--json"), {"left": 0})
        self.assertEqual(self.run_memvec("detach", self.folder, "--yes", "--json")["vectors"], COUNT + 50)
        self.assertFalse(os.path.exists(self.folder))
        self.assertEqual(len(self.client.list_vectors(**self.names, maxResults=7)["vectors"]), 7)


if __name__ == "__main__":
    unittest.main()
