// Numbers and names as texts, in the words of the page, and elements that hold them. Text is only ever set as text.

const grouped = new Intl.NumberFormat("en-US").format;
const counted = (number, word) => `${grouped(number)} ${word}${Number(number) === 1 ? "" : "s"}`;

/** "58.6%", as the page rounds it: half up, exactly. */
function share(part, whole) {
  const [some, all] = [BigInt(part), BigInt(whole)];
  if (some <= 0n || all <= 0n) return "–";
  if (some * 1000n < all) return "<0.1%";
  const tenths = String((some * 2000n / all + 1n) / 2n);
  return tenths === "1000" && some < all ? ">99.9%" : `${grouped(Number(tenths.slice(0, -1)))}.${tenths.slice(-1)}%`;
}

const decimals = digits => new Intl.NumberFormat("en-US", {
  minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven", useGrouping: false,
});
const [twoDigits, noDigits] = [decimals(2), decimals(0)];

/** "14.96 M"; exact below a million. */
function short(value, billion) {
  for (const [size, letter] of [[1e12, "T"], [1e9, billion], [1e6, "M"]]) {
    const whole = Number(value) / size;
    if (whole >= 1) return `${(whole < 100 ? twoDigits : noDigits).format(whole)} ${letter}`;
  }
  return grouped(value);
}

function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function element(tag, attributes = {}, ...inside) {
  const made = set(document.createElement(tag), attributes);
  made.append(...inside);
  return made;
}

const button = (label, act) => {
  const made = element("button", {type: "button"}, label);
  made.addEventListener("click", act);
  return made;
};

/** A name that may break after its dots and before its words. */
function breaking(name) {
  const parts = name.length > 6 ? name.split(/(?<=[._/])(?=[\p{L}\p{N}])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])/u) : [name];
  return parts.flatMap((part, i) => i ? [document.createElement("wbr"), part] : [part]);
}

const code = name => element("code", {}, ...breaking(name));
const times = copies => copies > 1 ? [" ", element("span", {class: "times"}, `× ${grouped(copies)}`)] : [];

/** The names in a note, told from the row's own path. */
function named(row, pairs) {
  const parts = row.path.split(".");
  return lines(pairs, 2, (own, rest) => parts.slice(0, own).join(".") + said(rest)).join(", ");
}

/** What a note says of a row: texts and names; a number at the beginning is that of one copy. */
const note = row => (fact("note", row) || []).map(piece => Array.isArray(piece) ? code(named(row, piece))
  : said(piece).replace(/^(?=\d)/, row.times > 1 ? `${grouped(row.times)} × ` : ""));

/** What *make* gives for each so many entries of a list. */
const lines = (held, wide, make) => Array.from({length: held.length / wide}, (_, i) => make(...held.slice(i * wide, (i + 1) * wide)));

const svg = "http://www.w3.org/2000/svg";
/** A bar, where it is long enough to be seen. */
function bar(part, whole, least) {
  const long = Math.min(1000, Math.floor(Number(part) * 1000 / Number(whole)));
  return long >= least ? set(document.createElementNS(svg, "svg"), {role: "none", width: `${long / 10}%`, height: 8}) : "";
}
