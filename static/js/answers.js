// Hearing one answer to its end, over as many connections as that takes.

import { readEvents } from "./events.js";
import { copyOf, refusalOf } from "./fragments.js";

const PAUSES = [500, 1000, 2000, 4000, 8000, 8000, 8000]; // milliseconds; then we give up

/**
 * Hear an answer. `send` asks for it and may be called again: the server knows the
 * answer by its id and never makes a second call. `again` asks for what is there of it.
 * Returns the last event, or nothing when there was none and the lane says why.
 * @param {import("./lane.js").Lane} lane
 * @param {{send: (() => Promise<Response>) | null, again: (() => Promise<Response>) | null, signal: AbortSignal, onStart: (data: object) => void}} how
 * @returns {Promise<object | null>}
 */
export async function hear(lane, { send, again, signal, onStart }) {
  let ask = send ?? again;
  for (const pause of [...PAUSES, 0]) {
    try {
      const response = await ask();
      if (streams(response)) {
        const last = await events(response, lane, onStart);
        if (last) return last;
      } else if (response.status === 404 && send && ask === again) {
        ask = send; // it never arrived
        continue;
      } else if (response.status !== 503 || ask !== again) {
        lane.fail(await refusalOf(response));
        return null;
      }
    } catch (error) {
      if (error.name === "AbortError") {
        lane.fail(document.createTextNode("Stopped before anything came."));
        return null;
      }
    }
    if (!again) break;
    ask = again;
    lane.say("The connection broke, trying again");
    await new Promise((resolve) => { setTimeout(resolve, pause); });
    if (signal.aborted) break;
  }
  lane.fail(copyOf(again ? "broken" : "lost"));
  return null;
}

function streams(response) {
  return response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

async function events(response, lane, onStart) {
  let last = null;
  for await (const { name, data } of readEvents(response.body)) {
    if (name === "start") {
      lane.start(data);
      onStart(data);
    } else if (name === "text" || name === "reasoning") lane.add(name, data.text);
    else if (name === "done" || name === "error") last = data;
  }
  if (last) lane.finish(last);
  return last;
}
