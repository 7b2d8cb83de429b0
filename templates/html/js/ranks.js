// What the ranked blocks are grouped by, for all that are shown, and what the first counts.

const switches = name => [...document.querySelectorAll(`[name=${name}]`)];
const picked = name => switches(name).find(each => each.checked);
const ranking = name => picked(name)?.defaultChecked ? "" : picked(name)?.value ?? "";

/** Set the switches as the address says, and rank by them. */
function rankBy(asked) {
  for (const name of ["by", "of"]) {
    for (const each of switches(name)) each.checked = switches(name).some(other => other.value === asked[name]) ? each.value === asked[name] : each.defaultChecked;
  }
  rank();
}

function rank() {
  for (const place of document.querySelectorAll("table.blocks[data-measure]")) {
    const measure = place.dataset.measure === switches("of")[0]?.value && ranking("of") || place.dataset.measure, by = picked("by")?.value ?? "block";
    const ranks = island.rankings[measure]?.[by];
    place.usual ??= [...place.tBodies[0].rows];
    if (measure === place.dataset.measure && by === "block") place.tBodies[0].replaceChildren(...place.usual);
    else if (ranks) place.tBodies[0].replaceChildren(...ranks.map(rankRow));
  }
}

function rankRow([label, kind, copies, value, part, length]) {
  const name = copies ? [code(label), ...times(copies), ...(kind ? [" ", element("span", {class: "muted kind"}, ...breaking(kind))] : [])] : breaking(label);
  return element("tr", {}, element("th", {}, ...name), ...[rankBar(length), value, part].map(held => element("td", {}, held)));
}

for (const each of [...switches("by"), ...switches("of")]) each.addEventListener("change", () => { rank(); remember(remember.row, true); });
for (const group of document.querySelectorAll(".grouping")) group.hidden = !(group.querySelector("[name=by]") || island.rankings.bytes);
