// One collection in numbers: what is where, hits over time, heat, retained recall, dollars.

import { scale, shares, stackedBar } from "./charts.js";
import { hitShares, tiers } from "./overview.js";
import { bytes, count, dollars, h, legend, percent, plural } from "./page.js";

const mostBins = 60, fewestBins = 6;
// The server takes a sample so often, in seconds: finer columns would have gaps.
const sampleSeconds = 10;

/** What the tallies of one collection were, over time; the server keeps an hour, the page goes on from there. */
export class History {
  #samples;

  constructor(samples) {
    this.#samples = samples.slice();
  }

  add(time, traffic) {
    const last = this.#samples.at(-1);
    // A server that began anew counts anew.
    if (last && traffic.queries < last.queries) this.#samples = [];
    if (last && time - last.time < 1.5) return;
    this.#samples.push({ ...traffic, time });
    if (this.#samples.length > 4000) this.#samples.splice(0, 1000);
  }

  /** Hits by tier in equal spans of time up to now; null where there were none. */
  bins() {
    const first = this.#samples[0], last = this.#samples.at(-1);
    if (!first || first === last) return { seconds: 0, bins: [] };
    const seconds = Math.max(60, last.time - first.time), from = last.time - seconds;
    const length = Math.min(mostBins, Math.max(fewestBins, Math.floor(seconds / sampleSeconds)));
    const bins = Array.from({ length }, () => ({ ram: 0, warm: 0, cold: 0 }));
    for (let position = 1; position < this.#samples.length; position += 1) {
      const before = this.#samples[position - 1], sample = this.#samples[position];
      const at = Math.min(length - 1, Math.max(0, Math.floor(((sample.time - from) / seconds) * length)));
      for (const { name } of tiers) bins[at][name] += Math.max(0, sample[name] - before[name]);
    }
    return { seconds, bins: bins.map((bin) => (bin.ram + bin.warm + bin.cold > 0 ? bin : null)) };
  }
}

function card(id, title, ...children) {
  return h("section", { class: "card", id, "aria-labelledby": `${id}-title` },
    h("h3", { id: `${id}-title` }, title), ...children);
}

/** Names and values; those without a value are left out. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined);
  return h("dl", {}, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function places({ tiers: where, rows, remote, bytes: size }) {
  const ssd = where.warmRows ?? 0;
  const parts = [{ value: where.ramRows, kind: "ram" }, { value: Math.max(0, ssd - where.ramRows), kind: "warm" }];
  const entries = [["ram", "RAM", count(where.ramRows)], ["warm", "SSD", count(ssd)]];
  if (remote) entries.push(["cold", "Store", count(rows)]);
  return card("where", "What is where",
    stackedBar(parts, Math.max(rows, 1),
      `${plural(rows, "vector")}: ${count(where.ramRows)} in RAM, ${count(ssd)} on the SSD`),
    legend(entries),
    facts([
      ["RAM budget", `${bytes(where.ramBudgetBytes)}, ${plural(where.ramCapacity, "vector")}`],
      ["SSD budget", where.warmBudgetBytes === undefined ? "none: the SSD holds everything"
        : `${bytes(where.warmBudgetBytes)}, ${plural(where.warmCapacity ?? 0, "vector")}`],
      ["On disk", bytes(size.storeFile + size.warmFile)],
      ["Index in RAM", size.index ? bytes(size.index) : "none: queries scan"],
      ["Pinned", where.pinnedRows ? plural(where.pinnedRows, "vector") : null],
      ["Remote", remote?.address],
      ["Writes not confirmed", remote?.intents ? count(remote.intents) : null],
    ]));
}

function spanText(seconds) {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}

const shareTexts = (shares) => tiers.map(({ name, title }) => `${title} ${percent(shares[name])}`).join(", ");

function overTime(history, traffic) {
  const title = "Hits by tier over time", { seconds, bins } = history.bins(), all = hitShares(traffic);
  if (!bins.some((bin) => bin)) {
    return card("hits", title, h("p", { class: "quiet" }, all.ram === null ? "No query has been answered yet."
      : `No query since this page was opened; before: ${shareTexts(all)}.`));
  }
  const span = spanText(seconds), last = hitShares(bins.findLast((bin) => bin));
  const drawn = bins.map((bin) => bin && tiers.map(({ name }) => ({ value: bin[name], kind: name })));
  const local = traffic.queries ? traffic.localQueries / traffic.queries : null;
  return card("hits", title, h("p", { class: "axis" }, "100 %"),
    shares(drawn, `Share of hits by tier over the last ${span}; lately ${shareTexts(last)}`),
    h("p", { class: "axis" }, h("span", {}, `${span} ago`), h("span", {}, "now")),
    legend(tiers.map(({ name, title: tier }) => [name, tier, percent(last[name])])),
    h("p", { class: "quiet" },
      `Since the server began: ${plural(traffic.queries, "query")}, ${percent(local)} without the store.`));
}

function heat(counts) {
  const label = (position) => position < 2 ? `${position}` : `${2 ** (position - 1)} to ${2 ** position - 1}`;
  const used = counts.slice(1).reduce((sum, number) => sum + number, 0);
  const most = Math.log10(1 + Math.max(1, ...counts));
  const rows = counts.map((number, position) => {
    const bar = stackedBar([{ value: Math.log10(1 + number), kind: `heat-${Math.min(5, position)}` }], most, "");
    return h("tr", {}, h("th", { scope: "row" }, label(position)),
      h("td", { class: "whole", "aria-hidden": "true" }, bar), h("td", { class: "number" }, count(number)));
  });
  return card("heat", "Heat",
    h("table", { class: "small" },
      h("caption", {}, "Vectors by how often they were used lately; bars are logarithmic"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Uses"), h("td", {}),
        h("th", { scope: "col", class: "number" }, "Vectors"))), h("tbody", {}, rows)),
    h("p", { class: "quiet" }, used ? `${percent(used / (used + counts[0]))} of the vectors were in answers lately.`
      : "No vector was in an answer lately."));
}

function recall({ calibration }) {
  const { target, realisedRecall: realised, certifiedRecall: certified } = calibration;
  const from = Math.min(0.9, Math.floor(10 * Math.min(target, realised || 1)) / 10);
  const marks = [{ value: target, kind: "target" }];
  if (certified) marks.push({ value: certified, kind: "warm" });
  if (calibration.audits) marks.push({ value: realised, kind: "ram" });
  const swatch = (kind, text) => h("span", { class: `swatch ${kind}` }, text);
  return card("recall", "Retained recall",
    scale(from, 1, marks, `Promised ${percent(target, 2)}, in audits ${percent(realised, 2)}, `
      + (certified ? `certified ${percent(certified, 2)}` : "nothing certified yet")),
    h("p", { class: "axis" }, h("span", {}, percent(from, 0)), h("span", {}, "100 %")),
    facts([
      ["Promised", swatch("target", percent(target, 2))],
      ["In audits", calibration.audits ? swatch("ram", percent(realised, 2)) : "none yet"],
      ["Certified (95 %)", certified ? swatch("warm", `at least ${percent(certified, 2)}`)
        : `wants ${plural(calibration.missingForCertificate, "audit")} more`],
      ["Audits", `${count(calibration.audits)}, ${dollars(calibration.auditDollars)}`],
    ]),
    h("p", { class: "quiet" }, calibration.calibrating
      ? `Calibrating: everything is fetched until ${plural(calibration.missingAudits, "audit")} more are done.`
      : "Of what a fetch of all candidates would have answered, answers keep this share."));
}

function paidBack({ queriesToPayBack: queries }) {
  if (queries === undefined) return null;
  return queries === 0 ? "yes" : `after ${plural(queries, "query")} more`;
}

function costs(remote) {
  const { onlineDollars: here, aloneDollars: alone, bulkDollars: bulk } = remote, most = Math.max(here, alone, 1e-9);
  return card("dollars", "Dollars",
    h("p", { class: "bar-title" }, "Here ", h("b", {}, dollars(here))),
    stackedBar([{ value: here, kind: "ram" }], most, `Queries and fills here: ${dollars(here)}`),
    h("p", { class: "bar-title" }, "S3 Vectors alone ", h("b", {}, dollars(alone))),
    stackedBar([{ value: alone, kind: "cold" }], most, `The same queries by S3 Vectors alone: ${dollars(alone)}`),
    facts([
      ["Saved", dollars(alone - here)],
      ["Attach and sync", dollars(bulk)],
      ["Paid back", paidBack(remote)],
      ["Left of today's budget", remote.coldBudget === undefined ? null
        : `${dollars(remote.leftToday)} of ${dollars(remote.coldBudget)}`],
      ["Queries without the remote", `${count(remote.localQueries)} of ${count(remote.queries)}`],
    ]));
}

export function summary({ statistics, embedder }) {
  const { index, remote } = statistics;
  return [
    `${count(statistics.rows)} vectors of ${statistics.dimension} dimensions, ${statistics.metric}`,
    index ? `index ${index.factory}` : "no index: queries scan",
    index?.chosen ? `recall@10 ${percent(index.chosen.recall, 2)}` : null,
    remote ? `in front of ${remote.address}` : "local", embedder ? `texts by ${embedder}` : null,
  ].filter(Boolean).join(" · ");
}

export function showTiers(panel, collection, history) {
  const { statistics, traffic } = collection;
  const cards = [places(statistics), overTime(history, traffic), heat(collection.heat)];
  if (statistics.remote) cards.push(recall(statistics.remote), costs(statistics.remote));
  panel.replaceChildren(h("div", { class: "cards columns" }, cards));
}
