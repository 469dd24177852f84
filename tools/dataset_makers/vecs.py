"""The .fvecs and .ivecs files of the TEXMEX collections: each row is an int32 count, then its float32 or int32
values, little-endian."""
import numpy as np

ROWS_AT_ONCE = 100_000


def write(path, rows):
    """Writes rows [count, dimension], as float32 for .fvecs and int32 for .ivecs."""
    kind = np.float32 if path.suffix == ".fvecs" else np.int32
    count, dimension = rows.shape
    with open(path, "wb") as file:
        for first in range(0, count, ROWS_AT_ONCE):
            part = np.ascontiguousarray(rows[first:first + ROWS_AT_ONCE], kind)
            framed = np.full((len(part), dimension + 1), dimension, np.int32)
            framed[:, 1:] = part.view(np.int32)
            framed.tofile(file)


def read(path):
    """The rows [count, dimension] of a file."""
    raw = np.fromfile(path, np.int32)
    if not raw.size:
        raise ValueError(f"{path} is empty")
    dimension = int(raw[0])
    if dimension < 1 or raw.size % (dimension + 1):
        raise ValueError(f"{path} is cut off: {raw.size * 4:,} bytes are no whole rows of {dimension} values")
    rows = raw.reshape(-1, dimension + 1)
    if not (rows[:, 0] == dimension).all():
        raise ValueError(f"{path} has rows of different lengths")
    return rows[:, 1:].view(np.float32) if path.suffix == ".fvecs" else rows[:, 1:]
