"""What is in ops/: rules, the dashboard, the unit, and the man pages that tools/release makes."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
OPS = REPOSITORY / "ops"
METRIC = re.compile(r"memvec_[a-z_]+")
# What a histogram is called in queries.
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def metrics_of_the_server():
    """Names that the server's lists of metrics declare."""
    found = set()
    for path in (REPOSITORY / "Sources/Server").rglob("*.swift"):
        found |= set(re.findall(r'"(memvec_[a-z_]+)", \.(?:counter|gauge|histogram)\b', path.read_text()))
    return found


def expressions():
    """Each PromQL of the dashboard."""
    board = json.loads((OPS / "grafana.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


class Ops(unittest.TestCase):
    def test_every_metric_that_is_asked_for_is_there(self):
        known = metrics_of_the_server()
        self.assertGreater(len(known), 15)
        asked = {name for expression in expressions() for name in METRIC.findall(expression)}
        asked |= set(METRIC.findall((OPS / "alerts.yaml").read_text()))
        self.assertGreater(len(asked), 12)
        self.assertEqual({SUFFIX.sub("", name) for name in asked} - known, set())

    def test_settings_of_the_package_are_options_of_serve(self):
        source = (REPOSITORY / "Sources/CLI/Commands/Serve.swift").read_text()
        options = {re.sub(r"([A-Z])", lambda found: "-" + found[1].lower(), name)
                   for name in re.findall(r"    var (\w+)", source)} | {"root"}
        text = (OPS / "serve.conf").read_text()
        names = re.findall(r"^#?([a-z-]+) = ", text, re.M)
        self.assertGreater(len(names), 5)
        self.assertEqual(set(names) - options, set())

    def test_man_pages_of_a_command_and_of_those_below_it(self):
        tree = {"command": {
            "commandName": "memvec", "abstract": "Vectors.", "discussion": ".dots first\nand 'quotes'",
            "arguments": [{"kind": "option", "names": [{"kind": "long", "name": "ram-budget"}], "valueName": "size",
                           "abstract": "Size.", "defaultValue": "10%", "isOptional": True},
                          {"kind": "flag", "names": [{"kind": "long", "name": "hidden"}], "shouldDisplay": False}],
            "subcommands": [{"commandName": "put", "abstract": "Put.", "arguments": [
                {"kind": "positional", "valueName": "folder", "abstract": "The folder.", "isOptional": False}]}]}}
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, str(REPOSITORY / "tools/man_pages.py"), "1.2.3", folder],
                                  input=json.dumps(tree), capture_output=True, text=True, check=True)
            self.assertIn("2 man pages", done.stdout)
            whole = pathlib.Path(folder, "memvec.1").read_text()
            self.assertIn('.TH MEMVEC 1 "" "memvec 1.2.3"', whole)
            self.assertIn("\\-\\-ram\\-budget <size>", whole)
            self.assertIn("(default: 10%)", whole)
            self.assertIn("\n\\&.dots first", whole)
            self.assertIn("memvec\\-put", whole)
            self.assertNotIn("hidden", whole)
            self.assertIn("<folder>", pathlib.Path(folder, "memvec-put.1").read_text())


if __name__ == "__main__":
    unittest.main()
