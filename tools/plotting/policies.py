"""Recall against keys and queries without the store, for each policy: what `tools/bench router compare` measured.

    tools/plots --policies compare.json OUT.svg
"""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

FAMILIES = [("calibrated", "calibrated", "#D55E00", "o"), ("qvcache", "QVCache's rule", "#0072B2", "s"),
            ("threshold", "a threshold for the k-th", "#009E73", "^"),
            ("best", "a threshold for the best", "#CC79A7", "v"),
            ("off", "fetch all", "#999999", "D")]


def family(policy):
    return "best" if policy.endswith(",best") else policy.split(":")[0]


def draw(runs, out):
    """One column a traffic: keys above, queries without the store below, over what is lost of recall."""
    traffics = list(dict.fromkeys(run["traffic"] for run in runs))
    figure, rows = pyplot.subplots(2, len(traffics), figsize=(3 * len(traffics), 5.4), sharex=True, sharey="row",
                                   constrained_layout=True, squeeze=False)
    for column, traffic in enumerate(traffics):
        for name, label, colour, mark in FAMILIES:
            points = sorted((max(1 - run["recall"], 1e-4), run["keys"], run["withoutStore"]) for run in runs
                            if run["traffic"] == traffic and family(run["policy"]) == name)
            lost = [point[0] for point in points]
            for row, value in ((0, 1), (1, 2)):
                rows[row][column].plot(lost, [point[value] for point in points], marker=mark, color=colour, label=label,
                                       markersize=5, linewidth=1.4)
        top, bottom = rows[0][column], rows[1][column]
        top.set_title(traffic, fontsize=10, fontweight="bold")
        top.set_xscale("log")
        top.set_xlim(0.5, 8e-5)
        top.set_yscale("log")
        bottom.set_xlabel("recall that is lost")
        for axes in (top, bottom):
            axes.grid(alpha=0.2)
            axes.spines[["top", "right"]].set_visible(False)
    rows[0][0].set_ylabel("keys fetched a query, with audits")
    rows[1][0].set_ylabel("queries without the store, %")
    rows[0][0].legend(fontsize=8, frameon=False)
    figure.savefig(out, metadata={"Date": None} if out.endswith(".svg") else None, facecolor="white")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tools/plots --policies COMPARE.json OUT.svg")
    path, out = sys.argv[1:]
    draw(json.loads(pathlib.Path(path).read_text()), out)


if __name__ == "__main__":
    main()
