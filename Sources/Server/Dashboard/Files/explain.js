// One query told step by step: where the time went, what was at hand, what was fetched and why, what was left out.

import { stackedBar } from "./charts.js";
import {
  announce, capital, count, dollars, h, legend, milliseconds, percent, plural, row, table,
} from "./page.js";

const stages = [
  ["filter", "Filter", "stage-1"], ["index", "Index: lists and codes", "stage-2"],
  ["lookup", "Look-up and exact distances", "stage-3"], ["decision", "Decision", "stage-4"],
  ["cold", "Store", "cold"], ["finish", "Keys and metadata", "stage-5"],
];
const places = { ram: "RAM", warm: "SSD", cold: "store", index: "nowhere" };
const reasons = {
  complete: "Every candidate was compared exactly.",
  short_circuit: "What was left out could hardly have changed the answer.",
  cold_query: "The store answered the query itself.",
  partial: "The day's budget is spent: what is missing kept its estimate.",
  degraded: "The store did not answer in time: what is missing kept its estimate.",
  exact: "A scan: every vector was compared, there was nothing to decide.",
};
const shown = 25;

function decision(told, from, k) {
  if (!from.missing) return "Nothing was missing, so there was nothing to decide.";
  if (told.expectedLoss === undefined) {
    return from.calibrating ? "Calibrating: all that is missing is wanted until audits are enough."
      : `${count(told.wanted)} of the missing were wanted.`;
  }
  const loss = `Without the store ${percent(told.expectedLoss, 2)} of the ${k} nearest would be lost; `;
  if (!told.level) return `${loss}all that is missing is wanted until audits are enough.`;
  const allowed = `${percent(told.level, 2)} are allowed to one query: `;
  if (!told.wanted) return `${loss}${allowed}it is left alone.`;
  const price = told.fetchDollars === undefined ? ""
    : ` To fetch them costs ${dollars(told.fetchDollars)}, an answer of the store ${dollars(told.queryDollars ?? 0)}.`;
  return `${loss}${allowed}the likeliest ${count(told.wanted)} are wanted.${price}`;
}

function fate(candidate) {
  if (candidate.place !== "cold") return "at hand";
  return candidate.distance === undefined ? "left out" : "fetched";
}

const columns = [
  ["Key"], ["Distance", "number"], ["Estimate", "number wide"], ["Was in"], ["Chance", "number"], ["Fate", "wide"],
];
const swatch = (place) => h("span", { class: `swatch ${place}` }, places[place]);

function candidates(all, limit) {
  const nearest = all.slice().sort((a, b) => (a.distance ?? a.estimate) - (b.distance ?? b.estimate));
  const told = nearest.slice(0, limit), part = told.length < all.length;
  const rows = told.map((one) => row(columns, [
    [one.key ?? "(gone)", one.hit ? h("span", { class: "badge" }, "hit") : ""],
    one.distance === undefined ? "–" : one.distance.toPrecision(5), one.estimate.toPrecision(5), swatch(one.place),
    one.chance === undefined ? "" : percent(one.chance, 2), fate(one),
  ]));
  const caption = `Candidates, nearest first${part ? `, the first ${limit} of ${count(all.length)}` : ""}`;
  return table("candidate-table", caption, columns, h("tbody", {}, rows));
}

/** What a scan has: hits alone. */
function hits(all) {
  const some = [["Key"], ["Distance", "number"], ["Was in"]];
  const rows = all.map((one) => row(some, [one.key, one.distance.toPrecision(5), swatch(one.source)]));
  return table("candidate-table", "The nearest vectors", some, h("tbody", {}, rows));
}

function times({ milliseconds: spent }) {
  const texts = stages.map(([name, title]) => `${title} ${milliseconds(spent[name])}`);
  return h("section", { class: "card", "aria-labelledby": "time-title" },
    h("h3", { id: "time-title" }, `Answered in ${milliseconds(spent.total)}`),
    stackedBar(stages.map(([name, , kind]) => ({ value: spent[name], kind })), spent.total, texts.join(", ")),
    legend(stages.map(([name, title, kind]) => [kind, title, milliseconds(spent[name])])));
}

