"""What is put is what is got: values as float32, whole overwrites, deletes, and all or nothing of a batch."""
import json
import unittest

import numpy as np
from serving import ServeCase, numbers, record

LARGEST = float(np.finfo(np.float32).max)
DENORMAL = 1.401298464324817e-45                                    # the smallest float32 above 0


class Values(ServeCase):
    def stored(self, values, metric="euclidean"):
        """What comes back of values that are sent as they stand in JSON."""
        index = self.new_index(len(values), metric)
        text = "[" + ",".join(value if isinstance(value, str) else repr(value) for value in values) + "]"
        status, _, answer = self.put_raw(index, text)
        self.assertEqual(status, 200, answer)
        return self.get(index, "a")["a"][0]

    def put_raw(self, index, floats):
        body = json.dumps({**index, "vectors": [{"key": "a", "data": {"float32": 0}}]})
        return self.exchange("/PutVectors", body.replace('"float32": 0', f'"float32": {floats}').encode())

    def test_every_bit_of_a_float32_comes_back(self):
        rng = np.random.default_rng(11)
        bits = rng.integers(0, 2 ** 32, 4000, np.uint32).view(np.float32)
        values = bits[np.isfinite(bits)]
        index = self.new_index(len(values))
        self.put(index, {"a": values})
        self.assertEqual(self.get(index, "a")["a"][0].tobytes(), values.tobytes())
        listed = self.client.list_vectors(**index, returnData=True)["vectors"][0]["data"]["float32"]
        self.assertEqual(np.array(listed, np.float32).tobytes(), values.tobytes())

    def test_numbers_are_rounded_to_the_nearest_float32(self):
        values = [0.1, 1 / 3, 1e-46, 7e-46, DENORMAL, -DENORMAL, LARGEST, -LARGEST, 3.4028235677973362e38, 16777217,
                  -0.0, 2 ** 53 + 1, 1, 0]
        self.assertEqual(self.stored(values).tobytes(), np.array(values).astype(np.float32).tobytes())

    def test_numbers_may_be_written_in_any_way(self):
        values = self.stored(["1", "1.0", "1e0", "1E+0", "10e-1", "0.1e1", "100000000000000000000e-20", "-1",
                              "1" + "0" * 30, "0." + "0" * 60 + "1", "0.333333333333333333333333333333333333333333"])
        self.assertEqual(values.tolist(), [np.float32(one) for one in (
            1, 1, 1, 1, 1, 1, 1, -1, 1e30, 0, 1 / 3)])

    def test_what_no_float32_holds_is_refused(self):
        index = self.new_index(3)
        for value in ("1e39", "-1e39", "3.4028235677973366e38", "1e308", '"NaN"', '"Infinity"', '"-Infinity"'):
            status, _, answer = self.put_raw(index, f"[1, {value}, 2]")
            text = "vector contains NaNs or Infs"
            self.assertEqual(status, 400, value)
            self.assertTrue(answer["message"].startswith(f"Invalid record for key 'a': {text}"), answer)
            self.assertEqual(answer["fieldList"][0]["path"], "vectors[0]")
        for value in (float("nan"), float("inf"), -float("inf"), 1e39):
            self.invalid("Invalid record for key 'a': vector contains NaNs or Infs", self.client.put_vectors, **index,
                         vectors=[record("a", [1, value, 2])])
        self.assertEqual(self.get(index, "a"), {})

    def test_what_is_no_number_is_refused(self):
        index = self.new_index(2)
        for value in ('"1"', "null", "true", "[1]", "{}", '"nan"', '"inf"'):
            status, _, answer = self.put_raw(index, f"[1, {value}]")
            self.assertEqual((status, "/vectors/0/data/float32/1" in answer["message"]), (400, True), answer)
        for value in ("NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1e", "1_000"):
            status, headers, answer = self.put_raw(index, f"[1, {value}]")
            self.assertEqual((status, headers["x-amzn-errortype"]), (400, "SerializationException"), answer)
        for floats in ("{}", '"1,2"', "1", "null"):
            self.assertEqual(self.put_raw(index, floats)[0], 400)
        self.assertEqual(self.get(index, "a"), {})

    def test_a_vector_has_the_length_of_its_index(self):
        index = self.new_index(5)
        for values in ([1], [1] * 4, [1] * 6, [1] * 4096, []):
            text = f"vector must have length 5, but has length {len(values)}"
            answer = self.invalid(f"Invalid record for key 'b': {text}", self.client.put_vectors, **index,
                                  vectors=[record("a", [1] * 5), record("b", values)])
            self.assertEqual(answer["fieldList"], [{"path": "vectors[1]", "message": text}])

    def test_cosine_takes_no_vector_of_zeros(self):
        index = self.new_index(3, "cosine")
        for values in ([0, 0, 0], [-0.0, 0, 0], [1e-46, -1e-46, 0]):
            text = "cosine distance does not support vectors with zero norm"
            answer = self.invalid(f"Invalid record for key 'a': {text}", self.client.put_vectors, **index,
                                  vectors=[record("a", values)])
            self.assertEqual(answer["fieldList"], [{"path": "vectors[0]", "message": text}])
        for values in ([DENORMAL, 0, 0], [LARGEST] * 3, [1e-30, 0, 0]):
            self.put(index, {"a": values})
            hit, = self.query(index, values, returnDistance=True)
            self.assertEqual((hit["key"], hit["distance"] < 1e-6), ("a", True), hit)
        self.put(self.new_index(3, "euclidean"), {"a": [0, 0, 0]})

    def test_the_largest_dimension(self):
        values = np.random.default_rng(5).standard_normal(4096).astype(np.float32)
        for metric in ("cosine", "euclidean"):
            index = self.new_index(4096, metric)
            self.put(index, {"a": values, "b": -values})
            self.assertEqual([hit["key"] for hit in self.query(index, values)], ["a", "b"])
            self.assertEqual(self.get(index, "b")["b"][0].tobytes(), (-values).tobytes())


