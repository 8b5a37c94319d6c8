// The tokens as chips. Only blocks near what is in view are in the page, so that a long
// text costs no more than a short one; one chip at a time is a tab stop.

const FEWEST = 150; // tokens of a block, before it ends at a line end
const MOST = 400; // tokens of a block, unless a character would be cut
const AHEAD = "500px 0px";
const GAP = 6; // pixels between a chip and what is told of it

/** @typedef {{tokens: import("./tokenize-store.js").Tokens, index: number, op: string}} Entry */
/** @typedef {{length: number, at: (n: number) => Entry}} Sequence */

/** A list of chips in a scrolling box. */
export class Chips {
  /**
   * @param {HTMLElement} list
   * @param {{tip: HTMLElement, look: () => {view: string, spaces: boolean}, told: (n: number, entry: Entry) => void}} parts
   */
  constructor(list, { tip, look, told }) {
    this.list = list;
    this.tip = tip;
    this.look = look;
    this.told = told;
    this.sequence = { length: 0, at: () => null };
    this.blocks = [];
    this.active = 0;
    this.observer = new IntersectionObserver((seen) => this.see(seen), { root: list, rootMargin: AHEAD });
    list.addEventListener("keydown", (event) => this.press(event));
    list.addEventListener("focusin", (event) => this.enter(event));
    list.addEventListener("focusout", () => this.hideTip());
    list.addEventListener("pointerover", (event) => this.point(event));
    list.addEventListener("pointerleave", (event) => this.leave(event));
    list.addEventListener("scroll", () => this.hideTip(), { passive: true });
    list.addEventListener("click", (event) => event.target.closest("[data-n]")?.focus({ preventScroll: true }));
    tip.addEventListener("pointerleave", (event) => this.leave(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hideTip();
    });
  }

  /** @param {Sequence} sequence */
  show(sequence) {
    this.hideTip();
    this.sequence = sequence;
    this.active = 0;
    this.observer.disconnect();
    this.blocks = this.cut().map(([from, to]) => ({ from, to, box: document.createElement("div"), drawn: false, height: 0 }));
    for (const block of this.blocks) {
      block.box.className = "tk-block";
      block.box.role = "presentation";
      this.reserve(block);
    }
    this.list.replaceChildren(...this.blocks.map((block) => block.box));
    this.list.scrollTop = 0;
    this.byBox = new Map(this.blocks.map((block) => [block.box, block]));
    for (const block of this.blocks) this.observer.observe(block.box);
    if (this.blocks.length) this.draw(this.blocks[0]);
  }

  /** Draw anew what is drawn, since it is looked at in another way. */
  redraw() {
    this.hideTip();
    for (const block of this.blocks) {
      block.height = 0;
      if (block.drawn) this.draw(block);
      else this.reserve(block);
    }
  }

  /** Move the focus to an entry, wherever it is. */
  focus(n) {
    const at = Math.max(0, Math.min(this.sequence.length - 1, n));
    const block = this.blockOf(at);
    if (!block) return;
    if (!block.drawn) this.draw(block);
    this.chip(at).scrollIntoView({ block: "nearest", inline: "nearest" });
    this.chip(at).focus({ preventScroll: true });
  }

  cut() {
    const cuts = [];
    let from = 0;
    for (let n = 1; n <= this.sequence.length; n += 1) {
      const before = this.sequence.at(n - 1);
      const full = n - from >= MOST || (n - from >= FEWEST && before.tokens.lineEnds.has(before.index));
      const next = n < this.sequence.length ? this.sequence.at(n) : null;
      if (next && (!full || next.tokens.joined.has(next.index))) continue;
      cuts.push([from, n]);
      from = n;
    }
    return cuts;
  }

  /** Keep about as much room as the block will take. */
  reserve(block) {
    if (!block.height) {
      const { view } = this.look();
      let letters = 0;
      let lines = 1;
      for (let n = block.from; n < block.to; n += 1) {
        const { tokens, index } = this.sequence.at(n);
        letters += view === "text" ? tokens.chars[index] : view === "ids" ? 6 : tokens.bytes(index).length * 3 + 1;
        if (view === "text") lines += tokens.lineEnds.get(index) ?? 0;
      }
      const columns = Math.max(10, this.list.clientWidth / 9);
      block.height = Math.ceil(lines / 1.5 + letters / columns) * 31;
    }
    block.box.dataset.sized = "";
    block.box.style.blockSize = `${block.height}px`;
  }

