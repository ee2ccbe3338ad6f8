// The charts of the chosen task and the chosen extractors.
const redraws = [];

function glyph(row) {
  const { colour, dash, shape } = style(row);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", 26); svg.setAttribute("height", 12); svg.setAttribute("aria-hidden", "true");
  const part = (name, attributes) => { const made = document.createElementNS("http://www.w3.org/2000/svg", name); for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v); svg.append(made); };
  part("line", { x1: 1, x2: 25, y1: 6, y2: 6, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash.join(" ") });
  const outline = { circle: "M13 2a4 4 0 1 0 .01 0z", square: "M9.5 2.5h7v7h-7z", "triangle-up": "M13 2l4.5 8h-9z", "triangle-down": "M13 10l4.5-8h-9z", diamond: "M13 1.5l4 4.5-4 4.5-4-4.5z", cross: "M11.5 2h3v2.5h2.5v3h-2.5V10h-3V7.5H9v-3h2.5z", "triangle-right": "M17 6l-8 4.5v-9z", "triangle-left": "M9 6l8 4.5v-9z" }[shape];
  part("path", { d: outline, fill: colour });
  return svg;
}

function chips() {
  const made = chipRow();
  const told = () => `Extractors in the charts: ${STATE.rows.size} of ${D.rows.length}`;
  const head = el("summary", {}, told());
  redraws.push(() => { head.textContent = told(); });
  return el("details", { class: "rows", open: D.rows.length <= 8 }, head, made);
}

function chipRow() {
  return el("div", { class: "chips", role: "group", "aria-label": "Extractors in the charts" }, D.rows.map((name, row) => el("button", { type: "button", class: "chip", "data-row": row, "aria-pressed": STATE.rows.has(row), onclick: () => toggleRow(row) }, glyph(row), name)));
}

function toggleRow(row) {
  if (STATE.rows.has(row)) STATE.rows.delete(row); else STATE.rows.add(row);
  document.querySelectorAll(`.chip[data-row="${row}"]`).forEach((chip) => chip.setAttribute("aria-pressed", STATE.rows.has(row)));
  redraw();
}

function chooseTask(task) {
  STATE.task = Number(task);
  document.querySelectorAll("select.task").forEach((select) => { if ([...select.options].some((option) => option.value === String(STATE.task))) select.value = String(STATE.task); });
  redraw();
}

// A select of the task in focus; all of them show the same task, or their first where that one has nothing for them.
function taskChoice(able = () => true) {
  const label = choice("Task", D.tasks.map((task, number) => [number, task.name]).filter(([number]) => able(number)), focus(able), chooseTask);
  label.querySelector("select").classList.add("task");
  return label;
}

const focus = (able) => (able(STATE.task) ? STATE.task : D.tasks.findIndex((task, number) => able(number)));

function redraw() { redraws.forEach((again) => again()); }

// Charts far below are drawn when they come near; all of them before printing.
const waiting = new Map();
const near = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => { near.unobserve(e.target); waiting.get(e.target)?.(); waiting.delete(e.target); }), { rootMargin: "600px" });
function whenNear(place, action) { waiting.set(place, action); near.observe(place); }
function drawAll() { const actions = [...waiting.values()]; waiting.clear(); return Promise.all(actions.map((action) => action())); }
window.addEventListener("beforeprint", drawAll);

function lazily(place, action) {
  let seen = false;
  const again = () => (seen ? action() : null);
  redraws.push(again);
  whenNear(place, () => { seen = true; return action(); });
}

