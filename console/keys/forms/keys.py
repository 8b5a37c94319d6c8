"""What the pages of one key take in. Forms clean; they store nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from console.accounts.models import Team
from console.keys.forms.fields import (
    MaskedLine,
    SecretField,
    ShownField,
    TagsField,
    host_field,
)
from console.keys.models import ApiKey


class NamedForm(forms.Form):
    """What people here call a key, and whose it is."""

    label = ShownField("Label", length=100)
    owner = ShownField("Owner", length=100, required=False)
    note = ShownField("Note", length=1000, required=False, lines=True)


class EditKeyForm(NamedForm):
    """All that people here say about a key."""

    field_order = ("label", "owner", "tags", "note")

    tags = TagsField()


class CellForm(EditKeyForm):
    """One of them alone, in the place where it is shown."""

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "cell-%s", **kwargs})
        self.fields = {field: self.fields[field]}
        attrs = self.fields[field].widget.attrs
        attrs["autofocus"] = True
        if "rows" in attrs:
            attrs["rows"] = 2


class AddKeyForm(NamedForm):
    """A new key: whose it is, and its secret."""

    field_order = (
        "credential_material", "team", "new_team", "label", "owner", "note",
    )  # fmt: skip

    team = forms.ModelChoiceField(
        label="Team",
        queryset=Team.objects.all(),
        required=False,
        empty_label="Choose one, or name a new one below",
        widget=forms.Select(),
        error_messages={"invalid_choice": "This team does not exist any more."},
    )
    new_team = ShownField("Name of the new team", length=100, required=False)
    credential_material = SecretField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts = list(settings.XAI_HOSTS)
        if len(self.hosts) > 1:
            self.fields["host"] = host_field()

    def clean_new_team(self) -> str:
        """Refuse a name that is taken: the team is in the list."""
        name = str(self.cleaned_data["new_team"])
        if name and Team.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(
                "A team of this name exists: choose it from the list."
            )
        return name

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one team, and take the only upstream there is."""
        cleaned = super().clean() or {}
        if "team" in cleaned and "new_team" in cleaned:
            chosen, named = cleaned["team"], cleaned["new_team"]
            if not (chosen or named):
                self.add_error("team", "Choose a team or name a new one.")
            elif chosen and named:
                self.add_error("new_team", "Choose a team or name a new one, not both.")
        cleaned["host"] = cleaned.get("host") or self.hosts[0]
        return cleaned


class ReplaceSecretForm(forms.Form):
    """A new secret for a key that stays what it is."""

    credential_material = SecretField()


class RemoveKeyForm(forms.Form):
    """The label, typed by somebody who means it."""

    label = forms.CharField(
        label="Type the label to confirm", max_length=100, widget=MaskedLine()
    )

    def __init__(self, *args: Any, api_key: ApiKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.api_key = api_key

    def clean_label(self) -> str:
        """Refuse any other label."""
        label = str(self.cleaned_data["label"])
        if label != self.api_key.label:
            raise forms.ValidationError(f"The label is “{self.api_key.label}”.")
        return label
