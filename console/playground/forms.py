"""What the browser may send. Forms only clean, and say what to ask of xAI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from console import xai
from console.lib.shared_fields import shares_fields
from console.playground.structured import schema as schemas
from console.playground.structured.expected import Expected, Format
from console.playground.team_field import TeamField
from console.playground.tools import ToolChoice, ToolsField, tools_in_messages
from console.playground.turns import (
    Turn,
    TurnsField,
    answered,
    as_messages,
    images_of,
    storable,
    texts_of,
)
from console.relay.parameters import Extras

KIB = 1024
MIB = 1024 * KIB
LONGEST_TO_COUNT = MIB  # bytes of UTF-8; a browser sends each line end as two bytes
MOST_MODELS = 4  # whose counts are asked for at once, each in a request of its own
MOST_TOKENS = 16_384
USUAL_TOKENS = 2_048
MOST_CHOICES = 4
MOST_STOPS = 4
LARGEST_SEED = 2**53 - 1  # exact in every reader of JSON
LONGEST_ID = 128
PER_MESSAGE = 64  # tokens that xAI adds, at most
PER_REQUEST = 512  # tokens of xAI's own words before it, which it counts as ours
TIERS = ("default", "priority", "fast")


class LinesField(forms.CharField):
    """Up to four texts, one on each line; None is none."""

    def __init__(self) -> None:
        super().__init__(required=False, strip=False)

    def clean(self, value: object) -> tuple[str, ...] | None:
        """Return the lines that are not empty."""
        text = storable(super().clean(value)).replace("\r\n", "\n")
        lines = tuple(filter(None, text.split("\n")))
        if len(lines) > MOST_STOPS:
            raise forms.ValidationError(f"At most {MOST_STOPS}, one on each line.")
        return lines or None


class IdField(forms.CharField):
    """A short text for xAI; None is none."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST_ID)

    def clean(self, value: object) -> str | None:
        """Return it without blanks around it."""
        return storable(super().clean(value)) or None


class PromptForm(forms.Form):
    """What chat and messages have in common. What is left empty is not sent."""

    GATED: ClassVar[tuple[str, ...]] = ("stop",)  # not every model takes these

    said: list[Turn]  # the whole conversation; `turns` are what is sent of it

    model = forms.CharField(
        max_length=200, error_messages={"required": "Choose a model."}
    )
    team = TeamField()
    system = forms.CharField(required=False, strip=False)
    temperature = forms.FloatField(required=False, min_value=0, max_value=2)
    top_p = forms.FloatField(required=False, min_value=0.01, max_value=1)
    max_tokens = forms.IntegerField(min_value=1, max_value=MOST_TOKENS)
    stop = LinesField()
    tools = ToolsField()
    tool_choice = forms.ChoiceField(required=False, choices=ToolChoice.choices)
    user = IdField()
    turns = TurnsField()

    def clean(self) -> dict[str, Any]:
        """Refuse what is too long altogether."""
        cleaned = super().clean() or {}
        if self.text_bytes > settings.LONGEST_PROMPT:
            raise forms.ValidationError(
                f"The conversation is longer than {settings.LONGEST_PROMPT // KIB} KB. "
                "Start a new one or shorten it."
            )
        if cleaned.get("tool_choice") and not cleaned.get("tools"):
            self.add_error("tool_choice", "Describe a tool first, or leave it empty.")
        return cleaned

    @property
    def text_bytes(self) -> int:
        """The size of everything that the model reads as text."""
        return sum(len(text.encode()) for text in self._texts())

    @property
    def prompt_bytes(self) -> int:
        """A bound for the tokens of the prompt without its images."""
        messages = len(self.cleaned_data["turns"]) + 1
        return self.text_bytes + PER_MESSAGE * messages + PER_REQUEST

    @property
    def extras(self) -> Extras:
        """What is asked for beside the text, for who admits the call."""
        data = self.cleaned_data
        given = {name: str(data[name]) for name in self.GATED if _is_set(data[name])}
        return Extras(
            images=sum(1 for _ in images_of(data["turns"])),
            choices=data.get("n") or 1,
            service_tier=data.get("service_tier") or "",
            given=given,
        )

    @property
    def expected(self) -> Expected | None:
        """The kind of answer that was asked for, if it is JSON."""
        return None

    def clean_turns(self) -> list[Turn]:
        """Return the turns to send."""
        self.said = self.cleaned_data["turns"]
        return answered(self.said)

    def clean_system(self) -> str:
        """Return the system prompt; blank is none."""
        system = storable(self.cleaned_data["system"])
        return system if system.strip() else ""

    def _texts(self) -> Iterator[str]:
        data = self.cleaned_data
        for turn in data.get("turns") or ():
            yield from texts_of(turn)
        yield data.get("system") or ""
        if data.get("tools"):
            yield json.dumps(data["tools"], ensure_ascii=False)


