"""What the address of a usage page may ask for; what makes no sense is left out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from console.accounts.models import User
from console.finance.model_forms import uuid_of
from console.finance.usage.periods import Against, Bucket, Period
from console.lib.redact import redact
from console.usage.models import CostSource, Endpoint
from console.usage.report import Asked, By
from console.usage.zones import zone_names

FIRST_DAY: Final = date(2023, 11, 1)  # xAI sold nothing before
Kind = TypeVar("Kind", bound=StrEnum)
NARROWING: Final = ("team", "model", "key", "person", "endpoint", "source")
SORTS: Final = ("name", "calls", "input", "output", "cost")


class Tab(StrEnum):
    """What the table has a row for."""

    DAY = "day"
    TEAM = "team"
    MODEL = "model"
    KEY = "key"
    PERSON = "person"
    ENDPOINT = "endpoint"

    @property
    def column(self) -> By | None:
        """Return the column of the sums; None for time."""
        if self is Tab.DAY:
            return None
        return By.PERSON if self is Tab.PERSON else By(self.value)


class Measure(StrEnum):
    """What the chart over time shows."""

    SPEND = "spend"
    TOKENS = "tokens"
    CALLS = "calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What one address asks for."""

    period: Period = Period.MONTH
    first: date | None = None
    last: date | None = None
    bucket: Bucket | None = None
    measure: Measure = Measure.SPEND
    against: Against = Against.BEFORE
    tab: Tab = Tab.DAY
    team: UUID | None = None
    model: UUID | None = None
    key: UUID | None = None
    person: UUID | None = None
    endpoint: str = ""
    source: str = ""
    sort: str = "name"
    backwards: bool = True
    problem: str = ""  # why the days that were asked for are not shown

    @property
    def narrowed(self) -> dict[str, str]:
        """Return what narrows, as the address has it."""
        values = {
            "team": self.team,
            "model": self.model,
            "key": self.key,
            "person": self.person,
            "endpoint": self.endpoint,
            "source": self.source,
        }
        return {name: str(value) for name, value in values.items() if value}

    @property
    def values(self) -> dict[str, str]:
        """Return what the address says, without what goes without saying."""
        days = self.period is Period.CUSTOM
        values: dict[str, object] = {
            "period": "" if days or self.period is Period.MONTH else self.period,
            "from": self.first if days else "",
            "to": self.last if days else "",
            "bucket": self.bucket,
            "chart": "" if self.measure is Measure.SPEND else self.measure,
            "against": "" if self.against is Against.BEFORE else self.against,
            "by": "" if self.tab is Tab.DAY else self.tab,
            **self.narrowed,
            "sort": "" if self.is_usually_sorted else self.sorted_by,
        }
        return {name: str(value) for name, value in values.items() if value}

    def link(self, **changes: object) -> str:
        """Return the address with some values changed; None and "" leave them out."""
        values = {**self.values, **changes}
        return f"?{urlencode({name: str(v) for name, v in values.items() if v})}"

    @property
    def besides_days(self) -> list[tuple[str, str]]:
        """Return what a form that asks for days sends along."""
        return self._besides("period", "from", "to")

    @property
    def besides_selects(self) -> list[tuple[str, str]]:
        """Return what the form of the selects sends along."""
        return self._besides("team", "model", "endpoint", "source", "against")

    def _besides(self, *own: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.values.items() if name not in own]

    @property
    def is_usually_sorted(self) -> bool:
        """Tell whether rows are in the order that goes without saying."""
        return self.sorted_by == _usual_order(self.tab)

    @property
    def sorted_by(self) -> str:
        """Return the order as the address has it."""
        return f"{'-' if self.backwards else ''}{self.sort}"

    def asked(self, viewer: User, *, own: bool) -> Asked:
        """Return the same for the sums."""
        return Asked(
            viewer=viewer, own=own, team=self.team, model=self.model, key=self.key,
            person=self.person, endpoint=self.endpoint, source=self.source,
        )  # fmt: skip

    def calls_url(self, first: date, last: date, **more: object) -> str:
        """Return where the single calls of these days are, with the same filters."""
        values = {**self.narrowed, **{k: str(v) for k, v in more.items() if v}}
        days = {"from": first.isoformat(), "to": last.isoformat()}
        return f"{_calls()}?{urlencode({**values, **days})}"


