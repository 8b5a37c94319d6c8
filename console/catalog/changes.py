"""Writing changes, one for all teams that are told the same. Called by `observations`.

Each team is polled at its own time, so the same change comes as often as there are
teams: the first writes it, the others join it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from console.accounts.models import Team
from console.catalog.differences import Difference
from console.catalog.models import (
    CatalogChange,
    ChangeKind,
    ChangeSight,
    PriceVersion,
)

JOIN_WITHIN: Final = timedelta(days=7)  # of the newest team that was told of it


def unlisted(gone: Iterable[PriceVersion], *, seen_at: datetime) -> list[Difference]:
    """Return that these models, last seen as these versions say, are missing."""
    return [
        Difference(
            kind=ChangeKind.UNLISTED,
            model=version.model,
            unchanged_at=version.last_seen_at,
            seen_at=seen_at,
            price_before=version,
        )
        for version in gone
    ]


def record(found: Sequence[Difference], *, team: Team) -> tuple[ChangeSight, ...]:
    """Write what one look of a team changed; return its sights, with their changes.

    The caller writes in the same transaction what the differences follow from, so
    that the same look is never written twice. Nothing found costs no statement.
    """
    if not found:
        return ()
    known = _joinable(found, team)
    new: list[CatalogChange] = []
    joined: list[CatalogChange] = []
    sights: list[ChangeSight] = []
    for difference in found:
        change = next(
            (one for one in known[difference.place] if _is_same(one, difference)), None
        )
        if change is None:
            change = _change_of(difference)
            new.append(change)
        else:
            change.first_seen_at = min(change.first_seen_at, difference.seen_at)
            change.last_joined_at = max(change.last_joined_at, difference.seen_at)
            joined.append(change)
        sights.append(_sight_of(difference, change, team))
    CatalogChange.objects.bulk_create(new)
    CatalogChange.objects.bulk_update(joined, ["first_seen_at", "last_joined_at"])
    ChangeSight.objects.bulk_create(sights)
    return tuple(sights)


def _joinable(
    found: Sequence[Difference], team: Team
) -> dict[tuple[object, ...], list[CatalogChange]]:
    """Return recent changes of these models that the team has not joined yet."""
    earliest = min(difference.seen_at for difference in found) - JOIN_WITHIN
    recent = CatalogChange.objects.filter(
        model__in={difference.model.pk for difference in found},
        last_joined_at__gte=earliest,
    ).exclude(sights__team=team)
    by_place: dict[tuple[object, ...], list[CatalogChange]] = defaultdict(list)
    for change in recent:
        by_place[change.kind, change.model_id, change.field].append(change)
    return by_place


def _is_same(change: CatalogChange, difference: Difference) -> bool:
    return (change.before, change.after) == (difference.before, difference.after)


def _change_of(difference: Difference) -> CatalogChange:
    return CatalogChange(
        kind=difference.kind,
        model=difference.model,
        field=difference.field[:200],
        before=difference.before,
        after=difference.after,
        odd=difference.odd,
        first_seen_at=difference.seen_at,
        last_joined_at=difference.seen_at,
    )


def _sight_of(difference: Difference, change: CatalogChange, team: Team) -> ChangeSight:
    return ChangeSight(
        change=change,
        team=team,
        unchanged_at=difference.unchanged_at,
        seen_at=difference.seen_at,
        price_before=difference.price_before,
        price_after=difference.price_after,
    )
