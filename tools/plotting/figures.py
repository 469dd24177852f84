"""Figures of a load test, by matplotlib: each a function of a Report, which gives None without data for it."""
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator, PercentFormatter  # noqa: E402

# Colours that are told apart by people who see red and green alike, on white and on black (Okabe and Ito).
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6BB1", "#999999"]
DASHES = ["-", "--", ":", "-."]
MARKS = ["o", "s", "^", "D", "v", "P"]
PERCENTILES = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99")]


def style(ink):
    """Everything that is not a colour of data is drawn in `ink`, on nothing."""
    matplotlib.rcParams.update({
        "font.size": 10, "font.family": "sans-serif", "svg.fonttype": "none", "svg.hashsalt": "memvec",
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "legend.frameon": False,
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True,
        "grid.alpha": 0.18, "axes.titlesize": 10, "axes.titleweight": "bold", "lines.linewidth": 1.8,
        "figure.constrained_layout.use": True,
        **{name: ink for name in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color",
                                  "grid.color")}})


def number(value):
    """A number of an axis: no more digits than it needs."""
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


class Report:
    """What `memvec bench` has measured, with a colour, a mark and a dash for each value that cells differ in."""

    def __init__(self, said):
        if said.get("kind") != "memvec bench" or said.get("form") != 1:
            raise ValueError("this is not a report of memvec bench that these tools know (kind, form)")
        if not said["cells"]:
            raise ValueError("no cell was done: there is nothing to draw")
        self.said, self.settings, self.cells = said, said["settings"], said["cells"]
        self.caches = self.values("cachePercent")
        self.candidates = self.values("candidates")
        self.policies = self.values("policy")
        self.has_store = any("store" in cell for cell in self.cells)

    def values(self, name):
        return sorted({cell.get(name) for cell in self.cells}, key=lambda v: (str(type(v)), v)
                      if name != "policy" else self.first(v))

    def first(self, policy):
        return next(i for i, cell in enumerate(self.cells) if cell.get("policy") == policy)

    def colour(self, cell):
        return COLOURS[self.policies.index(cell.get("policy")) % len(COLOURS)]

    def dash(self, cell):
        return DASHES[self.candidates.index(cell.get("candidates")) % len(DASHES)]

    def mark(self, cell):
        return MARKS[self.caches.index(cell["cachePercent"]) % len(MARKS)]

    def line_name(self, cell):
        parts = [cell["policy"]] if cell.get("policy") else []
        if cell.get("candidates") and len(self.candidates) > 1:
            parts.append(f"{cell['candidates']} candidates")
        return ", ".join(parts) or "queries"

    def name(self, cell):
        return ", ".join([f"{cell['cachePercent']:g} % in RAM"]
                         + ([self.line_name(cell)] if self.line_name(cell) != "queries" else []))

    def panels(self, height=3.1):
        """A figure with a panel for each size of the cache, and the cells of each."""
        figure, axes = pyplot.subplots(1, len(self.caches), sharey=True, squeeze=False,
                                       figsize=(max(5.5, 3.6 * len(self.caches)), height))
        for axis, cache in zip(axes[0], self.caches):
            axis.set_title(f"{cache:g} % of the vectors in RAM", loc="left")
            yield figure, axis, [cell for cell in self.cells if cell["cachePercent"] == cache]

    def legend(self, figure):
        seen = {}
        for axis in figure.axes:
            for handle, name in zip(*axis.get_legend_handles_labels()):
                seen.setdefault(name, handle)
        if len(seen) > 1:
            # As many side by side as the width has room for: 0.09 inches a letter, and half an inch for the line.
            columns = int(figure.get_figwidth() / (0.09 * max(map(len, seen)) + 0.5))
            figure.legend(seen.values(), seen.keys(), loc="outside lower center", ncols=max(1, min(columns, len(seen))))


def recall_of(cell):
    return cell.get("retainedRecall", cell.get("recall"))


def latency(report):
    """Latency by percentile."""
    figure = None
    for figure, axis, cells in report.panels(3.6):
        for cell in cells:
            total, so_far, xs, ys = cell["queries"], 0, [], []
            for nanoseconds, count in cell["latency"]["buckets"]:
                so_far += count
                # The last one stands for itself: nothing is slower.
                xs.append(1 / max(1 - so_far / total, 0.5 / total))
                ys.append(nanoseconds / 1e6)
            axis.plot(xs, ys, report.dash(cell), color=report.colour(cell), label=report.line_name(cell),
                      drawstyle="steps-pre")
        largest = max(cell["queries"] for cell in report.cells)
        shown = [(1 / (1 - share), name) for share, name in PERCENTILES if largest * (1 - share) >= 1]
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks([x for x, _ in shown], [name for _, name in shown])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.set_xlim(1.3, 2 * largest)
    figure.axes[0].set_ylabel("latency, ms")
    report.legend(figure)
    return figure


