"""Re-ranks the lines of a file with Ray by `memvec rerank`, a process a task.

    pip install ray
    python ray_rerank.py LINES.jsonl COLLECTION OUT.jsonl

Every node needs the program `memvec` (MEMVEC names it) and the collection's folder, read-only, at the same path, and
the files. A task takes the lines that begin in its part of the file, so the answers, one part behind the other, are
those of a single run.
"""
import os
import subprocess
import sys

import ray

MEMVEC = os.environ.get("MEMVEC", "memvec")
PART = 256 << 20


def begin(file, offset):
    """The first line that begins at `offset` or behind it."""
    if offset == 0:
        return 0
    file.seek(offset - 1)
    file.readline()
    return file.tell()


@ray.remote
def rerank(path, folder, number, size, out, *options):
    """Writes the answers of one part to a file of its own; gives its name."""
    part = f"{out}.part{number:05}"
    with open(path, "rb") as lines, open(part, "wb") as answers:
        start, end = begin(lines, number * size), begin(lines, (number + 1) * size)
        lines.seek(start)
        process = subprocess.Popen([MEMVEC, "rerank", folder, *options], stdin=subprocess.PIPE, stdout=answers)
        with process.stdin as into:
            left = end - start
            while left > 0 and (piece := lines.read(min(left, 1 << 20))):
                into.write(piece)
                left -= len(piece)
        if process.wait() != 0:
            raise RuntimeError(f"memvec rerank ended with {process.returncode}; its message is in the task's log")
    return part


def main():
    path, folder, out = sys.argv[1:4]
    size = int(os.environ.get("PART_BYTES", PART))
    ray.init()
    parts = -(-os.path.getsize(path) // size)
    done = ray.get([rerank.remote(os.path.abspath(path), os.path.abspath(folder), number, size, os.path.abspath(out),
                                  *sys.argv[4:]) for number in range(parts)])
    with open(out, "wb") as file:
        for part in done:
            with open(part, "rb") as answers:
                while piece := answers.read(1 << 20):
                    file.write(piece)
            os.remove(part)


if __name__ == "__main__":
    main()
