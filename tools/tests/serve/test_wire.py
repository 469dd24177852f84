"""The wire itself, without boto3: error headers and bodies, forms of requests, and what no operation is."""
import http.client
import json
import unittest

from serving import ServeCase, index_arn, record, shared


class Errors(ServeCase):
    def test_an_error_has_its_type_in_the_header_and_its_text_in_the_body(self):
        status, headers, answer = self.exchange("/GetIndex", {"vectorBucketName": "nowhere", "indexName": "nothing"})
        self.assertEqual((status, headers["x-amzn-errortype"]), (404, "NotFoundException"))
        self.assertEqual(answer, {"message": "The specified index could not be found"})
        self.assertEqual(headers["content-type"], "application/json")
        self.assertRegex(headers["x-amzn-requestid"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    def test_a_validation_error_names_the_fields(self):
        status, headers, answer = self.exchange("/CreateIndex", {
            "vectorBucketName": "abc", "indexName": "i", "dataType": "float32", "dimension": 0,
            "distanceMetric": "cosine"})
        self.assertEqual((status, headers["x-amzn-errortype"]), (400, "ValidationException"))
        self.assertEqual(answer["message"].split(" detected. ")[0], "2 validation errors")
        self.assertEqual(answer["fieldList"], [
            {"path": "/indexName", "message": "Value with length 1 at '/indexName' failed to satisfy constraint: "
                                              "Member must have length between 3 and 63, inclusive"},
            {"path": "/dimension", "message": "Value at '/dimension' failed to satisfy constraint: "
                                              "Member must be between 1 and 4096, inclusive"}])

    def test_every_request_has_an_id_of_its_own(self):
        ids = {self.exchange("/ListVectorBuckets", {})[1]["x-amzn-requestid"] for _ in range(20)}
        self.assertEqual(len(ids), 20)

    def test_types_are_not_guessed(self):
        index = self.new_index()
        for member, wrong in (("vectorBucketName", [1, True, [], {}]), ("indexName", [1, None]),
                              ("topK", ["1", 1.5, True, [], {}]), ("returnDistance", ["true", 1, 0]),
                              ("nextToken", [1, {}]), ("queryVector", [[1, 2], "1", 3])):
            for value in wrong:
                status, headers, answer = self.exchange("/QueryVectors", {
                    **index, "topK": 1, "queryVector": {"float32": [1, 2]}, member: value})
                self.assertEqual((status, headers["x-amzn-errortype"]), (400, "ValidationException"), (member, value))
        for top_k in (1.0, 1):
            status, _, _ = self.exchange("/QueryVectors", {
                **index, "topK": top_k, "queryVector": {"float32": [1, 2]}})
            self.assertEqual(status, 200)

    def test_what_is_no_json(self):
        for body in (b"{", b"}", b"not json", b"\xff\xfe", b'{"a": 1,}', b"{'a': 1}", b'{"a": 1} x', b'{"a" 1}',
                     b"\x00",
                     b'{"a": "\n"}', b'{"a": "\xc3"}', b'{"a": "\xed\xa0\x80"}', b'{"a": 1e999}', b'\xef\xbb\xbf{}x'):
            status, headers, answer = self.exchange("/ListVectorBuckets", body)
            self.assertEqual((status, headers["x-amzn-errortype"]), (400, "SerializationException"), (body, answer))
            self.assertTrue(answer["message"].startswith("UnknownError"), answer)
        for body in (b"[]", b"null", b"1", b'"text"', b"true"):
            status, headers, _ = self.exchange("/ListVectorBuckets", body)
            self.assertEqual((status, headers["x-amzn-errortype"]), (400, "SerializationException"), body)

    def test_half_a_surrogate_pair_is_refused_wherever_it_stands(self):
        index = self.new_index()
        requests = [
            ("/PutVectors", {**index, "vectors": [record("HALF", [1, 2])]}),
            ("/PutVectors", {**index, "vectors": [record("a", ([1, 2], {"x": "HALF"}))]}),
            ("/PutVectors", {**index, "vectors": [record("a", ([1, 2], {"HALF": 1}))]}),
            ("/GetVectors", {**index, "keys": ["HALF"]}), ("/DeleteVectors", {**index, "keys": ["a", "HALF"]}),
            ("/QueryVectors", {**index, "topK": 1, "queryVector": {"float32": [1, 2]}, "filter": {"a": "HALF"}}),
            ("/GetIndex", {**index, "ignored": "HALF"})]
        for half in ("\\ud800", "\\udc00", "\\ud800\\ud800", "a\\udfffb", "\\udc00\\ud800"):
            for path, request in requests:
                status, headers, answer = self.exchange(path, json.dumps(request).replace("HALF", half).encode())
                self.assertEqual((status, headers["x-amzn-errortype"], answer["message"][:12]), (
                    400, "SerializationException", "UnknownError"), (path, half))
        whole = json.dumps({**index, "vectors": [record("\U0001f600", [1, 2])]}).encode()
        self.assertIn(b"\\ud83d\\ude00", whole)
        self.assertEqual(self.exchange("/PutVectors", whole)[0], 200)
        self.assertEqual(list(self.get(index, "\U0001f600")), ["\U0001f600"])


class Forms(ServeCase):
    def test_unknown_and_null_members_do_not_matter(self):
        index = self.new_index()
        status, _, answer = self.exchange("/QueryVectors", {
            **index, "topK": 1, "queryVector": {"float32": [1, 2], "float64": [9]}, "filter": None, "nextToken": None,
            "returnDistance": None, "queryTexts": None, "future": {"deep": [{}]}})
        self.assertEqual((status, answer), (200, {"vectors": [], "distanceMetric": "euclidean"}))

    def test_no_body_is_as_an_empty_one(self):
        for body in (b"", b"{}", b" \n"):
            status, _, answer = self.exchange("/ListVectorBuckets", body)
            self.assertEqual((status, type(answer["vectorBuckets"])), (200, list))

    def test_the_type_of_the_content_does_not_matter(self):
        for content_type in ("application/json", "application/x-amz-json-1.1", "text/plain", ""):
            status, _, _ = self.exchange("/ListVectorBuckets", {}, headers=[("Content-Type", content_type)])
            self.assertEqual(status, 200)

    def test_a_connection_serves_many_requests_and_errors(self):
        connection = http.client.HTTPConnection("127.0.0.1", shared().port, timeout=30)
        for path, wanted in [("/ListVectorBuckets", 200), ("/GetIndex", 400), ("/Nothing", 404)] * 20:
            connection.request("POST", path, "{}")
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.will_close), (wanted, False))
            json.load(answer)
        connection.close()

    def test_answers_without_content_are_an_empty_object(self):
        index = self.new_index()
        status, _, answer = self.exchange("/PutVectors", {**index, "vectors": [record("a", [1, 2])]})
        self.assertEqual((status, answer), (200, {}))

    def test_float32_numbers_are_written_short(self):
        index = self.new_index()
        self.put(index, {"a": [0.1, 16777216.0]})
        _, _, answer = self.exchange("/GetVectors", {**index, "keys": ["a"], "returnData": True})
        self.assertEqual(answer["vectors"][0]["data"]["float32"], [0.1, 16777216])

    def test_times_are_seconds(self):
        bucket = self.new_bucket()
        _, _, answer = self.exchange("/GetVectorBucket", {"vectorBucketName": bucket})
        made = answer["vectorBucket"]["creationTime"]
        self.assertTrue(isinstance(made, (int, float)) and 1_700_000_000 < made < 5_000_000_000, made)


