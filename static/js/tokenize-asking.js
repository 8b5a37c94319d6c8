// One call: a text and a model go out, tokens come back in slices.

import { copyOf, fragment, refusalOf } from "./fragments.js";
import { Tokens } from "./tokenize-store.js";

const BUDGET = 8; // milliseconds of work, then the page gets a turn

/** Return a function that gives the page a turn, when one is due. */
export function pacer() {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < BUDGET) return;
    await new Promise((go) => setTimeout(go));
    began = performance.now();
  };
}

async function* linesOf(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}

/**
 * Ask for the tokens of a text.
 * @param {HTMLFormElement} form its address and its token against forgery are used
 * @param {{model: string, text: string}} what
 * @param {(count: number) => void} told called while tokens come
 * @returns {Promise<{tokens: Tokens, head: object} | {notice: Node}>}
 */
export async function ask(form, { model, text }, told) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("model", model);
  body.set("text", text);
  try {
    const response = await fetch(form.action, { method: "POST", body });
    const kind = response.headers.get("content-type") ?? "";
    if (!kind.startsWith("application/x-ndjson")) return { notice: await refusalOf(response) };
    return await read(response, new Tokens(model), told);
  } catch {
    return { notice: copyOf("lost") };
  }
}

async function read(response, tokens, told) {
  const pause = pacer();
  let head = null;
  for await (const line of linesOf(response)) {
    const part = JSON.parse(line);
    if (part.notice) return { notice: fragment(part.notice) };
    if (part.tokens) {
      tokens.add(part.tokens, part.signs);
      told(tokens.length);
    } else if (part.end) {
      tokens.once = head.once;
      return { tokens, head };
    } else head = part;
    await pause();
  }
  return { notice: copyOf("lost") };
}
