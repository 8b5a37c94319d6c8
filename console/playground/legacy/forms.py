"""What the browser may send to the two legacy endpoints."""

from __future__ import annotations

from django import forms
from django.conf import settings

from console import xai
from console.playground.forms import (
    KIB,
    MOST_TOKENS,
    PER_MESSAGE,
    USUAL_TOKENS,
)
from console.playground.team_field import TeamField

MOST_STOPS = 4


class PromptForm(forms.Form):
    """What both have in common; `limit` is the most tokens of the answer."""

    model = forms.CharField(
        max_length=200, error_messages={"required": "Choose a model."}
    )
    team = TeamField()
    prompt = forms.CharField(
        strip=False, error_messages={"required": "Write a prompt."}
    )
    limit = forms.IntegerField(min_value=1, max_value=MOST_TOKENS, initial=USUAL_TOKENS)
    temperature = forms.FloatField(required=False, min_value=0, max_value=2)
    top_p = forms.FloatField(required=False, min_value=0.01, max_value=1)
    stop = forms.CharField(required=False, strip=False)
    form_id = forms.UUIDField(  # another one in each page
        required=False,
        error_messages={"invalid": "Load the page again, then send it."},
    )

    def clean_prompt(self) -> str:
        """Return it with the line ends that the page shows."""
        text: str = self.cleaned_data["prompt"].encode("utf-8", "replace").decode()
        text = text.replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError("Write a prompt.")
        if len(text.encode()) > settings.LONGEST_PROMPT:
            raise forms.ValidationError(
                f"The prompt is longer than {settings.LONGEST_PROMPT // KIB} KB. "
                "Shorten it."
            )
        return text

    def clean_stop(self) -> tuple[str, ...] | None:
        """Return the lines that are not empty; None is none."""
        text: str = self.cleaned_data["stop"].encode("utf-8", "replace").decode()
        lines = tuple(filter(None, text.replace("\r\n", "\n").split("\n")))
        if len(lines) > MOST_STOPS:
            raise forms.ValidationError(f"At most {MOST_STOPS}, one on each line.")
        return lines or None

    @property
    def prompt_bytes(self) -> int:
        """A bound for the tokens of the prompt, which never are more."""
        return len(self.cleaned_data["prompt"].encode()) + PER_MESSAGE


class CompletionsForm(PromptForm):
    """A prompt for /v1/completions."""

    echo = forms.BooleanField(required=False)

    def body(self) -> xai.CompletionRequest:
        """Return what to send. One answer is asked for: none says `n`."""
        data = self.cleaned_data
        return xai.CompletionRequest(
            model=data["model"],
            prompt=data["prompt"],
            max_tokens=data["limit"],
            temperature=data["temperature"],
            top_p=data["top_p"],
            stop=data["stop"],
            echo=data["echo"] or None,
        )


class CompleteForm(PromptForm):
    """A prompt for /v1/complete."""

    def body(self) -> xai.CompleteRequest:
        """Return what to send."""
        data = self.cleaned_data
        return xai.CompleteRequest(
            model=data["model"],
            prompt=data["prompt"],
            max_tokens_to_sample=data["limit"],
            temperature=data["temperature"],
            top_p=data["top_p"],
            stop_sequences=data["stop"],
        )


LegacyForm = CompletionsForm | CompleteForm
