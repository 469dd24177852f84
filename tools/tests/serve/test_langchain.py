"""langchain-aws's AmazonS3Vectors, unchanged: add, search, filter, get, delete."""
import hashlib
import unittest

import numpy as np
from langchain_aws.vectorstores.s3_vectors import AmazonS3Vectors
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from serving import REGION, ServeCase, shared


class FakeEmbedding(Embeddings):
    """A vector that depends on the text alone."""

    def embed_query(self, text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(16).tolist()

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]


class LangChain(ServeCase):
    def store(self, **settings):
        return AmazonS3Vectors(
            vector_bucket_name=self.new_bucket(), index_name="notes", embedding=FakeEmbedding(), region_name=REGION,
            endpoint_url=shared().url, aws_access_key_id="any", aws_secret_access_key="thing", **settings)

    def test_its_whole_life(self):
        for metric in ("cosine", "euclidean"):
            store = self.store(distance_metric=metric)
            texts = [f"text {number}" for number in range(450)]     # three batches
            ids = store.add_texts(texts, [{"number": number, "kind": "even odd".split()[number % 2]}
                                          for number in range(450)], ids=[f"id{number}" for number in range(450)])
            self.assertEqual(ids[449], "id449")
            (first, distance), = store.similarity_search_with_score("text 7", k=1)
            self.assertEqual((first.id, first.page_content, first.metadata), (
                "id7", "text 7", {"number": 7, "kind": "odd"}))
            self.assertAlmostEqual(distance, 0, delta=1e-6)
            filter = {"$and": [{"kind": "even"}, {"number": {"$lt": 60}}]}
            found = store.similarity_search("text 7", k=50, filter=filter)
            self.assertEqual({document.id for document in found}, {f"id{number}" for number in range(0, 60, 2)})
            self.assertEqual([document.page_content for document in store.get_by_ids(["id9", "id3", "id9"])],
                             ["text 9", "text 3", "text 9"])
            retrieved = store.as_retriever(search_kwargs={"k": 1}).invoke("text 8")
            self.assertEqual(retrieved[0].id, "id8")
            (_, relevance), = store.similarity_search_with_relevance_scores("text 9", k=1)
            self.assertAlmostEqual(relevance, 1, delta=1e-6)
            store.delete(["id7", "id8"])
            self.assertNotIn(store.similarity_search("text 7", k=1)[0].id, ("id7", "id8"))
            with self.assertRaisesRegex(ValueError, "id7"):
                store.get_by_ids(["id7"])
            store.delete()
            self.assertEqual(self.client.list_indexes(vectorBucketName=store.vector_bucket_name)["indexes"], [])

    def test_long_texts_need_a_key_that_is_not_filterable(self):
        long = [Document("word " * 600, id="long")]
        with self.assertRaisesRegex(Exception, "Filterable metadata must have at most 2048 bytes"):
            self.store().add_documents(long)
        store = self.store(non_filterable_metadata_keys=["_page_content"])
        store.add_documents(long)
        self.assertEqual(store.get_by_ids(["long"])[0].page_content, long[0].page_content)

    def test_made_from_texts(self):
        store = AmazonS3Vectors.from_texts(
            ["one", "two"], FakeEmbedding(), vector_bucket_name=self.new_bucket(), index_name="made",
            region_name=REGION, endpoint_url=shared().url, aws_access_key_id="any", aws_secret_access_key="thing")
        self.assertEqual(store.similarity_search("two", k=1)[0].page_content, "two")


if __name__ == "__main__":
    unittest.main()
