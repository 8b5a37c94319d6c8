"""What is to be known of many keys to assess them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from console.catalog.costs import Prices
from console.catalog.models import PriceVersion
from console.keys.acls import Access, resolve
from console.keys.linter import Facts
from console.keys.models import ApiKey
from console.keys.sight import Sight, sights_of

Place = tuple[UUID, str]  # a team and the name of a host
PriceList = Mapping[str, Prices]  # by model id


@dataclass(frozen=True, slots=True)
class Material:
    """What surrounds some keys; see the methods."""

    accesses: Mapping[UUID, Access]  # by key
    price_lists: Mapping[Place, PriceList]
    keys_by_xai_id: Mapping[str, int]
    team_ids: Mapping[Place, Mapping[str, int]]  # xAI's, and how many keys tell them

    def prices(self, key: ApiKey) -> PriceList:
        """Return the newest prices that the team of a key is told."""
        return self.price_lists.get((key.team_id, key.host), {})

    def facts(self, key: ApiKey) -> Facts:
        """Return what the linter looks at; the key comes with its team."""
        told = self.team_ids.get((key.team_id, key.host), {})
        return Facts(
            entries=None if key.acls is None else tuple(key.acls),
            access=self.accesses[key.pk],
            names=(key.label, key.xai_name or ""),
            owner=key.owner,
            xai_key_id=key.xai_key_id,
            mistaken_for=key.mistaken_for,
            twins=max(0, self.keys_by_xai_id.get(key.xai_key_id, 0) - 1),
            xai_team_id=key.xai_team_id,
            team_expected=expected_team(told, own=key.team.xai_team_id),
            watched=key.watched,
            created_at=key.created_at,
            verified_at=key.verified_at,
        )


def gather(keys: Collection[ApiKey]) -> Material:
    """Look up what surrounds these stored keys, with five queries."""
    teams = {key.team_id for key in keys}
    return Material(
        accesses=_accesses(keys),
        price_lists=_price_lists(teams),
        keys_by_xai_id=_keys_by_xai_id({key.xai_key_id for key in keys} - {""}),
        team_ids=_team_ids(teams),
    )


def _accesses(keys: Collection[ApiKey]) -> dict[UUID, Access]:
    """Resolve each key; keys that are alike share the work."""
    sights = sights_of(keys)
    made: dict[tuple[object, Sight | None], Access] = {}
    found: dict[UUID, Access] = {}
    for key in keys:
        seen = sights[key.pk]
        alike = (None if key.acls is None else tuple(key.acls), seen)
        if alike not in made:
            made[alike] = resolve(key.acls, seen=seen)
        found[key.pk] = made[alike]
    return found


def expected_team(told: Mapping[str, int], *, own: str) -> str:
    """Return xAI's id of the team that most of the keys of one team belong to.

    `own` is the id stored with the team; it has one vote and wins a tie. "" if
    nothing was told yet.
    """
    votes = dict(told)
    if own:
        votes[own] = votes.get(own, 0) + 1
    return max(votes, key=lambda each: (votes[each], each == own, each), default="")


def _price_lists(teams: Collection[UUID]) -> dict[Place, dict[str, Prices]]:
    newest = (
        PriceVersion.objects.newest()
        .sound()
        .filter(team__in=teams)
        .select_related("model")
        .defer("model__raw", "model__capabilities")
    )
    lists: dict[Place, dict[str, Prices]] = defaultdict(dict)
    for version in newest:
        model = version.model
        lists[version.team_id, model.host][model.model_id] = Prices.of(version)
    return dict(lists)


def _keys_by_xai_id(xai_ids: Collection[str]) -> dict[str, int]:
    stored = ApiKey.objects.filter(removed_at=None, xai_key_id__in=xai_ids)
    rows = stored.exclude(xai_key_id="").values_list("xai_key_id")
    return dict(rows.annotate(Count("pk")))


def _team_ids(teams: Collection[UUID]) -> dict[Place, dict[str, int]]:
    told = ApiKey.objects.filter(removed_at=None, team__in=teams).exclude(
        xai_team_id=""
    )
    rows = told.values_list("team_id", "host", "xai_team_id").annotate(Count("pk"))
    found: dict[Place, dict[str, int]] = defaultdict(dict)
    for team_id, host, xai_team_id, number in rows:
        found[team_id, host][xai_team_id] = number
    return dict(found)
