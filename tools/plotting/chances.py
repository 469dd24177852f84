"""Chances that were foretold beside what came true: what `tools/bench router chances` measured.

    tools/plots --chances chances.json OUT.svg
"""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

SERIES = [("PQ64", "1,000,000 rows, codes of 64 bytes", "#D55E00", "o"),
          ("PQ16", "100,000 rows, codes of 16 bytes", "#0072B2", "s")]
LEAST_COUNT = 1_000


def draw(found, out):
    figure, axes = pyplot.subplots(figsize=(4.6, 4.2), constrained_layout=True)
    axes.fill_between([0, 1], [-0.05, 0.95], [0.05, 1.05], color="#999999", alpha=0.18, linewidth=0,
                      label="within 5 points")
    for name, label, colour, mark in SERIES:
        tenths = [tenth for tenth in found.get(name, []) if tenth["count"] >= LEAST_COUNT]
        axes.plot([tenth["foretold"] for tenth in tenths], [tenth["came"] for tenth in tenths], marker=mark,
                  color=colour, label=label, markersize=5, linewidth=1.4)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("chance that was foretold")
    axes.set_ylabel("share that was among the 10 nearest")
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    figure.savefig(out, metadata={"Date": None} if out.endswith(".svg") else None, facecolor="white")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tools/plots --chances CHANCES.json OUT.svg")
    path, out = sys.argv[1:]
    draw(json.loads(pathlib.Path(path).read_text()), out)


if __name__ == "__main__":
    main()
