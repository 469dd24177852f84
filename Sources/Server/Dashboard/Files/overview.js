// All collections together: the tiles, the table of collections, the table of latencies.

import { percentiles, stackedBar } from "./charts.js";
import {
  byID, count, dollars, h, legend, milliseconds, percent, plural, row, setText, table,
} from "./page.js";

export const tiers = [
  { name: "ram", title: "RAM" }, { name: "warm", title: "SSD" }, { name: "cold", title: "Store" },
];

export const nameOf = (collection) => `${collection.bucket}/${collection.index}`;

/** Shares of hits by tier; nulls while there are none. */
export function hitShares(hits) {
  const all = hits.ram + hits.warm + hits.cold + (hits.other ?? 0);
  return Object.fromEntries(tiers.map(({ name }) => [name, all ? hits[name] / all : null]));
}

export function money(collections) {
  const sums = { alone: 0, here: 0, bulk: 0, any: false };
  for (const { statistics } of collections) {
    if (!statistics?.remote) continue;
    sums.any = true;
    sums.alone += statistics.remote.aloneDollars;
    sums.here += statistics.remote.onlineDollars;
    sums.bulk += statistics.remote.bulkDollars;
  }
  return sums;
}

/** Rebuilt only where a text has changed. */
function tile(id, title, value, note, extra = []) {
  let element = byID(id);
  if (!element) {
    element = h("div", { class: "card tile", id }, h("h3", {}, title), h("p", { class: "big" }),
      h("div", { class: "extra" }), h("p", { class: "quiet" }));
    byID("tiles").append(element);
  }
  setText(element.querySelector(".big"), value);
  setText(element.querySelector(".quiet"), note);
  element.querySelector(".extra").replaceChildren(...extra);
}

function showHits(hits) {
  const shares = hitShares(hits);
  if (shares.ram === null) return tile("tile-hits", "Hits at hand", "–", "No hits yet");
  const texts = tiers.map(({ name, title }) => `${title} ${percent(shares[name])}`);
  return tile("tile-hits", "Hits at hand", percent(shares.ram + shares.warm), "of all vectors in answers", [
    stackedBar(tiers.map(({ name }) => ({ value: shares[name], kind: name })), 1, `Hits: ${texts.join(", ")}`),
    legend(tiers.map(({ name, title }) => [name, title, count(hits[name])])),
  ]);
}

export function showTiles(snapshot, rate) {
  const answers = Object.values(snapshot.answers).reduce((sum, number) => sum + number, 0);
  tile("tile-answers", "Queries answered", count(answers),
    rate === null ? "since the server began" : `${rate < 10 ? rate.toFixed(1) : count(rate)} a second now`);
  showHits(snapshot.hits);
  const query = snapshot.requests.QueryVectors ?? snapshot.requests.Search;
  tile("tile-latency", "Median latency", milliseconds(query?.p50),
    query ? `p95 ${milliseconds(query.p95)}, p99 ${milliseconds(query.p99)}` : "No queries yet");
  const sums = money(snapshot.collections);
  tile("tile-dollars", "Saved", sums.any ? dollars(sums.alone - sums.here) : "–",
    sums.any ? `${dollars(sums.here)} here, ${dollars(sums.alone)} by S3 Vectors alone`
      : "No collection stands in front of a remote");
  tile("tile-calls", "Calls to the remote", count(snapshot.coldRequests),
    `of queries: ${plural(snapshot.coldKeys, "vector")} asked for, ${dollars(snapshot.coldDollars)}`);
}

function recall({ calibration }) {
  return calibration.calibrating ? "calibrating" : percent(calibration.realisedRecall, 2);
}

function cells({ open, statistics, traffic }) {
  if (!open) return ["", "not open", "", ""];
  const shares = hitShares(traffic), { remote } = statistics;
  return [
    count(statistics.rows), shares.ram === null ? "no queries yet" : percent(shares.ram + shares.warm),
    remote ? recall(remote) : "local", remote ? dollars(remote.aloneDollars - remote.onlineDollars) : "local",
  ];
}

const collectionColumns = [
  ["Collection"], ["Vectors", "number"], ["Hits at hand", "number"], ["Retained recall", "number wide"],
  ["Saved", "number wide"],
];

/** The body of the table in `place`, made if it is not there, and its rows by their names. */
function rowsIn(place, make) {
  if (!place.querySelector("tbody")) {
    const body = h("tbody");
    place.replaceChildren(make(body));
  }
  const body = place.querySelector("tbody");
  return { body, rows: new Map([...body.rows].map((one) => [one.dataset.name, one])) };
}

/** Rows stay where they are: a button in one may have the focus. */
export function showCollections(snapshot, chosen, choose) {
  const place = byID("collections");
  if (snapshot.collections.length === 0) {
    place.replaceChildren(h("p", { class: "card quiet" }, "There is no collection yet. ",
      h("code", {}, "memvec ingest"), ", ", h("code", {}, "memvec attach"), " or CreateIndex makes one."));
    return;
  }
  const { body, rows } = rowsIn(place, (made) => table("collection-table",
    "Collections, choose one to see its tiers, to search and to explain", collectionColumns, made,
    { class: "unseen" }));
  for (const collection of snapshot.collections) {
    const name = nameOf(collection);
    let shown = rows.get(name);
    rows.delete(name);
    if (!shown) {
      const button = h("button", { type: "button", class: "link", onclick: () => choose(name) }, name);
      shown = row(collectionColumns, [button, "", "", "", ""], { "data-name": name });
      body.append(shown);
    }
    const button = shown.querySelector("button");
    if (name === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    cells(collection).forEach((text, position) => setText(shown.cells[position + 1], text));
  }
  for (const gone of rows.values()) gone.remove();
  let more = byID("collections-more");
  if (!more) place.append(more = h("p", { class: "quiet", id: "collections-more" }));
  setText(more, snapshot.more ? `${plural(snapshot.more, "collection")} more are not shown.` : "");
}

const latencyColumns = [
  ["Operation"], ["Requests", "number wide"], ["Refused", "number wide"], ["p50", "number"], ["p95", "number"],
  ["p99", "number"], ["Spread", "wide"],
];

export function showLatency(snapshot) {
  const place = byID("latency"), names = Object.keys(snapshot.requests);
  if (names.length === 0) {
    place.replaceChildren(h("p", { class: "card quiet" }, "No requests yet."));
    return;
  }
  const { body, rows } = rowsIn(place, (made) => table("latency-table",
    "From a request that has come whole to its answer, by operation, since the server began; the bar is from p50 to "
    + "p99 on a logarithmic length of 0.1 ms to 10 s", latencyColumns, made));
  for (const name of names) {
    const told = snapshot.requests[name];
    let shown = rows.get(name);
    if (!shown) {
      const title = name === "unknown" ? "(no operation)" : name;
      shown = row(latencyColumns, [title, "", "", "", "", "", ""], { "data-name": name });
      body.append(shown);
    }
    const times = ["p50", "p95", "p99"].map((one) => milliseconds(told[one]));
    const texts = [count(told.count), count(told["4xx"] + told["5xx"]), ...times];
    const isNew = texts.some((text, position) => shown.cells[position + 1].textContent !== text);
    texts.forEach((text, position) => setText(shown.cells[position + 1], text));
    if (isNew && told.p50 !== undefined) {
      shown.cells[6].replaceChildren(percentiles(told, `p50 ${times[0]}, p95 ${times[1]}, p99 ${times[2]}`));
    }
  }
}
