// What is made from predictions: labels, confusion, disagreements.
function labelsSection() {
  const able = (task) => task in D.labels;
  if (!Object.keys(D.labels).length) return;
  const body = section("labels", "Labels", "F1 of every label, and what its targets are taken for: rows are gold, columns predicted, in percent of the gold label; the diagonal is right. Counts of all seeds together.");
  const scores = el("div", { class: "chart" });
  const confusion = el("div", { class: "chart" });
  const note = el("p", { class: "note" });
  const pick = el("span");
  let row = null;
  body.append(el("div", { class: "controls" }, taskChoice(able), pick), chips(), el("div", { class: "two" }, el("div", {}, el("h3", {}, "F1 by label"), scores), el("div", {}, el("h3", {}, "Confusion"), confusion)), note);
  lazily(scores, () => {
    const task = D.tasks[focus(able)].name;
    const table = D.labels[focus(able)];
    const names = Object.keys(table.cells);
    if (!names.includes(row)) row = names[0];
    pick.replaceChildren(choice("Confusion of", names.map((name) => [name, name]), row, (value) => { row = value; drawConfusion(confusion, table, row); }));
    const points = names.filter((name) => STATE.rows.has(D.rows.indexOf(name))).flatMap((name) => table.cells[name].scores.map(([precision, recall, f1], label) => ({ row: name, label: table.labels[label], place: label, precision, recall, f1, n: table.support[label], ...style(D.rows.indexOf(name)) })));
    note.textContent = `${count(table.labels.length)} of ${count(table.known)} labels have scores of their own here, the commonest first; the confusion tells ${table.confused.length} apart.`;
    return Promise.all([draw(scores, "labels", { points }, { label: `F1 by label on ${task}` }), drawConfusion(confusion, table, row)]);
  });
}

function drawConfusion(place, table, row) {
  const counts = table.cells[row].confusion.flatMap((line, gold) => line.map((share, said) => ({ gold: table.confused[gold], said: table.confused[said], line: gold, column: said, share, right: gold === said, text: share >= 0.95 ? share.toFixed(0) : "" })));
  return draw(place, "confusion", { counts }, { label: `confusion of ${row}` });
}

function examplesSection() {
  const able = (task) => task in D.examples;
  if (!Object.keys(D.examples).length) return;
  const body = section("disagreements", "Where two extractors disagree", "Targets that one of the two has right and the other wrong, from all over the test set; the answer is that of most seeds.", "Disagreements");
  const pick = el("span", { class: "controls" });
  const place = el("div");
  const pair = [null, null];
  body.append(el("div", { class: "controls" }, taskChoice(able), pick), place);
  const again = () => {
    const found = D.examples[focus(able)];
    const names = Object.keys(found.said);
    if (!names.includes(pair[0])) pair[0] = names[0];
    if (!names.includes(pair[1]) || pair[1] === pair[0]) pair[1] = names.find((name) => name !== pair[0]);
    pick.replaceChildren(...[0, 1].map((side) => choice(side ? "and" : "between", names.map((name) => [name, name]), pair[side], (value) => { pair[side] = value; again(); })));
    place.replaceChildren(...exampleTable(found, pair));
  };
  redraws.push(again);
  again();
}

function exampleTable(found, pair) {
  const rows = found.targets.map((target, k) => ({ target, sentence: found.sentences[k], gold: found.gold[k], said: pair.map((name) => found.said[name][k]), text: found.texts?.[k] })).filter((row) => (row.said[0] === row.gold) !== (row.said[1] === row.gold));
  const name = (label) => found.names[label] ?? String(label);
  const answer = (row, side) => el("td", { class: row.said[side] === row.gold ? "right" : "wrong" }, row.said[side] === row.gold ? "✓ " : "✗ ", name(row.said[side]));
  const columns = [
    { name: "target", key: (row) => row.target, cell: (row) => el("th", { scope: "row" }, count(row.target)) },
    { name: "sentence", key: (row) => row.sentence, cell: (row) => el("td", {}, count(row.sentence)) },
    { name: "gold", left: true, key: (row) => name(row.gold), cell: (row) => el("td", {}, name(row.gold)) },
    ...[0, 1].map((side) => ({ name: pair[side], left: true, key: (row) => name(row.said[side]), cell: (row) => answer(row, side) })),
  ];
  if (found.texts) columns.push({ name: "words", left: true, key: (row) => marked(row.text).textContent, cell: (row) => el("td", { class: "wrap" }, marked(row.text)) });
  const [mine, theirs] = found.only[pair[1]] && pair[0] === found.best ? [found.only[pair[1]][1], found.only[pair[1]][0]] : [null, null];
  const told = mine === null ? "" : ` Of ${count(found.asked)} targets, ${pair[0]} alone has ${count(mine)} right and ${pair[1]} alone ${count(theirs)}.`;
  return [rows.length ? sortable(columns, rows, { caption: "Targets with different answers" }) : el("p", { class: "note" }, "None of the targets kept on this page tells these two apart."),
    el("p", { class: "note" }, `${rows.length} of ${found.targets.length} targets that this page keeps for the task.${told}${found.texts ? "" : " Numbers count from 0 in the test split; embedbench report --text puts the words here."}`)];
}

// Spans of a target stand between the marks U+0002 and U+0003.
function marked(text) {
  const parts = (text ?? "").split(/[\u0002\u0003]/);
  return el("span", {}, parts.map((part, k) => (k % 2 ? el("mark", {}, part) : part)));
}
