"""What each filter lets through: operators, types, arrays, absent fields, nesting, and the widest filter."""
import unittest

from serving import ServeCase

ROWS = {
    "int": {"v": 7}, "real": {"v": 7.5}, "same": {"v": 7.0}, "text": {"v": "7"}, "word": {"v": "seven"},
    "empty": {"v": ""}, "yes": {"v": True}, "no": {"v": False}, "zero": {"v": 0}, "minus": {"v": -7}, "texts": {
        "v": ["x", "seven", "7"]},
    "numbers": {"v": [1, 7, 9]}, "absent": {"w": 7}, "none": {}, "TRUE": {"v": "true"}, "big": {"v": 2 ** 53 + 1},
    "high": {"v": 1e300}}
ALL = sorted(ROWS)
WITH = sorted(set(ROWS) - {"absent", "none"})
SEVENS = ["int", "numbers", "same"]


class Matches(ServeCase):
    @classmethod
    def setUpClass(cls):
        cls.case = cls("test_equality")
        cls.index = cls.case.new_index()
        cls.case.put(cls.index, {key: ([number, 1], row) for number, (key, row) in enumerate(ROWS.items())})

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def matches(self, filter, *keys):
        self.assertEqual(self.matching(self.index, filter), sorted(keys), filter)

    def test_equality(self):
        for wrap in (lambda value: value, lambda value: {"$eq": value}):
            self.matches({"v": wrap(7)}, *SEVENS)
            self.matches({"v": wrap(7.0)}, *SEVENS)
            self.matches({"v": wrap(7.5)}, "real")
            self.matches({"v": wrap("7")}, "text", "texts")
            self.matches({"v": wrap("seven")}, "word", "texts")
            self.matches({"v": wrap("Seven")})
            self.matches({"v": wrap("")}, "empty")
            self.matches({"v": wrap(True)}, "yes")
            self.matches({"v": wrap(False)}, "no")
            self.matches({"v": wrap("true")}, "TRUE")
            self.matches({"v": wrap(0)}, "zero")
            self.matches({"v": wrap(-0.0)}, "zero")
            self.matches({"v": wrap(1)}, "numbers")
            self.matches({"v": wrap(1e300)}, "high")
            self.matches({"nothing": wrap(1)})

    def test_inequality_needs_the_field(self):
        self.matches({"v": {"$ne": 7}}, *(set(WITH) - set(SEVENS)))
        self.matches({"v": {"$ne": "seven"}}, *(set(WITH) - {"word", "texts"}))
        self.matches({"v": {"$ne": True}}, *(set(WITH) - {"yes"}))
        self.matches({"v": {"$ne": "never"}}, *WITH)
        self.matches({"nothing": {"$ne": 1}})

    def test_order_is_of_numbers_alone(self):
        self.matches({"v": {"$gt": 7}}, "real", "numbers", "big", "high")
        self.matches({"v": {"$gte": 7}}, "real", "big", "high", *SEVENS)
        self.matches({"v": {"$lt": 7}}, "zero", "minus", "numbers")
        self.matches({"v": {"$lte": 7}}, "zero", "minus", *SEVENS)
        self.matches({"v": {"$gte": 7, "$lt": 7.5}}, *SEVENS)
        self.matches({"v": {"$gt": 7, "$lt": 7}}, "numbers")        # an element each
        self.matches({"v": {"$gt": 1e308}})
        self.matches({"v": {"$gte": -7, "$lte": -7}}, "minus")

    def test_membership(self):
        self.matches({"v": {"$in": [7]}}, *SEVENS)
        self.matches({"v": {"$in": [7.5, "seven", True, "never"]}}, "real", "word", "texts", "yes")
        self.matches({"v": {"$in": ["never"]}})
        self.matches({"v": {"$in": [7, 7, 7]}}, *SEVENS)
        self.matches({"v": {"$nin": [7]}}, *(set(WITH) - set(SEVENS)))
        self.matches({"v": {"$nin": [7, "seven", False]}}, *(set(WITH) - {*SEVENS, "word", "texts", "no"}))
        self.matches({"nothing": {"$nin": [1]}})

    def test_existence(self):
        self.matches({"v": {"$exists": True}}, *WITH)
        self.matches({"v": {"$exists": False}}, "absent", "none")
        self.matches({"w": {"$exists": True}}, "absent")
        self.matches({"nothing": {"$exists": False}}, *ALL)
        self.matches({"v": {"$exists": True, "$ne": 7}}, *(set(WITH) - set(SEVENS)))
        self.matches({"v": {"$exists": False, "$eq": 7}})

    def test_prefixes(self):
        self.matches({"v": {"$startsWith": "se"}}, "word", "texts")
        self.matches({"v": {"$startsWith": "7"}}, "text", "texts")
        self.matches({"v": {"$startsWith": ""}}, "text", "word", "empty", "texts", "TRUE")
        self.matches({"v": {"$startsWith": "seven!"}})

    def test_and_or(self):
        self.matches({"$and": [{"v": 7}]}, *SEVENS)
        self.matches({"$or": [{"v": 7}]}, *SEVENS)
        self.matches({"$and": [{"v": {"$gte": 7}}, {"v": {"$lt": 8}}]}, "real", *SEVENS)
        self.matches({"$or": [{"v": 7.5}, {"w": 7}, {"v": "never"}]}, "real", "absent")
        self.matches({"$and": [{"v": 7}, {"v": "7"}]})
        self.matches({"$or": [{"$and": [{"v": {"$gt": 0}}, {"v": {"$lt": 7.2}}]}, {"$and": [
            {"v": {"$exists": False}}, {"$or": [{"w": 7}, {"w": 8}]}]}]}, "absent", *SEVENS)
        self.matches({"$and": [{"$or": [{"v": True}, {"v": False}]}, {"$or": [{"v": True}, {"v": "true"}]}]}, "yes")

    def test_depth(self):
        filter = {"v": 7}
        for level in range(60):
            filter = {"$and" if level % 2 else "$or": [filter]}
        self.matches(filter, *SEVENS)

    def test_the_mode_of_a_query_changes_nothing(self):
        for mode in ("ENHANCED", "CLASSIC"):
            hits = self.query(self.index, [0, 1], filter={"v": 7}, queryMode=mode)
            self.assertEqual(sorted(hit["key"] for hit in hits), SEVENS)

    def test_a_hundred_constraints_are_possible(self):
        values = list(range(100, 199))
        self.matches({"v": {"$in": [7, *values]}}, *SEVENS)
        self.matches({"$or": [{"v": 7}, *({"v": value} for value in values)]}, *SEVENS)
        text = "Invalid filter: it has 101 constraints, 100 are the limit"
        for filter in ({"v": {"$in": [7, 8, *values]}}, {"$or": [{"v": 7}, *({"v": value} for value in range(100))]},
                       {"$and": [{"v": {"$in": values}}, {"v": {"$gt": 1, "$lt": 2}}]}):
            self.invalid(text, self.query, index=self.index, vector=[1, 1], filter=filter)

    def test_names_of_fields_are_plain(self):
        index = self.new_index()
        names = ["", "a.b", "a", "A", "caf\u00e9", "cafe\u0301", "with space", "$", "語", "[0]", "0", "null", "b"]
        self.put(index, {f"k{number}": ([number, 1], {name: "v"}) for number, name in enumerate(names)})
        for number, name in enumerate(names):
            if name.startswith("$"):
                continue                                            # can be stored, and cannot be asked for
            self.assertEqual(self.matching(index, {name: "v"}), [f"k{number}"], name)
            self.assertEqual(self.matching(index, {name: {"$exists": True}}), [f"k{number}"], name)

    def test_strings_are_their_bytes(self):
        index = self.new_index()
        values = ["caf\u00e9", "cafe\u0301", "x", "x ", "X", "\u0000", "語" * 600]
        self.put(index, {f"k{number}": ([number, 1], {"v": value}) for number, value in enumerate(values)})
        for number, value in enumerate(values):
            self.assertEqual(self.matching(index, {"v": value}), [f"k{number}"], value)
        self.assertEqual(self.matching(index, {"v": {"$startsWith": "語" * 599}}), ["k6"])

    def test_k_hits_come_whenever_k_match(self):
        index = self.new_index()
        self.put(index, {f"k{number}": ([number, 1], {"rare": number % 100 == 99}) for number in range(2000)})
        hits = self.query(index, [0, 1], 20, filter={"rare": True})
        self.assertEqual([hit["key"] for hit in hits], [f"k{number}" for number in range(99, 2000, 100)])
        self.client.delete_vectors(**index, keys=["k99", "k199"])
        self.put(index, {"k299": ([299, 1], {"rare": False})})
        hits = self.query(index, [0, 1], 20, filter={"rare": True})
        self.assertEqual([hit["key"] for hit in hits], [f"k{number}" for number in range(399, 2000, 100)])


if __name__ == "__main__":
    unittest.main()
