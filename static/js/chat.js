// A conversation. The page sends all of it with each prompt; the server keeps it.

import { hear } from "./answers.js";
import "./copy-code.js";
import { columns, markBest } from "./columns.js";
import { keepDraft, keptDraft } from "./drafts.js";
import { refused } from "./fragments.js";
import { Attachments, imagesOf, showImages, textOf } from "./images.js";
import { Lane } from "./lane.js";
import { showHead } from "./page-head.js";
import { wireParameters } from "./parameters.js";
import { wirePicker } from "./picker.js";
import { wireTemplates } from "./templates.js";
import { contentOf, edit, promptTurn, turnsBefore, uuid, withText } from "./turns.js";
import { missing, unsentOf } from "./unsent.js";

const NOTHING = "00000000-0000-0000-0000-000000000000";
const NEAR_END = 160; // pixels

const play = document.querySelector("[data-play]");
const form = document.querySelector("[data-chat-form]");
const prompt = form.querySelector("[data-prompt]");
const send = form.querySelector("[data-send]");
const stopButton = form.querySelector("[data-stop]");
const unfold = form.querySelector("[data-unfold]"); // shown on small screens
const conversation = document.querySelector("[data-conversation]");
const status = document.querySelector("[data-status]");
const system = document.querySelector("[data-system]");
const fresh = document.querySelector("[data-new]");
const kept = "kept" in play.dataset;

let id = play.dataset.conversationId ?? uuid();
/** @type {Set<{lane: Lane, abort: AbortController, record: string}>} */
const running = new Set();
let follows = true; // the end was in view when the page was scrolled last
/** @type {WeakMap<Element, Lane>} */
const lanes = new WeakMap();
const attachments = new Attachments(form, () => {
  const turns = turnsBefore(conversation, unanswered());
  return turns.flatMap(({ content }) => imagesOf(content)).length;
});

/** Return how many pixels of the conversation are below the composer, which stays in view. */
function below() {
  return form.parentElement.getBoundingClientRect().bottom - form.getBoundingClientRect().bottom;
}

/** Follow the end of the conversation, unless what came is better read from its beginning. */
function keepEndInView() {
  const grown = below();
  if (follows && grown > 0 && grown < window.innerHeight / 2) document.scrollingElement.scrollTop += grown;
}

/** Show the buttons that can be used now. */
function refresh() {
  form.dispatchEvent(new Event("turns")); // the conversation may have another end
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
  lane.root.querySelector("[data-stop-one]").addEventListener("click", () => stop(lane));
}

function newLane(column, letter = columns.letterOf(column)) {
  const lane = new Lane(columns.modelOf(column), letter);
  lane.root.dataset.answerId = uuid();
  lane.root.dataset.number = column;
  adopt(lane);
  return lane;
}

function addTurn(content) {
  const turn = promptTurn(content, textOf(content));
  showImages(turn, content);
  conversation.append(turn);
  wireTurn(turn);
}

function wireTurn(turn) {
  const button = turn.querySelector("[data-edit]");
  button.addEventListener("click", () => edit(turn, (text) => resend(turn, withText(contentOf(turn), text))));
}

