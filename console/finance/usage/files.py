"""The table of a usage page as a file: whole ticks, and the same in dollars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from console.accounts.models import User
from console.finance.usage.finding import Found, find
from console.finance.usage.forms import Filters, Tab
from console.finance.usage.periods import Before
from console.finance.usage.words import prompt_told
from console.lib.export import Record
from console.lib.ticks import usd
from console.usage.report import ALL, NAMES, Sums

FIELDS: Final = (
    "from", "to", "time_zone", "complete", "by", "id", "name", "note",
    "cost_usd", *NAMES, "before_from", "before_to",
)  # fmt: skip
NOT_COMPARED: Final[Record] = {
    "calls_before": None,
    "unknown_before": None,
    "ticks_before": None,
    "before_from": None,
    "before_to": None,
}


def records(
    *, user: User, filters: Filters, own: bool, now: datetime
) -> Iterator[Record]:
    """Yield one record for each row, all of them.

    `_before` is of the days that they are compared with, `before_from` to `before_to`.
    Rows over time, and those that are compared with nothing, have null there and not
    0. So have tokens of a kind that was told of no call. Of all kinds but the input, 0
    may be none, or not told: the sums do not tell it apart, the files of calls do.
    """
    found = find(user=user, filters=filters, own=own, now=now, most=ALL)
    yield from _by_time(found) if filters.tab is Tab.DAY else _by_part(found, filters)


def _by_time(found: Found) -> Iterator[Record]:
    span, bucket = found.span, found.bucket
    sums: dict[Any, Sums] = {}
    for moment in found.moments:
        if span.first <= moment.at <= span.last:
            start = bucket.start(moment.at)
            sums[start] = sums.get(start, Sums()) + moment.sums
    for start, one in sorted(sums.items()):
        last = bucket.last(start)
        yield {
            **_values(one),
            "from": max(start, span.first).isoformat(),
            "to": min(last, span.until).isoformat(),
            "time_zone": found.zone.name,
            "complete": last < span.today,
            "by": bucket.value,
            "id": None,
            "name": bucket.words(start),
            "note": None,
            **NOT_COMPARED,
        }


def _by_part(found: Found, filters: Filters) -> Iterator[Record]:
    span = found.span
    for part in found.parts:
        name = found.names.get(part.what) or found.names[None]
        yield {
            **_values(part.sums),
            "from": span.first.isoformat(),
            "to": span.until.isoformat(),
            "time_zone": found.zone.name,
            "complete": not span.runs,
            "by": filters.tab.value,
            "id": name.asked_as or None,
            "name": name.title,
            "note": name.note or None,
            **_before(found.before),
        }


def _before(before: Before | None) -> Record:
    if before is None:
        return NOT_COMPARED
    return {
        "before_from": before.first.isoformat(),
        "before_to": before.last.isoformat(),
    }


def _values(sums: Sums) -> dict[str, Any]:
    values = {name: getattr(sums, name) for name in NAMES}
    told = {name: values[name] or None for name in NAMES if name.endswith("_tokens")}
    told["prompt_tokens"] = prompt_told(sums)
    return {**values, **told, "cost_usd": f"{usd(sums.cost_ticks):f}"}
