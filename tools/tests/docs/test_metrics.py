"""What `/metrics` shows after traffic of all kinds is what the program lists: each metric, with type and labels."""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from botocore.exceptions import BotoCoreError, ClientError
from documents import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tools"))
sys.path.insert(0, str(REPOSITORY / "tools/tests/serve"))
import reference_lists as lists  # noqa: E402
from serving import MEMVEC, REGION, SECRETS, Server, record  # noqa: E402

import standins  # noqa: E402

NAMES = {"vectorBucketName": "media", "indexName": "films"}
SERIES = re.compile(r"^(memvec_\w+?)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def metrics(server):
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        return answer.read().decode()


class Metrics(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.servers = []
        self.addCleanup(lambda: [server.stop() for server in self.servers])

    def server(self, name, *options):
        self.servers.append(Server(f"{self.folder}/{name}", *options))
        return self.servers[-1]

    def filled(self, server, count=600, dimension=16):
        client = server.client()
        client.create_vector_bucket(vectorBucketName="media")
        client.create_index(**NAMES, dataType="float32", dimension=dimension, distanceMetric="euclidean")
        rows = standins.clustered(count, dimension)
        for first in range(0, count, 300):
            client.put_vectors(**NAMES, vectors=[record(f"v{first + at}", row)
                                                 for at, row in enumerate(rows[first:first + 300])])
        return rows

    def front(self, far):
        """A server in front of another, with an index of its own that is no mirror."""
        near = f"{self.folder}/near"
        os.makedirs(f"{near}/media")
        first = self.server("near")
        first.client().create_vector_bucket(vectorBucketName="media")
        first.stop()
        for words in (["attach", f"{near}/media/films", "s3vectors://media/films", "--endpoint", far.url, "--region",
                       REGION, "--yes", "--mirror", "off", "--cold-path", "get"], ["train", f"{near}/media/films"]):
            subprocess.run([MEMVEC, *words], check=True, capture_output=True, timeout=120,
                           env={**os.environ, **SECRETS})
        return self.server("near", "--sync-every", "1s")

    def test_they_are_those_of_the_list(self):
        far = self.server("far")
        rows = self.filled(far)
        front = self.front(far)
        faulty = self.server("faulty", "--simulate-faults", "503=1;seed=1")
        try:
            faulty.client().list_vector_buckets()
        except (ClientError, BotoCoreError):
            pass
        for row in rows[:5]:
            front.client().query_vectors(**NAMES, topK=3, queryVector={"float32": (row + 1).tolist()})
        # A sync has its time of its own: what it shows comes after its first round.
        deadline = time.monotonic() + 60
        while "memvec_sync_last_dollars" not in metrics(front) and time.monotonic() < deadline:
            front.client().list_vector_buckets()
        told = {one["name"]: one for one in lists.lists(MEMVEC)["metrics"]}
        seen = {}
        for server in (far, front, faulty):
            for name, (kind, help, labels) in self.families(metrics(server)).items():
                self.assertIn(name, told)
                self.assertEqual((kind, help), (told[name]["type"], told[name]["meaning"]), name)
                for some in labels:
                    self.assertEqual(some, set(told[name]["labels"]), name)
                seen[name] = True
        self.assertEqual(set(seen), set(told), "each is shown after traffic of its kind")

    @staticmethod
    def families(text):
        """By name: type, help, and the sets of labels of its series."""
        found, name = {}, None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, help = line.split(" ", 3)
                found[name] = [None, help, []]
            elif line.startswith("# TYPE "):
                found.setdefault(line.split(" ")[2], [None, None, []])[0] = line.split(" ")[3]
                name = line.split(" ")[2]
            else:
                labels = set(LABEL.findall(SERIES.match(line)[2] or ""))
                found[name][2].append(labels - {"le"} if found[name][0] == "histogram" else labels)
        return {name: tuple(one) for name, one in found.items()}


if __name__ == "__main__":
    unittest.main()
