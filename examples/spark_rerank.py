"""Re-ranks the lines of a Spark data frame by `memvec rerank`, a process a partition.

    pip install pyspark pandas pyarrow      # and a Java runtime
    python spark_rerank.py LINES.jsonl COLLECTION OUT       OUT becomes a folder of Parquet files

Every worker needs the program `memvec` (MEMVEC names it) and the collection's folder, read-only, at the same path: on a
disk of its own, or attached there from S3 Vectors. docs/scale.md says how large partitions should be.
"""
import os
import subprocess
import sys
import threading

import pandas as pd
from pyspark.sql import SparkSession

MEMVEC = os.environ.get("MEMVEC", "memvec")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)     # local workers have what this Python has


def reranker(folder, *options):
    """A function for mapInPandas: columns `line` (the JSON of one) become `line` (the JSON of its answer)."""
    def rerank(frames):
        process = subprocess.Popen([MEMVEC, "rerank", folder, *options], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, encoding="utf-8")

        def feed():
            with process.stdin as lines:
                for frame in frames:
                    lines.writelines(line + "\n" for line in frame["line"])

        # Lines go in while answers come out: neither pipe may fill up. What goes wrong in Spark ends both.
        failure = []

        def fed():
            try:
                feed()
            except BaseException as error:
                failure.append(error)

        feeder = threading.Thread(target=fed)
        feeder.start()
        answers = []
        for line in process.stdout:
            answers.append(line.rstrip("\n"))
            if len(answers) == 1000:
                yield pd.DataFrame({"line": answers})
                answers = []
        yield pd.DataFrame({"line": answers})
        feeder.join()
        if process.wait() != 0:
            raise RuntimeError(f"memvec rerank ended with {process.returncode}; its message is in the worker's log")
        if failure:
            raise failure[0]
    return rerank


def main():
    lines, folder, out = sys.argv[1:4]
    spark = SparkSession.builder.appName("rerank").getOrCreate()
    frame = spark.read.text(lines).withColumnRenamed("value", "line")
    frame.mapInPandas(reranker(os.path.abspath(folder), *sys.argv[4:]), "line string").write.mode(
        "overwrite").parquet(out)
    spark.stop()


if __name__ == "__main__":
    main()
