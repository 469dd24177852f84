#!/usr/bin/env python3
"""LangChain's store for S3 Vectors (langchain-aws), against `memvec serve` or AWS, with an embedding made of words.

Set AWS_ENDPOINT_URL_S3VECTORS, AWS_REGION and keys as examples/boto3_quickstart.py says.
"""
import math
import os
import zlib

import boto3
from langchain_aws.vectorstores.s3_vectors import AmazonS3Vectors
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings


class WordEmbedding(Embeddings):
    """A text's words, each counted in one of 512 places: enough to show a search, without a model."""

    def embed_query(self, text):
        places = [0.0] * 512
        for word in text.lower().split():
            places[zlib.crc32(word.encode()) % 512] += 1
        norm = math.sqrt(sum(place * place for place in places)) or 1
        return [place / norm for place in places]

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]


boto3.client("s3vectors").create_vector_bucket(vectorBucketName="langchain")
store = AmazonS3Vectors(
    vector_bucket_name="langchain", index_name="notes", embedding=WordEmbedding(),
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3VECTORS"), region_name=os.environ.get("AWS_REGION"),
    non_filterable_metadata_keys=["_page_content"])             # long texts need not fit into 2 KB

store.add_documents([
    Document("the cat sleeps on the warm roof", id="cat", metadata={"year": 2023}),
    Document("the roof of the old house leaks", id="house", metadata={"year": 2024}),
    Document("vectors are kept on a warm disk", id="disk", metadata={"year": 2025})])

for document, distance in store.similarity_search_with_score("a warm roof", k=2, filter={"year": {"$lt": 2025}}):
    print(f"{document.id} {distance:.4f} {document.page_content}")
print("by id:", *(document.page_content for document in store.get_by_ids(["disk"])))

store.delete(["cat"])
print("after a delete:", store.similarity_search("the cat on the warm roof", k=1)[0].id)
store.delete()
boto3.client("s3vectors").delete_vector_bucket(vectorBucketName="langchain")
