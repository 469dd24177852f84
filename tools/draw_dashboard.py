"""What tools/screenshots runs: a stage of the browser tests with more traffic, and pictures of it."""
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import boto3
import numpy as np
from playwright.sync_api import expect, sync_playwright

TOOLS = Path(__file__).resolve().parent
sys.path[:0] = [str(TOOLS / "tests/serve"), str(TOOLS / "tests/browser")]
from serving import REGION, SECRETS, Server, record  # noqa: E402
from stage import launch  # noqa: E402
from texts import memvec  # noqa: E402

ROWS, DIMENSION, PLACES = 12_000, 64, 500
NAMES = {"vectorBucketName": "wikipedia", "indexName": "pages"}
KEY = {"accessKey": "EDITOR", "secretKey": "of the pictures"}
LIMIT = 300_000


class Pictures:
    """A collection in front of a remote, a tenth of it in RAM, and queries by Zipf's law."""

    def __init__(self, folder):
        self.folder, self.rng = folder, np.random.default_rng(3)
        self.far = Server(folder / "far", "--simulate-latency", "20ms")
        centres = self.rng.normal(0, 1, (500, DIMENSION))
        self.vectors = (centres[self.rng.integers(0, 500, ROWS)] + self.rng.normal(0, 0.35, (ROWS, DIMENSION))).astype(
            np.float32)
        client = self.far.client()
        client.create_vector_bucket(vectorBucketName="wikipedia")
        client.create_index(**NAMES, dataType="float32", dimension=DIMENSION, distanceMetric="cosine")
        for first in range(0, ROWS, 500):
            client.put_vectors(**NAMES, vectors=[
                record(f"page-{row}", self.vectors[row]) for row in range(first, first + 500)])
        self.near = Server(folder / "near")
        client = self.near.client()
        for bucket in ("wikipedia", "media", "notes"):
            client.create_vector_bucket(vectorBucketName=bucket)
        films = {"vectorBucketName": "media", "indexName": "films"}
        client.create_index(**films, dataType="float32", dimension=DIMENSION, distanceMetric="cosine")
        client.put_vectors(**films, vectors=[record(f"film-{row}", self.vectors[row]) for row in range(500)])
        self.near.stop()
        environment = {**os.environ, **SECRETS, "AWS_REGION": REGION, "AWS_ENDPOINT_URL_S3VECTORS": self.far.url}
        memvec("attach", folder / "near/wikipedia/pages", "s3vectors://wikipedia/pages", "--endpoint", self.far.url,
               "--region", REGION, "--yes", "--mirror", "off", "--ram-budget", "300kB", "--warm-budget", "1200kB",
               "--retained-recall", "0.9", "--auto-train", "off", environment=environment)
        memvec("train", folder / "near/wikipedia/pages", environment=environment)
        docs = TOOLS.parent / "docs"
        memvec("ingest", docs, "--into", folder / "near/notes/docs", "--embedder", "hash", environment=environment)
        keys = folder / "keys.json"
        keys.write_text(json.dumps({"keys": [KEY]}))
        self.near = Server(folder / "near", "--credentials", keys)
        self.weights = 1 / np.arange(1, PLACES + 1) ** 0.9
        self.weights /= self.weights.sum()

    def traffic(self, seconds):
        """Queries around few places, most around the first, for so long; gives how many."""
        client = boto3.client("s3vectors", endpoint_url=self.near.url, region_name=REGION,
                              aws_access_key_id=KEY["accessKey"], aws_secret_access_key=KEY["secretKey"])
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            place = self.vectors[23 * self.rng.choice(PLACES, p=self.weights)]
            vector = (place + self.rng.normal(0, 0.05, DIMENSION)).astype(np.float32)
            client.query_vectors(**NAMES, topK=10, queryVector={"float32": vector.tolist()})
            count += 1
        for row in range(20):
            client.query_vectors(vectorBucketName="media", indexName="films", topK=10,
                                 queryVector={"float32": self.vectors[row].tolist()})
        return count

    def draw(self, playwright, out):
        browser = launch(playwright)
        for name, scheme, width, tab in (("light", "light", 1180, "tiers"), ("dark", "dark", 1180, "tiers"),
                                         ("explain", "light", 1180, "explain"), ("phone", "dark", 390, "tiers")):
            context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 1200})
            page = context.new_page()
            page.goto(f"{self.near.url}/#/wikipedia/pages/{tab}")
            page.get_by_label("Access key", exact=True).fill(KEY["accessKey"])
            page.get_by_label("Secret key", exact=True).fill(KEY["secretKey"])
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("#live-text")).to_have_text("Live")
            if tab == "explain":
                page.get_by_label("Ask by").select_option("key")
                page.get_by_label("Text, key or numbers").fill("page-6900")
                page.get_by_role("button", name="Explain").click()
                expect(page.locator("#candidate-table")).to_be_visible()
                page.locator("#collection").scroll_into_view_if_needed()
            else:
                expect(page.locator("#hits svg")).to_be_visible()
            page.evaluate("document.activeElement.blur()")
            target = out / f"dashboard-{name}.png"
            page.screenshot(path=target, full_page=tab == "tiers")
            size = target.stat().st_size
            print(f"{target}: {size:,} bytes")
            if size > LIMIT:
                raise SystemExit(f"{target} has more than {LIMIT:,} bytes")
            context.close()
        browser.close()

    def stop(self):
        self.near.stop()
        self.far.stop()


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pictures = Pictures(Path(folder))
        try:
            print(f"{pictures.traffic(90)} queries of a collection in front of a remote")
            pictures.draw(playwright, out)
        finally:
            pictures.stop()


if __name__ == "__main__":
    main()
