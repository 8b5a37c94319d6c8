// The inventory: rows that are ticked, what is asked before an act, fields in place.

let ticked = new Set();

function ticks() {
  return [...document.querySelectorAll("[data-tick]")];
}

/** Show what is ticked: rows, the box of the page, the number in the bar. */
function show() {
  const all = ticks();
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("[data-row]").setAttribute("aria-selected", String(box.checked));
  const page = document.querySelector("[data-tick-page]");
  if (!page) return;
  page.checked = chosen.length > 0 && chosen.length === all.length;
  page.indeterminate = chosen.length > 0 && !page.checked;
  const every = document.querySelector("[data-tick-all]");
  if (every && chosen.length === 0) every.checked = false;
  const words = every?.checked ? "All selected" : `${chosen.length} selected`;
  document.querySelector("[data-ticked]").textContent = words;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-goes]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-tick-page]")) {
    for (const box of ticks()) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-tick], [data-tick-page], [data-tick-all]")) show();
});

document.addEventListener("reset", () => setTimeout(show));

// The list refreshes itself; what was ticked stays so while its row is there.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "key-table") return;
  const boxes = document.querySelectorAll("[data-tick]:checked, [data-tick-all]:checked");
  ticked = new Set([...boxes].map((box) => box.id));
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "key-table") {
    for (const id of ticked) {
      const box = document.getElementById(id);
      if (box && !box.disabled) box.checked = true;
    }
    show();
  }
  const dialog = document.querySelector("[data-asked]");
  if (event.detail.target === dialog && !dialog.open) dialog.showModal();
});

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-asked]");
  if (!dialog || !event.target.closest("[data-asked-close]")) return;
  event.preventDefault();
  dialog.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const form = event.target.closest("[data-cell-form]");
  if (!form) return;
  event.preventDefault();
  form.querySelector("[data-cell-cancel]").click();
});

// An address holds what was chosen, not every field that was left empty.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get" || !event.detail.elt.closest("[data-filters], .pager")) return;
  for (const name of [...event.detail.formData.keys()]) {
    if (event.detail.formData.getAll(name).every((value) => value === "")) event.detail.formData.delete(name);
  }
});

show();
