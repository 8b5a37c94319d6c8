// What the chosen model takes: what it refuses is greyed, with the reason beside it.
//
// The server tells it with each model of the picker, and refuses the same if it comes
// anyway. Whoever sets fields by script says so with a "change" event on them.

import { offerPayers } from "./payers.js";

const REASON = "data-reason";

/** @typedef {{refused: Object<string, string>, efforts: string[], usual: string, payers: import("./payers.js").Payer[]}} Facts */

/**
 * Wire the parameters of this page.
 * @param {HTMLFormElement} form the composer, to which all fields belong
 */
export function wireParameters(form) {
  const card = document.querySelector("[data-parameters]");
  const picker = document.querySelector("[data-picker]");

  picker.addEventListener("change", (event) => {
    if (event.target.name === "model") apply(factsOf(form));
  });
  card.addEventListener("change", () => showWhatIsSet(card));
  card.querySelector("[data-reset]").addEventListener("click", () => reset(form, card));
  wireSchema(card);
  apply(factsOf(form));
  showWhatIsSet(card);
}

/**
 * Return what is known of the chosen model.
 * @param {HTMLFormElement} form
 * @returns {Facts}
 */
export function factsOf(form) {
  const chosen = form.querySelector("input[name=model]:checked") ?? document.querySelector("[data-picker] input[name=model]:checked");
  return JSON.parse(chosen?.dataset.facts ?? '{"refused":{},"efforts":[],"usual":"","payers":[]}');
}

/** @param {Facts} facts */
function apply(facts) {
  for (const gate of document.querySelectorAll("[data-gate]")) {
    const reason = facts.refused[gate.dataset.gate] ?? "";
    const help = gate.querySelector(".help");
    for (const control of gate.querySelectorAll("input, select, textarea, button")) control.disabled = reason !== "";
    gate.toggleAttribute(REASON, reason !== "");
    if (help) help.textContent = reason || help.dataset.usual;
  }
  offerEfforts(facts);
  offerPayers(facts.payers);
  document.dispatchEvent(new CustomEvent("model-facts", { detail: facts }));
}

function offerEfforts({ efforts, usual }) {
  const select = document.querySelector("[data-effort]");
  if (!select) return;
  const before = select.value;
  const own = new Option(usual ? `model's own (${usual})` : "model's own", "");
  select.replaceChildren(own, ...efforts.map((effort) => new Option(effort, effort)));
  select.value = efforts.includes(before) ? before : "";
}

function reset(form, card) {
  for (const control of card.querySelectorAll("input, select, textarea")) {
    if (control instanceof HTMLSelectElement) control.selectedIndex = 0;
    else control.value = control.defaultValue;
  }
  card.querySelector("[data-format]")?.dispatchEvent(new Event("change", { bubbles: true }));
  showWhatIsSet(card);
}

/** A closed group tells how many of its fields are set: none of them is forgotten. */
function showWhatIsSet(card) {
  for (const group of card.querySelectorAll("[data-more]")) {
    const controls = [...group.querySelectorAll("input, select, textarea")];
    const number = controls.filter((control) => control.value && !control.disabled).length;
    group.querySelector("[data-more-note]").textContent = number ? `${number} set` : "";
  }
}

function wireSchema(card) {
  const format = card.querySelector("[data-format]");
  if (!format) return;
  const field = card.querySelector("[data-schema]");
  const text = card.querySelector("[data-schema-text]");
  const wrong = card.querySelector("[data-schema-wrong]");
  const look = () => {
    field.hidden = format.value !== "json_schema";
    let sentence = "";
    try {
      if (!field.hidden) JSON.parse(text.value);
    } catch (error) {
      sentence = `This is no JSON yet: ${error.message}`;
    }
    wrong.hidden = !sentence;
    wrong.textContent = sentence;
    text.setAttribute("aria-invalid", String(sentence !== ""));
  };
  format.addEventListener("change", look);
  text.addEventListener("change", look);
  look();
}
