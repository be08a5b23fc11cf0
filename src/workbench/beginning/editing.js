const part = (name, attributes = {}, text = "") => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
};

const field = (row, column, list) => {
  const label = `${column} of ${row.item}`;
  if (column !== "reversed") {
    const box = part("input", { "aria-label": label, name: column, ...(list && { list }) });
    box.value = row[column];
    return box;
  }
  const choice = part("select", { "aria-label": label, name: column });
  for (const word of ["no", "yes"]) choice.append(part("option", {}, word));
  choice.value = row[column];
  return choice;
};

let made = 0;

function render({ model, el }) {
  el.classList.add("wb-codebook");
  el.dataset.lmSuppressShortcuts = "";
  const known = part("datalist", { id: `wb-constructs-${made++}` });
  for (const name of model.get("constructs")) known.append(part("option", { value: name }));
  const status = part("p", { role: "status", "aria-live": "polite" });
  const table = part("table");
  const heads = part("tr");
  const columns = model.get("columns");
  for (const name of ["item", "wording", ...columns, "reason"]) heads.append(part("th", { scope: "col" }, name));
  const head = part("thead");
  head.append(heads);
  const body = part("tbody");
  for (const row of model.get("rows")) {
    const line = part("tr");
    line.append(part("th", { scope: "row" }, row.item), part("td", {}, row.wording));
    for (const column of columns) {
      const cell = part("td");
      const box = field(row, column, column === "construct" ? known.id : "");
      box.dataset.item = row.item;
      box.dataset.saved = row[column];
      cell.append(box);
      line.append(cell);
    }
    line.append(part("td", {}, row.reason));
    body.append(line);
  }
  table.append(part("caption", {}, model.get("title")), head, body);
  el.replaceChildren(status, table, known);

  const show = () => { status.textContent = model.get("status"); };
  const save = ({ target }) => {
    const value = target.value.trim();
    if (value === target.dataset.saved) return;
    target.dataset.saved = value;
    model.send({ item: target.dataset.item, column: target.name, value });
  };
  // JupyterLab takes the key Enter before it becomes a change.
  table.addEventListener("keydown", (event) => { if (event.key === "Enter") save(event); });
  for (const left of ["change", "focusout"]) table.addEventListener(left, save);
  model.on("change:status", show);
  show();
  return () => model.off("change:status", show);
}

export default { render };
