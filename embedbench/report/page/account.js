// Alignment, cost, all cells, configurations, notes.
function alignmentSection() {
  const body = section("alignment", "Alignment", "What became of the words on their way into vectors: words without a piece, out of vocabulary, read through windows, folded. Nothing is dropped silently.");
  const seen = new Map();
  for (const cell of D.cells) {
    for (const [split, counts] of Object.entries(pooled(cell.alignment))) {
      const key = JSON.stringify([cell.row, split, counts]);
      if (seen.has(key)) seen.get(key).tasks.push(taskOf(cell).name);
      else seen.set(key, { row: D.rows[cell.row], split, counts, tasks: [taskOf(cell).name] });
    }
  }
  const rows = [...seen.values()];
  if (!rows.length) { body.append(el("p", { class: "note" }, "No finished cell tells of it.")); return; }
  const names = ["words", ...new Set(rows.flatMap((row) => Object.keys(row.counts)).filter((name) => name !== "words"))];
  const misfit = (name) => /piece|vocabulary|windowed|folded|unknown|left_out/.test(name);
  const ofWords = (name) => /piece|vocabulary|windowed|folded/.test(name);
  const odd = rows.filter((row) => names.some((name) => misfit(name) && row.counts[name]));
  const columns = [
    { name: "extractor", left: true, key: (row) => row.row, cell: (row) => el("th", { scope: "row" }, row.row) },
    { name: "split", left: true, key: (row) => row.split, cell: (row) => el("td", {}, row.split) },
    ...names.map((name) => ({ name: name.replaceAll("_", " "), key: (row) => row.counts[name] ?? null, cell: (row) => el("td", {}, row.counts[name] === undefined ? "–" : count(row.counts[name]), ofWords(name) && row.counts[name] && row.counts.words ? el("span", { class: "beside" }, ` ${(100 * row.counts[name] / row.counts.words).toFixed(1)} %`) : null) })),
    { name: "tasks", left: true, key: (row) => row.tasks.join(", "), cell: (row) => el("td", { class: "wrap" }, row.tasks.join(", ")) },
  ];
  const place = el("div");
  const again = (all) => place.replaceChildren(sortable(columns, all ? rows : odd, { caption: "Alignment" }));
  if (odd.length && odd.length < rows.length) body.append(el("div", { class: "controls" }, el("label", {}, el("input", { type: "checkbox", onchange: (e) => again(e.target.checked) }), `also the ${count(rows.length - odd.length)} corpora of which every word was taken whole`)));
  body.append(place);
  again(!odd.length);
}

function costSection() {
  const done = D.cells.filter((cell) => cell.phases.length);
  if (!done.length) return;
  const total = done.reduce((sum, cell) => sum + cell.seconds, 0);
  const body = section("cost", "Cost", `${duration(total)} in all for ${count(done.length)} cells, as recorded: vectors that were already in the store cost nothing again. Largest memory of a process ${megabytes(Math.max(...done.map((cell) => cell.memory)))}; records and predictions take ${megabytes(D.cells.reduce((sum, cell) => sum + cell.bytes, 0))}.`);
  const place = el("div", { class: "chart" });
  body.append(place);
  const sums = new Map();
  for (const cell of done) for (const [phase, seconds] of cell.phases) { const key = `${cell.row} ${phase}`; sums.set(key, [cell.row, phase, (sums.get(key)?.[2] ?? 0) + seconds]); }
  const totals = D.rows.map((name, row) => done.filter((cell) => cell.row === row).reduce((sum, cell) => sum + cell.seconds, 0));
  const order = ["data", "extraction", "probing", "codelength", "scoring"];
  const phases = [...sums.values()].map(([row, phase, seconds]) => ({ row: D.rows[row], phase, seconds, place: -totals[row], step: order.indexOf(phase) }));
  whenNear(place, () => draw(place, "cost", { phases }, { label: "seconds per phase and extractor" }));
}

