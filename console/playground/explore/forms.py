"""What to ask, and with which key."""

from __future__ import annotations

from typing import Any

from django import forms

from console.lib.redact import holds_secret
from console.relay.reading import Read
from console.xai.fields import ID


class ExploreForm(forms.Form):
    """One read. Whether the key is one of the person's is for the view to judge."""

    key = forms.UUIDField(
        error_messages={"required": "Choose a key.", "invalid": "Choose a key."}
    )
    read = forms.ChoiceField(
        choices=Read.choices,
        error_messages={
            "required": "Choose what to read.",
            "invalid_choice": "Choose what to read.",
        },
    )
    model = forms.CharField(max_length=200, required=False)

    def clean_read(self) -> Read:
        """Return it as what it stands for."""
        return Read(self.cleaned_data["read"])

    def clean_model(self) -> str:
        """Refuse what can be no id, such as a key that was pasted here."""
        model: str = self.cleaned_data["model"]
        if holds_secret(model):
            raise forms.ValidationError("This looks like a key. Enter a model's id.")
        if model and (ID.fullmatch(model) is None or model in {".", ".."}):
            raise forms.ValidationError("This can be no id: it has no spaces in it.")
        return model

    def clean(self) -> dict[str, Any]:
        """Ask for a model where one is read."""
        cleaned = super().clean() or {}
        read = cleaned.get("read")
        needs_model = isinstance(read, Read) and read.is_of_one_model
        if needs_model and not cleaned.get("model") and "model" not in self.errors:
            self.add_error("model", "Enter the id of a model, or an alias of one.")
        return cleaned
