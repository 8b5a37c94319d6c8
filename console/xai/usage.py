"""Tokens and cost of one call, the same for both dialects of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from console.xai.jsontext import LARGEST, BadJson, parse_object, whole_number
from console.xai.sse import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call used, as far as xAI told; None is unknown, never zero."""

    prompt_tokens: int | None = None  # cached ones included
    cached_tokens: int | None = None
    text_tokens: int | None = None  # of the prompt, cached ones included
    image_tokens: int | None = None
    completion_tokens: int | None = None  # visible; in messages reasoning as well
    reasoning_tokens: int | None = None  # None in messages: not told apart
    total_tokens: int | None = None
    cost_ticks: int | None = None  # xAI's own amount

    @classmethod
    def from_chat(cls, usage: object) -> Self:
        """Read `usage` of the chat dialect, where prompt tokens include cached ones."""
        data = _object(usage)
        prompt = _object(data.get("prompt_tokens_details"))
        completion = _object(data.get("completion_tokens_details"))
        cached = whole_number(prompt.get("cached_tokens"))
        total_prompt = whole_number(data.get("prompt_tokens"))
        if cached is not None and total_prompt is not None and cached > total_prompt:
            total_prompt = _sum(total_prompt, cached)  # told apart, against the rule
        return cls(
            prompt_tokens=total_prompt,
            cached_tokens=cached,
            text_tokens=whole_number(prompt.get("text_tokens")),
            image_tokens=whole_number(prompt.get("image_tokens")),
            completion_tokens=whole_number(data.get("completion_tokens")),
            reasoning_tokens=whole_number(completion.get("reasoning_tokens")),
            total_tokens=whole_number(data.get("total_tokens")),
            cost_ticks=whole_number(data.get("cost_in_usd_ticks")),
        )

    @classmethod
    def from_messages(cls, usage: object) -> Self:
        """Read `usage` of the messages dialect, where input excludes cached tokens."""
        data = _object(usage)
        cached = whole_number(data.get("cache_read_input_tokens"))
        fresh = whole_number(data.get("input_tokens"))
        prompt = _sum(fresh, cached or 0)
        completion = whole_number(data.get("output_tokens"))
        return cls(
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=completion,
            total_tokens=_sum(prompt, completion),
            cost_ticks=whole_number(data.get("cost_in_usd_ticks")),
        )

    @classmethod
    def in_event(cls, event: Event) -> Self | None:
        """Return the usage that an event of a stream carries, of either dialect.

        A messages stream tells the prompt first and the rest last: add them up
        with `updated_by`. Its first output count is a start value and is left out.
        """
        if '"usage"' not in event.data:
            return None
        try:
            data = parse_object(event.data)
        except BadJson:
            return None
        kind = data.get("type")
        if kind == "message_start":
            usage = _object(_object(data.get("message")).get("usage"))
            prompt = {k: v for k, v in usage.items() if k != "output_tokens"}
            found = cls.from_messages(prompt)
        elif kind == "message_delta":
            found = cls.from_messages(data.get("usage"))
        else:
            found = cls.from_chat(data.get("usage"))
        return found if found.is_known else None

    @property
    def is_known(self) -> bool:
        """Whether anything at all is known."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    def updated_by(self, newer: "Usage") -> "Usage":
        """Return both together; where both know a value, the newer one stands."""
        known = {
            field.name: value
            for field in fields(self)
            if (value := getattr(newer, field.name)) is not None
            or (value := getattr(self, field.name)) is not None
        }
        if newer.total_tokens is None and newer.prompt_tokens is None:
            # The end of a messages stream tells neither; a sum is due.
            whole = _sum(known.get("prompt_tokens"), known.get("completion_tokens"))
            if whole is not None and "reasoning_tokens" not in known:
                known["total_tokens"] = whole
        return Usage(**known)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None or one + other > LARGEST:
        return None
    return one + other
