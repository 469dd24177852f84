"""A large export made of the excerpt again and again: ingested undisturbed, and killed at random moments and run again.
The memory of every run is watched, and both must end alike. Called by tools/bench ingest."""
import argparse
import bz2
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

BAR = 1 << 30          # bytes of memory of a run
KILLS = 4
SAMPLE_SECONDS = 0.05
SECRETS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "us-east-1"}


def judge(is_kept, what):
    print(f"{'kept  ' if is_kept else 'MISSED'}  {what}", flush=True)


def make_export(excerpt, path, byte_count):
    """The excerpt's pages with new titles and ids, until the file is as large as that. Gives the number of articles."""
    text = bz2.open(excerpt, "rt", encoding="utf-8").read()
    start, end = text.index("  <page>"), text.rindex("</page>") + len("</page>\n")
    head, pages, tail = text[:start], re.split(r"(?<=</page>\n)", text[start:end]), text[end:]
    articles = 0
    with path.open("w", encoding="utf-8") as out:
        out.write(head)
        copy = 0
        while out.tell() < byte_count:
            for number, page in enumerate(pages):
                page = re.sub("<title>(.*?)</title>", rf"<title>\1, copy {copy}</title>", page, count=1)
                page = re.sub("<id>.*?</id>", f"<id>{copy * len(pages) + number}</id>", page, count=1)
                out.write(page)
                articles += "<redirect" not in page and "<page>" in page
            copy += 1
        out.write(tail)
    return articles


class Bench:
    def __init__(self, memvec, export, work):
        self.memvec, self.export, self.work = memvec, export, work
        self.environment = {**os.environ, **SECRETS}

    def run(self, *words):
        done = subprocess.run([self.memvec, *map(str, words)], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"memvec {words} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def ingest(self, target, kill_after=None):
        """One run; its report (none of a killed one), its seconds and the most anonymous memory that it had."""
        run = subprocess.Popen([self.memvec, "ingest", self.export, *map(str, target), "--embedder", "hash", "--json"],
                               env=self.environment, stdout=subprocess.PIPE)
        started, peak = time.monotonic(), 0
        while run.poll() is None:
            try:
                status = Path(f"/proc/{run.pid}/status").read_text()
            except OSError:
                break
            found = re.search(r"RssAnon:\s+(\d+) kB", status)
            peak = max(peak, int(found[1]) * 1024 if found else 0)
            if kill_after and time.monotonic() - started > kill_after:
                run.send_signal(signal.SIGKILL)
            time.sleep(SAMPLE_SECONDS)
        out = run.stdout.read()
        run.stdout.close()
        status = run.wait()
        if status not in (0, -signal.SIGKILL):
            raise SystemExit(f"memvec ingest ended with {status}")
        return json.loads(out) if status == 0 else None, time.monotonic() - started, peak

    def contents(self, folder):
        """How many passages there are, and a sum over their keys and metadata in which their order does not count."""
        run = subprocess.Popen([self.memvec, "list", folder, "--json"], env=self.environment, stdout=subprocess.PIPE)
        count = total = 0
        for line in run.stdout:
            count += 1
            total += int.from_bytes(hashlib.blake2b(line, digest_size=16).digest())
        run.stdout.close()
        if run.wait():
            raise SystemExit("memvec list failed")
        return count, total % (1 << 128)

    def state(self, folder, far):
        state = {"here": self.contents(folder)}
        if far:
            state["in the remote"] = self.contents(far)
        self.run("verify", folder)
        state["documents"] = len(self.run("documents", "list", folder, "--json").splitlines())
        return state

    def compare(self, name, serve, articles, dice):
        """An undisturbed run and a killed one, in `serve()`'s places."""
        print(f"== {name}", flush=True)
        with serve() as (target, folder, far):
            report, seconds, peak = self.ingest(target)
            print(f"        undisturbed: {report['documents']:,} documents, {report['stored']:,} passages in "
                  f"{seconds:.0f} s ({report['stored'] / seconds:,.0f}/s)", flush=True)
            judge(peak <= BAR, f"memory of the undisturbed run: {peak / (1 << 20):.0f} MiB")
            judge("failure" not in report, "the export was read to its end")
            calm = self.state(folder, far)
            judge(calm["documents"] == report["documents"] == articles, f"{calm['documents']:,} documents are listed")
        with serve() as (target, folder, far):
            peaks, kills, report = [], [], None
            while report is None:
                moment = dice.uniform(0.02, 0.6) * seconds if len(kills) < KILLS else None
                report, took, peak = self.ingest(target, moment)
                peaks.append(peak)
                if report is None:
                    kills.append(took)
            print("        killed after " + ", ".join(f"{took:.0f}" for took in kills) +
                  f" s; the last run took {took:.0f} s and stored {report['stored']:,}", flush=True)
            judge(max(peaks) <= BAR, "memory of the killed runs and the last: "
                  + ", ".join(f"{peak / (1 << 20):.0f}" for peak in peaks) + " MiB")
            judge(self.state(folder, far) == calm,
                  "passages, documents and metadata as after the undisturbed run; `verify` passed")


class Places:
    """Where an ingest goes: a folder, or a simulated S3 Vectors with a folder in front of it."""

    def __init__(self, bench, is_remote):
        self.bench, self.is_remote, self.server = bench, is_remote, None

    def __enter__(self):
        self.folder = self.bench.work / "ingest"
        self.far = self.bench.work / "far"
        self.remove()
        if not self.is_remote:
            return ["--into", self.folder], self.folder, None
        self.far.mkdir()
        self.server = subprocess.Popen([self.bench.memvec, "serve", self.far, "--listen", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, text=True)
        url = self.server.stdout.readline().strip().rpartition(" at ")[2]
        self.bench.environment["AWS_ENDPOINT_URL_S3VECTORS"] = url
        return ["--into", "s3vectors://texts/wiki", "--folder", self.folder], self.folder, self.far / "texts" / "wiki"

    def __exit__(self, *_):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()
            self.server.stdout.close()
        self.remove()

    def remove(self):
        for folder in (self.folder, self.far):
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("memvec")
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000, help="of the export into a folder")
    parser.add_argument("--remote-megabytes", type=int, default=1000, help="of the export into a simulated S3 Vectors")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    wanted = parser.parse_args()
    wanted.work.mkdir(parents=True, exist_ok=True)
    print(f"--seed {wanted.seed} kills at the same moments", flush=True)
    export = wanted.work / "export.xml"
    try:
        for name, is_remote, megabytes in (("into a folder", False, wanted.megabytes),
                                           ("into a simulated S3 Vectors", True, wanted.remote_megabytes)):
            if not megabytes:
                continue
            articles = make_export(wanted.data / "wiki" / "enwiki-excerpt.xml.bz2", export, megabytes * 1_000_000)
            bench = Bench(wanted.memvec, export, wanted.work)
            bench.compare(f"{export.stat().st_size / 1e6:,.0f} MB of {articles:,} articles, {name}",
                          lambda: Places(bench, is_remote), articles, random.Random(wanted.seed))
    finally:
        export.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
