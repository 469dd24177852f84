"""One page, or plots as files, of what `memvec bench --report` measured.

  report.py REPORT.json [--html FILE] [--out FOLDER [--png]]
"""
import argparse
import html
import io
import json
import sys
from pathlib import Path

import figures
from matplotlib import pyplot

# Stands for the colour of the page's text in figures that are part of a page.
INK = "#010203"

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667; --paper: #fff; --card: #f5f6f8; --line: #dfe3e8;
  --good: #0072B222; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaee; --soft: #9aa4af; --paper: #14171a; --card: #1d2125; --line: #333a41; --good: #56B4E933; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 2rem 1.2rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.6rem 0 .1rem; }
p { margin: .2rem 0 .8rem; } .soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.55rem; line-height: 1.25; }
.card span { color: var(--soft); font-size: .85rem; }
figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; color: var(--ink); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; font-size: .82rem; }
th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; } td.best { background: var(--good); font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; } dt { color: var(--soft); }
dd { margin: 0; }
.wrong { border-left: 4px solid #D55E00; padding: .4rem 1rem; background: var(--card); }
"""

# Head; what a cell has there, or None; how it is written; whether more, less or neither is better.
COLUMNS = [
    ("queries/s", lambda c: c["queriesPerSecond"], "{:,.0f}", max),
    ("p50 ms", lambda c: c["latency"]["p50Milliseconds"], "{:,.2f}", min),
    ("p95", lambda c: c["latency"]["p95Milliseconds"], "{:,.1f}", min),
    ("p99", lambda c: c["latency"]["p99Milliseconds"], "{:,.1f}", min),
    ("p99.9", lambda c: c["latency"]["p999Milliseconds"], "{:,.0f}", min),
    ("max", lambda c: c["latency"]["maxMilliseconds"], "{:,.0f}", min),
    ("RAM", lambda c: 100 * hits(c, "ram"), "{:.1f} %", max),
    ("SSD", lambda c: 100 * hits(c, "warm"), "{:.1f} %", None),
    ("no S3", lambda c: 100 * local(c) if "store" in c else None, "{:.1f} %", max),
    ("keys/query", lambda c: c.get("store", {}).get("keysPerQuery"), "{:.1f}", min),
    ("$/million", lambda c: c.get("store", {}).get("dollarsPerMillion"), "{:.2f}", min),
    ("of S3 alone", lambda c: share_of_alone(c), "{:.0f} %", min),
    ("retained", lambda c: c.get("retainedRecall"), "{:.4f}", max),
    ("recall", lambda c: c.get("recall"), "{:.4f}", max),
    ("MiB", lambda c: c["bytes"]["processAnonymous"] / 2**20, "{:,.0f}", min),
    ("errors", lambda c: sum(c["errors"].values()) or None, "{:,}", None),
]


def hits(cell, place):
    counts = cell["use"]["hits"]
    return counts[place] / max(1, sum(counts.values()))


def local(cell):
    return cell["use"]["queriesWithoutCold"] / max(1, cell["queries"])


def share_of_alone(cell):
    store = cell.get("store", {})
    alone = store.get("aloneDollarsPerMillion")
    return 100 * store["dollarsPerMillion"] / alone if alone else None


def table(report):
    shown = [column for column in COLUMNS if any(column[1](cell) is not None for cell in report.cells)]
    yield "<div class=wide><table><tr><th>cell</th>" + "".join(f"<th>{html.escape(c[0])}</th>" for c in shown) + "</tr>"
    best = {}
    for head, value, _, better in shown:
        there = [value(cell) for cell in report.cells if value(cell) is not None]
        if better and len(set(there)) > 1:
            best[head] = better(there)
    for cell in report.cells:
        yield f"<tr><td>{html.escape(report.name(cell))}</td>"
        for head, value, form, _ in shown:
            found = value(cell)
            mark = " class=best" if found is not None and found == best.get(head) else ""
            yield f"<td{mark}>{'' if found is None else form.format(found)}</td>"
        yield "</tr>"
    yield "</table></div>"


def cards(report):
    fastest = min(report.cells, key=lambda c: c["latency"]["p50Milliseconds"])
    yield f"{fastest['latency']['p50Milliseconds']:.2f} ms", f"lowest p50: {report.name(fastest)}"
    if report.has_store:
        spared = max(report.cells, key=local)
        yield f"{100 * local(spared):.0f} %", f"most queries without S3: {report.name(spared)}"
        priced = [cell for cell in report.cells if share_of_alone(cell) is not None]
        if priced:
            cheapest = min(priced, key=share_of_alone)
            yield f"{share_of_alone(cheapest):.0f} %", f"lowest cost beside S3 Vectors alone: {report.name(cheapest)}"
    kept = [cell for cell in report.cells if figures.recall_of(cell) is not None]
    if kept:
        worst = min(kept, key=figures.recall_of)
        yield f"{figures.recall_of(worst):.4f}", f"lowest recall kept: {report.name(worst)}"


def drawn(draw, report):
    """A figure as a part of a page, in the colour of the page's text; None without data."""
    figures.style(INK)
    figure = draw(report)
    if figure is None:
        return None
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    pyplot.close(figure)
    text = out.getvalue()
    # Names of its parts are of one figure; the page has several.
    return text[text.index("<svg"):].replace(INK, "currentColor")


def page(report):
    said, settings = report.said, report.settings
    store = {"none": "RAM and SSD alone", "real": settings.get("address", "a store"),
             "simulated": f"a simulated store of {settings.get('simulatedLatency', 'no latency')}"}[settings["store"]]
    title = f"Load test: {settings['vectors']:,} x {settings['dimension']}, {store}"
    how = f"{settings['rate']:g} queries a second" if "rate" in settings else f"clients: {settings['clients']}"
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
    yield f"<meta name=viewport content='width=device-width'><style>{STYLE}</style>"
    yield f"<h1>{html.escape(title)}</h1>"
    yield html.escape(f"{settings['workload']} traffic, {settings['count']:,} queries a cell after "
                      f"{settings['warmup']:,}, {how}, k {settings['k']}, seed {settings['seed']}").join(
        ["<p class=soft>", "</p>"])
    for cell in report.cells:
        if cell["errors"]:
            count = sum(cell["errors"].values())
            yield (f"<p class=wrong>{html.escape(report.name(cell))}: {count:,} queries failed, the first: "
                   f"{html.escape(cell.get('firstError', ''))}</p>")
    if len(report.cells) < said["cellsAsked"]:
        yield f"<p class=wrong>{len(report.cells)} of {said['cellsAsked']} cells were done.</p>"
    yield "<div class=cards>" + "".join(
        f"<div class=card><b>{html.escape(value)}</b><span>{html.escape(text)}</span></div>"
        for value, text in cards(report)) + "</div>"
    yield from table(report)
    for name, (draw, head, how_to_read) in figures.FIGURES.items():
        figure = drawn(draw, report)
        if figure:
            yield f"<h2 id={name}>{head}</h2><p class=soft>{how_to_read}</p><figure>{figure}</figure>"
    yield "<h2>Measured with</h2><dl>"
    for name, value in {**settings, **said["machine"], "time": said["time"]}.items():
        yield f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
    yield "</dl></html>"


def save_plots(report, folder, ending):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (draw, _, _) in figures.FIGURES.items():
        figures.style("#1b1f24")
        figure = draw(report)
        if figure is None:
            continue
        path = folder / f"{name}.{ending}"
        figure.savefig(path, facecolor="white", dpi=110, metadata={"Date": None} if ending == "svg" else None)
        pyplot.close(figure)
        print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--html", type=Path, help="one page that holds everything")
    parser.add_argument("--out", type=Path, help="a folder for each plot as a file")
    parser.add_argument("--png", action="store_true", help="pictures of pixels, in place of SVG")
    said = parser.parse_args()
    if not said.html and not said.out:
        parser.error("say --html FILE or --out FOLDER")
    try:
        report = figures.Report(json.loads(said.report.read_text()))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"plots: {said.report}: {error}")
    if said.html:
        said.html.write_text("\n".join(page(report)))
        print(said.html)
    if said.out:
        save_plots(report, said.out, "png" if said.png else "svg")


if __name__ == "__main__":
    main()
