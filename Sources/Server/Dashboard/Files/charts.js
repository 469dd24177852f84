// Small pictures of numbers. Each is an image with a text that says the same; colours are those of the style sheet.

const space = "http://www.w3.org/2000/svg";

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function picture(width, height, name, label, ...children) {
  return s("svg", {
    viewBox: `0 0 ${width} ${height}`, class: `chart ${name}`, role: "img", "aria-label": label,
    preserveAspectRatio: "none",
  }, ...children);
}

/** Parts of a whole in a row: [{ value, kind }]. */
export function stackedBar(parts, whole, label) {
  const width = 400;
  const children = [s("rect", { class: "track", width, height: 10 })];
  let x = 0;
  for (const { value, kind } of parts) {
    const size = whole > 0 ? Math.max(0, Math.min(width - x, (width * value) / whole)) : 0;
    if (size > 0) children.push(s("rect", { class: `fill ${kind}`, x, width: size, height: 10 }));
    x += size;
  }
  return picture(width, 10, "bar", label, ...children);
}

/** A share of a length, with marks on it: [{ value, kind }], all 0...1. */
export function scale(from, to, marks, label) {
  const width = 400;
  const drawn = marks.map(({ value, kind }) => {
    const place = (width * (Math.max(from, Math.min(to, value)) - from)) / (to - from);
    const x = Math.min(width - 4, Math.max(0, place - 2));
    return s("rect", { class: `mark ${kind}`, x, y: 2, width: 4, height: 20 });
  });
  return picture(width, 24, "scale", label, s("rect", { class: "track", y: 10, width, height: 4 }), ...drawn);
}

/** Columns that are parts of a whole each: [[{ value, kind }] or null]. */
export function shares(columns, label) {
  const height = 100, step = 8;
  const children = [];
  columns.forEach((parts, position) => {
    if (!parts) return;
    const whole = parts.reduce((sum, part) => sum + part.value, 0);
    let y = height;
    for (const { value, kind } of parts) {
      const size = (height * value) / whole;
      y -= size;
      if (size <= 0) continue;
      children.push(s("rect", { class: `fill ${kind}`, x: position * step + 0.5, y, width: step - 1, height: size }));
    }
  });
  return picture(step * columns.length, height, "shares", label, ...children);
}

/** Three percentiles on a common logarithmic length, in milliseconds. */
export function percentiles({ p50, p95, p99 }, label) {
  const width = 300, low = Math.log10(0.1), high = Math.log10(10_000);
  const x = (value) => (width * (Math.min(high, Math.max(low, Math.log10(value))) - low)) / (high - low);
  const marks = [p50, p95, p99].map((value) =>
    s("rect", { class: "mark strong", x: Math.min(width - 3, x(value)), y: 1, width: 3, height: 12 }));
  return picture(width, 14, "percentiles", label, s("rect", { class: "track", y: 5, width, height: 4 }),
    s("rect", { class: "fill ram", x: x(p50), y: 5, width: Math.max(1, x(p99) - x(p50)), height: 4 }), ...marks);
}
