"""What tests of texts have in common: notes made from a seed, a simulated S3 Vectors, and an embedder that says what it
was given."""
import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from serving import MEMVEC, REGION, Server

ENVIRONMENT = dict(os.environ, AWS_ACCESS_KEY_ID="any", AWS_SECRET_ACCESS_KEY="thing", AWS_REGION=REGION)
# An embedder that writes down each text before it answers. Whoever gets the lock of the file knows that it is gone.
LOGGING = """
import fcntl, hashlib, json, os, sys
log = open(os.environ["EMBEDDED"], "a")
fcntl.flock(log, fcntl.LOCK_SH)
for line in sys.stdin:
    text = json.loads(line)["text"]
    log.write(json.dumps(text) + "\\n")
    log.flush()
    print([1 + byte for byte in hashlib.sha256(text.encode()).digest()[:8]], flush=True)
"""
TOPICS = ["vectors", "tiers", "indexes", "filters", "buckets", "caches", "journals", "blocks"]


def memvec(*words, code=0, environment=ENVIRONMENT):
    done = subprocess.run([MEMVEC, *map(str, words)], capture_output=True, text=True, env=environment, timeout=120)
    if done.returncode != code:
        raise AssertionError(f"memvec {words} ended with {done.returncode}: {done.stderr}")
    return done


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class TextsCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.address = "s3vectors://texts/notes"
        self.near = self.folder / "near"
        self.server = None
        self.serve()

    def serve(self, *faults):
        """The service, from now on with these faults."""
        if self.server:
            self.server.stop()
        self.server = Server(self.folder / "far", *faults)
        self.addCleanup(self.server.stop)
        self.environment = dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3VECTORS=self.server.url)

    def run_memvec(self, *words, code=0):
        return memvec(*words, code=code, environment=self.environment)

    def notes(self, count, words=400):
        """A folder of Markdown, made from a seed."""
        random_words, folder = random.Random(7), self.folder / "notes"
        folder.mkdir()
        for number in range(count):
            topic = TOPICS[number % len(TOPICS)]
            text = " ".join(random_words.choice([topic, "of", "the", "store", "read", "write", "slow."])
                            for _ in range(words))
            note = f"# Note {number} on {topic}\n\n{text}\n\n## More\n\nLast {number}.\n"
            (folder / f"n{number:03}.md").write_text(note)
        return folder

    def ingest(self, source, *words, code=0, into=None):
        target = ["--into", into or self.address] + ([] if into else ["--folder", self.near])
        return self.run_memvec("ingest", source, *target, "--embedder", "hash", "--json", *words, code=code)

    def everything(self, folder):
        """Key -> record of a collection."""
        return {record["key"]: record for record in objects(self.run_memvec("list", folder, "--json", "--vectors"))}

    def remote(self, index="notes"):
        """Key -> metadata of what the service holds."""
        client, found, token = self.server.client(), {}, {}
        while True:
            page = client.list_vectors(vectorBucketName="texts", indexName=index, returnMetadata=True, **token)
            found |= {vector["key"]: vector["metadata"] for vector in page["vectors"]}
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

    def logged_ingest(self, source, log, into=None):
        """The words of an ingest whose embedder writes down what it is given."""
        target = ["--into", into] if into else ["--into", self.address, "--folder", self.near]
        program = self.folder / "embed.py"
        program.write_text(LOGGING)
        self.environment["EMBEDDED"] = str(log)
        return ["ingest", source, *target, "--embedder", f"command:{sys.executable} {program}", "--json"]

    def embedded(self, log):
        """The passages that were embedded while this was the log, once their embedder is gone."""
        if not log.exists():
            return []
        with log.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            texts = [json.loads(line) for line in file]
        self.assertEqual(texts[:1], ["dimension"] if texts else [], "it is asked how long its vectors are")
        return texts[1:]
