"""What is kept and given back: tags, policies, encryption, index modes; and which keys text search covers."""
import json
import unittest
from urllib.parse import quote

from serving import ServeCase, bucket_arn, index_arn

KMS = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


class Tags(ServeCase):
    def tags(self, arn):
        return self.client.list_tags_for_resource(resourceArn=arn)["tags"]

    def test_tags_of_buckets_and_indexes(self):
        bucket = self.new_bucket(tags={"made": "with it"})
        index = self.new_index(bucket=bucket, tags={"made": "too"})
        for arn, first in ((bucket_arn(bucket), "with it"), (index_arn(index), "too")):
            self.assertEqual(self.tags(arn), {"made": first})
            more = {"made": "new", "k 1": "", "b+c": "a=b", "a/b:c@d._-": "ü 語"}
            self.client.tag_resource(resourceArn=arn, tags=more)
            self.assertEqual(self.tags(arn), more)
            self.client.untag_resource(resourceArn=arn, tagKeys=["k 1", "b+c", "a/b:c@d._-", "absent"])
            self.assertEqual(self.tags(arn), {"made": "new"})
            self.client.tag_resource(resourceArn=arn, tags={})
            self.client.untag_resource(resourceArn=arn, tagKeys=["made"])
            self.assertEqual(self.tags(arn), {})

    def test_a_resource_that_is_gone_takes_its_tags_along(self):
        index = self.new_index(tags={"old": "1"})
        self.client.delete_index(**index)
        self.client.create_index(**index, dataType="float32", dimension=2, distanceMetric="cosine")
        self.assertEqual(self.tags(index_arn(index)), {})

    def test_resources_that_are_not_there(self):
        bucket = self.new_bucket()
        for arn, what in ((bucket_arn("nowhere"), "vector bucket"),
                          (index_arn({"vectorBucketName": bucket, "indexName": "nothing"}), "index"),
                          (index_arn({"vectorBucketName": "nowhere", "indexName": "nothing"}), "index")):
            text = f"The specified {what} could not be found"
            self.refused("NotFoundException", text, self.client.list_tags_for_resource, resourceArn=arn)
            self.refused("NotFoundException", text, self.client.tag_resource, resourceArn=arn, tags={"a": "b"})
            self.refused("NotFoundException", text, self.client.untag_resource, resourceArn=arn, tagKeys=["a"])
        for arn in ("x", "arn:aws:s3:::bucket", bucket_arn(bucket) + "/index/", "a" * 1012):
            self.invalid("1 validation error detected. Value", self.client.list_tags_for_resource, resourceArn=arn)

    def test_the_arn_is_one_label_in_the_path(self):
        bucket = self.new_bucket(tags={"a": "b"})
        for label in (quote(bucket_arn(bucket), safe=""), bucket_arn(bucket), quote(bucket_arn(bucket), safe="/")):
            status, _, answer = self.exchange("/tags/" + label, b"", "GET")
            self.assertEqual((status, answer), (200, {"tags": {"a": "b"}}))

    def test_tags_that_cannot_be(self):
        arn, one = bucket_arn(self.new_bucket()), "1 validation error detected. Value"
        for key in ("aws:x", "AWS:x", "aws:"):
            self.invalid("System tags cannot be added/updated by requester", self.client.tag_resource,
                         resourceArn=arn, tags={"fine": "1", key: "v"})
        for key, value in (("a*b", "v"), ("k", "a;b"), ("k\n", "v"), ("a,b", "v"), ("k", "🙂"), ("#", "v")):
            self.invalid(one + " at '/tags/", self.client.tag_resource, resourceArn=arn, tags={key: value})
        for key, value in (("k" * 129, "v"), ("", "v")):
            self.invalid(f"{one} with length {len(key)} at '/tags/{key}'", self.unchecked.tag_resource,
                         resourceArn=arn, tags={key: value})
        self.invalid(one + " with length 257", self.client.tag_resource, resourceArn=arn, tags={"k": "v" * 257})
        for keys in (["k" * 129], [""], ["fine", "a*b"]):
            self.invalid(one, self.unchecked.untag_resource, resourceArn=arn, tagKeys=keys)
        self.client.tag_resource(resourceArn=arn, tags={"k" * 128: "v" * 256})
        self.assertEqual(self.tags(arn), {"k" * 128: "v" * 256})
        self.client.untag_resource(resourceArn=arn, tagKeys=["k" * 128])
        self.assertEqual(self.tags(arn), {})


class Policies(ServeCase):
    def test_a_policy_comes_back_as_it_was_written(self):
        target = {"vectorBucketName": self.new_bucket()}
        gone = "The specified vector bucket policy could not be found"
        self.refused("NotFoundException", gone, self.client.get_vector_bucket_policy, **target)
        for policy in (json.dumps({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "s3vectors:*", "Resource": "*"}]}),
                '{ "Version" :"2012-10-17",\n "Note": "ü\\u00e9 語" }'):
            self.client.put_vector_bucket_policy(**target, policy=policy)
            self.assertEqual(self.client.get_vector_bucket_policy(**target)["policy"], policy)
        self.client.delete_vector_bucket_policy(**target)
        self.refused("NotFoundException", gone, self.client.get_vector_bucket_policy, **target)
        self.client.delete_vector_bucket_policy(**target)

    def test_what_is_no_policy(self):
        target = {"vectorBucketName": self.new_bucket()}
        for policy in ("", "text", "[]", "null", "{", '{"a": 1} x'):
            answer = self.invalid("Invalid policy", self.client.put_vector_bucket_policy, **target, policy=policy)
            self.assertEqual(answer["fieldList"][0]["path"], "policy")


