(() => {
  "use strict";
  const table = document.getElementById("rows");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const fields = ["text", "problem", "operator", "method", "status"].map((name) => document.getElementById(`filter-${name}`));
  const shown = document.getElementById("shown");

  // An empty cell has nothing to say, and stands last whichever way the column is sorted.
  const key = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.value;
    return given === undefined ? cell.textContent.toLowerCase() : given === "" ? null : Number(given);
  };

  const sort = (column, direction) => {
    const rows = [...body.rows].map((row) => [key(row, column), Number(row.dataset.place), row]);
    rows.sort(([a, p], [b, q]) => {
      if (a === null || b === null) return a === b ? p - q : a === null ? 1 : -1;
      if (a === b) return p - q;
      return (a < b ? -1 : 1) * direction;
    });
    body.append(...rows.map(([, , row]) => row));
    heads.forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };

  const filter = () => {
    const [text, ...chosen] = fields.map((field) => field.value.trim().toLowerCase());
    let count = 0;
    for (const row of body.rows) {
      const fits = chosen.every((value, at) => !value || row.dataset[fields[at + 1].id.slice(7)] === value);
      row.hidden = !(fits && text.split(/\s+/).every((word) => row.textContent.toLowerCase().includes(word)));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = `${count} of ${body.rows.length} rows`;
  };

  heads.forEach((head, at) => {
    head.firstElementChild.addEventListener("click", () => sort(at, head.getAttribute("aria-sort") === "ascending" ? -1 : 1));
  });
  document.getElementById("sort").addEventListener("change", (event) => sort(Number(event.target.value), 1));
  fields.forEach((field) => field.addEventListener("input", filter));
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filters").hidden = false;
  filter();
})();
