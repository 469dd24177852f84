"""What the tests of the dashboard play on: a server with keys in front of another, and Chromium."""
import json
import os
import shutil
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

import boto3
import numpy as np
from botocore.config import Config
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "serve"))
from serving import REGION, Server, record  # noqa: E402
from texts import memvec  # noqa: E402

KEYS = [{"accessKey": "EDITOR", "secretKey": "edits/+=1"},
        {"accessKey": "READER", "secretKey": "reads", "readOnly": True},
        {"accessKey": "FILMS", "secretKey": "films", "buckets": ["media"]},
        {"accessKey": "GUEST", "secretKey": "guest", "sessionToken": "a/token+="}]
FILMS = {"vectorBucketName": "media", "indexName": "films"}
TOPICS = ["vectors", "tiers", "indexes", "filters", "buckets", "caches", "journals", "blocks"]
# A folder whose scripts and styles take the place of those in the program: to try them without a build.
FILES = os.environ.get("MEMVEC_DASHBOARD")
expect.set_options(timeout=15_000)


class Stage:
    """`wiki/notes` holds texts in front of a remote, `media/films` vectors alone."""

    def __init__(self, documents=12, films=2000, **options):
        self.folder = Path(tempfile.mkdtemp())
        self.keys = self.folder / "keys.json"
        self.write_keys(KEYS)
        self.far = Server(self.folder / "far")
        self.server = Server(self.folder / "near")
        client = self.server.client()
        for bucket in ("wiki", "media"):
            client.create_vector_bucket(vectorBucketName=bucket)
        client.create_index(**FILMS, dataType="float32", dimension=8, distanceMetric="euclidean")
        self.vectors = np.random.default_rng(5).normal(size=(films, 8)).astype(np.float32)
        for first in range(0, films, 500):
            client.put_vectors(**FILMS, vectors=[
                record(f"film-{number}", self.vectors[number]) for number in range(first, min(films, first + 500))])
        self.server.stop()
        self.ingest(documents)
        self.serve("--credentials", str(self.keys))

    def write_keys(self, keys):
        self.keys.write_text(json.dumps({"keys": keys}))

    def ingest(self, count):
        notes = self.folder / "notes"
        notes.mkdir()
        for number in range(count):
            topic = TOPICS[number % len(TOPICS)]
            (notes / f"n{number:02}.md").write_text(
                f"# Note {number} on {topic}\n\nThis is about {topic} and what they are for. Number {number}.\n\n"
                f"## More\n\nA second passage of note {number}: {topic} again.\n")
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": REGION,
                       "AWS_ENDPOINT_URL_S3VECTORS": self.far.url}
        memvec("ingest", notes, "--into", "s3vectors://wiki/notes", "--folder", self.folder / "near/wiki/notes",
               "--embedder", "hash", "--endpoint", self.far.url, "--region", REGION, environment=environment)

    def serve(self, *options):
        """The dashboard's server from now on."""
        if self.server:
            self.server.stop()
        self.server = Server(self.folder / "near", *options)

    def client(self, key=KEYS[0]):
        return boto3.client(
            "s3vectors", endpoint_url=self.server.url, region_name=REGION, aws_access_key_id=key["accessKey"],
            aws_secret_access_key=key["secretKey"], config=Config(retries={"total_max_attempts": 1}))

    def ask(self, count):
        """So many queries of the films."""
        client = self.client()
        for number in range(count):
            client.query_vectors(**FILMS, topK=5, queryVector={"float32": self.vectors[number % 40].tolist()})

    def metrics(self):
        """Name with labels -> value, of /metrics."""
        with urllib.request.urlopen(self.server.url + "/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def documents(self):
        """Ids, as the program lists them; the server must have stopped."""
        done = memvec("documents", "list", self.folder / "near/wiki/notes", "--json")
        return {json.loads(line)["id"] for line in done.stdout.splitlines()}

    def close(self):
        self.server.stop()
        self.far.stop()
        shutil.rmtree(self.folder)


def launch(playwright):
    """Debian's Chromium; root runs it without its sandbox, as that needs another user."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else [])


class DashboardCase(unittest.TestCase):
    """Every page that a test opens reaches its server alone, and must say nothing on the console."""
    keyed = True

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)
        if not cls.keyed:
            cls.stage.serve()
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.browser = launch(playwright)
        cls.addClassCleanup(cls.browser.close)

    def open(self, place="", allowed=(), **options):
        """A new page; `allowed` are beginnings of what its console may say."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.addCleanup(context.close)
        said, foreign = [], []

        def pass_on(route):
            url = route.request.url
            name = url.partition("#")[0].removeprefix(self.stage.server.url + "/").removeprefix("dashboard/")
            if FILES and Path(FILES, name or "index.html").is_file():
                return route.fulfill(response=route.fetch(), body=Path(FILES, name or "index.html").read_bytes())
            if url.startswith((self.stage.server.url, "data:")):
                return route.continue_()
            foreign.append(url)
            return route.abort()

        context.route("**/*", pass_on)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(f"thrown: {error}"))

        def check():
            self.assertEqual([text for text in said if not text.startswith(tuple(allowed))], [])
            self.assertEqual(foreign, [], "it asked other hosts")

        self.addCleanup(check)
        page.goto(f"{self.stage.server.url}/{place}")
        return page

    def sign_in(self, page, key=KEYS[0], secret=None):
        page.get_by_label("Access key", exact=True).fill(key["accessKey"])
        page.get_by_label("Secret key", exact=True).fill(secret or key["secretKey"])
        page.get_by_label("Session token").fill(key.get("sessionToken", ""))
        page.get_by_role("button", name="Sign in").click()

    def open_signed(self, place="", key=KEYS[0], **options):
        page = self.open(place, **options)
        self.sign_in(page, key)
        expect(page.locator("#live-text")).to_have_text("Live")
        return page
