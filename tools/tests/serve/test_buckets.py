"""Vector buckets: made, described, listed by pages and prefix, removed when empty."""
import datetime
import unittest
from unittest import mock

from serving import ServeCase, bucket_arn


class Buckets(ServeCase):
    def test_a_bucket_is_described_as_it_was_made(self):
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
        name = self.new_bucket()
        bucket = self.client.get_vector_bucket(vectorBucketName=name)["vectorBucket"]
        made = bucket.pop("creationTime")
        self.assertEqual(bucket, {
            "vectorBucketName": name, "vectorBucketArn": bucket_arn(name), "defaultIndexMode": "ENHANCED",
            "encryptionConfiguration": {"sseType": "AES256"}})
        self.assertTrue(before <= made <= datetime.datetime.now(datetime.timezone.utc), made)
        listed = self.client.list_vector_buckets(prefix=name)["vectorBuckets"]
        self.assertEqual(listed, [
            {"vectorBucketName": name, "vectorBucketArn": bucket_arn(name), "creationTime": made}])

    def test_a_name_is_taken_once(self):
        name = self.new_bucket(tags={"keep": "me"})
        self.refused("ConflictException", "A vector bucket with the specified name already exists",
                     self.client.create_vector_bucket, vectorBucketName=name)
        tags = self.client.list_tags_for_resource(resourceArn=bucket_arn(name))["tags"]
        self.assertEqual(tags, {"keep": "me"})

    def test_names_that_cannot_be(self):
        for name in ("Abc", "a_b", "-abc", "abc-", "a.b", "äbc", "a b", "abc/", "../abc", "a\nb", "a\x00b"):
            answer = self.invalid("Invalid vector bucket name", self.client.create_vector_bucket,
                                  vectorBucketName=name)
            self.assertEqual(answer["fieldList"], [
                {"path": "vectorBucketName", "message": "Invalid vector bucket name"}])

    def test_only_an_empty_bucket_is_removed(self):
        index = self.new_index()
        name = {"vectorBucketName": index["vectorBucketName"]}
        self.refused("ConflictException", "The specified vector bucket is not empty",
                     self.client.delete_vector_bucket, **name)
        self.client.delete_index(**index)
        self.client.delete_vector_bucket(**name)
        for call in (self.client.delete_vector_bucket, self.client.get_vector_bucket):
            self.refused("NotFoundException", "The specified vector bucket could not be found", call, **name)
        self.client.create_vector_bucket(**name)                    # the name is free, and remembers nothing
        self.assertEqual(self.client.list_indexes(**name)["indexes"], [])

    def test_lists_go_by_pages(self):
        stem = self.new_name("page")
        names = [f"{stem}-{number}" for number in range(7)]
        for name in names:
            self.client.create_vector_bucket(vectorBucketName=name)
            self.addCleanup(self.remove, name)
        listed, token = [], {}
        for size in (3, 3, 1):
            page = self.client.list_vector_buckets(prefix=stem, maxResults=3, **token)
            self.assertEqual(len(page["vectorBuckets"]), size)
            listed += [one["vectorBucketName"] for one in page["vectorBuckets"]]
            token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
        self.assertEqual((listed, token), (names, {}))
        pages = self.client.get_paginator("list_vector_buckets").paginate(prefix=stem, maxResults=1)
        self.assertEqual([one["vectorBucketName"] for page in pages for one in page["vectorBuckets"]], names)
        self.assertEqual(len(self.client.list_vector_buckets(prefix=stem, maxResults=7)["vectorBuckets"]), 7)
        self.assertNotIn("nextToken", self.client.list_vector_buckets(prefix=stem, maxResults=7))

    def test_a_prefix_is_no_pattern(self):
        name = self.new_bucket()
        for prefix in (name + "x", "*", name[1:], name.upper(), name[:-1] + "?"):
            self.assertEqual(self.client.list_vector_buckets(prefix=prefix), {
                "vectorBuckets": [], "ResponseMetadata": mock.ANY})

    def test_tokens_of_nobody_are_refused(self):
        stem = self.new_bucket()
        for token in ("garbage!", "A", "x" * 512, f"{stem}/..", "zz-not-of-the-prefix"):
            self.invalid("Invalid nextToken", self.client.list_vector_buckets, prefix=stem, nextToken=token)


if __name__ == "__main__":
    unittest.main()
