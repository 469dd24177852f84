"""With --credentials boto3's signatures are verified, on every path, and keys reach what their file says."""
import json
import tempfile
import unittest
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from serving import REGION, Server, record

KEYS = {"keys": [
    {"accessKey": "ALL", "secretKey": "secret/+=1"},
    {"accessKey": "TOKEN", "secretKey": "secret2", "sessionToken": "a/token+="},
    {"accessKey": "SOME", "secretKey": "secret3", "buckets": ["media", "test-*"]},
    {"accessKey": "READ", "secretKey": "secret4", "readOnly": True}]}
INDEX = {"vectorBucketName": "media", "indexName": "films"}


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        file = Path(folder.name, "keys.json")
        file.write_text(json.dumps(KEYS))
        cls.server = Server("--ephemeral", "--credentials", str(file))
        cls.addClassCleanup(cls.server.stop)
        client = cls.client("ALL", "secret/+=1")
        for bucket in ("media", "other"):
            client.create_vector_bucket(vectorBucketName=bucket)
        client.create_index(**INDEX, dataType="float32", dimension=2, distanceMetric="cosine")

    @classmethod
    def client(cls, key, secret, token=None, region=REGION):
        return boto3.client(
            "s3vectors", endpoint_url=cls.server.url, region_name=region, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, config=Config(retries={"total_max_attempts": 1}))

    def refused(self, code, call, **request):
        with self.assertRaises(ClientError) as caught:
            call(**request)
        answer = caught.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (code, 403))

    def test_good_signatures_on_bodies_paths_and_queries(self):
        for client in (self.client("ALL", "secret/+=1"), self.client("TOKEN", "secret2", "a/token+=")):
            client.put_vectors(**INDEX, vectors=[record("é 語", ([1, 2], {"note": "ü🙂"}))])
            arn = client.get_index(**INDEX)["index"]["indexArn"]
            client.tag_resource(resourceArn=arn, tags={"k 1": "v", "b+c": "v", "a/b": "ü"})
            client.untag_resource(resourceArn=arn, tagKeys=["k 1", "b+c", "a/b"])
            self.assertEqual(client.list_tags_for_resource(resourceArn=arn)["tags"], {})
            hits = client.query_vectors(**INDEX, topK=1, queryVector={"float32": [1, 2]})["vectors"]
            self.assertEqual(hits, [{"key": "é 語"}])

    def test_wrong_ones(self):
        self.refused("InvalidSignatureException", self.client("ALL", "secret").list_vector_buckets)
        self.refused("UnrecognizedClientException", self.client("NOBODY", "secret/+=1").list_vector_buckets)
        wrong_region = self.client("ALL", "secret/+=1", region="eu-central-1")
        with self.assertRaises(ClientError) as caught:
            wrong_region.list_vector_buckets()
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        for token in (None, "another"):
            with self.assertRaises(ClientError) as caught:
                self.client("TOKEN", "secret2", token).list_vector_buckets()
            self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)

    def test_keys_reach_their_buckets_alone(self):
        client = self.client("SOME", "secret3")
        listed = client.list_vector_buckets()["vectorBuckets"]
        self.assertNotIn("other", [one["vectorBucketName"] for one in listed])
        client.create_vector_bucket(vectorBucketName="test-1")
        client.get_index(**INDEX)
        for call in (client.get_vector_bucket, client.list_indexes, client.delete_vector_bucket):
            self.refused("AccessDeniedException", call, vectorBucketName="other")
        self.refused("AccessDeniedException", client.create_vector_bucket, vectorBucketName="another")
        self.refused("AccessDeniedException", client.list_tags_for_resource,
                     resourceArn="arn:aws:s3vectors:us-east-1:123456789012:bucket/other")

    def test_read_only_keys_read(self):
        client = self.client("READ", "secret4")
        client.list_vectors(**INDEX)
        client.query_vectors(**INDEX, topK=1, queryVector={"float32": [1, 2]})
        self.refused("AccessDeniedException", client.put_vectors, **INDEX, vectors=[record("a", [1, 2])])
        self.refused("AccessDeniedException", client.delete_vectors, **INDEX, keys=["a"])
        self.refused("AccessDeniedException", client.delete_index, **INDEX)
        self.refused("AccessDeniedException", client.create_vector_bucket, vectorBucketName="test-2")


if __name__ == "__main__":
    unittest.main()
