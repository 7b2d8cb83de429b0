// The switches above the table, and the address: what is chosen stands in it, so that a link shows the same.

const tools = section.querySelector(".tools"), field = tools.querySelector("[type=search]");
const control = name => section.querySelector(`[name=${name}]`);
const flag = on => on ? "1" : "";
const usual = {q: "", sort: "", fold: flag(!island.unfolded), list: flag(control("list").defaultChecked), idle: "", columns: "", by: "", of: "", icicle: ""};

/** What else does as the address says. */
const followers = [];

const shownColumns = () => [...tools.querySelectorAll(".columns input")].filter(each => each.checked !== each.defaultChecked).map(each => each.name);

/** What is chosen now, in the words of the address; only what differs from how the page opens, and what others wrote. */
function chosen() {
  const now = {
    q: state.query, sort: state.sort && (state.down ? "" : "-") + state.sort, fold: flag(state.fold), list: flag(state.list),
    idle: flag(state.idle), columns: shownColumns().join(" "), by: ranking("by"), of: ranking("of"),
    icicle: state.icicle,
  };
  const others = [...new URLSearchParams(location.hash.split("?")[1])].filter(([name]) => !(name in usual));
  const parts = [...Object.entries(now).filter(([name, value]) => value !== usual[name]), ...others];
  return parts.length ? `?${new URLSearchParams(parts)}` : "";
}

const addressOf = row => encodeURIComponent(row.path && row.copies * row.times > 1 ? row.first : row.path);
const linkTo = row => `${location.href.split("#")[0]}#${addressOf(row)}`;

/** Write what is chosen into the address; a step that can be taken back where *step* says so. */
function remember(row, step = false) {
  remember.row = row;
  const hash = `#${row ? addressOf(row) : ""}${chosen()}`;
  if (hash === (location.hash || "#")) return;
  try {
    history[step ? "pushState" : "replaceState"](null, "", hash);
  } catch {
    // a frame without an address of its own: the page works, only the address does not follow
  }
  remember.hash = location.hash;
}

function decoded(hash) {
  try { return decodeURIComponent(hash); } catch { return hash; }
}

/** The row of a path, in the tree that is shown, or in the other one. */
function find(path) {
  const named = all => all.find(row => row.above && (row.path === path || (row.times > 1 && row.first === path)));
  return path && (named(rows()) ?? named(trees.folded) ?? named(trees.unfolded));
}

/** Do what the address says. */
function follow() {
  const raw = location.hash.slice(1), cut = raw.indexOf("?");
  const whole = find(decoded(raw)), path = whole || cut < 0 ? raw : raw.slice(0, cut);
  const asked = {...usual, ...Object.fromEntries(new URLSearchParams(whole || cut < 0 ? "" : raw.slice(cut + 1)))};
  remember.hash = location.hash;
  Object.assign(state, {query: asked.q, fold: !!asked.fold || !folds, list: !!asked.list, idle: !!asked.idle, icicle: asked.icicle});
  state.down = !asked.sort.startsWith("-");
  state.sort = asked.sort.replace("-", "") in values ? asked.sort.replace("-", "") : "";
  const turnedOn = asked.columns.split(" ");
  for (const each of tools.querySelectorAll(".columns input")) each.checked = each.defaultChecked !== turnedOn.includes(each.name);
  rankBy(asked);
  const row = whole || find(decoded(path));
  if (row) Object.assign(state, where(row));
  reflect();
  if (row) reveal(row); else draw();
  if (state.query) say(tally());
  for (const each of followers) each();
}

