"""What the tokenizer page takes in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from console.accounts.models import User
from console.finance.language_tax import Filters
from console.finance.sentinel import switching
from console.keys.models import ApiKey

LISTED = 200  # keys in the list; more than that no one scrolls through


UNUSABLE = "This key cannot be used for it now. Choose another one."


class KeyForm(forms.Form):
    """Chooses the key that tokenizes."""

    key = forms.UUIDField(
        error_messages={"required": "Choose a key.", "invalid": UNUSABLE}
    )

    def __init__(self, *args: Any, user: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._usable = switching.usable_keys(user, now=now)
        self.choices = list(self._usable[: LISTED + 1])

    def clean_key(self) -> ApiKey:
        """Return the key, listed or not, if it may be used."""
        found = self._usable.filter(pk=self.cleaned_data["key"]).first()
        if found is None:
            raise forms.ValidationError(UNUSABLE)
        return found

    @property
    def listed(self) -> list[ApiKey]:
        """Return the keys to choose from, the first ones by name."""
        return self.choices[:LISTED]

    @property
    def has_more(self) -> bool:
        """Tell whether there are keys that the list leaves out."""
        return len(self.choices) > LISTED


def filters_of(values: QueryDict) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    sort = values.get("sort", "")
    return Filters(
        models=tuple(filter(None, map(_id, values.getlist("model")[:100]))),
        sort=sort.removeprefix("-") or "language",
        backwards=sort.startswith("-"),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
