"""What the dashboard reads, as any program may: a snapshot, and the same as events, whose stream ends and is asked for
again."""
import json
import unittest
import urllib.error
import urllib.request

from serving import Server, record

FILMS = {"vectorBucketName": "media", "indexName": "films"}


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--ephemeral", "--request-timeout", "4s")
        cls.addClassCleanup(cls.server.stop)
        client = cls.server.client()
        client.create_vector_bucket(vectorBucketName="media")
        client.create_index(**FILMS, dataType="float32", dimension=2, distanceMetric="euclidean")
        client.put_vectors(**FILMS, vectors=[record(f"k{number}", [number, 1]) for number in range(20)])

    def get(self, path, body=None):
        request = urllib.request.Request(self.server.url + path, body and json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return answer.headers, answer.read().decode()

    def test_a_stream_ends_before_the_time_of_its_request_does(self):
        headers, text = self.get("/v1/events")
        self.assertEqual(headers["content-type"], "text/event-stream")
        events = text.split("\n\n")
        self.assertEqual(events.pop(), "", "the last one is whole")
        self.assertGreaterEqual(len(events), 2)
        for event in events:
            name, data = event.split("\n")
            self.assertEqual(name, "event: snapshot")
            self.assertEqual(json.loads(data.removeprefix("data: "))["collections"][0]["index"], "films")

    def test_an_explanation_counts_as_no_use(self):
        told = json.loads(self.get("/v1/collections/media/films/explain", {"key": "k3", "k": 4})[1])
        self.assertEqual([hit["key"] for hit in told["hits"]][:1], ["k3"])
        self.assertEqual(told["provenance"]["reason"], "exact")
        described = json.loads(self.get("/v1/collections/media/films")[1])
        self.assertEqual(described["traffic"]["queries"], 0)
        self.assertEqual(described["heat"], [20])

    def test_files_are_these_alone(self):
        self.assertIn("<!doctype html>", self.get("/")[1])
        for path in ("/dashboard/secrets", "/dashboard/..%2f..%2fetc/passwd"):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.get(path)
            with caught.exception:
                self.assertEqual(caught.exception.code, 404)


if __name__ == "__main__":
    unittest.main()
