#!/usr/bin/env python3
"""LlamaIndex's store for S3 Vectors, against `memvec serve` or AWS, without Bedrock: the vectors are given.

Set AWS_ENDPOINT_URL_S3VECTORS, AWS_REGION and keys as examples/boto3_quickstart.py says.
"""
import boto3
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters, VectorStoreQuery
from llama_index.vector_stores.s3 import S3VectorStore

boto3.client("s3vectors").create_vector_bucket(vectorBucketName="llamaindex")
store = S3VectorStore.create_index_from_bucket("llamaindex", "notes", dimension=3)


def note(name, text, year, vector, document):
    return TextNode(id_=name, text=text, metadata={"year": year}, embedding=vector, relationships={
        NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)})


store.add([note("cat", "the cat sleeps", 2023, [1, 0.1, 0], "animals"),
           note("dog", "the dog barks", 2024, [0.9, 0.3, 0], "animals"),
           note("oak", "the oak stands", 2025, [0, 0.2, 1], "plants")])

recent = MetadataFilters(filters=[MetadataFilter(key="year", value=2024, operator=">=")])
found = store.query(VectorStoreQuery(query_embedding=[1, 0, 0], similarity_top_k=2, filters=recent))
for node, similarity in zip(found.nodes, found.similarities):
    print(f"{node.node_id} {similarity:.4f} {node.text}")
print("by id:", *(node.text for node in store.get_nodes(["oak"])))

store.delete("animals")
print("left:", *store.query(VectorStoreQuery(query_embedding=[1, 0, 0], similarity_top_k=9)).ids)
store.clear()
boto3.client("s3vectors").delete_vector_bucket(vectorBucketName="llamaindex")
