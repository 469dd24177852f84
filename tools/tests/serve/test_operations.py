"""Each of the 22 operations answers as the service's model in boto3 says, by name and by ARN."""
import datetime
import re
import unittest

import boto3
from serving import REGION, ServeCase, bucket_arn, index_arn, record

MODEL = boto3.client("s3vectors", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta \
    .service_model


def method(operation):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


def faults(shape, value, place="answer"):
    """Where a value is not what its shape in the model asks for."""
    if shape.type_name == "structure":
        if getattr(shape, "document", False) or shape.metadata.get("document"):
            return
        for name in shape.required_members:
            if name not in value:
                yield f"{place} has no {name}"
        for name, inner in value.items():
            if name == "ResponseMetadata":
                continue
            if name not in shape.members:
                yield f"{place} has an unknown {name}"
            else:
                yield from faults(shape.members[name], inner, f"{place}.{name}")
    elif shape.type_name == "list":
        for position, inner in enumerate(value):
            yield from faults(shape.member, inner, f"{place}[{position}]")
    elif shape.type_name == "map":
        for name, inner in value.items():
            yield from faults(shape.key, name, f"{place} key {name}")
            yield from faults(shape.value, inner, f"{place}.{name}")
    elif shape.type_name == "string":
        if not isinstance(value, str):
            yield f"{place} is no string"
        elif getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{place} is {value}, none of {shape.enum}"
        elif "pattern" in shape.metadata and "\\p" not in shape.metadata["pattern"] \
                and not re.fullmatch(shape.metadata["pattern"], value):
            yield f"{place} is {value}, which is not of the pattern"
        elif not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", 1 << 40):
            yield f"{place} has a length of {len(value)}"
    else:
        kind = {"timestamp": datetime.datetime, "float": float, "integer": int, "boolean": bool}[shape.type_name]
        if not isinstance(value, kind):
            yield f"{place} is {value!r}, no {kind.__name__}"


class Operations(ServeCase):
    def drive(self, arns):
        """Calls every operation once and gives the answers by operation."""
        answers, name, index_name = {}, self.new_name("bucket"), self.new_name("index")
        both = {"vectorBucketName": name, "indexName": index_name}
        bucket = {"vectorBucketArn": bucket_arn(name)} if arns else {"vectorBucketName": name}
        index = {"indexArn": index_arn(both)} if arns else both

        def call(operation, **request):
            answers[operation] = getattr(self.client, method(operation))(**request)

        call("CreateVectorBucket", vectorBucketName=name, tags={"team": "a"})
        call("GetVectorBucket", **bucket)
        call("ListVectorBuckets", prefix=name)
        call("PutVectorBucketPolicy", **bucket, policy='{"Version": "2012-10-17", "Statement": []}')
        call("GetVectorBucketPolicy", **bucket)
        call("DeleteVectorBucketPolicy", **bucket)
        call("PutVectorBucketDefaultIndexMode", **bucket, defaultIndexMode="ENHANCED")
        call("CreateIndex", **bucket, indexName=index_name, dataType="float32", dimension=2, distanceMetric="cosine",
             metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
        call("UpdateIndexMode", **index, indexMode="ENHANCED")
        call("UpdateMetadataConfiguration", **index, add={"textSearchConfigurations": [{"metadataKey": "text"}]})
        call("GetIndex", **index)
        call("ListIndexes", **bucket)
        call("PutVectors", **index, vectors=[record("a", ([1, 0], {"year": 1999, "text": "long"})),
                                             record("b", [0, 1])])
        call("GetVectors", **index, keys=["a", "b"], returnData=True, returnMetadata=True)
        call("ListVectors", **index, returnData=True, returnMetadata=True)
        call("QueryVectors", **index, topK=2, queryVector={"float32": [1, 0]}, returnDistance=True,
             returnMetadata=True)
        call("DeleteVectors", **index, keys=["a"])
        call("TagResource", resourceArn=index_arn(both), tags={"stage": "test"})
        call("ListTagsForResource", resourceArn=index_arn(both))
        call("UntagResource", resourceArn=index_arn(both), tagKeys=["stage"])
        call("DeleteIndex", **index)
        call("DeleteVectorBucket", **bucket)
        return answers, both

    def check(self, arns):
        answers, names = self.drive(arns)
        self.assertEqual(sorted(answers), sorted(MODEL.operation_names))
        for operation, answer in answers.items():
            shape = MODEL.operation_model(operation).output_shape
            self.assertEqual(list(faults(shape, answer)), [], operation)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 200)
            self.assertRegex(answer["ResponseMetadata"]["RequestId"], r"^[0-9a-f-]{36}$")
            del answer["ResponseMetadata"]
        for operation in ("DeleteVectorBucket", "PutVectorBucketPolicy", "DeleteVectorBucketPolicy", "DeleteIndex",
                          "PutVectorBucketDefaultIndexMode", "UpdateIndexMode", "PutVectors", "DeleteVectors",
                          "TagResource", "UntagResource"):
            self.assertEqual(answers[operation], {}, operation)
        self.assertEqual(answers["CreateVectorBucket"], {"vectorBucketArn": bucket_arn(names["vectorBucketName"])})
        for operation in ("CreateIndex", "UpdateMetadataConfiguration"):
            self.assertEqual(answers[operation], {"indexArn": index_arn(names)})

    def test_all_by_name(self):
        self.check(arns=False)

    def test_all_by_arn(self):
        self.check(arns=True)

    def test_the_check_itself_finds_what_is_wrong(self):
        shape = MODEL.operation_model("GetIndex").output_shape
        self.assertEqual(list(faults(shape, {})), ["answer has no index"])
        wrong = {"index": {"vectorBucketName": "b", "indexName": 7, "indexArn": "arn", "creationTime": "now",
                           "dataType": "int8", "dimension": "2", "distanceMetric": "cosine", "more": 1}}
        self.assertEqual(len(list(faults(shape, wrong))), 7)


if __name__ == "__main__":
    unittest.main()
