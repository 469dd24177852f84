#!/usr/bin/env python3
"""Measures `memvec rerank` on sift1m, checks what it says, and runs what people do instead beside it.

  tools/bench rerank [--quick]     runs this; it wants the release build, sift1m and sift100k

1,000,000 lines of 100 candidates (tools/rerank_lines.py; --quick: 50,000), a local collection, 5 % of the vectors in
RAM. The others read and write the same lines, as many as some seconds allow.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from rerank_remote import measure_remote
from rerank_lines import Lines, read_vecs

DIMENSION = 128
missed = 0


def report(what, value, unit, bar=None, is_kept=True):
    global missed
    if bar is None:
        print(f"        {what}: {value} {unit}", flush=True)
        return
    missed += not is_kept
    print(f"{'kept   ' if is_kept else 'MISSED '} {what}: {value} {unit} (bar: {bar})", flush=True)


class Run:
    """A command run to its end: its summary, its seconds, its memory, and what it read from the disk."""

    def __init__(self, command, stdin=None):
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.anonymous = 0
        watcher = threading.Thread(target=self.watch, args=(process,))
        watcher.start()
        out, err = [], []
        readers = [threading.Thread(target=lambda pipe=pipe, to=to: to.append(pipe.read()))
                   for pipe, to in ((process.stdout, out), (process.stderr, err))]
        for reader in readers:
            reader.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - start
        for thread in [*readers, watcher]:
            thread.join()
        if process.returncode not in (0, 5):
            raise RuntimeError(f"{command}: {process.returncode}: {err[0][-500:]}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        self.read = usage.ru_inblock * 512
        self.summary = json.loads(out[0]) if out[0].startswith("{") else None

    def watch(self, process):
        status = Path(f"/proc/{process.pid}/status")
        while process.returncode is None:
            try:
                found = [line for line in status.read_text().splitlines() if line.startswith("RssAnon")]
            except OSError:
                return
            if found:
                self.anonymous = max(self.anonymous, 1024 * int(found[0].split()[1]))
            time.sleep(0.02)


def mib(count):
    return f"{count / 2**20:.0f} MiB"


def rerank(memvec, folder, lines, output, *more):
    return Run([str(memvec), "rerank", str(folder), str(lines), "--output", str(output), "--json", *map(str, more)])


def tell(name, run):
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in run.summary["stages"].items() if seconds >= 0.005)
    print(f"        {name}: {run.summary['linesPerSecond']:,.0f} lines/s; {run.seconds:.1f} s, CPU {run.cpu:.1f} s; "
          f"peak {mib(run.peak)}, of that anonymous {mib(run.anonymous)}; seconds: {stages}", flush=True)


def check(lines, base, output, sample):
    """Whether sampled lines are in numpy's order, with its distances."""
    wanted = set(random.Random(5).sample(range(lines.count), sample))
    blocks, wrong = {}, 0
    with open(output, "rb") as file:
        for number, text in enumerate(file):
            if number not in wanted:
                continue
            block = number // lines.BLOCK
            if block not in blocks:
                blocks = {block: lines.block(block)}
            vectors, keys = blocks[block]
            keys = np.array(list(dict.fromkeys(keys[number % lines.BLOCK].tolist())))
            query = vectors[number % lines.BLOCK].astype(np.float64)
            exact = np.sqrt(((base[keys].astype(np.float64) - query) ** 2).sum(axis=1))
            order = np.argsort(exact, kind="stable")
            found = json.loads(text)
            hits = found["hits"]
            wrong += not (found["id"] == number and not found["missing"]
                          and [int(hit["key"]) for hit in hits] == keys[order].tolist()
                          and np.allclose([hit["distance"] for hit in hits], exact[order], rtol=1e-6))
    report(f"lines of {sample:,} that differ from numpy", wrong, "", "0", wrong == 0)


def block_bytes():
    """(rows, bytes) of a row block of the store, as BlockLayout lays it out."""
    best = None
    for pages in range(16, 69):
        size = pages * 4096 - 16
        rows = (size - 48) // (4 * DIMENSION + 4)
        while rows and (48 + 4 * rows + 16 + 63) // 64 * 64 - 16 + rows * 4 * DIMENSION > size:
            rows -= 1
        waste = 1 - rows * 4 * DIMENSION / size
        if rows and (best is None or waste < best[0] - 0.01):
            best = waste, rows, pages * 4096
    return best[1:]


