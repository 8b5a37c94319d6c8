// What was said, as it stands in the page. The page is the one place that knows.

import { copyOf } from "./fragments.js";

/** @returns {string} a version 4 UUID; crypto.randomUUID is for https alone */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * Return a new prompt for the page.
 * @param {string | object[]} content what the endpoint takes
 * @param {string} text what of it is text
 * @returns {HTMLElement}
 */
export function promptTurn(content, text) {
  const turn = copyOf("turn");
  const at = turn.querySelector("[data-at]");
  at.dateTime = new Date().toISOString();
  at.textContent = at.dateTime.slice(11, 16); // in UTC, like every time here
  turn.querySelector("[data-text]").textContent = text;
  turn.dataset.said = JSON.stringify(content);
  return turn;
}

/**
 * Return what a prompt of the page says, as the endpoint takes it.
 * @param {HTMLElement} turn
 * @returns {string | object[]}
 */
export function contentOf(turn) {
  return JSON.parse(turn.dataset.said);
}

/**
 * Return the same with another text; what is no text stays.
 * @param {string | object[]} content
 * @param {string} text
 * @returns {string | object[]}
 */
export function withText(content, text) {
  if (typeof content === "string") return text;
  return [...content.filter((part) => part.type !== "text"), { type: "text", text }];
}

/**
 * Return what was said before an element of the conversation, for the endpoint. Where a
 * lane has no words and no whole answer of its own, it goes on with those of another.
 * @param {HTMLElement} conversation
 * @param {Element | null} end
 * @param {number} lane
 * @returns {{role: string, content: unknown}[]}
 */
export function turnsBefore(conversation, end, lane = 0) {
  const turns = [];
  for (const element of conversation.children) {
    if (element === end) break;
    if ("said" in element.dataset) turns.push({ role: "user", content: contentOf(element) });
    else {
      const said = [...element.querySelectorAll("[data-answer-id]")].filter(({ dataset }) => dataset.keptText?.trim() || "seconds" in dataset);
      const heard = said.find((one) => Number(one.dataset.number ?? 0) === lane) ?? said[0];
      turns.push({ role: "assistant", content: heard?.dataset.keptText ?? "" });
    }
  }
  return turns;
}

/**
 * Show a prompt as a form. `send` is called with the new text.
 * @param {HTMLElement} turn
 * @param {(text: string) => void} send
 */
export function edit(turn, send) {
  if (turn.querySelector("[data-edit-form]")) return;
  const form = copyOf("edit");
  const field = form.querySelector("[data-edited]");
  const text = turn.querySelector("[data-text]");
  const button = turn.querySelector("[data-edit]");
  const close = () => {
    form.remove();
    text.hidden = false;
    button.focus();
  };
  const submit = () => {
    if (!field.value.trim()) return;
    const value = field.value;
    close();
    send(value);
  };
  field.value = text.textContent;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.querySelector("[data-keep]").addEventListener("click", close);
  text.hidden = true;
  text.after(form);
  field.focus();
}