/** Let every switch and head show how things stand. */
function reflect() {
  field.value = state.query;
  for (const name of ["fold", "list", "idle"]) if (control(name)) control(name).checked = state[name];
  state.columns = new Set();
  for (const each of tools.querySelectorAll(".columns input")) {
    if (each.name in extra && each.checked) state.columns.add(each.name);
    table.classList.toggle(each.name in extra ? `with-${each.name}` : `without-${each.name}`, each.checked === (each.name in extra));
  }
  const hidden = tools.querySelectorAll(".columns input:not(:checked)").length - Object.keys(extra).length + state.columns.size;
  state.more = Math.max(0, state.columns.size - hidden);
  table.style.setProperty("--more", state.more);
  for (const head of table.tHead.rows[0].cells) {
    const sorted = head.dataset.key === state.sort;
    if (sorted) head.setAttribute("aria-sort", state.down ? "descending" : "ascending"); else head.removeAttribute("aria-sort");
  }
  const how = section.querySelector(".sorted"), head = table.tHead.querySelector("[aria-sort]");
  how.textContent = !head ? "" : `Sorted by ${(head.querySelector(".long") ?? head).textContent.trim().toLowerCase()}${state.list ? "" : ", each among its neighbours inside the same layer; as a list, all are compared"}.`;
  const banner = section.querySelector(".windowing");
  if (banner) banner.hidden = rows().length <= MOST;
  const idle = idleIn(state.fold ? trees.folded : trees.unfolded);
  if (control("idle")) control("idle").parentNode.hidden = !idle;
  if (idle) section.querySelector(".idle span").textContent = idleWords(idle);
}

/** Open a row, wherever it is, and bring it into sight. */
function reveal(row) {
  if (state.list && !row.works) state.list = false;
  if (row.idle) state.idle = true;
  search(rows());
  if (hits && !hits[row.at]) { state.query = ""; search(rows()); }
  for (let above = row.above; above; above = above.above) if (shut(above) && !turned.delete(above)) turned.add(above);
  active = row;
  reflect();
  draw();
  focusActive(true);
  toggle(row, true);
  for (const tr of body.querySelectorAll(".target")) tr.classList.remove("target");
  row.tr.classList.add("target");
}

/** Change what is shown, draw it, and note it in the address. */
function change(what, step = true) {
  if ("query" in what || "fold" in what) turned.clear();
  Object.assign(state, what, implied(what));
  if ("fold" in what && active) active = null;
  reflect();
  draw();
  say(tally());
  box.scrollTop = 0;
  remember(null, step);
}

const searchFor = query => change({query}, false);

const folds = trees.folded.length < island.modules;

function heads() {
  for (const head of table.tHead.rows[0].cells) {
    const asText = !ofNumbers.has(head.dataset.key);
    const sort = () => {
      const again = state.sort === head.dataset.key, back = again && state.down === asText;
      change(back ? {sort: "", down: true} : {sort: head.dataset.key, down: again ? !state.down : !asText});
    };
    const named = button("", sort);
    named.append(...head.childNodes);
    head.append(named);
  }
}

function start() {
  inPage();
  state.list = !!usual.list;
  for (const [key, [label, number]] of Object.entries(extra)) {
    if (!table.tHead.querySelector(`.${key}`)) table.tHead.rows[0].append(element("th", {scope: "col", class: `x ${key}${number ? " n" : ""}`, "data-key": key}, label));
  }
  tools.querySelector(".columns div").append(...island.switches.map(([name, label, shown]) =>
    element("label", {}, element("input", {type: "checkbox", name, ...(shown ? {checked: ""} : {})}), ` ${label}`)));
  heads();
  table.setAttribute("role", "treegrid");
  section.classList.add("live");
  tools.hidden = false;
  if (!folds) control("fold").parentNode.remove();
  field.addEventListener("input", () => searchFor(field.value));
  field.addEventListener("keydown", event => {
    if (event.key === "Escape") searchFor("");
    else if (["Enter", "ArrowDown"].includes(event.key) && list.length) { active = list.find(row => hits?.[row.at]) ?? list[0]; focusActive(); event.preventDefault(); }
  });
  for (const name of ["fold", "list", "idle"]) control(name)?.addEventListener("change", event => change({[name]: event.target.checked}));
  tools.querySelector(".columns").addEventListener("change", () => change({}));
  for (const [name, mostly] of [["expand", () => false], ["collapse", row => row.depth > 0]]) {
    control(name).addEventListener("click", () => { turned.clear(); mostlyShut = mostly; draw(); });
  }
  addEventListener("popstate", () => { if (location.hash !== remember.hash) follow(); });
  follow();
  // The first search need not wait for this.
  (window.requestIdleCallback ?? setTimeout)(() => rows().forEach(row => row.lower));
}
