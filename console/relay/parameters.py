"""Which parameters a model takes, and in words why not the others.

xAI tells of a model its kinds of input and, for some, the efforts of its reasoning.
The rest is from its documents, by families of models. Of a model of which neither
says anything, nothing is claimed: what is set is sent, and xAI may refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from console.usage.models import Endpoint

IMAGE_TOKENS = 1_792  # of one image, at most: 7 tiles of 256
DEARER = frozenset({"priority", "fast"})  # service tiers, billed at twice the prices
DOCUMENTED_EFFORTS = ("low", "medium", "high")

_PLAIN = re.compile(r"non-reasoning|^grok-(?:1|2|beta|vision)\b")
_REASONS = re.compile(r"reasoning|^grok-(?:[4-9]|build|code|3-mini)\b")
_STOPS = "xAI refuses stop sequences with models that reason, as {name} does."
_PENALTIES = "xAI refuses penalties with models that reason, as {name} does."
_NO_EFFORT = "{name} does not reason, so there is no effort to choose."
_NO_IMAGES = "{name} reads text alone."
_IMAGES_NOT_TOLD = "xAI does not tell whether {name} reads images."


class Told(Protocol):
    """What xAI tells of a model; None is not told."""

    @property
    def model_id(self) -> str: ...
    @property
    def input_modalities(self) -> Any: ...
    @property
    def capabilities(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a request asks for beside its text: models may refuse it, or it costs."""

    images: int = 0
    choices: int = 1
    service_tier: str = ""
    given: Mapping[str, str] = field(default_factory=dict)  # by name, as text

    @property
    def factor(self) -> int:
        """How many times the price of one ordinary answer may be charged."""
        return self.choices * (2 if self.service_tier in DEARER else 1)


PLAIN = Extras()


def reasons(model: Told) -> bool | None:
    """Tell whether a model reasons before it answers; None is not known."""
    if _told_efforts(model):
        return True
    if _PLAIN.search(model.model_id):
        return False
    return True if _REASONS.search(model.model_id) else None


def efforts(model: Told) -> tuple[str, ...]:
    """Return the efforts of reasoning to choose from, none where there is none."""
    told = _told_efforts(model)
    return told or (() if reasons(model) is False else DOCUMENTED_EFFORTS)


def usual_effort(model: Told) -> str:
    """Return the effort that the model takes by itself; empty is not told."""
    told = (model.capabilities or {}).get("default_reasoning_effort")
    return told if isinstance(told, str) else ""


def refused(model: Told, endpoint: Endpoint) -> dict[str, str]:
    """Return why not, in a sentence, for each parameter that the model refuses.

    The names are those of our forms, which are the same for both dialects.
    """
    found: dict[str, str] = {}
    if reasons(model):
        found["stop"] = _STOPS
    if endpoint == Endpoint.CHAT:
        if reasons(model):
            found["frequency_penalty"] = found["presence_penalty"] = _PENALTIES
        if not efforts(model):
            found["reasoning_effort"] = _NO_EFFORT
    if model.input_modalities is None:
        found["images"] = _IMAGES_NOT_TOLD
    elif "image" not in model.input_modalities:
        found["images"] = _NO_IMAGES
    return {name: text.format(name=model.model_id) for name, text in found.items()}


def obstacle(model: Told, endpoint: Endpoint, extras: Extras) -> str:
    """Return the first reason why the model does not take a request; empty is none."""
    if not extras.given and not extras.images:
        return ""
    against = refused(model, endpoint)
    asked = [*extras.given, *(["images"] if extras.images else [])]
    for name in asked:
        if name in against:
            return against[name]
    effort = extras.given.get("reasoning_effort")
    if effort and effort not in efforts(model):
        offered = ", ".join(efforts(model))
        return f"{model.model_id} does not take this reasoning effort, but: {offered}."
    return ""


def _told_efforts(model: Told) -> tuple[str, ...]:
    told = (model.capabilities or {}).get("reasoning_effort")
    if not isinstance(told, list):
        return ()
    return tuple(one for one in told if isinstance(one, str) and one)