def points(report, value, name, ceiling=None):
    """A point for each cell: `value` of it against the recall that was kept."""
    cells = [cell for cell in report.cells if None not in (recall_of(cell), value(cell))]
    if not cells:
        return None
    figure, axis = pyplot.subplots(figsize=(7.6, 4.2))
    for cell in cells:
        axis.scatter(recall_of(cell), value(cell), s=64, marker=report.mark(cell), color=report.colour(cell),
                     facecolor=report.colour(cell) if report.dash(cell) == "-" else "none", linewidth=1.6, zorder=3)
    axis.set_xlabel("recall kept (against a fetch of all candidates)" if "retainedRecall" in cells[0]
                    else "recall (against an exact scan)")
    axis.set_ylabel(name)
    axis.set_ylim(0, ceiling or 1.12 * max(map(value, cells)) or 1)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.4f}".rstrip("0").rstrip(".")))
    axis.margins(x=0.08)
    handles = [pyplot.Line2D([], [], ls="", marker="o", color=COLOURS[i % len(COLOURS)], label=policy or "queries")
               for i, policy in enumerate(report.policies)]
    handles += [pyplot.Line2D([], [], ls="", marker=MARKS[i % len(MARKS)], color="#888888", label=f"{cache:g} % in RAM")
                for i, cache in enumerate(report.caches)]
    if len(report.candidates) > 1:
        handles.append(pyplot.Line2D([], [], ls="", marker="o", color="#888888",
                                     label=f"filled: {report.candidates[0]} candidates, hollow: more"))
    figure.legend(handles=handles, loc="outside right upper")
    return figure


def without_store(report):
    """Queries that S3 was not asked for, against the recall kept."""
    if not report.has_store:
        return None
    return points(report, lambda c: 100 * c["use"]["queriesWithoutCold"] / max(1, c["queries"]),
                  "queries answered without S3, %", 105)


def keys(report):
    """Keys that S3 was asked for, against the recall kept."""
    return points(report, lambda cell: cell.get("store", {}).get("keysPerQuery"), "keys from S3 a query")


def dollars(report):
    """Dollars, beside what S3 Vectors alone would have taken."""
    cells = [cell for cell in report.cells if cell.get("store", {}).get("aloneDollarsPerMillion")]
    if not cells:
        return None
    figure, axis = pyplot.subplots(figsize=(7.6, 0.8 + 0.34 * len(cells)))
    for at, cell in enumerate(reversed(cells)):
        store = cell["store"]
        axis.barh(at, store["dollarsPerMillion"], color=report.colour(cell), height=0.68)
        share = store["dollarsPerMillion"] / store["aloneDollarsPerMillion"]
        axis.annotate(rf"\${store['dollarsPerMillion']:.2f}, {100 * share:.0f} %", (store["dollarsPerMillion"], at),
                      xytext=(5, 0), textcoords="offset points", va="center", fontsize=9)
    alone = max(cell["store"]["aloneDollarsPerMillion"] for cell in cells)
    axis.axvline(alone, ls="--", color="#D55E00", lw=1.4)
    axis.annotate(rf"S3 Vectors alone \${alone:.2f}", (alone, 1), xycoords=("data", "axes fraction"), xytext=(4, 2),
                  textcoords="offset points", color="#D55E00", fontsize=9, ha="right")
    axis.set_yticks(range(len(cells)), [report.name(cell) for cell in reversed(cells)])
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("US dollars a million queries")
    axis.margins(x=0.2)
    return figure


def over_time(report, draw, name, is_log=False):
    figure = None
    for figure, axis, cells in report.panels():
        for cell in cells:
            draw(axis, cell, [window["seconds"] for window in cell["timeline"]])
        axis.set_xlabel("seconds")
        if is_log:
            axis.set_yscale("log")
            axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
            axis.yaxis.set_minor_formatter(NullFormatter())
        else:
            axis.set_ylim(0, 1.02)
            axis.yaxis.set_major_formatter(PercentFormatter(1))
    figure.axes[0].set_ylabel(name)
    report.legend(figure)
    return figure


def hits_over_time(report):
    """The share of answers' vectors that were at hand, in RAM or on the SSD, over time."""
    if not report.has_store:
        return over_time(report, lambda axis, cell, seconds: axis.plot(
            seconds, [w["ram"] for w in cell["timeline"]], report.dash(cell), color=report.colour(cell),
            label=report.line_name(cell)), "hits from RAM")
    return over_time(report, lambda axis, cell, seconds: axis.plot(
        seconds, [w["ram"] + w["warm"] for w in cell["timeline"]], report.dash(cell), color=report.colour(cell),
        label=report.line_name(cell)), "hits from RAM and SSD")


def latency_over_time(report):
    """Latency over time: the middle query, and the slowest of a hundred."""
    def draw(axis, cell, seconds):
        colour = report.colour(cell)
        middle = [w["p50Milliseconds"] for w in cell["timeline"]]
        slow = [w["p99Milliseconds"] for w in cell["timeline"]]
        axis.plot(seconds, middle, report.dash(cell), color=colour, label=report.line_name(cell))
        axis.plot(seconds, slow, report.dash(cell), color=colour, lw=0.8, alpha=0.7)
    return over_time(report, draw, "latency, ms", is_log=True)


FIGURES = {
    "latency": (latency, "Latency", "Read to the right: how slow is the slowest query of two, of ten, of a hundred. "
                "Lower is better."),
    "without-s3": (without_store, "Answered without S3", "Up and to the right is better: S3 is spared, and the answer "
                   "stays what a fetch of all candidates would have given."),
    "keys": (keys, "Keys from S3", "Down and to the right is better. Keys of fetches, of audits and of fills, and the "
             "hits of S3's own answers."),
    "dollars": (dollars, "Dollars", "A million queries at these rates, audits and fills included, beside S3 Vectors "
                "answering every query itself."),
    "hits-over-time": (hits_over_time, "Hits over time", "How the tiers fill. Each cell begins with nothing in them; "
                       "what is shown comes after its warm-up."),
    "latency-over-time": (latency_over_time, "Latency over time", "The middle query (thick) and the slowest of a "
                          "hundred (thin), window by window."),
}