function cellsSection() {
  const body = section("cells", "All cells", "One row per cell. Opening one shows its mixes, alignment, cost and whole configuration.");
  const search = { text: "", status: "all", limit: 200 };
  const place = el("div");
  const columns = [
    { name: "extractor", left: true, key: (c) => D.rows[c.row], cell: (c) => el("th", { scope: "row" }, el("button", { type: "button", class: "cell", onclick: () => openCell(c) }, D.rows[c.row])) },
    { name: "task", left: true, key: (c) => taskOf(c).name, cell: (c) => el("td", {}, taskOf(c).name) },
    { name: "probe", left: true, key: (c) => c.probe, cell: (c) => el("td", {}, c.probe) },
    { name: "mix", left: true, key: (c) => c.mix ?? null, cell: (c) => el("td", {}, c.mix ?? "–") },
    { name: "metric", left: true, key: (c) => c.metric, cell: (c) => el("td", {}, c.metric) },
    { name: "score", key: (c) => c.value ?? null, cell: (c) => el("td", { class: c.status === "failed" ? "failed" : null }, c.status === "failed" ? "failed" : c.value === undefined ? "–" : withHalf(c.value, c.low, c.high, c.metric)) },
    { name: "selectivity", key: (c) => c.selectivity ?? null, cell: (c) => el("td", {}, shown(c.selectivity, c.metric)) },
    { name: "layer", title: "best single layer on dev", key: (c) => c.best ?? null, cell: (c) => el("td", {}, c.best ?? "–") },
    { name: "seeds", key: (c) => c.seeds?.length ?? null, cell: (c) => el("td", {}, c.seeds?.length ?? "–") },
    { name: "targets", key: (c) => c.n ?? null, cell: (c) => el("td", {}, c.n === undefined ? "–" : count(c.n)) },
    { name: "seconds", key: (c) => c.seconds, cell: (c) => el("td", {}, count(Math.round(c.seconds))) },
    { name: "memory", key: (c) => c.memory, cell: (c) => el("td", {}, megabytes(c.memory)) },
    { name: "on disk", key: (c) => c.bytes, cell: (c) => el("td", {}, kilobytes(c.bytes)) },
    { name: "finished", left: true, key: (c) => c.finished, cell: (c) => el("td", {}, c.finished.slice(0, 16).replace("T", " ")) },
  ];
  const again = () => {
    const found = D.cells.filter((c) => (search.status === "all" || c.status === search.status) && matches([D.rows[c.row], taskOf(c).name, c.probe, c.metric, c.mix ?? "", c.id].join(" "), search.text));
    const cut = found.slice(0, search.limit);
    place.replaceChildren(sortable(columns, cut, { caption: "All cells" }), el("p", { class: "note", id: "cells-count" }, `${count(cut.length)} of ${count(found.length)} cells. `, cut.length < found.length ? el("button", { type: "button", onclick: () => { search.limit = Infinity; again(); } }, "show all") : null));
  };
  body.append(el("div", { class: "controls" },
    el("label", {}, "Find", el("input", { type: "search", id: "filter-cells", placeholder: "extractor, task, probe …", oninput: (e) => { search.text = e.target.value; again(); } })),
    choice("Status", [["all", "all"], ["done", "finished"], ["failed", "failed"]], "all", (value) => { search.status = value; again(); })), place);
  again();
}

