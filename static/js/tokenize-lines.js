// A table of lines of which only those in view are in the page.

const ROW = 34; // pixels, as in the style sheet
const AROUND = 8; // rows above and below what is in view
const MOST = 100_000; // a browser draws no box that is much higher

/** The counts of each line. */
export class Lines {
  /**
   * @param {HTMLElement} box what scrolls, with a table in it
   * @param {{note: HTMLElement, go: (token: number) => void}} parts
   */
  constructor(box, { note, go }) {
    this.box = box;
    this.table = box.querySelector("table");
    this.body = box.querySelector("tbody");
    this.note = note;
    this.lines = [];
    this.drawn = "";
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    this.body.addEventListener("click", (event) => {
      const button = event.target.closest("[data-first]");
      if (button) go(Number(button.dataset.first));
    });
  }

  /** @param {{first: number, tokens: number, chars: number}[]} lines */
  show(lines) {
    this.lines = lines.slice(0, MOST);
    this.most = this.lines.reduce((most, line) => Math.max(most, line.tokens), 1);
    this.table.setAttribute("aria-rowcount", lines.length + 1);
    const cut = lines.length > MOST ? `the first ${MOST.toLocaleString()} of ` : "";
    this.note.textContent = `${cut}${lines.length.toLocaleString()} ${lines.length === 1 ? "line" : "lines"}`;
    this.box.scrollTop = 0;
    this.drawn = "";
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - AROUND);
    const shown = Math.ceil(this.box.clientHeight / ROW) + 2 * AROUND;
    const end = Math.min(this.lines.length, first + shown);
    const now = `${first} ${end} ${this.lines.length}`;
    if (now === this.drawn) return;
    this.drawn = now;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.line : "";
    const rows = this.lines.slice(first, end).map((line, at) => this.row(line, first + at));
    this.body.replaceChildren(spacer(first), ...rows, spacer(this.lines.length - end));
    this.body.querySelector(`[data-line="${focused}"]`)?.focus({ preventScroll: true });
  }

  row(line, at) {
    const row = document.createElement("tr");
    row.setAttribute("aria-rowindex", at + 2);
    const head = document.createElement("th");
    head.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "linkish";
    button.dataset.first = line.first;
    button.dataset.line = at;
    button.textContent = (at + 1).toLocaleString();
    button.disabled = !line.tokens;
    head.append(button);
    row.append(head, cell(line.chars.toLocaleString()), cell(line.tokens.toLocaleString()), cell(line.chars ? (line.tokens / line.chars).toFixed(2) : "n/a"));
    return row;
  }
}

function cell(text) {
  const node = document.createElement("td");
  node.className = "num";
  node.textContent = text;
  return node;
}

function spacer(rows) {
  const row = document.createElement("tr");
  const node = document.createElement("td");
  row.setAttribute("aria-hidden", "true");
  row.hidden = rows === 0;
  row.className = "gap";
  node.colSpan = 4;
  node.dataset.sized = "";
  node.style.blockSize = `${rows * ROW}px`;
  row.append(node);
  return row;
}
