"""What the browser may send to be converted."""

from __future__ import annotations

from django import forms

from console.usage.models import Endpoint

MIB = 1024 * 1024
LONGEST = 18 * MIB  # bytes of UTF-8: whatever Chat and Messages send, with its images
DIALECTS = [(Endpoint.CHAT, "Chat"), (Endpoint.MESSAGES, "Messages")]


class TwinForm(forms.Form):
    """A body in one of the two dialects."""

    dialect = forms.ChoiceField(
        choices=DIALECTS, error_messages={"required": "Choose a dialect."}
    )
    body = forms.CharField(
        strip=False, error_messages={"required": "Paste the JSON of a request."}
    )

    def clean_body(self) -> str:
        """Return the text with plain line ends."""
        text: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if len(text.encode()) > LONGEST:
            raise forms.ValidationError("The request is larger than 18 MB. Shorten it.")
        return text
