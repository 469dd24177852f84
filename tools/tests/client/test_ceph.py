"""The tests of plain S3 in Swift, once more on Ceph's gateway: it checks signatures and keeps conditions."""
import unittest

import boto3
import swift_tests
from botocore.config import Config
from ceph_server import CephServer


class OnCeph(unittest.TestCase):
    def test_plain_s3(self):
        with CephServer() as server:
            client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1",
                                  aws_access_key_id="memvec", aws_secret_access_key="memvec-secret",
                                  config=Config(s3={"addressing_style": "path"}))
            client.create_bucket(Bucket="bucket")
            swift_tests.run("S3VectorsTests.Object", MEMVEC_TEST_S3=server.url)
            names = [one["Key"] for page in client.get_paginator("list_objects_v2").paginate(Bucket="bucket")
                     for one in page["Contents"]]
        self.assertGreater(sum(name.endswith("/manifest.json") for name in names), 8, names)


if __name__ == "__main__":
    unittest.main()
