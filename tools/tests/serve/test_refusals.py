"""What a server with keys refuses: signatures that are not right, buckets of others, paths that lead elsewhere. Nothing
of it reaches a file outside of the folder that is served, nor ends the server."""
import datetime
import hashlib
import hmac
import json
import os
import socket
import tempfile
import unittest
from pathlib import Path

from serving import REGION, Server

KEYS = {"keys": [{"accessKey": "ALL", "secretKey": "secret"},
                 {"accessKey": "SOME", "secretKey": "other", "buckets": ["media"]}]}
SECRETS = {one["accessKey"]: one["secretKey"] for one in KEYS["keys"]}


def digest(data):
    return hashlib.sha256(data).hexdigest()


def signed(path, body, key="ALL", secret=None, age=0, method="POST"):
    """The headers that sign a request, by AWS's own description of it."""
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    time, scope = moment.strftime("%Y%m%dT%H%M%SZ"), f"{moment:%Y%m%d}/{REGION}/s3vectors/aws4_request"
    names = "host;x-amz-date"
    canonical = f"{method}\n{path}\n\nhost:localhost\nx-amz-date:{time}\n\n{names}\n{digest(body)}"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest(canonical.encode())}"
    code = ("AWS4" + (secret or SECRETS[key])).encode()
    for part in [*scope.split("/"), text]:
        code = hmac.digest(code, part.encode(), "sha256")
    return {"X-Amz-Date": time, "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
                                                 f"SignedHeaders={names}, Signature={code.hex()}"}


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.holder = Path(holder.name)
        (cls.holder / "keys.json").write_text(json.dumps(KEYS))
        # What must not be reached: a file, and a folder that looks like a bucket with an index.
        (cls.holder / "private.txt").write_text("TREASURE")
        (cls.holder / "outside" / "films").mkdir(parents=True)
        (cls.holder / "outside" / "bucket.json").write_text('{"TREASURE": 1}')
        (cls.holder / "outside" / "films" / "memvec.json").write_text('{"TREASURE": 1}')
        cls.root = cls.holder / "root"
        cls.server = Server(str(cls.root), "--credentials", str(cls.holder / "keys.json"))
        cls.addClassCleanup(cls.server.stop)
        for bucket in ("media", "other"):
            cls.fine("/CreateVectorBucket", {"vectorBucketName": bucket})
            cls.fine("/CreateIndex", {"vectorBucketName": bucket, "indexName": "films", "dataType": "float32",
                                      "dimension": 2, "distanceMetric": "cosine"})
        cls.before = cls.files()

    @classmethod
    def files(cls):
        """All that is outside of the root, by path: size and time; and the root's buckets."""
        outside = {}
        for folder, _, names in os.walk(cls.holder):
            if Path(folder) == cls.root or cls.root in Path(folder).parents:
                continue
            for name in names:
                told = os.stat(os.path.join(folder, name))
                outside[os.path.join(folder, name)] = (told.st_size, told.st_mtime_ns)
        return outside, sorted(os.listdir(cls.root)), sorted(os.listdir(cls.root / "media"))

    @classmethod
    def exchange(cls, path, body, headers, method="POST"):
        """One request as it stands; the status (None where the connection just ends) and all that came."""
        target = path if isinstance(path, bytes) else path.encode()
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close",
                 b"Content-Length: %d" % len(body), *(f"{name}: {what}".encode() for name, what in headers.items())]
        with socket.create_connection(("127.0.0.1", cls.server.port), timeout=60) as connection:
            came = b""
            try:
                connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
                while piece := connection.recv(65536):
                    came += piece
            except ConnectionError:
                pass  # refused before it had come whole
        return (int(came.split()[1]) if came.startswith(b"HTTP/1.1 ") else None), came.decode(errors="replace")

    @classmethod
    def fine(cls, path, request, **by):
        body = json.dumps(request).encode()
        status, text = cls.exchange(path, body, signed(path, body, **by))
        assert status == 200, text
        return text

    def refused(self, code, path, body, headers):
        status, text = self.exchange(path, body, headers)
        self.assertEqual(status, 403, text)
        self.assertIn(f"x-amzn-errortype: {code}", text.lower().replace(code.lower(), code))

    def tearDown(self):
        self.assertEqual(self.files(), self.before)
        self.assertIn("vectorBuckets", self.fine("/ListVectorBuckets", {}))

    # MARK: signatures

    def test_a_right_signature_is_taken(self):
        self.fine("/ListVectorBuckets", {})

    def test_a_signature_by_another_secret_is_refused(self):
        self.refused("InvalidSignatureException", "/ListVectorBuckets", b"{}",
                     signed("/ListVectorBuckets", b"{}", secret="guess"))

    def test_a_signature_with_one_other_digit_is_refused(self):
        headers = signed("/ListVectorBuckets", b"{}")
        last = headers["Authorization"][-1]
        headers["Authorization"] = headers["Authorization"][:-1] + ("0" if last != "0" else "1")
        self.refused("InvalidSignatureException", "/ListVectorBuckets", b"{}", headers)

    def test_no_signature_is_refused(self):
        self.refused("MissingAuthenticationTokenException", "/ListVectorBuckets", b"{}", {})

    def test_a_date_of_more_than_15_minutes_ago_is_refused(self):
        self.fine("/ListVectorBuckets", {}, age=14 * 60)
        self.refused("InvalidSignatureException", "/ListVectorBuckets", b"{}",
                     signed("/ListVectorBuckets", b"{}", age=15 * 60 + 5))

    def test_a_date_of_more_than_15_minutes_ahead_is_refused(self):
        self.refused("InvalidSignatureException", "/ListVectorBuckets", b"{}",
                     signed("/ListVectorBuckets", b"{}", age=-15 * 60 - 5))

    def test_a_signature_with_another_date_is_refused(self):
        headers = signed("/ListVectorBuckets", b"{}", age=60)
        headers["X-Amz-Date"] = signed("/ListVectorBuckets", b"{}")["X-Amz-Date"]
        self.refused("InvalidSignatureException", "/ListVectorBuckets", b"{}", headers)

    def test_a_signature_with_another_body_is_refused(self):
        body = b'{"vectorBucketName": "media"}'
        self.refused("InvalidSignatureException", "/GetVectorBucket", body.replace(b"media", b"other"),
                     signed("/GetVectorBucket", body))

    def test_a_signature_on_another_path_is_refused(self):
        body = b'{"vectorBucketName": "media", "indexName": "films"}'
        self.refused("InvalidSignatureException", "/DeleteIndex", body, signed("/GetIndex", body))

    def test_a_signature_by_another_method_is_refused(self):
        body = b"{}"
        status, _ = self.exchange("/ListVectorBuckets", body, signed("/ListVectorBuckets", body, method="GET"))
        self.assertEqual(status, 403)

    # MARK: buckets of others

    def test_a_bucket_that_the_key_does_not_name_is_refused(self):
        self.fine("/GetVectorBucket", {"vectorBucketName": "media"}, key="SOME")
        for operation in ("GetVectorBucket", "DeleteVectorBucket", "ListIndexes"):
            body = b'{"vectorBucketName": "other"}'
            self.refused("AccessDeniedException", f"/{operation}", body, signed(f"/{operation}", body, "SOME"))

    def test_an_index_in_a_bucket_that_the_key_does_not_name_is_refused_by_name_and_by_arn(self):
        for target in ({"vectorBucketName": "other", "indexName": "films"},
                       {"indexArn": f"arn:aws:s3vectors:{REGION}:123456789012:bucket/other/index/films"}):
            body = json.dumps({**target, "keys": ["a"]}).encode()
            for operation in ("GetIndex", "GetVectors", "DeleteVectors", "DeleteIndex"):
                self.refused("AccessDeniedException", f"/{operation}", body, signed(f"/{operation}", body, "SOME"))

    # MARK: paths

    def leads_nowhere(self, path, method="POST", body=b"{}"):
        for headers in ({}, signed(path if isinstance(path, str) else path.decode("latin-1"), body, method=method)):
            status, text = self.exchange(path, body, headers, method)
            self.assertNotIn("TREASURE", text)
            self.assertTrue(status is None or 400 <= status < 500, text)

    def test_path_with_two_dots(self):
        for path in ("/..", "/../private.txt", "/../../../../etc/passwd", "/GetIndex/../../private.txt",
                     "/media/../../private.txt"):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_path_with_encoded_dots(self):
        for path in ("/%2e%2e/private.txt", "/%2E%2E/%2e%2e/etc/passwd", "/.%2e/private.txt",
                     "/%252e%252e/private.txt"):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_path_with_encoded_slashes(self):
        for path in ("/..%2Fprivate.txt", "/%2F%2e%2e%2Fprivate.txt", "/..%5cprivate.txt", "/%2Fetc%2Fpasswd"):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_path_with_nul(self):
        for path in ("/ListVectorBuckets%00", "/%00", "/..%00/private.txt"):
            self.leads_nowhere(path)
        for path in (b"/ListVectorBuckets\0", b"/\0", b"/../private.txt\0.json"):
            self.leads_nowhere(path)

    def test_path_with_double_slashes(self):
        for path in ("//", "//ListVectorBuckets", "//etc/passwd", "/media//films"):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_absolute_uri(self):
        # What they would lead to alone is the dashboard's page at /, by GET.
        for path in ("http://localhost/../private.txt", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data",
                     "ftp://localhost/private.txt"):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_very_long_path(self):
        for path in ("/" + "a" * 200_000, "/" + "../" * 20_000, "/tags/" + "%2e" * 20_000):
            self.leads_nowhere(path)
            self.leads_nowhere(path, "GET")

    def test_tags_of_names_that_are_paths(self):
        for name in ("..%2F..%2Foutside", "arn%3Aaws%3As3vectors%3Aus-east-1%3A123456789012%3Abucket%2F..%2Foutside",
                     "arn%3Aaws%3As3vectors%3Aus-east-1%3A123456789012%3Abucket%2Fmedia%2Findex%2F..%2F..%2Foutside"):
            for method in ("GET", "POST", "DELETE"):
                self.leads_nowhere(f"/tags/{name}", method, b'{"tags": {"a": "b"}}')

    def test_names_in_bodies_that_are_paths(self):
        names = ("..", "../outside", "/etc", "media/../../outside", "..\\outside", "%2e%2e", "media\0", "\0", ".server",
                 ".", "a" * 100_000)
        for name in names:
            for bucket, index in ((name, "films"), ("media", name)):
                request = {"vectorBucketName": bucket, "indexName": index, "dataType": "float32", "dimension": 2,
                           "distanceMetric": "cosine", "keys": ["a"]}
                for operation in ("GetIndex", "CreateIndex", "DeleteIndex", "GetVectors"):
                    path, body = f"/{operation}", json.dumps(request).encode()
                    status, text = self.exchange(path, body, signed(path, body))
                    self.assertEqual(status, 400, (operation, name[:50], text))
            for operation in ("CreateVectorBucket", "DeleteVectorBucket"):
                path, body = f"/{operation}", json.dumps({"vectorBucketName": name}).encode()
                self.assertEqual(self.exchange(path, body, signed(path, body))[0], 400, name[:50])


if __name__ == "__main__":
    unittest.main()
