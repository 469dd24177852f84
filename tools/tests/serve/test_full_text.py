"""Full-text and hybrid search: BM25 and reciprocal rank fusion as plain Python has them, of every language."""
import collections
import math
import random
import unittest

from serving import ServeCase

WORDS = [f"word{number}" for number in range(60)] + ["alpha", "beta", "gamma"]


def bm25(documents, query):
    """Key to score, of documents (key to list of words), by the textbook formula with Lucene's idf."""
    documents = {key: words for key, words in documents.items() if words}
    mean = sum(map(len, documents.values())) / max(1, len(documents))
    scores = collections.Counter()
    for word in query:
        having = [key for key, words in documents.items() if word in words]
        idf = math.log(1 + (len(documents) - len(having) + 0.5) / (len(having) + 0.5))
        for key in having:
            count, length = documents[key].count(word), len(documents[key])
            scores[key] += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean))
    return scores


def text_settings(*keys, **languages):
    texts = [{"metadataKey": key} for key in keys]
    texts += [{"metadataKey": key, "language": language} for key, language in languages.items()]
    return {"textSearchConfigurations": texts}


class TextCase(ServeCase):
    def search(self, index, top_k=10, vector=None, **texts):
        request = {**index, "topK": top_k, "returnScores": True, "returnDistance": True}
        if vector is not None:
            request["queryVector"] = {"float32": vector}
        if texts:
            request["queryTexts"] = [{"text": text, "metadataKey": key} for key, text in texts.items()]
        return self.client.query_vectors(**request)["vectors"]

    def found(self, index, **texts):
        return sorted(hit["key"] for hit in self.search(index, 100, **texts))

    def until_active(self, index):
        """How often it was BUILDING; bounded by the server's own work, not by a clock."""
        for asked in range(100_000):
            texts = self.client.get_index(**index)["index"]["metadataConfiguration"]["textSearchConfigurations"]
            if all(text["status"] == "ACTIVE" for text in texts):
                return asked
        self.fail("text search stays BUILDING")


class Scores(TextCase):
    def setUp(self):
        self.random = random.Random(7)
        self.index = self.new_index(metadataConfiguration={
            **text_settings("title", "body"), "nonFilterableMetadataKeys": ["body"]})
        self.texts = {}

    def words(self, most):
        return [self.random.choice(WORDS[:self.random.randint(1, len(WORDS))])
                for _ in range(self.random.randint(0, most))]

    def write(self, count):
        for key in {f"k{self.random.randrange(150)}" for _ in range(count)}:
            self.texts[key] = {"title": self.words(6), "body": self.words(40)}
            self.put(self.index, {key: ([len(self.texts), 1], {
                name: " ".join(words) for name, words in self.texts[key].items()})})
        for key in self.random.sample(sorted(self.texts), 10):
            self.client.delete_vectors(**self.index, keys=[key])
            del self.texts[key]

    def field(self, name):
        return {key: texts[name] for key, texts in self.texts.items()}

    def test_bm25_is_the_formula_s(self):
        for _ in range(4):
            self.write(60)
            for _ in range(6):
                asked = {"title": self.words(4) + ["word0"], "body": self.words(6) + ["alpha"]}
                parts = {name: bm25(self.field(name), words) for name, words in asked.items()}
                for names in (["title"], ["body"], ["title", "body"]):
                    hits = self.search(self.index, 30, **{name: " ".join(asked[name]) for name in names})
                    sums = sum((parts[name] for name in names), collections.Counter())
                    self.assertEqual(len(hits), min(30, len(sums)))
                    for hit, (_, score) in zip(hits, sums.most_common()):
                        told = {one["metadataKey"]: one["score"] for one in hit["scores"]["bm25Scores"]}
                        self.assertAlmostEqual(sum(told.values()), score, delta=1e-4 * score)
                        self.assertEqual(set(hit["scores"]), {"bm25Scores"})
                        self.assertNotIn("distance", hit)
                        self.assertEqual(set(told), {name for name in names if parts[name][hit["key"]] > 0})
                        for name, part in told.items():
                            self.assertAlmostEqual(part, parts[name][hit["key"]], delta=1e-4 * part)

    def test_fused_scores_are_sums_of_reciprocal_ranks(self):
        self.write(120)
        rankings = [self.search(self.index, 100, vector=[40, 1]), self.search(self.index, 100, title="word0 word1"),
                    self.search(self.index, 100, body="word2 alpha word0")]
        sums = collections.Counter()
        for ranking in rankings:
            for rank, hit in enumerate(ranking, 1):
                sums[hit["key"]] += 1 / (60 + rank)
        hits = self.search(self.index, 10, vector=[40, 1], title="word0 word1", body="word2 alpha word0")
        self.assertEqual(len(hits), 10)
        near = {hit["key"]: hit["distance"] for hit in rankings[0]}
        for hit, (_, score) in zip(hits, sums.most_common()):
            self.assertAlmostEqual(hit["scores"]["fused"], score, places=6)
            self.assertAlmostEqual(sums[hit["key"]], score, places=9)
            self.assertEqual(hit["scores"].get("vectorDistance"), near.get(hit["key"]))
            self.assertEqual(hit.get("distance"), near.get(hit["key"]))
        self.assertEqual({name for hit in rankings[0] for name in hit}, {"key", "distance"})

    def test_a_filter_and_pages_hold_for_texts_and_both(self):
        self.put(self.index, {f"p{number}": ([number, 0], {"title": f"alpha {number}", "even": number % 2 == 0})
                              for number in range(500)})
        for vector in ({}, {"queryVector": {"float32": [0, 0]}}):
            pages = list(self.client.get_paginator("query_vectors").paginate(
                **self.index, topK=240, filter={"even": True}, returnMetadata=True, returnScores=True,
                queryTexts=[{"text": "Alpha", "metadataKey": "title"}], **vector))
            self.assertEqual([len(page["vectors"]) for page in pages], [100, 100, 40])
            hits = [hit for page in pages for hit in page["vectors"]]
            self.assertEqual(len({hit["key"] for hit in hits}), 240)
            self.assertTrue(all(hit["metadata"]["even"] and hit["scores"]["bm25Scores"] for hit in hits))


