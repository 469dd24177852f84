#!/bin/sh
# S3 Vectors by the AWS command line, against `memvec serve` or AWS:
#
#   memvec serve --ephemeral &
#   export AWS_ENDPOINT_URL_S3VECTORS=http://127.0.0.1:8080 AWS_REGION=us-east-1
#   export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=thing
#   sh examples/aws_cli.sh
set -eu
films="--vector-bucket-name shell --index-name films"

aws s3vectors create-vector-bucket --vector-bucket-name shell
aws s3vectors create-index $films --data-type float32 --dimension 3 --distance-metric cosine
aws s3vectors put-vectors $films --vectors '[
    {"key": "alien", "data": {"float32": [0.9, 0.1, 0.2]}, "metadata": {"year": 1979}},
    {"key": "gravity", "data": {"float32": [0.8, 0.2, 0.3]}, "metadata": {"year": 2013}}]'

aws s3vectors query-vectors $films --top-k 1 --query-vector '{"float32": [1, 0, 0]}' \
    --filter '{"year": {"$gte": 2000}}' --return-distance --return-metadata
aws s3vectors list-vectors $films --query 'vectors[].key' --output text

aws s3vectors delete-index $films
aws s3vectors delete-vector-bucket --vector-bucket-name shell
