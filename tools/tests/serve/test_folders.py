"""A served folder in which others work, too: what they made is seen, and nothing of theirs is removed."""
import fcntl
import subprocess
import tempfile
import unittest
from pathlib import Path

from botocore.exceptions import ClientError
from serving import MEMVEC, Server, record

INDEX = {"vectorBucketName": "books", "indexName": "novels"}


class Folders(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name, "data")

    def serve(self):
        server = Server(str(self.root))
        self.addCleanup(server.stop)
        return server.client()

    def create(self, place):
        subprocess.run([MEMVEC, "create", self.root / place, "--dimension", "2", "--metric", "euclidean"], check=True,
                       capture_output=True)

    def refused(self, status, call, **request):
        with self.assertRaises(ClientError) as caught:
            call(**request)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return caught.exception.response["Error"]["Message"]

    def test_what_is_not_the_servers_outlives_its_start(self):
        names = [".old-photos/2019/beach.txt", ".new-year/plan.txt", "books/.old-notes/a.txt"]
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine")
        self.create("books/novels")
        self.serve().get_index(**INDEX)
        for name in names:
            self.assertEqual((self.root / name).read_text(), "mine")

    def test_a_collection_made_by_the_command_line_is_an_index_of_a_bucket(self):
        self.create("books/novels")
        client = self.serve()
        self.assertEqual([one["vectorBucketName"] for one in client.list_vector_buckets()["vectorBuckets"]], ["books"])
        made = client.get_vector_bucket(vectorBucketName="books")["vectorBucket"]["creationTime"]
        self.refused(409, client.create_vector_bucket, vectorBucketName="books")
        client.put_vectors(**INDEX, vectors=[record("a", [1, 2])])
        self.assertEqual([one["key"] for one in client.list_vectors(**INDEX)["vectors"]], ["a"])
        self.create("books/plays")                                # while the server runs
        self.assertEqual(len(client.list_indexes(vectorBucketName="books")["indexes"]), 2)
        client.put_vector_bucket_policy(vectorBucketName="books", policy="{}")
        self.assertEqual(client.get_vector_bucket(vectorBucketName="books")["vectorBucket"]["creationTime"], made)
        for name in ("novels", "plays"):
            client.delete_index(vectorBucketName="books", indexName=name)
        client.delete_vector_bucket(vectorBucketName="books")
        self.assertFalse((self.root / "books").exists())

    def test_a_collection_that_another_process_writes_is_not_deleted(self):
        self.create("books/novels")
        client = self.serve()
        folder = self.root / "books" / "novels"
        with open(folder / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            message = self.refused(503, client.delete_index, **INDEX)
            self.assertNotIn(str(self.root), message)
            self.assertTrue((folder / "memvec.json").exists())
        client.delete_index(**INDEX)
        self.assertFalse(folder.exists())


if __name__ == "__main__":
    unittest.main()
