"""A `memvec serve` in front of another, which is its remote, for tests of what lies between them."""
import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import numpy as np
from serving import MEMVEC, REGION, SECRETS, Server, record

DIMENSION = 64
NAMES = {"vectorBucketName": "media", "indexName": "films"}
SETTINGS = ["--mirror", "off", "--auto-train", "off", "--cold-path", "get", "--policy", "off", "--warm-budget",
            "400kB", "--ram-budget", "20kB"]
# The index proposes whole clusters, so that what is fetched holds all of the exact answer.
PROPOSED = {"nprobe": "1000", "candidates": "100"}


class RemotePair:
    """The remote keeps its port when it is started again. Everything is gone at the end of the test."""

    def __init__(self, test, clusters=75, members=40, seed=1):
        holder = tempfile.TemporaryDirectory()
        test.addCleanup(holder.cleanup)
        self.folder, self.front, self.remote = holder.name, None, None
        self.collection = f"{holder.name}/near/media/films"
        self.log = f"{holder.name}/access.log"
        test.addCleanup(self.stop)
        rng = np.random.default_rng(seed)
        self.centres = rng.normal(0, 10, (clusters, DIMENSION))
        self.vectors = {f"still{i}": self.near(i % clusters, rng) for i in range(clusters * members)}
        self.start_remote()
        client = self.remote.client()
        client.create_vector_bucket(vectorBucketName="media")
        client.create_index(**NAMES, dataType="float32", dimension=DIMENSION, distanceMetric="euclidean")
        records = [record(key, (values, {"kind": "still"})) for key, values in self.vectors.items()]
        for first in range(0, len(records), 500):
            client.put_vectors(**NAMES, vectors=records[first:first + 500])
        self.start_front()
        self.front.client().create_vector_bucket(vectorBucketName="media")
        self.front.stop()
        self.run_memvec("attach", self.collection, "s3vectors://media/films", "--endpoint", self.remote.url, "--region",
                        REGION, "--yes", *SETTINGS)
        self.run_memvec("train", self.collection)
        description = Path(self.collection, "memvec.json")
        known = json.loads(description.read_text())
        known["settings"].update(PROPOSED)
        description.write_text(json.dumps(known))

    def near(self, centre, rng):
        return (self.centres[centre] + rng.normal(0, 0.3, DIMENSION)).astype(np.float32)

    def start_remote(self, *options):
        port = self.remote.port if self.remote else 0
        self.remote = Server(f"{self.folder}/far", "--access-log", self.log, *options, port=port)

    def start_front(self, *options):
        self.front = Server(f"{self.folder}/near", "--degraded-answers", *options)

    def stop(self):
        for server in (self.front, self.remote):
            if server:
                server.stop()

    def run_memvec(self, *words):
        """What the command says as JSON, a list where it says several lines."""
        done = subprocess.run([MEMVEC, *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **SECRETS}, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"memvec {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        return said[0] if len(said) == 1 else said

    def faults(self):
        """How often the remote has made which fault since it was started."""
        with urllib.request.urlopen(f"{self.remote.url}/metrics") as answer:
            text = answer.read().decode()
        return {name: int(count) for name, count in
                re.findall(r'memvec_simulated_faults_total{fault="([^"]+)"} (\d+)', text)}

    @staticmethod
    def stored(client):
        """Everything that a server lists: key to (values as float32, metadata)."""
        pages = client.get_paginator("list_vectors").paginate(**NAMES, returnData=True, returnMetadata=True)
        return {one["key"]: (np.array(one["data"]["float32"], np.float32), one["metadata"])
                for page in pages for one in page["vectors"]}
