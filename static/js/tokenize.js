// Tokens: counting with several models, looking at them, comparing two texts.

import { fragment, show } from "./fragments.js";
import { ask, pacer } from "./tokenize-asking.js";
import { Chips, facts } from "./tokenize-chips.js";
import { difference } from "./tokenize-diff.js";
import { download, fileOf } from "./tokenize-files.js";
import { Lines } from "./tokenize-lines.js";
import { wireModels } from "./tokenize-models.js";
import { usd } from "./tokenize-store.js";

const LIMIT = 1024 * 1024; // bytes
const LARGE = 128 * 1024; // bytes; above, one model is asked after the other
const TOLD_EVERY = 500; // milliseconds; each time the whole page is laid out
const KEPT = new Set(["\u200d", "\ufe0e", "\ufe0f"]); // emoji are made with them

const find = (name) => document.querySelector(`[data-${name}]`);
const form = find("tokenize-form");
const [text, other] = [find("text"), find("other")];
const [send, status, notice, result] = ["send", "status", "notice", "result"].map(find);
const [list, detail, odd, whose] = ["tokens", "detail", "odd", "whose"].map(find);
const [done, nextChange] = [find("done"), find("next-change")];
const [own, ownRows, spaces] = ["own", "own-rows", "spaces"].map(find);

/** @typedef {{name: string, tokens: object, head: object, sequence: object, lines?: object[]}} View */
/** @type {View[]} */
let views = [];
/** @type {View | null} */
let shown = null;
let comparing = false;

const chips = new Chips(list, {
  tip: find("tip"),
  look: () => ({ view: document.querySelector("input[name=show]:checked").value, spaces: spaces.checked }),
  told: (n, entry) => {
    detail.replaceChildren(...facts(entry, n, chips.sequence.length), placeOf(entry));
  },
});
const lines = new Lines(find("lines-box"), { note: find("lines-note"), go: (token) => goTo(token) });

function placeOf({ tokens, index }) {
  const node = document.createElement("span");
  node.className = "faint";
  const told = shown.lines ?? [];
  let [low, high] = [0, told.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (told[middle].first <= index) low = middle;
    else high = middle - 1;
  }
  node.textContent = shown.tokens === tokens && told.length ? `line ${(low + 1).toLocaleString()}` : "";
  return node;
}

function goTo(token) {
  chips.focus(token);
}

const whole = (tokens) => ({ length: tokens.length, at: (n) => ({ tokens, index: n, op: "same" }) });

/** Show one view: the tokens of a model or a text, or the difference of two. */
function look(view) {
  shown = view;
  show(find("figures"), view.head ? fragment(view.head.figures) : null);
  show(find("costs"), view.head ? fragment(view.head.costs) : null);
  result.hidden = false;
  list.setAttribute("aria-label", `${view.sequence.length.toLocaleString()} tokens, ${view.name}`);
  detail.replaceChildren("Point at a token, or move with the arrow keys.");
  nextChange.hidden = !view.changes;
  done.textContent = "";
  if (view.tokens) view.lines ??= view.tokens.lines();
  find("lines").hidden = !view.lines;
  if (view.lines) lines.show(view.lines);
  tellOdd(view.tokens);
  chips.show(view.sequence);
}

/** Let the person choose whose tokens are drawn, if there is a choice. */
function offer() {
  const legend = whose.querySelector("legend");
  const choices = views.map((view, at) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "whose", value: at, checked: at === 0 });
    radio.addEventListener("change", () => look(view));
    label.append(radio, view.name);
    return label;
  });
  whose.replaceChildren(legend, ...choices);
  whose.hidden = views.length < 2;
  if (views.length) look(views[0]);
}

function tellOdd(tokens) {
  const places = tokens ? [...new Set([...tokens.notes.keys(), ...tokens.joined])] : [];
  odd.hidden = places.length === 0;
  if (odd.hidden) return;
  const kinds = [...new Set(tokens.notes.values())];
  if (tokens.joined.size) kinds.unshift("characters over several tokens");
  const rest = kinds.length > 3 ? `, and ${kinds.length - 3} other kinds` : "";
  find("odd-count").textContent =
    places.length === 1 ? "1 token cannot be told by eye:" : `${places.length.toLocaleString()} tokens cannot be told by eye:`;
  find("odd-words").textContent = `${kinds.slice(0, 3).join("; ")}${rest}.`;
  find("odd-remove").hidden = removable(tokens).length === 0;
}

