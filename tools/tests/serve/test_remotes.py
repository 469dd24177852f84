"""A `memvec serve` in front of another one: deletes and reads that go through, syncs by themselves, `.env`, prices."""
import json
import os
import re
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from botocore.exceptions import ClientError
from serving import MEMVEC, REGION, Server, record

INDEX = {"vectorBucketName": "media", "indexName": "films"}
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing"}


class Remotes(unittest.TestCase):
    def setUp(self):
        self.far = Server("--ephemeral")
        self.addCleanup(self.far.stop)
        self.remote = self.far.client()
        self.remote.create_vector_bucket(vectorBucketName="media")
        self.make_remote()
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.holder = Path(holder.name)
        self.root = self.holder / "root"

    def make_remote(self):
        self.remote.create_index(**INDEX, dataType="float32", dimension=2, distanceMetric="euclidean")
        self.put({f"k{i}": ([i, 1], {"n": i}) for i in range(200)})

    def put(self, vectors):
        self.remote.put_vectors(**INDEX, vectors=[record(key, what) for key, what in vectors.items()])

    def memvec(self, *words, environment=None, folder=None):
        """Runs it without any of AWS's variables but `environment`; gives how it ended."""
        clean = {name: what for name, what in os.environ.items() if not name.startswith("AWS_")}
        clean["HOME"] = str(self.holder)
        return subprocess.run([MEMVEC, *map(str, words)], capture_output=True, text=True, timeout=120,
                              env={**clean, **(KEYS if environment is None else environment)}, cwd=folder)

    def attach(self, *words, environment=None, folder=None):
        if not any(word in words for word in ("--endpoint", "no-endpoint")):
            words = ("--endpoint", self.far.url, "--region", REGION, *words)
        words = [word for word in words if word != "no-endpoint"]
        return self.memvec("attach", self.root / "media" / "films", "s3vectors://media/films", "--yes", "--json",
                           *words, environment=environment, folder=folder)

    def serve(self, *words):
        """A server in front of the remote, whose index is no mirror and has been attached."""
        made = Server(str(self.root))
        made.client().create_vector_bucket(vectorBucketName="media")
        made.stop()
        attached = self.attach("--mirror", "off")
        self.assertEqual(attached.returncode, 0, attached.stderr)
        return self.start(*words)

    def start(self, *words):
        old = {name: os.environ.get(name) for name in KEYS}
        os.environ.update(KEYS)
        try:
            server = Server(str(self.root), *words)
        finally:
            for name, what in old.items():
                os.environ.pop(name) if what is None else os.environ.update({name: what})
        self.addCleanup(server.stop)
        return server

    def refused(self, code, call, **request):
        with self.assertRaises(ClientError) as caught:
            call(**request)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def keys(self, client):
        found = []
        for page in client.get_paginator("list_vectors").paginate(**INDEX, maxResults=70):
            found += [one["key"] for one in page["vectors"]]
        return found

    def test_a_remote_is_not_erased_unless_that_is_allowed(self):
        near = self.serve().client()
        self.assertIn("--allow-remote-delete", self.refused("AccessDeniedException", near.delete_index, **INDEX))
        self.refused("ConflictException", near.delete_vector_bucket, vectorBucketName="media")
        self.assertEqual(len(self.keys(self.remote)), 200)

    def test_a_delete_erases_the_remote_and_then_the_folder(self):
        near = self.serve("--allow-remote-delete").client()
        near.get_index(**INDEX)
        near.delete_index(**INDEX)
        self.refused("NotFoundException", self.remote.get_index, **INDEX)
        self.refused("NotFoundException", near.get_index, **INDEX)
        self.assertFalse((self.root / "media" / "films").exists())
        near.delete_vector_bucket(vectorBucketName="media")
        # The remote's bucket may hold others.
        self.remote.get_vector_bucket(vectorBucketName="media")

    def test_a_delete_after_a_kill_between_the_two_goes_on(self):
        server = self.serve("--allow-remote-delete")
        # What such a kill leaves: the remote has gone, the folder is there.
        server.process.kill()
        server.process.wait()
        self.remote.delete_index(**INDEX)
        again = self.start("--allow-remote-delete").client()
        again.delete_index(**INDEX)
        self.assertFalse((self.root / "media" / "films").exists())
        self.refused("NotFoundException", again.delete_index, **INDEX)

    def test_a_delete_while_the_remote_is_away_changes_nothing(self):
        near = self.serve("--allow-remote-delete").client(read_timeout=120)
        self.far.stop()
        self.refused("ServiceUnavailableException", near.delete_index, **INDEX)
        self.assertTrue((self.root / "media" / "films").exists())
        near.get_index(**INDEX)

    def test_an_index_that_was_made_anew_is_not_erased(self):
        near = self.serve("--allow-remote-delete").client()
        made = self.remote.get_index(**INDEX)["index"]["creationTime"]
        while self.remote.get_index(**INDEX)["index"]["creationTime"] == made:
            self.remote.delete_index(**INDEX)
            self.make_remote()
        self.assertIn("made anew", self.refused("AccessDeniedException", near.delete_index, **INDEX))
        self.assertEqual(len(self.keys(self.remote)), 200)

    def test_reads_go_through_to_the_remote(self):
        near = self.serve().client()
        self.put({"new": ([500, 1], {"n": 7}), "k1": [600, 1]})
        self.remote.delete_vectors(**INDEX, keys=["k2"])
        found = near.get_vectors(**INDEX, keys=["new", "k1", "k2"], returnData=True, returnMetadata=True)["vectors"]
        self.assertEqual({one["key"]: (one["data"]["float32"], one["metadata"]) for one in found},
                         {"new": ([500, 1], {"n": 7}), "k1": ([600, 1], {})})
        self.assertEqual(sorted(self.keys(near)), sorted(self.keys(self.remote)))
        halves = [near.list_vectors(**INDEX, segmentCount=2, segmentIndex=half, maxResults=1000)["vectors"]
                  for half in range(2)]
        self.assertEqual(len(halves[0]) + len(halves[1]), 200)

    def test_local_reads_answer_by_what_was_attached(self):
        near = self.serve("--reads", "local").client()
        self.put({"new": [500, 1]})
        self.assertEqual(near.get_vectors(**INDEX, keys=["new", "k1"])["vectors"], [{"key": "k1"}])
        self.assertEqual(len(self.keys(near)), 200)
        page = near.list_vectors(**INDEX, returnData=True, maxResults=200)["vectors"]
        self.assertEqual(sorted(one["data"]["float32"][0] for one in page), list(range(200)))

    def test_syncs_by_themselves_find_what_others_did(self):
        server = self.serve("--reads", "local", "--sync-every", "1s")
        near = server.client()
        self.put({"new": [500, 1]})
        self.remote.delete_vectors(**INDEX, keys=["k2"])
        end = time.monotonic() + 60
        while near.get_vectors(**INDEX, keys=["new", "k2"])["vectors"] != [{"key": "new"}]:
            self.assertLess(time.monotonic(), end, "no sync came")
            time.sleep(0.05)
        with urllib.request.urlopen(f"{server.url}/metrics") as answer:
            text = answer.read().decode()
        self.assertRegex(text, r'(?m)^memvec_sync_runs_total\{result="done"\} [1-9]')
        self.assertRegex(text, r'(?m)^memvec_sync_dollars_total 0\.000\d*[1-9]')
        last = re.search(r'memvec_sync_last_timestamp_seconds\{bucket="media",index="films"\} (\S+)', text)
        self.assertLess(abs(float(last[1]) - time.time()), 60)
        self.assertEqual(server.stop(), 0)
        remote = json.loads(self.memvec("stats", self.root / "media" / "films", "--json").stdout)["remote"]
        self.assertLess(abs(remote["comparedAt"] - time.time()), 60)
        self.assertGreater(remote["comparedDollars"], 0)

    def test_a_dotenv_file_tells_where_the_remote_is_and_the_environment_counts_before_it(self):
        lines = [*(f"{name}={what}" for name, what in KEYS.items()), f"AWS_REGION={REGION}",
                 f'AWS_ENDPOINT_URL_S3VECTORS="{self.far.url}"']
        (self.holder / ".env").write_text("\n".join(lines) + "\n")
        wrong = {"AWS_ENDPOINT_URL_S3VECTORS": "http://127.0.0.1:1"}
        self.assertEqual(self.attach("no-endpoint", environment=wrong, folder=self.holder).returncode, 1)
        elsewhere = self.holder / "elsewhere"
        elsewhere.mkdir()
        self.assertEqual(self.attach("no-endpoint", environment={}, folder=elsewhere).returncode, 1)
        done = self.attach("no-endpoint", environment={}, folder=self.holder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["vectors"], 200)

    def test_prices_come_from_a_file(self):
        printed = self.memvec("prices")
        prices = json.loads(printed.stdout)
        self.assertRegex(prices["date"], r"^\d{4}-\d\d-\d\d$")
        prices["s3vectors"]["requestsPer1000"] *= 10
        prices["date"] = "2027-01-31"
        file = self.holder / "prices.json"
        file.write_text(json.dumps(prices))
        self.assertEqual(json.loads(self.memvec("prices", "--prices", file).stdout), prices)
        attached = self.attach("--prices", file)
        self.assertEqual(attached.returncode, 0, attached.stderr)
        self.assertIn("prices of 2027-01-31", attached.stderr)
        report = json.loads(attached.stdout)
        self.assertAlmostEqual(report["dollars"], report["pages"] * 0.00055)
        file.write_text('{"date": "2027-01-31", "s3vectors": {"requests": 1}}')
        refused = self.attach("--prices", file)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("requestsPer1000", refused.stderr)


if __name__ == "__main__":
    unittest.main()
