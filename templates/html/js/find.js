// Which rows there are to see: searched, sorted, without those that are shut away.

const state = {query: "", sort: "", down: true, fold: true, list: false, idle: false, columns: new Set(), icicle: ""};

/** Rows whose inside is shut, or open, against the rule of the moment. */
const turned = new Set();
let hits = null, hitsInside = null, mostlyShut = shutAtFirst;
const shut = row => (hits ? hits[row.at] > 0 && !hitsInside[row.at] : mostlyShut(row)) !== turned.has(row);

/** The numbers a kind shows, as " 64 147 9408 ". */
const numbersOf = [];
function numbersIn(row) {
  if (numbersOf[row.kind]) return numbersOf[row.kind];
  const shown = searched.texts.map(name => text(name, row)).join(" ").match(/\d[\d,]*/g) ?? [];
  const all = [...shown.map(number => number.replaceAll(",", "")), ...searched.facts.map(name => fact(name, row))];
  return numbersOf[row.kind] = ` ${all.join(" ")} `;
}

/** Whether a row's kind says *word* of itself: in its words, or as one of its numbers. */
function kindTest(word) {
  const number = /^\d[\d,]*$/.test(word) ? word.replaceAll(",", "") : "", known = [];
  return row => known[row.kind] ??=
    searched.words.map(name => text(name, row)).join("\t").toLowerCase().includes(word)
    || (number !== "" && number !== "0" && numbersIn(row).includes(` ${number} `));
}

/** Whether *parts* name a copy inside a folded row: `layers.3.mlp` in `layers.0–31.mlp`. */
function namesCopy(row, parts) {
  const places = row.parts ?? [];
  if (!row.parts) for (let place = row; place.above; place = place.above) places.unshift(place);
  const fits = (place, part, i) => {
    const name = place.name.toLowerCase(), number = digits(part);
    if (place.copies > 1 && number) return place.ranges.some(([first, copies]) => {
      const least = Number(digits(first));
      return wordOf(first).toLowerCase() + number === part && least <= number && number < least + copies;
    });
    return i === 0 ? name.endsWith(part) : i === parts.length - 1 ? name.startsWith(part) : name === part;
  };
  return places.some((_, from) => from + parts.length <= places.length && parts.every((part, i) => fits(places[from + i], part, i)));
}

function rowTest(word) {
  const saidIn = kindTest(word), parts = word.split("."), number = word.replaceAll(",", "");
  const copy = state.fold && parts.length > 1 && /\d/.test(word), product = state.fold && /^[1-9]\d*$/.test(number);
  return row => saidIn(row) || row.lower.includes(word)
    || (row.times > 1 && ((copy && namesCopy(row, parts))
      || (product && searched.facts.some(name => String(amount(name, row)).replace("-", "") === number))));
}

/** Mark the rows that hold every word, and count the hits inside each row. */
function search(all) {
  const tests = state.query.toLowerCase().split(/\s+/).filter(Boolean).map(rowTest).map(withInside);
  const [first, ...others] = tests;
  hits = hitsInside = null;
  if (!first) return;
  hits = new Uint8Array(all.length);
  hitsInside = new Uint32Array(all.length);
  for (let at = all.length; at--;) {
    hits[at] = first(all[at]) && others.every(test => test(all[at])) ? 1 : 0;
    if (at) hitsInside[all[at].above.at] += hits[at] + hitsInside[at];
  }
}

/** Numbers largest first, names from A to Z; turned round at the second click. */
function order() {
  const value = values[state.sort];
  if (!value) return usualOrder();
  const known = new Map(), of = row => known.get(row) ?? (known.set(row, value(row)), known.get(row));
  const sign = state.down ? -1 : 1;
  return (a, b) => {
    const [left, right] = [of(a), of(b)];
    return left < right ? -sign : left > right ? sign : a.at - b.at;
  };
}

const seen = row => state.idle || !row.idle || !row.above;

/** The rows to show, in their order. */
function shown() {
  const all = rows(), compare = order();
  search(all);
  if (state.list) {
    const found = all.filter(inTheList);
    return compare ? found.sort(compare) : found;
  }
  const found = [], waiting = [[all[0], false]];
  while (waiting.length) {
    const [row, within] = waiting.pop();
    if (hits ? !(hits[row.at] || hitsInside[row.at] || (within && seen(row))) : !seen(row)) continue;
    found.push(row);
    if (!row.inside || shut(row)) continue;
    const inside = children(all, row), inHit = within || !!hits?.[row.at];
    if (compare) inside.sort(compare);
    for (let i = inside.length; i--;) waiting.push([inside[i], inHit]);
  }
  return found;
}
