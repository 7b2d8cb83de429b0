// The keys of a treegrid, and / to search.

const moves = {
  ArrowDown: at => at + 1,
  ArrowUp: at => at - 1,
  PageDown: at => at + 15,
  PageUp: at => at - 15,
  Home: () => 0,
  End: () => list.length - 1,
};

function move(at) {
  active = list[Math.max(0, Math.min(list.length - 1, at))];
  focusActive();
}

const does = {
  ArrowRight(row) {
    if (row.inside && !state.list) return shut(row) ? turn(row) : move(row.spot + 1);
    if (!row.open) toggle(row, true);
  },
  ArrowLeft(row) {
    if (row.inside && !state.list && !shut(row)) return turn(row);
    if (row.open) return toggle(row, false);
    if (inList(row.above)) move(row.above.spot);
  },
  Enter(row) {
    if (!fact("more", row)) return row.inside && !state.list && turn(row);
    toggle(row);
    remember(row.open ? null : row);
  },
  Escape(row) {
    if (row.open) toggle(row, false);
    else if (state.query) searchFor("");
  },
};

const withOther = event => event.ctrlKey || event.metaKey || event.altKey;

box.addEventListener("keydown", event => {
  if (event.target.closest(".more, button, input") || withOther(event) || !active) return;
  if (moves[event.key]) move(moves[event.key](active.spot));
  else if (does[event.key]) does[event.key](active);
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", event => {
  if (event.key !== "/" || withOther(event) || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  field.focus();
  field.select();
});