@shares_fields
class ChatForm(PromptForm):
    """One turn of a chat."""

    GATED = ("stop", "frequency_penalty", "presence_penalty", "reasoning_effort")

    reasoning_effort = IdField()
    frequency_penalty = forms.FloatField(required=False, min_value=-2, max_value=2)
    presence_penalty = forms.FloatField(required=False, min_value=-2, max_value=2)
    seed = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_SEED)
    n = forms.IntegerField(required=False, min_value=1, max_value=MOST_CHOICES)
    service_tier = forms.ChoiceField(
        required=False, choices=[("", ""), *((tier, tier) for tier in TIERS)]
    )
    response_format = forms.ChoiceField(
        required=False, choices=[("", ""), *((one.value, one.value) for one in Format)]
    )
    schema = forms.CharField(required=False)
    parallel_tool_calls = forms.ChoiceField(
        required=False, choices=[("", ""), ("true", ""), ("false", "")]
    )
    prompt_cache_key = IdField()
    safety_identifier = IdField()

    def clean_schema(self) -> schemas.Schema | None:
        """Return the schema if one is asked for."""
        if self.cleaned_data.get("response_format") != Format.SCHEMA:
            return None
        text = storable(self.cleaned_data["schema"])
        if not text:
            raise forms.ValidationError("Write a schema, or ask for another format.")
        try:
            return schemas.read(text)
        except schemas.BadSchema as bad:
            raise forms.ValidationError(bad.sentence) from None

    @property
    def expected(self) -> Expected | None:
        """The kind of answer that was asked for, if it is JSON."""
        wanted = self.cleaned_data["response_format"]
        if wanted in ("", Format.TEXT):
            return None
        return Expected(self.cleaned_data["schema"])

    def body(self) -> xai.ChatRequest:
        """Return what to send to /v1/chat/completions."""
        data = self.cleaned_data
        messages = list(data["turns"])
        if data["system"]:
            messages.insert(0, {"role": "system", "content": data["system"]})
        parallel = {"true": True, "false": False}.get(data["parallel_tool_calls"])
        return xai.ChatRequest(
            model=data["model"],
            messages=messages,
            temperature=data["temperature"],
            top_p=data["top_p"],
            max_tokens=data["max_tokens"],
            n=data["n"],
            seed=data["seed"],
            stop=data["stop"],
            frequency_penalty=data["frequency_penalty"],
            presence_penalty=data["presence_penalty"],
            response_format=self.expected.to_json() if self.expected else None,
            tools=data["tools"],
            tool_choice=data["tool_choice"] or None,
            parallel_tool_calls=parallel if data["tools"] else None,
            reasoning_effort=data["reasoning_effort"],
            service_tier=data["service_tier"] or None,
            prompt_cache_key=data["prompt_cache_key"],
            safety_identifier=data["safety_identifier"],
            user=data["user"],
        )

    def _texts(self) -> Iterator[str]:
        yield from super()._texts()
        if self.cleaned_data.get("schema"):
            yield json.dumps(self.cleaned_data["schema"], ensure_ascii=False)


@shares_fields
class MessagesForm(PromptForm):
    """One turn of a chat in the other dialect."""

    def body(self) -> xai.MessagesRequest:
        """Return what to send to /v1/messages."""
        data = self.cleaned_data
        choice = ToolChoice(data["tool_choice"])
        # The dialect has no word for "none", so the tools themselves are left out.
        tools = data["tools"] if choice is not ToolChoice.NONE else None
        return xai.MessagesRequest(
            model=data["model"],
            max_tokens=data["max_tokens"],
            messages=as_messages(data["turns"]),
            system=data["system"] or None,
            temperature=data["temperature"],
            top_p=data["top_p"],
            stop_sequences=data["stop"],
            tools=tools_in_messages(tools) if tools else None,
            tool_choice=choice.in_messages if tools else None,
            metadata={"user_id": data["user"]} if data["user"] else None,
        )


class TokenizeForm(forms.Form):
    """A text and whose tokenizer to use."""

    model = forms.CharField(
        max_length=200, error_messages={"required": "Choose a model."}
    )
    text = forms.CharField(strip=False, error_messages={"required": "Write a text."})

    def clean_text(self) -> str:
        """Return the text with the line ends that the page shows."""
        text = storable(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text.encode()) > LONGEST_TO_COUNT:
            raise forms.ValidationError("The text is longer than 1 MB. Shorten it.")
        return text


def sentence_of(form: forms.Form) -> str:
    """Return the first thing that is wrong, as one sentence."""
    for name, errors in form.errors.items():
        bare = name in {"__all__", "team", "turns", "text", "schema", "tools"}
        return f"{'' if bare else _label(name)}{errors[0]}"
    return ""


LABELS = {"max_tokens": "Max output", "n": "Answers", "user": "User id"}


def _label(name: str) -> str:
    return LABELS.get(name, name.capitalize().replace("_", " ")) + ": "


def _is_set(value: object) -> bool:
    return value is not None and value != ""
