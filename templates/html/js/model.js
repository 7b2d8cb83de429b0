// The tree. The island tells each kind of layer once, with the names and numbers of its copies; here it becomes rows.

/** What a kind says of itself: `fact.own(kind)`; 0 is nothing. */
const fact = Object.fromEntries([
  "type", "holds", "explained", "layers", "unknown", "own", "adds", "inside", "numbers", "equation", "grade", "latex", "note", "dtype",
  "bytes", "trainable", "weight", "bias", "more", "details", "calls", "output", "status", "failed", "macs", "macsInside", "about",
].map(name => {
  const column = island.columns[name];
  return [name, column ? kind => column[kind] ?? 0 : () => 0];
}));
const text = (name, kind) => said(fact[name](kind));

/** A text by its number: as it stands, or a pattern with numbers to fill in. */
function said(number) {
  const held = island.texts[number];
  if (typeof held === "string") return held;
  const [first, ...rest] = island.patterns[held[0]].split("\ue000");
  return island.texts[number] = rest.reduce((line, part, i) => line + held[i + 1].toLocaleString("en-US") + part, first);
}

/** Numbers too large to be exact are counted as BigInt; sums, products and comparisons read the same. */
const exact = island.large ? BigInt : Number;
const amount = (name, row) => exact(fact[name](row.kind)) * exact(row.times);

class Row {
  constructor(kind, above, name, copies, model, firstName = name) {
    this.kind = kind;
    this.above = above;
    this.name = name;
    this.firstName = firstName;
    this.copies = copies;
    this.model = model; // the folded row that stands for this one
    this.at = -1; // position in its tree; what is inside stands at at + 1 … end - 1
    this.end = -1;
    this.inside = 0; // rows right below
    this.place = 1; // among the rows beside it
    this.open = false;
    this.tr = null;
    this.spot = -1; // in the list on the screen
    this.extra = 0; // how much higher it is, opened, than other rows
    this.depth = above ? above.depth + 1 : 0;
    this.times = above ? above.times * copies : copies;
    this.path = above ? joined(above.path, name) : "";
  }
  get lower() { return this.lowered ??= this.path.toLowerCase(); }
  /** The path of the first copy. */
  get first() { return this.above ? joined(this.above.first, this.firstName) : ""; }
  /** No parameters and no multiply-adds, here or inside. */
  get idle() { return !fact.holds(this.kind) && !fact.macsInside(this.kind); }
  /** Something of its own to count. */
  get works() { return fact.explained(this.kind) || fact.macs(this.kind); }
}

const joined = (above, name) => above ? `${above}.${name}` : name;

/** The siblings below a kind, as [first name, copies, kind]. */
function* runs(kind) {
  const cells = island.runs[kind];
  let due = 0;
  for (let i = 0; i < cells.length; i += 3) {
    const name = cells[i] === 0 ? String(due) : cells[i];
    yield [name, cells[i + 1], cells[i + 2]];
    due = Number(name) + cells[i + 1];
  }
}

/** The name that counts on by *i*: block03 after block02. */
function counting(name, i) {
  const digits = /\d*$/.exec(name)[0];
  return i ? name.slice(0, name.length - digits.length) + String(Number(digits) + i).padStart(digits.length, "0") : name;
}

function below(row, folded) {
  const found = [], models = folded ? [] : children(trees.folded, row.model);
  for (const [name, copies, kind] of runs(row.kind)) {
    if (folded) {
      const last = copies > 1 ? `–${/\d*$/.exec(counting(name, copies - 1))[0]}` : "";
      found.push(new Row(kind, row, name + last, copies, null, name));
    } else {
      const model = models.shift();
      for (let i = 0; i < copies; i++) found.push(new Row(kind, row, counting(name, i), 1, model));
    }
  }
  return found;
}

/** All rows in the order of the model. */
function grown(folded) {
  const rows = [], waiting = [new Row(0, null, "", 1, folded ? null : trees.folded[0])];
  while (waiting.length) {
    const row = waiting.pop();
    if (row.at >= 0) { row.end = rows.length; continue; } // what is inside has been told
    row.at = rows.length;
    rows.push(row);
    waiting.push(row);
    const inside = below(row, folded);
    row.inside = inside.length;
    for (let i = inside.length; i--;) {
      inside[i].place = i + 1;
      waiting.push(inside[i]);
    }
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
