// What of one sequence became what of another: Myers' greedy algorithm, with bounds.

const DEEPEST = 1500; // differences, after which lines are compared
const STEPS = 20_000_000; // comparisons, likewise

/** @typedef {{op: "same" | "removed" | "added", a: number, b: number, count: number}} Run */
/** @typedef {{runs: Run[], how: "tokens" | "lines" | "whole"}} Difference */

/**
 * Yield now and then, so that the page lives on; return the runs that lead from a to b.
 * @param {import("./tokenize-store.js").Tokens} a
 * @param {import("./tokenize-store.js").Tokens} b
 * @param {{deepest?: number, steps?: number}} bounds
 * @returns {Generator<void, Difference, void>}
 */
export function* difference(a, b, { deepest = DEEPEST, steps = STEPS } = {}) {
  const bounds = { deepest, steps };
  const keys = [keysOf(a), keysOf(b)];
  yield;
  const runs = yield* compare(...keys, bounds);
  if (runs) return { runs, how: "tokens" };
  const [lines, others] = linesOf(a, b);
  const found = yield* compare(lines.keys, others.keys, bounds);
  if (found) return { runs: found.map((run) => widened(run, lines, others)), how: "lines" };
  return { runs: whole(a.length, b.length), how: "whole" };
}

/** What makes two tokens the same: the id, or where none was told the bytes. */
function keysOf(tokens) {
  return tokens.ids.map((id, at) => (id < 0 ? `${tokens.hex(at)} ${tokens.labels.get(at) ?? ""}` : id));
}

function linesOf(a, b) {
  const numbers = new Map();
  return [a, b].map((tokens) => {
    const keys = keysOf(tokens);
    const starts = tokens.lines().map((line) => line.first);
    const ends = [...starts.slice(1), tokens.length];
    const made = starts.map((start, line) => {
      const text = keys.slice(start, ends[line]).join(" ");
      if (!numbers.has(text)) numbers.set(text, numbers.size);
      return numbers.get(text);
    });
    return { keys: made, starts: [...starts, tokens.length] };
  });
}

function widened(run, lines, others) {
  const [a, b] = [lines.starts[run.a], others.starts[run.b]];
  const end = run.op === "added" ? others.starts[run.b + run.count] - b : lines.starts[run.a + run.count] - a;
  return { op: run.op, a, b, count: end };
}

function whole(from, to) {
  const runs = [];
  if (from) runs.push({ op: "removed", a: 0, b: 0, count: from });
  if (to) runs.push({ op: "added", a: from, b: 0, count: to });
  return runs;
}

function* compare(a, b, { deepest, steps }) {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const [width, height] = [a.length - head - tail, b.length - head - tail];
  if (Math.abs(width - height) > deepest && width && height) return null;
  const middle = width && height ? yield* myers(a, b, head, width, height, deepest, steps) : null;
  if (width && height && !middle) return null;

  const runs = [];
  const add = (op, x, y, count) => {
    const last = runs.at(-1);
    if (count && last?.op === op) last.count += count;
    else if (count) runs.push({ op, a: x, b: y, count });
  };
  add("same", 0, 0, head);
  if (middle) for (const [op, x, y, count] of middle) add(op, head + x, head + y, count);
  else {
    add("removed", head, head, width);
    add("added", head + width, head, height);
  }
  add("same", a.length - tail, b.length - tail, tail);
  return runs;
}

/** Return the steps of the shortest way, or null when it is longer than the bounds. */
function* myers(a, b, head, width, height, deepest, steps) {
  const trace = [];
  const far = new Int32Array(2 * deepest + 3);
  const middle = deepest + 1;
  let taken = 0;
  for (let depth = 0; depth <= deepest; depth += 1) {
    trace.push(far.slice(middle - depth - 1, middle + depth + 2));
    for (let k = -depth; k <= depth; k += 2) {
      const down = k === -depth || (k !== depth && far[middle + k - 1] < far[middle + k + 1]);
      let x = down ? far[middle + k + 1] : far[middle + k - 1] + 1;
      const from = x;
      while (x < width && x - k < height && a[head + x] === b[head + x - k]) x += 1;
      far[middle + k] = x;
      taken += x - from + 1;
      if (x >= width && x - k >= height) return way(trace, width, height);
    }
    if (taken > steps) return null;
    yield;
  }
  return null;
}

function way(trace, width, height) {
  const back = [];
  let [x, y] = [width, height];
  for (let depth = trace.length - 1; depth >= 0; depth -= 1) {
    const far = trace[depth]; // its middle is at depth + 1
    const k = x - y;
    const down = k === -depth || (k !== depth && far[depth + k] < far[depth + k + 2]);
    const before = down ? k + 1 : k - 1;
    const px = depth ? far[depth + 1 + before] : 0;
    const py = depth ? px - before : 0;
    const [sx, sy] = depth ? (down ? [px, py + 1] : [px + 1, py]) : [0, 0];
    if (x > sx) back.push(["same", sx, sy, x - sx]);
    if (depth) back.push(down ? ["added", px, py, 1] : ["removed", px, py, 1]);
    [x, y] = [px, py];
  }
  return back.reverse();
}
