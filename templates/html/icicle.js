/* The icicle, larger where one clicks: draws the boxes of the island, or what is inside one. */
const [FULL, SEEN, READ, CLOSE, LETTER, MARGIN, ROW] = [1152, 2, 48, 96, 7.4, 10, 23]; // pixels
const LEVELS = 12;
const figure = document.querySelector(".icicle");
const [details, trail, picture, about] = figure.querySelectorAll("details, nav ol, .boxes, .about"); // as they stand
const measures = figure.querySelectorAll(".measures button"), legend = figure.querySelectorAll(".looks li");
const {boxes: held, measures: counts, names, kinds, looks} = island.picture;
const wholes = counts.map((_, index) => held.reduce((sum, box) => sum + (box[0] ? 0n : BigInt(box[index + 6])), 0n));

/* "7,077,888 parameters · 27.7%" */
const told = (value, index) => {
  const unit = counts[index].split(" ")[0].replace(/s$/, "");
  return `${+value ? counted(BigInt(value), unit) : `no ${unit}s`} · ${share(value, wholes[index])}`;
};
const whole = {name: title, where: "", path: "", key: "", inside: []};
const open = [whole];
const boxes = held.map(([level, look, named, first, place, kind, ...amounts]) => {
  const above = open[level], name = names[named], at = first ? names[first - 1] : name;
  const [, base, times] = above.where.match(/^(.*?)( × [\d,]+)?$/s);
  const where = (place === 0 ? `${above === whole ? "" : "."}${at}${times ?? ""}` : place).replace(/^\./, () => `${base}.`);
  const path = at ? joined(above.path, at) : above.path;
  const drawn = set(document.createElementNS(svg, "svg"), {class: looks[look]});
  drawn.innerHTML = '<title/><rect/><text x="5" y="15"/>';
  const box = {
    drawn, name, where, above, path, type: kinds[kind], facts: amounts.map(told), values: amounts.map(Number), inside: [],
    key: at ? path : `${above.key}#${above.inside.length}`,
    rows: looks[look] === "small" ? parseInt(name.replaceAll(",", "")) : 1,
  };
  above.inside.push(box);
  return open[level + 1] = box;
});
picture.replaceChildren(...boxes.map(box => box.drawn));

let zoomed = whole, measure = 0, current = null, shown = [];
const pixels = percent => percent * (picture.clientWidth || FULL) / 100;
const words = box => [box.type, box.facts[measure]].filter(Boolean).join(" · ");
const fitting = (name, share, width) => {
  const full = `${name} · ${share}`, letters = Math.floor((width - MARGIN) / LETTER);
  return width < READ ? "" : [full, name].find(text => text.length <= letters) ?? `${name.slice(0, letters - 1)}…`;
};

const put = (box, x, width, level) => {
  const [title, , text] = box.drawn.children, said = words(box);
  set(box.drawn, {
    x: `${x}%`, y: ROW * level, width: `${width}%`, height: ROW - 1, display: "inline", tabindex: -1,
    role: "treeitem", "aria-level": level + 1, "aria-label": `${box.where}, ${said}`,
  }).classList.toggle("passing", !!box.many);
  title.textContent = `${box.where}\n${said}`;
  text.textContent = fitting(box.name, (box.facts[measure] ?? "").split(" ").at(-1), pixels(width));
  shown.push(Object.assign(box, {level}));
};
/* Neighbours too small to be seen, as one in the place of the first. */
const together = boxes => {
  const name = `${grouped(boxes.reduce((sum, box) => sum + box.rows, 0))} small`, [first] = boxes;
  return {...first, name, where: name, type: "zoom in to see them", facts: [], path: first.above.path, inside: [], many: true};
};
const drawInside = (above, left, width, level) => {
  const held = above.inside.filter(box => box.values[measure]), drawn = [];
  const total = held.reduce((sum, box) => sum + box.values[measure], 0);
  let run = [], start = left, end = left;
  const flush = () => {
    const merged = run.length > 1 && (run.length < held.length || above === zoomed);
    if (merged || run.length === 1) drawn.push([merged ? together(run) : run[0], start, end - start]);
    run = [];
  };
  for (const box of held) {
    const size = width * box.values[measure] / total, small = pixels(size) < SEEN;
    if (!small) flush();
    if (!run.length) start = end;
    end += size;
    if (small) run.push(box); else drawn.push([box, start, size]);
    if (pixels(end - start) >= CLOSE) flush();
  }
  flush();
  for (const [box, x, size] of drawn) {
    const before = shown.length + 1;
    put(box, x, size, level);
    if (level + 1 < LEVELS && pixels(size) >= SEEN) drawInside(box, x, size, level + 1);
    if (box.inside.length) set(box.drawn, {"aria-expanded": shown.length > before}); else box.drawn.removeAttribute("aria-expanded");
  }
};
const draw = () => {
  for (const box of boxes) set(box.drawn, {display: "none"});
  shown = [];
  drawInside(zoomed, 0, 100, 0);
  set(picture, {height: ROW + ROW * Math.max(...shown.map(box => box.level))});
  current = shown.find(box => box.drawn === current?.drawn) ?? shown[0];
  current.drawn.tabIndex = 0;
  for (const each of legend) each.hidden = !shown.some(({drawn, many}) => !many && drawn.classList.contains(each.className));
};

