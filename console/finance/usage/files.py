"""The table of a usage page as a file: whole ticks, and the same in dollars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from console.accounts.models import User
from console.finance.usage.finding import Found, find
from console.finance.usage.forms import Filters, Tab
from console.lib.export import Record
from console.lib.ticks import usd
from console.usage.report import ALL, NAMES, Sums

FIELDS: Final = (
    "from", "to", "time_zone", "complete", "by", "id", "name", "note",
    "cost_usd", *NAMES,
)  # fmt: skip


def records(
    *, user: User, filters: Filters, own: bool, now: datetime
) -> Iterator[Record]:
    """Yield one record for each row, all of them; `_before` is the period before.

    Rows over time have no period before: it is null there, and not 0. So are tokens of
    a kind that was not told of any call: of 0 it is not known whether there were none.
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
            "calls_before": None,
            "unknown_before": None,
            "ticks_before": None,
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
        }


def _values(sums: Sums) -> dict[str, Any]:
    values = {name: getattr(sums, name) for name in NAMES}
    told = {name: values[name] or None for name in NAMES if name.endswith("_tokens")}
    return {**values, **told, "cost_usd": f"{usd(sums.cost_ticks):f}"}
