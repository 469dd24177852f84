#!/usr/bin/env python3
"""Measures `memvec serve` beside the other server of this API that PyPI has (moto), on the machine's first two cores.

  tools/bench serve             runs this; it wants the release build, the data set sift100k and wrk

100,000 x 128 SIFT descriptors, trained to the default recall. wrk with one thread and 16 connections shares two cores
with the server; every number is of a run of MEMVEC_BENCH_SECONDS (10) after one of two seconds. PutVectors takes 100
vectors a request and answers when they are synced; GetVectors asks for 100 vectors with their data.
"""
import http.client
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from array import array
from pathlib import Path

CORES = ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:2])
SECONDS = int(os.environ.get("MEMVEC_BENCH_SECONDS", "10"))
CONNECTIONS = 16
MOTO = "moto[server]==5.2.5"
LUA = Path(__file__).resolve().parent / "requests.lua"
TICKS = os.sysconf("SC_CLK_TCK")
missed = 0


def report(what, value, unit, bar=None, is_kept=True):
    global missed
    if bar is None:
        print(f"        {what}: {value:g} {unit}", flush=True)
        return
    missed += not is_kept
    print(f"{'kept   ' if is_kept else 'MISSED '} {what}: {value:g} {unit} (bar: {bar})", flush=True)


def vectors(path, count):
    """The first vectors of an .fvecs or .ivecs file, as arrays."""
    code = "f" if path.suffix == ".fvecs" else "i"
    out = []
    with open(path, "rb") as file:
        while len(out) < count and (head := file.read(4)):
            row = array(code)
            row.frombytes(file.read(4 * struct.unpack("<i", head)[0]))
            out.append(row)
    return out


