// The table on the screen: all rows while they are few, a window on them where they are many (many.js).

const MOST = 2000; // rows in the page at once
const box = section.querySelector(".box-of-rows"), table = box.querySelector(".tree"), body = table.tBodies[0];
const status = section.querySelector("[role=status]");
let list = [], active = null, windowed = false;

/** Where a row stands in the list is kept in the row: a map of 75,000 takes too long to make. */
const inList = row => !!row && list[row.spot] === row;

const say = words => { status.textContent = words; };

/** Show what there is to see now; the row of the keys stays where it is, or goes to the first. */
function draw() {
  list = shown();
  list.forEach((row, i) => { row.spot = i; });
  if (!inList(active)) active = list[0] ?? null;
  windowed = list.length > MOST;
  section.classList.toggle("windowed", windowed);
  section.classList.toggle("wide", state.more > 0);
  table.classList.toggle("flat", state.list);
  table.setAttribute("aria-rowcount", list.length + 1);
  const focused = body.contains(document.activeElement);
  if (windowed) look(true);
  else {
    body.replaceChildren(...list.map(rowElement));
    list.forEach(mark);
  }
  if (focused) focusActive();
}

/** What a reader by ear is told of a row. */
function mark(row, i) {
  const tr = row.tr, level = state.list ? 1 : row.depth + 1;
  tr.setAttribute("aria-level", level);
  tr.setAttribute("aria-rowindex", i + 2);
  if (row.inside && !state.list) tr.setAttribute("aria-expanded", !shut(row));
  else if (tr.querySelector("details")) tr.setAttribute("aria-expanded", row.open);
  else tr.removeAttribute("aria-expanded");
  tr.classList.toggle("shut", shut(row));
  tr.tabIndex = row === active ? 0 : -1;
}

/** Bring a row into sight and give it the focus. */
function focusActive(far) {
  if (!active) return;
  if (windowed) scrollTo(active, far);
  for (const tr of body.querySelectorAll("tr[tabindex='0']")) tr.tabIndex = -1;
  active.tr.tabIndex = 0;
  active.tr.focus({preventScroll: true});
  if (!windowed) active.tr.scrollIntoView({block: far ? "center" : "nearest"});
}

/** Open or shut the inside of a row. */
function turn(row) {
  if (!turned.delete(row)) turned.add(row);
  draw();
}

/** Open or close the details of a row. */
function toggle(row, open = !row.open) {
  const details = row.tr?.querySelector("details");
  if (details && open) fill(row);
  if (details) details.open = open;
}

body.addEventListener("toggle", event => {
  const row = event.target.closest("tr").row;
  if (!row || event.target.parentNode.tagName !== "TH") return;
  row.open = event.target.open;
  if (row.open) fill(row);
  mark(row, row.spot);
  if (windowed) look(true);
}, true);

body.addEventListener("click", event => {
  const row = event.target.closest("tr")?.row;
  if (!row || event.target.closest(".more")) return;
  active = row;
  if (event.target.closest(".twist, th:not(:has(> details))") && row.inside && !state.list) turn(row);
  if (event.target.closest("th")) focusActive();
  if (event.target.closest("summary")) {
    if (!row.open) fill(row);
    remember(row.open ? null : row);
  }
});

// On paper stands the whole folded tree, or what was searched for.
addEventListener("beforeprint", () => {
  for (const row of trees[island.page]) {
    const more = row.served?.querySelector(".more");
    if (more) introduce(row, resolve(more, ".as:not(.whole, .own)"));
  }
  if (hits && !windowed) return;
  const list = state.list;
  state.list = !!usual.list; // as the page was served
  for (const row of trees[island.page]) if (row.served) finish(row);
  state.list = list;
  section.classList.remove("windowed", "wide");
  table.classList.toggle("flat", !!usual.list);
  body.replaceChildren(...stand);
});
addEventListener("afterprint", draw);
