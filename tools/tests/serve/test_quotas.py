"""10,000 buckets, and 10,000 indexes in a bucket: the last is made, one more is refused with 402."""
import shutil
import tempfile
import unittest
from pathlib import Path

from botocore.exceptions import ClientError
from serving import Server

LIMIT = 10_000
SETTINGS = {"dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}


class Quotas(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        server = Server(str(self.folder))
        self.addCleanup(server.stop)
        self.client = server.client()
        self.client.create_vector_bucket(vectorBucketName="first")
        self.client.create_index(vectorBucketName="first", indexName="first", **SETTINGS)

    def copy(self, thing, file, count):
        """So many more of a thing: folders with the file that makes them such. The server looks at each request."""
        for number in range(count):
            folder = thing.parent / f"copy-{number}"
            folder.mkdir()
            shutil.copy(thing / file, folder / file)

    def check(self, create, delete, list_all):
        create("one-short")
        self.assertEqual(len(list_all()), LIMIT)
        with self.assertRaises(ClientError) as caught:
            create("one-more")
        answer = caught.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]),
                         ("ServiceQuotaExceededException", 402))
        delete("one-short")
        create("one-more")
        self.assertEqual(len(set(list_all())), LIMIT)

    def test_buckets(self):
        self.copy(self.folder / "first", "bucket.json", LIMIT - 2)
        pages = self.client.get_paginator("list_vector_buckets")
        self.check(lambda name: self.client.create_vector_bucket(vectorBucketName=name),
                   lambda name: self.client.delete_vector_bucket(vectorBucketName=name),
                   lambda: [one["vectorBucketName"] for page in pages.paginate() for one in page["vectorBuckets"]])

    def test_indexes(self):
        self.copy(self.folder / "first" / "first", "memvec.json", LIMIT - 2)
        of, pages = {"vectorBucketName": "first"}, self.client.get_paginator("list_indexes")
        self.check(lambda name: self.client.create_index(**of, indexName=name, **SETTINGS),
                   lambda name: self.client.delete_index(**of, indexName=name),
                   lambda: [one["indexName"] for page in pages.paginate(**of) for one in page["indexes"]])


if __name__ == "__main__":
    unittest.main()
