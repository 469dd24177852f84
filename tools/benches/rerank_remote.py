"""The part of `tools/bench rerank` before a store of its own: how many GetVectors calls a job takes."""
import json
import os
import shutil
import subprocess

import numpy as np

from rerank_lines import Lines


def measure_remote(memvec, data, work, is_quick, report):
    """100,000 x 128 behind `memvec serve`, a tenth of them in the warm file, none in RAM."""
    root, near, log = work / "root", work / "near", work / "access.log"
    for folder in (root, near):
        shutil.rmtree(folder, ignore_errors=True)
    log.unlink(missing_ok=True)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    env = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
    server = subprocess.Popen([memvec, "serve", root, "--listen", "127.0.0.1:0", "--access-log", log],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        endpoint = server.stdout.readline().split()[-1]
        subprocess.run([memvec, "create", near, "--cold", "s3vectors://bench/sift", "--endpoint", endpoint,
                        "--dimension", "128", "--metric", "euclidean", "--warm-budget", "6MiB", "--ram-budget", "0",
                        "--auto-train", "off"], env=env, **quiet)
        subprocess.run([memvec, "import", near, data / "base.fvecs"], env=env, **quiet)
        count = 5_000 if is_quick else 100_000
        lines = Lines(data, count)
        path = work / "remote.jsonl"
        lines.write(path)
        done = subprocess.run([memvec, "rerank", near, path, "--output", work / "remote.out", "--json",
                               "--ram-budget", "128MiB"], env=env, check=True, capture_output=True, text=True)
    finally:
        server.terminate()
        server.wait(60)
    found = json.loads(done.stdout)
    calls = sum(json.loads(line).get("operation") == "GetVectors" for line in log.read_text().splitlines())
    unique = np.unique(np.concatenate([lines.block(number)[1].ravel() for number in lines.blocks()])).size
    print(f"        before S3 Vectors: {found['lines']:,} lines in {found['chunks']} parts, {unique:,} unique keys, "
          f"{found['fetchedKeys']:,} fetched, {found['linesPerSecond']:,.0f} lines/s, ${found['dollars']:.6f}")
    share = round(calls / (found["fetchedKeys"] / 100), 4)
    is_kept = share <= 1.05 and found["fetchedKeys"] <= unique and calls == found["fetchCalls"]
    report("GetVectors calls beside fetched keys / 100", share, "times", "<= 1.05", is_kept)
    for folder in (root, near):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (path, work / "remote.out", log):
        file.unlink(missing_ok=True)
