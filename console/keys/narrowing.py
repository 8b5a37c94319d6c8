"""Which keys an address of the inventory asks for: its filters, and their SQL."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, TextChoices, Value
from django.db.models.functions import Lower

from console.accounts.models import User
from console.keys.models import HIGH_FROM, ApiKey, ApiKeyQuerySet, FindingKind
from console.keys.shown import ShownState, shown_expression

Viewer = User | AnonymousUser
WEEK = timedelta(days=7)
FEW = 2_000  # hits of a search that are worth naming one by one
SIZES = (25, 50, 100)
ATTENTION = "attention"  # how the list is sorted unless somebody says otherwise


class Risk(TextChoices):
    """What an auditor looks for. Several of them narrow together."""

    ALL_MODELS = "all_models", "All models"
    ALL_ENDPOINTS = "all_endpoints", "All endpoints"
    CHANGED_OUTSIDE = "changed_outside", "Changed outside"
    NO_OWNER = "no_owner", "No owner"
    CHANGED_WEEK = "changed_week", "Changed this week"
    DEAD_RULE = "dead_rule", "Dead rule"
    SAME_KEY = "same_key", "Same key twice"
    DOES_NOTHING = "does_nothing", "Can do nothing"
    HIGH_FINDING = "high_finding", "High findings"
    NOT_WATCHED = "not_watched", "Not watched"

    def condition(self, now: datetime) -> Q:
        """Return what a key must fulfil to have it."""
        match self:
            case Risk.ALL_MODELS:
                return Q(all_models=True)
            case Risk.ALL_ENDPOINTS:
                return Q(all_endpoints=True)
            case Risk.CHANGED_OUTSIDE:
                return Q(outside_changes__gt=0) | Q(escalated_changes__gt=0)
            case Risk.NO_OWNER:
                return Q(owner="")
            case Risk.CHANGED_WEEK:
                return Q(changed_at__gte=now - WEEK)
            case Risk.DEAD_RULE:
                return _found(FindingKind.GONE_MODEL)
            case Risk.SAME_KEY:
                return _found(FindingKind.SAME_KEY)
            case Risk.DOES_NOTHING:
                return _found(FindingKind.DOES_NOTHING)
            case Risk.HIGH_FINDING:
                return Q(finding_weight__gte=HIGH_FROM)
            case Risk.NOT_WATCHED:
                return Q(watched=False)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    state: ShownState | None = None
    risks: tuple[Risk, ...] = ()  # all of them
    team: UUID | None = None
    owner: str = ""  # part of it, in any case
    tag: str = ""
    search: str = ""
    sort: str = ATTENTION  # a name of sorting.SORTS
    backwards: bool = False
    size: int = SIZES[0]
    cursor: str = ""
    only: tuple[UUID, ...] = ()  # rows that were ticked; nothing else narrows then

    @property
    def narrows(self) -> bool:
        """Tell whether any key may be left out."""
        return bool(self.in_words())

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        chosen = {
            "state": self.state,
            "risks": ", ".join(self.risks),
            "team": self.team,
            "owner": self.owner,
            "tag": self.tag,
            "search": self.search,
            "ticked": len(self.only),
        }
        return {name: str(value) for name, value in chosen.items() if value}

    @property
    def sort_name(self) -> str:
        """Return the sort as the address has it."""
        return f"-{self.sort}" if self.backwards else self.sort

    @property
    def query(self) -> str:
        """Return the address of the first page, without what is as usual."""
        chosen = {
            "q": self.search,
            "state": self.state,
            "risk": self.risks,
            "team": self.team,
            "owner": self.owner,
            "tag": self.tag,
            "sort": "" if self.sort_name == ATTENTION else self.sort_name,
            "size": "" if self.size == SIZES[0] else self.size,
        }
        kept = {name: value for name, value in chosen.items() if value}
        return urlencode(kept, doseq=True)

    def with_state(self, state: ShownState | None) -> Filters:
        """Return the same from its first page, with this state."""
        return replace(self, state=state, cursor="")

    def toggled(self, risk: Risk) -> Filters:
        """Return the same from its first page, with this risk or without it."""
        chosen = set(self.risks) ^ {risk}
        return replace(self, risks=tuple(r for r in Risk if r in chosen), cursor="")


Hits = Collection[UUID] | None  # None: no text was looked for, or it is in many keys


def narrowed(
    *, user: Viewer, filters: Filters, now: datetime, hits: Hits = None
) -> ApiKeyQuerySet:
    """Keep what this person may see and asks for; each with its state in `shown`."""
    found = within(user=user, filters=filters, now=now, hits=hits)
    return found.filter(chosen_state(filters), chosen_risks(filters, now=now))


def within(
    *, user: Viewer, filters: Filters, now: datetime, hits: Hits = None
) -> ApiKeyQuerySet:
    """Keep what is searched for, of all states and risks: what the chips count.

    `hits` stand for the search, if `hits_of` was asked before.
    """
    keys = ApiKey.objects.visible_to(user)
    if filters.only:
        keys = keys.filter(pk__in=filters.only)
    if filters.team:
        keys = keys.filter(team=filters.team)
    if filters.tag:
        keys = keys.filter(tags__contains=[filters.tag])
    keys = keys.filter(_searched(filters) if hits is None else Q(pk__in=hits))
    return keys.annotate(shown=shown_expression(now))


def hits_of(*, user: Viewer, filters: Filters, now: datetime) -> Hits:
    """Return the keys that hold the text looked for, at most FEW.

    No index finds a part of a text, so whoever asks more than once about a search
    has all texts read once, with one query.
    """
    if not filters.search and not filters.owner:
        return None
    found = within(user=user, filters=filters, now=now)
    hits = list(found.values_list("pk", flat=True)[: FEW + 1])
    return hits if len(hits) <= FEW else None


def chosen_state(filters: Filters) -> Q:
    """Return the condition of the chosen state; an empty one if there is none."""
    if filters.state is None:
        return Q()
    stored = Q() if filters.state == ShownState.STALE else Q(state=filters.state)
    return stored & Q(shown=filters.state)  # the first finds it by an index


def chosen_risks(filters: Filters, *, now: datetime) -> Q:
    """Return the condition of the chosen risks together."""
    condition = Q()
    for risk in filters.risks:
        condition &= risk.condition(now)
    return condition


def _searched(filters: Filters) -> Q:
    condition = Q()
    if filters.owner:
        condition &= Q(owner__icontains=filters.owner)
    if filters.search:
        condition &= Q(search_text__contains=_wanted(filters.search))
    return condition


def _wanted(search: str) -> Any:
    """Return what `search_text` must hold; a redacted key is looked for by its tail."""
    return Lower(Value(re.sub(r"^xai-[.*]+", "", search)))


def _found(kind: FindingKind) -> Q:
    """Have the database look into the list only where there is any finding."""
    return Q(finding_weight__gt=0, finding_kinds__contains=[kind.value])
