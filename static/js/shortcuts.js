// One key for what is done often. Never while somebody types, never with Ctrl, Alt or Meta.

const ROWS = "[data-row]";

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) {
    field.focus();
    field.select();
  } else {
    document.querySelector("[data-search-link]")?.click();
  }
}

/**
 * Move the focus to the link of the next or previous row.
 * @param {number} step 1 or -1
 */
function move(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest(ROWS));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  (rows[next].querySelector("[data-row-link]") ?? rows[next].querySelector("a, button"))?.focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

function checkNow() {
  const row = document.activeElement?.closest(ROWS);
  (row ?? document).querySelector("[data-check-now]")?.click();
}

function select() {
  document.activeElement?.closest(ROWS)?.querySelector("[data-tick]")?.click();
}

/** Put the key of the row in focus into the first free side of the comparison. */
function compare() {
  const form = document.querySelector("#compare-form");
  if (!form) return;
  const row = document.activeElement?.closest("[data-compare]");
  if (!row) {
    form.querySelector("input[type=search]").focus();
    return;
  }
  const section = form.closest("section");
  const sides = [...form.querySelectorAll("select")];
  if (sides.some((side) => side.value === row.dataset.compare)) return;
  const side = sides.find((each) => !each.value) ?? sides.at(-1);
  const known = [...side.options].some((option) => option.value === row.dataset.compare);
  if (!known) side.add(new Option(row.dataset.label, row.dataset.compare));
  side.value = row.dataset.compare;
  const picked = sides.map((each) => each.value);
  for (const each of document.querySelectorAll("[data-compare]")) {
    each.toggleAttribute("data-picked", picked.includes(each.dataset.compare));
  }
  side.dispatchEvent(new Event("change", { bubbles: true }));
  if (sides.every((each) => each.value)) {
    document.addEventListener("htmx:afterSettle", () => section.scrollIntoView(), { once: true });
  }
}

function estimate() {
  document.querySelector("[data-estimate-link]")?.click();
}

function help() {
  document.querySelector("#shortcuts")?.showModal();
}

const ACTIONS = {
  "/": search,
  "?": help,
  j: () => move(1),
  k: () => move(-1),
  r: checkNow,
  c: compare,
  e: estimate,
  x: select,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts-open]")) help();
});

if (window.location.hash === "#search") search();
