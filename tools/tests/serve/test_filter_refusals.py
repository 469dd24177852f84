"""Filters that S3 Vectors refuses are refused here, in its words, with the field and the operator behind them."""
import json
import unittest

from serving import ServeCase, Server

NOT_FILTERS = ["text", 1, True, [], [{"a": 1}]]
OF_ONE_OBJECT = [{}, {"a": 1, "b": 2}, {"$and": [{"a": 1}], "b": 2}, {"$and": [{"a": 1}], "$or": [{"b": 2}]}]
OF_AND = [operand for operand in ([], [{}], {}, {"a": 1}, "a", 1, None, [1], ["a"], [None], [[]], [{"a": 1}, {}],
                                  [{"a": 1, "b": 2}], [{"a": 1}, {"$eq": 1}])]
OF_A_FIELD = [None, [], [1], {}, {"x": 1}, {"x": {"$eq": 1}}, {"$not": 1}, {"$regex": "a"}, {"$contains": "a"},
              {"$size": 1}, {"$EQ": 1}, {"$": 1}, {"$and": [{"a": 1}]}, {"$or": [{"a": 1}]}, {"$eq": 1, "x": 1}]
OF_OPERATORS = {
    "$eq": [None, [], [1], {}, {"a": 1}], "$ne": [None, [], [1], {}],
    **{name: ["1", "NaN", None, True, [], [1], {}] for name in ("$gt", "$gte", "$lt", "$lte")},
    **{name: [[], [None], [{}], [[]], [1, None], 1, "a", True, None, {}] for name in ("$in", "$nin")},
    "$exists": ["true", 1, 0, None, [], {}], "$startsWith": [1, None, True, [], ["a"], {}]}


class Refusals(ServeCase):
    @classmethod
    def setUpClass(cls):
        cls.case = cls("test_what_is_no_filter")
        cls.index = cls.case.new_index(metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
        cls.case.put(cls.index, {"a": ([1, 2], {"a": 1})})

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def over(self, filter, text="Invalid filter"):
        status, headers, answer = self.exchange("/QueryVectors", {
            **self.index, "topK": 1, "queryVector": {"float32": [1, 2]}, "filter": filter})
        self.assertEqual((status, headers.get("x-amzn-errortype")), (400, "ValidationException"), filter)
        self.assertTrue(answer["message"].startswith(text + ": "), answer)
        self.assertEqual(answer["fieldList"], [{"path": "filter", "message": text}])
        return answer["message"]

    def everywhere(self, filter):
        """As it stands, and in branches."""
        for outer in (filter, {"$and": [{"a": 1}, filter]}, {"$or": [{"$and": [filter]}]}):
            self.over(outer)

    def test_what_is_no_filter(self):
        for filter in NOT_FILTERS + OF_ONE_OBJECT:
            self.everywhere(filter)

    def test_what_joins_filters(self):
        for name in ("$and", "$or"):
            for operand in OF_AND:
                self.everywhere({name: operand})

    def test_what_stands_behind_a_field(self):
        for operand in OF_A_FIELD:
            self.everywhere({"a": operand})

    def test_operands(self):
        for name, operands in OF_OPERATORS.items():
            for operand in operands:
                self.everywhere({"a": {name: operand}})
                message = self.over({"a": {"$exists": True, name: operand}} if name != "$exists" else
                                    {"a": {"$ne": 1, name: operand}})
                self.assertIn(f'"{name}"', message)
                self.assertIn('"a"', message)

    def test_operators_without_a_field(self):
        for name in ("$eq", "$gt", "$in", "$exists", "$not", "$nor", "$"):
            self.everywhere({name: 1})

    def test_names_that_filters_may_not_use(self):
        text = "Invalid use of non-filterable metadata in filter"
        for filter in ({"text": "a"}, {"text": {"$exists": True}}, {"$and": [{"a": 1}, {"text": {"$ne": 1}}]}):
            self.assertIn('"text"', self.over(filter, text))

    def test_null_is_as_none(self):
        status, _, answer = self.exchange("/QueryVectors", {
            **self.index, "topK": 1, "queryVector": {"float32": [1, 2]}, "filter": None})
        self.assertEqual((status, [hit["key"] for hit in answer["vectors"]]), (200, ["a"]))

    def test_boto3_sees_the_same(self):
        answer = self.invalid("Invalid filter: ", self.query, index=self.index, vector=[1, 2], filter={"a": 1, "b": 2})
        self.assertEqual(answer["fieldList"], [{"path": "filter", "message": "Invalid filter"}])
        self.refused("SerializationException", "UnknownError", self.query, index=self.index, vector=[1, 2],
                     filter={"a": {"$gt": float("nan")}})           # no JSON has it
        self.assertEqual(self.query(self.index, [1, 2], filter={"a": {"$in": [1.0]}}), [{"key": "a"}])

    def test_what_nests_too_deeply_is_refused_and_nothing_breaks(self):
        for depth in (2_000, 200_000):
            filter = '{"$and":[' * depth + '{"a":1}' + "]}" * depth
            body = json.dumps({**self.index, "topK": 1, "queryVector": {"float32": [1, 2]}, "filter": 0})
            body = body.replace('"filter": 0', f'"filter": {filter}')
            status, _, answer = self.exchange("/QueryVectors", body.encode())
            self.assertEqual(status, 400, answer)
        self.assertEqual(self.query(self.index, [1, 2]), [{"key": "a"}])


class Lenient(unittest.TestCase):
    def test_lenient_filters_join_fields_and_take_the_empty_one(self):
        server = Server("--ephemeral", "--lenient-filters")
        try:
            client, index = server.client(), {"vectorBucketName": "abc", "indexName": "def"}
            client.create_vector_bucket(vectorBucketName="abc")
            client.create_index(**index, dataType="float32", dimension=1, distanceMetric="euclidean")
            client.put_vectors(**index, vectors=[
                {"key": f"{a}{b}", "data": {"float32": [1]}, "metadata": {"a": a, "b": b}}
                for a in (1, 2) for b in (1, 2)])

            def keys(filter):
                return sorted(hit["key"] for hit in client.query_vectors(
                    **index, topK=9, queryVector={"float32": [1]}, filter=filter)["vectors"])
            self.assertEqual(keys({"a": 1, "b": 2}), ["12"])
            self.assertEqual(keys({"a": 1, "$or": [{"b": 1}, {"b": 2, "a": 1}]}), ["11", "12"])
            self.assertEqual(keys({}), ["11", "12", "21", "22"])
            self.assertEqual(keys({"a": {"$in": list(range(1, 200))}}), ["11", "12", "21", "22"])
            with self.assertRaises(client.exceptions.ValidationException):
                keys({"a": {"$not": 1}})
        finally:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
