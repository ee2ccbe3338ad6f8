// What every part of the page uses. Text reaches the page through textContent and attributes only, never as markup.
let D = JSON.parse(document.getElementById("data").textContent);
const SPECS = JSON.parse(document.getElementById("specs").textContent);
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left"];
const DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [4, 2, 1, 2], [1, 3], [10, 2, 2, 2, 2, 2]];
const STATE = { task: null, rows: null, view: "value", shade: true };

// An element with attributes and children; strings become text.
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !key.startsWith("aria-"))) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== "").map((c) => (c instanceof Node ? c : String(c))));
  return made;
}

const pooled = (number) => D.pool[number];
const taskOf = (cell) => D.tasks[cell.task];
const digits = (metric) => (metric === "codelength" ? 0 : metric === "compression" || metric === "gender_bias" ? 2 : 1);

function shown(value, metric) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits(metric), maximumFractionDigits: digits(metric) });
}

const withHalf = (value, low, high, metric) => `${shown(value, metric)} ±${shown((high - low) / 2, metric)}`;
const count = (n) => n.toLocaleString("en");
const megabytes = (bytes) => (bytes ? `${count(Math.round(bytes / 1e6))} MB` : "–");
const kilobytes = (bytes) => (bytes ? `${count(Math.max(1, Math.round(bytes / 1e3)))} kB` : "–");

function duration(seconds) {
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function probability(p) {
  if (p === null) return "–";
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

// Colour, dash and marker of a row; the same wherever the row is shown.
// The strongest eight differ in colour; further rows repeat colours with other dashes and markers.
function style(row) {
  const rank = D.strength.indexOf(row);
  const round = Math.floor(rank / 8);
  return { colour: `var(--s${rank % 8})`, dash: DASHES[(rank + round) % 8], shape: SHAPES[(rank + 3 * round) % 8] };
}

function cellsOf(task) {
  return D.cells.filter((cell) => cell.task === task);
}

const visible = (cell) => STATE.rows.has(cell.row);

function section(id, title, lede, short = title) {
  const body = el("div");
  const made = el("section", { id, "aria-labelledby": `${id}-title`, "data-short": short }, el("h2", { id: `${id}-title` }, title), lede ? el("p", { class: "lede" }, lede) : null, body);
  document.getElementById("main").append(made);
  return body;
}

function choice(label, values, current, change) {
  const select = el("select", { onchange: (event) => change(event.target.value) }, values.map(([value, text]) => el("option", { value, selected: String(value) === String(current) }, text)));
  return el("label", {}, label, select);
}

// Discrete lines of a chart: a product of the different values of these fields.
const LINES = { forest: ["row"], weights: ["task"], labels: ["label"], confusion: ["gold"], subsets: ["subset", "row"], cost: ["row"] };
const lines = (name, points) => LINES[name].reduce((product, field) => product * new Set(points.map((point) => point[field])).size, 1);

// Draws a chart; "@name" in the specification's titles is replaced by what `words` says.
const drawn = new Map();
async function draw(place, name, datasets, words = {}) {
  if (!Object.values(datasets)[0].length) {
    drawn.get(place)?.finalize();
    drawn.delete(place);
    place.replaceChildren(el("p", { class: "note" }, words.empty ?? "None of the chosen extractors has anything here."));
    return;
  }
  const text = JSON.stringify(SPECS[name], (key, value) => (typeof value === "string" && value.startsWith("@") ? words[value.slice(1)] ?? "" : value));
  const spec = { ...JSON.parse(text), datasets };
  if (spec.height.step) spec.height = spec.height.step * lines(name, Object.values(datasets)[0]) + 8;
  drawn.get(place)?.finalize();
  try {
    const result = await window.vegaEmbed(place, spec, { mode: "vega-lite", renderer: "svg", actions: false, logLevel: 1, tooltip: { theme: "custom" } });
    drawn.set(place, result);
    const svg = place.querySelector("svg");
    if (svg) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", words.label ?? name);
    }
  } catch (error) {
    place.replaceChildren(el("p", { class: "note" }, `This chart could not be drawn: ${error}`));
    throw error;
  }
}
