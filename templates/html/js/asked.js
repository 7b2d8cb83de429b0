// What a column of another format says, where it was asked for.

const noteNames = row => (fact("note", row) || []).filter(Array.isArray).map(pairs => named(row, pairs));
/** What a column that was asked for says: a number of all copies, a share of the whole, or a text. */
function askedCell(key, row) {
  const cell = island.columns[key]?.[row.kind] ?? 0;
  if (key === "c-path" || (key === "c-raw_path" && island.plain)) return row.path;
  if (key === "c-shared_with") return noteNames(row).join(", ");
  if (!Array.isArray(cell)) return exact(cell) * exact(row.times);
  return cell.length > 1 ? share(exact(cell[0]) * exact(row.times), cell[1]) : said(cell[0]);
}
