// A table whose columns sort by a click or the Enter key. `columns`: {name, title, left, key(row), cell(row) -> td}.
function sortable(columns, rows, { pinned = true, sorted = null, caption = "" } = {}) {
  const body = el("tbody");
  const order = { column: sorted?.column ?? null, down: sorted?.down ?? false };
  const heads = columns.map((column, place) => {
    const button = el("button", { type: "button", title: column.title }, column.name);
    const head = el("th", { scope: "col", class: [column.left ? "l" : "", pinned && place === 0 ? "pin" : ""].join(" ").trim() || null }, button);
    button.addEventListener("click", () => {
      // Numbers are read from the greatest down first, names from A.
      order.down = order.column === place ? !order.down : !column.left;
      order.column = place;
      fill();
    });
    return head;
  });
  function fill() {
    const keyed = rows.map((row, place) => [order.column === null ? null : columns[order.column].key(row), place, row]);
    if (order.column !== null) keyed.sort((a, b) => compare(a, b, order.down));
    heads.forEach((head, place) => head.setAttribute("aria-sort", order.column === place ? (order.down ? "descending" : "ascending") : "none"));
    body.replaceChildren(...keyed.map(([, , row]) => el("tr", { class: row.class ?? null }, columns.map((column, place) => {
      const cell = column.cell(row);
      if (column.left) cell.classList.add("l");
      if (pinned && place === 0) cell.classList.add("pin");
      return cell;
    }))));
  }
  fill();
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, el("table", {}, caption ? el("caption", { class: "skip" }, caption) : null, el("thead", {}, el("tr", {}, heads)), body));
}

// Missing values come last, whichever way; equals keep their order.
function compare([a, at], [b, bt], down) {
  if (a === null || b === null) return a === b ? at - bt : a === null ? 1 : -1;
  const side = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
  return (down ? -side : side) || at - bt;
}