def measure_disk(memvec, folder, path, lines, work):
    """Reads from a disk whose pages are in no cache: only the superuser can see to that."""
    if os.geteuid() != 0:
        print("        the page cache stays: dropping it wants root")
        return

    def drop():
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        with open(path, "rb") as file:      # the lines themselves are read by both
            while file.read(1 << 24):
                pass

    empty = work / "empty.jsonl"
    empty.write_text("")
    drop()
    opening = rerank(memvec, folder, empty, work / "none.jsonl").read
    drop()
    run = rerank(memvec, folder, path, work / "cold.jsonl")
    tell("page cache dropped", run)
    rows, size = block_bytes()
    blocks = np.unique(np.concatenate([lines.block(number)[1].ravel() // rows for number in lines.blocks()])).size
    file = (folder / "g1/store/data.mdb").stat().st_size
    tables = file - -(-lines.rows // rows) * size
    found = run.read - opening
    share = round(found / (blocks * size + tables), 3)
    print(f"        read {mib(found)} beside {mib(opening)} of an open; {blocks:,} blocks of {size:,} bytes are "
          f"needed, keys and records take {mib(tables)}")
    report("bytes read beside those of the blocks, keys and records", share, "times", "<= 1.1", share <= 1.1)


def measure_kills(memvec, folder, path, expected, work, kills):
    """Killed again and again and gone on with: the same bytes."""
    output, state = work / "killed.jsonl", work / "killed.state"
    for file in (output, state):
        file.unlink(missing_ok=True)
    command = [str(memvec), "rerank", str(folder), str(path), "--output", str(output), "--checkpoint", str(state),
               "--ram-budget", "32MiB"]
    numbers, killed = random.Random(11), 0
    while killed < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(numbers.uniform(0.1, 0.9))
            break                                           # it has come to its end
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    same = subprocess.run(["cmp", "-s", output, expected], check=False).returncode == 0
    report(f"killed {killed} times and gone on with, bytes as of one run", same, "", "True", same)


def measure_others(work, data, path, count, ours):
    """What people do instead, each in a process of its own."""
    import rerank_others
    python = rerank_others.environment(work)
    for name in rerank_others.WAYS:
        try:
            run = Run([str(python), rerank_others.__file__, name, str(data), str(path), str(count), str(work)])
        except RuntimeError as error:
            print(f"        {name}: {str(error)[-300:]}")
            continue
        found = run.summary
        print(f"        {name}: {found['linesPerSecond']:,.0f} lines/s over {found['lines']:,} lines; peak "
              f"{mib(run.peak)}, of that anonymous {mib(run.anonymous)}; memvec has "
              f"{ours / found['linesPerSecond']:.1f} times as many", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench rerank")
    parser.add_argument("memvec", type=Path)
    parser.add_argument("engine_bench", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    memvec, data, work = arguments.memvec, arguments.data, arguments.work
    shutil.rmtree(work / "sift", ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    count = 50_000 if arguments.quick else 1_000_000
    lines = Lines(data / "sift1m", count)
    path, base = work / "lines.jsonl", read_vecs(data / "sift1m/base.fvecs", np.float32)
    lines.write(path)
    folder = work / "sift"
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    budget = lines.rows * 4 * DIMENSION // 20
    subprocess.run([memvec, "create", folder, "--dimension", str(DIMENSION), "--metric", "euclidean",
                    "--ram-budget", str(budget)], **quiet)
    subprocess.run([memvec, "import", folder, data / "sift1m/base.fvecs", "--auto-train", "off"], **quiet)
    print(f"{count:,} lines of 100 candidates over {lines.rows:,} x {DIMENSION}; lines {mib(path.stat().st_size)}, "
          f"{os.cpu_count()} cores")
    output = work / "ordered.jsonl"
    rerank(memvec, folder, path, output)                   # warm: what it reads is in the page cache then
    run = rerank(memvec, folder, path, output)
    tell("vectors as JSON numbers, all hits", run)
    rate = run.summary["linesPerSecond"]
    report("lines a second", f"{rate:,.0f}", "", ">= 8,000", rate >= 8000)
    resolving = run.summary["stages"]["resolve"]
    print(f"        by row number, which is the same without {resolving:.1f} s of looking up keys: at most "
          f"{count / (count / rate - resolving):,.0f} lines/s", flush=True)
    check(lines, base, output, 10_000)
    tell("the same, -k 10", rerank(memvec, folder, path, work / "ten.jsonl", "-k", 10))
    binary = work / "binary.jsonl"
    lines.write(binary, "vector_base64")
    tell("vectors as base64, -k 10", rerank(memvec, folder, binary, work / "ten64.jsonl", "-k", 10))
    same = subprocess.run(["cmp", "-s", work / "ten.jsonl", work / "ten64.jsonl"], check=False).returncode == 0
    report("base64 and numbers give the same bytes", same, "", "True", same)
    measure_disk(memvec, folder, path, lines, work)
    measure_kills(memvec, folder, path, output, work, 20)
    measure_others(work, data / "sift1m", path, min(count, 5_000 if arguments.quick else 50_000), rate)
    for file in (path, binary, *work.glob("*.jsonl")):
        file.unlink(missing_ok=True)
    shutil.rmtree(folder)
    measure_remote(memvec, data / "sift100k", work, arguments.quick, report)
    near = work / "beside"
    shutil.rmtree(near, ignore_errors=True)
    subprocess.run([memvec, "create", near, "--dimension", str(DIMENSION), "--metric", "euclidean",
                    "--ram-budget", "2560000"], **quiet)
    subprocess.run([memvec, "import", near, data / "sift100k/base.fvecs", "--auto-train", "off"], **quiet)
    subprocess.run([memvec, "train", near], **quiet)
    found = subprocess.run([arguments.engine_bench, near, "beside", data / "sift100k/query.fvecs"], check=True,
                           capture_output=True, text=True).stdout
    print(found, end="")
    shutil.rmtree(near)
    print(f"{missed + found.count('MISSED')} missed", file=sys.stderr)


if __name__ == "__main__":
    main()