function scoresSection() {
  const body = section("scores", "Scores of one task", "Dots with 95 % intervals, the best above; dashed lines are baselines. The extractors chosen here are those of all charts.", "Scores");
  const place = el("div", { class: "chart" });
  body.append(el("div", { class: "controls" }, taskChoice()), chips(), place);
  lazily(place, () => {
    const task = D.tasks[STATE.task];
    const verdict = D.verdicts.find((v) => v.task === STATE.task);
    const told = new Map((verdict?.rivals ?? []).map((r) => [r[0], r[4] === true ? `separated, p (Holm) ${probability(r[3])}` : r[4] === false ? `not separated, p (Holm) ${probability(r[3])}` : `not tested: ${r[5]}`]));
    const cells = cellsOf(STATE.task).filter((cell) => cell.value !== undefined && visible(cell)).sort((a, b) => (task.up ? b.value - a.value : a.value - b.value));
    const points = cells.map((cell, at) => ({ row: D.rows[cell.row], place: at, value: cell.value, low: cell.low, high: cell.high, told: withHalf(cell.value, cell.low, cell.high, task.metric), verdict: verdict?.best === cell.row ? "is the best" : told.get(cell.row) ?? "", ...style(cell.row) }));
    const baselines = D.baselines.filter((b) => b[1] === STATE.task).map((b) => ({ name: b[0], value: b[2], told: withHalf(b[2], b[3], b[4], task.metric) }));
    levels(baselines, points, place.clientWidth);
    return draw(place, "forest", { points, baselines }, { unit: `${task.metric}, ${task.unit}`, label: `${task.metric} of extractors on ${task.name}` });
  });
}

// Names of baselines that lie close together go on lines of their own, three at most; the axis runs from the least to the greatest of all.
function levels(baselines, points, width) {
  const all = [...baselines.map((b) => b.value), ...points.flatMap((p) => [p.low, p.high])];
  const pixels = (0.85 * width) / Math.max(1e-9, Math.max(...all) - Math.min(...all));
  const ends = [-Infinity, -Infinity, -Infinity];
  for (const baseline of baselines.sort((a, b) => a.value - b.value)) {
    const at = baseline.value * pixels;
    const free = ends.findIndex((end) => end <= at);
    baseline.level = free < 0 ? ends.indexOf(Math.min(...ends)) : free;
    ends[baseline.level] = at + 6 * baseline.name.length + 12;
  }
}

function layersSection() {
  const curved = D.tasks.map((task, number) => number).filter((task) => cellsOf(task).some((cell) => layerPoints(cell, "task").length > 1));
  if (!curved.length) return;
  const body = section("layers", "Layers", "Scores of single layers with 95 % bands; layer 0 is the context-free input layer. An extractor with one layer is a point.");
  const metrics = [...new Set(D.cells.flatMap((cell) => cell.mixes.map((mix) => pooled(mix[2]))))].filter((name) => ["codelength", "compression"].includes(name));
  const controlled = D.cells.some((cell) => layerPoints(cell, "control").length);
  const state = { what: "task", relative: false, from: 0 };
  const each = 12;
  const place = el("div", { class: "grid" });
  const again = () => { place.replaceChildren(...curved.slice(state.from, state.from + each).map((task) => layerChart(task, state))); };
  redraws.push(() => place.childElementCount && again());
  const pages = Math.ceil(curved.length / each);
  body.append(el("div", { class: "controls" },
    choice("Show", [["task", "score"], ...(controlled ? [["control", "score on control labels"]] : []), ...metrics.map((name) => [name, `${name} of the train labels`])], "task", (value) => { state.what = value; again(); }),
    choice("Across", [["number", "layer number"], ["depth", "relative depth"]], "number", (value) => { state.relative = value === "depth"; again(); }),
    pages > 1 ? choice("Tasks", [...Array(pages).keys()].map((page) => [page * each, `${D.tasks[curved[page * each]].name} – ${D.tasks[curved[Math.min(curved.length, (page + 1) * each) - 1]].name}`]), 0, (value) => { state.from = Number(value); again(); }) : null),
  chips(), place);
  again();
}

function layerPoints(cell, what) {
  const labels = what === "control" ? "control" : "task";
  const metric = ["codelength", "compression"].includes(what) ? what : cell.metric;
  return pooled(cell.layers).map((name, layer) => [layer, name, single(cell, layer, labels, metric)]).filter(([, , mix]) => mix);
}

