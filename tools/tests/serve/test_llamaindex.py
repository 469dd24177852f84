"""llama-index's S3 vector store, unchanged: add, query, filter, get, delete, clear."""
import os
import unittest
from unittest import mock

import numpy as np
from botocore.exceptions import ClientError
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import (FilterCondition, FilterOperator, MetadataFilter, MetadataFilters,
                                            VectorStoreQuery)
from llama_index.vector_stores.s3 import S3VectorStore
from serving import REGION, ServeCase, bucket_arn, index_arn, shared

COUNT = 60


class LlamaIndex(ServeCase):
    def setUp(self):
        surroundings = mock.patch.dict(os.environ, {
            "AWS_ENDPOINT_URL_S3VECTORS": shared().url, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "thing"})
        surroundings.start()
        self.addCleanup(surroundings.stop)
        rng = np.random.default_rng(5)
        self.vectors = rng.standard_normal((COUNT, 8)).tolist()
        self.nodes = [TextNode(
            id_=f"n{number}", text=f"text {number}", embedding=self.vectors[number],
            metadata={"number": number, "kind": "even odd".split()[number % 2]},
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc{number % 3}")})
            for number in range(COUNT)]

    def ask(self, store, number, top_k=COUNT, **settings):
        return store.query(VectorStoreQuery(query_embedding=self.vectors[number], similarity_top_k=top_k, **settings))

    def test_its_whole_life(self):
        store = S3VectorStore.create_index_from_bucket(self.new_bucket(), "notes", dimension=8)
        self.assertEqual(store.add(self.nodes), [f"n{number}" for number in range(COUNT)])
        found = self.ask(store, 7, 1)
        self.assertEqual((found.ids, found.nodes[0].text, found.nodes[0].metadata["number"]), (["n7"], "text 7", 7))
        self.assertAlmostEqual(found.similarities[0], 1, delta=1e-6)
        self.assertEqual([node.text for node in store.get_nodes(["n3"])], ["text 3"])
        store.delete_nodes(["n7"])
        self.assertNotIn("n7", self.ask(store, 7).ids)
        store.delete("doc0")
        self.assertEqual({int(one[1:]) % 3 for one in self.ask(store, 0).ids}, {1, 2})
        store.clear()
        with self.assertRaisesRegex(ClientError, "NotFoundException"):
            self.ask(store, 0)

    def test_filters(self):
        store = S3VectorStore.create_index_from_bucket(self.new_bucket(), "notes", dimension=8)
        store.add(self.nodes)

        def found(*filters, condition=FilterCondition.AND):
            filters = MetadataFilters(filters=list(filters), condition=condition)
            return {int(one[1:]) for one in self.ask(store, 0, filters=filters).ids}
        even = MetadataFilter(key="kind", value="even")
        high = MetadataFilter(key="number", value=50, operator=FilterOperator.GTE)
        some = MetadataFilter(key="number", value=[1, 2, 99], operator=FilterOperator.IN)
        others = MetadataFilter(key="number", value=[1, 2], operator=FilterOperator.NIN)
        absent = MetadataFilter(key="nowhere", value=None, operator=FilterOperator.IS_EMPTY)
        all_of_them = set(range(COUNT))
        self.assertEqual(found(even), set(range(0, COUNT, 2)))
        self.assertEqual(found(even, high), set(range(50, COUNT, 2)))
        either = found(even, high, condition=FilterCondition.OR)
        self.assertEqual(either, set(range(0, COUNT, 2)) | set(range(50, COUNT)))
        self.assertEqual((found(some), found(others)), ({1, 2}, all_of_them - {1, 2}))
        self.assertEqual(found(absent), all_of_them)
        nested = MetadataFilters(filters=[high, some], condition=FilterCondition.OR)
        self.assertEqual(found(nested, even), {2} | set(range(50, COUNT, 2)))

    def test_arns_that_it_sends_as_names_are_refused_as_aws_does(self):
        index = self.new_index(8)
        store = S3VectorStore(index_arn(index), index["vectorBucketName"])
        with self.assertRaisesRegex(ClientError, "Must specify either indexArn or both"):
            store.add(self.nodes)
        store = S3VectorStore(index["indexName"], bucket_arn(index["vectorBucketName"]))
        with self.assertRaisesRegex(ClientError, "Invalid vector bucket name|'/vectorBucketName'"):
            store.add(self.nodes)


if __name__ == "__main__":
    unittest.main()
