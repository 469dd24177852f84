"""The access log of a disk that is full for a while: a line that was cut is a line of its own."""
import json
import resource
import signal
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

from serving import MEMVEC

LIMIT = 1000


class FullDisk(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.log = self.folder / "access.log"
        # No file may grow beyond the limit, as on a full disk: the signal is ignored, so that writing fails.
        self.process = subprocess.Popen(
            [MEMVEC, "serve", str(self.folder / "data"), "--listen", "127.0.0.1:0", "--access-log", str(self.log)],
            stdout=subprocess.PIPE, text=True, restore_signals=False, preexec_fn=self.limit)
        self.addCleanup(lambda: (self.process.kill(), self.process.communicate()))
        self.url = self.process.stdout.readline().split(" at ")[1].strip()

    @staticmethod
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def ask(self):
        urllib.request.urlopen(self.url + "/health").close()

    def test_the_next_line_begins_anew(self):
        while self.log.stat().st_size < LIMIT:
            self.ask()
        cut = self.log.read_text().split("\n")[-1]                # empty where the limit is a line's end, by chance
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        for _ in range(2):
            self.ask()
        self.process.terminate()                                  # it writes what waits before it ends
        self.process.wait(30)
        lines, broken = self.log.read_text().splitlines(), []
        for line in lines:
            try:
                json.loads(line)
            except ValueError:
                broken.append(line)
        self.assertEqual(broken, [cut] if cut else [])
        self.assertGreaterEqual(len(lines) - len(broken), self.log.read_text()[:LIMIT].count("\n") + 2)


if __name__ == "__main__":
    unittest.main()