class NoOperations(ServeCase):
    def test_other_paths_and_methods(self):
        for method, path in (("POST", "/"), ("POST", "/Nothing"), ("POST", "/listvectorbuckets"),
                             ("GET", "/ListVectorBuckets"),
                             ("PUT", "/PutVectors"), ("POST", "/ListVectorBuckets/"), ("POST", "//ListVectorBuckets"),
                             ("POST", "/TagResource"), ("GET", "/tags/"), ("PATCH", "/tags/x"), ("POST", "/..%2f"),
                             ("DELETE", "/"), ("OPTIONS", "/PutVectors"), ("POST", "/%4cistVectorBuckets")):
            status, headers, answer = self.exchange(path, b"{}", method)
            self.assertEqual((status, headers["x-amzn-errortype"]), (404, "UnknownOperationException"), (method, path))
            self.assertIn("message", answer)

    def test_a_path_is_judged_without_its_query(self):
        self.assertEqual(self.exchange("/ListVectorBuckets?x=1", b"{}")[0], 200)

    def test_health(self):
        for path, word in (("/health", "ok"), ("/ready", "ready")):
            status, _, answer = self.exchange(path, b"", "GET")
            self.assertEqual((status, answer["status"]), (200, word))

    def test_metrics_count_operations_and_put_all_strangers_under_one_label(self):
        index = self.new_index()
        self.exchange("/GetIndex", {"indexArn": index_arn(index)})
        self.exchange("/Stranger-7", {})
        connection = http.client.HTTPConnection("127.0.0.1", shared().port, timeout=30)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertTrue(answer.getheader("content-type").startswith("text/plain"))
        self.assertRegex(text, r'(?m)^memvec_requests_total\{operation="GetIndex",status="2xx"\} [1-9]\d*$')
        self.assertRegex(text, r'(?m)^memvec_requests_total\{operation="unknown",status="4xx"\} [1-9]\d*$')
        self.assertNotIn("Stranger", text)


if __name__ == "__main__":
    unittest.main()
