"""Streams of both dialects as xAI sends them, and reading them to their end."""

import httpx

from console.xai import (
    ChatRequest,
    Event,
    EventStream,
    MessagesRequest,
    Timeouts,
    XaiError,
)
from tests.xai.answering import AUTH, data, waiting

CHAT = ChatRequest(model="grok-4.3", messages=[{"role": "user", "content": "Hi"}])
MESSAGES = MessagesRequest(
    model="grok-4.3", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
)
CHUNK = {"id": "cf3b", "object": "chat.completion.chunk", "created": 1790000001}
ROLE = {"role": "assistant", "reasoning_content": "Easy"}
WORDS = data({**CHUNK, "choices": [{"index": 0, "delta": ROLE}]})
STOP = data({**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
COUNTED = {
    "prompt_tokens": 210,
    "completion_tokens": 1,
    "total_tokens": 215,
    "prompt_tokens_details": {
        "text_tokens": 210,
        "image_tokens": 0,
        "cached_tokens": 0,
    },
    "completion_tokens_details": {"reasoning_tokens": 4},
    "cost_in_usd_ticks": 2750000,
}
COUNTS = data({**CHUNK, "choices": [], "usage": COUNTED})
DONE = "data: [DONE]\n\n"

START_USAGE = {
    "input_tokens": 18,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 192,
    "output_tokens": 0,
}
TEXT = {"type": "text", "text": ""}
# As xAI was seen to send it: deltas without an index, blocks that are all number 0.
MESSAGE: tuple[dict[str, object], ...] = (
    {"type": "message_start", "message": {"id": "9a1e", "usage": START_USAGE}},
    {"type": "content_block_start", "index": 0, "content_block": TEXT},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "97"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 31},
    },
    {"type": "message_stop"},
)


def chat_of(answer: httpx.Response, timeouts: Timeouts | None = None) -> EventStream:
    client = waiting(lambda request: answer, timeouts)
    return client.stream_chat(CHAT, auth=AUTH)


async def read(stream: EventStream) -> tuple[list[Event], XaiError | None]:
    """Return the events, and the error in which they end."""
    events = []
    try:
        async for event in stream:
            events.append(event)
    except XaiError as error:
        return events, error
    return events, None
