"""How much keys may do, as SQL over what the assessment has stored."""

from __future__ import annotations

from typing import Final

from django.db.models import Case, F, IntegerField, Q, TextChoices, Value, When
from django.db.models.functions import Coalesce


class Breadth(TextChoices):
    """How much a key may do, by its rules alone."""

    EVERYTHING = "everything", "May do everything"
    PART = "part", "May do a part"
    NOTHING = "nothing", "May do nothing"
    UNKNOWN = "unknown", "Not known"


NOTHING: Final = Q(models_in_reach=0) | Q(endpoints_in_reach=0)
NOT_KNOWN: Final = Q(endpoints_in_reach=None) | Q(
    models_in_reach=None, all_models=False
)


def breadth_expression() -> Case:
    """Return the Breadth of a key."""
    return Case(
        When(NOTHING, then=Value(Breadth.NOTHING.value)),
        When(all_models=True, all_endpoints=True, then=Value(Breadth.EVERYTHING.value)),
        When(NOT_KNOWN, then=Value(Breadth.UNKNOWN.value)),
        default=Value(Breadth.PART.value),
    )


def not_known_expression() -> Case:
    """Return 1 for a key whose breadth is not known, which sorts last either way."""
    return Case(
        When(NOTHING, then=Value(0)),
        When(NOT_KNOWN, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )


def width_expression() -> Case:
    """Return a number that grows with what a key may do; models weigh most."""
    width = (
        _worth("all_models", 10_000_000)
        + Coalesce(F("models_in_reach"), Value(0)) * Value(1000)
        + _worth("all_endpoints", 100)
        + Coalesce(F("endpoints_in_reach"), Value(0))
    )
    return Case(
        When(NOTHING, then=Value(0)), default=width, output_field=IntegerField()
    )


def _worth(flag: str, value: int) -> Case:
    return Case(
        When(**{flag: True}, then=Value(value)),
        default=Value(0),
        output_field=IntegerField(),
    )
