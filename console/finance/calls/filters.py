"""Which calls are asked for, read from an address. The usage page has the same names.

`from` and `to` are days of the reporting zone, both included; without them the last 30
days are meant, so that a look at the newest calls never reads years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from console.finance.model_forms import clean, uuid_of
from console.lib.days import DAY, day_bounds, day_of
from console.usage.models import CostSource, Endpoint, Outcome, RecordState
from console.usage.zones import Zone

SIZES: Final = (25, 50, 100)
USUAL: Final = timedelta(days=30)
NO_MODEL: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address asks for; nonsense was left out."""

    since: date  # both days included
    until: date
    zone: Zone
    team: UUID | None = None
    model: str = ""  # the id of a row, xAI's id, or NO_MODEL
    key: UUID | None = None
    person: UUID | None = None
    endpoint: str = ""
    source: str = ""
    outcome: str = ""
    state: str = ""
    differs: bool = False  # xAI's amount is not ours
    chosen_days: bool = False
    size: int = SIZES[1]
    cursor: str = ""
    problem: str = ""  # what was wrong with the days; empty: nothing was
    wrong: tuple[str, ...] = ()  # the fields that it is about

    @property
    def narrows(self) -> bool:
        """Tell whether anything but the days leaves calls out."""
        return bool(self.dimensions or self.model or self.state or self.differs)

    @property
    def days(self) -> int:
        """Return how many days are asked for."""
        return (self.until - self.since).days + 1

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return start <= t < end."""
        clock = self.zone.clock
        return day_bounds(self.since, clock)[0], day_bounds(self.until, clock)[1]

    @property
    def dimensions(self) -> dict[str, Any]:
        """Return what is asked of dimensions that records and sums share, by lookup."""
        asked = {
            "team": self.team,
            "key": self.key,
            "consumer__person": self.person,
            "endpoint": self.endpoint,
            "source": self.source,
            "outcome": self.outcome,
        }
        return {lookup: value for lookup, value in asked.items() if value}

    @property
    def of_records(self) -> dict[str, Any]:
        """Return the same without the source: `from_source` asks records for it."""
        asked = self.dimensions
        asked.pop("source", None)
        return asked

    @property
    def model_asked(self) -> Q:
        """Return what is asked of the model."""
        if not self.model:
            return Q()
        if self.model == NO_MODEL:
            return Q(model=None)
        if (row := uuid_of(self.model)) is not None:
            return Q(model=row)
        return Q(model__model_id=self.model)

    def in_words(self) -> dict[str, str]:
        """Return what was asked for, as the audit log keeps it."""
        asked = {
            "from": self.since,
            "to": self.until,
            "model": self.model,
            "state": self.state,
            "differs": self.differs,
            **{name.partition("_")[0]: one for name, one in self.dimensions.items()},
        }
        return {name: str(value) for name, value in asked.items() if value}


def filters_of(values: Mapping[str, str], *, zone: Zone, now: datetime) -> Filters:
    """Read the filters of an address; what makes no sense is left out.

    Of days that is said: whoever reads a list must know which ones it is of.
    """
    today = day_of(now, zone.clock)
    first, last = _day(values.get("from", "")), _day(values.get("to", ""))
    problem, wrong = _problem(values, first, last)
    until = last or max(today, first or today)
    since = first or until - USUAL + DAY
    size = values.get("size", "")
    return Filters(
        since=min(since, until),
        until=max(since, until),
        zone=zone,
        team=uuid_of(values.get("team", "")),
        model=clean(values.get("model", "")),
        key=uuid_of(values.get("key", "")),
        person=uuid_of(values.get("person", "")),
        endpoint=_one_of(Endpoint.values, values.get("endpoint", "")),
        source=_one_of(CostSource.values, values.get("source", "")),
        outcome=_one_of(Outcome.values, values.get("outcome", "")),
        state=_one_of(RecordState.values, values.get("state", "")),
        differs=values.get("differs", "") == "1",
        chosen_days=bool(first or last),
        size=int(size) if size in map(str, SIZES) else SIZES[1],
        cursor=values.get("page", ""),
        problem=problem,
        wrong=wrong,
    )


def _problem(
    values: Mapping[str, str], first: date | None, last: date | None
) -> tuple[str, tuple[str, ...]]:
    """Say what was wrong with the days, and in which fields; empty if nothing was."""
    read = {"from": first, "to": last}
    wrong = tuple(name for name, day in read.items() if values.get(name) and not day)
    if wrong:
        shown = " and ".join(f"“{clean(values[name])[:20]}”" for name in wrong)
        no_date = "are no dates, so they were" if wrong[1:] else "is no date, so it was"
        return f"{shown} {no_date} left out. Write days as 2026-01-31.", wrong
    if first and last and last < first:
        return "The first day came after the last one, so they were swapped.", (*read,)
    return "", ()


def _one_of(known: list[str], text: str) -> str:
    return text if text in known else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1971 <= day.year < 9999 else None