function openCell(cell) {
  const dialog = document.getElementById("cell") ?? document.body.appendChild(el("dialog", { id: "cell", "aria-labelledby": "cell-title" }));
  const config = Object.fromEntries(Object.entries(pooled(cell.config)).map(([key, number]) => [key, pooled(number)]));
  const mixes = cell.mixes.map(([mix, labels, metric, value, low, high, epochs, dev]) => ({ mix: pooled(mix), labels: pooled(labels), metric: pooled(metric), value, low, high, epochs, dev }));
  const columns = [
    { name: "mix", left: true, key: (m) => m.mix, cell: (m) => el("th", { scope: "row" }, m.mix) },
    { name: "labels", left: true, key: (m) => m.labels, cell: (m) => el("td", {}, m.labels) },
    { name: "metric", left: true, key: (m) => m.metric, cell: (m) => el("td", {}, m.metric) },
    { name: "score", key: (m) => m.value, cell: (m) => el("td", {}, withHalf(m.value, m.low, m.high, m.metric)) },
    { name: "dev × 100", title: "mean over seeds of the score that stopped the training", key: (m) => m.dev, cell: (m) => el("td", {}, m.dev === null ? "–" : m.dev.toFixed(1)) },
    { name: "epochs", title: "until the best parameters, mean over seeds", key: (m) => m.epochs || null, cell: (m) => el("td", {}, m.epochs ? m.epochs : "–") },
  ];
  const pairs = [["identity", cell.id], ["status", cell.status], ["probe", cell.probe], ["mix shown", cell.mix ?? "–"], ["score", cell.value === undefined ? "–" : `${withHalf(cell.value, cell.low, cell.high, cell.metric)} (${cell.metric}, ${count(cell.n)} targets in ${count(cell.clusters)} ${cell.cluster}s)`], ["seeds", cell.seeds?.map((value) => shown(value, cell.metric)).join(", ") ?? "–"], ["parameters", cell.parameters ? count(cell.parameters) : "–"], ["cost", cell.phases.map(([name, seconds]) => `${name} ${duration(seconds)}`).join(", ") || "–"], ["memory", megabytes(cell.memory)], ["on disk", kilobytes(cell.bytes)], ["started", cell.started], ["finished", cell.finished]];
  const block = (title, value) => el("details", {}, el("summary", {}, title), el("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2)));
  dialog.replaceChildren(
    el("header", {}, el("h2", { id: "cell-title" }, `${D.rows[cell.row]} × ${taskOf(cell).name}`), el("button", { type: "button", onclick: () => dialog.close() }, "Close")),
    cell.error ? el("div", {}, el("p", { class: "wrong" }, `${cell.error[0]}: ${cell.error[1]}`), cell.error[2] ? block("Traceback", cell.error[2]) : null) : "",
    el("dl", { class: "pairs" }, pairs.flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)])),
    el("div", {}, (cell.told ?? []).map((line) => el("p", { class: "note" }, line))),
    mixes.length ? sortable(columns, mixes, { caption: "Mixes" }) : "",
    block("Configuration", config), block("Alignment", pooled(cell.alignment)), block("Environment", pooled(cell.environment)), block("Fingerprints", pooled(cell.fingerprints)));
  dialog.showModal();
}

function configurationsSection() {
  const body = section("configurations", "Configurations", "Every resolved configuration. What all cells share stands first; then, part by part, what differs and for which cells.");
  const keys = [...new Set(D.cells.flatMap((cell) => Object.keys(pooled(cell.config))))];
  const shared = {};
  const differing = [];
  for (const key of keys) {
    const values = new Map();
    for (const cell of D.cells) { const number = pooled(cell.config)[key]; values.set(number, [...(values.get(number) ?? []), cell]); }
    if (values.size === 1 && !values.has(undefined)) shared[key] = pooled([...values.keys()][0]);
    else differing.push([key, values]);
  }
  body.append(el("h3", {}, "Shared by all cells"), el("pre", {}, JSON.stringify(shared, null, 2)));
  for (const [key, values] of differing) {
    const made = el("details", { class: "config" }, el("summary", {}, `${key}: ${count(values.size)} different`));
    // Thousands of blocks are made only for a reader who opens them.
    made.addEventListener("toggle", () => {
      if (made.childElementCount > 1) return;
      for (const [number, cells] of values) made.append(el("p", { class: "note" }, who(cells)), el("pre", {}, number === undefined ? "(not set)" : JSON.stringify(pooled(number), null, 2)));
    });
    body.append(made);
  }
}

function who(cells) {
  const rows = [...new Set(cells.map((cell) => D.rows[cell.row]))];
  const tasks = [...new Set(cells.map((cell) => taskOf(cell).name))];
  const short = (names) => (names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", "));
  return `${short(rows)} on ${short(tasks)}`;
}

function notesSection() {
  const body = section("notes", "Notes");
  const failed = D.cells.filter((cell) => cell.error);
  const lines = [...failed.map((cell) => `failed: ${D.rows[cell.row]} × ${taskOf(cell).name} × ${cell.probe}: ${cell.error[1]}`), ...D.notes,
    "Scores of subsets, mixes and layers are of the test split; layers are chosen on dev alone.",
    "Not on this page, since records do not hold them: learning curves of probes (a record keeps each member's epochs and dev score; open a cell) and the likeness of layers (CKA: embedbench geometry)."];
  const told = (some) => el("ul", { class: "summary plain" }, some.map((line) => el("li", {}, line)));
  const few = 12;
  body.append(told(lines.slice(-2)), lines.length > 2 ? told(lines.slice(0, -2).slice(0, few)) : "");
  const rest = lines.slice(0, -2).slice(few);
  if (rest.length) body.append(el("details", {}, el("summary", {}, `${count(rest.length)} further notes`), told(rest)));
}
