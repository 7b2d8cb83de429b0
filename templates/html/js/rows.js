// A row of the table: the one that stands in the page, or one made in its likeness.

const ran = section.classList.contains("ran"), total = exact(island.total);
const title = document.querySelector("h1").textContent;
const called = row => row.name || (row.above ? '""' : title);
const grade = row => text("grade", row).split("|"); // word, sign, look

/** What a column that was asked for says: a number of all copies, a share of the whole, or a text. */
function askedCell(key, row) {
  const cell = island.columns[key]?.[row.kind] ?? 0;
  if (key === "c-path" || (key === "c-raw_path" && island.plain)) return row.path;
  if (key === "c-shared_with") return noteNames(row).join(", ");
  if (!Array.isArray(cell)) return exact(cell) * exact(row.times);
  return cell.length > 1 ? share(exact(cell[0]) * exact(row.times), cell[1]) : said(cell[0]);
}

/** What each column shows, or is sorted by. */
const values = {
  name: row => row.path,
  type: row => text("type", row),
  formula: numbers,
  own: row => amount("own", row),
  inside: row => amount("inside", row),
  share: row => amount("inside", row),
  output: row => text("output", row),
  macs: row => amount("macsInside", row),
  weight: row => text("weight", row),
  bias: row => text("bias", row),
  format: row => text("dtype", row),
  bytes: row => amount("bytes", row),
  trainable: row => amount("trainable", row),
  evidence: row => grade(row)[0],
};

/** Columns that can be switched on: their head, whether they are numbers, and what stands in them. */
const extra = {}, ofNumbers = new Set();
for (const [key, label, , number] of island.switches) {
  values[key] ??= row => askedCell(key, row);
  if (number) ofNumbers.add(key);
  if (!section.querySelector(`th:not(.x)[data-key="${key}"]`)) extra[key] = [label, number, values[key]];
}

function formulaCell(row) {
  const [word, sign, look] = grade(row), shown = numbers(row), equation = text("equation", row);
  if (!word) return [];
  const mark = element("i", look === "checked" ? {} : {class: look, role: "img", "aria-label": word}, sign);
  if (look === "differs") return [mark, " ", element("b", {class: look}, word), ` ${equation || shown}`];
  return [mark, " ", shown ? (row.times > 1 ? equation : shown) : element("span", {class: "muted"}, word)];
}

const product = row => `${grouped(row.times)} × ${grouped(exact(fact("inside", row)))}`;

function insideCell(row) {
  const all = amount("inside", row), few = short(all, "B"), many = grouped(all);
  const cell = element("td", few === many ? {} : {"data-short": few}, many);
  if (row.times > 1 && all) cell.append(" ", element("small", {}, product(row)));
  return cell;
}

/** A row in the likeness of those in the page; its inside comes when it is opened. */
function made(row) {
  const head = [code(called(row)), ...times(row.copies)], below = note(row);
  if (row.depth > 10) head.push(" ", element("span", {class: "times"}, `level ${row.depth}`));
  if (below.length) head.push(" ", element("span", {class: "below"}, ...below));
  const more = !!fact("more", row);
  const name = more ? [element("details", {}, element("summary", {}, ...head))] : head;
  const own = !fact("explained", row) ? "" : fact("unknown", row) ? "not known yet" : grouped(amount("own", row));
  const inside = amount("inside", row);
  const cells = [
    element("td", {}, text("type", row)), element("td", {}, ...formulaCell(row)), element("td", {}, own),
    insideCell(row), element("td", {}, bar(inside, total, 8), share(inside, total)), ...(ran ? flowCells(row) : []),
  ];
  return element("tr", {class: `d${Math.min(row.depth, 10)}${row.idle ? " none" : ""}`}, element("th", {}, ...name), ...cells);
}

function widen(tr, row) {
  tr.wide = true;
  for (const {dataset: {key}} of table.tHead.querySelectorAll(".x")) {
    const [, number, value] = extra[key], held = value(row);
    if (tr.querySelector(`:scope > .${key}`)) continue;
    tr.append(element("td", {class: `x ${key}${number ? " n" : ""}`}, number ? (held ? grouped(held) : "") : held));
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
  if (ran) exactMacs(row);
  if (state.columns.size && !tr.wide) widen(tr, row);
  const name = state.list && row.above ? row.path : called(row);
  if ((tr.name ?? called(row)) !== name) tr.cells[0].querySelector("code").replaceChildren(...breaking(name));
  tr.name = name;
  return tr;
}
