"""Embedders that ask others, on the command line: a server of OpenAI's form, Bedrock's models with signatures as
botocore computes them, and programs."""
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from serving import MEMVEC, REGION, SECRETS, Server


def vector(text):
    return [len(text), 0.5, -1]


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.calls += 1
            is_busy = self.server.calls == 2                     # the first after the probe
        answer, status = {"message": "slow down"}, 429
        if not is_busy:
            answer, status = (self.openai if self.path == "/v1/embeddings" else self.bedrock)(body)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(text)

    def openai(self, body):
        request = json.loads(body)
        if self.headers["authorization"] != "Bearer key" or request["model"] != "nomic":
            return {"error": "who are you?"}, 401
        vectors = [{"index": index, "embedding": vector(text)} for index, text in enumerate(request["input"])]
        return {"data": vectors[::-1]}, 200

    def bedrock(self, body):
        wanted = self.signature(body)
        if not self.headers["authorization"].endswith("Signature=" + wanted):
            return {"message": f"the signature is {wanted}, not {self.headers['authorization']}"}, 403
        request = json.loads(body)
        if self.path == "/model/amazon.titan-embed-text-v2%3A0/invoke":
            return {"embedding": vector(request["inputText"])}, 200
        if self.path != "/model/cohere.embed-english-v3/invoke":
            return {"message": self.path}, 404
        form = {"search_query": 1, "search_document": 0}[request["input_type"]]
        return {"embeddings": [[len(text), form] for text in request["texts"]]}, 200

    def signature(self, body):
        signed = self.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        url = f"http://{self.headers['host']}{self.path}"
        request = AWSRequest("POST", url, {name: self.headers[name] for name in signed}, body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        auth = SigV4Auth(Credentials("any", "thing"), "bedrock", REGION)
        return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


class Embedders(unittest.TestCase):
    TEXTS = ["", "one", "two words", "日本", "x" * 5000] + ["y" * size for size in range(200)]

    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        server.lock, server.calls = threading.Lock(), 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_memvec(self, *words, text="", **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MEMVEC_RUN"))}
        return subprocess.run([MEMVEC, *words], input=text, capture_output=True, text=True,
                              env={**clean, "AWS_EC2_METADATA_DISABLED": "true", **environment}, timeout=120)

    def embedded(self, embedder, *words, **environment):
        text = "\n".join(self.TEXTS) + "\n"
        done = self.run_memvec("embed", "--embedder", embedder, *words, text=text, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line)["vector"] for line in done.stdout.splitlines()]

    def test_a_server_of_openai_s_form(self):
        found = self.embedded(f"http:{self.url}#nomic", MEMVEC_EMBEDDER_KEY="key")
        self.assertEqual(found, [vector(text) for text in self.TEXTS])
        refused = self.run_memvec("embed", "--embedder", f"http:{self.url}#other", text="x\n")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("status 401", refused.stderr)

    def bedrock(self, model, *words):
        return self.embedded("bedrock:" + model, *words, AWS_ENDPOINT_URL_BEDROCK_RUNTIME=self.url, AWS_REGION=REGION,
                             **SECRETS)

    def test_titan(self):
        found = self.bedrock("amazon.titan-embed-text-v2:0")
        self.assertEqual(found, [vector(text) for text in self.TEXTS])

    def test_cohere(self):
        for form, number in (("query", 1), ("passage", 0)):
            found = self.bedrock("cohere.embed-english-v3", "--form", form)
            self.assertEqual(found, [[min(len(text), 2048), number] for text in self.TEXTS])

    def program(self):
        path = self.folder / "embed.py"
        path.write_text("import json, sys\nfor line in sys.stdin:\n    text = json.loads(line)['text']\n"
                        "    print([len(text), 0.5, -1], flush=True)\n")
        return f"command:{sys.executable} '{path}'"

    def test_a_program(self):
        self.assertEqual(self.embedded(self.program()), [vector(text) for text in self.TEXTS])

    def test_a_collection_runs_a_program_that_it_remembers_with_consent_alone(self):
        (self.folder / "note.txt").write_text("Pinned vectors stay in memory.\n")
        notes, program = str(self.folder / "notes"), self.program()
        made = self.run_memvec("ingest", str(self.folder / "note.txt"), "--into", notes, "--embedder", program)
        self.assertEqual(made.returncode, 0, made.stderr)
        search = ("search", notes, "what is pinned?")
        refused = self.run_memvec(*search)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("MEMVEC_RUN_COMMANDS=1", refused.stderr)
        named, trusted = ["--embedder", program], {"MEMVEC_RUN_COMMANDS": "1"}
        for found in (self.run_memvec(*search, *named), self.run_memvec(*search, **trusted)):
            self.assertEqual(found.returncode, 0, found.stderr)
            self.assertIn("Pinned vectors", found.stdout)

    def test_words_and_documents_need_no_embedder(self):
        (self.folder / "note.txt").write_text("Pinned vectors stay in memory.\n")
        served = self.folder / "served"
        served.mkdir()
        server = Server(served)
        self.addCleanup(server.stop)
        server.client().create_vector_bucket(vectorBucketName="texts")
        notes = str(served / "texts" / "notes")
        made = self.run_memvec("ingest", str(self.folder / "note.txt"), "--into", notes, "--embedder", self.program())
        self.assertEqual(made.returncode, 0, made.stderr)
        (self.folder / "embed.py").unlink()
        trusted = {"MEMVEC_RUN_COMMANDS": "1"}
        for words in (("search", notes, "pins", "--mode", "text"), ("ask", notes, "pins", "--mode", "text"),
                      ("documents", "list", notes), ("documents", "show", notes, "note.txt")):
            for environment in ({}, trusted):
                done = self.run_memvec(*words, **environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("note.txt", done.stdout + done.stderr)
        missing = self.run_memvec("search", notes, "pins", **trusted)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("ended with code 2", missing.stderr)
        asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.addCleanup(asked.close)
        for mode, status in (("text", 200), ("vector", 503), ("hybrid", 503), ("text", 200)):
            asked.request("POST", "/v1/collections/texts/notes/search", json.dumps({"query": "pins", "mode": mode}))
            answer = asked.getresponse()
            text = answer.read().decode()
            self.assertEqual(answer.status, status, text)
            self.assertIn("MEMVEC_RUN_COMMANDS" if status == 503 else "Pinned vectors", text)
        asked.request("GET", "/v1/collections/texts/notes/documents")
        self.assertIn("note.txt", asked.getresponse().read().decode())


if __name__ == "__main__":
    unittest.main()
