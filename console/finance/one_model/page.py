"""The page of one model, put together; and its versions as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import User
from console.catalog.models import PER_TOKEN, LanguageModel, PriceVersion
from console.finance.one_model import prices, words
from console.finance.one_model.drawings import Drawing, Span, drawings
from console.finance.one_model.facts import Facts, facts
from console.finance.one_model.prices import Group, TeamTold, Version
from console.finance.one_model.recent import Recent, recent
from console.finance.one_model.spending import Spending, spending
from console.keys.callers import Callers, model_callers
from console.lib.export import Record
from console.lib.ticks import usd_per_million_text

SHOWN_VERSIONS: Final = 50
LONGEST: Final = 100  # of one capability
RAW: Final = ("search_price", "long_context_threshold")
EXPORT_FIELDS: Final = (
    "model", "host", "team", "first_seen_at", "last_seen_at", "gap_before_seconds",
    "missing_at", "odd_fields", "odd_confirmed_at", "odd_confirmed_by",
    "teams_ever_told",
    *(f"{name}_ticks" for name in PER_TOKEN),
    *(f"{name}_usd_per_million" for name in PER_TOKEN),
    "search_price_raw", "long_context_threshold",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for; every value is one that exists or is harmless."""

    team: UUID | None = None  # whose versions are shown
    span: Span = Span.YEAR
    search: str = ""  # for teams
    every_team: bool = False  # name them all


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what of a model, and the versions of the team that is shown."""

    model: LanguageModel
    groups: list[Group]
    group: Group  # the one that is shown
    team: TeamTold
    versions: list[Version]  # newest first
    first_seen_at: datetime  # by any team the viewer sees
    last_seen_at: datetime
    prices_ever: int  # different ones that any of these teams was told

    @property
    def teams(self) -> int:
        """Return how many teams were ever told of the model."""
        return sum(group.teams for group in self.groups)

    @property
    def listed(self) -> int:
        """Return how many teams have the model in their newest list."""
        return sum(group.listed for group in self.groups)

    @property
    def shown_versions(self) -> list[Version]:
        """Return the versions that the page shows; the file has all."""
        return self.versions[:SHOWN_VERSIONS]


@dataclass(frozen=True, slots=True)
class ModelPage:
    """All that the page shows."""

    told: Told
    title: str
    proof: words.Proof | None
    drawings: list[Drawing]
    facts: Facts
    callers: Callers
    recent: Recent
    spending: Spending
    retired: list[TeamTold]  # the newest first
    own_calls_only: bool  # the viewer sees no other's spend

    @property
    def retired_unnamed(self) -> int:
        """Return how many teams no longer list the model and are only counted."""
        return self.told.teams - self.told.listed - len(self.retired)

    @property
    def capabilities(self) -> str:
        """Return what xAI says the model can do, in one line."""
        told = self.facts.capabilities.items()
        return "; ".join(_capability(name, value) for name, value in told)


def told(*, user: User | AnonymousUser, model: UUID, choice: Choice) -> Told | None:
    """Return who is told what; None if no team of this person was told of it."""
    row = LanguageModel.objects.filter(pk=model).first()
    groups = prices.groups(
        user=user, model=model, search=choice.search, every_team=choice.every_team
    )
    if row is None or not groups:
        return None
    group, team = prices.chosen(groups, user=user, model=model, team=choice.team)
    ever = prices.ever_told(user=user, model=model)
    return Told(
        model=row,
        groups=groups,
        group=group,
        team=team,
        versions=prices.versions(model=model, team=team.id, ever=ever),
        first_seen_at=min(one.first_seen_at for one in ever.values()),
        last_seen_at=max(one.last_seen_at for one in ever.values()),
        prices_ever=len(ever),
    )


def model_page(
    found: Told,
    *,
    user: User | AnonymousUser,
    choice: Choice,
    now: datetime,
    zone: ZoneInfo,
) -> ModelPage:
    """Return the rest of the page; the number of queries is the same for any model."""
    model = found.model
    return ModelPage(
        told=found,
        title=words.sentence(
            model.model_id, found.group.prices, listed=found.group.listed > 0
        ),
        proof=words.proof(found.group.prices),
        drawings=drawings(found.versions, span=choice.span, now=now, zone=zone),
        facts=facts(model=model, user=user, team=found.team.id),
        callers=model_callers(user=user, model=model.pk, now=now),
        recent=recent(user=user, model=model.pk),
        spending=spending(user=user, model=model.pk, now=now, zone=zone),
        retired=_retired(user, model.pk) if found.listed < found.teams else [],
        own_calls_only=not (isinstance(user, User) and user.sees_all_teams),
    )


def _capability(name: str, value: Any) -> str:
    told = ", ".join(map(str, value)) if isinstance(value, list) else value
    return name if value is True else f"{name}: {told}"[:LONGEST]


def _retired(user: User | AnonymousUser, model: UUID) -> list[TeamTold]:
    rows = (
        PriceVersion.objects.visible_to(user)
        .filter(model=model, missing_at__isnull=False)
        .newest()
        .order_by("-missing_at", "team__name")
        .values_list("team", "team__name", "missing_at")
    )
    return [TeamTold(*row) for row in rows[: prices.NAMED]]


def records(found: Told, *, names: bool) -> Iterator[Record]:
    """Yield the versions for a file: whole ticks, and the same in dollars.

    `names`: say who confirmed an odd price, for those who see all teams.
    """
    for version in found.versions:
        values: dict[str, Any] = {
            "model": found.model.model_id,
            "host": found.model.host,
            "team": found.team.name,
            "first_seen_at": version.first_seen_at,
            "last_seen_at": version.last_seen_at,
            "gap_before_seconds": (
                None if version.gap is None else int(version.gap.total_seconds())
            ),
            "missing_at": version.missing_at,
            "odd_fields": version.unsure,
            "odd_confirmed_at": version.confirmed.at if version.confirmed else None,
            "odd_confirmed_by": (
                version.confirmed.by if names and version.confirmed else ""
            ),
            "teams_ever_told": version.everywhere.teams,
            "search_price_raw": version.prices["search_price"],
            "long_context_threshold": version.prices["long_context_threshold"],
        }
        for name in PER_TOKEN:
            ticks = version.prices[name]
            values[f"{name}_ticks"] = ticks
            values[f"{name}_usd_per_million"] = usd_per_million_text(ticks)
        yield values
