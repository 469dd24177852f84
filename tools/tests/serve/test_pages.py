"""Pages: one ranking of up to 10,000 in pages of 100, and listings whose segments part the keys exactly."""
import concurrent.futures
import unittest

import numpy as np
from serving import ServeCase, numbers


class Queries(ServeCase):
    """Ten thousand vectors on a line: the n-th nearest to 0 is `k<n>`."""

    COUNT = 10_100

    @classmethod
    def setUpClass(cls):
        cls.case = cls("test_ten_thousand_come_in_a_hundred_pages")
        cls.index = cls.case.new_index(2)
        cls.case.put(cls.index, {f"k{number}": ([number, 0], {"odd": number % 2 == 1}) for number in range(cls.COUNT)})

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def page(self, top_k=250, token=None, **changes):
        request = {**self.index, "topK": top_k, "queryVector": {"float32": [0, 0]}, **changes}
        return self.client.query_vectors(**request, **({"nextToken": token} if token else {}))

    def all_pages(self, top_k, **settings):
        return list(self.client.get_paginator("query_vectors").paginate(
            **self.index, topK=top_k, queryVector={"float32": [0, 0]}, **settings))

    def test_ten_thousand_come_in_a_hundred_pages(self):
        pages = self.all_pages(10_000, returnDistance=True, returnMetadata=True)
        self.assertEqual([len(page["vectors"]) for page in pages], [100] * 100)
        self.assertEqual({page["distanceMetric"] for page in pages}, {"euclidean"})
        hits = [hit for page in pages for hit in page["vectors"]]
        self.assertEqual(hits, [{"key": f"k{number}", "distance": number, "metadata": {"odd": number % 2 == 1}}
                                for number in range(10_000)])
        tokens = [page.get("nextToken") for page in pages]
        self.assertEqual((len(set(tokens)), tokens[-1]), (100, None))
        self.assertLessEqual(max(len(token) for token in tokens[:-1]), 4096)

    def test_pages_of_other_sizes(self):
        for top_k, sizes in ((99, [99]), (100, [100]), (101, [100, 1]), (200, [100, 100]), (250, [100, 100, 50])):
            pages = self.all_pages(top_k)
            self.assertEqual([len(page["vectors"]) for page in pages], sizes)
            self.assertEqual([hit["key"] for page in pages for hit in page["vectors"]],
                             [f"k{number}" for number in range(top_k)])

    def test_a_filter_holds_on_all_pages(self):
        pages = self.all_pages(10_000, filter={"odd": True})
        self.assertEqual([hit["key"] for page in pages for hit in page["vectors"]],
                         [f"k{number}" for number in range(1, self.COUNT, 2)])

    def test_flags_may_differ_from_page_to_page(self):
        first = self.page()
        second = self.page(token=first["nextToken"], returnDistance=True, returnMetadata=True)
        self.assertEqual(second["vectors"][0], {"key": "k100", "distance": 100, "metadata": {"odd": False}})
        self.assertEqual(set(first["vectors"][0]), {"key"})

    def test_a_page_may_be_asked_for_again(self):
        first = self.page()
        second, again = (self.page(token=first["nextToken"]) for _ in range(2))
        self.assertEqual(second["vectors"], again["vectors"])
        self.assertEqual(second["nextToken"], again["nextToken"])

    def test_a_token_belongs_to_its_query(self):
        token, other = self.page()["nextToken"], self.new_index(2)
        for changes in ({"topK": 251}, {"queryVector": {"float32": [0, 1]}}, {"filter": {"odd": True}}, other,
                        {"queryMode": "ENHANCED"}):
            self.invalid("Invalid nextToken", self.page, token=token, **changes)
        for wrong in ("x", token[:-1], token + "0", token.upper(), "." + token, token.split(".")[0] + ".-100",
                      token.split(".")[0] + ".99999999999999999999"):
            answer = self.invalid("Invalid nextToken", self.page, token=wrong)
            self.assertEqual(answer["fieldList"][0]["path"], "nextToken")
        self.assertEqual(self.page(token=token)["vectors"][0]["key"], "k100")

    def test_writes_between_pages_change_no_ranking(self):
        index = self.new_index(2)
        self.put(index, {f"k{number}": ([number, 0], {"n": number}) for number in range(300)})
        request = {**index, "topK": 300, "queryVector": {"float32": [0, 0]}, "returnMetadata": True,
                   "returnDistance": True}
        first = self.client.query_vectors(**request)
        self.put(index, {"new": [0, 0], "k250": [0, 0]})
        self.client.delete_vectors(**index, keys=["k3", "k150"])
        seen = first["vectors"]
        while "nextToken" in first:
            first = self.client.query_vectors(**request, nextToken=first["nextToken"])
            seen += first["vectors"]
        self.assertEqual([hit["key"] for hit in seen], [f"k{number}" for number in range(300)])
        self.assertEqual([hit["distance"] for hit in seen], list(range(300)))


