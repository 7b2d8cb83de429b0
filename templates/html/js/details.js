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

/** A copy of the details of a row, without what is of this row alone. */
function bare(more) {
  const found = more.cloneNode(true);
  for (const each of found.querySelectorAll(".here, .acts")) each.remove();
  return found;
}

/** The details of another row with the same inside, with this row's names and of one copy where it stands alone. */
function copied(row) {
  const teller = tellers.get(row.kind), stands = teller?.served.querySelector(".more");
  if (!stands) return null;
  const more = resolve(bare(stands));
  for (const line of more.querySelectorAll(".copies")) if (row.times !== teller.times) line.remove();
  recall(more, teller, row);
  return more;
}

function acts(row) {
  const found = element("p", {class: "acts"}), latex = text("latex", row).replace(/(\d),(?=\d{3})/g, "$1{,}");
  if (latex) found.append(button("Copy as LaTeX", () => copy(latex, "Formula copied as LaTeX")));
  found.append(button("Copy row", () => copy(asText(row), "Row copied")));
  found.append(button("Copy link", () => copy(linkTo(row), "Link copied")));
  return found;
}

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
