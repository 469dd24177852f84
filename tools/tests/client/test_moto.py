"""The client's tests in Swift, once more on moto's server: another's implementation of what our fakes play."""
import unittest
import urllib.request

import swift_tests
from moto_server import MotoServer

# What moto 5.2.5 has not of S3 Vectors, as ClientPlace in Tests/ServerTests names it.
LACKS = ("QueryVectors,UpdateIndexMode,PutVectorBucketDefaultIndexMode,UpdateMetadataConfiguration,"
         "segments,arns,metadata")


class OnMoto(unittest.TestCase):
    def setUp(self):
        self.server = MotoServer()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)

    def test_plain_s3(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.server.url}/bucket", method="PUT")).close()
        # Thousands of steps, each of them requests to a server in Python that keeps a list of all, would take hours.
        swift_tests.run("S3VectorsTests.Object", MEMVEC_TEST_S3=self.server.url, MEMVEC_STEPS="400")
        for method in ("GET", "PUT", "DELETE"):
            self.assertGreater(self.server.requests[method, "bucket"], 50, self.server.requests)

    def test_s3_vectors(self):
        for token in ("0", "1"):
            swift_tests.run("ServerTests.ClientTests", MEMVEC_TEST_S3VECTORS=self.server.url,
                            MEMVEC_TEST_S3VECTORS_LACKS=LACKS, MEMVEC_TEST_TOKEN=token)
        for operation in ("CreateIndex", "PutVectors", "GetVectors", "ListVectors", "DeleteVectors"):
            self.assertGreater(self.server.requests["POST", operation], 2, self.server.requests)


if __name__ == "__main__":
    unittest.main()
