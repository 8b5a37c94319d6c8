// Server-sent events over fetch(): EventSource cannot send a POST.

/**
 * Yield {name, data} for each complete event of a response; data is parsed JSON.
 * Relies on "\n\n" between events, since our own server writes them.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: object}>}
 */
export async function* readEvents(body) {
  // A reader and not `for await`: Safari cannot iterate a stream.
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) yield parseEvent(block);
  }
}

/**
 * Parse one event without its closing blank line.
 * @param {string} block
 * @returns {{name: string, data: object}}
 */
export function parseEvent(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return { name, data: JSON.parse(data.join("\n") || "{}") };
}
