// Prompt templates: choosing one, filling in what changes, putting it into the prompt.

import { fragment } from "./fragments.js";

const VARIABLE = /\{\{\s*([^{}]{1,40}?)\s*\}\}/g;

/**
 * Return the names of what changes in a template, each once.
 * @param {string} text
 * @returns {string[]}
 */
export function variablesOf(text) {
  return [...new Set([...text.matchAll(VARIABLE)].map((found) => found[1]))];
}

/**
 * Return a template with its variables filled in; what is not named stays.
 * @param {string} text
 * @param {Map<string, string>} values
 * @returns {string}
 */
export function filled(text, values) {
  return text.replace(VARIABLE, (whole, name) => values.get(name) ?? whole);
}

/**
 * Wire the templates of this page.
 * @param {HTMLTextAreaElement} prompt
 */
export function wireTemplates(prompt) {
  const pop = document.querySelector("[data-templates]");
  if (!pop) return;
  const list = pop.querySelector("[data-template-list]");
  const names = pop.querySelector("[data-template-names]");
  const problem = pop.querySelector("[data-template-problem]");
  const form = pop.querySelector("[data-template-form]");
  const fields = form.querySelector("[data-template-fields]");
  let chosen = "";

  const show = (filling) => {
    list.hidden = filling;
    form.hidden = !filling;
  };
  const insert = (text) => {
    prompt.setRangeText(text, prompt.selectionStart, prompt.selectionEnd, "end");
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
    pop.hidePopover();
    prompt.focus();
  };
  const field = (name, at) => {
    const place = document.createElement("div");
    const label = document.createElement("label");
    const input = document.createElement("textarea");
    place.className = "field";
    input.className = "textarea input grows";
    input.rows = 1;
    input.id = `variable-${at}`;
    input.name = name;
    input.required = true;
    label.htmlFor = input.id;
    label.textContent = name;
    place.append(label, input);
    return place;
  };

  /** Return what the server says, or null after the page says that it does not. */
  const read = async (url) => {
    try {
      const response = await fetch(url);
      problem.hidden = response.ok && !response.redirected;
      return problem.hidden ? await response.text() : null;
    } catch {
      problem.hidden = false;
      return null;
    }
  };

  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-template-url]");
    const text = button && await read(button.dataset.templateUrl);
    if (!text) return;
    chosen = text;
    const variables = variablesOf(chosen);
    if (variables.length === 0) {
      insert(chosen);
      return;
    }
    fields.replaceChildren(...variables.map(field));
    show(true);
    fields.querySelector("textarea").focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    insert(filled(chosen, new Map([...fields.querySelectorAll("textarea")].map((one) => [one.name, one.value]))));
  });
  form.querySelector("[data-template-back]").addEventListener("click", () => {
    show(false);
    list.querySelector("button")?.focus();
  });
  pop.addEventListener("toggle", async (event) => {
    if (event.newState !== "open") return;
    show(false);
    const html = await read(pop.dataset.namesUrl);
    if (html !== null) names.replaceChildren(fragment(html));
  });
}
