// Up to four columns that answer the same prompt, each with a model and parameters.
//
// The fields of the page show one column, the chosen one; those of the others are kept
// here. Without a choice there is one column, and nothing of this is seen.

import { restore } from "./fields.js";
import { keyOf, payerOf } from "./payers.js";

const LETTERS = "ABCD";
const OWN = ["model", "team"]; // of each column, also where the parameters are the same
const PASSING = ["csrfmiddlewaretoken", "turns"]; // of the page as it stands
const SHARED = [...PASSING, "system"]; // of all columns, always

/** @typedef {Record<string, string[]>} Fields */

class Columns {
  /** @param {HTMLFormElement} form the composer, to which all fields belong */
  constructor(form) {
    this.form = form;
    this.number = 1;
    this.chosen = 0;
    /** @type {Fields[]} */
    this.kept = [];
    this.bar = document.querySelector("[data-columns]");
    this.tabs = document.querySelector("[data-column-tabs]");
    this.same = document.querySelector("[data-same]");
    this.bar.addEventListener("change", ({ target }) => this.make(Number(target.value)));
    this.tabs.addEventListener("change", ({ target }) => this.choose(Number(target.value)));
    this.same.addEventListener("change", () => this.show());
    document.addEventListener("model-facts", () => this.show());
    document.addEventListener("change", ({ target }) => {
      if (target.form === form && target.name === "team") this.show();
    });
  }

  /** @returns {Fields} the fields of the chosen column, as they stand in the page */
  fields() {
    return fieldsOf(new FormData(this.form), SHARED);
  }

  /** @returns {Record<string, Fields>} what each column would send, for `takeUp` */
  all() {
    return Object.fromEntries(Array.from({ length: this.number }, (_, column) => [column, fieldsOf(this.bodyOf(column), PASSING)]));
  }

  /**
   * Return what to send for one column.
   * @param {number} column
   * @returns {FormData}
   */
  bodyOf(column) {
    const body = new FormData(this.form);
    if (column === this.chosen) return body;
    const own = this.kept[column];
    const names = this.same.checked ? OWN : [...new Set([...body.keys(), ...Object.keys(own)])];
    for (const name of names) {
      if (SHARED.includes(name)) continue;
      body.delete(name);
      for (const value of own[name] ?? []) body.append(name, value);
    }
    return body;
  }

  /**
   * @param {number} column
   * @returns {{choice: HTMLInputElement | undefined, team: string | undefined}} its model, and the team that was chosen to pay
   */
  ownOf(column) {
    const { model, team } = column === this.chosen ? this.fields() : this.kept[column];
    return { choice: this.models().find(({ value }) => value === model?.[0]), team: team?.[0] };
  }

  /**
   * @param {number} column
   * @returns {string} the name of its model, to show
   */
  modelOf(column) {
    return this.ownOf(column).choice?.closest("[data-choice]").querySelector("[data-name]").textContent ?? "No model";
  }

  /**
   * @param {number} column
   * @returns {import("./payers.js").Payer | undefined} whose key it runs with
   */
  payerOf(column) {
    const { choice, team } = this.ownOf(column);
    const { payers } = JSON.parse(choice?.dataset.facts ?? '{"payers":[]}');
    return payerOf(payers, team);
  }

  /** Say with which keys the columns run; of which column each is, where they differ. */
  tellKeys() {
    /** @type {Map<string, {payer: object | undefined, letters: string[]}>} */
    const runs = new Map();
    for (let column = 0; column < this.number; column += 1) {
      const payer = this.payerOf(column);
      const name = JSON.stringify(payer ?? null);
      if (!runs.has(name)) runs.set(name, { payer, letters: [] });
      runs.get(name).letters.push(LETTERS[column]);
    }
    const lines = [...runs.values()].map(({ payer, letters }) => {
      const line = document.createElement("span");
      if (runs.size > 1) line.append(bold(letters.join(", ")), ": ");
      line.append(...keyOf(payer));
      return line;
    });
    document.querySelector("[data-runs-with]").replaceChildren(...lines);
  }

  /**
   * @param {number} lane
   * @returns {number} the column that answers in it: the last, where there are fewer now
   */
  nearest(lane) {
    return Math.min(lane, this.number - 1);
  }

  /**
   * @param {number} column
   * @returns {string} its letter; none when it is the only one
   */
  letterOf(column) {
    return this.number > 1 ? LETTERS[column] : "";
  }