/** Let other modules know what a lane is made of. */
function tell(lane, name, detail) {
  lane.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/** Let the form hold all that was said, and what is being written as the next prompt. */
function addTurns({ formData }) {
  const draft = prompt.value.trim() || attachments.ready.length;
  const turns = turnsBefore(conversation, draft ? unanswered() : null);
  if (draft) turns.push({ role: "user", content: attachments.contentWith(prompt.value) });
  formData.set("turns", JSON.stringify(turns));
}

/** @param {boolean} replaces whether what stands there from here on is to go */
function requestBody(lane, replaces) {
  const number = Number(lane.root.dataset.number);
  const body = columns.bodyOf(columns.nearest(number));
  body.set("turns", JSON.stringify(turnsBefore(conversation, lane.root.parentElement, number)));
  body.set("lane", number);
  if (replaces) body.set("replaces", "on");
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
  if (body) tell(lane, "asked", body);
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
  if (last) tell(lane, "answered", last);
  else if (!now.record) lane.root.dataset.unsent = "";
  if (!running.delete(now)) return; // a new conversation has begun meanwhile
  const { letter } = lane.root.dataset;
  if (last && !last.notice) status.textContent = letter ? `Answer ${letter} has ended.` : "The answer has ended."; // a notice speaks for itself
  markBest(lane.root.parentElement);
  if (play.dataset.conversationId === id && !running.size) showHead(fresh);
  if (body && !running.size && !lastLanes().some(hasWords)) takeBack();
  refresh();
  keepEndInView();
}

function ask(replaces) {
  const row = document.createElement("div");
  row.className = "lanes";
  conversation.append(row);
  for (let column = 0; column < columns.number; column += 1) row.append(newLane(column).root);
  for (const root of row.children) answer(lanes.get(root), requestBody(lanes.get(root), replaces));
}

function lastPrompt() {
  return [...conversation.querySelectorAll("[data-prompt-turn]")].at(-1);
}

/** Put a prompt that got no answer into the composer, to change it or to send it again. */
function takeBack() {
  const content = contentOf(lastPrompt());
  prompt.value ||= textOf(content);
  attachments.putBack(content);
}

/** Take an element of the conversation away, and all that follows it. */
function cutFrom(element) {
  while (element.nextElementSibling) element.nextElementSibling.remove();
  element.remove();
}

function lastLanes() {
  return [...(conversation.lastElementChild?.querySelectorAll("[data-answer-id]") ?? [])];
}

function hasWords(lane) {
  return Boolean(lane.dataset.keptText?.trim());
}

/** Return the last prompt if it got no answer and cost nothing: the next one stands in its place. */
function unanswered() {
  return lastLanes().some((lane) => hasWords(lane) || "paid" in lane.dataset) ? null : lastPrompt();
}

function say(content, replaces) {
  addTurn(content);
  ask(replaces);
  lastPrompt().scrollIntoView({ block: "start" });
}

function submit() {
  const nothing = !prompt.value.trim() && !attachments.ready.length;
  if (running.size || send.disabled || nothing || attachments.busy || !form.reportValidity()) return;
  const before = unanswered();
  if (before) cutFrom(before);
  const content = attachments.takeWith(prompt.value);
  prompt.value = "";
  keepUnsent();
  say(content, before !== null);
}

function resend(turn, content) {
  if (running.size || send.disabled || !form.reportValidity()) return;
  cutFrom(turn);
  say(content, true);
  stopButton.focus(); // the form that was in focus is gone
}

/** Stop one answer, or all. */
function stop(lane = null) {
  for (const now of [...running]) if (!lane || now.lane === lane) stopOne(now);
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
  if (prompt.value === textOf(contentOf(lastPrompt()))) {
    prompt.value = "";
    attachments.clear();
  }
  const { number, letter } = lane.root.dataset;
  const next = newLane(columns.nearest(Number(number)), letter);
  next.root.dataset.number = number;
  lane.root.replaceWith(next.root);
  answer(next, requestBody(next, true));
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

/** Name the draft of a page, of this person alone. */
function draftOf(path) {
  return `${play.dataset.person} ${path}`;
}

/** Keep what was not sent, and what it would be sent with, over a reload of this tab. */
function keepUnsent() {
  const unsent = unsentOf(lastLanes());
  const draft = { text: prompt.value, fields: columns.all(), unsent };
  keepDraft(draftOf(window.location.pathname), prompt.value.trim() || unsent ? draft : null);
}

function startAnew() {
  stop();
  running.clear();
  prompt.value = "";
  keepDraft(draftOf(play.dataset.newUrl), null);
  if (play.dataset.conversationId) {
    window.location.assign(play.dataset.newUrl);
    return;
  }
  id = uuid();
  attachments.clear();
  conversation.replaceChildren();
  status.textContent = "";
  refresh();
  prompt.focus();
}

/** Show again a column that was refused, in its place beside the answers. */
function bringBack({ column, sentence }) {
  const row = conversation.lastElementChild;
  const lane = newLane(column);
  row.insertBefore(lane.root, lastLanes().find(({ dataset }) => Number(dataset.number) > column) ?? null);
  lane.root.dataset.unsent = "";
  tell(lane, "asked", requestBody(lane, false));
  lane.fail(refused(sentence));
  for (const root of lastLanes()) {
    const { textContent } = root.querySelector("[data-model]");
    lanes.get(root).name(textContent, columns.letterOf(Number(root.dataset.number)));
  }
}

/** Take up what the server has shown of a kept conversation. */
function takeUp() {
  const rows = [...conversation.querySelectorAll(".lanes")];
  const draft = keptDraft(draftOf(window.location.pathname));
  if (draft) columns.takeUp(draft.fields, Object.keys(draft.fields).length);
  else if (play.dataset.fields) columns.takeUp(JSON.parse(play.dataset.fields), Math.max(1, ...lastLanes().map(({ dataset }) => Number(dataset.number) + 1)));
  for (const turn of conversation.querySelectorAll("[data-prompt-turn]")) {
    showImages(turn, contentOf(turn));
    wireTurn(turn);
  }
  for (const root of conversation.querySelectorAll("[data-answer-id]")) {
    const lane = new Lane("", "", root);
    adopt(lane);
    if ("coming" in root.dataset) answer(lane, null);
  }
  missing(draft?.unsent, lastLanes()).forEach(bringBack);
  rows.forEach(markBest);
  prompt.value ||= draft?.text ?? "";
  lastPrompt()?.scrollIntoView({ block: "start" });
  refresh();
}

form.addEventListener("formdata", addTurns);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
window.addEventListener("pagehide", keepUnsent);
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open, dialog[open]")) stop();
});
unfold.addEventListener("click", () => {
  unfold.ariaExpanded = form.toggleAttribute("data-unfolded");
});
stopButton.addEventListener("click", () => stop());
fresh.addEventListener("click", startAnew);
conversation.addEventListener("drawn", keepEndInView);
new ResizeObserver(keepEndInView).observe(form);
document.addEventListener("scroll", () => { follows = below() < NEAR_END; }, { passive: true });
system.addEventListener("input", () => {
  const note = document.querySelector("[data-system-note]");
  note.textContent = system.value.trim() ? `${system.value.length.toLocaleString()} characters` : "none";
});
wirePicker();
wireParameters(form);
wireTemplates(prompt);
takeUp();