class Encryption(ServeCase):
    def create(self, **configuration):
        name = self.new_name("bucket")
        self.client.create_vector_bucket(vectorBucketName=name, encryptionConfiguration=configuration)
        self.addCleanup(self.remove, name)
        return name, self.client.get_vector_bucket(vectorBucketName=name)["vectorBucket"]["encryptionConfiguration"]

    def test_it_is_kept_and_indexes_inherit_it(self):
        kms = {"sseType": "aws:kms", "kmsKeyArn": KMS}
        for given, kept in (({}, {"sseType": "AES256"}), ({"sseType": "AES256"}, {"sseType": "AES256"}), (kms, kms)):
            bucket, told = self.create(**given)
            self.assertEqual(told, kept)
            index = self.new_index(bucket=bucket)
            self.assertEqual(self.client.get_index(**index)["index"]["encryptionConfiguration"], kept)
            other = self.new_index(bucket=bucket, encryptionConfiguration={"sseType": "AES256"})
            self.assertEqual(self.client.get_index(**other)["index"]["encryptionConfiguration"], {"sseType": "AES256"})
            other = self.new_index(bucket=bucket, encryptionConfiguration=kms)
            self.assertEqual(self.client.get_index(**other)["index"]["encryptionConfiguration"], kms)

    def test_half_of_it_is_refused(self):
        bucket = self.new_bucket()
        index = {"vectorBucketName": bucket, "indexName": "abc", "dataType": "float32", "dimension": 1,
                 "distanceMetric": "cosine"}
        for given, text in (
                ({"sseType": "AES256", "kmsKeyArn": KMS}, "kmsKeyArn must not be specified when sseType is AES256."),
                ({"kmsKeyArn": KMS}, "kmsKeyArn must not be specified when sseType is AES256."),
                ({"sseType": "aws:kms"}, "kmsKeyArn must be specified when sseType is set to aws:kms")):
            for call, rest in ((self.client.create_vector_bucket, {"vectorBucketName": "refused"}),
                               (self.client.create_index, index)):
                answer = self.invalid(text, call, **rest, encryptionConfiguration=given)
                self.assertEqual(answer["Error"]["Message"], text)
                self.assertEqual(answer["fieldList"], [{"path": "EncryptionConfiguration", "message": text}])
        for key in ("", "key", KMS.replace(":kms:", ":s3:"), KMS.replace("key/", "alias/"), KMS[:-36], "x" * 2049):
            self.assertIn("/encryptionConfiguration/kmsKeyArn", self.invalid(
                "1 validation error detected. Value", self.unchecked.create_vector_bucket, vectorBucketName="refused",
                encryptionConfiguration={"sseType": "aws:kms", "kmsKeyArn": key})["Error"]["Message"])


class Modes(ServeCase):
    def test_all_is_enhanced(self):
        index = self.new_index()
        bucket = {"vectorBucketName": index["vectorBucketName"]}
        self.client.put_vector_bucket_default_index_mode(**bucket, defaultIndexMode="ENHANCED")
        self.client.update_index_mode(**index, indexMode="ENHANCED")
        self.assertEqual(self.client.get_index(**index)["index"]["indexMode"], "ENHANCED")
        self.assertEqual(self.client.get_vector_bucket(**bucket)["vectorBucket"]["defaultIndexMode"], "ENHANCED")
        self.invalid("defaultIndexMode cannot become CLASSIC", self.client.put_vector_bucket_default_index_mode,
                     **bucket, defaultIndexMode="CLASSIC")
        self.invalid("indexMode cannot become CLASSIC", self.client.update_index_mode, **index, indexMode="CLASSIC")


class TextSearch(ServeCase):
    def texts(self, index):
        configuration = self.client.get_index(**index)["index"].get("metadataConfiguration", {})
        return configuration.get("textSearchConfigurations")

    def test_keys_are_added_and_removed(self):
        index = self.new_index(metadataConfiguration={
            "textSearchConfigurations": [{"metadataKey": "title", "language": "de"}],
            "nonFilterableMetadataKeys": ["body"]})
        title = {"metadataKey": "title", "language": "de", "status": "ACTIVE"}
        self.assertEqual(self.texts(index), [title])
        configure = self.client.update_metadata_configuration
        self.assertEqual(configure(**index, add={"textSearchConfigurations": [{"metadataKey": "body"}]})["indexArn"],
                         index_arn(index))
        self.assertEqual(self.texts(index), [title, {"metadataKey": "body", "status": "ACTIVE"}])
        for nothing in ({"add": {"textSearchConfigurations": []}}, {"add": {}}, {"delete": {}}):
            configure(**index, **nothing)
        self.refused("ConflictException", "Text search is configured already", configure, **index,
                     add={"textSearchConfigurations": [{"metadataKey": "title"}]})
        configure(indexArn=index_arn(index), delete={"textSearchConfigurations": [{"metadataKey": "title"}]})
        self.assertEqual([one["metadataKey"] for one in self.texts(index)], ["body"])
        self.invalid("Text search is not configured", configure, **index,
                     delete={"textSearchConfigurations": [{"metadataKey": "title"}]})
        configure(**index, delete={"textSearchConfigurations": [{"metadataKey": "body"}]})
        self.assertIsNone(self.texts(index))

    def test_one_change_at_a_time(self):
        index, some = self.new_index(), {"textSearchConfigurations": [{"metadataKey": "a"}]}
        for changes in ({}, {"add": some, "delete": some}):
            self.invalid("Must specify either add or delete but not both",
                         self.client.update_metadata_configuration, **index, **changes)
        twice = {"textSearchConfigurations": [{"metadataKey": "a"}, {"metadataKey": "a"}]}
        self.invalid("Request must not contain duplicate keys", self.client.update_metadata_configuration, **index,
                     add=twice)
        self.assertIsNone(self.texts(index))


if __name__ == "__main__":
    unittest.main()
