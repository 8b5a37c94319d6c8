"""What a person may say of a prompt template."""

from __future__ import annotations

from typing import Any

from django import forms

from console.accounts.models import Team, User

LONGEST_TEXT = 20_000  # characters


class PromptTemplateForm(forms.Form):
    """Name, text, and for whom; the teams are those the person belongs to."""

    name = forms.CharField(
        max_length=100, error_messages={"required": "Give the template a name."}
    )
    text = forms.CharField(
        max_length=LONGEST_TEXT,
        strip=False,
        error_messages={"required": "Write the prompt."},
    )
    team = forms.ModelChoiceField(
        queryset=Team.objects.none(),
        required=False,
        error_messages={"invalid_choice": "Choose one of your teams."},
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Team.objects.filter(memberships__user=user)

    def clean_text(self) -> str:
        """Return the text with the line ends that the page shows."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")
