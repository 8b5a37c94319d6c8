// A grid of buttons with one tab stop: arrows move, Home and End go to the ends of a row,
// with Ctrl to the ends of the grid. Enter and Space press, as on any button.

const CELL = "button[name=cell]";

const STEPS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

function gridOf(cell) {
  const rows = cell.closest("[data-matrix]").querySelectorAll("tbody tr");
  return [...rows].map((row) => [...row.querySelectorAll(CELL)]);
}

/**
 * Return the cell that a key leads to, or undefined where it leads nowhere.
 * @param {HTMLElement} cell
 * @param {KeyboardEvent} event
 * @returns {HTMLElement | undefined}
 */
export function target(cell, event) {
  const grid = gridOf(cell);
  const row = grid.findIndex((cells) => cells.includes(cell));
  const column = grid[row].indexOf(cell);
  if (event.key === "Home") return event.ctrlKey ? grid[0][0] : grid[row][0];
  if (event.key === "End") return (event.ctrlKey ? grid.at(-1) : grid[row]).at(-1);
  const [down, right] = STEPS[event.key] ?? [0, 0];
  return down || right ? grid[row + down]?.[column + right] : undefined;
}

function setStop(cell) {
  for (const other of cell.closest("[data-matrix]").querySelectorAll(`${CELL}[tabindex="0"]`)) {
    other.tabIndex = -1;
  }
  cell.tabIndex = 0;
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest(`[data-matrix] ${CELL}`);
  if (!cell || event.altKey || event.metaKey) return;
  const next = target(cell, event);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

document.addEventListener("focusin", (event) => {
  const cell = event.target.closest(`[data-matrix] ${CELL}`);
  if (cell) setStop(cell);
});

document.addEventListener("click", (event) => {
  const cell = event.target.closest(`[data-matrix] ${CELL}`);
  if (!cell) return;
  for (const other of cell.closest("[data-matrix]").querySelectorAll('[aria-pressed="true"]')) {
    other.setAttribute("aria-pressed", "false");
  }
  cell.setAttribute("aria-pressed", "true");
  setStop(cell);
});

// On a small window the reason stands below the matrix.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "why") event.detail.elt.scrollIntoView({ block: "nearest" });
});
