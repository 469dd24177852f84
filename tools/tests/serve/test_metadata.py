"""Metadata: which values are taken, that they come back as they were, and what is said of those that are refused."""
import json
import unittest

from serving import ServeCase, record

TYPES = "Metadata values must be strings, numbers, booleans, or arrays"
ELEMENTS = "Metadata array values must be strings or numbers"


class Taken(ServeCase):
    def test_values_come_back_as_they_were(self):
        index = self.new_index()
        metadata = {
            "text": "", "ünï ©ødé 語🙂": "\u0000\u001f\u2028\"\\/\U0001f600", "yes": True, "no": False, "zero": 0,
            "int": -7,
            "big": 2 ** 53 + 1, "bigger": 2 ** 63 - 1, "biggest": 2 ** 64 - 1, "least": -2 ** 63, "real": 0.1,
            "whole": 1.0, "tiny": 5e-324, "huge": 1.7976931348623157e308, "strings": ["b", "a", "b", ""],
            "numbers": [3, 1.5, 3], "one": ["x"], "": "no name", "$eq": "a sign", "a.b": "a dot", "caf\u00e9": 1,
            "cafe\u0301": 2, " ": " ", "null": "null"}
        self.put(index, {"a": ([1, 2], metadata)})
        for answer in (self.client.get_vectors(**index, keys=["a"], returnMetadata=True),
                       self.client.list_vectors(**index, returnMetadata=True),
                       self.client.query_vectors(**index, topK=1, queryVector={"float32": [1, 2]},
                                                 returnMetadata=True)):
            told = answer["vectors"][0]["metadata"]
            self.assertEqual(told, metadata)
            self.assertEqual(list(told), list(metadata))
            for name, value in metadata.items():
                self.assertIs(type(told[name]), type(value), name)

    def test_names_that_filters_may_not_use_obey_the_same_types(self):
        index = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
        self.put(index, {"a": ([1, 2], {"text": ["long"] * 1000})})
        for value in (None, {}, {"a": 1}, [], [None], [True]):
            self.invalid("Invalid record for key 'a': ", self.client.put_vectors, **index,
                         vectors=[record("a", ([1, 2], {"text": value}))])

    def test_an_empty_object_is_as_none(self):
        index = self.new_index()
        self.put(index, {"a": ([1, 2], {}), "b": [1, 2]})
        status, _, _ = self.exchange("/PutVectors", {**index, "vectors": [{**record("c", [1, 2]), "metadata": None}]})
        self.assertEqual(status, 200)
        self.assertEqual({key: one[1] for key, one in self.get(index, "a", "b", "c").items()},
                         {"a": {}, "b": {}, "c": {}})

    def test_of_a_name_that_is_there_twice_the_last_counts(self):
        index = self.new_index()
        body = json.dumps({**index, "vectors": [record("a", ([1, 2], {"x": 0}))]})
        self.assertEqual(self.exchange("/PutVectors", body.replace('"x": 0', '"x": 1, "x": 2').encode())[0], 200)
        self.assertEqual(self.get(index, "a")["a"][1], {"x": 2})


class Refused(ServeCase):
    def setUp(self):
        self.index = self.new_index()

    def over(self, text, metadata):
        answer = self.invalid(f"Invalid record for key 'b': {text}", self.client.put_vectors, **self.index,
                              vectors=[record("a", [1, 2]), record("b", ([1, 2], metadata))])
        field, = answer["fieldList"]
        self.assertEqual((field["path"], field["message"][:len(text)]), ("vectors[1].metadata", text))
        return answer["Error"]["Message"]

    def test_null_and_objects(self):
        for value in (None, {}, {"a": 1}):
            message = self.over(TYPES, {"fine": 1, "wrong": value})
            self.assertIn('"wrong"', message)

    def test_elements_of_arrays(self):
        for value in ([None], [True], [False, True], [[1]], [[]], [{}], ["a", 1], [1, "a"], ["a", None], [1, True]):
            self.assertIn('"wrong"', self.over(ELEMENTS, {"wrong": value}))

    def test_empty_arrays(self):
        self.over("Empty arrays are not allowed in metadata", {"wrong": []})

    def test_what_is_no_object(self):
        for metadata in ("text", 1, True, [], [{"a": 1}], '{"a": 1}'):
            status, headers, answer = self.exchange(
                "/PutVectors", {**self.index, "vectors": [{**record("b", [1, 2]), "metadata": metadata}]})
            self.assertEqual((status, headers["x-amzn-errortype"]), (400, "ValidationException"))
            self.assertTrue(answer["message"].startswith("Invalid record for key 'b': "), answer)

    def test_numbers_that_json_has_not(self):
        for value in (float("nan"), float("inf")):                  # boto3 writes NaN and Infinity, which no JSON has
            self.refused("SerializationException", "UnknownError", self.client.put_vectors, **self.index,
                         vectors=[record("a", ([1, 2], {"x": value}))])
        body = json.dumps({**self.index, "vectors": [record("a", ([1, 2], {"x": 0}))]})
        for value in ("NaN", "Infinity", "1e999"):
            status, headers, answer = self.exchange("/PutVectors", body.replace('"x": 0', f'"x": {value}').encode())
            self.assertEqual((status, headers["x-amzn-errortype"]), (400, "SerializationException"), answer)


if __name__ == "__main__":
    unittest.main()