class Lists(ServeCase):
    COUNT = 3000

    @classmethod
    def setUpClass(cls):
        cls.case = cls("test_every_key_is_listed_once")
        cls.index = cls.case.new_index(8)
        rng = np.random.default_rng(3)
        cls.keys = sorted({f"{number}-{'é' * int(rng.integers(0, 9))}" for number in range(cls.COUNT)})
        cls.case.put(cls.index, {key: rng.random(8, np.float32) for key in cls.keys})

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def listed(self, **settings):
        pages = list(self.client.get_paginator("list_vectors").paginate(**self.index, **settings))
        return [[one["key"] for one in page["vectors"]] for page in pages]

    def test_every_key_is_listed_once(self):
        for size in (None, 1000, 999, 7, 500):
            pages = self.listed(**({"maxResults": size} if size else {}))
            self.assertEqual(sorted(key for page in pages for key in page), self.keys)
            self.assertEqual({len(page) for page in pages[:-1]}, {size or 500})
            self.assertTrue(pages[-1])

    def test_segments_part_the_keys(self):
        for count in (1, 2, 3, 7, 16):
            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                segments = list(threads.map(
                    lambda number: [key for page in self.listed(segmentCount=count, segmentIndex=number, maxResults=100)
                                    for key in page], range(count)))
            self.assertEqual(sorted(key for keys in segments for key in keys), self.keys)
            self.assertEqual(sum(len(set(keys)) for keys in segments), self.COUNT)
            least, most = min(map(len, segments)), max(map(len, segments))
            self.assertGreater(least, self.COUNT / count / 2, f"{count} segments of {least} to {most}")

    def test_a_token_belongs_to_its_segment(self):
        first = self.client.list_vectors(**self.index, segmentCount=4, segmentIndex=1, maxResults=10)
        for other in ({}, {"segmentCount": 4, "segmentIndex": 2}, {"segmentCount": 5, "segmentIndex": 1}):
            self.invalid("Invalid nextToken", self.client.list_vectors, **self.index, **other,
                         nextToken=first["nextToken"])
        for token in ("x", "0.1.", "0.1.zz", first["nextToken"].upper() + "a", "0.1." + "0" * 2000):
            self.invalid("Invalid nextToken", self.client.list_vectors, **self.index, nextToken=token)
        self.client.list_vectors(**self.index, segmentCount=4, segmentIndex=1, maxResults=99,
                                 nextToken=first["nextToken"])

    def test_a_page_with_data_ends_after_one_megabyte(self):
        index, values = self.new_index(1024), numbers(np.random.default_rng(1).random(1024, np.float32))
        self.put(index, {f"k{number}": values for number in range(600)})
        with_data = self.client.list_vectors(**index, returnData=True, maxResults=1000)
        self.assertTrue(200 <= len(with_data["vectors"]) <= 260, len(with_data["vectors"]))
        pages = list(self.client.get_paginator("list_vectors").paginate(**index, returnData=True, maxResults=1000))
        self.assertEqual(sorted(one["key"] for page in pages for one in page["vectors"]),
                         sorted(f"k{number}" for number in range(600)))

    def test_what_stays_is_listed_whatever_is_written_meanwhile(self):
        index = self.new_index(2)
        self.put(index, {f"stay{number}": [number, 1] for number in range(300)})
        self.put(index, {f"go{number}": [number, 1] for number in range(300)})
        seen, token = [], {}
        for round in range(1000):
            page = self.client.list_vectors(**index, maxResults=50, **token)
            seen += [one["key"] for one in page["vectors"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
            self.client.delete_vectors(**index, keys=[f"go{number}" for number in range(round * 20, round * 20 + 20)])
            self.put(index, {f"new{round}": [1, 1], f"stay{round}": [2, 2]})
        stayed = [key for key in seen if key.startswith("stay")]
        self.assertEqual(sorted(stayed), sorted(f"stay{number}" for number in range(300)))
        self.assertEqual(len(seen), len(set(seen)))


if __name__ == "__main__":
    unittest.main()
