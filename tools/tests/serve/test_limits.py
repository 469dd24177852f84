"""Every bound of the service's model, met and passed by one: what is met is taken, what is beyond is named."""
import unittest

from serving import ServeCase, bucket_arn, index_arn, record

ONE = "1 validation error detected. "


def length(path, count, least, most):
    return (f"{ONE}Value with length {count} at '{path}' failed to satisfy constraint: Member must have length "
            f"between {least} and {most}, inclusive")


def value(path, least, most):
    return f"{ONE}Value at '{path}' failed to satisfy constraint: Member must be between {least} and {most}, inclusive"


class Limits(ServeCase):
    def over(self, text, call, **request):
        """Refused with exactly this message, and with the place in the list of fields."""
        answer = self.invalid(text, call, **request)
        self.assertEqual(answer["Error"]["Message"], text)
        path = text.split("'")[1]
        self.assertEqual(answer["fieldList"], [{"path": path, "message": text[len(ONE):]}])

    def create(self, **changes):
        request = {"vectorBucketName": self.bucket, "indexName": self.new_name("index"), "dataType": "float32",
                   "dimension": 2, "distanceMetric": "cosine", **changes}
        return self.unchecked.create_index(**{name: what for name, what in request.items() if what is not None})

    def setUp(self):
        self.bucket = self.new_bucket()

    # MARK: names

    def test_names_have_3_to_63_letters(self):
        for count in (3, 63):
            name = ("n" * 40 + self.new_name("-name"))[-count:] if count > 3 else "n0" + chr(97 + count)
            self.client.create_vector_bucket(vectorBucketName=name)
            self.addCleanup(self.remove, name)
            self.create(vectorBucketName=name, indexName="i" * count)
        for count in (1, 2, 64, 1000):
            name = "n" * count
            self.over(length("/vectorBucketName", count, 3, 63), self.unchecked.create_vector_bucket,
                      vectorBucketName=name)
            self.over(length("/vectorBucketName", count, 3, 63), self.unchecked.get_vector_bucket,
                      vectorBucketName=name)
            self.over(length("/indexName", count, 3, 63), self.create, indexName=name)
            self.over(length("/indexName", count, 3, 63), self.unchecked.get_index, vectorBucketName=self.bucket,
                      indexName=name)

    def test_what_is_required_is_asked_for(self):
        null = ONE + "Value at '/{}' failed to satisfy constraint: Member must not be null"
        self.over(null.format("vectorBucketName"), self.unchecked.create_vector_bucket)
        for name in ("indexName", "dataType", "dimension", "distanceMetric"):
            self.over(null.format(name), self.create, **{name: None})
        index = self.new_index()
        self.over(null.format("policy"), self.unchecked.put_vector_bucket_policy, vectorBucketName=self.bucket)
        self.over(null.format("defaultIndexMode"), self.unchecked.put_vector_bucket_default_index_mode,
                  vectorBucketName=self.bucket)
        self.over(null.format("indexMode"), self.unchecked.update_index_mode, **index)
        self.over(null.format("vectors"), self.unchecked.put_vectors, **index)
        self.over(null.format("keys"), self.unchecked.get_vectors, **index)
        self.over(null.format("keys"), self.unchecked.delete_vectors, **index)
        self.over(null.format("topK"), self.unchecked.query_vectors, **index, queryVector={"float32": [1, 2]})
        self.over(null.format("tags"), self.unchecked.tag_resource, resourceArn=bucket_arn(self.bucket))
        self.over(null.format("tagKeys"), self.unchecked.untag_resource, resourceArn=bucket_arn(self.bucket),
                  tagKeys=[])
        data = {"key": "a", "data": {"float32": [1, 2]}}
        for name in data:
            self.over(null.format(f"vectors/1/{name}"), self.unchecked.put_vectors, **index,
                      vectors=[{**data, "key": "b"}, {key: what for key, what in data.items() if key != name}])

    def test_all_that_is_wrong_is_named_at_once(self):
        answer = self.invalid("4 validation errors detected. Value with length 1 at '/indexName'", self.create,
                              indexName="x", dimension=0, distanceMetric="dot", dataType="int8")
        self.assertEqual([one["path"] for one in answer["fieldList"]],
                         ["/indexName", "/dataType", "/dimension", "/distanceMetric"])
        self.assertEqual(answer["Error"]["Message"].count("; Value"), 3)

    # MARK: indexes

    def test_a_dimension_is_1_to_4096(self):
        for dimension in (1, 4096):
            self.create(dimension=dimension)
        for dimension in (-1, 0, 4097, 2 ** 31, 2 ** 63 - 1):
            self.over(value("/dimension", 1, 4096), self.create, dimension=dimension)

    def test_words_of_a_set(self):
        rule = ONE + "Value at '/{}' failed to satisfy constraint: Member must satisfy enum value set: [{}]"
        self.over(rule.format("dataType", "float32"), self.create, dataType="int8")
        self.over(rule.format("distanceMetric", "euclidean, cosine"), self.create, distanceMetric="Cosine")
        modes = "CLASSIC, ENHANCED"
        self.over(rule.format("defaultIndexMode", modes), self.client.put_vector_bucket_default_index_mode,
                  vectorBucketName=self.bucket, defaultIndexMode="FAST")
        index = self.new_index()
        self.over(rule.format("indexMode", modes), self.client.update_index_mode, **index, indexMode="enhanced")
        self.over(rule.format("queryMode", modes), self.client.query_vectors, **index, topK=1,
                  queryVector={"float32": [1, 2]}, queryMode="")
        self.over(rule.format("encryptionConfiguration/sseType", "AES256, aws:kms"),
                  self.client.create_vector_bucket, vectorBucketName="abc", encryptionConfiguration={"sseType": "aes"})
        self.over(rule.format("metadataConfiguration/textSearchConfigurations/0/language",
                              "en, fr, es, pt, it, de, nl, zh, ja, ko"), self.create,
                  metadataConfiguration={"textSearchConfigurations": [{"metadataKey": "t", "language": "xx"}]})

    def test_ten_metadata_keys_of_63_letters_are_not_filterable(self):
        def with_keys(*keys):
            return {"metadataConfiguration": {"nonFilterableMetadataKeys": list(keys)}}
        path = "/metadataConfiguration/nonFilterableMetadataKeys"
        self.create(**with_keys())
        self.create(**with_keys(*(f"k{number}" for number in range(10))))
        self.create(**with_keys("k" * 63, "ж" * 63, "k"))
        self.over(length(path, 11, 0, 10), self.create, **with_keys(*(f"k{number}" for number in range(11))))
        for key in ("", "k" * 64):
            self.over(length(path + "/1", len(key), 1, 63), self.create, **with_keys("a", key))

    # MARK: batches

    def test_put_takes_500_vectors(self):
        index = self.new_index()
        vectors = [record(f"k{number}", [number, 1]) for number in range(501)]
        self.client.put_vectors(**index, vectors=vectors[:500])
        self.over(length("/vectors", 501, 1, 500), self.client.put_vectors, **index, vectors=vectors)
        self.over(length("/vectors", 0, 1, 500), self.unchecked.put_vectors, **index, vectors=[])
        self.assertEqual(len(self.client.list_vectors(**index)["vectors"]), 500)

    def test_get_takes_100_keys_and_delete_500(self):
        index = self.new_index()
        keys = [f"k{number}" for number in range(501)]
        self.put(index, {key: [1, 2] for key in keys})
        self.assertEqual(len(self.client.get_vectors(**index, keys=keys[:100])["vectors"]), 100)
        self.over(length("/keys", 101, 1, 100), self.client.get_vectors, **index, keys=keys[:101])
        self.over(length("/keys", 501, 1, 500), self.client.delete_vectors, **index, keys=keys)
        for call in (self.unchecked.get_vectors, self.unchecked.delete_vectors):
            self.assertIn("with length 0 at '/keys'", self.invalid(ONE, call, **index, keys=[])["Error"]["Message"])
        self.client.delete_vectors(**index, keys=keys[:500])
        self.assertEqual([one["key"] for one in self.client.list_vectors(**index)["vectors"]], ["k500"])

    def test_keys_have_1_to_1024_letters(self):
        index = self.new_index()
        self.put(index, {"k": [1, 2], "k" * 1024: [1, 2]})
        self.assertEqual(set(self.get(index, "k", "k" * 1024)), {"k", "k" * 1024})
        for key in ("", "k" * 1025, "é" * 1025):
            self.over(length("/vectors/1/key", len(key), 1, 1024), self.unchecked.put_vectors, **index,
                      vectors=[record("a", [1, 2]), record(key, [1, 2])])
            for call in (self.unchecked.get_vectors, self.unchecked.delete_vectors):
                self.over(length("/keys/0", len(key), 1, 1024), call, **index, keys=[key])

    # MARK: lists and queries

    def test_pages_of_lists(self):
        index = self.new_index()
        self.put(index, {f"k{number}": [number, 1] for number in range(1001)})
        self.assertEqual(len(self.client.list_vectors(**index)["vectors"]), 500)
        for count in (1, 1000):
            page = self.client.list_vectors(**index, maxResults=count)
            self.assertEqual((len(page["vectors"]), "nextToken" in page), (count, True))
        for count in (-5, 0, 1001):
            self.over(value("/maxResults", 1, 1000), self.unchecked.list_vectors, **index, maxResults=count)
        lists = [(self.unchecked.list_indexes, {"vectorBucketName": self.bucket}),
                 (self.unchecked.list_vector_buckets, {})]
        for call, target in lists:
            for count in (1, 500):
                call(**target, maxResults=count)
            for count in (0, 501):
                self.over(value("/maxResults", 1, 500), call, **target, maxResults=count)
            call(**target, prefix="p" * 63)
            for count in (0, 64):
                self.over(length("/prefix", count, 1, 63), call, **target, prefix="p" * count)
            for count in (0, 513):
                self.over(length("/nextToken", count, 1, 512), call, **target, nextToken="t" * count)
        for count in (0, 2049):
            self.over(length("/nextToken", count, 1, 2048), self.unchecked.list_vectors, **index,
                      nextToken="t" * count)

    def test_segments(self):
        index = self.new_index()
        for count, position in ((1, 0), (16, 0), (16, 15)):
            self.client.list_vectors(**index, segmentCount=count, segmentIndex=position)
        for count in (0, 17):
            self.over(value("/segmentCount", 1, 16), self.unchecked.list_vectors, **index, segmentCount=count,
                      segmentIndex=0)
        for position in (-1, 16):
            self.over(value("/segmentIndex", 0, 15), self.unchecked.list_vectors, **index, segmentCount=16,
                      segmentIndex=position)
        self.invalid("segmentIndex must be less than segmentCount", self.client.list_vectors, **index,
                     segmentCount=4, segmentIndex=4)
        for half in ({"segmentCount": 4}, {"segmentIndex": 0}):
            self.invalid("Must specify both segmentCount and segmentIndex or neither", self.client.list_vectors,
                         **index, **half)

    def test_top_k_is_1_to_10000(self):
        index = self.new_index()
        self.put(index, {"a": [1, 2]})
        for top_k in (1, 100, 101, 10_000):
            self.assertEqual(len(self.query(index, [1, 2], top_k)), 1)
        for top_k in (-1, 0, 10_001, 999_999):
            self.over(value("/topK", 1, 10_000), self.unchecked.query_vectors, **index, topK=top_k,
                      queryVector={"float32": [1, 2]})
        for count in (0, 4097):
            self.over(length("/nextToken", count, 1, 4096), self.unchecked.query_vectors, **index, topK=1,
                      queryVector={"float32": [1, 2]}, nextToken="t" * count)

    def test_texts_of_a_query(self):
        keys = ["k" * 63] + [f"k{number}" for number in range(9)]
        index = self.new_index(metadataConfiguration={
            "textSearchConfigurations": [{"metadataKey": key} for key in keys]})

        def ask(*texts):
            return self.unchecked.query_vectors(
                **index, topK=1, queryVector={"float32": [1, 2]},
                queryTexts=[{"text": text, "metadataKey": key} for text, key in texts])
        self.over(length("/queryTexts", 0, 1, 10), ask)
        for texts in ([("t" * 1024, "k" * 63)], [("t", key) for key in keys]):
            self.assertEqual(ask(*texts)["vectors"], [])
        self.invalid("Request must not contain duplicate keys", lambda: ask(("t", "k1"), ("t", "k1")))
        self.over(length("/queryTexts", 11, 1, 10), lambda: ask(*[("t", "k")] * 11))
        self.over(length("/queryTexts/0/text", 1025, 1, 1024), lambda: ask(("t" * 1025, "k")))
        self.over(length("/queryTexts/0/metadataKey", 64, 1, 63), lambda: ask(("t", "k" * 64)))

    # MARK: what a resource is given

    def test_fifty_tags(self):
        arns = [bucket_arn(self.bucket), index_arn(self.new_index(bucket=self.bucket))]
        for arn in arns:
            self.client.tag_resource(resourceArn=arn, tags={f"t{number}": "" for number in range(50)})
            self.client.tag_resource(resourceArn=arn, tags={"t0": "overwritten", "t49": "x" * 256})
            self.invalid("Too many tags specified", self.client.tag_resource, resourceArn=arn, tags={"more": ""})
            told = self.client.list_tags_for_resource(resourceArn=arn)["tags"]
            self.assertEqual((len(told), told["t0"], told["t49"]), (50, "overwritten", "x" * 256))
        many = {f"t{number}": "" for number in range(51)}
        self.invalid("Too many tags specified", self.client.create_vector_bucket, vectorBucketName="many", tags=many)
        self.invalid("Too many tags specified", self.create, tags=many)

    def test_ten_texts_of_an_index(self):
        index, configure = self.new_index(), self.unchecked.update_metadata_configuration
        keys = [{"metadataKey": f"k{number}"} for number in range(11)]
        path = "/{}/textSearchConfigurations"
        self.over(length(path.format("add"), 11, 0, 10), configure, **index,
                  add={"textSearchConfigurations": keys})
        configure(**index, add={"textSearchConfigurations": keys[:10]})
        self.invalid("At most 10 metadata keys", configure, **index, add={"textSearchConfigurations": keys[10:]})
        self.over(length(path.format("delete"), 11, 1, 10), configure, **index,
                  delete={"textSearchConfigurations": keys})
        self.over(length(path.format("delete"), 0, 1, 10), configure, **index,
                  delete={"textSearchConfigurations": []})
        configure(**index, delete={"textSearchConfigurations": keys[:10]})
        for key in ("", "k" * 64):
            self.over(length(path.format("add") + "/0/metadataKey", len(key), 1, 63), configure, **index,
                      add={"textSearchConfigurations": [{"metadataKey": key}]})
        self.over(length("/metadataConfiguration/textSearchConfigurations", 11, 0, 10), self.create,
                  metadataConfiguration={"textSearchConfigurations": keys})


if __name__ == "__main__":
    unittest.main()
