// Columns whose prompt was refused before anything was sent, while others got an answer.
// The server keeps nothing of them; the tab does, over a reload.

/** @typedef {{beside: string, refused: {column: number, sentence: string}[]}} Unsent */

/**
 * Return what the newest answers lack; nothing if none was refused, or all were.
 * @param {HTMLElement[]} lanes
 * @returns {Unsent | null}
 */
export function unsentOf(lanes) {
  const refused = lanes.filter(({ dataset }) => "unsent" in dataset);
  const beside = lanes.find(({ dataset }) => !("unsent" in dataset));
  if (!refused.length || !beside) return null;
  return {
    beside: beside.dataset.answerId,
    refused: refused.map((lane) => ({ column: Number(lane.dataset.number), sentence: sentenceOf(lane) })),
  };
}

/**
 * Return those that belong beside these answers and are not among them.
 * @param {Unsent | null | undefined} unsent
 * @param {HTMLElement[]} lanes
 * @returns {Unsent["refused"]}
 */
export function missing(unsent, lanes) {
  if (!lanes.some(({ dataset }) => dataset.answerId === unsent?.beside)) return [];
  const there = lanes.map(({ dataset }) => Number(dataset.number));
  return unsent.refused.filter(({ column }) => !there.includes(column));
}

function sentenceOf(lane) {
  const notice = lane.querySelector("[data-notice]");
  return (notice.querySelector("h3") ?? notice).textContent;
}
