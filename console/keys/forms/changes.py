"""Forms about changes: the filters of the feed, reviews, and whom an id belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django import forms

from console.accounts.models import Team, User
from console.keys.facts import FACTS
from console.keys.feed import Filters
from console.keys.forms.fields import ShownField
from console.keys.forms.filters import clean_search
from console.keys.models import Origin, Review, XaiUser

FIELDS = (*FACTS, "state")
Value = TypeVar("Value")


def change_filters_of(values: dict[str, Any], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the feed's address; what makes no sense is left out."""

    def told(name: str) -> str:
        return str(values.get(name, ""))

    return Filters(
        origin=_chosen(told("origin"), Origin),
        review=_chosen(told("review"), Review),
        team=_chosen(told("team"), [team.pk for team in teams]),
        field=_chosen(told("field"), FIELDS) or "",
        search=clean_search(told("q")),
        key=_key(told("key")),
        since=_day(told("from")),
        until=_day(told("to")),
        cursor=told("page"),
    )


class ReviewForm(forms.Form):
    """What a person says of a change."""

    def __init__(self, data: Any = None, *, must_say: bool) -> None:
        super().__init__(data)
        self.fields["note"] = ShownField("Note", length=500, required=must_say)
        self.fields["note"].error_messages["required"] = (
            "Say what is to be found out, or whom you asked."
        )
        self.fields["note"].widget.attrs["autofocus"] = True


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the people who sign in here."""

    def label_from_instance(self, person: User) -> str:
        """Return the name, and the one to sign in with: names repeat."""
        return f"{person.name} ({person.username})"


class XaiUserForm(forms.Form):
    """Who a user id of xAI is."""

    person = PersonField(
        User.objects.filter(is_active=True).order_by("name", "username"),
        required=False,
        empty_label="nobody who signs in here",
    )

    def __init__(self, data: Any = None, *, known: XaiUser | None) -> None:
        super().__init__(data)
        self.fields["name"] = ShownField("Name", length=100, required=False)
        if known is not None:
            self.initial = {"name": known.name, "person": known.person_id}

    def clean(self) -> dict[str, Any]:
        """Take the name of the person where no other is given."""
        values: dict[str, Any] = self.cleaned_data
        person = values.get("person")
        if not values.get("name") and person is not None:
            values["name"] = person.name
        if "name" in values and not values["name"]:
            self.add_error("name", "Give a name, or choose a person.")
        return values


def _chosen(text: str, values: Iterable[Value]) -> Value | None:
    return next((value for value in values if str(value) == text), None)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """Read a day that has a day after it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None
