// The table on the screen: all rows while they are few, a window on them where they are many.

const MOST = 2000, MARGIN = 20; // rows in the page at once, and above and below the window
const box = section.querySelector(".box-of-rows"), table = box.querySelector(".tree"), body = table.tBodies[0];
const status = section.querySelector("[role=status]"), banner = section.querySelector(".many");
const spaces = [0, 1].map(() => element("tr", {class: "space", "aria-hidden": "true"}, element("td")));
let list = [], active = null, windowed = false, height = 28, tall = [];

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

/** How far from the top row *i* begins. */
const topOf = i => tall.reduce((sum, row) => sum + (row.spot < i ? row.extra : 0), i * height);

function rowAt(y) {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (topOf(middle) <= y) low = middle; else high = middle - 1;
  }
  return low;
}

/** Fill the window with the rows that are in sight. */
function look(again) {
  if (!windowed) return;
  tall = list.filter(row => row.open && row.extra);
  const from = Math.max(0, rowAt(box.scrollTop) - MARGIN);
  const to = Math.min(list.length, rowAt(box.scrollTop + box.clientHeight) + MARGIN + 1);
  if (!again && from === look.from && to === look.to) return;
  Object.assign(look, {from, to});
  const held = body.contains(document.activeElement);
  const inSight = list.slice(from, to), kept = new Set(inSight);
  for (const row of look.rows ?? []) if (!kept.has(row) && !row.served && !row.open) row.tr = null;
  look.rows = inSight;
  spaces[0].cells[0].style.height = `${topOf(from)}px`;
  spaces[1].cells[0].style.height = `${topOf(list.length) - topOf(to)}px`;
  body.replaceChildren(spaces[0], ...inSight.map(rowElement), spaces[1]);
  inSight.forEach((row, i) => mark(row, from + i));
  if (held) (active.tr?.isConnected ? active.tr : box).focus({preventScroll: true});
  measure(inSight);
}

/** Rows are of one height; what an opened one adds is measured. */
function measure(inSight) {
  const plain = inSight.find(row => !row.open);
  const each = plain?.tr.offsetHeight || height;
  let changed = each !== height;
  height = each;
  for (const row of inSight) {
    const more = row.open ? row.tr.offsetHeight - height : 0;
    if (more !== row.extra) { row.extra = more; changed = true; }
  }
  if (changed && !measure.again) {
    measure.again = true;
    look(true);
    measure.again = false;
  }
}

/** Bring a row into sight and give it the focus. */
function focusActive(far) {
  if (!active) return;
  if (windowed) {
    const top = topOf(active.spot), bottom = top + height, head = table.tHead.offsetHeight;
    if (far || top < box.scrollTop || bottom > box.scrollTop + box.clientHeight - head) {
      box.scrollTop = far ? top - box.clientHeight / 3 : top < box.scrollTop ? top : bottom - box.clientHeight + head;
    }
    look(true);
  }
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
  if (event.target.closest(".twist, th > div") && row.inside && !state.list) turn(row);
  if (event.target.closest("th")) focusActive();
  if (event.target.closest("summary")) {
    if (!row.open) fill(row);
    remember(row.open ? null : row);
  }
});

let waitingToLook = 0;
box.addEventListener("scroll", () => { waitingToLook ||= requestAnimationFrame(() => { waitingToLook = 0; look(false); }); });
addEventListener("resize", () => look(true));

// On paper stands the whole folded tree, or what was searched for.
addEventListener("beforeprint", () => {
  for (const row of trees[island.page]) if (row.served?.querySelector(".more")) introduce(row, row.served.querySelector(".more"));
  if (hits && !windowed) return;
  const stand = trees[island.page].map(row => row.served).filter(Boolean);
  section.classList.remove("windowed", "wide");
  body.replaceChildren(...stand);
});
addEventListener("afterprint", draw);
