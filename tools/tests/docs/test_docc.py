"""The library's documentation: every public declaration has a doc comment, and every link leads somewhere."""
import os
import subprocess
import unittest
from pathlib import Path

from documents import REPOSITORY
from running import MEMVEC


class DocC(unittest.TestCase):
    def test_it_is_whole(self):
        done = subprocess.run([REPOSITORY / "tools/docc"], capture_output=True, text=True,
                              env={**os.environ, "MEMVEC_BUILD": str(Path(MEMVEC).resolve().parent)})
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
