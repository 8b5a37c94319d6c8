"""The last days of keys in little: per UTC day the worst that was true of each.

Read by the inventory for many keys at once, and by the page of one key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from console.keys.models import ApiKey, StateSpan
from console.keys.shown import ShownState, trusted_until

DAYS: Final = 30
DAY: Final = timedelta(days=1)
NOTHING: Final = timedelta(0)

# How a day is drawn, worst first: a name of the stylesheet, and the words of a count.
MARKS: Final = {
    ShownState.TEAM_BLOCKED: ("bad", "blocked on"),
    ShownState.KEY_BLOCKED: ("bad", "blocked on"),
    ShownState.REJECTED: ("bad", "rejected on"),
    ShownState.UNREACHABLE: ("warn", "unreachable for a time on"),
    ShownState.STALE: ("stale", "not verified on"),
    ShownState.DISABLED: ("off", "disabled on"),
    ShownState.ACTIVE: ("ok", "usable on"),
}
NOT_KNOWN: Final = "gap"
BADNESS: Final = {state: rank for rank, state in enumerate(MARKS)}  # 0 is the worst


@dataclass(frozen=True, slots=True)
class Stretch:
    """A key showed this state from `starts_at` until `ends_at`, not included."""

    state: ShownState
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """How long a state lasted within one day, in one piece or several."""

    state: ShownState
    lasted: timedelta


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day: all that was true of it, worst first; empty if nothing is known."""

    date: date
    parts: tuple[Part, ...] = ()

    @property
    def worst(self) -> Part | None:
        """Return the worst that was true, and for how long."""
        return self.parts[0] if self.parts else None

    @property
    def mark(self) -> str:
        """Return how to draw the day, as the stylesheet calls it."""
        return MARKS[self.parts[0].state][0] if self.parts else NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Strip:
    """The last days of one key, oldest first; the last one is today so far."""

    days: tuple[Day, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """Return how to draw each day."""
        return tuple(day.mark for day in self.days)

    @property
    def finding(self) -> str:
        """Say in words what the drawing shows."""
        worst = [day.parts[0].state for day in self.days if day.parts]
        if not worst:
            return "Nothing is known of these days yet"
        counts = Counter(MARKS[state][1] for state in worst)
        words = dict.fromkeys(words for _, words in MARKS.values())  # in their order
        said = [f"{one} {counts[one]}" for one in words if counts[one]]
        said.sort(key=lambda one: not one.startswith("usable"))
        days = "1 day" if len(worst) == 1 else f"{len(worst)} days"
        return f"Last {days}: {', '.join(said)}"


def strips_of(
    key_ids: Iterable[UUID], *, now: datetime, days: int = DAYS
) -> dict[UUID, Strip]:
    """Return the strip of each of these keys, in one query for any number of them."""
    wanted = list(key_ids)
    first = midnight(now) - (days - 1) * DAY
    found = stretches_of(wanted, since=first, now=now)
    return {key_id: strip(found[key_id], now=now, days=days) for key_id in wanted}


def stretches_of(
    key_ids: Iterable[UUID], *, since: datetime, now: datetime
) -> dict[UUID, list[Stretch]]:
    """Return what each key showed from `since` on, oldest first, in one query."""
    spans = (
        StateSpan.objects.filter(Q(ends_at=None) | Q(ends_at__gt=since))
        .filter(key__in=list(key_ids), starts_at__lt=now)
        .select_related("key")
        .only(
            *("key__state", "key__failures", "key__checked_at", "key__verified_at"),
            *("key", "state", "starts_at", "ends_at"),
        )
        .order_by("key", "starts_at")
    )
    found: defaultdict[UUID, list[Stretch]] = defaultdict(list)
    for span in spans:
        for stretch in _shown(span, span.key, now):
            if stretch.ends_at > since:
                start = max(stretch.starts_at, since)
                found[span.key_id].append(
                    Stretch(stretch.state, start, stretch.ends_at)
                )
    return found


def strip(stretches: Iterable[Stretch], *, now: datetime, days: int = DAYS) -> Strip:
    """Divide what a key showed into the days that end with today."""
    first = midnight(now) - (days - 1) * DAY
    lasted: list[dict[ShownState, timedelta]] = [{} for _ in range(days)]
    for stretch in stretches:
        for number, part in _by_day(stretch, first=first, days=days):
            known = lasted[number]
            known[stretch.state] = known.get(stretch.state, NOTHING) + part
    return Strip(
        tuple(
            Day((first + number * DAY).date(), _worst_first(known))
            for number, known in enumerate(lasted)
        )
    )


def _shown(span: StateSpan, key: ApiKey, now: datetime) -> Iterator[Stretch]:
    """Yield a span as it is to be shown: what lasts still, no longer than trusted."""
    state = ShownState(span.state)
    if span.ends_at is not None:
        yield Stretch(state, span.starts_at, span.ends_at)
        return
    until = trusted_until(key)
    if state == ShownState.STALE or until is None or until >= now:
        yield Stretch(state, span.starts_at, now)
        return
    until = max(until, span.starts_at)
    yield Stretch(state, span.starts_at, until)
    yield Stretch(ShownState.STALE, until, now)


def _by_day(
    stretch: Stretch, *, first: datetime, days: int
) -> Iterator[tuple[int, timedelta]]:
    """Yield each day, by its number, with the part of the stretch that lies in it."""
    start = max(stretch.starts_at, first)
    for number in range((start - first) // DAY, days):
        midnight = first + number * DAY
        part = min(stretch.ends_at, midnight + DAY) - max(start, midnight)
        if part <= NOTHING:
            return
        yield number, part


def _worst_first(lasted: dict[ShownState, timedelta]) -> tuple[Part, ...]:
    ranked = sorted(lasted, key=BADNESS.__getitem__)
    return tuple(Part(state, lasted[state]) for state in ranked)


def midnight(moment: datetime) -> datetime:
    """Return the start of a moment's UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
