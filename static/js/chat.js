// A conversation. The page sends all of it with each prompt; the server keeps it.

import { hear } from "./answers.js";
import { restore } from "./fields.js";
import { Lane } from "./lane.js";
import { wirePicker } from "./picker.js";
import { wireTemplates } from "./templates.js";
import { edit, promptTurn, turnsBefore, uuid } from "./turns.js";

const NOTHING = "00000000-0000-0000-0000-000000000000";
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
const kept = "kept" in play.dataset;

let id = play.dataset.conversationId ?? uuid();
/** @type {Set<{lane: Lane, abort: AbortController, record: string}>} */
const running = new Set();
/** @type {WeakMap<Element, Lane>} */
const lanes = new WeakMap();

function keepEndInView() {
  const page = document.scrollingElement;
  if (page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END) page.scrollTop = page.scrollHeight;
}

/** Show the buttons that can be used now. */
function refresh() {
  const loser = [send, stopButton].find((button) => button === document.activeElement);
  const busy = running.size > 0;
  stopButton.hidden = !busy;
  send.disabled = busy || !("usable" in send.dataset);
  fresh.hidden = conversation.childElementCount === 0;
  for (const button of conversation.querySelectorAll("[data-again]")) button.hidden = true;
  for (const button of conversation.querySelectorAll("[data-edit]")) button.hidden = busy;
  const last = conversation.lastElementChild?.querySelectorAll("[data-again]") ?? [];
  for (const button of last) button.hidden = busy;
  if (loser?.hidden || loser?.disabled) prompt.focus({ preventScroll: true });
}

function adopt(lane) {
  lanes.set(lane.root, lane);
  lane.root.querySelector("[data-copy]").addEventListener("click", () => copy(lane));
  lane.root.querySelector("[data-again]").addEventListener("click", () => again(lane));
}

function addLane() {
  const lane = new Lane(document.querySelector("[data-chosen-model]").textContent);
  lane.root.dataset.answerId = uuid();
  const place = document.createElement("div");
  place.className = "lanes";
  place.append(lane.root);
  conversation.append(place);
  adopt(lane);
  return lane;
}

function addTurn(content) {
  const turn = promptTurn(content, content);
  conversation.append(turn);
  wireTurn(turn);
}

function wireTurn(turn) {
  const button = turn.querySelector("[data-edit]");
  button.addEventListener("click", () => edit(turn, (text) => resend(turn, text)));
}

function requestBody(lane) {
  const body = new FormData(form);
  body.set("turns", JSON.stringify(turnsBefore(conversation, lane.root.parentElement)));
  body.set("conversation", id);
  body.set("answer", lane.root.dataset.answerId);
  return body;
}

function showAddress() {
  if (!kept || play.dataset.conversationId === id) return;
  play.dataset.conversationId = id;
  history.replaceState(history.state, "", play.dataset.pageUrl.replace(NOTHING, id));
}

/**
 * Hear one answer to its end.
 * @param {Lane} lane
 * @param {FormData | null} body what to ask with; without, it was asked for before
 */
async function answer(lane, body) {
  const now = { lane, abort: new AbortController(), record: "" };
  const { signal } = now.abort;
  const url = play.dataset.answerUrl.replace(NOTHING, lane.root.dataset.answerId);
  running.add(now);
  refresh();
  status.textContent = "";
  keepEndInView();
  const last = await hear(lane, {
    send: body && (() => fetch(form.action, { method: "POST", body, signal })),
    again: kept ? () => fetch(url, { signal }) : null,
    signal,
    onStart: (call) => {
      now.record = call.record;
      if (running.has(now)) showAddress();
    },
  });
  if (!running.delete(now)) return; // a new conversation has begun meanwhile
  if (last && !last.notice) status.textContent = "The answer has ended."; // a notice speaks for itself
  if (!lane.text.trim() && body) prompt.value ||= lastPrompt()?.querySelector("[data-text]").textContent ?? "";
  refresh();
  keepEndInView();
}

function ask() {
  const lane = addLane();
  return answer(lane, requestBody(lane));
}

function lastPrompt() {
  return [...conversation.querySelectorAll("[data-prompt-turn]")].at(-1);
}

/** Take an element of the conversation away, and all that follows it. */
function cutFrom(element) {
  while (element.nextElementSibling) element.nextElementSibling.remove();
  element.remove();
}

/** Take the last prompt back if it got no answer: the next one stands in its place. */
function dropUnanswered() {
  const last = lastPrompt();
  if (last && turnsBefore(conversation, null).at(-1)?.role === "user") cutFrom(last);
}

function say(content) {
  addTurn(content);
  ask();
}

function submit() {
  const content = prompt.value;
  if (running.size || send.disabled || !content.trim() || !form.reportValidity()) return;
  dropUnanswered();
  prompt.value = "";
  say(content);
}

function resend(turn, content) {
  if (running.size || send.disabled || !form.reportValidity()) return;
  cutFrom(turn);
  say(content);
  stopButton.focus(); // the form that was in focus is gone
}

async function stop() {
  for (const now of [...running]) stopOne(now);
}

async function stopOne(now) {
  if (!now.record) {
    now.abort.abort();
    return;
  }
  const url = play.dataset.stopUrl.replace(NOTHING, now.record);
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
  if (running.size) return;
  const said = lastPrompt()?.querySelector("[data-text]").textContent;
  if (prompt.value === said) prompt.value = "";
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
  stop();
  running.clear();
  if (play.dataset.conversationId) {
    window.location.assign(play.dataset.newUrl);
    return;
  }
  id = uuid();
  conversation.replaceChildren();
  status.textContent = "";
  refresh();
  prompt.focus();
}

/** Take up what the server has shown of a kept conversation. */
function takeUp() {
  if (play.dataset.fields) restore(form, JSON.parse(play.dataset.fields));
  for (const turn of conversation.querySelectorAll("[data-prompt-turn]")) wireTurn(turn);
  for (const root of conversation.querySelectorAll("[data-answer-id]")) {
    const lane = new Lane("", root);
    adopt(lane);
    if ("coming" in root.dataset) answer(lane, null);
  }
  refresh();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open")) stop();
});
stopButton.addEventListener("click", () => stop());
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
wirePicker((radio) => {
  const runs = document.querySelector("[data-runs-with]");
  const key = document.createElement("b");
  key.textContent = radio.dataset.key;
  runs.replaceChildren(key, ` of ${radio.dataset.team}`);
});
wireTemplates(prompt);
takeUp();
