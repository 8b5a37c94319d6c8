// A conversation: sending, listening, stopping. It lives in this page and nowhere else.

import { readEvents } from "./events.js";
import { copyOf, refusalOf } from "./fragments.js";
import { Lane } from "./lane.js";
import { wirePicker } from "./picker.js";

const NO_RECORD = "00000000-0000-0000-0000-000000000000";
const NEAR_END = 160; // pixels

const play = document.querySelector("[data-play]");
const form = document.querySelector("[data-chat-form]");
const prompt = form.querySelector("[data-prompt]");
const send = form.querySelector("[data-send]");
const stopButton = form.querySelector("[data-stop]");
const conversation = document.querySelector("[data-conversation]");
const status = document.querySelector("[data-status]");
const system = document.querySelector("[data-system]");
const fresh = document.querySelector("[data-new]");

/** @type {{role: string, content: string}[]} */
let turns = [];
/** @type {{lane: Lane, abort: AbortController, record: string} | null} */
let running = null;

function keepEndInView() {
  const page = document.scrollingElement;
  if (page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END) page.scrollTop = page.scrollHeight;
}

function setRunning(now) {
  form.dispatchEvent(new Event("turns"));
  const loser = [send, stopButton].find((button) => button === document.activeElement);
  running = now;
  stopButton.hidden = now === null;
  send.disabled = now !== null;
  fresh.hidden = conversation.childElementCount === 0;
  for (const lane of conversation.querySelectorAll("[data-again]")) lane.hidden = true;
  const last = conversation.lastElementChild?.querySelector("[data-again]");
  if (last) last.hidden = now !== null;
  if (loser?.hidden || loser?.disabled) prompt.focus({ preventScroll: true });
}

function addTurn(content) {
  const turn = copyOf("turn");
  const at = turn.querySelector("[data-at]");
  at.dateTime = new Date().toISOString();
  at.textContent = at.dateTime.slice(11, 16); // in UTC, like every time here
  turn.querySelector("[data-text]").textContent = content;
  conversation.append(turn);
}

function addLane() {
  const lane = new Lane(document.querySelector("[data-chosen-model]").textContent);
  const place = document.createElement("div");
  place.className = "lanes";
  place.append(lane.root);
  conversation.append(place);
  lane.root.querySelector("[data-copy]").addEventListener("click", () => copy(lane));
  lane.root.querySelector("[data-again]").addEventListener("click", () => again(lane));
  return lane;
}

/** Let the form hold the whole conversation, what is being written included. */
function addTurns({ formData }) {
  const draft = prompt.value.trim() ? [{ role: "user", content: prompt.value }] : [];
  formData.set("turns", JSON.stringify([...turns, ...draft]));
}

async function listen(response, now) {
  let last = null;
  for await (const { name, data } of readEvents(response.body)) {
    if (name === "start") {
      now.record = data.record;
      now.lane.start(data);
    } else if (name === "text" || name === "reasoning") now.lane.add(name, data.text);
    else if (name === "done" || name === "error") last = data;
  }
  if (last === null) throw new TypeError("the stream has no last event");
  now.lane.finish(last);
  return last;
}

/** Ask for the next answer to the turns as they stand. */
async function ask() {
  const now = { lane: addLane(), abort: new AbortController(), record: "" };
  setRunning(now);
  status.textContent = "";
  keepEndInView();
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), signal: now.abort.signal });
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (streams) {
      const last = await listen(response, now);
      if (!last.notice) status.textContent = "The answer has ended."; // a notice speaks for itself
    } else {
      now.lane.fail(await refusalOf(response));
    }
  } catch (error) {
    if (error.name === "AbortError") now.lane.fail(document.createTextNode("Stopped before anything came."));
    else now.lane.fail(copyOf("lost"));
  }
  if (running !== now) return; // a new conversation has begun meanwhile
  if (now.lane.text.trim()) turns.push({ role: "assistant", content: now.lane.text });
  else prompt.value ||= turns.at(-1).content; // to change it, or to send it again
  setRunning(null);
  keepEndInView();
}

/** Take the last prompt back if it got no answer: the next one stands in its place. */
function dropUnanswered() {
  if (turns.at(-1)?.role !== "user") return;
  turns.pop();
  conversation.lastElementChild.remove(); // its lane
  conversation.lastElementChild.remove();
}

function submit() {
  const content = prompt.value;
  if (running || send.disabled || !content.trim() || !form.reportValidity()) return;
  dropUnanswered();
  turns.push({ role: "user", content });
  addTurn(content);
  prompt.value = "";
  ask();
}

async function stop(now) {
  if (!now) return;
  if (!now.record) {
    now.abort.abort();
    return;
  }
  const url = play.dataset.stopUrl.replace(NO_RECORD, now.record);
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  try {
    const response = await fetch(url, { method: "POST", body });
    // The last event follows by itself; without the server's help we just leave.
    if (!response.ok) now.abort.abort();
  } catch {
    now.abort.abort();
  }
}

function again(lane) {
  if (running) return;
  if (turns.at(-1).role === "assistant") turns.pop();
  if (prompt.value === turns.at(-1).content) prompt.value = "";
  lane.root.parentElement.remove();
  ask();
  stopButton.focus(); // the button that was pressed is gone
}

async function copy(lane) {
  const word = lane.root.querySelector("[data-copy-word]");
  try {
    await navigator.clipboard.writeText(lane.text);
    word.textContent = "Copied";
  } catch {
    word.textContent = "Select the text to copy it";
  }
  setTimeout(() => { word.textContent = "Copy"; }, 2000);
}

function startAnew() {
  stop(running);
  turns = [];
  conversation.replaceChildren();
  status.textContent = "";
  setRunning(null);
  prompt.focus();
}

form.addEventListener("formdata", addTurns);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open")) stop(running);
});
stopButton.addEventListener("click", () => stop(running));
fresh.addEventListener("click", startAnew);
conversation.addEventListener("drawn", keepEndInView);
system.addEventListener("input", () => {
  const note = document.querySelector("[data-system-note]");
  note.textContent = system.value.trim() ? `${system.value.length.toLocaleString()} characters` : "none";
});
document.querySelector("[data-reset]").addEventListener("click", () => {
  for (const name of ["temperature", "top_p", "max_tokens"]) {
    form.elements[name].value = form.elements[name].defaultValue;
  }
});
send.disabled = !("usable" in send.dataset);
wirePicker((radio) => {
  const runs = document.querySelector("[data-runs-with]");
  const key = document.createElement("b");
  key.textContent = radio.dataset.key;
  runs.replaceChildren(key, ` of ${radio.dataset.team}`);
});
