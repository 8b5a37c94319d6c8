"""A request as JavaScript with `fetch`: a module for Node, Deno or Bun."""

from __future__ import annotations

import json

from console.playground.snippets.literals import (
    SCRIPT,
    Body,
    as_json,
    is_exact_in_script,
    quoted,
    source,
    streams,
)
from console.usage.models import Endpoint

ASK = """\
const answer = await fetch(url, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.XAI_API_KEY}`,
    "Content-Type": "application/json",
  },
  body: %s,
});
if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
"""
EVENTS = """\

let text = "";
let rest = "";
const decoder = new TextDecoder();
for await (const part of answer.body) {
  const lines = (rest + decoder.decode(part, { stream: true })).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    const data = line.startsWith("data:") ? line.slice(5).trim() : "";
    if (!data || data === "[DONE]") continue;
    const event = JSON.parse(data);
"""
CHAT_STREAM = """\
    for (const choice of event.choices ?? []) text += choice.delta.content ?? "";
    if (event.usage) console.error(event.usage);
"""
MESSAGES_STREAM = """\
    if (event.type === "content_block_delta") text += event.delta.text ?? "";
    if (event.type === "message_delta") console.error(event.usage);
"""
PRINT = """\
  }
}
console.log(text);
"""
CHAT_WHOLE = """\
for (const choice of (await answer.json()).choices) console.log(choice.message.content);
"""
MESSAGES_WHOLE = """\
for (const block of (await answer.json()).content) console.log(block.text ?? "");
"""


def render(body: Body, endpoint: Endpoint, host: str, *, file: str = "") -> str:
    """Return the module.

    With a number that JavaScript cannot hold, the body is written as its text.
    """
    used = ""
    if file:
        used = 'import { readFile } from "node:fs/promises";\n\n'
        value, sent = f"await readFile({quoted(file, as_json)})", "body"
    elif is_exact_in_script(body):
        value, sent = source(body, SCRIPT, before=14), "JSON.stringify(body)"
    else:
        value, sent = quoted(json.dumps(dict(body)), as_json), "body"
    chat = endpoint == Endpoint.CHAT
    if streams(body):
        tell = EVENTS + (CHAT_STREAM if chat else MESSAGES_STREAM) + PRINT
    else:
        tell = CHAT_WHOLE if chat else MESSAGES_WHOLE
    return (
        f"{used}const url = {quoted(host + endpoint.label, as_json)};\n"
        f"const body = {value};\n"
        f"{ASK % sent}{tell}"
    )
