"""POST /v1/messages, the Anthropic-shaped chat, whole and streamed."""

import uuid
from collections.abc import Iterator
from typing import Any

from starlette.responses import JSONResponse, Response

from console.sandbox import prompts, refusals
from console.sandbox.chat import (
    check_language,
    check_sampling,
    refuse_for_reasoning,
    stop_sequences,
    total_usage,
)
from console.sandbox.fields import FieldProblem, Fields
from console.sandbox.generation import Ask, Generation, generate
from console.sandbox.models import Model
from console.sandbox.streams import EventStream, Frame
from console.sandbox.usage import Usage
from console.sandbox.visits import Visit

EFFORT = "medium"


async def messages(visit: Visit) -> Response:
    fields = visit.fields
    limit, name = _required(fields)
    turns = prompts.message_turns(
        fields.items("messages") or [], prompts.plain_text(fields, "system")
    )
    if not turns:
        raise refusals.invalid("Messages must not be empty.")
    model = visit.model(name)
    check_language(model)
    check_sampling(fields)
    refuse_for_reasoning(fields, model, "stop_sequences")
    if (fields.map("tool_choice") or Fields({})).data.get("type") in ("any", "tool"):
        raise refusals.invalid("The sandbox answers in words and calls no tools.")
    stops = stop_sequences(fields, "stop_sequences")
    prompt = prompts.measure(visit.world, visit.key.team_id, model, turns)
    text = prompts.question(turns)
    ask = Ask(prompt=text, limit=limit, stop=stops, effort=EFFORT)
    generation = generate(model, ask)
    usage = total_usage(prompt, [generation])
    if not fields.flag("stream"):
        visit.book(model, usage, completed=True)
        return JSONResponse(_message_json(model, generation, usage))
    indexed = visit.world.settings.messages_index
    return EventStream(
        _frames(model, generation, prompt, usage, indexed=indexed),
        call=visit.book(model, prompt, completed=False),
        model=model,
        prompt=prompt,
        settings=visit.world.settings,
        fault=visit.fault,
    )


def stop_reason(generation: Generation) -> str:
    if generation.cut:
        return "max_tokens"
    return "stop_sequence" if generation.stopped_by else "end_turn"


def _required(fields: Fields) -> tuple[int, str]:
    for name in ("max_tokens", "messages", "model"):
        if name not in fields.data:
            raise FieldProblem(f"missing field `{name}`")
    limit = fields.integer("max_tokens", 1)
    if limit is None:
        raise FieldProblem("max_tokens: invalid type: null, expected an integer")
    return limit, fields.text("model")


def _message_json(
    model: Model, generation: Generation, usage: Usage | None
) -> dict[str, Any]:
    """Return the whole message; without usage, the empty one that begins a stream."""
    blocks: list[dict[str, Any]] = []
    if usage and generation.reasoning:
        thinking = {"thinking": generation.thinking, "signature": ""}
        blocks.append({"type": "thinking"} | thinking)
    if usage:
        blocks.append({"type": "text", "text": generation.text})
    return {
        "id": str(uuid.uuid4()),
        "type": "message",
        "role": "assistant",
        "content": blocks,
        "model": model.id,
        "stop_reason": stop_reason(generation) if usage else None,
        "stop_sequence": generation.stopped_by if usage else None,
        "usage": usage.messages_json() if usage else None,
    }


def _frames(
    model: Model, generation: Generation, prompt: Usage, usage: Usage, *, indexed: bool
) -> Iterator[Frame]:
    """Yield the events of a message.

    As observed, xAI's deltas have no index and every block calls itself number 0;
    `indexed` gives the numbers that Anthropic's own clients need.
    """
    start = _message_json(model, generation, None) | {"usage": prompt.messages_json()}
    yield _named("message_start", message=start)
    blocks = [("text", "text_delta", generation.visible)]
    if generation.reasoning:
        blocks.insert(0, ("thinking", "thinking_delta", generation.reasoning))
    for number, (kind, delta_kind, texts) in enumerate(blocks):
        index = number if indexed else 0
        block = {"type": kind, kind: ""}
        if kind == "thinking":
            block["signature"] = ""
        yield _named("content_block_start", index=index, content_block=block)
        where = {"index": index} if indexed else {}
        for text in texts:
            delta = {"type": delta_kind, kind: text}
            data = {"type": "content_block_delta"} | where | {"delta": delta}
            thought = int(kind == "thinking")
            yield Frame(data=data, named=True, visible=1 - thought, reasoning=thought)
        yield _named("content_block_stop", index=index)
    reason = stop_reason(generation)
    end = {"stop_reason": reason, "stop_sequence": generation.stopped_by}
    spent = {"output_tokens": usage.messages_json()["output_tokens"]}
    yield _named("message_delta", delta=end, usage=spent)
    yield _named("message_stop")


def _named(kind: str, **more: Any) -> Frame:
    return Frame(data={"type": kind} | more, named=True)
