"""A `memvec serve` for tests, and a test case that speaks to it through boto3 and through plain HTTP.

Every test takes a bucket of its own, so all share one server, which is started when the first asks for it.
MEMVEC names another binary than the debug build's.
"""
import atexit
import functools
import http.client
import itertools
import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

import boto3
import numpy as np
from botocore.config import Config
from botocore.exceptions import ClientError

REPOSITORY = Path(__file__).resolve().parents[3]
MEMVEC = os.environ.get("MEMVEC", str(REPOSITORY / ".build/debug/memvec"))
REGION, ACCOUNT = "us-east-1", "123456789012"
SECRETS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing"}


class Server:
    """A server on a free port, or on `port`; with no words before the options it serves a folder that is gone at the
    end. Its own remotes get keys that nobody checks."""

    def __init__(self, *words, port=0):
        self.process = subprocess.Popen(
            [MEMVEC, "serve", *(words or ["--ephemeral"]), "--listen", f"127.0.0.1:{port}"], stdout=subprocess.PIPE,
            text=True, env={**os.environ, **SECRETS})
        said = self.process.stdout.readline()
        if "http://" not in said:
            raise RuntimeError(f"memvec serve said {said!r} and ended with {self.process.wait()}")
        self.folder, self.url = said.removeprefix("memvec: serving ").strip().split(" at ")
        self.port = int(self.url.rpartition(":")[2])

    def stop(self):
        """Ends it as a user would; gives its status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        return status

    def client(self, **settings):
        """boto3's client. It tries once, so that every answer is seen; with parameter_validation=False it sends what
        boto3 would refuse by itself."""
        return boto3.client(
            "s3vectors", endpoint_url=self.url, region_name=REGION, aws_access_key_id="any",
            aws_secret_access_key="thing", config=Config(retries={"total_max_attempts": 1}, **settings))


@functools.cache
def shared():
    server = Server()
    atexit.register(server.stop)
    return server


@functools.cache
def shared_client(validates):
    return shared().client(parameter_validation=validates)


class ServeCase(unittest.TestCase):
    maxDiff = 4000
    _numbers = itertools.count()

    @property
    def client(self):
        return shared_client(True)

    @property
    def unchecked(self):
        """A client that leaves all judgement to the server."""
        return shared_client(False)

    def new_name(self, stem):
        return f"{stem}-{os.getpid()}-{next(self._numbers)}"

    def new_bucket(self, **settings):
        name = self.new_name("bucket")
        self.client.create_vector_bucket(vectorBucketName=name, **settings)
        self.addCleanup(self.remove, name)
        return name

    def remove(self, bucket):
        for page in self.client.get_paginator("list_indexes").paginate(vectorBucketName=bucket):
            for index in page["indexes"]:
                self.client.delete_index(indexArn=index["indexArn"])
        self.client.delete_vector_bucket(vectorBucketName=bucket)

    def new_index(self, dimension=2, metric="euclidean", bucket=None, **settings):
        """The names of a new index, as most calls take them."""
        names = {"vectorBucketName": bucket or self.new_bucket(), "indexName": self.new_name("index")}
        self.client.create_index(**names, dataType="float32", dimension=dimension, distanceMetric=metric, **settings)
        return names

    def put(self, index, vectors):
        """Stores a dictionary: key to values, or to (values, metadata). As many at once as a call may hold."""
        records = [record(key, what) for key, what in vectors.items()]
        for first in range(0, len(records), 500):
            self.client.put_vectors(**index, vectors=records[first:first + 500])

    def get(self, index, *keys):
        """What is stored: key to (values as float32, metadata)."""
        found = self.client.get_vectors(**index, keys=list(keys), returnData=True, returnMetadata=True)["vectors"]
        return {one["key"]: (np.array(one["data"]["float32"], np.float32), one["metadata"]) for one in found}

    def query(self, index, vector, top_k=10, **settings):
        """The vectors of a query's answer, one page."""
        return self.client.query_vectors(
            **index, queryVector={"float32": numbers(vector)}, topK=top_k, **settings)["vectors"]

    def matching(self, index, filter):
        """The keys of all vectors that a filter lets through, sorted."""
        dimension = self.client.get_index(**index)["index"]["dimension"]
        return sorted(one["key"] for one in self.query(index, [1] * dimension, 100, filter=filter))

    def refused(self, code, text, call, **request):
        """Makes the call, which has to be refused with this code, and with a message that begins with `text`."""
        with self.assertRaises(ClientError, msg=f"{str(request)[:300]} was taken") as caught:
            call(**request)
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], code, answer["Error"])
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], STATUS[code])
        message = answer["Error"]["Message"]
        self.assertEqual(message[:len(text)], text, f"{str(request)[:300]} was refused with {message}")
        return answer

    def invalid(self, text, call, **request):
        return self.refused("ValidationException", text, call, **request)

    def exchange(self, path, body, method="POST", headers=()):
        """One request as it stands, its answer as (status, headers, the JSON of the body)."""
        connection = http.client.HTTPConnection("127.0.0.1", shared().port, timeout=60)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.load(answer)
        finally:
            connection.close()


STATUS = {
    "ValidationException": 400, "SerializationException": 400, "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403, "NotFoundException": 404, "ConflictException": 409}


def numbers(vector):
    """Values as boto3 takes them: it knows no numpy.float32."""
    return np.asarray(vector).tolist()


def record(key, what):
    """A vector as PutVectors takes it, from its values or from (values, metadata)."""
    values, metadata = what if isinstance(what, tuple) else (what, None)
    one = {"key": key, "data": {"float32": numbers(values)}}
    return one if metadata is None else {**one, "metadata": metadata}


def bucket_arn(bucket):
    return f"arn:aws:s3vectors:{REGION}:{ACCOUNT}:bucket/{bucket}"


def index_arn(index):
    return f"{bucket_arn(index['vectorBucketName'])}/index/{index['indexName']}"
