"""Thousands of broken requests to one server, over sockets: it answers, keeps its memory, and gives back what it
opened. 2,000 requests; MEMVEC_FULL=1 sends 20,000, MEMVEC_SEED takes other ones."""
import json
import os
import random
import re
import socket
import time
import unittest
from pathlib import Path

from serving import Server

COUNT = 20_000 if os.environ.get("MEMVEC_FULL") == "1" else 2_000
SEED = int(os.environ.get("MEMVEC_SEED", "17"))
# What the second half of the requests may add to anonymous memory: allocators keep some, a leak of 2 KiB a request of
# the full count is more.
GROWTH_BYTES = 16 << 20
INDEX = {"vectorBucketName": "demo", "indexName": "items"}
BODIES = {
    "PutVectors": {**INDEX, "vectors": [{"key": "a", "data": {"float32": [1, 2.5]}, "metadata": {"x": ["y"]}}]},
    "QueryVectors": {**INDEX, "topK": 2, "queryVector": {"float32": [1, 2]}, "filter": {"x": {"$in": [1, "y"]}}},
    "GetVectors": {**INDEX, "keys": ["a", "b"], "returnData": True},
    "ListVectors": {**INDEX, "maxResults": 2, "segmentCount": 2, "segmentIndex": 1},
    "DeleteVectors": {**INDEX, "keys": ["b", "c"]},
    "GetIndex": INDEX,
    "CreateIndex": {**INDEX, "dataType": "float32", "dimension": 2, "distanceMetric": "cosine"},
    "ListIndexes": {"vectorBucketName": "demo"},
    "ListVectorBuckets": {},
}
PATHS = ["/", "//", "/..", "/%2e%2e/x", "/..%2fx", "/GetIndex%00", "/GetIndex\0", "http://x/GetIndex", "*", "/tags/%ff",
         "/" + "a" * 5000]
PIECES = [b"\\ud800", b"\\u0000", b"1e999", b"NaN", b"{", b"[" * 50, b"}", b'"', b"\0", b"\xff", b"null", b"\r\n\r\n"]


class Fuzzer:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def mutated(self, data):
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 5)):
            at = self.random.randrange(len(data) + 1)
            match self.random.randrange(4):
                case 0: data[at:at + 1] = bytes([self.random.randrange(256)])
                case 1: del data[at:at + self.random.randrange(1, 9)]
                case 2: data[at:at] = data[at:at + self.random.randrange(1, 20)]
                case _: data[at:at] = self.random.choice(PIECES)
        return bytes(data)

    def request(self):
        """Bytes as they go over a connection."""
        operation = self.random.choice(list(BODIES))
        body, path, method = json.dumps(BODIES[operation]).encode(), "/" + operation, "POST"
        match self.random.randrange(12):
            case 0: path = self.random.choice(PATHS)
            case 1: method = self.random.choice(["GET", "DELETE", "HEAD", "post", "CONNECT"])
            case 2: body = b'{"x": "' + b"y" * self.random.randrange(300_000) + b'", ' + body[1:]
            case 3: body = b'{"filter": ' + b'{"$and": [' * self.random.randrange(1, 20_000) + body
            case 4: body = self.random.randbytes(self.random.randrange(2000))
            case _:
                if self.random.random() < 0.7:
                    body = self.mutated(body)
        length = len(body) + self.random.choice([0] * 20 + [1, -1, 1 << 40])
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        if self.random.random() < 0.1:
            head = head.replace(f"Content-Length: {length}", "Transfer-Encoding: chunked")
            body = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
        data = head.encode("latin-1") + body
        return self.mutated(data) if self.random.random() < 0.1 else data


class Fuzz(unittest.TestCase):
    def setUp(self):
        # A request that does not come whole is given up soon.
        self.server = Server("--ephemeral", "--request-timeout", "2s", "--idle-timeout", "2s")
        self.addCleanup(self.server.stop)
        client = self.server.client()
        client.create_vector_bucket(vectorBucketName="demo")
        client.create_index(**INDEX, dataType="float32", dimension=2, distanceMetric="euclidean")
        client.put_vectors(**INDEX, vectors=[{"key": "a", "data": {"float32": [1, 2]}}])
        client.close()
        self.process = Path("/proc", str(self.server.process.pid))

    def anonymous_bytes(self):
        return int(re.search(r"RssAnon:\s+(\d+) kB", (self.process / "status").read_text())[1]) * 1024

    def descriptors(self):
        """What is open, sockets apart from the rest."""
        names = []
        for link in (self.process / "fd").iterdir():
            try:
                names.append(re.sub(r"\d+", "N", os.readlink(link)))
            except FileNotFoundError:
                pass  # closed meanwhile
        return sorted(names)

    def until(self, claim, what):
        end = time.monotonic() + 60
        while not claim():
            self.assertLess(time.monotonic(), end, what())
            time.sleep(0.05)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)

    def send(self, fuzzer, step):
        data = fuzzer.request()
        with self.connect() as connection:
            try:
                if fuzzer.random.random() < 0.05:  # leaves in the middle
                    connection.sendall(data[:fuzzer.random.randrange(len(data))])
                    return
                if fuzzer.random.random() < 0.02:  # resets the connection
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    connection.sendall(data)
                    return
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                came = b""
                while piece := connection.recv(65536):
                    came += piece
            except ConnectionError:
                return  # refused before it had come whole
        status = int(came.split()[1]) if came.startswith(b"HTTP/1.1 ") else 400
        self.assertTrue(200 <= status < 500, f"MEMVEC_SEED={SEED} step {step}: {came[:300]} to {data[:300]}")

    def half(self, fuzzer, steps):
        """Requests, beside some that come a byte at a time and never whole."""
        slow = [self.connect() for _ in range(20)]
        text = b"POST /GetIndex HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{" + b" " * 4000
        for step in steps:
            self.send(fuzzer, step)
            for number, connection in enumerate(slow):
                try:
                    connection.send(text[step % len(text):][:1])
                except ConnectionError:  # it had its time
                    connection.close()
                    slow[number] = self.connect()
        for connection in slow:
            connection.close()

    def test_broken_requests_slow_senders_and_early_closers_leave_neither_memory_nor_descriptors(self):
        print(f"MEMVEC_SEED={SEED}: {COUNT} requests")
        fuzzer, started = Fuzzer(SEED), []
        self.until(lambda: started.append(self.descriptors()) or started[-1:] == started[-2:-1], lambda: "no rest")
        self.half(fuzzer, range(COUNT // 2))
        first = self.anonymous_bytes()
        self.half(fuzzer, range(COUNT // 2, COUNT))
        second = self.anonymous_bytes()
        print(f"RssAnon {first >> 10} KiB after the first half, {second >> 10} KiB after the second")
        self.assertLess(second - first, GROWTH_BYTES)
        self.until(lambda: self.descriptors() == started[-1],
                   lambda: f"{self.descriptors()} are open, {started[-1]} were")
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
