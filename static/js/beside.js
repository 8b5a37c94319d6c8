// Beside a conversation: a request as code, and the inspector of an answer.
//
// What a lane was asked and answered comes as its events "asked" (the form's fields)
// and "answered" (the last event of the stream). An answer that was there when the page
// was loaded has its fields beside it. Inspectors are asked for when they are wanted,
// but for those of answers that are not kept, which come with their last event.

import { columns } from "./columns.js";
import { wireCopies } from "./copy.js";
import { copyOf, fragment, refusalOf } from "./fragments.js";
import { turnsBefore } from "./turns.js";

const dialog = document.getElementById("code");
const place = dialog.querySelector("[data-code]");
const drawer = document.getElementById("inspector");
const { inspectUrl } = document.querySelector("[data-play]").dataset;
const [NOT_YET, PAUSE, MOST_TRIES] = [409, 250, 20]; // an answer is kept right after it is told
const NOTHING = "00000000-0000-0000-0000-000000000000";

/** @type {WeakMap<Element, FormData>} */
const asked = new WeakMap();
/** @type {WeakMap<Element, string>} */
const inspected = new WeakMap();

/** @type {AbortController | null} */
let waiting = null; // for code

document.addEventListener("asked", (event) => {
  asked.set(event.target, event.detail);
});
document.addEventListener("answered", (event) => {
  const lane = event.target;
  if (typeof event.detail.inspect === "string") inspected.set(lane, event.detail.inspect);
  reveal(lane, "[data-inspect]", event.detail.inspect);
  reveal(lane, "[data-show-code]", asked.has(lane) || "asked" in lane.dataset);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-code], [data-inspect], [data-save-of]");
  if (!button) return;
  const lane = button.closest(".lane");
  if ("saveOf" in button.dataset) save(button);
  else if ("inspect" in button.dataset) inspect(lane);
  else showCode(lane ? (asked.get(lane) ?? keptOf(lane)) : columns.bodyOf(columns.chosen));
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !waiting) return;
  waiting.abort();
  waiting = null;
  event.stopPropagation(); // an answer that is coming goes on
}, { capture: true });

function reveal(lane, selector, wanted) {
  const button = lane.querySelector(selector);
  if (button) button.hidden = !wanted;
}

/** Return what an answer was asked with before the page was loaded. */
function keptOf(lane) {
  const body = new FormData();
  for (const [name, values] of Object.entries(JSON.parse(lane.dataset.asked))) {
    for (const value of values) body.append(name, value);
  }
  const before = turnsBefore(document.querySelector("[data-conversation]"), lane.parentElement, Number(lane.dataset.number));
  body.set("turns", JSON.stringify(before));
  body.set("csrfmiddlewaretoken", columns.form.elements.csrfmiddlewaretoken.value);
  return body;
}

/** Show a request as code, unless Escape or another request came before the answer. */
async function showCode(fields) {
  waiting?.abort();
  const { signal } = (waiting = new AbortController());
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.set("endpoint", dialog.dataset.endpoint);
  const code = await read(dialog.dataset.codeUrl, { method: "POST", body, signal });
  if (signal.aborted) return;
  waiting = null;
  place.replaceChildren(code);
  wireCopies(place);
  if (!dialog.open) dialog.showModal();
}

/** Return what our server answers with, or what to show in its place. */
async function read(url, how) {
  try {
    let response = await fetch(url, how);
    for (let again = 0; response.status === NOT_YET && again < MOST_TRIES; again += 1) {
      await new Promise((go) => setTimeout(go, PAUSE));
      response = await fetch(url, how);
    }
    return response.ok && !response.redirected ? fragment(await response.text()) : await refusalOf(response);
  } catch {
    return copyOf("gone");
  }
}

/** Return the inspector that came with an answer that is not kept, or the kept one. */
function inspectorOf(lane) {
  if (inspected.has(lane)) return fragment(inspected.get(lane));
  return read(inspectUrl.replace(NOTHING, lane.dataset.answerId), { headers: { "HX-Request": "true" } });
}

async function inspect(lane) {
  const body = drawer.querySelector("[data-inspector]");
  body.replaceChildren(await inspectorOf(lane));
  for (const list of body.querySelectorAll("[data-events]")) {
    list.replaceChildren(...JSON.parse(list.dataset.events).map(eventLine));
    delete list.dataset.events;
  }
  if (!drawer.open) drawer.showModal();
}

/** Return one line of the list: [seconds, kind, text], of which text is a stranger's. */
function eventLine([seconds, kind, text]) {
  const line = document.createElement("li");
  const at = document.createElement("span");
  const what = document.createElement("span");
  at.className = "at";
  at.textContent = seconds === null ? "…" : `${seconds.toFixed(3)} s`;
  what.textContent = text ? `${kind} ${JSON.stringify(text)}` : kind;
  line.append(at, what);
  return line;
}

function save(button) {
  const { value, textContent } = document.getElementById(button.dataset.saveOf);
  const text = value ?? textContent;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = button.dataset.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
