"""QueryVectors: known distances, flags, what is refused, and what the headers say."""
import math
import unittest

from serving import ServeCase

BAD_VECTOR = "Query vector contains invalid values or is invalid for this index"


class Distances(ServeCase):
    def distances(self, metric, query, vectors):
        index = self.new_index(len(query), metric)
        self.put(index, {f"k{number}": vector for number, vector in enumerate(vectors)})
        found = {hit["key"]: hit["distance"] for hit in self.query(index, query, 100, returnDistance=True)}
        return [found[f"k{number}"] for number in range(len(vectors))]

    def test_euclidean_is_the_root(self):
        self.assertEqual(self.distances("euclidean", [1, 1, 1], [[1, 1, 1], [1, 1, 2], [2, 2, 2]]),
                         [0, 1, 1.7320507764816284])                # a float32, written as the double that it is
        self.assertEqual(self.distances("euclidean", [0, 0], [[3, 4], [-3, 4], [0, 0], [1e-20, 0]]),
                         [5, 5, 0, 9.999999682655225e-21])

    def test_cosine_is_one_less_the_similarity(self):
        same, scaled, orthogonal, opposite, near, diagonal = self.distances(
            "cosine", [1, 1, 1], [[1, 1, 1], [3] * 3, [1, -1, 0], [-5, -5, -5], [1, 1, 2], [1, 1, 0]])
        self.assertEqual((same, opposite), (0, 2))
        self.assertAlmostEqual(scaled, 0, delta=1e-7)
        self.assertAlmostEqual(orthogonal, 1, delta=1e-6)
        self.assertAlmostEqual(near, 0.05719095841050148, delta=1e-7)
        self.assertAlmostEqual(diagonal, 1 - math.sqrt(2 / 3), delta=1e-7)

    def test_a_distance_is_never_below_nothing(self):
        for scale in (1, 1e-30, 1e30, 1 / 3):
            vectors = [[scale * value for value in (0.1, 0.7, -0.3, 1e-4, 0.123456)]] * 2
            for distance in self.distances("cosine", vectors[0], vectors):
                self.assertTrue(0 <= distance < 1e-6 and math.copysign(1, distance) > 0, distance)

    def test_large_values_do_not_overflow(self):
        far, near = self.distances("euclidean", [1e30, 0], [[-1e30, 0], [1e30, 1]])
        self.assertAlmostEqual(far / 2e30, 1, delta=1e-6)
        self.assertEqual(near, 1)
        self.assertEqual(self.distances("cosine", [1e30, 0], [[1e-30, 0], [0, 1e30]]), [0, 1])


class Answers(ServeCase):
    def setUp(self):
        self.index = self.new_index(2, "euclidean")
        self.put(self.index, {f"k{number}": ([number, 0], {"n": number} if number % 2 else {})
                              for number in range(20)})

    def ask(self, **changes):
        return self.unchecked.query_vectors(**{
            **self.index, "topK": 3, "queryVector": {"float32": [0, 0]}, **changes})

    def test_the_nearest_come_first_and_by_default_only_their_keys(self):
        answer = self.ask()
        self.assertEqual(answer["vectors"], [{"key": "k0"}, {"key": "k1"}, {"key": "k2"}])
        self.assertEqual((answer["distanceMetric"], "nextToken" in answer), ("euclidean", False))

    def test_flags_say_what_comes_back(self):
        for distance in (None, False, True):
            for metadata in (None, False, True):
                for filter in (None, {"n": {"$exists": True}}):
                    given = {"returnDistance": distance, "returnMetadata": metadata, "filter": filter}
                    hits = self.ask(**{name: what for name, what in given.items() if what is not None})["vectors"]
                    wanted = [1, 3, 5] if filter else [0, 1, 2]
                    self.assertEqual(hits, [
                        {"key": f"k{number}", **({"distance": number} if distance else {}),
                         **({"metadata": {"n": number} if number % 2 else {}} if metadata else {})}
                        for number in wanted])

    def test_scores_are_of_text_search_alone(self):
        self.assertEqual(self.ask(returnScores=True, topK=1)["vectors"], [{"key": "k0"}])

    def test_fewer_are_there_than_are_asked_for(self):
        self.assertEqual(len(self.ask(topK=100)["vectors"]), 20)
        self.assertEqual(len(self.ask(topK=10_000)["vectors"]), 20)
        self.assertEqual(self.ask(filter={"n": "none"})["vectors"], [])
        empty = self.new_index(2, "cosine")
        answer = self.ask(**empty, queryVector={"float32": [1, 0]})
        self.assertEqual((answer["vectors"], answer["distanceMetric"]), ([], "cosine"))

    def test_vectors_that_cannot_be_asked_for(self):
        cosine = self.new_index(2, "cosine")
        wrong = [(self.index, values) for values in (
            [], [1], [1, 2, 3], [float("nan"), 1], [float("inf"), 1], [1e39, 1], [-1e39, 1])]
        for index, values in [*wrong, (cosine, [0, 0]), (cosine, [1e-46, -0.0])]:
            answer = self.invalid(BAD_VECTOR, self.ask, **index, queryVector={"float32": values})
            self.assertEqual(answer["fieldList"], [{"path": "vector", "message": BAD_VECTOR}])
        self.assertEqual(self.ask(queryVector={"float32": [1e-46, 0]})["vectors"][0]["key"], "k0")

    def test_a_query_needs_a_vector(self):
        request = {**self.index, "topK": 3}
        for more in ({}, {"queryVector": None}):
            status, _, answer = self.exchange("/QueryVectors", {**request, **more})
            self.assertEqual((status, answer["fieldList"][0]["path"]), (400, "queryVector"), answer)
        for vector in ([1, 2], "1", {}, {"float32": None}, {"float64": [1, 2]}, {"float32": ["1", 2]}):
            self.assertEqual(self.exchange("/QueryVectors", {**request, "queryVector": vector})[0], 400, vector)

    def test_headers_say_how_the_answer_came_to_be(self):
        headers = self.ask()["ResponseMetadata"]["HTTPHeaders"]
        self.assertIn(headers["x-memvec-reason"], ("complete", "exact"))
        self.assertRegex(headers["x-memvec-tiers"], r"^ram=\d+,warm=\d+,cold=\d+$")
        self.assertRegex(headers["x-memvec-cost"], r"^calls=0,keys=0,usd=0")
        self.assertRegex(headers["x-memvec-time"], r"^[\d.]+ms$")


if __name__ == "__main__":
    unittest.main()
