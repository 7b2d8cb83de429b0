// What a page of many rows needs: a window on them, those in sight between two spaces for all others.

const MARGIN = 20; // rows above and below the window
const spaces = [0, 1].map(() => element("tr", {class: "space", "aria-hidden": "true"}, element("td")));
let height = 28, tall = [], waitingToLook = 0;

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

/** Bring a row into the window. */
function scrollTo(row, far) {
  const top = topOf(row.spot), bottom = top + height, head = table.tHead.offsetHeight;
  if (far || top < box.scrollTop || bottom > box.scrollTop + box.clientHeight - head) {
    box.scrollTop = far ? top - box.clientHeight / 3 : top < box.scrollTop ? top : bottom - box.clientHeight + head;
  }
  look(true);
}

box.addEventListener("scroll", () => {
  waitingToLook ||= requestAnimationFrame(() => { waitingToLook = 0; if (windowed) look(false); });
});
addEventListener("resize", () => { if (windowed) look(true); });
