"""What the estimator takes in. Forms only clean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from console.finance.estimate.inputs import (
    BOUNDS,
    LONGEST_NAME,
    MOST_MODELS,
    Inputs,
)
from console.keys.forms.fields import ShownField
from console.lib.redact import redact

KIB = 1024
LONGEST_TEXT = 200 * KIB  # bytes of UTF-8; the whole request may have 256 KiB
LONGEST_QUERY = 8_000
SEPARATORS = re.compile(r"(?<=\d)[,_' \u00a0\u202f](?=\d{3})")
WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
LABELS = {
    "requests": "Requests per day",
    "days": "Days per month",
    "prompt": "Prompt tokens each",
    "output": "Output tokens each",
    "reasoning": "Reasoning each",
    "images": "Images each",
    "image_tokens": "Tokens per image",
    "cached": "Cached share, %",
}


class WholeInput(forms.TextInput):
    """A number as people read it: with commas."""

    def __init__(self) -> None:
        attrs = {"class": "input num", "inputmode": "numeric", "autocomplete": "off"}
        super().__init__(attrs=attrs)

    def format_value(self, value: Any) -> str | None:
        """Return what to show again."""
        text = "" if value is None else str(value)
        return f"{int(text):,}" if WHOLE.fullmatch(text) else text[:20]


class WholeField(forms.Field):
    """A whole number, with or without separators of thousands."""

    def __init__(self, name: str) -> None:
        self.least, self.most = BOUNDS[name]
        super().__init__(label=LABELS[name], widget=WholeInput())

    def clean(self, value: Any) -> int:
        """Return the number, or say what is wrong with it."""
        text = SEPARATORS.sub("", "" if value is None else str(value).strip())
        if not WHOLE.fullmatch(text):
            raise forms.ValidationError("Write a whole number, such as 2,400.")
        if not self.least <= int(text) <= self.most:
            raise forms.ValidationError(
                f"Write a number from {self.least:,} to {self.most:,}."
            )
        return int(text)


class EstimateForm(forms.Form):
    """A job, as an address holds it. What an address leaves out takes its default."""

    requests = WholeField("requests")
    days = WholeField("days")
    prompt = WholeField("prompt")
    output = WholeField("output")
    reasoning = WholeField("reasoning")
    images = WholeField("images")
    image_tokens = WholeField("image_tokens")
    cached = WholeField("cached")

    def __init__(self, values: QueryDict) -> None:
        self.names = _names(values.getlist("model"))
        self.counts = _counts(values.getlist("counted"))
        usual = Inputs()
        super().__init__(
            {name: values.get(name, getattr(usual, name)) for name in BOUNDS}
        )

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be computed."""
        cleaned: dict[str, Any] = super().clean() or {}
        if len(self.names) > MOST_MODELS:
            raise forms.ValidationError(f"Choose at most {MOST_MODELS} models.")
        if cleaned.get("images") and cleaned.get("image_tokens") == 0:
            self.add_error("image_tokens", "Write how many tokens one image takes.")
        return cleaned

    @property
    def inputs(self) -> Inputs:
        """Return the job, its prompt as it was typed last. Only of a valid form."""
        made = Inputs(models=self.names, counted=self.counts, **self.cleaned_data)
        return made.as_typed


def form_of(query: str) -> EstimateForm:
    """Return the form for a job that another form carries as an address."""
    return EstimateForm(QueryDict(query[:LONGEST_QUERY]))


class CountForm(forms.Form):
    """A text whose real tokens are to be counted."""

    text = forms.CharField(
        label="Sample text",
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "textarea input",
                "rows": 5,
                "spellcheck": "false",
                "autocomplete": "off",
            }
        ),
        error_messages={"required": "Paste a text."},
    )

    def clean_text(self) -> str:
        """Return the text with plain line ends."""
        whole = self.cleaned_data["text"].encode("utf-8", "replace").decode()
        text: str = whole.replace("\r\n", "\n")
        if len(text.encode()) > LONGEST_TEXT:
            raise forms.ValidationError(
                "The text is longer than 200 KB, and nothing was sent. Paste a part of "
                "it and multiply."
            )
        return text


class NameForm(forms.Form):
    """What a scenario is called."""

    name = ShownField("Scenario", length=100)


def _names(values: list[str]) -> tuple[str, ...]:
    cleaned = (redact(_printable(value))[:LONGEST_NAME] for value in values)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _counts(values: list[str]) -> Mapping[str, int]:
    least, most = BOUNDS["prompt"]
    found: dict[str, int] = {}
    for value in values[:MOST_MODELS]:
        name, _, count = redact(_printable(value)).rpartition(":")
        if name and WHOLE.fullmatch(count) and least <= int(count) <= most:
            found[name[:LONGEST_NAME]] = int(count)
    return found


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()