const removable = (tokens) => [...tokens.signs].filter(([one, sign]) => sign[2] && !KEPT.has(one)).map(([one]) => one);

function removeHidden() {
  const hidden = new Set(removable(shown.tokens));
  const place = shown.name === "Text B" ? other : text;
  const kept = [...place.value].filter((character) => !hidden.has(character));
  const gone = [...place.value].length - kept.length;
  place.value = kept.join("");
  tellSizes();
  done.textContent = `${gone.toLocaleString()} removed from the text. Count again.`;
}

function nextOf(wanted) {
  const { length } = chips.sequence;
  for (let step = 1; step <= length; step += 1) {
    const n = (chips.active + step) % length;
    if (wanted(chips.sequence.at(n))) return chips.focus(n);
  }
  return undefined;
}

const isOdd = ({ tokens, index }) => tokens.notes.has(index) || tokens.joined.has(index);

function nextDifference() {
  const now = chips.sequence.at(chips.active).op;
  let passed = now === "same"; // the rest of this difference is passed over
  nextOf(({ op }) => {
    if (op !== now) passed = true;
    return passed && op !== "same";
  });
}

/** Ask for each job; one that fails does not keep the others from being shown. */
async function askAll(jobs) {
  const counts = jobs.map(() => 0);
  let told = performance.now();
  const one = (job, at) =>
    ask(form, job, (count) => {
      counts[at] = count;
      if (performance.now() - told < TOLD_EVERY) return;
      told = performance.now();
      status.textContent = `${counts.reduce((sum, each) => sum + each).toLocaleString()} tokens so far`;
    });
  if (jobs.every((job) => job.text.length < LARGE)) return Promise.all(jobs.map(one));
  const answers = [];
  for (const [at, job] of jobs.entries()) answers.push(await one(job, at));
  return answers;
}

function failures(jobs, answers) {
  const nodes = jobs.flatMap((job, at) => {
    if (!answers[at].notice) return [];
    const part = document.createElement("div");
    const name = document.createElement("p");
    name.className = "small mono";
    name.textContent = job.name;
    part.append(...(jobs.length > 1 ? [name] : []), answers[at].notice);
    return [part];
  });
  notice.replaceChildren(...nodes);
  notice.hidden = nodes.length === 0;
}

async function count() {
  if (send.disabled || !form.reportValidity()) return;
  send.disabled = true;
  form.setAttribute("aria-busy", "true");
  status.textContent = "Asking xAI";
  failures([], []);
  const models = picked();
  const jobs = comparing
    ? [text, other].map((part, at) => ({ name: `Text ${"AB"[at]}`, model: models[0], text: part.value }))
    : models.map((model) => ({ name: model, model, text: text.value }));
  const answers = await askAll(jobs);
  failures(jobs, answers);
  views = jobs.flatMap(({ name }, at) => {
    const { tokens, head } = answers[at];
    return tokens ? [{ name, tokens, head, sequence: whole(tokens) }] : [];
  });
  own.hidden = comparing || jobs.length < 2 || !views.length;
  ownRows.replaceChildren(...views.map(({ head }) => fragment(head.row)));
  find("difference").hidden = true;
  if (comparing && views.length === 2) await compare(...views);
  offer();
  const counted = views.filter((view) => view.tokens);
  status.textContent = counted.map(({ name, sequence }) => `${name}: ${sequence.length.toLocaleString()} tokens`).join(", ");
  form.removeAttribute("aria-busy");
  send.disabled = !picked().length;
}

async function compare(a, b) {
  status.textContent = "Comparing";
  const pause = pacer();
  const steps = difference(a.tokens, b.tokens);
  let step = steps.next();
  while (!step.done) {
    await pause();
    step = steps.next();
  }
  const { runs, how } = step.value;
  const sums = { same: 0, removed: 0, added: 0 };
  for (const { op, count: tokens } of runs) sums[op] += tokens;
  tellDifference(a, b, sums, how);
  const changes = sums.removed + sums.added;
  views.unshift({ name: "Difference", tokens: null, head: null, changes, sequence: sequenceOf(runs, a.tokens, b.tokens) });
}

