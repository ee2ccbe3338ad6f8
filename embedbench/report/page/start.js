// Puts the page together, and again whenever the served records change.
function build() {
  document.querySelectorAll("main > section").forEach((old) => old.remove());
  redraws.length = 0; waiting.clear(); drawn.clear();
  STATE.rows ??= new Set(D.strength.slice(0, 8));
  if (STATE.task === null || STATE.task >= D.tasks.length) STATE.task = firstTask();
  document.getElementById("byline").textContent = `${count(D.cells.length)} cells · ${count(D.rows.length)} extractors · ${count(D.tasks.length)} tasks · newest ${D.newest.slice(0, 16).replace("T", " ")} UTC`;
  // A sweep that has just begun has nothing to compare yet.
  const sections = !D.cells.length ? [progressSection, notesSection] : [summarySection, progressSection, comparison, scoresSection, layersSection, weightsSection, labelsSection, subsetsSection, examplesSection, alignmentSection, costSection, cellsSection, configurationsSection, notesSection];
  sections.forEach((make) => make());
  document.getElementById("nav").replaceChildren(...[...document.querySelectorAll("main > section")].map((made) => el("a", { href: `#${made.id}` }, made.dataset.short)));
  document.documentElement.dataset.ready = "yes";
}

// The task with most extractors that has labels, layers and subsets to show.
function firstTask() {
  const worth = (number) => cellsOf(number).filter((cell) => cell.value !== undefined).length * 4 + (number in D.labels ? 2 : 0) + (cellsOf(number).some((cell) => cell.subsets) ? 1 : 0);
  return D.tasks.map((task, number) => number).sort((a, b) => worth(b) - worth(a) || a - b)[0] ?? 0;
}

// What a served page tells of cells that run; a report on disk has none.
function progressSection() {
  if (!D.progress) return;
  const body = section("progress", "Progress");
  body.append(el("p", { class: "lede" }, D.progress.told));
  if (!D.progress.running.length) return;
  body.append(sortable([
    { name: "folder", left: true, key: (r) => r[0], cell: (r) => el("th", { scope: "row" }, r[0]) },
    { name: "state", left: true, key: (r) => r[1], cell: (r) => el("td", {}, r[1]) },
  ], D.progress.running, { caption: "Cells under way" }));
}

const THEMES = ["auto", "light", "dark"];
function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
  document.getElementById("theme").textContent = `Theme: ${name}`;
  try { localStorage.setItem("embedbench-theme", name); } catch { /* a page from disk may have no storage */ }
}
function storedTheme() { try { return localStorage.getItem("embedbench-theme"); } catch { return null; } }
let theme = THEMES.includes(storedTheme()) ? storedTheme() : "auto";
setTheme(theme);
document.getElementById("theme").addEventListener("click", () => { theme = THEMES[(THEMES.indexOf(theme) + 1) % 3]; setTheme(theme); });

build();
if (D.live) follow(D.live);

async function follow(seconds) {
  let known = D.state;
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000 * seconds));
    try {
      const told = await (await fetch("state.json", { cache: "no-store" })).json();
      document.getElementById("live").textContent = told.told;
      if (told.state === known) continue;
      D = await (await fetch("data.json", { cache: "no-store" })).json();
      known = D.state;
      const at = window.scrollY;
      build();
      window.scrollTo(0, at);
    } catch { document.getElementById("live").textContent = "The server does not answer; the page shows what it last said."; }
  }
}
