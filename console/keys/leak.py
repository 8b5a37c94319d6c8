"""The card "If this key leaks" of one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from console.catalog.costs import Prices
from console.keys.acls import ENDPOINTS, Model, resolve
from console.keys.blast import (
    ASSUMED,
    NO_PRICE,
    Assumption,
    Blast,
    Words,
    blast_of,
    in_words,
)
from console.keys.findings import Viewer
from console.keys.models import ApiKey

# A key whose worst case is not known has no rank.
WIDTH: Final = ("worst_hour_ticks", "models_in_reach", "endpoints_in_reach")


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a key among those that one person sees; ties share one."""

    place: int
    keys: int  # whose worst case is known
    unknown: int

    def __str__(self) -> str:
        place = "" if self.place == 1 else f"{_ordinal(self.place)} "
        noun = "key" if self.keys == 1 else "keys"
        more = f", {self.unknown:,} more not known" if self.unknown else ""
        return f"{place}widest of {self.keys:,} {noun}{more}"


@dataclass(frozen=True, slots=True)
class Leak:
    """How far a key reaches, in figures and in words."""

    blast: Blast
    all_endpoints: int  # that there are
    words: Words
    assumption: Assumption
    usual: bool  # the assumption is the standing one
    rank: Rank | None

    @property
    def no_dearest(self) -> str:
        """Return why the dearest model is not known."""
        return self.blast.reason or NO_PRICE


def leak_of(
    key: ApiKey,
    *,
    seen: Sequence[Model] | None,
    prices: Mapping[str, Prices],
    viewer: Viewer,
    assumption: Assumption = ASSUMED,
) -> Leak:
    """Return the card, with one query.

    `seen` are the models it sees, None if they were never read; `prices` are those its
    team is told, by model id.
    """
    blast = blast_of(
        resolve(key.acls, seen=seen),
        prices=prices,
        state=key.state,
        assumption=assumption,
    )
    return Leak(
        blast=blast,
        all_endpoints=len(ENDPOINTS),
        words=in_words(blast, assumption),
        assumption=assumption,
        usual=assumption == ASSUMED,
        rank=rank_of(key, viewer=viewer),
    )


def rank_of(key: ApiKey, *, viewer: Viewer) -> Rank | None:
    """Rank a key by worst case, then models, then endpoints; None: not known.

    By the standing assumption, whatever a reader assumes.
    """
    mine = [getattr(key, name) for name in WIDTH]
    if mine[0] is None:
        return None
    row = ApiKey.objects.visible_to(viewer).aggregate(
        keys=Count("pk"),
        known=Count("worst_hour_ticks"),
        wider=Count("pk", filter=_wider(mine)),
    )
    return Rank(row["wider"] + 1, row["known"], row["keys"] - row["known"])


def _wider(mine: Sequence[int | None]) -> Q:
    """Keep what is wider in the first figure that differs; unknown is narrowest."""
    wider, same = Q(), Q()
    for name, value in zip(WIDTH, mine, strict=True):
        if value is None:
            past, equal = Q(**{f"{name}__isnull": False}), Q(**{name: None})
        else:
            past, equal = Q(**{f"{name}__gt": value}), Q(**{name: value})
        wider |= same & past
        same &= equal
    return wider


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number:,}th"
    return f"{number:,}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"
