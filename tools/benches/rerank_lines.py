"""Makes the lines that `tools/bench rerank` re-ranks, from a seed: true neighbours and other keys, shuffled.

Line i asks for query i mod 10,000 of the data set, moved a little, with `candidates` keys: three of five out of its 100
true neighbours, the rest drawn from all rows.
"""
import base64

import numpy as np

NEIGHBOURS = 0.6


def read_vecs(path, kind):
    raw = np.fromfile(path, dtype=np.int32)
    dimension = int(raw[0])
    return raw.reshape(-1, dimension + 1)[:, 1:].view(kind)


class Lines:
    """Queries and candidates of lines, the same for the same seed however they are asked for."""

    BLOCK = 1000

    def __init__(self, data, count, candidates=100, seed=7):
        self.queries = read_vecs(data / "query.fvecs", np.float32)
        self.truth = read_vecs(data / "groundtruth.ivecs", np.int32)
        self.rows = (data / "base.fvecs").stat().st_size // (4 * (self.queries.shape[1] + 1))
        self.count, self.candidates, self.seed = count, candidates, seed

    def block(self, number):
        """(vectors, candidates) of lines number * BLOCK and the following."""
        first = number * self.BLOCK
        size = min(self.BLOCK, self.count - first)
        random = np.random.default_rng([self.seed, number])
        asked = (first + np.arange(size)) % len(self.queries)
        vectors = self.queries[asked] + random.integers(-3, 4, size=(size, self.queries.shape[1]))
        near = int(NEIGHBOURS * self.candidates)
        order = np.argsort(random.random((size, self.truth.shape[1])), axis=1)[:, :near]
        keys = np.concatenate([np.take_along_axis(self.truth[asked], order, axis=1),
                               random.integers(0, self.rows, size=(size, self.candidates - near))], axis=1)
        shuffle = np.argsort(random.random(keys.shape), axis=1)
        return vectors.astype(np.float32), np.take_along_axis(keys, shuffle, axis=1)

    def blocks(self):
        return range((self.count + self.BLOCK - 1) // self.BLOCK)

    def write(self, path, form="vector"):
        """As JSON lines; `form` is vector (numbers as json.dumps writes floats) or vector_base64."""
        with open(path, "w", encoding="ascii") as out:
            for number in self.blocks():
                vectors, keys = self.block(number)
                for at, (vector, line) in enumerate(zip(vectors, keys.tolist())):
                    if form == "vector":
                        query = "[" + ",".join(map(str, vector.tolist())) + "]"
                    else:
                        query = '"' + base64.b64encode(vector.astype("<f4").tobytes()).decode() + '"'
                    out.write(f'{{"id":{number * self.BLOCK + at},"{form}":{query},"candidates":["'
                              + '","'.join(map(str, line)) + '"]}\n')