function sequenceOf(runs, a, b) {
  const ends = [];
  for (const { count: tokens } of runs) ends.push((ends.at(-1) ?? 0) + tokens);
  const at = (n) => {
    let [low, high] = [0, runs.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] <= n) low = middle + 1;
      else high = middle;
    }
    const run = runs[low];
    const step = n - (low ? ends[low - 1] : 0);
    return run.op === "removed" ? { tokens: a, index: run.a + step, op: run.op } : { tokens: b, index: run.b + step, op: run.op };
  };
  return { length: ends.at(-1) ?? 0, at };
}

const HOW = {
  tokens: "token by token",
  lines: "The texts differ too much to compare token by token, so whole lines are compared.",
  whole: "The texts have too little in common to compare: all of A is shown as removed, all of B as added.",
};

function tellDifference(a, b, sums, how) {
  const told = a.tokens.once !== null && b.tokens.once !== null;
  const step = told ? b.tokens.once - a.tokens.once : null;
  const cost = step === null ? "unknown" : `${step > 0 ? "+" : ""}${usd(step)}`;
  const figures = [
    ["Tokens of A", a.tokens.length.toLocaleString(), a.tokens.once === null ? "price unknown" : usd(a.tokens.once)],
    ["Tokens of B", b.tokens.length.toLocaleString(), b.tokens.once === null ? "price unknown" : usd(b.tokens.once)],
    ["Removed", sums.removed.toLocaleString(), "only in A"],
    ["Added", sums.added.toLocaleString(), `only in B; ${sums.same.toLocaleString()} are the same`],
    ["Difference in cost", cost, step === null ? "the price is not known" : `as input, once: ${step.toLocaleString()} ticks`],
  ];
  find("difference-figures").replaceChildren(
    ...figures.map((parts) => {
      const box = document.createElement("div");
      for (const [at, name] of ["k", "v", "d"].entries()) {
        const node = document.createElement("span");
        node.className = name;
        node.textContent = parts[at];
        box.append(node);
      }
      return box;
    }),
  );
  find("difference-how").textContent = HOW[how];
  find("difference").hidden = false;
}

function tellSize(place, note) {
  const bytes = new TextEncoder().encode(place.value).length;
  const told = bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  note.textContent = bytes ? `${told} of 1 MB${bytes > LIMIT ? ": too long" : ""}` : "at most 1 MB";
}

function tellSizes() {
  tellSize(text, find("size"));
  tellSize(other, find("other-size"));
}

function setComparing(on) {
  comparing = on;
  find("compare").setAttribute("aria-pressed", `${on}`);
  find("texts").toggleAttribute("data-two", on);
  find("other-part").hidden = !on;
  other.disabled = !on;
  find("text-name").textContent = on ? "Text A" : "Text";
  tellModels(picked());
}

function tellModels(models) {
  const more = comparing && models.length > 1 ? ", the first is used" : models.length > 1 ? ` and ${models.length - 1} more` : "";
  find("chosen-models").textContent = models.length ? `${models[0]}${more}` : "No model";
  send.disabled = !models.length || form.hasAttribute("aria-busy");
}

async function save(format) {
  done.textContent = "Writing the file";
  const parts = await fileOf(chips.sequence, format, pacer());
  download(parts, `tokens.${format}`, format === "csv" ? "text/csv;charset=utf-8" : "application/json");
  done.textContent = `${chips.sequence.length.toLocaleString()} tokens written to tokens.${format}.`;
}

async function copyIds() {
  const { length, at } = chips.sequence;
  const ids = Array.from({ length }, (_, n) => at(n)).map(({ tokens, index }) => tokens.id(index) ?? "?");
  try {
    await navigator.clipboard.writeText(ids.join(" "));
    done.textContent = `${length.toLocaleString()} ids copied.`;
  } catch {
    done.textContent = "This browser does not let the page copy. Take the CSV.";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  count();
});
for (const part of [text, other]) {
  part.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) count();
  });
  part.addEventListener("input", tellSizes);
}
for (const choice of document.querySelectorAll("input[name=show]")) choice.addEventListener("change", () => chips.redraw());
for (const button of document.querySelectorAll("[data-file]")) button.addEventListener("click", () => save(button.dataset.file));
spaces.addEventListener("change", () => chips.redraw());
find("copy-ids").addEventListener("click", copyIds);
find("odd-next").addEventListener("click", () => nextOf(isOdd));
find("odd-remove").addEventListener("click", removeHidden);
nextChange.addEventListener("click", nextDifference);
find("compare").addEventListener("click", () => setComparing(!comparing));
const picked = wireModels(tellModels);
