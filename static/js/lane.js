// One answer while it comes, and after.

import { copyOf, fragment, show } from "./fragments.js";

const TICK = 100; // milliseconds

/** One lane of the conversation. Model text is only ever set as text. */
export class Lane {
  /** @param {string} model */
  constructor(model) {
    this.root = copyOf("lane");
    this.text = "";
    this.shown = document.createTextNode("");
    this.thoughts = document.createTextNode("");
    this.waiting = { text: "", reasoning: "" };
    this.frame = 0;
    this.began = performance.now();
    this.part("model").textContent = model;
    this.part("text").append(this.shown);
    this.part("reasoning-text").append(this.thoughts);
    this.root.dataset.live = "";
    this.root.setAttribute("aria-busy", "true");
    this.clock = setInterval(() => this.tell(), TICK);
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
    this.part("key").textContent = `with ${call.key} of ${call.team}`;
  }

  /**
   * Take characters; they are drawn once per frame, however many events came.
   * @param {"text" | "reasoning"} kind
   * @param {string} text
   */
  add(kind, text) {
    this.waiting[kind] += text;
    const phase = this.part("phase");
    if (phase) phase.textContent = kind === "text" ? "Writing" : "Thinking";
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
   * @param {{html: string, meter: string, text: string, notice?: string}} last
   */
  finish(last) {
    this.text = last.text;
    this.settle(last.notice ? fragment(last.notice) : null);
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
    cancelAnimationFrame(this.frame);
    this.draw();
    cancelAnimationFrame(this.frame);
    delete this.root.dataset.live;
    this.root.removeAttribute("aria-busy");
    this.root.querySelector(".caret")?.remove();
    show(this.part("notice"), notice);
    this.part("actions").hidden = false;
    this.part("copy").hidden = !this.text;
  }
}
