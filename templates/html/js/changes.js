// The rows of what changed: what they are searched and sorted by, what stands in them, what they add up to. In the list a
// row counts what it tells; in the tree, all inside.

const ran = section.classList.contains("ran"), largest = exact(island.largest);
const toldAs = {before: "toldBefore", after: "toldAfter", bytes: "toldBytes", macs: "toldMacs"};
const count = (name, row) => amount(state.list ? toldAs[name] : name, row);
const gained = row => count("after", row) - count("before", row);
const size = value => value < 0 ? -value : value;
const signed = value => value > 0 ? `+${grouped(value)}` : value < 0 ? `−${grouped(-value)}` : "–";

/** What each column shows, or is sorted by: changes by their size, whatever their sign. */
const values = {
  name: row => row.path,
  type: row => text("type", row),
  formula: row => text("now", row),
  before: row => count("before", row),
  after: row => count("after", row),
  change: row => size(gained(row)),
  macs: row => size(count("macs", row)),
  bytes: row => count("bytes", row),
};

/** Nothing changed, here or inside. */
const rests = row => !fact("touched", row);
const tells = row => fact("listed", row);
const inTheList = row => row.works && (!hits || hits[row.at]);
/** What is told as a whole is shut at first. */
const shutAtFirst = row => fact("listed", row) > 1;
/** Layers that are as they were have their places in the tree. */
const implied = what => what.idle ? {list: false} : what.list ? {idle: false} : {};
const tables = [["tensors", 5]];
const searched = {words: ["type", "words"], texts: ["was", "now"], facts: ["before", "after", "toldBefore", "toldAfter", "bytes", "macs"]};

const rows = () => state.fold ? (state.list && trees.list) || trees.folded : trees.unfolded;
/** How the page has to stand for a row to be seen. */
function where(row) {
  const listed = trees.list?.[row.at] === row, fold = listed || trees.folded[row.at] === row;
  return trees.list && fold ? {fold, list: listed} : {fold};
}

let flat;
Object.defineProperty(trees, "list", {get: () => flat ??= listed()});

/** The changes with those of repeated blocks together, largest first; null on a page of single changes. */
function listed() {
  if (!island.list) return null;
  const [root] = trees.folded;
  return island.list.map((entry, at) => {
    const one = typeof entry === "number" && trees.unfolded[entry]; // a place in the tree, where it stands alone among very many
    const [name, first, copies, kind] = one ? [one.path, 0, 1, one.kind] : entry;
    const row = new Row(kind, root, [[first || name, 1]], null, name);
    return Object.assign(row, {at, copies, path: name, times: copies, parts: name.split(".").map(part)});
  });
}

/** A part of a name, with the ranges it stands for: block0–2,4. */
function part(name) {
  const [, word, spans] = /^(.*?)(\d[\d–,]*)$/.exec(name) ?? [];
  if (!spans?.match(/[–,]/)) return {name, copies: 1};
  return {name, copies: 2, ranges: spans.split(",").map(span => {
    const [low, high = low] = span.split("–");
    return [word + low, Number(high) - Number(low) + 1];
  })};
}

/** In the list, what a row tells as a whole is searched with it. */
const withInside = test => row => test(row) || (state.list && shutAtFirst(row) && insideOf(row).some(test));

/** The rows of the tree inside a row: of one of the list, those of the first row of its kind. */
function insideOf(row) {
  if (row.end >= 0) return row.within ??= trees.unfolded.slice(row.at + 1, row.end);
  firstOf ??= new Map(trees.folded.map(each => [each.kind, each]).reverse());
  const one = firstOf.get(row.kind);
  return row.within ??= one ? trees.folded.slice(one.at + 1, one.end) : [];
}
let firstOf;

function usualOrder() {
  if (!state.list || rows() === trees.list) return null;
  return (a, b) => { const [left, right] = [values.change(a), values.change(b)]; return left > right ? -1 : left < right ? 1 : a.at - b.at; };
}

const tag = row => text("word", row) ? [element("span", {class: "word"}, text("word", row)), " "] : [];

/** A line of a row: texts, and names as seen from it. */
const line = (pieces, row) => pieces.map(piece => Array.isArray(piece) ? code(named(row, piece)) : shortly(said(piece), row));
/** A formula without the result that stands beside it, unless that is of many copies. */
function shortly(held, row) {
  if (row.times > 1 || ![text("was", row), text("now", row)].includes(held)) return held;
  const result = ["before", "after"].map(name => ` = ${grouped(exact(fact(tells(row) ? toldAs[name] : name, row)))}`).find(end => held.endsWith(end));
  return result ? held.slice(0, -result.length) : held;
}

function cellsOf(row) {
  const lines = (fact("lines", row) || []).map(pieces => element("div", {}, ...line(pieces, row)));
  const number = (name, side, formula) => !(fact("sides", row) & side) ? "–"
    : count(name, row) || text(formula, row) !== "–" ? grouped(count(name, row)) : "";
  const by = gained(row), each = by / exact(row.times), mark = bar(size(by), largest, 1);
  if (mark && by < 0) mark.setAttribute("class", "less");
  const found = [
    text("type", row), lines, number("before", 1, "was"), number("after", 2, "now"),
    [mark, signed(by), ...(row.times > 1 && by ? [" ", element("small", {}, `${grouped(row.times)} × ${signed(each)}`)] : [])],
    ...(ran ? [signed(count("macs", row))] : []),
  ];
  return found.map(held => element("td", {}, ...[held].flat()));
}

/** Let the numbers be those of the list or of the tree, as either is shown; the page has those of the list. */
function finish(row) {
  const {tr} = row;
  tr.counted ??= tr === row.served || state.list;
  if (tr.counted === state.list) return;
  Object.assign(tr, {counted: state.list, wide: false});
  for (const each of tr.querySelectorAll(".x")) each.remove();
  cellsOf(row).forEach((cell, i) => { if (i > 1) tr.cells[i + 1].replaceWith(cell); });
}
const inColumn = signed;

const idleWords = idle => `Show ${idle === 1 ? "the one unchanged row" : `the ${grouped(idle)} unchanged rows`} in place`;

function rankBar(length) {
  const found = bar(Math.abs(length), 2000, 1);
  if (found && length < 0) found.setAttribute("class", "less");
  return found;
}

/** "3 of 12 changes · −2,000 of −7,851,486 parameters": of the rows that were found. */
function tally() {
  if (!hits) return "";
  let found = 0, by = exact(0), others = 0;
  for (const row of rows()) {
    if (!hits[row.at]) continue;
    if (row.works) {
      found += row.times;
      by += (exact(fact("toldAfter", row)) - exact(fact("toldBefore", row))) * exact(row.times);
    } else others += row.times;
  }
  if (!list.length) return "No change has this name, type, number or state.";
  const more = others && !state.list ? ` · ${counted(others, "other layer")}` : "";
  return `${grouped(found)} of ${counted(island.changes, "change")} · ${signed(by)} of ${signed(exact(island.total))} parameters${more}`;
}

const resolve = more => more;
const recall = () => {};

/** Where an opened row is. */
function introduce(row, more) {
  if (!more.querySelector(".here")) more.prepend(element("p", {class: "here path"}, element("code", {}, row.path || title), ...times(row.times)));
}

const asText = row => [
  row.path || title, text("word", row), text("type", row), text("was", row), text("now", row), count("before", row), count("after", row), gained(row),
].join("\t");