function steps(told, k) {
  const from = told.provenance, out = [reasons[from.reason] ?? from.reason];
  if (told.explanation) out.push(decision(told.explanation, from, k));
  if (from.coldRequests) {
    const calls = plural(from.coldRequests, "call"), vectors = plural(from.coldKeys, "vector");
    out.push(`${calls} to the store asked for ${vectors}, for ${dollars(from.dollars)}.`);
  }
  if (from.expectedRecall !== undefined) {
    out.push(`Expected recall of the candidates: ${percent(from.expectedRecall, 2)}.`);
  }
  return h("ul", { class: "steps" }, out.map((step) => h("li", {}, step)));
}

function reason(told, k) {
  const from = told.provenance;
  const parts = [["ram", "RAM", from.ram], ["warm", "SSD", from.warm], ["cold", "Missing", from.missing]];
  const sum = parts.reduce((all, [, , value]) => all + value, 0);
  return h("section", { class: "card", "aria-labelledby": "reason-title" },
    h("h3", { id: "reason-title" }, capital(from.reason.replace("_", " "))),
    stackedBar(parts.map(([kind, , value]) => ({ value, kind })), Math.max(1, sum),
      `Candidates: ${parts.map(([, title, value]) => `${title} ${count(value)}`).join(", ")}`),
    legend(parts.map(([kind, title, value]) => [kind, title, count(value)])), steps(told, k));
}

function answer(told, k) {
  const cards = h("div", { class: "cards" }, times(told.provenance), reason(told, k));
  if (!told.explanation) return [cards, hits(told.hits)];
  const all = told.explanation.candidates, place = h("div", {}, candidates(all, shown));
  if (all.length <= shown) return [cards, place];
  const more = h("button", { type: "button" }, `Show all ${count(all.length)} candidates`);
  more.addEventListener("click", () => {
    place.replaceChildren(candidates(all, all.length));
    more.remove();
  });
  return [cards, place, more];
}

export function showExplain(panel, server, path, collection) {
  const result = h("div", { id: "explanation" });
  const ask = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget), kind = form.get("kind"), k = Number(form.get("k"));
    try {
      let subject = form.get("subject");
      if (kind === "vector") subject = JSON.parse(subject);
      result.replaceChildren(h("p", { class: "quiet" }, "Asking …"));
      const told = await server.ask("POST", [...path, "explain"], { body: { [kind]: subject, k } });
      result.replaceChildren(...answer(told, k));
      const { reason: why, milliseconds: spent } = told.provenance;
      announce(`Explained: ${why.replace("_", " ")} in ${milliseconds(spent.total)}`);
    } catch (error) {
      const text = error instanceof SyntaxError ? "A vector is a JSON array of numbers, such as [0.1, 0.2]"
        : error.message;
      result.replaceChildren(h("p", { class: "error", role: "alert" }, text));
    }
  };
  const kinds = collection.embedder ? ["text", "key", "vector"] : ["key", "vector"];
  panel.replaceChildren(h("form", { class: "ask card", id: "explain-form", onsubmit: ask },
    h("label", {}, "Ask by ", h("select", { name: "kind" }, kinds.map((kind) => h("option", { value: kind }, kind)))),
    h("label", { class: "grow" }, "Text, key or numbers ",
      h("input", { name: "subject", required: true, autocomplete: "off", spellcheck: "false" })),
    h("label", {}, "Nearest ",
      h("input", { name: "k", type: "number", min: "1", max: "1000", value: "10", required: true })),
    h("button", { type: "submit", class: "main" }, "Explain")),
    h("p", { class: "quiet" }, "The query is answered as any other, counts as no use, and costs what it has to fetch."),
    result);
}
