"""tools/faults does to a child process what its README says, and sees the calls of LMDB."""
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
# What a child does: three positioned writes of ten bytes, a sync after each; prints what it saw.
CHILD = """
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for n in range(3):
    try:
        print(os.pwrite(fd, b"%d" % n * 10, n * 10), end=" ")
        os.fsync(fd)
    except OSError as error:
        print("errno", error.errno, end=" ")
sys.stdout.flush()
os.rename(sys.argv[1], sys.argv[1] + ".done")
"""


class Faults(unittest.TestCase):
    def setUp(self):
        built = subprocess.run([TOOLS / "faults" / "build"], check=True, capture_output=True, text=True)
        self.library = built.stdout.strip()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = Path(self.folder.name, "data")
        self.counts = Path(self.folder.name, "counts")

    def start(self, command, plan, path=None):
        environment = dict(os.environ, LD_PRELOAD=self.library, MEMVEC_FAULTS=plan,
                           MEMVEC_FAULTS_PATH=path or self.folder.name, MEMVEC_FAULTS_COUNTS=str(self.counts))
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def child(self, plan, path=None):
        return self.start([sys.executable, "-c", CHILD, str(self.file)], plan, path)

    def counted(self):
        return {name: int(count) for name, count in map(str.split, self.counts.read_text().splitlines())}

    def written(self):
        files = [f for f in (self.file, Path(f"{self.file}.done")) if f.exists()]
        self.assertEqual(len(files), 1)
        return files[0].name, files[0].read_bytes().replace(b"\0", b"-").decode()

    def test_without_a_plan_it_only_counts(self):
        self.assertEqual(self.child("").stdout, "10 10 10 ")
        self.assertEqual(self.written(), ("data.done", "0" * 10 + "1" * 10 + "2" * 10))
        self.assertEqual(self.counted(), {"write": 0, "writev": 0, "pwrite": 3, "pwritev": 0, "ftruncate": 0,
                                          "fdatasync": 0, "fsync": 3, "rename": 1})

    def test_the_nth_call_fails_with_its_error_and_no_other(self):
        self.assertEqual(self.child("pwrite:2:ENOSPC").stdout, f"10 errno {errno.ENOSPC} 10 ")
        self.assertEqual(self.written()[1], "0" * 10 + "-" * 10 + "2" * 10)

    def test_numbers_may_be_open_or_a_range(self):
        self.assertEqual(self.child("writes:2+:EIO").stdout, f"10 errno {errno.EIO} errno {errno.EIO} ")
        self.assertEqual(self.child("syncs:1-2:EIO").stdout, f"10 errno {errno.EIO} 10 errno {errno.EIO} 10 ")

    def test_a_dropped_write_is_a_lie(self):
        self.assertEqual(self.child("pwrite:3:drop").stdout, "10 10 10 ")
        self.assertEqual(self.written()[1], "0" * 10 + "1" * 10)

    def test_half_is_told_and_torn_is_not(self):
        self.assertEqual(self.child("pwrite:3:half,pwrite:1:tear").stdout, "10 10 5 ")
        self.assertEqual(self.written()[1], "00000-----" + "1" * 10 + "22222")

    def test_a_frozen_disk_takes_nothing_more(self):
        self.assertEqual(self.child("syncs:2:freeze").stdout, "10 10 10 ")
        self.assertEqual(self.written(), ("data", "0" * 10 + "1" * 10))

    def test_kill_ends_the_process_before_or_after_the_call(self):
        self.assertEqual(self.child("rename:1:kill").returncode, -signal.SIGKILL)
        self.assertEqual(self.written()[0], "data")
        self.assertEqual(self.counted()["rename"], 1)
        self.assertEqual(self.child("rename:1:kill-after").returncode, -signal.SIGKILL)
        self.assertEqual(self.written()[0], "data.done")

    def test_writes_of_several_pieces_are_one_call(self):
        script = "import os, sys; fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); " \
                 "print(os.writev(fd, [b'ab', b'cdef']), os.pwritev(fd, [b'gh', b'ijkl'], 6))"
        child = self.start([sys.executable, "-c", script, str(self.file)], "writev:1:half,pwritev:1:tear")
        self.assertEqual((child.stdout, self.written()[1]), ("3 6\n", "abc---ghi"))

    def test_other_files_are_left_alone(self):
        self.assertEqual(self.child("any:1+:EIO", path="/another/").stdout, "10 10 10 ")

    def test_a_wrong_plan_is_refused(self):
        for plan in ("pwrite", "pwrite:0:EIO", "pwrite:2-1:EIO", "pwrite:x:EIO", "read:1:EIO", "pwrite:1:EWHAT"):
            result = self.child(plan)
            self.assertEqual((result.returncode, plan in result.stderr), (97, True), plan)

    def test_the_calls_of_lmdb_are_seen(self):
        program = Path(self.folder.name, "commits")
        compiler = os.environ.get("CC") or shutil.which("cc") or "clang"
        subprocess.run([compiler, TOOLS / "tests" / "lmdb_commits.c", "-o", program, "-llmdb"], check=True)
        environment = Path(self.folder.name, "store")
        environment.mkdir()

        def commits(plan):
            return self.start([program, environment, "5"], plan, path="store/").stdout.split()
        self.assertEqual(commits(""), ["5", "5", "0"])
        counts = self.counted()
        self.assertGreaterEqual(counts["fdatasync"], 5)
        self.assertGreaterEqual(counts["pwrite"] + counts["writev"], 11)
        done, _, code = commits("syncs:3:EIO")
        self.assertEqual((done, code), ("2", str(errno.EIO)))
        self.assertEqual(commits("writes:4+:ENOSPC")[2], str(errno.ENOSPC))


if __name__ == "__main__":
    unittest.main()
