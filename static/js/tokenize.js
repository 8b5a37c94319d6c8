// Tokens: counting, drawing, walking through them.

import { copyOf, fragment, refusalOf, show } from "./fragments.js";
import { wirePicker } from "./picker.js";

const SLICE = 400; // tokens drawn between two frames
const PAGE = 4000; // tokens drawn before somebody asks for more
const LIMIT = 200 * 1024; // bytes

const form = document.querySelector("[data-tokenize-form]");
const text = form.querySelector("[data-text]");
const size = form.querySelector("[data-size]");
const send = form.querySelector("[data-send]");
const status = form.querySelector("[data-status]");
const notice = document.querySelector("[data-notice]");
const result = document.querySelector("[data-result]");
const list = document.querySelector("[data-tokens]");
const detail = document.querySelector("[data-detail]");
const more = document.querySelector("[data-more]");
const odd = document.querySelector("[data-odd]");
const spaces = document.querySelector("[data-spaces]");

/** @typedef {[number | null, string, [string, boolean][], string]} Token id, hex, parts, oddity */
/** @type {Token[]} */
let tokens = [];
let drawn = 0;
let wanted = 0;
let run = 0; // grows with each result, so that an old drawing stops

function hexBytes(hex) {
  return (hex.match(/../g) ?? []).map((byte) => byte.toUpperCase());
}

function view() {
  return document.querySelector("input[name=show]:checked").value;
}

/** Fill one token's element; everything in it is set as text. */
function fill(element, [id, hex, parts]) {
  const mode = view();
  if (mode === "ids") return element.replaceChildren(`${id ?? "?"} `);
  if (mode === "bytes") return element.replaceChildren(`${hexBytes(hex).join(" ") || "?"} `);
  const nodes = parts.map(([characters, hidden]) => {
    if (!hidden) return characters;
    const marks = spaces.checked ? characters : characters.replaceAll("·", " ").replaceAll("↵", "");
    const mark = document.createElement("span");
    mark.className = "ws";
    mark.textContent = marks + (characters.includes("↵") ? "\n".repeat(characters.split("↵").length - 1) : "");
    return mark;
  });
  element.replaceChildren(...nodes);
}

function make(token, index) {
  const [id, hex, , oddity] = token;
  const element = document.createElement("span");
  element.className = "tk";
  element.role = "option";
  element.tabIndex = index === 0 ? 0 : -1;
  element.dataset.index = index;
  const bytes = hexBytes(hex);
  const lines = [`id ${id ?? "not told"}`, `${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"}: ${bytes.slice(0, 16).join(" ")}`];
  if (oddity) {
    lines.push(oddity);
    element.dataset.odd = "";
  }
  element.dataset.tip = lines.join("\n");
  fill(element, token);
  return element;
}

/** Draw up to `wanted` tokens, some per frame, so that the page stays responsive. */
function draw(mine) {
  if (mine !== run) return;
  const end = Math.min(drawn + SLICE, wanted);
  list.append(...tokens.slice(drawn, end).map((token, at) => make(token, drawn + at)));
  drawn = end;
  if (drawn < wanted) requestAnimationFrame(() => draw(mine));
  else tellMore();
}

function tellMore() {
  more.hidden = drawn >= tokens.length;
  more.querySelector("[data-more-note]").textContent =
    `${drawn.toLocaleString()} of ${tokens.length.toLocaleString()} tokens are drawn`;
}

function drawMore() {
  wanted = Math.min(tokens.length, wanted + PAGE);
  draw(run);
}

function redraw(mine, from = 0) {
  if (mine !== run) return;
  const end = Math.min(from + SLICE, list.childElementCount);
  for (let at = from; at < end; at += 1) fill(list.children[at], tokens[at]);
  if (end < list.childElementCount) requestAnimationFrame(() => redraw(mine, end));
}

