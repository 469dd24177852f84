"""Vector indexes: made, described, listed by pages and prefix, removed with what is in them."""
import concurrent.futures
import unittest

from botocore.exceptions import ClientError
from serving import ServeCase, bucket_arn, index_arn


class Indexes(ServeCase):
    def test_an_index_is_described_as_it_was_made(self):
        bucket = self.new_bucket()
        for metric, dimension in (("cosine", 1), ("euclidean", 4096)):
            names = self.new_index(dimension, metric, bucket)
            index = self.client.get_index(**names)["index"]
            made = index.pop("creationTime")
            self.assertEqual(index, {
                **names, "indexArn": index_arn(names), "dataType": "float32", "dimension": dimension,
                "distanceMetric": metric, "encryptionConfiguration": {"sseType": "AES256"}, "indexMode": "ENHANCED"})
            listed = self.client.list_indexes(vectorBucketName=bucket, prefix=names["indexName"])["indexes"]
            self.assertEqual(listed, [{**names, "indexArn": index_arn(names), "creationTime": made}])

    def test_metadata_keys_that_filters_may_not_name_are_given_back(self):
        keys = ["text", "a" * 63, "ключ", "with space", "$odd"]
        names = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": keys})
        told = self.client.get_index(**names)["index"]["metadataConfiguration"]
        self.assertEqual(told, {"nonFilterableMetadataKeys": keys})

    def test_keys_that_only_look_alike_are_two(self):
        keys = ["caf\u00e9", "cafe\u0301"]
        names = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": keys})
        told = self.client.get_index(**names)["index"]["metadataConfiguration"]
        self.assertEqual(told, {"nonFilterableMetadataKeys": keys})

    def test_a_name_is_taken_once_in_a_bucket(self):
        index = self.new_index()
        settings = {"dataType": "float32", "dimension": 3, "distanceMetric": "cosine"}
        self.refused("ConflictException", "An index with the specified name already exists",
                     self.client.create_index, **index, **settings)
        self.assertEqual(self.client.get_index(**index)["index"]["dimension"], 2)
        other = self.new_bucket()
        self.client.create_index(vectorBucketName=other, indexName=index["indexName"], **settings)
        self.assertEqual(self.client.get_index(
            vectorBucketName=other, indexName=index["indexName"])["index"]["dimension"], 3)

    def test_of_a_race_one_wins(self):
        bucket, name = self.new_bucket(), self.new_name("index")

        def create(dimension):
            try:
                self.client.create_index(vectorBucketName=bucket, indexName=name, dataType="float32",
                                         dimension=dimension, distanceMetric="cosine")
                return dimension
            except ClientError as error:
                return error.response["Error"]["Code"]
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            ends = list(threads.map(create, range(1, 9)))
        won = [end for end in ends if isinstance(end, int)]
        self.assertEqual((len(won), ends.count("ConflictException")), (1, 7), ends)
        told = self.client.get_index(vectorBucketName=bucket, indexName=name)["index"]
        self.assertEqual(told["dimension"], won[0])

    def test_names_that_cannot_be(self):
        bucket = self.new_bucket()
        for name in ("Abc", "a_b", "-abc", "abc-", ".abc", "abc.", "äbc", "a b", "a/b", "../abc", "a\x00b"):
            answer = self.invalid(
                "Invalid index name", self.client.create_index, vectorBucketName=bucket, indexName=name,
                dataType="float32", dimension=2, distanceMetric="cosine")
            self.assertEqual(answer["fieldList"], [{"path": "indexName", "message": "Invalid index name"}])
        for name in ("a.b", "a..b", "0-0", "memvec.json"):
            self.client.create_index(vectorBucketName=bucket, indexName=name, dataType="float32", dimension=2,
                                     distanceMetric="cosine")

    def test_what_is_gone_is_gone(self):
        index = self.new_index()
        self.put(index, {"a": [1, 2]})
        self.client.delete_index(**index)
        for call in (self.client.delete_index, self.client.get_index, self.client.list_vectors):
            self.refused("NotFoundException", "The specified index could not be found", call, **index)
        self.client.create_index(**index, dataType="float32", dimension=3, distanceMetric="cosine")
        self.assertEqual(self.client.list_vectors(**index)["vectors"], [])

    def test_lists_go_by_pages(self):
        bucket = self.new_bucket()
        for name in [f"left-{number}" for number in range(5)] + [f"right-{number}" for number in range(4)]:
            self.client.create_index(vectorBucketName=bucket, indexName=name, dataType="float32", dimension=2,
                                     distanceMetric="cosine")
        paginator = self.client.get_paginator("list_indexes")
        for size in (1, 2, 3, 4, 5, 500):
            pages = list(paginator.paginate(vectorBucketArn=bucket_arn(bucket), prefix="left-", maxResults=size))
            self.assertEqual([len(page["indexes"]) for page in pages],
                             [size] * (5 // size) + [5 % size] * (5 % size > 0))
            self.assertEqual([one["indexName"] for page in pages for one in page["indexes"]],
                             [f"left-{number}" for number in range(5)])
        self.assertEqual(len(self.client.list_indexes(vectorBucketName=bucket)["indexes"]), 9)
        self.assertEqual(self.client.list_indexes(vectorBucketName=bucket, prefix="lefty")["indexes"], [])
        for token in ("no token!", "right-0"):
            self.invalid("Invalid nextToken", self.client.list_indexes, vectorBucketName=bucket, prefix="left-",
                         nextToken=token)

    def test_an_index_that_went_while_it_was_listed_breaks_no_page(self):
        bucket = self.new_bucket()
        names = [self.new_index(bucket=bucket)["indexName"] for _ in range(4)]
        first = self.client.list_indexes(vectorBucketName=bucket, maxResults=2)
        self.client.delete_index(vectorBucketName=bucket, indexName=first["indexes"][1]["indexName"])
        rest = self.client.list_indexes(vectorBucketName=bucket, nextToken=first["nextToken"])
        self.assertEqual([one["indexName"] for one in rest["indexes"]], sorted(names)[2:])


if __name__ == "__main__":
    unittest.main()
