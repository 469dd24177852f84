"""`memvec doctor`: the machine, a disk, and the way to a server of S3 Vectors."""
import json
import os
import subprocess
import tempfile
import unittest

from serving import MEMVEC, REGION, Server

KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_EC2_METADATA_DISABLED": "true"}


def examine(*words, keys=True):
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= KEYS if keys else {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    done = subprocess.run([MEMVEC, "doctor", *words, "--json"], capture_output=True, text=True, env=env, timeout=120)
    told = json.loads(done.stdout)
    found = {finding["name"]: finding for finding in told["findings"]}
    states = [finding["state"] for finding in told["findings"]]
    assert told["failures"] == states.count("failure") and told["warnings"] == states.count("warning"), told
    assert (done.returncode == 1) == (told["failures"] > 0), (done.returncode, told)
    # Whoever is told of something is told what to do.
    assert all(("advice" in finding) == (finding["state"] != "fine") for finding in told["findings"]), told
    return found


class Doctor(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def test_a_disk_and_the_machine(self):
        found = examine(self.folder)
        self.assertLessEqual(
            {"processor", "memory", "address space", "maps", "files", "file system", "space", "speed", "fsync"},
            set(found))
        self.assertNotIn("service", found)
        self.assertEqual(os.listdir(self.folder), [], "its file is gone")

    def test_a_folder_that_is_not_there(self):
        found = examine(self.folder + "/nowhere")
        self.assertEqual(found["disk"]["state"], "failure")
        self.assertIn("nowhere", found["disk"]["text"])

    def test_a_disk_in_ram_is_told(self):
        if not os.path.isdir("/dev/shm"):
            self.fail("this system has no /dev/shm to look at")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            self.assertEqual(examine(folder)["file system"]["state"], "warning")

    def test_a_limit_of_the_address_space_is_a_failure(self):
        done = subprocess.run(["bash", "-c", f'ulimit -v 300000000; exec "{MEMVEC}" doctor "{self.folder}" --json'],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 1)
        found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
        self.assertEqual(found["address space"]["state"], "failure")

    def test_a_server_that_answers(self):
        server = Server("--ephemeral")
        self.addCleanup(server.stop)
        found = examine(self.folder, "--endpoint", server.url, "--region", REGION)
        self.assertEqual([found[name]["state"] for name in ("keys", "service", "clock")], ["fine"] * 3, found)
        self.assertIn("the environment", found["keys"]["text"])
        self.assertNotIn("thing", json.dumps(found), "a secret is never told")

    def test_nobody_answers(self):
        found = examine(self.folder, "--endpoint", "http://127.0.0.1:9", "--region", REGION)
        self.assertEqual(found["service"]["state"], "failure")

    def test_no_keys_for_amazon(self):
        found = examine(self.folder, "--region", REGION, keys=False)
        self.assertEqual(found["keys"]["state"], "failure")


if __name__ == "__main__":
    unittest.main()
