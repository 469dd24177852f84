// What all parts of the page share: elements, numbers as people read them, announcements, the theme.

/** An element. Attributes whose value is null or false are left out; those named onX listen to X. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A table. Columns are [title, class]. */
export function table(id, caption, columns, body, captionAttributes = {}) {
  const head = h("tr", {}, columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title)));
  return h("div", { class: "card table" },
    h("table", { id }, h("caption", captionAttributes, caption), h("thead", {}, head), body));
}

/** A row of it: the first cell is its heading. */
export function row(columns, cells, attributes = {}) {
  return h("tr", attributes, cells.map((cell, position) => position === 0 ? h("th", { scope: "row" }, cell)
    : h("td", { class: columns[position][1] }, cell)));
}

/** Colours and what they stand for: [[kind, title, text]]. */
export function legend(entries) {
  return h("ul", { class: "legend" }, entries.map(([kind, title, text]) =>
    h("li", {}, h("span", { class: `key ${kind}`, "aria-hidden": "true" }), `${title} `, h("b", {}, text))));
}

export const byID = (id) => document.getElementById(id);

const grouped = new Intl.NumberFormat("en-US");
export const count = (number) => grouped.format(Math.round(number));

export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (number >= 1023.95 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${number} B` : `${number.toFixed(1)} ${units[unit]}`;
}

/** Small sums keep the digits that say something. */
export function dollars(number) {
  const size = Math.abs(number);
  const decimals = size === 0 || size >= 100 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6;
  return `${number < 0 ? "−" : ""}$${size.toFixed(decimals)}`;
}

export function milliseconds(number) {
  if (number === null || number === undefined) return "–";
  return `${number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2)} ms`;
}

export function percent(share, decimals = 1) {
  return share === null || Number.isNaN(share) ? "–" : `${(100 * share).toFixed(decimals)} %`;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const plural = (number, word) => `${count(number)} ${word.replace(/y$/, number === 1 ? "y" : "ie")}`
  + (number === 1 ? "" : "s");

/** Says something to those who do not see it. Numbers that change every second are not announced. */
export function announce(text) {
  const place = byID("announcer");
  place.textContent = "";
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}

/** Puts a text where it is not yet: an unchanged one disturbs no selection and no screen reader. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Asks, and tells whether it was said yes to. The focus returns to where it was. */
export function confirmed(title, text) {
  const dialog = byID("confirm"), before = document.activeElement;
  setText(byID("confirm-title"), title);
  setText(byID("confirm-text"), text);
  return new Promise((resolve) => {
    let answer = false;
    byID("confirm-no").onclick = () => dialog.close();
    byID("confirm-yes").onclick = () => {
      answer = true;
      dialog.close();
    };
    dialog.onclose = () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(answer);
    };
    dialog.showModal();
    byID("confirm-no").focus();
  });
}

const themes = ["automatic", "light", "dark"];

/** The choice alone is remembered; it is no secret. */
export function startTheme() {
  const button = byID("theme");
  const kept = localStorage.getItem("memvec-theme");
  let theme = themes.includes(kept) ? kept : themes[0];
  const show = () => {
    if (theme === themes[0]) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    setText(button, `Theme: ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    localStorage.setItem("memvec-theme", theme);
    show();
  });
  show();
}