function layerChart(task, state) {
  const place = el("div", { class: "chart" });
  const metric = ["codelength", "compression"].includes(state.what) ? state.what : D.tasks[task].metric;
  whenNear(place, () => {
    const points = cellsOf(task).filter(visible).flatMap((cell) => {
      const found = layerPoints(cell, state.what);
      const top = pooled(cell.layers).length - 1;
      return found.map(([layer, name, mix]) => ({ row: D.rows[cell.row], x: state.relative ? (top ? layer / top : 0) : layer, layer: `${layer} ${name}`, value: mix[3], low: mix[4], high: mix[5], single: found.length === 1, told: withHalf(mix[3], mix[4], mix[5], metric), ...style(cell.row) }));
    });
    const unit = metric === "codelength" ? "bits" : metric === "compression" ? "compression" : `${metric}, %`;
    return draw(place, "layers", { points }, { x: state.relative ? "depth (0 input, 1 top)" : "layer", y: unit, label: `${state.what} of single layers on ${D.tasks[task].name}` });
  });
  return el("div", {}, el("h3", {}, D.tasks[task].name), place);
}

function weightsSection() {
  const able = D.rows.map((name, row) => row).filter((row) => D.cells.some((cell) => cell.row === row && cell.weights && cell.weights[0].length > 1));
  if (!able.length) return;
  const body = section("weights", "Mix weights", "What the learned scalar mix gives every layer, mean over seeds; tasks from the lowest centre of gravity up. Layers are standardised before they are mixed. A weight is not an importance: layers hold much of the same.");
  const deepest = Math.max(...D.cells.filter((c) => c.weights).map((c) => c.weights[0].length));
  let row = D.strength.find((r) => able.includes(r) && D.cells.some((c) => c.row === r && c.weights?.[0].length === deepest)) ?? able[0];
  const place = el("div", { class: "chart" });
  const again = () => {
    const cells = D.cells.filter((cell) => cell.row === row && cell.weights);
    const top = Math.max(...cells.flatMap((cell) => cell.weights[0]));
    const weights = cells.flatMap((cell) => {
      return cell.weights[0].map((weight, layer) => ({ task: taskOf(cell).name, layer, name: pooled(cell.layers)[layer], weight, heavy: weight > 0.6 * top, centre: cell.centre, told: `${weight.toFixed(3)} (seeds ${cell.weights[1][layer].toFixed(3)} to ${cell.weights[2][layer].toFixed(3)})` }));
    });
    return draw(place, "weights", { weights }, { x: "layer", label: `mix weights of ${D.rows[row]}` });
  };
  body.append(el("div", { class: "controls" }, choice("Extractor", able.map((r) => [r, D.rows[r]]), row, (value) => { row = Number(value); again(); })), place);
  whenNear(place, again);
}

function subsetsSection() {
  const able = (task) => cellsOf(task).some((cell) => cell.subsets);
  if (!D.tasks.some((task, number) => able(number))) return;
  const body = section("subsets", "Subsets of the test targets", "Words that training saw or did not see, words that have one label or several there, and the parts that a task names itself.", "Subsets");
  const place = el("div", { class: "chart" });
  body.append(el("div", { class: "controls" }, taskChoice(able)), chips(), place);
  lazily(place, () => {
    const at = focus(able);
    const task = D.tasks[at];
    const cells = cellsOf(at).filter((cell) => visible(cell) && cell.value !== undefined);
    const names = ["whole", ...new Set(cells.flatMap((cell) => Object.keys(cell.subsets ?? {})))];
    const points = cells.flatMap((cell) => names.map((subset, line) => {
      const found = subset === "whole" ? [cell.value, cell.low, cell.high, cell.n] : cell.subsets?.[subset];
      return found && { row: D.rows[cell.row], order: D.strength.indexOf(cell.row), subset, place: line, value: found[0], low: found[1], high: found[2], n: found[3], told: withHalf(found[0], found[1], found[2], task.metric), ...style(cell.row) };
    }).filter(Boolean));
    return draw(place, "subsets", { points }, { unit: `${task.metric}, ${task.unit}`, label: `subsets of ${task.name}` });
  });
}
