// The rows of a model: what they are searched and sorted by, what stands in them, what they add up to.

const ran = section.classList.contains("ran"), total = exact(island.total);
const grade = row => text("grade", row).split("|"); // word, sign, look

/** A formula in numbers, without its result. */
const numbers = row => text("numbers", row) || text("equation", row).replace(/ = [\d,]+$/, "");

/** What each column shows, or is sorted by. */
const values = {name: row => row.path, formula: numbers, evidence: row => grade(row)[0]};
for (const [key, name = key] of [["type"], ["output"], ["weight"], ["bias"], ["format", "dtype"]]) values[key] = row => text(name, row);
for (const [key, name = key] of [["own"], ["inside"], ["share", "inside"], ["macs", "macsInside"], ["bytes"], ["trainable"]]) {
  values[key] = row => amount(name, row);
}

/** No parameters and no multiply-adds, here or inside. */
const rests = row => !fact("holds", row) && !fact("macsInside", row);
/** Something of its own to count. */
const tells = row => fact("explained", row) || fact("macs", row);
const inTheList = row => hits ? hits[row.at] : row.works || (state.idle && !row.inside);
const rows = () => state.fold ? trees.folded : trees.unfolded;
const where = row => ({fold: trees.folded[row.at] === row});
const usualOrder = () => null, implied = usualOrder, shutAtFirst = () => false, tag = () => [], withInside = test => test;

/** What is searched in what rows of a kind show: words, and numbers in texts and as facts. */
const searched = {words: ["type", "grade"], texts: ["numbers", "equation", "weight", "bias", "output"], facts: ["own", "inside", "macs", "macsInside"]};

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

function cellsOf(row) {
  const own = !fact("explained", row) ? "" : fact("unknown", row) ? "not known yet" : grouped(amount("own", row));
  const inside = amount("inside", row);
  return [
    element("td", {}, text("type", row)), element("td", {}, ...formulaCell(row)), element("td", {}, own),
    insideCell(row), element("td", {}, bar(inside, total, 8), share(inside, total)), ...(ran ? flowCells(row) : []),
  ];
}

const finish = row => ran && exactMacs(row);

const idleWords = idle => `Show the ${counted(idle, "row")} without parameters${ran ? " or multiply-adds" : ""}`;
const inColumn = grouped;
const rankBar = length => bar(length, 1000, 1);

/** "23 of 107 layers · 4,096 of 25,557,032 parameters": of the rows that were found. */
function tally() {
  if (!hits) return "";
  let layers = 0, held = exact(0), empty = 0;
  for (const row of rows()) {
    if (!hits[row.at]) continue;
    layers += fact("layers", row) * row.times;
    if (!fact("explained", row) && !fact("inside", row) && !row.inside) empty += row.times;
    held += amount("adds", row);
  }
  if (!list.length) return "No layer has this name, type or number.";
  const more = empty ? ` · ${counted(empty, "module")} without parameters` : "";
  return `${grouped(layers)} of ${counted(island.layers, "layer")} · ${grouped(held)} of ${grouped(total)} parameters${more}`;
}

/** Put what another row tells in full where this one only refers to it: all, formula and tensors, or formulas in names. */
function resolve(more, which = ".as") {
  for (const as of more.querySelectorAll(which)) {
    const full = resolve(bare(stand[as.hash.slice(2)].querySelector(".more")));
    if (as.matches(".whole, .own")) as.replaceWith(...full.querySelectorAll(as.matches(".own") ? ".told, .tensors" : ":scope > *"));
    else {
      for (const box of more.querySelectorAll(".told, .run")) name(box, full.querySelectorAll(`.${box.className} > .names`));
      as.remove();
    }
  }
  return more;
}

/** Give what is told of a row its formula in names, and where that comes from. */
function name(box, [formula, rule]) {
  if (!formula || box.querySelector(".names")) return;
  box.querySelector("p > b").parentNode.before(formula);
  box.append(rule ?? "");
}

/** What a row says of itself, opened: where it is, what it is, and the exact count where the row has a short one. */
function introduce(row, more) {
  if (more.querySelector(".here")) return;
  const here = (kind, ...inside) => element("p", {class: `here ${kind}`}, ...inside);
  const all = amount("inside", row), many = grouped(all);
  const path = here("path", element("code", {}, row.path || called(row)), ...times(row.times), row.path ? ` · ${text("type", row)}` : ""), first = more.querySelector(".told, .run") ?? element("div", {class: "run here"});
  if (!first.parentNode) more.prepend(first);
  first.prepend(path);
  const line = row.times > 1 && all ? here("copies", `With everything inside ${product(row)} = ${many}`)
    : short(all, "B") !== many ? here("narrow", `With everything inside ${many}`) : "";
  if (first.matches(".told")) first.append(line); else path.after(line);
}

/** Call the layers in what was copied from another row as this row calls them. */
function recall(more, from, to) {
  for (const cell of more.querySelectorAll(".tensors td:nth-child(4)")) {
    for (let [a, b] = [from, to]; a?.above && b; [a, b] = [a.above, b.above]) {
      if (a.path === b.path || !cell.textContent.includes(`as ${a.path}.`)) continue;
      cell.textContent = cell.textContent.replace(`as ${a.path}.`, () => `as ${b.path}.`);
      break;
    }
  }
}

const asText = row => [
  row.path || called(row), text("type", row), text("equation", row),
  fact("explained", row) ? amount("own", row) : "", amount("inside", row), share(amount("inside", row), total),
].join("\t");
