"""POST /v1/completions and /v1/complete, which reasoning models refuse."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

from starlette.responses import JSONResponse, Response

from console.sandbox import prompts, refusals
from console.sandbox.chat import (
    check_language,
    check_sampling,
    stop_sequences,
    total_usage,
)
from console.sandbox.fields import FieldProblem, Fields
from console.sandbox.generation import Ask, Generation, generate
from console.sandbox.messages import stop_reason
from console.sandbox.models import Model
from console.sandbox.prompts import Turn
from console.sandbox.streams import EventStream, Frame
from console.sandbox.usage import Usage
from console.sandbox.visits import Visit

MOST_CHOICES = 16


async def completions(visit: Visit) -> Response:
    fields = visit.fields
    name, texts = fields.text("model"), _prompts(fields)
    model = _plain_model(visit, name)
    check_sampling(fields)
    limit, count = fields.integer("max_tokens", 1), fields.integer("n", 1, MOST_CHOICES)
    stops, salt = stop_sequences(fields, "stop"), str(fields.integer("seed"))
    prompt = prompts.measure(
        visit.world, visit.key.team_id, model, [Turn("user", text) for text in texts]
    )
    choices = [
        generate(model, Ask(prompt=text, limit=limit, stop=stops, salt=salt), number)
        for text in texts
        for number in range(count or 1)
    ]
    usage = total_usage(prompt, choices)
    head = {
        "id": str(uuid.uuid4()),
        "object": "text_completion",
        "created": int(time.time()),
        "model": model.id,
        "system_fingerprint": model.fingerprint,
    }
    if fields.flag("stream"):
        options = fields.map("stream_options") or Fields({})
        shown = usage if options.flag("include_usage") else None
        return EventStream(
            _frames(head, model, choices, shown),
            call=visit.book(model, prompt, completed=False),
            model=model,
            prompt=prompt,
            settings=visit.world.settings,
            fault=visit.fault,
        )
    visit.book(model, usage, completed=True)
    echoed = [text for text in texts for _ in range(count or 1)]
    rows = [
        _choice(index, (echoed[index] if fields.flag("echo") else "") + one.text, one)
        for index, one in enumerate(choices)
    ]
    return JSONResponse(head | {"choices": rows, "usage": usage.chat_json(model)})


async def complete(visit: Visit) -> Response:
    fields = visit.fields
    name, text = fields.text("model"), fields.text("prompt")
    if not fields.has("max_tokens_to_sample"):
        raise FieldProblem("missing field `max_tokens_to_sample`")
    limit = fields.integer("max_tokens_to_sample", 1)
    model = _plain_model(visit, name)
    check_sampling(fields)
    if fields.flag("stream"):
        raise refusals.invalid("Parameter stream is not supported.")
    stops = stop_sequences(fields, "stop_sequences")
    turns = [Turn("user", text)]
    prompt = prompts.measure(visit.world, visit.key.team_id, model, turns)
    generation = generate(model, Ask(prompt=text, limit=limit, stop=stops))
    visit.book(model, total_usage(prompt, [generation]), completed=True)
    return JSONResponse(
        {
            "type": "completion",
            "id": str(uuid.uuid4()),
            "completion": generation.text,
            "stop_reason": stop_reason(generation),
            "model": model.id,
        }
    )


def _plain_model(visit: Visit, name: str) -> Model:
    model = visit.model(name)
    check_language(model)
    if model.reasoning:
        path = visit.request.url.path
        raise refusals.invalid(f"Model {model.id} is not supported by {path}.")
    return model


def _prompts(fields: Fields) -> list[str]:
    if isinstance(fields.data.get("prompt"), list):
        texts = fields.texts("prompt") or []
        if not texts:
            raise refusals.invalid("Prompt must not be empty.")
        return texts
    return [fields.text("prompt")]


def _choice(index: int, text: str, generation: Generation) -> dict[str, Any]:
    finish = "length" if generation.cut else "stop"
    return {"index": index, "text": text, "finish_reason": finish}


def _frames(
    head: dict[str, Any], model: Model, choices: list[Generation], usage: Usage | None
) -> Iterator[Frame]:
    for index, choice in enumerate(choices):
        for text in choice.visible:
            row = {"index": index, "text": text}
            yield Frame(data=head | {"choices": [row]}, visible=1)
        yield Frame(data=head | {"choices": [_choice(index, "", choice)]})
    if usage:
        yield Frame(data=head | {"choices": [], "usage": usage.chat_json(model)})
    yield Frame(data="[DONE]")
