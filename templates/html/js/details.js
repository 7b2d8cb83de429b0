// What an opened row shows: taken from a row of the page with the same inside, or made from the island.

/** For each kind the row in the page that tells its details. */
const tellers = new Map();

let stand = [];

function inPage() {
  const rows = trees[island.page];
  stand = [...body.rows];
  (island.shown ?? rows.keys()).forEach((at, i) => {
    rows[at].tr = rows[at].served = stand[i];
    if (!tellers.has(rows[at].kind)) tellers.set(rows[at].kind, rows[at]);
  });
}

/** Put into an opened row what it shows, and the buttons that only a script can offer. */
function fill(row) {
  const details = row.tr.querySelector("details");
  if (!details.querySelector(".more")) details.append(copied(row) ?? told(row));
  const more = resolve(details.querySelector(".more"));
  introduce(row, more);
  if (!more.querySelector(".acts")) more.append(acts(row));
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

/** A copy of the details of a row, without what is of this row alone. */
function bare(more) {
  const found = more.cloneNode(true);
  for (const each of found.querySelectorAll(".here, .acts")) each.remove();
  return found;
}

/** What a row says of itself, opened: where it is, what it is, and the exact count where the row has a short one. */
function introduce(row, more) {
  if (more.querySelector(".here")) return;
  const here = (kind, ...inside) => element("p", {class: `here ${kind}`}, ...inside);
  const all = amount("inside", row), many = grouped(all);
  const path = here("path", ...pathLine(row)), first = more.querySelector(".told, .run") ?? element("div", {class: "run here"});
  if (!first.parentNode) more.prepend(first);
  first.prepend(path);
  const line = row.times > 1 && all ? here("copies", `With everything inside ${product(row)} = ${many}`)
    : short(all, "B") !== many ? here("narrow", `With everything inside ${many}`) : "";
  if (first.matches(".told")) first.append(line); else path.after(line);
}

/** The details of another row with the same inside, with this row's names and of one copy where it stands alone. */
function copied(row) {
  const teller = tellers.get(row.kind), stands = teller?.served.querySelector(".more");
  if (!stands) return null;
  const more = resolve(bare(stands));
  for (const line of more.querySelectorAll(".copies")) if (row.times !== teller.times) line.remove();
  for (const cell of more.querySelectorAll(".tensors td:nth-child(4)")) rename(cell, teller, row);
  return more;
}

/** In what is said of one row, call the layers that it is in as another row calls them. */
function rename(cell, from, to) {
  for (let [a, b] = [from, to]; a?.above && b; [a, b] = [a.above, b.above]) {
    if (a.path !== b.path && cell.textContent.includes(`as ${a.path}.`)) {
      cell.textContent = cell.textContent.replace(`as ${a.path}.`, () => `as ${b.path}.`);
      return;
    }
  }
}

const pathLine = row => [
  element("code", {}, row.path || called(row)), ...times(row.times), row.path ? ` · ${text("type", row)}` : "",
];

function acts(row) {
  const found = element("p", {class: "acts"}), latex = text("latex", row).replace(/(\d),(?=\d{3})/g, "$1{,}");
  if (latex) found.append(button("Copy as LaTeX", () => copy(latex, "Formula copied as LaTeX")));
  found.append(button("Copy row", () => copy(asText(row), "Row copied")));
  found.append(button("Copy link", () => copy(linkTo(row), "Link copied")));
  return found;
}

const asText = row => [
  row.path || called(row), text("type", row), text("equation", row),
  fact("explained", row) ? amount("own", row) : "", amount("inside", row), share(amount("inside", row), total),
].join("\t");

/** Copy, and say so; where the browser forbids it, show the text, selected, so that the keys do it. */
async function copy(held, words) {
  try {
    await navigator.clipboard.writeText(held);
    say(`${words}.`);
  } catch {
    const field = element("textarea", {"aria-label": "Text to copy", readonly: "readonly", class: "copy"});
    field.value = held;
    const before = document.activeElement;
    before.after(field);
    field.select();
    if (document.execCommand("copy")) {
      field.remove();
      before.focus();
      say(`${words}.`);
    } else {
      say("Copying is not allowed here. The text is selected: press Ctrl+C, or ⌘C.");
      field.addEventListener("blur", () => field.remove());
      field.addEventListener("keydown", event => { if (event.key === "Escape") before.focus(); });
    }
  }
}
