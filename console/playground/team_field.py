"""Which of one's teams is meant, as the forms of the playground ask for it."""

from __future__ import annotations

from django import forms

NOT_YOURS = "Choose one of your teams."


class TeamField(forms.UUIDField):
    """The id of a team, or None; whether it is one's own is for others to say."""

    def __init__(self) -> None:
        super().__init__(required=False, error_messages={"invalid": NOT_YOURS})
