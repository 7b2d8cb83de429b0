/* The icicle, larger where one clicks: draws the boxes of the island, or what is inside one. */
const [FULL, SEEN, READ, CLOSE, LETTER, MARGIN, ROW] = [1152, 2, 48, 96, 7.4, 10, 23]; // pixels
const LEVELS = 12;
const figure = document.querySelector(".icicle");
const all = (selector) => [...figure.querySelectorAll(selector)];
const [details, trail, picture, about] = all("details, nav ol, .boxes, .about"); // as they stand
const measures = all(".measures button");
const set = (element, values) => Object.entries(values).forEach((pair) => element.setAttribute(...pair));
const { boxes: held, measures: counts, kinds, looks } = island.picture;
const wholes = counts.map((_, index) => held.reduce((sum, box) => sum + (box[0] ? 0n : BigInt(box[index + 6])), 0n));

/* "7,077,888 parameters · 27.7%" */
const fact = (value, index) => {
  const unit = counts[index].split(" ")[0].replace(/s$/, "");
  return `${+value ? counted(BigInt(value), unit) : `no ${unit}s`} · ${share(value, wholes[index])}`;
};
const whole = { name: trail.textContent, where: "", path: "", key: "", inside: [] };
const open = [whole];
const boxes = held.map(([level, look, name, sameAt, place, kind, ...amounts]) => {
  const above = open[level];
  const at = sameAt === 0 ? name : sameAt;
  const [, base, times] = above.where.match(/^(.*?)( × [\d,]+)?$/s);
  const where = (place === 0 ? `${above === whole ? "" : "."}${at}${times ?? ""}` : place).replace(/^\./, () => `${base}.`);
  const path = at && above.path ? `${above.path}.${at}` : at || above.path;
  const key = at ? path : `${above.key}#${above.inside.length}`;
  const rows = looks[look] === "small" ? parseInt(name.replaceAll(",", "")) : 1;
  const element = document.createElementNS(svg, "svg");
  set(element, { class: looks[look] });
  element.innerHTML = `<title/><rect width="100%" height="${ROW - 1}"/><text x="5" y="15"/>`;
  const box = { element, name, where, type: kinds[kind], facts: amounts.map(fact), values: amounts.map(Number), above, path, key, rows, inside: [] };
  above.inside.push(box);
  open[level + 1] = box;
  return box;
});
picture.replaceChildren(...boxes.map(({ element }) => element));

let [zoomed, measure, current, shown] = [whole, 0, null, []];
const pixels = (percent) => (percent * (picture.clientWidth || FULL)) / 100;
const told = ({ type, facts }) => [type, facts[measure]].filter(Boolean).join(" · ");
const fitting = (name, share, width) => {
  const [full, letters] = [`${name} · ${share}`, Math.floor((width - MARGIN) / LETTER)];
  if (width < READ) return "";
  return [full, name].find(({ length }) => length <= letters) ?? `${name.slice(0, letters - 1)}…`;
};

const put = (box, x, width, level) => {
  const { element, where, name, many, facts: { [measure]: fact = "" } } = box;
  const [title, , text] = element.children;
  set(element, { x: `${x}%`, y: ROW * level, width: `${width}%`, height: ROW - 1, display: "inline", tabindex: -1,
    role: "treeitem", "aria-level": level + 1, "aria-label": `${where}, ${told(box)}` });
  element.classList.toggle("passing", !!many);
  title.textContent = `${where}\n${told(box)}`;
  text.textContent = fitting(name, fact.split(" ").at(-1), pixels(width));
  shown.push(Object.assign(box, { level }));
};
/* Neighbours too small to be seen, as one in the place of the first. */
const together = ([first, ...others]) => {
  const name = `${grouped(others.reduce((sum, { rows }) => sum + rows, first.rows))} small`;
  return { ...first, name, where: name, type: "zoom in to see them", facts: [], path: first.above.path, inside: [], many: true };
};
const drawInside = (above, left, width, level) => {
  const held = above.inside.filter((box) => box.values[measure]);
  const total = held.reduce((sum, box) => sum + box.values[measure], 0);
  const drawn = [];
  let [run, start, end] = [[], left, left];
  const flush = () => {
    const merged = run.length > 1 && (run.length < held.length || above === zoomed);
    if (merged || run.length === 1) drawn.push([merged ? together(run) : run[0], start, end - start]);
    run = [];
  };
  for (const box of held) {
    const size = (width * box.values[measure]) / total;
    const small = pixels(size) < SEEN;
    if (!small) flush();
    if (!run.length) start = end;
    end += size;
    if (small) run.push(box);
    else drawn.push([box, start, size]);
    if (pixels(end - start) >= CLOSE) flush();
  }
  flush();
  drawn.forEach(([box, x, size]) => {
    const before = shown.length + 1;
    put(box, x, size, level);
    if (level + 1 < LEVELS && pixels(size) >= SEEN) drawInside(box, x, size, level + 1);
    if (box.inside.length) set(box.element, { "aria-expanded": shown.length > before });
    else box.element.removeAttribute("aria-expanded");
  });
};
const draw = () => {
  boxes.forEach(({ element }) => set(element, { display: "none" }));
  shown = [];
  drawInside(zoomed, 0, 100, 0);
  set(picture, { height: ROW + ROW * Math.max(...shown.map(({ level }) => level)) });
  current = shown.find(({ element }) => element === current?.element) ?? shown[0];
  set(current.element, { tabindex: 0 });
};

