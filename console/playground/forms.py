"""What the browser may send. Forms only clean, and say what to ask of xAI."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from console import xai

KIB = 1024
MIB = 1024 * KIB
LONGEST_TEXT = 200 * KIB  # bytes of UTF-8; the whole request may have 256 KiB
LONGEST_TO_COUNT = MIB  # likewise; a browser sends each line end as two bytes
MOST_MODELS = 4  # whose counts are asked for at once, each in a request of its own
MOST_TURNS = 400
MOST_TOKENS = 16_384
USUAL_TOKENS = 2_048
PER_MESSAGE = 64  # tokens that xAI adds, at most
UNREADABLE = "The conversation cannot be read. Reload the page and start a new one."

Turn = dict[str, str]


class TurnsField(forms.Field):
    """A conversation as JSON: [{"role": "user" or "assistant", "content": text}]."""

    def to_python(self, value: object) -> list[Turn]:
        """Return the turns; the last one is the person's."""
        try:
            turns = json.loads(str(value or "[]"))
        except (ValueError, RecursionError):
            turns = None
        if not isinstance(turns, list):
            raise forms.ValidationError(UNREADABLE)
        if not turns:
            raise forms.ValidationError("Write a prompt.")
        if len(turns) > MOST_TURNS:
            raise forms.ValidationError(
                f"The conversation has more than {MOST_TURNS} turns. Start a new one."
            )
        cleaned = [self._turn(turn) for turn in turns]
        if cleaned[-1]["role"] != "user":
            raise forms.ValidationError("Write a prompt.")
        return cleaned

    def _turn(self, turn: object) -> Turn:
        role = turn.get("role") if isinstance(turn, dict) else None
        content = turn.get("content") if isinstance(turn, dict) else None
        # A tuple: what was sent as a role may be unhashable.
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise forms.ValidationError(UNREADABLE)
        if not content.strip():
            raise forms.ValidationError("Write a prompt.")
        return {"role": str(role), "content": _storable(content)}


class PromptForm(forms.Form):
    """What chat and messages have in common."""

    model = forms.CharField(
        max_length=200, error_messages={"required": "Choose a model."}
    )
    system = forms.CharField(required=False, strip=False)
    temperature = forms.FloatField(required=False, min_value=0, max_value=2)
    top_p = forms.FloatField(required=False, min_value=0.01, max_value=1)
    max_tokens = forms.IntegerField(min_value=1, max_value=MOST_TOKENS)
    turns = TurnsField()

    def clean(self) -> dict[str, Any]:
        """Refuse what is too long altogether."""
        cleaned = super().clean() or {}
        if self.text_bytes > LONGEST_TEXT:
            raise forms.ValidationError(
                "The conversation is longer than 200 KB. Start a new one or shorten it."
            )
        return cleaned

    @property
    def text_bytes(self) -> int:
        """The size of everything that is sent as text."""
        texts = [turn["content"] for turn in self.cleaned_data.get("turns", ())]
        texts.append(self.cleaned_data.get("system", ""))
        return sum(len(text.encode()) for text in texts)

    @property
    def prompt_bytes(self) -> int:
        """A bound for the tokens of the prompt, which never are more."""
        messages = len(self.cleaned_data["turns"]) + 1
        return self.text_bytes + PER_MESSAGE * messages

    def clean_system(self) -> str:
        """Return the system prompt; blank is none."""
        system = _storable(self.cleaned_data["system"])
        return system if system.strip() else ""


class ChatForm(PromptForm):
    """One turn of a chat."""

    def body(self) -> xai.ChatRequest:
        """Return what to send to /v1/chat/completions."""
        data = self.cleaned_data
        messages: list[Turn] = list(data["turns"])
        if data["system"]:
            messages.insert(0, {"role": "system", "content": data["system"]})
        return xai.ChatRequest(
            model=data["model"],
            messages=messages,
            temperature=data["temperature"],
            top_p=data["top_p"],
            max_tokens=data["max_tokens"],
        )


class MessagesForm(PromptForm):
    """One turn of a chat in the other dialect."""

    def body(self) -> xai.MessagesRequest:
        """Return what to send to /v1/messages."""
        data = self.cleaned_data
        return xai.MessagesRequest(
            model=data["model"],
            messages=data["turns"],
            system=data["system"] or None,
            temperature=data["temperature"],
            top_p=data["top_p"],
            max_tokens=data["max_tokens"],
        )


class TokenizeForm(forms.Form):
    """A text and whose tokenizer to use."""

    model = forms.CharField(
        max_length=200, error_messages={"required": "Choose a model."}
    )
    text = forms.CharField(strip=False, error_messages={"required": "Write a text."})

    def clean_text(self) -> str:
        """Return the text with the line ends that the page shows."""
        text = _storable(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text.encode()) > LONGEST_TO_COUNT:
            raise forms.ValidationError("The text is longer than 1 MB. Shorten it.")
        return text


def sentence_of(form: forms.Form) -> str:
    """Return the first thing that is wrong, as one sentence."""
    for name, errors in form.errors.items():
        label = "" if name in {"__all__", "turns", "text"} else _label(form, name)
        return f"{label}{errors[0]}"
    return ""


def _label(form: forms.Form, name: str) -> str:
    words = {"max_tokens": "Max output", "top_p": "Top p"}
    return words.get(name, name.capitalize()) + ": "


def _storable(text: str) -> str:
    """Half of a character that needs two cannot be sent anywhere."""
    return text.encode("utf-8", "replace").decode()
