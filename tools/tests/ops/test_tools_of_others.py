"""What others' tools say of ops/ and of a release: `tools/test --full` runs it.

The release is built and tried in a bare Debian, for which this wants to be root.
"""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
OPS = REPOSITORY / "ops"


class ToolsOfOthers(unittest.TestCase):
    def test_promtool_takes_the_rules_and_what_the_dashboard_asks(self):
        board = json.loads((OPS / "grafana.json").read_text())
        asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        rules = {"groups": [{"name": "dashboard", "rules": [
            {"record": f"dashboard:panel:{number}", "expr": expression.replace("$instance", ".*")}
            for number, expression in enumerate(asked)]}]}
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/dashboard.yaml"
            pathlib.Path(path).write_text(json.dumps(rules))
            subprocess.run(["promtool", "check", "rules", path, str(OPS / "alerts.yaml")], check=True,
                           stdout=subprocess.DEVNULL)
        subprocess.run(["promtool", "test", "rules", str(OPS / "alerts_test.yaml")], check=True,
                       stdout=subprocess.DEVNULL)

    def test_the_unit_is_hardened(self):
        told = subprocess.run(["systemd-analyze", "security", "--offline=yes", str(OPS / "memvec.service")], check=True,
                              capture_output=True, text=True).stdout
        self.assertLess(float(re.search(r"exposure level[^:]*: ([0-9.]+)", told)[1]), 2.5, told)

    def test_a_release_runs_where_there_is_no_swift(self):
        done = subprocess.run([str(REPOSITORY / "tools/release"), "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("passed  "), 4, done.stdout)


if __name__ == "__main__":
    unittest.main()
