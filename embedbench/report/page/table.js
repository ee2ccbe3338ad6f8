// The comparison: rows extractors, columns tasks.
const VIEWS = [["value", "score"], ["selectivity", "selectivity (task − control)"], ["control", "score on control labels"], ["best", "best single layer on dev"], ["seconds", "seconds"], ["memory", "peak memory (MB)"]];

function comparison() {
  const body = section("table", "Comparison", "Every value with half its 95 % interval (bootstrap over clusters: sentences, or documents where a cell says so). Bold is the best of a column, ≈ is what the paired test does not tell from it. A value opens its cell; a heading sorts.");
  const search = { rows: "", tasks: "" };
  const place = el("div");
  const subsets = [...new Set(D.cells.flatMap((cell) => Object.keys(cell.subsets ?? {})))];
  const views = [...VIEWS.filter(([name]) => ["value", "seconds", "memory"].includes(name) || D.cells.some((cell) => cell[name] !== undefined)), ...subsets.map((name) => [`subset:${name}`, `subset: ${name}`])];
  const again = () => place.replaceChildren(pivot(search), legend());
  body.append(
    el("div", { class: "controls" },
      el("label", {}, "Extractors", el("input", { type: "search", id: "filter-rows", placeholder: "filter, such as small", oninput: (e) => { search.rows = e.target.value; again(); } })),
      el("label", {}, "Tasks", el("input", { type: "search", id: "filter-tasks", placeholder: "filter, such as sim", oninput: (e) => { search.tasks = e.target.value; again(); } })),
      choice("Show", views, STATE.view, (value) => { STATE.view = value; again(); }),
      el("label", {}, el("input", { type: "checkbox", checked: STATE.shade, onchange: (e) => { STATE.shade = e.target.checked; again(); } }), "shade columns")),
    place);
  again();
}

const matches = (name, wanted) => wanted.toLowerCase().split(/\s+/).every((part) => name.toLowerCase().includes(part));

// What a view shows of a cell: [number to sort by, text, text beside].
function entry(cell) {
  const { metric } = taskOf(cell);
  const view = STATE.view;
  if (cell.status === "failed") return [null, "failed", ""];
  if (view.startsWith("subset:")) {
    const found = cell.subsets?.[view.slice(7)];
    return found ? [found[0], shown(found[0], metric), `±${shown((found[2] - found[1]) / 2, metric)}`] : [null, "–", ""];
  }
  if (view === "seconds") return [cell.seconds, count(Math.round(cell.seconds)), ""];
  if (view === "memory") return [cell.memory, count(Math.round(cell.memory / 1e6)), ""];
  if (view === "best") {
    const layer = cell.best === undefined ? null : single(cell, cell.best);
    return layer ? [layer[3], shown(layer[3], metric), `@${cell.best}`] : [null, "–", ""];
  }
  if (cell[view] === undefined) return [null, "–", ""];
  return view === "value" ? [cell.value, shown(cell.value, metric), `±${shown((cell.high - cell.low) / 2, metric)}`] : [cell[view], shown(cell[view], metric), ""];
}

const single = (cell, layer, labels = "task", metric = cell.metric) => cell.mixes.find((mix) => pooled(mix[0]) === `single:${layer}` && pooled(mix[1]) === labels && pooled(mix[2]) === metric);

function pivot(search) {
  const tasks = D.tasks.map((task, number) => number).filter((number) => matches(D.tasks[number].name, search.tasks));
  const at = new Map(D.cells.map((cell) => [`${cell.row} ${cell.task}`, cell]));
  const rows = D.rows.map((name, row) => ({ name, row })).filter(({ name }) => matches(name, search.rows));
  const range = new Map();
  const tops = new Map();
  for (const task of tasks) {
    const values = rows.map(({ row }) => at.get(`${row} ${task}`)).filter(Boolean).map((cell) => entry(cell)[0]).filter((value) => value !== null);
    range.set(task, [Math.min(...values), Math.max(...values)]);
    if (values.length > 1) tops.set(task, lowerIsBetter(task) ? Math.min(...values) : Math.max(...values));
  }
  const tied = new Map(D.verdicts.map((verdict) => [verdict.task, new Set(verdict.rivals.filter((rival) => rival[4] === false).map((rival) => rival[0]))]));
  const columns = [{ name: "extractor", left: true, key: (row) => row.name, cell: (row) => el("th", { scope: "row" }, row.name) }];
  for (const task of tasks) {
    const { name, metric } = D.tasks[task];
    columns.push({
      name: metric === "accuracy" ? name : `${name}*`,
      title: `${name}: ${metric}, ${D.tasks[task].unit}`,
      key: (row) => { const cell = at.get(`${row.row} ${task}`); return cell ? entry(cell)[0] : null; },
      cell: (row) => {
        const cell = at.get(`${row.row} ${task}`);
        if (!cell) return el("td", {}, "–");
        const [value, text, beside] = entry(cell);
        const [low, high] = range.get(task);
        const made = el("td", {}, el("button", { type: "button", class: "cell", onclick: () => openCell(cell), "aria-label": `${row.name}, ${name}: ${text} ${beside}` }, text, " ", el("span", { class: "beside" }, beside)));
        if (cell.status === "failed") made.classList.add("failed");
        if (value !== null && value === tops.get(task)) made.classList.add("best");
        if (STATE.view === "value" && tied.get(task)?.has(row.row)) made.classList.add("tied");
        if (STATE.shade && value !== null && high > low) {
          const part = (value - low) / (high - low);
          made.classList.add("shade");
          made.style.setProperty("--v", (lowerIsBetter(task) ? 1 - part : part).toFixed(3));
        }
        return made;
      },
    });
  }
  const made = sortable(columns, rows, { caption: "Extractors by tasks" });
  if (STATE.view === "value") made.querySelector("table").append(baselineRows(tasks));
  return made;
}

const lowerIsBetter = (task) => ["seconds", "memory"].includes(STATE.view) || !D.tasks[task].up;

// Baselines stand below a rule and are not sorted among the extractors.
function baselineRows(tasks) {
  const names = [...new Set(D.baselines.map(([name]) => name))];
  return el("tbody", { class: "baselines" }, names.map((name, place) => el("tr", { class: place === 0 ? "baseline first" : "baseline" }, el("th", { scope: "row", class: "pin l" }, name), tasks.map((task) => {
    const found = D.baselines.find((b) => b[0] === name && b[1] === task);
    const { metric } = D.tasks[task];
    return el("td", {}, found ? [shown(found[2], metric), " ", el("span", { class: "beside" }, `±${shown((found[4] - found[3]) / 2, metric)}`)] : "–");
  }))));
}

function legend() {
  const others = D.tasks.filter((task) => task.metric !== "accuracy");
  const groups = Map.groupBy ? Map.groupBy(others, (task) => task.metric) : others.reduce((m, t) => m.set(t.metric, [...(m.get(t.metric) ?? []), t]), new Map());
  return el("p", { class: "note" }, `Values in percent (correlations × 100) on test. Metric: accuracy${others.length ? "; * " : ""}`, [...groups].map(([metric, tasks]) => `${metric} for ${tasks.map((task) => task.name).join(", ")}`).join("; "), ".");
}
