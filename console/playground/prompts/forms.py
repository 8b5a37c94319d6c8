"""What a person may say of a prompt template."""

from __future__ import annotations

from typing import Any

from django import forms

from console.accounts.models import Team, User
from console.playground.team_field import NOT_YOURS, TeamField

LONGEST_NAME = 100  # characters
LONGEST_TEXT = 20_000  # characters


class PromptTemplateForm(forms.Form):
    """Name, text, and for whom; the teams are those the person belongs to."""

    longest_name = LONGEST_NAME
    longest_text = LONGEST_TEXT

    name = forms.CharField(
        max_length=LONGEST_NAME,
        error_messages={"required": "Give the template a name."},
    )
    text = forms.CharField(
        strip=False, error_messages={"required": "Write the prompt."}
    )
    team = TeamField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = list(Team.objects.filter(memberships__user=user))

    def clean_team(self) -> Team | None:
        """Return the team; None for the person alone."""
        wanted = self.cleaned_data["team"]
        team = next((one for one in self.teams if one.pk == wanted), None)
        if wanted and team is None:
            raise forms.ValidationError(NOT_YOURS)
        return team

    def clean_text(self) -> str:
        """Return the text with the line ends that the page shows."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError("Write the prompt.")
        if len(text) > LONGEST_TEXT:
            raise forms.ValidationError(
                f"The prompt has {len(text):,} characters. A template takes "
                f"{LONGEST_TEXT:,} at most: shorten it."
            )
        return text
