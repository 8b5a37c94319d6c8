// One answer while it comes, and after.

import { copyOf, fragment, show } from "./fragments.js";

const TICK = 100; // milliseconds

/** One lane of the conversation. Model text is only ever set as text. */
export class Lane {
  /**
   * @param {string} model
   * @param {string} letter of its column; none when it is the only one
   * @param {HTMLElement} [root] one that the server made; else a new one
   */
  constructor(model, letter, root) {
    this.root = root ?? copyOf("lane");
    this.text = this.root.dataset.keptText ?? "";
    this.frame = 0;
    if (root && !("coming" in root.dataset)) this.part("actions").hidden = false;
    if (root && !("coming" in root.dataset)) return;
    if (!root) this.name(model, letter);
    this.live();
  }

  name(model, letter) {
    this.part("model").textContent = model;
    this.part("letter").textContent = letter;
    this.part("letter").hidden = !letter;
    this.root.dataset.letter = letter;
    if (letter) this.root.setAttribute("aria-label", `Answer ${letter}, ${model}`);
  }

  /** Wait for what comes. */
  live() {
    this.began = performance.now();
    this.root.dataset.live = "";
    this.part("stop-one").hidden = !this.root.dataset.letter;
    this.root.setAttribute("aria-busy", "true");
    this.clock = setInterval(() => this.tell(), TICK);
    this.empty();
  }

  /** Forget what was drawn: an answer is always told from its beginning. */
  empty() {
    this.text = "";
    this.waiting = { text: "", reasoning: "" };
    this.shown = document.createTextNode("");
    this.thoughts = document.createTextNode("");
    this.part("text").replaceChildren(this.shown);
    this.part("reasoning-text").replaceChildren(this.thoughts);
  }

  /**
   * Say what is waited for.
   * @param {string} words
   */
  say(words) {
    const phase = this.part("phase");
    if (phase) phase.textContent = words;
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  /** @param {{key: string, team: string}} call */
  start(call) {
    this.empty();
    this.say("Waiting");
    this.root.dataset.paid = ""; // until it is known to have cost nothing
    if (call.key) this.part("key").textContent = `with ${call.key} of ${call.team}`;
  }

  /**
   * Take characters; they are drawn once per frame, however many events came.
   * @param {"text" | "reasoning"} kind
   * @param {string} text
   */
  add(kind, text) {
    this.waiting[kind] += text;
    this.say(kind === "text" ? "Writing" : "Thinking");
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    if (this.waiting.reasoning) {
      const details = this.part("reasoning");
      details.hidden = false;
      this.thoughts.appendData(this.waiting.reasoning);
      this.part("reasoning-note").textContent = `${this.thoughts.length.toLocaleString()} characters`;
    }
    this.shown.appendData(this.waiting.text);
    this.text += this.waiting.text;
    this.waiting = { text: "", reasoning: "" };
    this.root.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  tell() {
    const clock = this.part("clock");
    if (clock) clock.textContent = `${((performance.now() - this.began) / 1000).toFixed(1)} s`;
  }

  /**
   * Replace what was drawn by the answer as the server rendered it.
   * @param {{html: string, meter: string, text: string, ticks: number | null, seconds: number, notice?: string}} last
   */
  finish(last) {
    this.settle(last.notice ? fragment(last.notice) : null);
    this.text = this.root.dataset.keptText = last.text;
    this.root.toggleAttribute("data-paid", last.ticks !== 0);
    if (!last.notice) {
      this.root.dataset.seconds = last.seconds;
      if (last.ticks !== null) this.root.dataset.ticks = last.ticks;
    }
    if (last.html.trim()) this.part("answer").replaceChildren(fragment(last.html));
    else this.part("answer").hidden = true;
    this.part("meter").replaceChildren(fragment(last.meter));
  }

  /**
   * End without a last word of the server: what came stays as it is.
   * @param {Node} notice
   */
  fail(notice) {
    this.settle(notice);
    this.part("meter").replaceChildren();
    if (!this.text) this.part("answer").hidden = true;
  }

  /** @param {Node | null} notice */
  settle(notice) {
    clearInterval(this.clock);
    delete this.root.dataset.coming;
    cancelAnimationFrame(this.frame);
    this.draw();
    cancelAnimationFrame(this.frame);
    delete this.root.dataset.live;
    this.root.removeAttribute("aria-busy");
    this.root.querySelector(".caret")?.remove();
    this.root.dataset.keptText = this.text;
    show(this.part("notice"), notice);
    this.part("stop-one").hidden = true;
    this.part("actions").hidden = false;
    this.part("copy").hidden = !this.text;
  }
}
