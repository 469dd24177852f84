"""Options of `memvec serve` from a file, from the environment and from the command line; keys read again at SIGHUP."""
import json
import os
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

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

    def test_an_empty_value_counts_as_none(self):
        # A server that takes the empty folder for / ends at the keys, before it touches anything there.
        keys = ("--credentials", f"{self.folder}/nowhere.json")
        self.assertIn("name a folder", self.refused(*keys, MEMVEC_SERVE_ROOT=""))
        self.assertIn("name a folder", self.refused("", *keys))
        self.assertIn("name a folder", self.refused("--settings", self.write("a", "root =\nlisten ="), *keys))
        path = self.write("b", f"root = {self.folder}/data\nlisten = 127.0.0.1:0\ncredentials =\nephemeral =\n")
        names = ("LISTEN", "SETTINGS", "CREDENTIALS", "ROOT", "ALLOW_HOST", "EPHEMERAL", "LENIENT_FILTERS")
        empty = {"MEMVEC_SERVE_" + name: "" for name in names}
        # The file's counts where the variable is empty, and no word is taken for the value that is not there.
        _, _, root = self.serve("--settings", path, **empty)
        self.assertEqual(root, f"{self.folder}/data")
        _, _, root = self.serve(f"{self.folder}/er", **{**empty, "MEMVEC_SERVE_LISTEN": "127.0.0.1:0"})
        self.assertEqual(root, f"{self.folder}/er")

    def test_lines_may_end_as_on_windows(self):
        lines = ("# settings", f"root = {self.folder}/data", "listen = 127.0.0.1:0", "")
        path = f"{self.folder}/windows.conf"
        with open(path, "w", newline="") as file:
            file.write("\r\n".join(lines))
        self.assertEqual(self.serve("--settings", path)[2], f"{self.folder}/data")

    def answers_to(self, url, name):
        request = urllib.request.Request(url + "/health", headers={"Host": name})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 403)
            return False

    def test_names_of_hosts_are_overruled_and_not_added_to(self):
        path = self.write("hosts", f"root = {self.folder}/a\nlisten = 127.0.0.1:0\n"
                                   "allow-host = file.lan\nallow-host = also.lan\n")
        cases = (((), {}, "file.lan also.lan"), ((), {"MEMVEC_SERVE_ALLOW_HOST": "variable.lan"}, "variable.lan"),
                 (("--allow-host=word.lan",), {"MEMVEC_SERVE_ALLOW_HOST": "variable.lan"}, "word.lan"))
        for words, variables, expected in cases:
            process, url, _ = self.serve("--settings", path, *words, **variables)
            names = ("file.lan", "also.lan", "variable.lan", "word.lan")
            self.assertEqual([name for name in names if self.answers_to(url, name)], expected.split())
            process.terminate()
            process.wait(timeout=60)

    def test_a_variable_turns_off_a_flag_of_the_file(self):
        path = self.write("flags", f"root = {self.folder}/a\nlisten = 127.0.0.1:0\nlenient-filters = on\n")
        # Takes what S3 Vectors refuses only where the flag is on.
        for variables, is_lenient in (({}, True), ({"MEMVEC_SERVE_LENIENT_FILTERS": "off"}, False)):
            process, url, _ = self.serve("--settings", path, **variables)
            client = self.client(url, "ANY")
            if is_lenient:
                client.create_vector_bucket(vectorBucketName="demo")
                client.create_index(vectorBucketName="demo", indexName="items", dataType="float32", dimension=2,
                                    distanceMetric="cosine")
            query = {"vectorBucketName": "demo", "indexName": "items", "topK": 1, "queryVector": {"float32": [1, 2]}}
            try:
                client.query_vectors(**query, filter={})
                self.assertTrue(is_lenient)
            except ClientError as error:
                self.assertFalse(is_lenient, error)
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
            process.terminate()
            process.wait(timeout=60)

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
        misspelt = {"accessKey": "AKONE", "secretKey": "secret-AKONE", "ReadOnly": True}
        for text, reason in (("{", "is not {"), (json.dumps({"keys": [misspelt]}), '"ReadOnly"; possible are')):
            self.write("keys.json", text)
            process.send_signal(signal.SIGHUP)
            said = process.stderr.readline()
            self.assertIn("stay as they were", said)
            self.assertIn(reason, said)
            self.assertTrue(self.may(url, "AKTWO") and not self.may(url, "AKONE"))


if __name__ == "__main__":
    unittest.main()