  blockOf(n) {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.blocks[middle].to <= n) low = middle + 1;
      else high = middle;
    }
    return this.blocks[low];
  }

  see(seen) {
    for (const { target, isIntersecting } of seen) {
      const block = this.byBox.get(target);
      if (!block) continue;
      if (isIntersecting && !block.drawn) this.draw(block);
      else if (!isIntersecting && block.drawn) this.clear(block);
    }
  }

  /** The block with the tab stop stays, or the keyboard would lose its place. */
  clear(block) {
    if (this.active >= block.from && this.active < block.to) return;
    block.height = block.box.offsetHeight;
    block.drawn = false;
    block.box.replaceChildren();
    this.reserve(block);
  }

  draw(block) {
    const focused = block.box.contains(document.activeElement);
    const nodes = [];
    let group = null;
    let before = null;
    for (let n = block.from; n < block.to; n += 1) {
      const chip = this.make(n);
      const { tokens, index } = this.sequence.at(n);
      const follows = before?.tokens === tokens && before.index === index - 1;
      before = { tokens, index };
      if (group && follows && tokens.joined.has(index)) group.append(chip);
      else if (tokens.joined.has(index + 1)) {
        group = this.grouped(tokens.share(index), chip);
        nodes.push(group);
      } else {
        group = null;
        nodes.push(chip);
      }
    }
    block.drawn = true;
    block.box.removeAttribute("style");
    block.box.replaceChildren(...nodes);
    if (focused) this.chip(this.active)?.focus({ preventScroll: true });
  }

  grouped(note, chip) {
    const group = document.createElement("span");
    group.className = "tk-group";
    group.role = "group";
    group.setAttribute("aria-label", note);
    group.append(chip);
    return group;
  }

  make(n) {
    const { tokens, index, op } = this.sequence.at(n);
    const chip = document.createElement("span");
    chip.className = "tk";
    chip.role = "option";
    chip.tabIndex = n === this.active ? 0 : -1;
    chip.dataset.n = n;
    chip.dataset.tint = index % 5;
    chip.setAttribute("aria-posinset", n + 1);
    chip.setAttribute("aria-setsize", this.sequence.length);
    chip.setAttribute("aria-selected", "false");
    if (tokens.notes.has(index)) chip.dataset.odd = "";
    if (op !== "same") {
      chip.dataset.op = op;
      chip.append(hidden(`${op}: `));
    }
    chip.append(...this.content(tokens, index));
    return chip;
  }

  content(tokens, index) {
    const { view, spaces } = this.look();
    if (view === "ids") return [`${tokens.id(index) ?? "?"} `];
    if (view === "bytes") return [`${tokens.hex(index).join(" ") || "?"} `];
    const nodes = tokens.pieces(index).map(({ text, kind }) => {
      if (kind === "plain") return text;
      const shown = spaces ? text : text.replaceAll("·", " ").replaceAll("↵", "");
      const mark = document.createElement("span");
      mark.className = text.length > 1 && !/^[·↵]+$/.test(text) ? "ws sign" : "ws";
      mark.textContent = shown;
      return mark;
    });
    return [...nodes, "\n".repeat(tokens.lineEnds.get(index) ?? 0)];
  }

  chip(n) {
    return this.list.querySelector(`[data-n="${n}"]`);
  }

  enter(event) {
    const chip = event.target.closest("[data-n]");
    if (!chip) return;
    const old = this.chip(this.active);
    if (old) {
      old.tabIndex = -1;
      old.setAttribute("aria-selected", "false");
    }
    const left = this.blockOf(this.active);
    this.active = Number(chip.dataset.n);
    chip.tabIndex = 0;
    chip.setAttribute("aria-selected", "true");
    if (left && left !== this.blockOf(this.active)) {
      this.observer.unobserve(left.box); // asked again whether it is in view
      this.observer.observe(left.box);
    }
    this.showTip(chip);
    this.told(this.active, this.sequence.at(this.active));
  }

  press(event) {
    if (!event.target.closest("[data-n]") || event.altKey || event.metaKey) return;
    const last = this.sequence.length - 1;
    const next = {
      ArrowRight: () => this.active + 1,
      ArrowLeft: () => this.active - 1,
      ArrowDown: () => this.vertical(1),
      ArrowUp: () => this.vertical(-1),
      PageDown: () => this.active + 100,
      PageUp: () => this.active - 100,
      Home: () => 0,
      End: () => last,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    this.focus(next());
  }

  /** Return the chip above or below, as the eye sees it. */
  vertical(step) {
    const here = this.chip(this.active).getClientRects()[0];
    let best = this.active;
    let row = null;
    for (let n = this.active + step; n >= 0 && n < this.sequence.length; n += step) {
      if (!this.chip(n)) {
        if (row !== null || Math.abs(n - this.active) > MOST * 2) break;
        this.draw(this.blockOf(n));
      }
      const there = this.chip(n).getClientRects()[0];
      if (!there || Math.abs(there.top - here.top) < here.height / 2) continue;
      if (row !== null && Math.abs(there.top - row) > here.height / 2) break;
      if (row === null || Math.abs(there.left - here.left) < Math.abs(this.chip(best).getClientRects()[0].left - here.left)) best = n;
      row = there.top;
    }
    return best === this.active ? this.active + step : best;
  }

  point(event) {
    const chip = event.target.closest("[data-n]");
    if (chip) this.showTip(chip);
  }

  leave(event) {
    if (event.relatedTarget === this.tip || this.tip.contains(event.relatedTarget)) return;
    const chip = document.activeElement?.closest?.("[data-n]");
    if (chip && this.list.contains(chip)) this.showTip(chip);
    else this.hideTip();
  }

  showTip(chip) {
    if (this.tipped === chip) return;
    this.hideTip();
    const n = Number(chip.dataset.n);
    const entry = this.sequence.at(n);
    this.tip.replaceChildren(...facts(entry, n, this.sequence.length));
    this.tip.showPopover();
    this.tipped = chip;
    chip.setAttribute("aria-describedby", this.tip.id);
    const [rect] = chip.getClientRects();
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const above = rect.top - height - GAP;
    this.tip.style.left = `${Math.max(GAP, Math.min(rect.left, innerWidth - width - GAP))}px`;
    this.tip.style.top = `${above > 0 ? above : rect.bottom + GAP}px`;
  }

  hideTip() {
    this.tipped?.removeAttribute("aria-describedby");
    this.tipped = null;
    if (this.tip.matches(":popover-open")) this.tip.hidePopover();
  }
}

function hidden(text) {
  const node = document.createElement("span");
  node.className = "vh";
  node.textContent = text;
  return node;
}

function line(tag, className, ...content) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...content);
  return node;
}

/** Return what is told of a token, as nodes; everything in them is text. */
export function facts({ tokens, index, op }, n, count) {
  const hex = tokens.hex(index);
  const share = tokens.share(index);
  const note = tokens.notes.get(index);
  const shown = tokens.pieces(index).map(({ text }) => text).join("");
  const [first] = tokens.group(index);
  const bytes = [...hex.slice(0, 24), ...(hex.length > 24 ? ["…"] : [])].join(" ");
  return [
    line("b", "", `${op === "same" ? "" : `${op}, `}token ${(n + 1).toLocaleString()} of ${count.toLocaleString()}`),
    line("span", "mono", `“${shown}”`),
    line("span", "mono", `id ${tokens.id(index) ?? "not told"}`),
    line("span", "mono", hex.length ? `${hex.length} ${hex.length === 1 ? "byte" : "bytes"}: ${bytes}` : "bytes not told"),
    ...(share ? [line("span", "", `${share}, this is part ${index - first + 1}`)] : []),
    ...(note ? [line("span", "", note)] : []),
  ];
}
