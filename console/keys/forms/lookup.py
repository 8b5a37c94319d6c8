"""The text that may hold a key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from console.keys import lookup, upstream
from console.keys.forms.fields import BlankArea, host_field

LONGEST = 20_000  # characters

NO_KEY = (
    "There is no whole xAI key in this text: one starts with xai- and goes on with 20 "
    "to 200 letters, digits, - or _. Nothing was looked up."
)


class LookupForm(forms.Form):
    """What somebody found, a key or a text around some; it never comes back."""

    credential_material = forms.CharField(
        label="What was found",
        max_length=LONGEST,
        widget=BlankArea(rows=4, classes="textarea mono masked"),
        error_messages={
            "required": "Paste what was found.",
            "max_length": "This is too long. Paste the part around the key.",
        },
    )
    live = forms.BooleanField(
        label="Also ask xAI about it, if it is not one of ours", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.XAI_HOSTS) > 1:
            self.fields["host"] = host_field()

    def clean_credential_material(self) -> list[lookup.Candidate]:
        """Return the keys that the text holds."""
        found = lookup.candidates(self.cleaned_data["credential_material"])
        if not found:
            raise forms.ValidationError(NO_KEY)
        return found

    def clean(self) -> dict[str, Any]:
        """Take the only upstream there is."""
        cleaned = super().clean() or {}
        cleaned["host"] = cleaned.get("host") or upstream.default_host()
        return cleaned
