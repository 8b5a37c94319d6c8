"""The state of one key over the last days, drawn large and said in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from console.keys.models import ApiKey
from console.keys.shown import ShownState
from console.keys.strips import (
    DAY,
    DAYS,
    MARKS,
    NOTHING,
    Day,
    Stretch,
    Strip,
    midnight,
    stretches_of,
    strip,
)
from console.keys.timeline import Event
from console.lib.templatetags.gatehouse import span

STEP: Final = 100 / DAYS  # percent of the width, for one day
# Of a day, by mark: y and height. Labels stand above, dates below.
HEIGHTS: Final = {
    "ok": (30, 14),
    "warn": (22, 22),
    "bad": (16, 28),
    "off": (32, 11),
    "stale": (23, 20),
    "gap": (41, 3),
}
WEEK: Final = 7
LABEL_ROOM: Final = 25  # percent that two labels above the bars need between them
OUTAGES: Final = (
    ShownState.TEAM_BLOCKED,
    ShownState.KEY_BLOCKED,
    ShownState.REJECTED,
    ShownState.UNREACHABLE,
)
WORDS: Final = {
    ShownState.ACTIVE: "usable",
    ShownState.TEAM_BLOCKED: "team blocked",
    ShownState.KEY_BLOCKED: "blocked",
    ShownState.REJECTED: "rejected",
    ShownState.UNREACHABLE: "unreachable",
    ShownState.STALE: "not verified",
    ShownState.DISABLED: "disabled",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where it stands, how it looks, and its words."""

    x: str
    width: str
    y: int
    height: int
    mark: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words on the drawing; `anchor` is a class of the stylesheet or ""."""

    x: str
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class StateRecord:
    """What the section on the key's page shows."""

    bars: list[Bar]
    dates: list[Label]
    marks: list[Label]  # changes made outside, a line each
    newest: Label | None  # of those, in words
    outage: Label | None  # how long the last one lasted, above its day
    finding: str
    sentences: list[str]


def state_record(*, key: ApiKey, events: Iterable[Event], now: datetime) -> StateRecord:
    """Return the record of one key; `events` are its newest looks. One query."""
    first = midnight(now) - (DAYS - 1) * DAY
    stretches = stretches_of([key.pk], since=first, now=now).get(key.pk, [])
    shown = strip(stretches, now=now)
    outside = [event for event in events if event.outside and event.gap_until >= first]
    newest = _words(outside[0], first) if outside else None
    return StateRecord(
        bars=[_bar(number, day) for number, day in enumerate(shown.days)],
        dates=_dates(shown),
        marks=[_line(event, first) for event in outside],
        newest=newest,
        outage=_outage_label(stretches, first, beside=newest),
        finding=_finding(shown, outside),
        sentences=list(_sentences(stretches)),
    )


def share(part: timedelta, whole: timedelta) -> str:
    """Write a share in percent, never rounded up to all or down to nothing."""
    tenths = 1000 * part // whole
    if part and not tenths:
        return "less than 0.1%"
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


def _bar(number: int, day: Day) -> Bar:
    y, height = HEIGHTS[day.mark]
    inset, width = (1.2, 0.3) if day.mark == "gap" else (0.0, 2.7)
    said = ", ".join(f"{WORDS[p.state]} for {span(p.lasted)}" for p in day.parts)
    if len(day.parts) == 1:
        said = WORDS[day.parts[0].state]
    return Bar(
        x=f"{number * STEP + inset:.2f}%",
        width=f"{width}%",
        y=y,
        height=height,
        mark=day.mark,
        title=f"{day.date:%-d %b}: {said or 'not yet known'}",
    )


def _dates(shown: Strip) -> list[Label]:
    weekly = [
        Label(f"{number * STEP:.2f}%", f"{day.date:%-d %b}")
        for number, day in enumerate(shown.days[: -WEEK // 2])
        if number % WEEK == 0
    ]
    return [*weekly, Label("100%", "today", "end")]


def _line(event: Event, first: datetime) -> Label:
    return Label(f"{_place(event.gap_until, first):.2f}%", f"{event.title}, outside")


def _words(event: Event, first: datetime) -> Label:
    """Write what was done on that side of its line where there is room."""
    at = _place(event.gap_until, first)
    text = f"{event.title}, outside"
    return (
        Label(f"{at - 1:.2f}%", text, "end")
        if at > 50
        else Label(f"{at + 1:.2f}%", text)
    )


def _outage_label(
    stretches: Sequence[Stretch], first: datetime, *, beside: Label | None
) -> Label | None:
    """Say how long the last outage lasted, unless the words beside it need the room."""
    last = _last_outage(stretches)
    if last is None:
        return None
    at = ((last.starts_at - first) // DAY + 0.4) * STEP
    if beside is not None and abs(float(beside.x.rstrip("%")) - at) < LABEL_ROOM:
        return None
    anchor = "mid" if 5 < at < 95 else "end" if at > 50 else ""
    return Label(f"{at:.2f}%", span(last.ends_at - last.starts_at), anchor)


def _finding(shown: Strip, outside: Sequence[Event]) -> str:
    said = [shown.finding]
    said += [f"{one.title.lower()} outside on {_day(one.gap_until)}" for one in outside]
    return ", ".join(said)


def _sentences(stretches: Sequence[Stretch]) -> Iterable[str]:
    """Say the share of usable time, the last outage, and what never happened."""
    whole = _sum(stretches)
    if not whole:
        yield "No check has told its state yet."
        return
    usable = _sum(one for one in stretches if one.state == ShownState.ACTIVE)
    doubt = _sum(one for one in stretches if one.state == ShownState.STALE)
    since = stretches[0].starts_at
    if usable == whole:
        yield "Usable all of the time."
    elif usable:
        yield f"Usable for {share(usable, whole)} of the time."
    else:
        yield "Usable at no time."
    if last := _last_outage(stretches):
        lasted, day = span(last.ends_at - last.starts_at), _day(last.starts_at)
        if last is stretches[-1]:
            yield f"{WORDS[last.state].capitalize()} since {day}, for {lasted} so far."
        else:
            yield f"Last outage: {WORDS[last.state]} for {lasted} on {day}."
    if doubt:
        yield f"Not verified for {span(doubt)} in all."
    if not any(MARKS[one.state][0] == "bad" for one in stretches):
        yield f"Neither blocked nor rejected since {_day(since)}."


def _last_outage(stretches: Sequence[Stretch]) -> Stretch | None:
    return next((one for one in reversed(stretches) if one.state in OUTAGES), None)


def _sum(stretches: Iterable[Stretch]) -> timedelta:
    return sum((one.ends_at - one.starts_at for one in stretches), NOTHING)


def _place(moment: datetime, first: datetime) -> float:
    return (moment - first) / DAY * STEP


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %B}"
