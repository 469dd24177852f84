"""The library's documentation: every public declaration has a doc comment, and every link leads somewhere."""
import subprocess
import unittest

from documents import REPOSITORY


class DocC(unittest.TestCase):
    def test_it_is_whole(self):
        done = subprocess.run([REPOSITORY / "tools/docc"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