class Languages(TextCase):
    PAIRS = {
        "en": ("The dogs' running", "DOG run"), "fr": ("les chevaux à l’Hôtel", "cheval hotel"),
        "es": ("canciones de los niños", "CANCIÓN nino"), "pt": ("as MENINAS falavam", "menina falar"),
        "it": ("le ragazze parlavano", "ragazza parlare"), "de": ("Häuser in der STRASSE", "haus Straße"),
        "nl": ("mogelijkheden", "mogelijkheid"), "zh": ("我们在北京大学学习", "北京大学"),
        "ja": ("ﾃﾞｰﾀﾍﾞｰｽを東京都で検索", "データベース"), "ko": ("한국어를 공부합니다", "한국어"),
    }

    def test_each_language_knows_its_words(self):
        index = self.new_index(metadataConfiguration=text_settings(**{code: code for code in self.PAIRS}))
        self.put(index, {code: ([1, 2], {code: text}) for code, (text, _) in self.PAIRS.items()})
        for code, (_, query) in self.PAIRS.items():
            self.assertEqual(self.found(index, **{code: query}), [code])
            self.assertEqual(self.found(index, **{code: "qqqq 水"}), [])

    def test_without_a_language_words_keep_their_endings(self):
        index = self.new_index(metadataConfiguration=text_settings("t"))
        self.put(index, {"a": ([1, 2], {"t": "Running CAFÉS"}), "b": ([1, 2], {"t": ["runs", "cafés"]}),
                         "c": ([1, 2], {"t": 7})})
        self.assertEqual(self.found(index, t="run"), [])
        self.assertEqual(self.found(index, t="running"), ["a"])
        self.assertEqual(self.found(index, t="cafes"), ["a", "b"])
        self.assertEqual(self.found(index, t="7"), [])


class Configurations(TextCase):
    def test_a_key_is_built_beside_writers_and_survives_deletion(self):
        index = self.new_index()
        for first in range(0, 4000, 500):
            self.put(index, {f"k{number}": ([number, 1], {"t": f"alpha beta{number % 7} " + "filler " * 60})
                             for number in range(first, first + 500)})
        ask = self.client.query_vectors
        request = {**index, "topK": 1, "queryTexts": [{"text": "alpha", "metadataKey": "t"}]}
        answer = self.invalid('Text search is not configured for metadata key "t"', ask, **request)
        self.assertEqual(answer["fieldList"][0]["path"], "queryTexts")
        configure = self.client.update_metadata_configuration
        configure(**index, add=text_settings("t"))
        self.put(index, {"late": ([1, 1], {"t": "alpha late"}), "k3": ([1, 1], {"t": "gone"})})
        self.client.delete_vectors(**index, keys=["k4"])
        if self.client.get_index(**index)["index"]["metadataConfiguration"][
                "textSearchConfigurations"][0]["status"] == "BUILDING":
            # It may be ACTIVE by now; if it is not, the answer names the key.
            try:
                ask(**request)
            except self.client.exceptions.ValidationException as error:
                self.assertIn('"t" is BUILDING', str(error))
        self.until_active(index)
        pages = self.client.get_paginator("query_vectors").paginate(**{**request, "topK": 10_000})
        self.assertEqual(sum(len(page["vectors"]) for page in pages), 3999)
        self.assertEqual(self.found(index, t="late"), ["late"])
        configure(**index, delete=text_settings("t"))
        self.invalid('Text search is not configured for metadata key "t"', ask, **request)
        configure(**index, add=text_settings(t="en"))
        self.until_active(index)
        self.assertEqual(self.found(index, t="gone"), ["k3"])
        self.assertEqual(self.found(index, t="go"), [])

    def test_a_deleted_text_is_found_no_more(self):
        index = self.new_index(metadataConfiguration=text_settings("t"))
        self.put(index, {"a": ([1, 2], {"t": "secret one"}), "b": ([1, 2], {"t": "secret two"})})
        self.assertEqual(self.found(index, t="secret"), ["a", "b"])
        self.put(index, {"a": ([1, 2], {"t": "open"})})
        self.client.delete_vectors(**index, keys=["b"])
        self.assertEqual(self.found(index, t="secret"), [])
        self.assertEqual(self.found(index, t="open"), ["a"])

    def test_hostile_texts(self):
        index = self.new_index(metadataConfiguration={
            **text_settings("t", en="en", ja="ja"), "nonFilterableMetadataKeys": ["t", "en", "ja"]})
        texts = ["x" * 30_000, "水" * 9_000, "\u0301" * 5_000, "🎉" * 2_000, "a\u0000b", "\u200d", "'" * 9_000]
        self.put(index, {f"{key}{number}": ([1, 2], {key: text}) for number, text in enumerate(texts)
                         for key in ("t", "en", "ja")})
        self.assertEqual(self.found(index, t="b"), ["t4"])
        self.assertEqual(self.found(index, ja="水水"), ["ja1"])
        self.assertEqual(self.found(index, en="x" * 1024), ["en0"])
        for number in range(len(texts)):
            self.search(index, t=texts[number][:1024], en=texts[number][:1024])


if __name__ == "__main__":
    unittest.main()
