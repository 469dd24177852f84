"""The fetch of Wikipedia's dump from a stand-in of its server: in one go, resumed, and damaged."""
import hashlib
import http.server
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from dataset_makers import simplewiki  # noqa: E402

DUMP = bytes(range(256)) * 5000


class Dumps(http.server.BaseHTTPRequestHandler):
    ranges = []
    body = DUMP

    def do_GET(self):
        if self.path.endswith(simplewiki.SUMS):
            name = "simplewiki-20261101-pages-articles.xml.bz2"
            return self.answer(200, f"00aa  other.gz\n{hashlib.sha1(DUMP).hexdigest()}  {name}\n".encode())
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        if not asked:
            return self.answer(200, self.body)
        first = int(asked.removeprefix("bytes=").rstrip("-"))
        return self.answer(416, b"") if first >= len(self.body) else self.answer(206, self.body[first:])

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class SimpleWiki(unittest.TestCase):
    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dumps)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)
        Dumps.ranges, Dumps.body = [], DUMP
        patch = mock.patch.object(simplewiki, "SERVER", f"http://127.0.0.1:{server.server_port}")
        patch.start()
        self.addCleanup(patch.stop)

    def partial(self, content):
        path = self.out / ".simplewiki.partial" / "simplewiki.xml.bz2"
        path.parent.mkdir()
        path.write_bytes(content)

    def test_a_dump_is_fetched_whole(self):
        made = simplewiki.make(self.out)
        self.assertEqual((made / "simplewiki.xml.bz2").read_bytes(), DUMP)
        self.assertTrue((made / "manifest.json").is_file())
        self.assertEqual(Dumps.ranges, [None])

    def test_a_fetch_that_was_ended_goes_on(self):
        self.partial(DUMP[:70_000])
        made = simplewiki.make(self.out)
        self.assertEqual((made / "simplewiki.xml.bz2").read_bytes(), DUMP)
        self.assertEqual(Dumps.ranges, ["bytes=70000-"])

    def test_a_whole_one_is_only_checked(self):
        self.partial(DUMP)
        simplewiki.make(self.out)
        self.assertEqual(Dumps.ranges, [f"bytes={len(DUMP)}-"])

    def test_another_one_is_thrown_away(self):
        Dumps.body = DUMP[::-1]
        with self.assertRaisesRegex(RuntimeError, "sha1"):
            simplewiki.make(self.out)
        self.assertFalse((self.out / "simplewiki").exists())
        self.assertFalse((self.out / ".simplewiki.partial" / "simplewiki.xml.bz2").exists())


if __name__ == "__main__":
    unittest.main()
