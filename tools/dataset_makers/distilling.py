"""A table of vectors out of a transformer, as model2vec makes it: no text is needed, and none is read by a transformer
afterwards."""
import json
import struct

import numpy as np

from . import minilm

# Ids of [CLS], [SEP] and "the". From there on the vocabulary goes by frequency; before are signs and letters.
FIRST, LAST, COMMONEST_WORD = 101, 102, 1996
DIMENSION, SMOOTHING = 256, 1e-4
RANK_OF_SIGNS = 100


def weights(count):
    """What each token counts, the commoner the less: smoothed inverse frequency (Arora and others, 2017), with
    frequencies as Zipf's law has them."""
    ids = np.arange(count)
    frequency = 1.0 / np.where(ids < COMMONEST_WORD, RANK_OF_SIGNS, ids - COMMONEST_WORD + 1)
    return SMOOTHING / (SMOOTHING + frequency / frequency.sum())


def principal(vectors, dimension):
    """The vectors along their first principal axes, each axis with a sign that does not depend on the library."""
    centred = vectors - vectors.mean(0)
    values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, np.argsort(-values)[:dimension]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return centred @ axes


def write_table(path, name, values):
    """A float16 array as the only tensor of a safetensors file."""
    header = json.dumps({name: {"dtype": "F16", "shape": list(values.shape), "data_offsets": [0, values.nbytes]}})
    header = header.encode() + b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + np.ascontiguousarray(values).tobytes())


def distil(model, path):
    """Writes the table of the model in the folder `model`: each token embedded alone."""
    count = (model / "vocab.txt").read_bytes().count(b"\n")
    vectors = minilm.embed_ids(model, [[FIRST, token, LAST] for token in range(count)])
    write_table(path, "embedding.weight", (principal(vectors, DIMENSION) * weights(count)[:, None]).astype(np.float16))
