// What an opened row shows where none like it stands in the page.

function told(row) {
  const [boxes, ...held] = fact("details", row) || [[]];
  const line = (name, ...rest) => element("tr", {}, element(name ? "th" : "td", {}, ...breaking(name)), ...rest.map(cell => element("td", {}, cell)));
  const more = element("div", {class: "more"});
  for (const box of boxes) more.append(element("div", {class: "told"}, ...box.map(each => element("p", {}, said(each)))));
  held.forEach((cells, i) => {
    const [name, wide] = tables[i];
    if (cells.length) more.append(element("table", {class: name}, ...lines(cells.map(said), wide, line)));
  });
  return more;
}