class Server:
    """A child process that serves the API; `operation(body)` asks it."""

    def __init__(self, command, port=None):
        self.process = subprocess.Popen(["taskset", "-c", CORES, *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = port or int(self.process.stdout.readline().rsplit(":", 1)[1])
        deadline = time.monotonic() + 60
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=5).connect()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, operation, body):
        headers = {"Content-Type": "application/json", "Authorization":
                   "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/s3vectors/aws4_request, "
                   "SignedHeaders=host, Signature=0"}
        self.connection.request("POST", "/" + operation, json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {text[:300]!r}")
        return json.loads(text or b"{}"), answer.headers

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(60)


def load(server, operation, bodies, seconds):
    """What wrk found, with the server's CPU per request."""
    before = server.cpu_seconds()
    done = subprocess.run(
        ["taskset", "-c", CORES, "wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "30s",
         "-s", LUA, f"http://127.0.0.1:{server.port}", "--", operation, bodies],
        capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    found["cpu"] = 1e6 * (server.cpu_seconds() - before) / max(1, found["requests"])
    found["rate"] = found["requests"] / found["seconds"]
    if found["failed"] or found["refused"]:
        raise RuntimeError(f"{operation}: {found['failed']} failed, {found['refused']} refused: {done.stdout}")
    return found


def measure(name, server, operation, bodies, seconds=SECONDS, unit="requests/s", times=1):
    load(server, operation, bodies, 2)
    found = load(server, operation, bodies, seconds)
    report(f"{name} {operation}", round(found["rate"] * times), unit)
    report(f"{name} {operation}", round(found["p99"], 2), f"ms p99 (p50 {found['p50']:.2f}, p95 {found['p95']:.2f})")
    report(f"{name} {operation}", round(found["cpu"]), "us of CPU a request")
    return found


def write_bodies(path, bodies):
    path.write_text("".join(json.dumps(body, separators=(",", ":")) + "\n" for body in bodies))
    return path


def queries_of(asked, k=10):
    return [{"vectorBucketName": "bench", "indexName": "sift", "topK": k, "returnDistance": True,
             "queryVector": {"float32": list(vector)}} for vector in asked]


def puts_of(base, index):
    """Batches of 100 vectors under 20,000 keys, put again and again."""
    return [{"vectorBucketName": "bench", "indexName": index, "vectors": [
        {"key": f"k{n}", "data": {"float32": list(base[n])}, "metadata": {"n": n}}
        for n in range(start, start + 100)]} for start in range(0, 20_000, 100)]


def gets_of(index, count):
    numbers = random.Random(7)
    prefix = "k" if index == "puts" else ""
    return [{"vectorBucketName": "bench", "indexName": index, "returnData": True,
             "keys": [f"{prefix}{n}" for n in numbers.sample(range(count), 100)]} for _ in range(200)]


def create(server, index):
    server.ask("CreateIndex", {"vectorBucketName": "bench", "indexName": index, "dataType": "float32",
                               "dimension": 128, "distanceMetric": "euclidean"})


def run_ours(memvec, data, work, base):
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    serve = [str(memvec), "serve", str(root), "--listen", "127.0.0.1:0"]
    server = Server(serve)
    server.ask("CreateVectorBucket", {"vectorBucketName": "bench"})
    server.stop()
    folder = str(root / "bench" / "sift")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([memvec, "create", folder, "--dimension", "128", "--metric", "euclidean"], **quiet)
    subprocess.run([memvec, "import", folder, data / "base.fvecs", "--auto-train", "off"], **quiet)
    trained = subprocess.run([memvec, "train", folder], check=True, capture_output=True, text=True)
    print(trained.stdout.strip())
    server = Server(serve)
    try:
        asked = vectors(data / "query.fvecs", 1000)
        truth = vectors(data / "groundtruth.ivecs", 1000)
        found, reasons = 0, set()
        for body, nearest in zip(queries_of(asked), truth):
            answer, headers = server.ask("QueryVectors", body)
            reasons.add(headers["x-memvec-reason"])
            found += len({hit["key"] for hit in answer["vectors"]} & {str(n) for n in nearest[:10]})
        recall = found / (10 * len(asked))
        report("recall@10 of 1,000 queries over HTTP", recall, f"({', '.join(sorted(reasons))})", ">= 0.98",
               recall >= 0.98)
        bodies = write_bodies(work / "queries.jsonl", queries_of(asked))
        query = measure("memvec", server, "QueryVectors", bodies)
        report("QueryVectors, 16 connections", round(query["rate"]), "a second", ">= 2000", query["rate"] >= 2000)
        report("QueryVectors, 16 connections, p99", round(query["p99"], 2), "ms", "<= 20", query["p99"] <= 20)
        create(server, "puts")
        put = measure("memvec", server, "PutVectors", write_bodies(work / "puts.jsonl", puts_of(base, "puts")))
        get = measure("memvec", server, "GetVectors", write_bodies(work / "gets.jsonl", gets_of("puts", 20_000)))
        return {"PutVectors": put, "GetVectors": get}
    finally:
        server.stop()


def run_moto(work):
    venv = work / "moto"
    if not (venv / "whole").exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", MOTO], check=True)
        (venv / "whole").touch()
    port = 20_000 + os.getpid() % 10_000
    server = Server([str(venv / "bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)], port)
    try:
        server.ask("CreateVectorBucket", {"vectorBucketName": "bench"})
        create(server, "puts")
        found = {"PutVectors": measure("moto", server, "PutVectors", work / "puts.jsonl")}
        found["GetVectors"] = measure("moto", server, "GetVectors", work / "gets.jsonl")
        try:
            server.ask("QueryVectors", queries_of([[1.0] * 128])[0])
        except RuntimeError as error:
            print(f"        moto has no QueryVectors: {str(error)[:40]}")
        return found
    finally:
        server.stop()


def main():
    memvec, data, work = (Path(argument) for argument in sys.argv[1:4])
    work.mkdir(parents=True, exist_ok=True)
    print(f"cores {CORES}, wrk with 1 thread and {CONNECTIONS} connections beside the server, {SECONDS} s a number")
    base = vectors(data / "base.fvecs", 20_000)
    ours, theirs = run_ours(memvec, data, work, base), run_moto(work)
    for operation, found in theirs.items():
        times = round(ours[operation]["rate"] / found["rate"], 1)
        report(f"{operation}: memvec against moto, requests a second", times, "times")
    shutil.rmtree(work / "root", ignore_errors=True)
    print(f"{missed} missed", file=sys.stderr)


if __name__ == "__main__":
    main()
