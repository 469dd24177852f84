"""What `memvec new` writes is built, and its tests pass. Minutes: the packages build MemVec themselves, once for all.

MEMVEC_TEMPLATES names a folder that keeps that build.
"""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
MEMVEC = os.environ.get("MEMVEC", str(REPOSITORY / ".build/debug/memvec"))


class Templates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.build = Path(os.environ.get("MEMVEC_TEMPLATES", cls.folder / "build")).resolve()

    def package(self, kind, name, *options):
        made = subprocess.run([MEMVEC, "new", kind, name, "--memvec", REPOSITORY, *options], cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        done = subprocess.run(["swift", "test", "--scratch-path", self.build], cwd=self.folder / name,
                              capture_output=True, text=True)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, said[-4000:])
        self.assertRegex(said, r"Test run with \d+ tests? .*passed")
        warnings = [line for line in said.splitlines() if "warning:" in line and f"/{name}/" in line]
        self.assertEqual(warnings, [])

    def test_an_embedder(self):
        self.package("embedder", "Shouting")

    def test_an_index(self):
        self.package("index", "Bytes")

    def test_an_eviction_policy(self):
        self.package("policy", "Oldest")

    def test_a_routing_policy(self):
        self.package("policy", "Likeliest", "--kind", "routing")


if __name__ == "__main__":
    unittest.main()
