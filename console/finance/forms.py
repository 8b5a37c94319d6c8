"""What the price pages take in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from console.finance.models import PriceUnit
from console.finance.price_list import SORTS, Filters
from console.finance.viewing import Mix, mix_of
from console.lib.redact import redact

SEARCH_LENGTH = 100


def filters_of(values: Mapping[str, object]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    sort = str(values.get("sort", ""))
    name = sort.removeprefix("-")
    text = "".join(c for c in str(values.get("q", "")) if c.isprintable()).strip()
    return Filters(
        search=redact(text)[:SEARCH_LENGTH],
        sort=name if name in SORTS else "model",
        backwards=sort.startswith("-") and name in SORTS,
        on=_past_day(str(values.get("on", ""))),
    )


def _past_day(text: str) -> date | None:
    """Return a day that is over; today and later days are now."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < timezone.localdate() else None


class LooksForm(forms.Form):
    """The unit and the mix of one person; either may be left out."""

    unit = forms.ChoiceField(choices=PriceUnit.choices, required=False)
    mix = forms.CharField(max_length=20, required=False)

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
