"""Options of `memvec serve` from a file, from the environment and from the command line; keys read again at SIGHUP."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from serving import MEMVEC, REGION


class Settings(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w") as file:
            file.write(text)
        return path

    def serve(self, *words, **variables):
        """The process and where it listens."""
        process = subprocess.Popen([MEMVEC, "serve", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, **variables})
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        line = process.stdout.readline()
        self.assertIn("serving", line, process.stderr.read() if not line else "")
        return process, line.split(" at ")[1].strip(), line.split("serving ")[1].split(" at ")[0]

    def refused(self, *words, **variables):
        done = subprocess.run([MEMVEC, "serve", *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **variables})
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_the_command_line_counts_before_variables_and_these_before_the_file(self):
        other = f"{self.folder}/other"
        path = self.write("serve.conf", f"""
            # what the service runs with
            root = {self.folder}/data
            listen = 127.0.0.1:1
            lenient-filters = on
            max-connections = 7
        """)
        process, url, root = self.serve("--settings", path, "--listen", "127.0.0.1:0",
                                        MEMVEC_SERVE_LISTEN="127.0.0.1:2")
        self.assertEqual(root, f"{self.folder}/data")
        self.assertNotIn(url.rsplit(":", 1)[1], ("1", "2"))
        _, url, _ = self.serve(MEMVEC_SERVE_SETTINGS=path, MEMVEC_SERVE_LISTEN="127.0.0.1:0",
                               MEMVEC_SERVE_ROOT=f"{self.folder}/third", MEMVEC_SERVE_LENIENT_FILTERS="off")
        self.assertNotEqual(url.rsplit(":", 1)[1], "1")
        process.terminate()
        _, _, root = self.serve(other, "--settings", path, "--listen=127.0.0.1:0")
        self.assertEqual(root, other)

    def test_what_is_wrong_is_named_with_its_place(self):
        self.assertIn("line 2", self.refused("--settings", self.write("a", "\nlissen = 1")))
        self.assertIn("--lissen", self.refused("--settings", self.write("a", "lissen = 1")))
        self.assertIn("no NAME = VALUE", self.refused("--settings", self.write("a", "listen")))
        self.assertIn("on or off", self.refused("--settings", self.write("a", "ephemeral = perhaps")))
        self.assertIn("cannot be read", self.refused("--settings", self.folder + "/nowhere"))
        self.assertIn("MEMVEC_SERVE_EPHEMERAL", self.refused(MEMVEC_SERVE_EPHEMERAL="x"))

    def client(self, url, key):
        return boto3.client("s3vectors", endpoint_url=url, region_name=REGION, aws_access_key_id=key,
                            aws_secret_access_key="secret-" + key, config=Config(retries={"max_attempts": 1}))

    def may(self, url, key):
        try:
            self.client(url, key).list_vector_buckets()
            return True
        except ClientError as error:
            self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 403)
            return False

    def test_keys_are_read_again_at_sighup_and_stay_where_the_file_is_no_use(self):
        def keys(*names):
            return json.dumps({"keys": [{"accessKey": name, "secretKey": "secret-" + name} for name in names]})

        path = self.write("keys.json", keys("AKONE"))
        process, url, _ = self.serve(f"{self.folder}/data", "--listen", "127.0.0.1:0", "--credentials", path)
        self.assertTrue(self.may(url, "AKONE") and not self.may(url, "AKTWO"))
        self.write("keys.json", keys("AKTWO"))
        process.send_signal(signal.SIGHUP)
        self.assertIn("1 access key read", process.stderr.readline())
        self.assertTrue(self.may(url, "AKTWO") and not self.may(url, "AKONE"))
        self.write("keys.json", "{")
        process.send_signal(signal.SIGHUP)
        self.assertIn("stay as they were", process.stderr.readline())
        self.assertTrue(self.may(url, "AKTWO"))


if __name__ == "__main__":
    unittest.main()
