// The tree. The island tells each kind of layer once, with the names and numbers of its copies; here it becomes rows.

/** What a row's kind says of itself: `fact("own", row)`; 0 is nothing. A column may be called as one that is like it. */
const columns = island.columns;
for (const name in columns) if (typeof columns[name] === "string") columns[name] = columns[columns[name]];
const fact = (name, {kind}) => columns[name]?.[kind] ?? 0;
const text = (name, row) => said(fact(name, row));
const numbers = row => text("numbers", row) || text("equation", row).replace(/ = [\d,]+$/, "");

/** A text by its number: as it stands, or a pattern with numbers to fill in. */
function said(number) {
  const held = island.texts[number];
  if (typeof held === "string") return held;
  let at = 0;
  return island.texts[number] = island.patterns[held[0]].replace(/\ue000/g, () => grouped(held[++at]));
}

/** Numbers too large to be exact are counted as BigInt; sums, products and comparisons read the same. */
const exact = island.large ? BigInt : Number;
const amount = (name, row) => exact(fact(name, row)) * exact(row.times);

class Row {
  at = -1; // position in its tree; what is inside stands at at + 1 … end - 1
  end = -1;
  inside = 0; // rows right below
  open = false;
  tr = null;
  spot = -1; // in the list on the screen
  extra = 0; // how much higher it is, opened, than other rows
  constructor(kind, above, ranges, model) {
    // ranges: of the copies that it stands for, the first name and how many count on from it; model: the folded row for this one
    Object.assign(this, {kind, above, ranges, model});
    this.name = spans(ranges);
    this.copies = ranges.reduce((sum, range) => sum + range[1], 0);
    this.depth = above ? above.depth + 1 : 0;
    this.times = above ? above.times * this.copies : 1;
    this.path = above ? joined(above.path, this.name) : "";
  }
  get lower() { return this.lowered ??= this.path.toLowerCase(); }
  /** The path of the first copy. */
  get first() { return this.above ? joined(this.above.first, this.ranges[0][0]) : ""; }
  /** No parameters and no multiply-adds, here or inside. */
  get idle() { return !fact("holds", this) && !fact("macsInside", this); }
  /** Something of its own to count. */
  get works() { return fact("explained", this) || fact("macs", this); }
}

const joined = (above, name) => above ? `${above}.${name}` : name;

/** The siblings below a kind, as [first name, copies, kind, whether they stand in the row of earlier ones]. */
function* runs(kind) {
  const cells = island.runs[kind];
  let due = 0;
  for (let i = 0; i < cells.length; i += 3) {
    const name = cells[i] ? island.names[cells[i] - 1] : String(due), copies = Math.abs(cells[i + 1]);
    yield [name, copies, cells[i + 2], cells[i + 1] < 0];
    due = Number(name) + copies;
  }
}

/** The name that counts on by *i*: block03 after block02. */
function counting(name, i) {
  const digits = /\d*$/.exec(name)[0];
  return i ? name.slice(0, name.length - digits.length) + String(Number(digits) + i).padStart(digits.length, "0") : name;
}

const digits = name => /\d*$/.exec(name)[0];
const wordOf = name => name.slice(0, name.length - digits(name).length);

/** Names that count up as one: 0–2,4; many in one step by the first two and the last: 3,7,…,67. */
function spans(ranges) {
  const told = ranges.map(([name, copies], i) => {
    const first = i ? digits(name) : name;
    return copies > 1 ? `${first}–${digits(counting(name, copies - 1))}` : first;
  });
  return (told.length > 4 && inStep(ranges) ? [told[0], told[1], "…", told.at(-1)] : told).join(",");
}

function inStep(ranges) {
  const starts = ranges.map(([name]) => Number(digits(name))), ends = ranges.map(([, copies], i) => starts[i] + copies);
  const long = ranges[1][1], step = starts[2] - starts[1];
  return ranges.every(([, copies], i) => (i && i < ranges.length - 1 ? copies === long : copies <= long)
    && (i < 2 || starts[i] - starts[i - 1] === step) && (!i || i === ranges.length - 1 || ends[i] - ends[i - 1] === step));
}

/** What stands right below a row. */
function below(row, folded) {
  const found = [], rows = [], models = folded ? [] : children(trees.folded, row.model);
  for (const [name, copies, kind, joins] of runs(row.kind)) {
    const word = wordOf(name);
    let one = joins && rows.find(each => each.kind === kind && wordOf(each.ranges[0][0]) === word);
    if (!one) rows.push(one = {kind, ranges: [], model: models[rows.length]});
    one.ranges.push([name, copies]);
    if (!folded) for (let i = 0; i < copies; i++) found.push(new Row(kind, row, [[counting(name, i), 1]], one.model));
  }
  return folded ? rows.map(one => new Row(one.kind, row, one.ranges, null)) : found;
}

/** All rows in the order of the model. */
function grown(folded) {
  const rows = [], waiting = [new Row(island.root, null, [["", 1]], folded ? null : trees.folded[0])];
  while (waiting.length) {
    const row = waiting.pop();
    if (row.at >= 0) { row.end = rows.length; continue; } // what is inside has been told
    row.at = rows.length;
    rows.push(row);
    waiting.push(row);
    const inside = below(row, folded);
    row.inside = inside.length;
    for (let i = inside.length; i--;) waiting.push(inside[i]);
  }
  return rows;
}

const trees = {
  get folded() { return this.short ??= grown(true); },
  get unfolded() { return this.long ??= grown(false); },
};

const idleRows = new Map();
/** How many rows of a tree are idle. */
function idleIn(all) {
  if (!idleRows.has(all)) idleRows.set(all, all.reduce((sum, row) => sum + (row.idle && row.above ? 1 : 0), 0));
  return idleRows.get(all);
}

/** The rows right below a row. */
function children(rows, row) {
  const found = [];
  for (let at = row.at + 1; at < row.end; at = rows[at].end) found.push(rows[at]);
  return found;
}