@cache
def _calls() -> str:
    """Return the page of single calls: each row of a table leads there."""
    return reverse("calls:list")


def filters_of(values: Mapping[str, str], *, viewer: User, own: bool) -> Filters:
    """Read an address. Of a person only those ask who see whose calls are whose."""

    def id_of(name: str) -> UUID | None:
        return uuid_of(values.get(name, ""))

    by_person = viewer.sees_all_teams and not own
    tab = _one(Tab, values.get("by", "")) or Tab.DAY
    tab = tab if by_person or tab is not Tab.PERSON else Tab.DAY
    sort = values.get("sort", "")
    if sort.removeprefix("-") not in SORTS:
        sort = _usual_order(tab)
    endpoint, source = values.get("endpoint", ""), values.get("source", "")
    first, last, problem = _days(values)
    found = Filters(
        period=_period(values, bool(first and last)),
        first=first,
        last=last,
        bucket=_one(Bucket, values.get("bucket", "")),
        against=_one(Against, values.get("against", "")) or Against.BEFORE,
        measure=_one(Measure, values.get("chart", "")) or Measure.SPEND,
        tab=tab,
        team=id_of("team"),
        model=id_of("model"),
        key=id_of("key"),
        person=id_of("person") if by_person else None,
        endpoint=endpoint if endpoint in Endpoint.values else "",
        source=source if source in CostSource.values else "",
        sort=sort.removeprefix("-"),
        backwards=sort.startswith("-"),
        problem=problem,
    )
    if problem:
        return found
    may = {*NARROWING} if by_person else {*NARROWING} - {"person"}
    return replace(found, problem=_left_out(values, found, may))


def _left_out(values: Mapping[str, str], found: Filters, may: Container[str]) -> str:
    """Say which filters of an address are not those of the page: totals are of more."""
    asked = (name for name in NARROWING if name in may and values.get(name))
    names = [name for name in asked if name not in found.narrowed]
    if values.get("period", Period.CUSTOM) not in {found.period, Period.CUSTOM, ""}:
        names.insert(0, "period")
    if not names:
        return ""
    what = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"What the address says of {what} makes no sense here and was left out."


def _usual_order(tab: Tab) -> str:
    """Return the order of rows that nobody asked for: the newest or dearest first."""
    return "-name" if tab is Tab.DAY else "-cost"


def _period(values: Mapping[str, str], has_days: bool) -> Period:
    asked = values.get("period", "")
    if has_days and asked in {"", Period.CUSTOM}:
        return Period.CUSTOM
    found = _one(Period, asked)
    return Period.MONTH if found is None or found is Period.CUSTOM else found


def _one(kind: type[Kind], text: str) -> Kind | None:
    return next((one for one in kind if one == text), None)


def _days(values: Mapping[str, str]) -> tuple[date | None, date | None, str]:
    """Return the days asked for, or none and why not."""
    if values.get("period", Period.CUSTOM) != Period.CUSTOM:
        return None, None, ""
    texts = [values.get("from", ""), values.get("to", "")]
    if not any(texts):
        return None, None, ""
    days = []
    for text in texts:
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            shown = redact("".join(c for c in text if c.isprintable()))[:20]
            what = f"“{shown}” is no date" if shown else "One of the days is missing"
            return None, None, f"{what}. Give both, from the earlier to the later one."
    first, last = days
    if last < first:
        return None, None, "The second day is before the first. Swap them."
    if last < FIRST_DAY:
        return None, None, f"{last.isoformat()} is before any price of xAI."
    return max(first, FIRST_DAY), last, ""


class ZoneForm(forms.Form):
    """In which zone's days a person reads."""

    zone = forms.CharField(max_length=64)

    def clean_zone(self) -> str:
        """Return the name of a zone."""
        name = self.cleaned_data["zone"].strip()
        found = {one.lower(): one for one in zone_names()}.get(name.lower())
        if found is None:
            raise ValidationError(
                "No zone has this name, so your days stay as they are. Write it as "
                "Europe/Oslo, or choose one of the list."
            )
        return found
