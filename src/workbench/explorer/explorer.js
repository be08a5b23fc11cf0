const part = (name, attributes = {}) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

// A control is known by what it does: it is another element after every change.
const known = control => {
  const { do: does, op, lhs, rhs } = (control.closest("form") ?? control).dataset;
  return [does, op, lhs, rhs, control.name, control.type].join("\n");
};

function render({ model, el }) {
  el.classList.add("wb-explorer");
  el.tabIndex = -1;
  el.setAttribute("role", "group");
  const title = part("p", { class: "wb-title" });
  const status = part("p", { class: "wb-status", role: "status", "aria-live": "polite" });
  const controls = part("div", { class: "wb-controls" });
  const results = part("div", { class: "wb-results" });
  el.replaceChildren(title, status, controls, results);

  const every = () => [...controls.querySelectorAll("button, select, input")];
  const show = () => {
    const held = every().find(control => control === document.activeElement);
    const chosen = new Map(every()
      .filter(control => control.matches("form select"))
      .map(control => [known(control), control.value]));
    el.setAttribute("aria-label", model.get("title"));
    title.textContent = model.get("title");
    status.textContent = model.get("status");
    controls.innerHTML = model.get("controls");
    results.innerHTML = model.get("results");
    for (const control of every().filter(control => chosen.has(known(control)))) {
      const before = chosen.get(known(control));
      if ([...control.options].some(option => option.value === before)) control.value = before;
    }
    // Arrows and letters are for what has the focus, and no shortcuts of JupyterLab's.
    for (const one of [el, ...el.querySelectorAll("[tabindex]"), ...every()]) one.dataset.lmSuppressShortcuts = "";
    if (held) (every().find(control => known(control) === known(held)) ?? el).focus();
    el.removeAttribute("aria-busy");
  };
  const send = message => {
    el.setAttribute("aria-busy", "true");
    model.send(message);
  };

  controls.addEventListener("change", ({ target }) => {
    const { do: does, op, lhs, rhs } = target.dataset;
    if (does === "choose") send({ do: does, name: target.name, value: target.value });
    if (does === "item") send({ do: target.checked ? "add" : "drop", op, lhs, rhs });
  });
  controls.addEventListener("click", ({ target }) => {
    const { do: does, op, lhs, rhs } = target.dataset;
    if (does === "copy") navigator.clipboard.writeText(results.querySelector("code").textContent);
    else if (does === "undo") send({ do: does });
    else if (does === "add" || does === "drop") send({ do: does, op, lhs, rhs });
  });
  controls.addEventListener("submit", event => {
    event.preventDefault();
    const { lhs, rhs } = event.target.elements;
    send({ do: "add", op: event.target.dataset.op, lhs: lhs.value, rhs: rhs.value });
  });
  model.on("change:changes", show);
  show();
  return () => model.off("change:changes", show);
}

export default { render };
