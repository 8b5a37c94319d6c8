"""What the price pages take in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from console.finance.models import PriceUnit
from console.finance.price_list import SORTS, Filters
from console.finance.viewing import Mix, mix_of
from console.lib.redact import redact

SEARCH_LENGTH = 100
FIRST_DAY = date(2000, 1, 1)
SORT_WORDS = (
    ("model", "Model, A to Z"), ("-model", "Model, Z to A"),
    ("input", "Input, lowest first"), ("-input", "Input, highest first"),
    ("cached", "Cached, lowest first"), ("-cached", "Cached, highest first"),
    ("output", "Output, lowest first"), ("-output", "Output, highest first"),
    ("image", "Image, lowest first"), ("-image", "Image, highest first"),
    ("mix", "Your mix, lowest first"), ("-mix", "Your mix, highest first"),
    ("-context", "Context, largest first"), ("context", "Context, smallest first"),
    ("-changed", "Last change, newest first"), ("changed", "Last change, oldest first"),
)  # fmt: skip


def filters_of(values: Mapping[str, object]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out.

    But for a day: prices of now in its place would be taken for those of that day, so
    `no_day` says why there are none of it.
    """
    sort = str(values.get("sort", ""))
    name = sort.removeprefix("-")
    text = "".join(c for c in str(values.get("q", "")) if c.isprintable()).strip()
    return Filters(
        search=redact(text)[:SEARCH_LENGTH],
        sort=name if name in SORTS else "model",
        backwards=sort.startswith("-") and name in SORTS,
        **_day(str(values.get("on", ""))),
    )


def _day(text: str) -> dict[str, Any]:
    """Return what to make of a day: one that is over, today, or one of no prices."""
    if not text:
        return {}
    try:
        day = date.fromisoformat(text)
    except ValueError:
        shown = redact("".join(c for c in text if c.isprintable()))[:20]
        return {"no_day": f"“{shown}” is no date"}
    if day > timezone.localdate():
        return {"asked": day, "no_day": f"{day:%-d %B %Y} has not come yet"}
    if day < FIRST_DAY:
        return {"no_day": f"{day.isoformat()} is before any price of xAI"}
    return {"asked": day, "on": day if day < timezone.localdate() else None}


class LooksForm(forms.Form):
    """The unit and the mix of one person; either may be left out."""

    unit = forms.ChoiceField(choices=PriceUnit.choices, required=False)
    mix = forms.CharField(
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={
                "class": "input mix",
                "id": "mix",
                "list": "mixes",
                "size": 9,
                "title": "Three whole numbers, such as 70:20:10",
                "autocomplete": "off",
            }
        ),
    )

    def clean_unit(self) -> PriceUnit | None:
        """Return the unit, or None to keep the one there is."""
        unit = self.cleaned_data["unit"]
        return PriceUnit(unit) if unit else None

    def clean_mix(self) -> Mix | None:
        """Return the mix, or None to keep the one there is."""
        text = self.cleaned_data["mix"]
        mix = mix_of(text)
        if text and mix is None:
            raise ValidationError(
                "Give three whole numbers for fresh input, cached input and output, "
                "such as 70:20:10; not all of them 0."
            )
        return mix


class ReviewForm(forms.Form):
    """A note at a review, and up to which change it goes."""

    note = forms.CharField(max_length=500, required=False)
    up_to = forms.DateTimeField(required=False)


class ConfirmForm(forms.Form):
    """Which price of a model is meant: the digest of its prices."""

    digest = forms.IntegerField(min_value=-(2**63), max_value=2**63 - 1)
