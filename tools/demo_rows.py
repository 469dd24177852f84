"""demo_rows.py FILE.fvecs METADATA: the rows of the file as JSON lines for `memvec import FOLDER -`.

The key of a row is its number, as when the file itself is imported; METADATA is a JSON object that each row gets.
"""
import json
import signal
import struct
import sys


def rows(path):
    with open(path, "rb") as file:
        while head := file.read(4):
            dimension, = struct.unpack("<i", head)
            yield struct.unpack(f"<{dimension}f", file.read(4 * dimension))


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)       # the reader may be killed
    path, metadata = sys.argv[1], json.loads(sys.argv[2])
    for number, vector in enumerate(rows(path)):
        print(json.dumps({"key": str(number), "vector": vector, "metadata": metadata}, separators=(",", ":")))


if __name__ == "__main__":
    main()
