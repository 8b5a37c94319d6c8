// What the prompt comes to, told while it is written. The server counts and computes.

import { columns } from "./columns.js";
import { fragment } from "./fragments.js";

const PAUSE = 700; // milliseconds without a key
const KEPT = "gatehouse.count"; // whether xAI may count before anything is sent

const form = document.querySelector("[data-chat-form]");
const prompt = form.querySelector("[data-prompt]");
const place = form.querySelector("[data-before]");
const shown = place.querySelector("[data-before-shown]");
const counting = place.querySelector("[data-before-count]");
let timer = 0;
/** @type {AbortController | null} */
let asking = null;

function later() {
  clearTimeout(timer);
  asking?.abort();
  place.setAttribute("aria-busy", "true"); // what it says is of the prompt before
  timer = setTimeout(tell, PAUSE);
}

async function tell() {
  if (!prompt.value.trim()) {
    place.hidden = true; // nothing waits to be sent
    return;
  }
  const now = new AbortController();
  asking = now;
  try {
    const lines = await Promise.all(Array.from({ length: columns.number }, (_, column) => lineOf(column, now.signal)));
    if (asking !== now) return;
    shown.replaceChildren(...lines.filter((line) => line !== null));
    place.hidden = shown.childElementCount === 0;
    place.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name === "AbortError") return; // a newer prompt is waited for
    place.hidden = true; // nothing is known of this prompt, so nothing stands there
  }
}

/** Send how many images there are in place of the images themselves. */
function leaveOutImages(body) {
  const turns = JSON.parse(body.get("turns"));
  let images = 0;
  for (const turn of turns) {
    if (typeof turn.content === "string") continue;
    const texts = turn.content.filter((part) => part.type === "text");
    images += turn.content.length - texts.length;
    turn.content = texts.map((part) => part.text).join("\n") || "-"; // images alone
  }
  body.set("turns", JSON.stringify(turns));
  body.set("images", images);
}

/** Return what the prompt comes to in one column; null where it cannot be sent. */
async function lineOf(column, signal) {
  const body = columns.bodyOf(column);
  leaveOutImages(body);
  if (counting.checked) body.set("count", "on");
  const response = await fetch(place.dataset.before, { method: "POST", body, signal });
  if (!response.ok || response.status === 204 || response.redirected) return null;
  const line = document.createElement("p");
  line.append(fragment(await response.text()));
  const letter = columns.letterOf(column);
  if (letter) line.prepend(Object.assign(document.createElement("b"), { textContent: letter }));
  return line;
}

try { counting.checked = localStorage.getItem(KEPT) !== "off"; } catch { counting.checked = true; }
counting.addEventListener("change", () => {
  try { localStorage.setItem(KEPT, counting.checked ? "on" : "off"); } catch { /* private mode: this page only */ }
});
for (const event of ["input", "change"]) {
  document.addEventListener(event, ({ target }) => {
    if (target.form === form) later();
  });
}
form.addEventListener("turns", later); // the conversation has another end
