"""The client's tests in Swift, once more on `memvec serve` as users start it, which checks signatures."""
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import swift_tests

MEMVEC = swift_tests.ROOT / ".build/debug/memvec"
KEYS = [{"accessKey": "AKID", "secretKey": "the secret"},
        {"accessKey": "ASIA", "secretKey": "a secret", "sessionToken": "token/+="}]


class OnMemvecServe(unittest.TestCase):
    def test_s3_vectors(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        keys = Path(folder.name) / "keys.json"
        keys.write_text(json.dumps({"keys": KEYS}))
        server = subprocess.Popen([MEMVEC, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--credentials", keys],
                                  text=True, stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        url = server.stdout.readline().split(" at ")[-1].strip()
        for token in ("0", "1"):
            swift_tests.run("ServerTests.ClientTests", MEMVEC_TEST_S3VECTORS=url, MEMVEC_TEST_TOKEN=token,
                            MEMVEC_TEST_S3VECTORS_LACKS="UpdateMetadataConfiguration")


if __name__ == "__main__":
    unittest.main()
