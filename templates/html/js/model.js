// The tree. The island tells each kind of layer once, with the names and numbers of its copies; here it becomes rows.

/** What a row's kind says of itself: `fact("own", row)`; 0 is nothing. A column may be called as one that is like it. */
const columns = island.columns;
for (const name in columns) if (typeof columns[name] === "string") columns[name] = columns[columns[name]];
const fact = (name, {kind}) => columns[name]?.[kind] ?? 0;
const text = (name, row) => said(fact(name, row));

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
  constructor(kind, above, ranges, model, name = span(...ranges[0])) {
    // ranges: of the copies that it stands for, the first name and how many count on from it; model: the folded row for this one
    Object.assign(this, {kind, above, ranges, model, name});
    this.copies = ranges.reduce((sum, range) => sum + range[1], 0);
    this.depth = above ? above.depth + 1 : 0;
    this.times = above ? above.times * this.copies : 1;
    this.path = above ? joined(above.path, this.name) : "";
  }
  get lower() { return this.lowered ??= this.path.toLowerCase(); }
  /** The path of the first copy. */
  get first() { return this.above ? joined(this.above.first, this.ranges[0][0]) : ""; }
  /** Hidden until it is asked for. */
  get idle() { return rests(this); }
  /** One that the list shows. */
  get works() { return tells(this); }
}

const joined = (above, name) => above ? `${above}.${name}` : name;

/** The siblings below a kind, as [first name, copies, kind]. */
function* runs(kind) {
  const cells = island.runs[kind];
  let due = 0;
  for (let i = 0; i < cells.length; i += 3) {
    const name = cells[i] ? island.names[cells[i] - 1] : String(due);
    yield [name, cells[i + 1], cells[i + 2]];
    due = Number(name) + cells[i + 1];
  }
}

const digits = name => /\d*$/.exec(name)[0];
const wordOf = name => name.slice(0, name.length - digits(name).length);

/** The name that counts on by *i*: block03 after block02. */
const counting = (name, i) => i ? wordOf(name) + String(Number(digits(name)) + i).padStart(digits(name).length, "0") : name;
const span = (name, copies) => copies > 1 ? `${name}–${digits(counting(name, copies - 1))}` : name;

/** What stands right below a row. Where kinds take turns, the island tells which row each is in, and what that is called. */
function below(row, folded) {
  const found = [], rows = [], models = folded ? [] : children(trees.folded, row.model);
  const [names, places] = island.turns[row.kind] ?? [[]];
  let next = 0;
  for (const [name, copies, kind] of runs(row.kind)) {
    const at = places?.[next] ?? next, one = rows[at] ??= {kind, ranges: []};
    next++;
    one.ranges.push([name, copies]);
    if (!folded) for (let i = 0; i < copies; i++) found.push(new Row(kind, row, [[counting(name, i), 1]], models[at]));
  }
  return folded ? rows.map(({kind, ranges}, at) => new Row(kind, row, ranges, null, names[at] || undefined)) : found;
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

/** How many rows of a tree are idle. */
const idleIn = all => all.idle ??= all.filter(row => row.idle && row.above).length;

/** The rows right below a row. */
function children(rows, row) {
  const found = [];
  for (let at = row.at + 1; at < row.end; at = rows[at].end) found.push(rows[at]);
  return found;
}
