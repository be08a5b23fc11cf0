"use strict";
for (const search of document.querySelectorAll(".search")) {
  const input = search.querySelector("input"), found = search.querySelector("span");
  const rows = [...document.getElementById(input.getAttribute("aria-controls")).tBodies[0].rows];
  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  search.hidden = false;
  input.addEventListener("input", () => {
    const wanted = fold(input.value.trim());
    for (const row of rows) row.hidden = !fold(row.cells[0].textContent).includes(wanted);
    const left = rows.filter(row => !row.hidden).length;
    const counts = [left, rows.length];
    found.textContent = wanted ? found.dataset.found.replace(/#/g, () => counts.shift()) : "";
  });
}
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const number = head.classList.contains("number");
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : number;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => {
        let place = 0;
        for (const cell of row.cells) {
          place += cell.colSpan;
          if (place > column) return cell.dataset.sort;
        }
      };
      const rows = [...body.rows].sort((a, b) => {
        const x = key(a), y = key(b);
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return (down ? -1 : 1) * (number ? x - y : order.compare(x, y));
      });
      body.append(...rows);
    });
  });
}
