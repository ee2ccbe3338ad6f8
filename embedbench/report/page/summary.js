// The summary in words, and who wins where.
function summarySection() {
  const body = section("summary", "Summary");
  body.append(el("ul", { class: "summary" }, D.summary.map((line) => el("li", {}, line))));
  const contested = D.verdicts.filter((verdict) => verdict.rivals.length);
  if (!contested.length) return;
  const metric = (verdict) => D.tasks[verdict.task].metric;
  const tests = D.verdicts.flatMap((verdict) => verdict.rivals).filter((rival) => rival[2] !== null).length;
  const columns = [
    { name: "task", left: true, key: (v) => D.tasks[v.task].name, cell: (v) => el("th", { scope: "row" }, el("button", { type: "button", class: "cell", onclick: () => { chooseTask(v.task); location.hash = "scores"; } }, D.tasks[v.task].name)) },
    { name: "best", left: true, key: (v) => D.rows[v.best], cell: (v) => el("td", {}, D.rows[v.best]) },
    { name: "score", key: (v) => v.value, cell: (v) => el("td", {}, shown(v.value, metric(v))) },
    { name: "second", left: true, key: (v) => D.rows[v.rivals[0][0]], cell: (v) => el("td", {}, D.rows[v.rivals[0][0]]) },
    { name: "score", key: (v) => v.rivals[0][1], cell: (v) => el("td", {}, shown(v.rivals[0][1], metric(v))) },
    { name: "lead", title: "points", key: (v) => Math.abs(v.value - v.rivals[0][1]), cell: (v) => el("td", {}, shown(Math.abs(v.value - v.rivals[0][1]), metric(v))) },
    { name: "p (Holm)", title: "paired permutation test of the best against the second, corrected for all tests of this page", key: (v) => v.rivals[0][3], cell: (v) => el("td", {}, probability(v.rivals[0][3])) },
    { name: "verdict", left: true, key: verdictText, cell: (v) => el("td", { class: `wrap ${v.rivals.some((rival) => rival[4] === false) ? "verdict-no" : v.rivals.every((rival) => rival[4]) ? "verdict-yes" : ""}` }, verdictText(v)) },
  ];
  body.append(el("h3", {}, "Who wins where"), sortable(columns, contested, { caption: "Best and second extractor of every task" }),
    el("p", { class: "note" }, `Paired permutation test over clusters (sentences, or documents where a cell says so), two-sided, of the best against its rivals on the same targets; corrected by Holm's method over all tasks together (${tests === 1 ? "1 test" : `${tests} tests`}). A task opens its scores below.`));
}

function verdictText(verdict) {
  const tied = verdict.rivals.filter((rival) => rival[4] === false).map((rival) => D.rows[rival[0]]);
  const untested = verdict.rivals.filter((rival) => rival[4] === null);
  if (tied.length) return `not separated from ${tied.slice(0, 4).join(", ")}${tied.length > 4 ? ` and ${tied.length - 4} more` : ""}`;
  if (untested.length === verdict.rivals.length) return `not tested: ${untested[0][5]}`;
  const tested = verdict.rivals.length - untested.length;
  return untested.length ? `separated from the ${tested === 1 ? "one that was" : `${tested} that were`} tested` : verdict.rivals.length === 1 ? "separated" : "separated from all others";
}
