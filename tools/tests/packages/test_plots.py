"""tools/plots draws what memvec bench --report keeps: a page that needs nothing else, and a file for each plot."""
import copy
import html.parser
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2]


def cell(cache, policy, keys):
    """100 queries of 1 ms to 100 ms."""
    windows = [{"seconds": float(at), "queries": 50, "p50Milliseconds": 50.0, "p99Milliseconds": 99.0,
                "withoutCold": 0.5, "ram": 0.25, "warm": 0.25, "cold": 0.5} for at in (1, 2)]
    return {"cachePercent": cache, "candidates": 200, "policy": policy, "queries": 100, "queriesPerSecond": 42.0,
            "recall": 0.98, "retainedRecall": 0.991, "errors": {}, "timeline": windows,
            "latency": {"p50Milliseconds": 50.0, "p95Milliseconds": 95.0, "p99Milliseconds": 99.0,
                        "p999Milliseconds": 100.0, "maxMilliseconds": 100.0,
                        "buckets": [[ms * 1_000_000, 1] for ms in range(1, 101)]},
            "use": {"hits": {"ram": 500, "warm": 250, "cold": 250, "index": 0}, "queriesWithoutCold": 60},
            "store": {"keysPerQuery": keys, "dollarsPerMillion": 2.0, "aloneDollarsPerMillion": 4.0},
            "bytes": {"processAnonymous": 1 << 27}}


REPORT = {
    "kind": "memvec bench", "form": 1, "time": "2026-01-01T00:00:00Z", "machine": {"cores": 2, "processor": "<b>"},
    "settings": {"vectors": 1000, "dimension": 3, "store": "simulated", "simulatedLatency": "80ms", "workload": "zipf",
                 "seed": 7, "clients": 1, "warmup": 10, "count": 100, "k": 10},
    "cellsAsked": 4, "cells": [cell(c, p, k) for c in (1, 20) for p, k in (("off", 9.0), ("calibrated", 2.0))]}


class References(html.parser.HTMLParser):
    """What a page would load."""

    def __init__(self):
        super().__init__()
        self.found, self.tags = [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.found += [value for name, value in attributes
                       if name in ("src", "href", "xlink:href", "action") and not (value or "").startswith("#")]


class Plots(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, report, *words):
        (self.folder / "report.json").write_text(json.dumps(report))
        return subprocess.run([sys.executable, "-B", TOOLS / "plotting/report.py", self.folder / "report.json", *words],
                              capture_output=True, text=True)

    def page(self, report):
        done = self.start(report, "--html", self.folder / "page.html")
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / "page.html").read_text()

    def test_a_page_holds_all_plots_and_loads_nothing(self):
        text = self.page(REPORT)
        parser = References()
        parser.feed(text)
        self.assertEqual(parser.found, [])
        self.assertFalse({"script", "link", "img", "iframe"} & parser.tags)
        self.assertEqual(re.findall(r"@import|url\((?!#)", text), [])
        self.assertEqual(text.count("<svg"), 6)
        self.assertIn("prefers-color-scheme: dark", text)
        for said in ("1,000 x 3", "a simulated store of 80ms", "50 %", "0.9910", "&lt;b&gt;"):
            self.assertIn(said, text)

    def test_a_page_says_what_failed_and_what_was_not_done(self):
        report = copy.deepcopy(REPORT)
        report["cells"] = report["cells"][:1]
        report["cells"][0] |= {"errors": {"closed": 3}, "firstError": "it is <closed>"}
        text = self.page(report)
        self.assertIn("3 queries failed, the first: it is &lt;closed&gt;", text)
        self.assertIn("1 of 4 cells were done", text)

    def test_without_a_store_there_are_no_plots_of_one(self):
        report = copy.deepcopy(REPORT)
        report["settings"] |= {"store": "none"}
        for one in report["cells"]:
            del one["store"], one["retainedRecall"]
        done = self.start(report, "--out", self.folder / "plots")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(path.name for path in (self.folder / "plots").iterdir()),
                         ["hits-over-time.svg", "latency-over-time.svg", "latency.svg"])

    def test_what_is_no_report_is_refused_by_name(self):
        for report in ({"kind": "other"}, REPORT | {"cells": []}, REPORT | {"form": 2}):
            done = self.start(report, "--html", self.folder / "page.html")
            self.assertEqual(done.returncode, 1)
            self.assertIn("report.json: ", done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
