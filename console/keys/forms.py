"""What the key pages take in. Forms clean; they store nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings

from console import xai
from console.accounts.models import Team
from console.keys.inventory import SIZES, SORTS, Filters
from console.keys.models import ApiKey
from console.keys.refusals import SecretInText
from console.keys.shown import ShownState

WHOLE_KEY = re.compile(r"xai-[A-Za-z0-9_-]{12,}")
SEARCH_LENGTH = 100


def filters_of(values: dict[str, Any], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the inventory's address; what makes no sense is left out.

    A whole key that somebody pasted becomes its last four characters at once.
    """
    known_teams = {str(team.pk): team.pk for team in teams}
    state, sort = str(values.get("state", "")), str(values.get("sort", ""))
    name = sort.removeprefix("-")
    size = str(values.get("size", ""))
    return Filters(
        state=ShownState(state) if state in ShownState.values else None,
        team=known_teams.get(str(values.get("team", ""))),
        search=clean_search(str(values.get("q", ""))),
        sort=name if name in SORTS else "attention",
        backwards=sort.startswith("-") and name in SORTS,
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        cursor=str(values.get("page", "")),
    )


def clean_search(text: str) -> str:
    """Return what to search for, without control characters and without a secret."""
    printable = "".join(c for c in text if c.isprintable()).strip()
    return WHOLE_KEY.sub(lambda key: key[0][-4:], printable)[:SEARCH_LENGTH]


class SecretField(forms.CharField):
    """A key's characters, typed once and never shown again.

    Its name is `credential_material` wherever it is used, which is the name that
    error reports hide.
    """

    def __init__(self) -> None:
        super().__init__(
            label="Secret",
            max_length=2000,
            widget=forms.PasswordInput(
                render_value=False,
                attrs={
                    "class": "input mono",
                    "autocomplete": "off",
                    "spellcheck": "false",
                    "autocapitalize": "off",
                },
            ),
            error_messages={
                "required": "Paste the key, from “xai-” to its last character.",
                "max_length": "This is too long to be one xAI key.",
            },
        )


class ShownField(forms.CharField):
    """A text that others read: nothing hides in it, and no key does.

    A key that was pasted into it does not come back with the form.
    """

    def __init__(
        self, label: str, *, length: int, required: bool = True, lines: bool = False
    ) -> None:
        widget = MaskedArea if lines else MaskedLine
        super().__init__(
            label=label, max_length=length, required=required, widget=widget()
        )
        self.spaces = "\t\r\n" if lines else ""

    def validate(self, value: str) -> None:
        """Refuse what cannot be seen, such as marks that turn the text around."""
        super().validate(value)
        if any(not sign.isprintable() and sign not in self.spaces for sign in value):
            raise forms.ValidationError("This has characters that cannot be shown.")
        if xai.redact(value) != value:
            raise forms.ValidationError(SecretInText.sentence)


class MaskedLine(forms.TextInput):
    """One line that does not repeat a key."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "input", "autocomplete": "off"})

    def format_value(self, value: Any) -> str | None:
        """Return what to show again."""
        return None if value is None else xai.redact(str(value))


class MaskedArea(forms.Textarea):
    """Several lines that do not repeat a key."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "textarea", "rows": 3})

    def format_value(self, value: Any) -> str | None:
        """Return what to show again."""
        return None if value is None else xai.redact(str(value))


class EditKeyForm(forms.Form):
    """What people here say about a key."""

    label = ShownField("Label", length=100)
    owner = ShownField("Owner", length=100, required=False)
    note = ShownField("Note", length=1000, required=False, lines=True)


class AddKeyForm(EditKeyForm):
    """A new key: whose it is, and its secret."""

    field_order = (
        "credential_material", "team", "new_team", "label", "owner", "note", "host",
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
    host = forms.ChoiceField(label="Upstream", required=False, widget=forms.Select())
    credential_material = SecretField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts = list(settings.XAI_HOSTS)
        if len(self.hosts) == 1:
            del self.fields["host"]
        else:
            hosts = self.fields["host"]
            assert isinstance(hosts, forms.ChoiceField)
            hosts.choices = [(name, name) for name in self.hosts]

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
