#!/usr/bin/env python3
"""S3 Vectors by boto3, against `memvec serve` or AWS:

  memvec serve --ephemeral &
  export AWS_ENDPOINT_URL_S3VECTORS=http://127.0.0.1:8080 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=thing
  python3 examples/boto3_quickstart.py
"""
import boto3

vectors = boto3.client("s3vectors")
films = {"vectorBucketName": "quickstart", "indexName": "films"}

vectors.create_vector_bucket(vectorBucketName="quickstart")
vectors.create_index(**films, dataType="float32", dimension=3, distanceMetric="cosine",
                     metadataConfiguration={"nonFilterableMetadataKeys": ["plot"]})
vectors.put_vectors(**films, vectors=[
    {"key": "alien", "data": {"float32": [0.9, 0.1, 0.2]}, "metadata": {"year": 1979, "plot": "A crew meets it."}},
    {"key": "solaris", "data": {"float32": [0.7, 0.6, 0.1]}, "metadata": {"year": 1972, "plot": "A planet thinks."}},
    {"key": "gravity", "data": {"float32": [0.8, 0.2, 0.3]}, "metadata": {"year": 2013, "plot": "Two fall."}}])

answer = vectors.query_vectors(
    **films, topK=2, queryVector={"float32": [1, 0, 0]}, filter={"year": {"$lt": 2000}}, returnDistance=True,
    returnMetadata=True)
for hit in answer["vectors"]:
    print(f"{hit['key']} {hit['distance']:.4f} {hit['metadata']['plot']}")

vectors.delete_vectors(**films, keys=["gravity"])
pages = vectors.get_paginator("list_vectors").paginate(**films)
print("left:", *sorted(one["key"] for page in pages for one in page["vectors"]))

vectors.delete_index(**films)
vectors.delete_vector_bucket(vectorBucketName="quickstart")
