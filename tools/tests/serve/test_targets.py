"""How a request names its bucket or its index: by names or by ARN, never both, never half."""
import unittest

from serving import ServeCase, bucket_arn, index_arn, record

NO_INDEX = "The specified index could not be found"
NO_BUCKET = "The specified vector bucket could not be found"
INDEX_RULE = "Must specify either indexArn or both vectorBucketName and indexName"
BUCKET_RULE = "Must specify either vectorBucketName or vectorBucketArn but not both"

OF_BUCKETS = {
    "get_vector_bucket": {}, "delete_vector_bucket": {}, "put_vector_bucket_policy": {"policy": "{}"},
    "get_vector_bucket_policy": {}, "delete_vector_bucket_policy": {}, "list_indexes": {},
    "put_vector_bucket_default_index_mode": {"defaultIndexMode": "ENHANCED"},
    "create_index": {"indexName": "abc", "dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}}
OF_INDEXES = {
    "get_index": {}, "delete_index": {}, "update_index_mode": {"indexMode": "ENHANCED"}, "list_vectors": {},
    "update_metadata_configuration": {"add": {"textSearchConfigurations": [{"metadataKey": "t"}]}},
    "put_vectors": {"vectors": [record("a", [1, 2])]}, "get_vectors": {"keys": ["a"]},
    "delete_vectors": {"keys": ["a"]}, "query_vectors": {"topK": 1, "queryVector": {"float32": [1, 2]}}}


class Targets(ServeCase):
    def test_a_bucket_is_named_in_one_way(self):
        name = self.new_bucket()
        both = {"vectorBucketName": name, "vectorBucketArn": bucket_arn(name)}
        for operation, rest in OF_BUCKETS.items():
            for target in ({}, both):
                self.invalid(BUCKET_RULE, getattr(self.client, operation), **target, **rest)

    def test_an_index_is_named_in_one_way(self):
        index = self.new_index()
        bucket, name, arn = index["vectorBucketName"], index["indexName"], index_arn(index)
        wrong = ({}, {"vectorBucketName": bucket}, {"indexName": name}, {**index, "indexArn": arn},
                 {"vectorBucketName": bucket, "indexArn": arn}, {"indexName": name, "indexArn": arn})
        for operation, rest in OF_INDEXES.items():
            for target in wrong:
                self.invalid(INDEX_RULE, getattr(self.client, operation), **target, **rest)

    def test_a_bucket_that_is_not_there(self):
        for target in ({"vectorBucketName": "nowhere"}, {"vectorBucketArn": bucket_arn("nowhere")},
                       {"vectorBucketArn": bucket_arn("with.dot")}):
            for operation, rest in OF_BUCKETS.items():
                self.refused("NotFoundException", NO_BUCKET, getattr(self.client, operation), **target, **rest)

    def test_an_index_that_is_not_there_or_whose_bucket_is_not(self):
        for bucket in (self.new_bucket(), "nowhere"):
            names = {"vectorBucketName": bucket, "indexName": "nothing"}
            for target in (names, {"indexArn": index_arn(names)}):
                for operation, rest in OF_INDEXES.items():
                    self.refused("NotFoundException", NO_INDEX, getattr(self.client, operation), **target, **rest)

    def test_arns_that_are_none(self):
        index = self.new_index()
        good, bucket = index_arn(index), bucket_arn(index["vectorBucketName"])
        for arn in ("", "arn", bucket, good + "/", good.replace("s3vectors", "s3"), good.replace("arn:", "ARN:"),
                    good.replace("123456789012", "12345"), good.replace("/index/", "/indexes/"), good + "/more",
                    good.replace("us-east-1", ""), good.replace("aws:", "gcp:"), good.replace("/index/", "/../index/")):
            for operation, rest in OF_INDEXES.items():
                self.invalid("1 validation error detected. Value at '/indexArn' failed to satisfy constraint: Member "
                             "must satisfy regular expression pattern: arn:aws[-a-z0-9]*:s3vectors:",
                             getattr(self.client, operation), indexArn=arn, **rest)
        for arn in ("", good, bucket + "/", bucket.replace("bucket/", "bucket//")):
            for operation, rest in OF_BUCKETS.items():
                self.invalid("1 validation error detected. Value at '/vectorBucketArn' failed to satisfy constraint",
                             getattr(self.client, operation), vectorBucketArn=arn, **rest)

    def test_region_account_and_partition_of_an_arn_do_not_matter(self):
        index = self.new_index()
        for other in (index_arn(index).replace("us-east-1", "eu-central-1"),
                      index_arn(index).replace("123456789012", "000000000000"),
                      index_arn(index).replace("arn:aws:", "arn:aws-us-gov:")):
            self.assertEqual(self.client.get_index(indexArn=other)["index"]["indexArn"], index_arn(index))

    def test_null_is_as_nothing(self):
        index = self.new_index()
        status, _, answer = self.exchange("/GetIndex", {**index, "indexArn": None})
        self.assertEqual((status, answer["index"]["indexName"]), (200, index["indexName"]))


if __name__ == "__main__":
    unittest.main()