function select(element) {
  const index = Number(element.dataset.index);
  const [id, hex, parts, oddity] = tokens[index];
  const before = list.querySelector("[aria-selected=true]");
  before?.removeAttribute("aria-selected");
  for (const other of list.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
  element.setAttribute("aria-selected", "true");
  element.tabIndex = 0;

  const word = (tag, className, content) => {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...content);
    return node;
  };
  const bytes = hexBytes(hex);
  const codes = bytes.slice(0, 32).map((byte) => word("code", "", [byte]));
  detail.replaceChildren(
    word("b", "", [`Token ${(index + 1).toLocaleString()} of ${tokens.length.toLocaleString()}`]),
    word("span", "mono", [`“${parts.map(([characters]) => characters).join("")}”`]),
    word("span", "", ["id ", word("b", "mono", [`${id ?? "not told"}`])]),
    word("span", "bytes", [`${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"} `, ...codes]),
    ...(oddity ? [word("span", "faint", [oddity])] : []),
  );
}

function move(from, step) {
  const at = Math.max(0, Math.min(tokens.length - 1, Number(from.dataset.index) + step));
  list.children[Math.min(at, list.childElementCount - 1)].focus();
  if (at >= drawn - 1 && drawn < tokens.length) drawMore();
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -Infinity, End: Infinity };

list.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (step === undefined || !event.target.matches("[data-index]")) return;
  event.preventDefault();
  move(event.target, step);
});
list.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-index]")) select(event.target);
});
list.addEventListener("click", (event) => event.target.closest("[data-index]")?.focus());

function tellOdd() {
  const oddities = tokens.map((token) => token[3]).filter(Boolean);
  odd.hidden = oddities.length === 0;
  if (odd.hidden) return;
  const kinds = [...new Set(oddities)];
  const rest = kinds.length > 3 ? `, and ${kinds.length - 3} other kinds` : "";
  odd.querySelector("[data-odd-count]").textContent =
    oddities.length === 1 ? "1 token cannot be told by eye:" : `${oddities.length.toLocaleString()} tokens cannot be told by eye:`;
  odd.querySelector("[data-odd-words]").textContent = `${kinds.slice(0, 3).join("; ")}${rest}.`;
}

function showNextOdd() {
  const selected = list.querySelector("[aria-selected=true]");
  const after = selected ? Number(selected.dataset.index) : -1;
  const marked = [...list.querySelectorAll("[data-odd]")];
  const next = marked.find((element) => Number(element.dataset.index) > after) ?? marked[0];
  next?.focus();
}

function showResult(answer) {
  run += 1;
  tokens = answer.tokens;
  drawn = 0;
  wanted = Math.min(tokens.length, PAGE);
  list.replaceChildren();
  list.setAttribute("aria-label", `${tokens.length.toLocaleString()} tokens`);
  detail.replaceChildren("Point at a token, or move with the arrow keys.");
  result.hidden = false;
  document.querySelector("[data-figures]").replaceChildren(fragment(answer.figures));
  document.querySelector("[data-costs]").replaceChildren(fragment(answer.costs));
  tellOdd();
  draw(run);
  status.textContent = `${tokens.length.toLocaleString()} tokens`;
}

async function count() {
  if (send.disabled || !form.reportValidity()) return;
  send.disabled = true;
  status.textContent = "Asking xAI";
  show(notice, null);
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const kind = response.headers.get("content-type") ?? "";
    if (kind.startsWith("application/json")) {
      const answer = await response.json();
      if (answer.notice) show(notice, fragment(answer.notice));
      else showResult(answer);
      if (answer.notice) status.textContent = "";
    } else {
      show(notice, await refusalOf(response));
      status.textContent = "";
    }
  } catch {
    show(notice, copyOf("lost"));
    status.textContent = "";
  }
  send.disabled = false;
}

function tellSize() {
  const bytes = new TextEncoder().encode(text.value).length;
  const told = bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  size.textContent = bytes ? `${told} of 200 KB${bytes > LIMIT ? ": too long" : ""}` : "at most 200 KB";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  count();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) count();
});
text.addEventListener("input", tellSize);
more.querySelector("[data-more-button]").addEventListener("click", drawMore);
odd.querySelector("[data-odd-next]").addEventListener("click", showNextOdd);
for (const choice of document.querySelectorAll("input[name=show]")) {
  choice.addEventListener("change", () => redraw(run));
}
spaces.addEventListener("change", () => redraw(run));
wirePicker(() => {});
send.disabled = !("usable" in send.dataset);
