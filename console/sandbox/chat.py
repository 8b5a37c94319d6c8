"""POST /v1/chat/completions, whole and streamed."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response

from console.sandbox import answers, prompts, refusals
from console.sandbox.fields import Fields, camel
from console.sandbox.generation import Ask, Generation, generate
from console.sandbox.models import Model
from console.sandbox.streams import EventStream, Frame
from console.sandbox.usage import Usage
from console.sandbox.visits import Visit

MOST_CHOICES = 16
MOST_TOOLS = 350
EFFORTS = ("none", "low", "medium", "high", "xhigh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One call of /v1/chat/completions, answered."""

    model: Model
    choices: list[Generation]
    usage: Usage
    id: str
    created: int

    def head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model.id,
        }

    def tail(self) -> dict[str, Any]:
        return {
            "system_fingerprint": self.model.fingerprint,
            "service_tier": "default",
        }


async def chat_completions(visit: Visit) -> Response:
    fields = visit.fields
    items, name = _expect_messages(fields), fields.text("model")
    turns = prompts.chat_turns(items)
    model = visit.model(name)
    check_language(model)
    _check_settings(fields, model)
    ask = Ask(
        prompt=prompts.question(turns),
        limit=_limit(fields),
        stop=stop_sequences(fields, "stop"),
        effort=_effort(fields, model),
        salt=str(fields.integer("seed")),
        fixed=_formatted(fields, prompts.question(turns)),
    )
    count = fields.integer("n", 1, MOST_CHOICES) or 1
    prompt = prompts.measure(visit.world, visit.key.team_id, model, turns)
    choices = [generate(model, ask, choice) for choice in range(count)]
    answer = Answer(
        model=model,
        choices=choices,
        usage=total_usage(prompt, choices),
        id=str(uuid.uuid4()),
        created=int(time.time()),
    )
    if not fields.flag("stream"):
        visit.book(model, answer.usage, completed=True)
        return JSONResponse(_completion_json(answer))
    options = fields.map("stream_options") or Fields({})
    return EventStream(
        _frames(answer, include_usage=options.flag("include_usage")),
        call=visit.book(model, prompt, completed=False),
        model=model,
        prompt=prompt,
        settings=visit.world.settings,
        fault=visit.fault,
    )


def total_usage(prompt: Usage, choices: list[Generation]) -> Usage:
    """Return the usage of all choices: each one is billed, the prompt once."""
    return replace(
        prompt,
        completion_tokens=sum(len(choice.visible) for choice in choices),
        reasoning_tokens=sum(len(choice.reasoning) for choice in choices),
    )


def check_language(model: Model) -> None:
    if model.kind != "language":
        raise refusals.invalid(f"The model {model.id} does not generate text.")


def stop_sequences(fields: Fields, name: str) -> list[str]:
    value = fields.data.get(name)
    stops = [value] if isinstance(value, str) else fields.texts(name) or []
    if len(stops) > 4:
        raise refusals.invalid(f"At most 4 {name} sequences are allowed.")
    return stops


def check_sampling(fields: Fields) -> None:
    fields.number("temperature", 0, 2)
    fields.number("top_p", 0, 1)


def refuse_for_reasoning(fields: Fields, model: Model, *names: str) -> None:
    """Refuse parameters that a reasoning model does not take."""
    for name in names:
        if model.reasoning and fields.data.get(name):
            text = f"Model {model.id} does not support parameter {camel(name)}."
            raise refusals.invalid(text)


def _expect_messages(fields: Fields) -> list[Any]:
    if "messages" not in fields.data:
        fields.text("messages")  # raises the deserializer's own words
    items = fields.items("messages")
    if not items:
        raise refusals.invalid("Messages must not be empty.")
    return items


def _limit(fields: Fields) -> int | None:
    newer = fields.integer("max_completion_tokens", 1)
    return newer or fields.integer("max_tokens", 1)


def _check_settings(fields: Fields, model: Model) -> None:
    check_sampling(fields)
    for name in ("frequency_penalty", "presence_penalty"):
        fields.number(name, -2, 2)
    refuse_for_reasoning(fields, model, "stop", "frequency_penalty", "presence_penalty")
    if fields.has("search_parameters"):
        raise refusals.gone()
    if fields.flag("deferred"):
        raise refusals.invalid("The sandbox does not offer deferred completions.")
    if len(fields.items("tools") or []) > MOST_TOOLS:
        raise refusals.invalid(f"A maximum of {MOST_TOOLS} tools is supported.")
    if fields.data.get("tool_choice") not in (None, "auto", "none"):
        raise refusals.invalid("The sandbox answers in words and calls no tools.")


def _effort(fields: Fields, model: Model) -> str:
    """Return the effort to use: one out of reach is lowered, a wrong one refused."""
    asked = fields.text_or("reasoning_effort")
    allowed = model.reasoning_effort
    if not asked:
        return model.default_reasoning_effort or "medium"
    if asked == "xhigh" and "high" in allowed and "xhigh" not in allowed:
        return "high"
    if not model.reasoning or asked not in (allowed or EFFORTS):
        text = f"Model {model.id} does not support parameter reasoningEffort: {asked}."
        raise refusals.invalid(text)
    return asked


def _formatted(fields: Fields, prompt: str) -> str | None:
    """Return the whole answer where `response_format` asks for JSON."""
    wanted = fields.map("response_format")
    if wanted is None or (kind := wanted.text("type")) == "text":
        return None
    if kind == "json_object":
        return answers.as_json(answers.answer(prompt, "json"))
    if kind != "json_schema":
        raise refusals.invalid(f"responseFormat {kind} is not supported.")
    described = (wanted.map("json_schema") or Fields({})).map("schema") or Fields({})
    return json.dumps(answers.sample_of(described.data))


def _completion_json(answer: Answer) -> dict[str, Any]:
    choices = []
    for index, choice in enumerate(answer.choices):
        message: dict[str, Any] = {"role": "assistant", "content": choice.text}
        if choice.reasoning:
            message["reasoning_content"] = choice.thinking
        message["refusal"] = None
        finish = "length" if choice.cut else "stop"
        choices.append({"index": index, "message": message, "finish_reason": finish})
    usage = answer.usage.chat_json(answer.model)
    head = answer.head("chat.completion")
    return head | {"choices": choices, "usage": usage} | answer.tail()


def _frames(answer: Answer, *, include_usage: bool) -> Iterator[Frame]:
    head, tail = answer.head("chat.completion.chunk"), answer.tail()

    def chunk(choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return head | {"choices": choices} | more | tail

    for index, choice in enumerate(answer.choices):
        role = {"role": "assistant"}  # comes with the first text, not alone
        parts = [("reasoning_content", text) for text in choice.reasoning]
        parts += [("content", text) for text in choice.visible]
        for kind, text in parts:
            delta = role | {kind: text}
            thought = int(kind == "reasoning_content")
            yield Frame(
                data=chunk([{"index": index, "delta": delta}]),
                visible=1 - thought,
                reasoning=thought,
            )
            role = {}
        finish = "length" if choice.cut else "stop"
        # finish_reason is missing, not null, in every chunk before this one.
        yield Frame(
            data=chunk([{"index": index, "delta": {}, "finish_reason": finish}])
        )
    if include_usage:
        yield Frame(data=chunk([], usage=answer.usage.chat_json(answer.model)))
    yield Frame(data="[DONE]")
