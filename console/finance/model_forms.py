"""What the pages of one model and of differences between teams take in."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from console.finance.one_model.drawings import Span
from console.finance.one_model.page import Choice
from console.lib.redact import redact

SEARCH_LENGTH = 100


def choice_of(values: Mapping[str, str]) -> Choice:
    """Read the address of a model's page; what makes no sense is left out."""
    spans = {span.code: span for span in Span}
    return Choice(
        team=uuid_of(values.get("team", "")),
        span=spans.get(values.get("span", ""), Span.YEAR),
        search=clean(values.get("find", "")),
        every_team=values.get("show", "") == "teams",
    )


def reporting_zone() -> ZoneInfo:
    """Return the zone whose days the pages count in."""
    return ZoneInfo(settings.TIME_ZONE)


def clean(text: str) -> str:
    """Return a text to look for, without what cannot be in it and without a key."""
    printable = "".join(c for c in text if c.isprintable()).strip()
    return redact(printable)[:SEARCH_LENGTH]


def uuid_of(text: str) -> UUID | None:
    """Read an id; None for nonsense."""
    try:
        return UUID(text)
    except ValueError:
        return None
