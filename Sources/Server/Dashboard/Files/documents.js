// Documents of a collection of texts: a list with deletion, and a search in words.

import {
  announce, byID, confirmed, count, dollars, h, plural, row as rowOf, setText, table,
} from "./page.js";

const noTexts = "This collection holds vectors without texts. memvec ingest makes one that can be searched in words; "
  + "Explain finds the neighbours of a key.";
const columns = [["Document"], ["Passages", "number"], ["State", "wide"], ["Delete"]];

export class Documents {
  #server;
  #path;
  #rights;
  #panel;
  #list = null;
  #next = null;

  constructor(panel, server, path, rights) {
    this.#panel = panel;
    this.#server = server;
    this.#path = path;
    this.#rights = rights;
  }

  async show(hasTexts) {
    if (!hasTexts) {
      this.#panel.replaceChildren(h("p", { class: "card quiet" }, noTexts));
      return;
    }
    const why = this.#rights.write ? null : this.#rights.keys
      ? "Your key may read only: documents cannot be deleted with it."
      : "This page is read-only: the server has no keys configured (memvec serve --credentials FILE).";
    this.#list = h("tbody");
    const more = h("button", { type: "button", hidden: true, onclick: () => this.#more(more) }, "More documents");
    this.#panel.replaceChildren(why ? h("p", { class: "note", id: "read-only" }, why) : "",
      table("document-table", "Documents, by their ids", this.#columns, this.#list,
        { tabindex: "-1", id: "documents-caption" }), more);
    await this.#more(more);
  }

  get #columns() {
    return this.#rights.write ? columns : columns.slice(0, 3);
  }

  async #more(button) {
    button.disabled = true;
    try {
      const query = this.#next ? { limit: 50, after: this.#next } : { limit: 50 };
      const page = await this.#server.ask("GET", [...this.#path, "documents"], { query });
      this.#next = page.next ?? null;
      this.#list.append(...page.documents.map((one) => this.#row(one)));
      if (!this.#list.rows.length) this.#list.append(h("tr", {}, h("td", {}, "No documents.")));
    } catch (error) {
      this.#fail(error);
    }
    button.disabled = false;
    button.hidden = this.#next === null;
  }

  #row(one) {
    const name = one.title || one.id;
    const title = [h("span", {}, name), h("span", { class: "quiet id" }, one.id)];
    const row = rowOf(columns, [title, count(one.chunks), one.state], { "data-id": one.id });
    if (this.#rights.write) {
      row.append(h("td", {}, h("button", {
        type: "button", class: "danger small", "aria-label": `Delete ${name}`,
        onclick: () => this.#remove(one, name, row),
      }, "Delete")));
    }
    return row;
  }

  async #remove(one, name, row) {
    const sure = await confirmed(`Delete “${name}”?`,
      `${plural(one.chunks, "passage")} will be removed here and in the remote, if there is one. `
      + "This cannot be undone.");
    if (!sure) return announce("Nothing was deleted");
    try {
      const done = await this.#server.ask("DELETE", [...this.#path, "documents", one.id]);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("button") ?? byID("documents-caption")).focus();
      announce(`${name} deleted, ${plural(done.chunks, "passage")} removed`);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    // Outside of the list, which is made anew when the rights are others.
    setText(byID("problem"), error.message);
  }
}

/** The text with the words of the question marked. Highlights count code points. */
function marked(text, highlights) {
  const points = [...text], out = [];
  let at = 0;
  for (const [start, length] of highlights) {
    out.push(points.slice(at, start).join(""), h("mark", {}, points.slice(start, start + length).join("")));
    at = start + length;
  }
  return [...out, points.slice(at).join("")];
}

const sources = { ram: "from RAM", warm: "from the SSD", cold: "from the store", index: "estimated" };

function passage(one) {
  const facts = [
    one.distance === undefined ? null : `distance ${one.distance.toFixed(4)}`,
    one.score === undefined ? null : `score ${one.score.toFixed(3)}`, one.source ? sources[one.source] : null, one.key,
  ];
  return h("li", { class: "card" },
    h("h3", {}, one.title || one.document, one.section ? h("span", { class: "quiet" }, ` · ${one.section}`) : ""),
    h("p", {}, marked(one.text, one.highlights)), h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")));
}

export function showSearch(panel, server, path, collection) {
  if (!collection.texts) {
    panel.replaceChildren(h("p", { class: "card quiet" }, noTexts));
    return;
  }
  const results = h("div", { id: "results" });
  const search = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget), began = performance.now();
    results.replaceChildren(h("p", { class: "quiet" }, "Searching …"));
    try {
      const body = { query: form.get("query"), mode: form.get("mode"), k: Number(form.get("k")) };
      const answer = await server.ask("POST", [...path, "search"], { body });
      const text = `${plural(answer.passages.length, "passage")} in ${Math.round(performance.now() - began)} ms, `
        + `${answer.reason.replace("_", " ")}, ${dollars(answer.dollars)}`;
      results.replaceChildren(h("p", { class: "quiet", id: "search-summary" }, text),
        h("ol", { class: "passages" }, answer.passages.map(passage)));
      announce(text);
    } catch (error) {
      results.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
    }
  };
  const modes = [["vector", "by meaning"], ["text", "by words"], ["hybrid", "by both"]];
  panel.replaceChildren(h("form", { class: "ask card", role: "search", id: "search-form", onsubmit: search },
    h("label", { class: "grow" }, "Question ",
      h("input", { name: "query", type: "search", required: true, maxlength: "2000" })),
    h("label", {}, "Search ",
      h("select", { name: "mode" }, modes.map(([value, title]) => h("option", { value }, title)))),
    h("label", {}, "Passages ",
      h("input", { name: "k", type: "number", min: "1", max: "100", value: "5", required: true })),
    h("button", { type: "submit", class: "main" }, "Search")), results);
}
