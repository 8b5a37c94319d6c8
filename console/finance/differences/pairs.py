"""Two teams side by side: what only one of them sees, and where prices differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import Team, User
from console.catalog.models import PER_TOKEN, PRICE_FIELDS, PriceVersion
from console.finance.differences.files import priced
from console.finance.differences.overview import differences
from console.finance.percents import Change
from console.lib.export import Record

Viewer = User | AnonymousUser
OFFERED: Final = 30  # names below a field
EXPORT_FIELDS: Final = (
    "model", "host", "seen_by",
    *(f"{side}_{name}_{unit}" for side in "ab" for name in PER_TOKEN
      for unit in ("ticks", "usd_per_million")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """What was asked for on one side, and the team it means."""

    asked: str  # as it is shown in the field
    team: Team | None
    close: tuple[Team, ...] = ()  # what may have been meant, where nothing was found


@dataclass(frozen=True, slots=True)
class Seen:
    """One model as one or both of the teams are told it."""

    id: UUID
    model_id: str
    host: str
    a: Mapping[str, int | None] | None  # prices; None: not seen
    b: Mapping[str, int | None] | None
    changes: Mapping[str, Change]  # from a to b


@dataclass(frozen=True, slots=True)
class Pair:
    """Two teams and their models, each list by id."""

    a: Team
    b: Team
    only_a: list[Seen]
    only_b: list[Seen]
    differ: list[Seen]
    same: int


def side(*, user: Viewer, team: UUID | None, text: str) -> Side:
    """Return the team that an id or a whole name means, of those the person sees.

    Two queries at most; none for an empty text.
    """
    teams = Team.objects.visible_to(user)
    if not text:
        return Side("", None)
    found = (
        teams.filter(pk=team).first()
        if team
        else teams.filter(name__iexact=text).order_by("name").first()
    )
    if found is not None:
        return Side(found.name, found)
    return Side(text, None, tuple(names(user=user, search=text)[:8]))


def names(*, user: Viewer, search: str) -> list[Team]:
    """Return some teams with this text in their names, by name."""
    found = Team.objects.visible_to(user).filter(name__icontains=search)
    return list(found.order_by("name")[:OFFERED])


def pair(*, user: Viewer, a: Team, b: Team) -> Pair:
    """Return two teams side by side, as their newest lists have it; one query."""
    rows = (
        PriceVersion.objects.visible_to(user)
        .newest()
        .filter(team__in=[a.pk, b.pk], missing_at=None)
        .select_related("model")
        .order_by("model__model_id", "model__host")
    )
    models: dict[UUID, dict[UUID, PriceVersion]] = {}
    for row in rows:
        models.setdefault(row.model_id, {})[row.team_id] = row
    seen = [_seen(told, a, b) for told in models.values()]
    both = [one for one in seen if one.a is not None and one.b is not None]
    return Pair(
        a=a,
        b=b,
        only_a=[one for one in seen if one.b is None],
        only_b=[one for one in seen if one.a is None],
        differ=[one for one in both if one.changes],
        same=sum(not one.changes for one in both),
    )


def _seen(told: Mapping[UUID, PriceVersion], a: Team, b: Team) -> Seen:
    model = next(iter(told.values())).model
    left, right = (_prices(told.get(team.pk)) for team in (a, b))
    changes = differences(left, right) if left and right else {}
    return Seen(model.pk, model.model_id, model.host, left, right, changes)


def _prices(version: PriceVersion | None) -> dict[str, int | None] | None:
    if version is None:
        return None
    return {name: getattr(version, name) for name in PRICE_FIELDS}


def records(found: Pair) -> Iterator[Record]:
    """Yield the models that differ: those of one team alone first."""
    nothing = dict.fromkeys(PRICE_FIELDS)
    for who, rows in (
        ("a", found.only_a),
        ("b", found.only_b),
        ("both", found.differ),
    ):
        for row in rows:
            yield {
                "model": row.model_id,
                "host": row.host,
                "seen_by": who,
                **priced(row.a or nothing, "a_"),
                **priced(row.b or nothing, "b_"),
            }