  /** Have so many columns; a new one has the first model that no column has. */
  make(number) {
    if (this.chosen >= number) this.choose(0);
    const now = this.fields();
    this.kept[this.chosen] = now;
    for (let column = this.number; column < number; column += 1) {
      this.kept[column] = this.withFreeModel(now, this.kept.slice(0, column));
    }
    this.number = number;
    this.kept.length = number;
    this.show();
  }

  /**
   * @param {Fields} fields
   * @param {Fields[]} others of other columns
   * @returns {Fields} the same with the first model that no other column has
   */
  withFreeModel({ team: _, ...fields }, others) { // of its payers the server takes the first
    const taken = others.map(({ model }) => model?.[0]);
    const free = this.models().find(({ value }) => !taken.includes(value));
    return { ...fields, model: [free?.value ?? fields.model?.[0] ?? ""] };
  }

  /** Show the fields of another column. */
  choose(column) {
    this.kept[this.chosen] = this.fields();
    const next = this.kept[column];
    const shown = this.same.checked ? Object.fromEntries(OWN.map((name) => [name, next[name] ?? []])) : next;
    this.chosen = column;
    restore(this.form, shown);
    this.show();
  }

  /**
   * Take up the columns of a kept conversation. Of one that was refused nothing is kept.
   * @param {Record<string, Fields>} byColumn
   * @param {number} number
   */
  takeUp(byColumn, number) {
    const known = Object.values(byColumn);
    const first = byColumn[0] ?? known[0];
    if (first) restore(this.form, number > 1 && !byColumn[0] ? this.withFreeModel(first, known) : first);
    if (number < 2) return;
    this.same.checked = areSame(known.slice(0, number));
    this.make(number);
    for (let column = 1; column < number; column += 1) {
      const others = [this.fields(), ...known, ...this.kept.slice(1, column)];
      this.kept[column] = byColumn[column] ?? this.withFreeModel(this.kept[column], others);
    }
    this.bar.querySelector(`[value="${number}"]`).checked = true;
    this.show();
  }

  models() {
    return [...document.querySelectorAll("[data-picker] input[name=model]:enabled")];
  }

  whose() {
    return this.same.checked ? " of all columns" : ` of ${LETTERS[this.chosen]}`;
  }

  show() {
    const several = this.number > 1;
    this.tabs.hidden = !several;
    this.same.closest("label").hidden = !several;
    document.querySelector("[data-send-word]").textContent = several ? `Send to ${this.number}` : "Send";
    document.querySelector("[data-of-column]").textContent = several ? this.whose() : "";
    this.tabs.querySelectorAll("label").forEach((label, column) => {
      label.hidden = column >= this.number;
      if (label.hidden) return;
      label.querySelector("input").checked = column === this.chosen;
      label.querySelector("[data-tab-model]").textContent = this.modelOf(column);
    });
    this.tellKeys();
    this.form.dispatchEvent(new Event("turns"));
  }
}

function bold(text) {
  return Object.assign(document.createElement("b"), { textContent: text });
}

/**
 * @param {FormData} body
 * @param {string[]} leftOut names
 * @returns {Fields}
 */
function fieldsOf(body, leftOut) {
  /** @type {Fields} */
  const found = {};
  for (const [name, value] of body) if (!leftOut.includes(name)) (found[name] ??= []).push(String(value));
  return found;
}

/**
 * Return whether columns were sent with the same parameters.
 * @param {Fields[]} sent
 */
function areSame(sent) {
  const parameters = sent.map((fields) => Object.entries(fields).filter(([name]) => !OWN.includes(name) && !SHARED.includes(name)));
  return new Set(parameters.map((entries) => JSON.stringify(entries.sort()))).size < 2;
}

/** Those of this page. */
export const columns = new Columns(document.querySelector("[data-chat-form]"));

/**
 * Mark the cheapest and the fastest whole answer of a row, once all have ended.
 * @param {Element} row
 */
export function markBest(row) {
  const lanes = [...row.querySelectorAll("[data-answer-id]")];
  for (const mark of row.querySelectorAll("[data-best]")) mark.hidden = true;
  if (lanes.length < 2 || lanes.some((lane) => "live" in lane.dataset)) return;
  const whole = lanes.filter((lane) => "seconds" in lane.dataset);
  if (whole.length < 2) return;
  mark(whole, "fastest", "seconds");
  if (whole.every((lane) => "ticks" in lane.dataset)) mark(whole, "cheapest", "ticks");
}

function mark(lanes, name, by) {
  const least = Math.min(...lanes.map((lane) => Number(lane.dataset[by])));
  for (const lane of lanes) lane.querySelector(`[data-best="${name}"]`).hidden = Number(lane.dataset[by]) > least;
}
