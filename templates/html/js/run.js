// What a row says of the run: what came out first, and multiply-adds with everything inside.

function flowCells(row) {
  const status = text("status", row), all = amount("macsInside", row), calls = fact("calls", row);
  const result = !status ? text("output", row)
    : element(fact("failed", row) ? "b" : "span", {class: fact("failed", row) ? "differs" : "muted"}, status);
  const few = all ? short(all, "G") : calls ? "–" : "";
  const about = all && fact("about", row) ? "≈ " : "";
  return [element("td", {}, result), element("td", {}, about + few)];
}

/** Put the exact number where a row has a short one. */
function exactMacs(row) {
  const cell = row.tr.cells[7];
  if (/ [A-Z]$/.test(cell.textContent)) cell.title = grouped(amount("macsInside", row));
}