const tell = (box) => {
  const [name, link] = ["code", "a"].map((tag) => document.createElement(tag));
  name.textContent = box.where;
  link.textContent = "Its row in the table";
  link.href = `#${encodeURIComponent(box.path)}`;
  about.replaceChildren(name, ` ${told(box)} `, trees.folded.some((row) => row.above && row.first === box.path) ? link : "");
};
const show = () => {
  draw();
  tell(current);
  measures.forEach((button, index) => set(button, { "aria-pressed": index === measure }));
  trail.replaceChildren();
  for (let box = zoomed; box; box = box.above) {
    const [item, button, to] = [document.createElement("li"), document.createElement("button"), box];
    button.textContent = box.name;
    button.ariaCurrent = box === zoomed ? "true" : null;
    button.onclick = () => zoom(to);
    item.append(button);
    trail.prepend(item);
  }
};

/* The address, "#row?name=value", keeps what fills the picture, beside what others keep there. */
const parts = () => {
  const [row, query] = location.hash.slice(1).split("?");
  return [row, new URLSearchParams(query)];
};
const remember = () => {
  const [row, kept] = parts();
  if (zoomed === whole) kept.delete("icicle");
  else kept.set("icicle", zoomed.key);
  const hash = `#${row}${`${kept}` && "?"}${kept}`;
  try {
    history.pushState(history.state, "", hash === "#" ? location.href.split("#")[0] : hash);
  } catch { /* not inside another page */ }
};
const recall = () => {
  const [row, kept] = parts();
  if (row && !kept.has("icicle")) return; // a link to a row leaves the picture as it is
  zoomed = boxes.find((box) => box.inside.length && box.key === kept.get("icicle")) ?? whole;
  show();
};

const zoom = (box, from) => {
  const focused = picture.contains(document.activeElement);
  [zoomed, current] = [box, from];
  show();
  remember();
  if (focused) current.element.focus();
};
const enter = ({ inside, many, above }) => {
  if (inside.length) zoom(current);
  else if (many && above !== zoomed) zoom(above);
};
const keys = {
  ArrowDown: () => shown.find(({ above }) => above.element === current.element),
  ArrowUp: () => shown.find((box) => box === current.above),
  ArrowLeft: (level) => level[level.indexOf(current) - 1],
  ArrowRight: (level) => level[level.indexOf(current) + 1],
  Enter: () => enter(current),
  " ": () => enter(current),
};
figure.onkeydown = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (["Escape", "Backspace"].includes(event.key) && zoomed !== whole) zoom(zoomed.above, zoomed);
  else if (keys[event.key] && picture.contains(event.target)) {
    keys[event.key](shown.filter(({ level }) => level === current.level))?.element.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
};
figure.addEventListener("focusin", ({ target }) => {
  if (target.parentNode !== picture) return;
  set(current.element, { tabindex: -1 });
  set(target, { tabindex: 0 });
  tell((current = shown.find(({ element }) => element === target)));
});
picture.onclick = ({ target }) => target !== picture && enter(current); // which has the focus by now
measures.forEach((button, index) => (button.onclick = () => show((measure = index))));
addEventListener("popstate", recall);
new ResizeObserver(() => picture.clientWidth && draw()).observe(picture);
set(picture, { role: "tree", "aria-orientation": "horizontal" });
all(".script").forEach((element) => element.removeAttribute("hidden"));
show();
recall();
if (zoomed !== whole) {
  details.open = true;
  figure.scrollIntoView();
}
