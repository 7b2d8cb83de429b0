// A row of the table: the one that stands in the page, or one made in its likeness.

const title = document.querySelector("h1").textContent;
const called = row => row.name || (row.above ? '""' : title);

/** Columns that can be switched on: their head, whether they are numbers, and what stands in them. */
const extra = {}, ofNumbers = new Set();
for (const [key, label, , number] of island.switches) {
  values[key] ??= row => askedCell(key, row);
  if (number) ofNumbers.add(key);
  if (!section.querySelector(`th:not(.x)[data-key="${key}"]`)) extra[key] = [label, number, values[key]];
}

/** A row in the likeness of those in the page; its inside comes when it is opened. */
function made(row) {
  const head = [...tag(row), code(called(row)), ...times(row.copies)], below = note(row);
  if (row.depth > 10) head.push(" ", element("span", {class: "times"}, `level ${row.depth}`));
  if (below.length) head.push(" ", element("span", {class: "below"}, ...below));
  const name = fact("more", row) ? [element("details", {}, element("summary", {}, ...head))] : head;
  return element("tr", {class: `d${Math.min(row.depth, 10)}${row.idle ? " none" : ""}`}, element("th", {}, ...name), ...cellsOf(row));
}

function widen(tr, row) {
  tr.wide = true;
  for (const {dataset: {key}} of table.tHead.querySelectorAll(".x")) {
    const [, number, value] = extra[key], held = value(row);
    if (tr.querySelector(`:scope > .${key}`)) continue;
    tr.append(element("td", {class: `x ${key}${number ? " n" : ""}`}, number ? (held ? inColumn(held) : "") : held));
  }
}

/** The table row of a row, with what the script adds to it; kept while it is in sight. */
function rowElement(row) {
  row.tr ??= made(row);
  const tr = row.tr;
  if (tr.row !== row) {
    tr.row = row;
    tr.tabIndex = -1;
    const summary = tr.querySelector("summary");
    if (summary) summary.tabIndex = -1;
    if (row.inside) {
      const twist = element("button", {type: "button", class: "twist", tabindex: "-1", "aria-label": "Show or hide what is inside"});
      tr.classList.add("has");
      tr.cells[0].prepend(twist);
    }
    if (row.open) tr.querySelector("details").open = true;
  }
  finish(row);
  if (state.columns.size && !tr.wide) widen(tr, row);
  const name = (state.list && row.above && row.path) || called(row);
  if ((tr.name ?? called(row)) !== name) tr.cells[0].querySelector("code").replaceChildren(...breaking(name));
  tr.name = name;
  return tr;
}
