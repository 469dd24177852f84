"""The parts of the dataset makers that can be wrong silently: files, exact answers, the model's arithmetic."""
import json
import math
import random
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

TOOLS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOOLS))
from dataset_makers import debtext, distilling, filters, minilm, packages_text, pictures, sift, vecs  # noqa: E402


class Vecs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_what_is_written_is_read(self):
        floats = np.random.default_rng(1).random((257, 12), np.float32)
        vecs.write(self.folder / "a.fvecs", floats)
        self.assertEqual(vecs.read(self.folder / "a.fvecs").tobytes(), floats.tobytes())
        vecs.write(self.folder / "a.ivecs", np.arange(30).reshape(3, 10))
        self.assertEqual(vecs.read(self.folder / "a.ivecs").tolist(), np.arange(30).reshape(3, 10).tolist())
        self.assertEqual((self.folder / "a.ivecs").stat().st_size, 3 * 4 * 11)

    def test_a_file_that_is_cut_off_is_refused(self):
        vecs.write(self.folder / "a.fvecs", np.zeros((5, 4)))
        whole = (self.folder / "a.fvecs").read_bytes()
        for content in (whole[:-4], b"", whole[:20] + b"\5\0\0\0" + whole[24:]):
            (self.folder / "a.fvecs").write_bytes(content)
            with self.assertRaises(ValueError):
                vecs.read(self.folder / "a.fvecs")


class Exact(unittest.TestCase):
    def test_nearest_agrees_with_whole_numbers_and_breaks_ties_by_the_lower_row(self):
        rng = np.random.default_rng(2)
        base = rng.integers(0, 3, (900, 128), np.uint8)            # few values, so that distances tie
        query = rng.integers(0, 3, (7, 128), np.uint8)
        rows, distances = sift.nearest(base, query.astype(np.float32), rows_at_once=250)
        squares = ((base[None].astype(int) - query[:, None].astype(int)) ** 2).sum(2)
        expected = np.argsort(squares, axis=1, kind="stable")[:, :100]
        self.assertEqual(distances.tolist(), np.take_along_axis(squares, expected, 1).tolist())
        # FAISS keeps any of those that tie past the spare ones: up to there the rows must be the same.
        last = np.take_along_axis(squares, expected, 1)[:, -1:]
        inside = np.take_along_axis(squares, expected, 1) < last
        self.assertTrue((rows == expected)[inside].all())

    def test_distinct_keeps_the_first_of_equal_rows(self):
        rows = np.repeat(np.arange(5, dtype=np.uint8), 2)[::-1].reshape(-1, 1).repeat(128, 1)
        self.assertEqual(pictures.distinct(rows)[:, 0].tolist(), [4, 3, 2, 1, 0])

    def test_filtered_answers_hold_only_rows_that_match(self):
        rng = np.random.default_rng(3)
        base, query = rng.random((50, 8), np.float32), rng.random((4, 8), np.float32)
        rows, _ = debtext.nearest(query, base, 10, np.arange(0, 50, 5))
        self.assertTrue((rows % 5 == 0).all() and rows.shape == (4, 10))


class Model(unittest.TestCase):
    def test_erf_is_right_to_six_digits(self):
        x = np.linspace(-6, 6, 4001, dtype=np.float32)
        expected = np.array([math.erf(value) for value in x])
        self.assertLess(np.abs(minilm.erf(x) - expected).max(), 5e-7)

    def test_batches_hold_each_text_once_and_one_length(self):
        lengths = [random.Random(4).randint(1, 128) for _ in range(1000)]
        parts = list(minilm.batches(lengths))
        self.assertEqual(sorted(position for part in parts for position in part), list(range(1000)))
        for part in parts:
            self.assertEqual(len({lengths[position] for position in part}), 1)
            self.assertLessEqual(len(part) * lengths[part[0]], minilm.TOKENS_AT_ONCE)


class Distilling(unittest.TestCase):
    def test_principal_axes_keep_distances_and_do_not_depend_on_signs(self):
        rng = np.random.default_rng(5)
        vectors = rng.standard_normal((200, 3)) @ rng.standard_normal((3, 12))       # of three dimensions
        found = distilling.principal(vectors, 3)
        self.assertTrue(np.allclose(found.var(0), sorted(found.var(0), reverse=True)))
        between = np.linalg.norm(vectors[:20, None] - vectors[None, :20], axis=2)
        self.assertTrue(np.allclose(np.linalg.norm(found[:20, None] - found[None, :20], axis=2), between))
        self.assertTrue(np.allclose(distilling.principal(vectors[::-1], 3), found[::-1]))

    def test_the_commonest_words_count_least(self):
        weights = distilling.weights(30_522)
        words = weights[distilling.COMMONEST_WORD:]
        self.assertTrue((np.diff(words) > 0).all() and words[0] == weights.min() and weights.max() < 1)

    def test_a_table_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path, values = Path(folder) / "t.safetensors", np.arange(12, dtype=np.float16).reshape(4, 3)
            distilling.write_table(path, "t", values)
            raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        entry = json.loads(raw[8:8 + length])["t"]
        self.assertEqual((entry, raw[8 + length:], length % 8), (
            {"dtype": "F16", "shape": [4, 3], "data_offsets": [0, 24]}, values.tobytes(), 0))


class Texts(unittest.TestCase):
    INDEX = ("Package: a\nSource: s (1.0)\nArchitecture: all\nDescription: the short line of a\n"
             "Description-md5: 1\nInstalled-Size: 7\nTag: x::y, z::w,\n v::v\n\n"
             "Package: b\nArchitecture: all\nDescription: b\nDescription-md5: 2\nHomepage: h\n")
    LONG = "Description-md5: 1\nDescription-en: short\n " + "words of a " * 9 + "\n .\n end\n\n" \
           "Description-md5: 2\nDescription-en: short\n too little\n"

    def test_a_package_becomes_a_text_with_metadata(self):
        packages = list(packages_text.described(self.INDEX, self.LONG))
        self.assertEqual([package["Package"] for package in packages], ["a"])
        self.assertTrue(packages[0]["text"].endswith("words of a end"))
        self.assertEqual(packages_text.metadata(packages[0]) | {"text": ""}, {
            "section": "unknown", "priority": "unknown", "architecture": "all", "installed_size": 7,
            "has_homepage": False, "tags": ["x::y", "z::w", "v::v"], "text": ""})

    def test_each_filter_and_its_function_name_the_same_fields(self):
        for name, (document, matching) in filters.FILTERS.items():
            said = {"section": "python", "priority": "required", "installed_size": 20000, "has_homepage": False,
                    "tags": ["interface::commandline"]}
            self.assertIsInstance(matching(said), bool, name)
            self.assertIsInstance(document, dict)


if __name__ == "__main__":
    unittest.main()