class Writes(ServeCase):
    def keys(self, index):
        return sorted(one["key"] for one in self.client.list_vectors(**index)["vectors"])

    def test_an_overwrite_replaces_all(self):
        index = self.new_index()
        self.put(index, {"a": ([1, 2], {"year": 1999, "kind": "old"}), "b": [5, 5]})
        self.put(index, {"a": ([9, 9], {"kind": "new"})})
        values, metadata = self.get(index, "a")["a"]
        self.assertEqual((values.tolist(), metadata), ([9, 9], {"kind": "new"}))
        self.assertEqual(self.matching(index, {"kind": "old"}), [])
        self.assertEqual([hit["key"] for hit in self.query(index, [1, 2], 2)], ["b", "a"])
        self.put(index, {"a": [9, 9]})
        self.assertEqual(self.get(index, "a")["a"][1], {})
        self.assertEqual(self.matching(index, {"kind": {"$exists": True}}), [])
        self.assertEqual(self.keys(index), ["a", "b"])

    def test_of_a_batch_all_or_nothing_is_stored(self):
        index = self.new_index(2, "cosine")
        self.put(index, {"old": [1, 1]})
        good = [record(f"k{number}", [1, number]) for number in range(499)]
        for bad in (record("bad", [0, 0]), record("bad", [1]), record("bad", [float("nan"), 1]),
                    record("bad", ([1, 2], {"a": None})), record("k7", [3, 3])):
            for at in (0, 250, 499):
                batch = good[:at] + [bad] + good[at:]
                self.invalid("", self.client.put_vectors, **index, vectors=batch)
                self.assertEqual(self.keys(index), ["old"])

    def test_a_key_stands_once_in_a_request(self):
        index = self.new_index()
        self.put(index, {"a": [1, 2]})
        text = "Request must not contain duplicate keys"
        self.invalid(text, self.client.put_vectors, **index, vectors=[record("b", [1, 2]), record("b", [3, 4])])
        self.invalid(text, self.client.delete_vectors, **index, keys=["a", "b", "a"])
        self.assertEqual(self.keys(index), ["a"])
        found = self.client.get_vectors(**index, keys=["a", "a", "b"])["vectors"]
        self.assertEqual(found, [{"key": "a"}])

    def test_deletes(self):
        index = self.new_index()
        self.put(index, {"a": [1, 2], "b": [3, 4], "c": [5, 6]})
        self.client.delete_vectors(**index, keys=["nobody"])
        self.client.delete_vectors(**index, keys=["b", "nobody", "B"])
        self.assertEqual(self.keys(index), ["a", "c"])
        self.client.delete_vectors(**index, keys=["b"])
        self.assertEqual([hit["key"] for hit in self.query(index, [3, 4])], ["a", "c"])
        self.put(index, {"b": [0, 0]})
        self.assertEqual(self.keys(index), ["a", "b", "c"])
        self.client.delete_vectors(**index, keys=["a", "b", "c"])
        self.assertEqual((self.keys(index), self.query(index, [1, 1])), ([], []))

    def test_what_is_absent_is_left_out(self):
        index = self.new_index()
        self.put(index, {"a": [1, 2]})
        self.assertEqual(self.client.get_vectors(**index, keys=["x", "a", "y"])["vectors"], [{"key": "a"}])
        self.assertEqual(self.client.get_vectors(**index, keys=["x"])["vectors"], [])

    def test_flags_say_what_comes_back(self):
        index = self.new_index()
        self.put(index, {"a": ([1, 2], {"year": 1}), "b": [1, 2]})
        for data in (None, False, True):
            for metadata in (None, False, True):
                flags = {name: flag for name, flag in (("returnData", data), ("returnMetadata", metadata))
                         if flag is not None}
                members = {"key"} | ({"data"} if data else set()) | ({"metadata"} if metadata else set())
                for one in (self.client.get_vectors(**index, keys=["a", "b"], **flags)["vectors"]
                            + self.client.list_vectors(**index, **flags)["vectors"]):
                    self.assertEqual(set(one), members)
                    if metadata:
                        self.assertEqual(one["metadata"], {"year": 1} if one["key"] == "a" else {})

    def test_keys_are_their_bytes(self):
        index = self.new_index()
        keys = ["caf\u00e9", "cafe\u0301", "CAF\u00c9", " a", "a", "a ", "a\n", "a\x00b", "a\x00", "語", "🙂",
                "\u202eabc",
                "\ufeff", "\u200b", "../x", "%2e", "a/b", "a\\b", '"', "'", "{}", "null", "$and", "\x7f", "\uffff"]
        self.put(index, {key: [number, 1] for number, key in enumerate(keys)})
        for number, key in enumerate(keys):
            self.assertEqual(self.get(index, key)[key][0].tolist(), [number, 1], ascii(key))
            self.assertEqual(self.query(index, [number, 1], 1)[0]["key"], key)
        self.assertEqual(self.keys(index), sorted(keys))
        self.client.delete_vectors(**index, keys=keys[:1])
        self.assertEqual(self.keys(index), sorted(keys[1:]))

    def test_a_write_is_seen_by_the_next_read(self):
        index = self.new_index()
        for number in range(50):
            self.put(index, {"a": ([number, 0], {"at": number})})
            hit, = self.query(index, [number, 0], 1, filter={"at": number}, returnDistance=True, returnMetadata=True)
            self.assertEqual(hit, {"key": "a", "distance": 0, "metadata": {"at": number}})
            self.assertEqual(self.get(index, "a")["a"][0].tolist(), [number, 0])
            self.assertEqual(len(self.client.list_vectors(**index)["vectors"]), 1)

    def test_numpy_doubles_and_integers_are_taken(self):
        index = self.new_index()
        self.client.put_vectors(**index, vectors=[
            {"key": "a", "data": {"float32": list(np.array([1.5, 2.5]))}}, record("b", numbers(np.array([1, 2])))])
        self.assertEqual(self.get(index, "b")["b"][0].tolist(), [1, 2])


if __name__ == "__main__":
    unittest.main()
