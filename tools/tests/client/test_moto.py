"""The client's tests in Swift, once more on moto's server: another's implementation of what our fakes play."""
import os
import subprocess
import unittest
import urllib.request
from pathlib import Path

from moto_server import MotoServer

ROOT = Path(__file__).resolve().parents[3]


def swift_tests(pattern, **environment):
    """Runs the tests that match, of the build that is there, and fails with what failed."""
    done = subprocess.run(["swift", "test", "--skip-build", "--filter", pattern], cwd=ROOT, text=True,
                          env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    failed = "\n".join(line for line in done.stdout.splitlines() if line.startswith("✘") or "error:" in line)
    if done.returncode != 0:
        raise AssertionError(failed or done.stdout[-4000:])


class OnMoto(unittest.TestCase):
    def setUp(self):
        self.server = MotoServer()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)

    def test_plain_s3(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.server.url}/bucket", method="PUT")).close()
        swift_tests("S3VectorsTests.Object", MEMVEC_TEST_S3=self.server.url)
        for method in ("GET", "PUT", "DELETE"):
            self.assertGreater(self.server.requests[method, "bucket"], 50, self.server.requests)


if __name__ == "__main__":
    unittest.main()
