// What the prompt comes to, told while it is written. The server counts and computes.

import { fragment } from "./fragments.js";

const PAUSE = 700; // milliseconds without a key
const KEPT = "gatehouse.count"; // whether xAI may count before anything is sent

const form = document.querySelector("[data-chat-form]");
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
  const now = new AbortController();
  asking = now;
  const body = new FormData(form);
  if (counting.checked) body.set("count", "on");
  try {
    const response = await fetch(place.dataset.before, { method: "POST", body, signal: now.signal });
    const told = response.ok && response.status !== 204 && !response.redirected;
    const html = told ? await response.text() : "";
    if (asking !== now) return;
    shown.replaceChildren(fragment(html));
    place.hidden = !html;
    place.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name === "AbortError") return; // a newer prompt is waited for
    place.hidden = true; // nothing is known of this prompt, so nothing stands there
  }
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