const tell = box => {
  const link = element("a", {href: `#${encodeURIComponent(box.path)}`}, "Its row in the table");
  about.replaceChildren(element("code", {}, box.where), ` ${words(box)} `, trees.folded.some(row => row.above && row.first === box.path) ? link : "");
};
const show = () => {
  draw();
  tell(current);
  measures.forEach((button, index) => set(button, {"aria-pressed": index === measure}));
  trail.replaceChildren();
  for (let box = zoomed; box; box = box.above) {
    const to = box, made = button(box.name, () => zoom(to));
    if (box === zoomed) made.ariaCurrent = "true";
    trail.prepend(element("li", {}, made));
  }
};

/* Fill the picture as the address says; a link to a row leaves it as it is. */
const recall = () => {
  const [row] = location.hash.slice(1).split("?");
  if (row && !state.icicle) return;
  zoomed = boxes.find(box => box.inside.length && box.key === state.icicle) ?? whole;
  show();
};

const zoom = (box, from) => {
  const focused = picture.contains(document.activeElement);
  [zoomed, current] = [box, from];
  show();
  state.icicle = box.key;
  remember(remember.row, true);
  if (focused) current.drawn.focus();
};
const enter = ({inside, many, above}) => {
  if (inside.length) zoom(current);
  else if (many && above !== zoomed) zoom(above);
};
const beside = step => {
  const level = shown.filter(box => box.level === current.level);
  return level[level.indexOf(current) + step];
};
const keys = {
  ArrowDown: () => shown.find(box => box.above.drawn === current.drawn),
  ArrowUp: () => shown.find(box => box === current.above),
  ArrowLeft: () => beside(-1),
  ArrowRight: () => beside(1),
  Enter: () => enter(current),
  " ": () => enter(current),
};
figure.onkeydown = event => {
  if (withOther(event)) return;
  if (["Escape", "Backspace"].includes(event.key) && zoomed !== whole) zoom(zoomed.above, zoomed);
  else if (keys[event.key] && picture.contains(event.target)) keys[event.key]()?.drawn.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
};
figure.addEventListener("focusin", ({target}) => {
  if (target.parentNode !== picture) return;
  current.drawn.tabIndex = -1;
  target.tabIndex = 0;
  tell(current = shown.find(box => box.drawn === target));
});
picture.onclick = ({target}) => target !== picture && enter(current); // which has the focus by now
measures.forEach((button, index) => { button.onclick = () => show(measure = index); });
new ResizeObserver(() => picture.clientWidth && draw()).observe(picture);
set(picture, {role: "tree", "aria-orientation": "horizontal"});
for (const each of figure.querySelectorAll(".script")) each.hidden = false;
show();
recall();
followers.push(recall);
if (zoomed !== whole) {
  details.open = true;
  figure.scrollIntoView();
}
