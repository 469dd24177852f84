"""A server without keys does not answer to names of others, nor to pages of others; programs notice nothing."""
import http.client
import json
import unittest

import boto3
from botocore.config import Config
from serving import REGION, Server

HEADERS = {"Content-Type": "application/json"}


class Hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--ephemeral", "--allow-host", "vectors.lan,other.lan", "--allow-host=third.lan")
        cls.addClassCleanup(cls.server.stop)

    def ask(self, headers, method="POST", path="/ListVectorBuckets", body=b"{}"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in {**HEADERS, "Content-Length": str(len(body)), **headers}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers["x-amzn-errortype"], answer.read()
        finally:
            connection.close()

    def test_clients_reach_it_by_address_and_by_localhost(self):
        for host in ("127.0.0.1", "localhost"):
            client = boto3.client(
                "s3vectors", endpoint_url=f"http://{host}:{self.server.port}", region_name=REGION,
                aws_access_key_id="any", aws_secret_access_key="thing",
                config=Config(retries={"total_max_attempts": 1}))
            self.assertEqual(client.list_vector_buckets()["vectorBuckets"], [])

    def test_names_that_it_was_told(self):
        for host in ("vectors.lan", "other.lan:8080", "THIRD.lan", "[::1]:8080", "10.0.0.7"):
            self.assertEqual(self.ask({"Host": host})[0], 200, host)

    def test_a_name_that_leads_here_is_refused_for_every_path(self):
        for method, path in (("POST", "/ListVectorBuckets"), ("GET", "/metrics"), ("GET", "/health"),
                             ("GET", "/v1/openapi.json"), ("DELETE", "/v1/collections/abc/def/documents/x")):
            status, code, body = self.ask({"Host": "rebound.example:8080"}, method, path)
            self.assertEqual((status, code), (403, "AccessDeniedException"), path)
            self.assertIn("--allow-host", json.loads(body)["message"])

    def test_pages_of_others_are_refused(self):
        here = f"127.0.0.1:{self.server.port}"
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
                        {"Sec-Fetch-Site": "cross-site"}):
            status, code, _ = self.ask({"Host": here, **headers})
            self.assertEqual((status, code), (403, "AccessDeniedException"), headers)
        status, _, _ = self.ask({"Host": here, "Origin": f"http://{here}", "Sec-Fetch-Site": "same-origin"})
        self.assertEqual(status, 200)


if __name__ == "__main__":
    unittest.main()
