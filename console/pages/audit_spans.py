"""Periods of the audit trail as ranges of entry numbers.

Numbers rise with time, so a period is a range of them, and a query that an index can
answer for the whole trail stays one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.audit.models import Entry

MOST_COUNTED: Final = 100_000  # entries searched and counted, the newest of a period


@dataclass(frozen=True, slots=True)
class Span:
    """The entries of a period, by their numbers: first to last, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Return how many entries these are."""
        return self.last - self.first + 1

    @property
    def is_long(self) -> bool:
        """Tell whether not all of it is counted and searched."""
        return self.length > MOST_COUNTED

    @property
    def newest(self) -> Span:
        """Return the part that is counted and searched."""
        return Span(max(self.first, self.last - MOST_COUNTED + 1), self.last)


def span_of(start: datetime | None, end: datetime | None) -> Span | None:
    """Return the entries with start <= t < end; None if there are none.

    `None` for a border means that it is open.
    """
    seqs = Entry.objects.values_list("seq", flat=True)
    first: int | None = 1
    if start:
        first = seqs.filter(at__gte=start).order_by("at", "seq").first()
    newest = seqs.order_by("-seq")
    if end:
        newest = seqs.filter(at__lt=end).order_by("-at", "-seq")
    last = newest.first()
    return Span(first, last) if first and last and first <= last else None
