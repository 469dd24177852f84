"""The programs under examples/ that speak to `memvec serve` do what they say."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

from serving import REGION, REPOSITORY, shared

EXAMPLES = {
    "boto3_quickstart.py": "alien 0.0295 A crew meets it.\nsolaris 0.2452 A planet thinks.\nleft: alien solaris\n",
    "langchain_search.py": "cat 0.6151 the cat sleeps on the warm roof\nhouse 0.8259 the roof of the old house leaks\n"
                           "by id: vectors are kept on a warm disk\nafter a delete: house\n",
    "llamaindex_search.py": "dog 0.9487 the dog barks\noak 0.0000 the oak stands\nby id: the oak stands\nleft: oak\n"}


class Examples(unittest.TestCase):
    def run_example(self, *words):
        """Its output; it has to end well. Programs beside this Python are found first, as `aws` is."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={
            **os.environ, "PATH": path, "AWS_ENDPOINT_URL_S3VECTORS": shared().url, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing",
            "AWS_PAGER": ""})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_python_programs(self):
        for name, output in EXAMPLES.items():
            self.assertEqual(self.run_example(sys.executable, "-B", str(REPOSITORY / "examples" / name)), output, name)

    def test_the_aws_command_line(self):
        output = self.run_example("/bin/sh", str(REPOSITORY / "examples/aws_cli.sh"))
        self.assertIn('"vectorBucketArn": "arn:aws:s3vectors:us-east-1:123456789012:bucket/shell"', output)
        self.assertRegex(output, r'"distance": 0\.0883\d+,\s+"key": "gravity",\s+"metadata": \{\s+"year": 2013\s')
        self.assertNotIn('"key": "alien"', output)
        self.assertEqual(sorted(output.split("\n")[-2].split()), ["alien", "gravity"])


if __name__ == "__main__":
    unittest.main()
