// A row of the table: the one that stands in the page, or one made in its likeness.

const ran = section.classList.contains("ran"), total = exact(island.total), allMacs = exact(island.macs);
const title = document.querySelector("h1").textContent;
const called = row => row.name || (row.above ? '""' : title);
const grade = row => text("grade", row.kind).split("|"); // word, sign, look

/** Columns that can be switched on: their head, whether they are numbers, and what stands in them. */
const extra = {
  weight: ["Weight", false, row => text("weight", row.kind)],
  bias: ["Bias", false, row => text("bias", row.kind)],
  format: ["Number format", false, row => text("dtype", row.kind)],
  bytes: ["Bytes in this layer", true, row => amount("bytes", row)],
  trainable: ["Trainable in this layer", true, row => amount("trainable", row)],
  evidence: ["Evidence", false, row => grade(row)[0]],
  ...Object.fromEntries((island.asked ?? []).map(([key, label, number]) => [key, [label, number, row => askedCell(key, row)]])),
};

/** What a column that was asked for says: a number of all copies, a share of the whole, or a text. */
function askedCell(key, row) {
  const cell = island.columns[key]?.[row.kind] ?? 0;
  if (key === "c-path" || (key === "c-raw_path" && island.plain)) return row.path;
  if (key === "c-shared_with") return noteNames(row).join(", ");
  if (!Array.isArray(cell)) return exact(cell) * exact(row.times);
  return cell.length > 1 ? share(exact(cell[0]) * exact(row.times), cell[1]) : said(cell[0]);
}

/** What each column is sorted by. */
const values = {
  name: row => row.path,
  type: row => text("type", row.kind),
  formula: row => text("numbers", row.kind),
  own: row => amount("own", row),
  inside: row => amount("inside", row),
  share: row => amount("inside", row),
  output: row => text("output", row.kind),
  macs: row => amount("macsInside", row),
  ...Object.fromEntries(Object.entries(extra).map(([key, [, , value]]) => [key, value])),
};

function formulaCell(row) {
  const [word, sign, look] = grade(row), numbers = text("numbers", row.kind);
  if (!word) return [];
  const mark = element("i", {class: look, role: "img", "aria-label": word}, sign);
  const equation = text("equation", row.kind);
  if (look === "differs") return [mark, " ", element("b", {class: look}, word), ` ${equation || numbers}`];
  return [mark, " ", numbers ? (row.times > 1 ? equation : numbers) : element("span", {class: "muted"}, word)];
}

const product = row => `${grouped(row.times)} × ${grouped(exact(fact.inside(row.kind)))}`;

function insideCell(row) {
  const all = amount("inside", row), few = short(all, "B"), many = grouped(all);
  const cell = few === many ? element("td", {}, many) : element("td", {"data-short": few}, element("span", {}, many));
  if (row.times > 1 && all) cell.append(" ", element("small", {}, product(row)));
  return cell;
}

function flowCells(row) {
  const status = text("status", row.kind), all = amount("macsInside", row), calls = fact.calls(row.kind);
  const result = !status ? text("output", row.kind)
    : element(fact.failed(row.kind) ? "b" : "span", {class: fact.failed(row.kind) ? "differs" : "muted"}, status);
  const few = all ? short(all, "G") : calls ? "–" : "", many = grouped(all);
  const about = all && fact.about(row.kind) ? "≈ " : "";
  return [element("td", {}, result), element("td", all && few !== many ? {title: many} : {}, about + few)];
}

/** A row in the likeness of those in the page; its inside comes when it is opened. */
function made(row) {
  const head = [code(called(row)), ...times(row.copies)], below = note(row);
  if (below.length) head.push(" ", element("span", {class: "below"}, ...below));
  const more = !!fact.more(row.kind);
  const name = more ? element("details", {}, element("summary", {}, ...head)) : element("div", {}, ...head);
  const own = !fact.explained(row.kind) ? "" : fact.unknown(row.kind) ? "not known yet" : grouped(amount("own", row));
  const inside = amount("inside", row);
  const cells = [
    element("td", {}, text("type", row.kind)), element("td", {}, ...formulaCell(row)), element("td", {}, own),
    insideCell(row), element("td", {}, bar(inside, total, 64), share(inside, total)), ...(ran ? flowCells(row) : []),
  ];
  const looks = [`d${Math.min(row.depth, 6)}`, row.idle ? "none" : "", more ? "leaf" : ""].filter(Boolean).join(" ");
  return element("tr", {class: looks}, element("th", {scope: "row"}, name), ...cells);
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
  if (state.columns.size && !tr.wide) widen(tr, row);
  const name = state.list && row.above ? row.path : called(row);
  if ((tr.name ?? called(row)) !== name) tr.cells[0].querySelector("code").replaceChildren(...breaking(name));
  tr.name = name;
  return tr;
}
