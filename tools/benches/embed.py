"""MiniLM here and in onnxruntime: the same weights and texts, turn about in one run. Called by tools/bench embed."""
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from dataset_makers import minilm  # noqa: E402

TEXTS, ROUNDS, TOKENS_AT_ONCE = 2000, 3, 4096
BAR = 0.8  # of onnxruntime's texts a second


class Graph:
    """MiniLM as one ONNX graph: inputs ids and mask [texts, tokens], output the unit vectors."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, name, value):
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind, inputs, output=None, **attributes):
        output = output or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def dense(self, x, name):
        product = self.node("MatMul", [x, self.constant(name + ".weight.T", self.weights[name + ".weight"].T)])
        return self.node("Add", [product, self.constant(name + ".bias", self.weights[name + ".bias"])])

    def norm(self, x, name):
        return self.node("LayerNormalization", [x, self.constant(name + ".gain", self.weights[name + ".weight"]),
                                                self.constant(name + ".bias", self.weights[name + ".bias"])],
                         axis=-1, epsilon=1e-12)

    def numbers(self, *values):
        return self.constant("numbers" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value):
        return self.constant(f"scalar{value}", np.array(value, np.float32))

    def attention(self, x, name, bias):
        def heads(kind, order):
            split = self.node("Reshape", [self.dense(x, f"{name}.self.{kind}"), self.numbers(0, 0, 12, 32)])
            return self.node("Transpose", [split], perm=order)
        scores = self.node("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])])
        scores = self.node("Add", [self.node("Mul", [scores, self.scalar(32 ** -0.5)]), bias])
        seen = self.node("MatMul", [self.node("Softmax", [scores], axis=-1), heads("value", [0, 2, 1, 3])])
        joined = self.node("Reshape", [self.node("Transpose", [seen], perm=[0, 2, 1, 3]), self.numbers(0, 0, 384)])
        return self.dense(joined, f"{name}.output.dense")

    def build(self):
        w = self.weights
        words = self.node("Gather", [self.constant("words", w["embeddings.word_embeddings.weight"]), "ids"])
        places = self.constant("places", w["embeddings.position_embeddings.weight"]
                               + w["embeddings.token_type_embeddings.weight"][0])
        length = self.node("Slice", [self.node("Shape", ["ids"]), self.numbers(1), self.numbers(2)])
        x = self.node("Add", [words, self.node("Slice", [places, self.numbers(0), length, self.numbers(0)])])
        x = self.norm(x, "embeddings.LayerNorm")
        mask = self.node("Cast", ["mask"], to=TensorProto.FLOAT)
        away = self.node("Sub", [self.scalar(1.0), self.node("Unsqueeze", [mask, self.numbers(1, 2)])])
        bias = self.node("Mul", [away, self.scalar(-1e9)])
        for layer in range(6):
            name = f"encoder.layer.{layer}"
            x = self.norm(self.node("Add", [self.attention(x, f"{name}.attention", bias), x]),
                          f"{name}.attention.output.LayerNorm")
            wide = self.dense(x, f"{name}.intermediate.dense")
            error = self.node("Erf", [self.node("Mul", [wide, self.scalar(0.5 ** 0.5)])])
            half = self.node("Mul", [self.node("Mul", [wide, self.node("Add", [error, self.scalar(1.0)])]),
                                     self.scalar(0.5)])
            x = self.norm(self.node("Add", [self.dense(half, f"{name}.output.dense"), x]), f"{name}.output.LayerNorm")
        there = self.node("Unsqueeze", [mask, self.numbers(2)])
        total = self.node("ReduceSum", [self.node("Mul", [x, there]), self.numbers(1)], keepdims=0)
        count = self.node("ReduceSum", [there, self.numbers(1)], keepdims=0)
        self.node("LpNormalization", [self.node("Div", [total, count])], "vectors", axis=-1, p=2)
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
                  for name in ("ids", "mask")]
        outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", 384])]
        graph = helper.make_graph(self.nodes, "minilm", inputs, outputs, list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model.SerializeToString()


class OnnxRuntime:
    def __init__(self, folder, threads):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(128)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        graph = Graph(minilm.read_safetensors(folder / "model.safetensors")).build()
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def embed(self, texts):
        """Texts of like length together, so that hardly anything is filled up."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order, out, first = sorted(range(len(ids)), key=lambda i: len(ids[i])), np.empty((len(ids), 384), np.float32), 0
        while first < len(order):
            end = first + 1
            while end < len(order) and len(ids[order[end]]) * (end + 1 - first) <= TOKENS_AT_ONCE:
                end += 1
            rows, longest = order[first:end], len(ids[order[end - 1]])
            x, mask = np.zeros((2, len(rows), longest), np.int64)
            for row, i in enumerate(rows):
                x[row, :len(ids[i])], mask[row, :len(ids[i])] = ids[i], 1
            out[rows] = self.session.run(["vectors"], {"ids": x, "mask": mask})[0]
            first = end
        return out, sum(map(len, ids))


def ours(memvec, texts):
    """Vectors, seconds in the embedder, CPU seconds of the whole process."""
    before = os.times()
    done = subprocess.run([memvec, "embed"], input="\n".join(texts) + "\n", capture_output=True, text=True, check=True)
    after = os.times()
    vectors = np.array([json.loads(line)["vector"] for line in done.stdout.splitlines()], np.float32)
    seconds = float(re.search(r"in ([0-9.]+) s", done.stderr)[1])
    return vectors, seconds, (after.children_user + after.children_system
                              - before.children_user - before.children_system)


def main():
    memvec, data = sys.argv[1], Path(sys.argv[2])
    threads = os.cpu_count()
    with open(data / "debtext" / "meta.jsonl") as file:
        texts = [" ".join(json.loads(line)["metadata"]["text"].split()) for line, _ in zip(file, range(TEXTS))]
    other = OnnxRuntime(data / "models" / "minilm-l6-v2", threads)
    other.embed(texts[:100])
    times = {"memvec": [], "onnxruntime": []}
    for _ in range(ROUNDS):
        mine, seconds, cpu = ours(memvec, texts)
        times["memvec"].append((seconds, cpu))
        wall, used = time.perf_counter(), time.process_time()
        theirs, tokens = other.embed(texts)
        times["onnxruntime"].append((time.perf_counter() - wall, time.process_time() - used))
    started = time.perf_counter()
    subprocess.run([memvec, "embed"], input="one text\n", capture_output=True, text=True, check=True)
    first = time.perf_counter() - started
    cosines = (mine * theirs).sum(1)
    print(f"{len(texts):,} descriptions of Debian packages, {tokens / len(texts):.0f} tokens each, {threads} cores, "
          f"{ROUNDS} rounds turn about, medians")
    print(f"{'':12} {'texts/s':>8} {'tokens/s':>9} {'CPU ms a text':>14}")
    median = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in times.items()}
    for name, (seconds, cpu) in median.items():
        print(f"{name:12} {len(texts) / seconds:8,.0f} {tokens / seconds:9,.0f} {1000 * cpu / len(texts):14.2f}")
    share = median["onnxruntime"][0] / median["memvec"][0]
    kept = [(f"{share:.2f} x onnxruntime's rate (bar {BAR})", share >= BAR),
            (f"lowest cosine between the two {cosines.min():.6f} (bar 0.9999)", cosines.min() >= 0.9999),
            (f"start to first vector {first:.2f} s (bar 1)", first <= 1)]
    for text, is_kept in kept:
        print(("kept    " if is_kept else "MISSED  ") + text)
    sys.exit(not all(is_kept for _, is_kept in kept))


if __name__ == "__main__":
    main()
