"""A served folder outlives its server: after a stop and after a kill everything is there; an ephemeral one is gone."""
import os
import signal
import tempfile
import unittest
from pathlib import Path

from serving import Server, record

INDEX = {"vectorBucketName": "films", "indexName": "by-plot"}


class Restart(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = str(Path(folder.name, "data"))

    def fill(self, client):
        client.create_vector_bucket(vectorBucketName="films", tags={"team": "a"})
        client.put_vector_bucket_policy(vectorBucketName="films", policy='{"Statement": []}')
        client.create_index(**INDEX, dataType="float32", dimension=2, distanceMetric="cosine", tags={"of": "index"},
                            metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
        client.put_vectors(**INDEX, vectors=[record(f"k{number}", ([1, number], {"n": number, "text": "é"}))
                                             for number in range(500)])
        client.delete_vectors(**INDEX, keys=["k7"])

    def look(self, client):
        arn = client.get_index(**INDEX)["index"]["indexArn"]
        told = [client.get_vector_bucket(vectorBucketName="films"), client.get_index(**INDEX),
                client.get_vector_bucket_policy(vectorBucketName="films"), client.list_vector_buckets(),
                client.list_tags_for_resource(resourceArn=arn), client.list_indexes(vectorBucketName="films"),
                client.list_vectors(**INDEX, maxResults=1000, returnData=True, returnMetadata=True),
                client.query_vectors(**INDEX, topK=100, queryVector={"float32": [1, 3]}, returnMetadata=True,
                                     returnDistance=True, filter={"n": {"$lt": 50}})]
        for one in told:
            del one["ResponseMetadata"]
        self.assertEqual(len(told[-2]["vectors"]), 499)
        self.assertEqual(len(told[-1]["vectors"]), 49)
        return told

    def test_after_a_stop_and_after_a_kill_all_is_there(self):
        server = Server(self.folder)
        self.fill(server.client())
        before = self.look(server.client())
        self.assertEqual(server.stop(), 0)
        server = Server(self.folder)
        self.assertEqual(self.look(server.client()), before)
        listed = server.client().list_vectors(**INDEX, maxResults=100)
        os.kill(server.process.pid, signal.SIGKILL)
        server.stop()
        server = Server(self.folder)
        self.assertEqual(self.look(server.client()), before)
        more = server.client().list_vectors(**INDEX, maxResults=1000, nextToken=listed["nextToken"])
        keys = [one["key"] for one in listed["vectors"] + more["vectors"]]
        self.assertEqual((len(keys), len(set(keys))), (499, 499))   # a listing goes on after a restart
        self.assertEqual(server.stop(), 0)

    def test_what_is_ephemeral_is_gone(self):
        server = Server()
        self.fill(server.client())
        self.assertTrue(Path(server.folder, "films", "by-plot").is_dir())
        self.assertEqual(server.stop(), 0)
        self.assertFalse(Path(server.folder).exists())


if __name__ == "__main__":
    unittest.main()
