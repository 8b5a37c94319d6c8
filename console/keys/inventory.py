"""The inventory: one page of the keys a person asks for, and all of them as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from console.accounts.models import Team
from console.keys import acls, reach, xai_users
from console.keys.facets import Facets, facets
from console.keys.models import HIGH_FROM, ApiKey, Severity
from console.keys.narrowing import ATTENTION, Filters, Viewer, hits_of, narrowed
from console.keys.shown import ShownState, short_fingerprint, tail_of
from console.keys.sorting import columns_of, sortable
from console.keys.strips import Strip, strips_of
from console.lib import ticks
from console.lib.export import Record
from console.lib.freshness import Freshness, freshness
from console.lib.paging import ordered, page_of

SHOWN_FIELDS: Final = (
    "label", "last_four", "xai_redacted", "owner", "note", "tags", "state",
    "state_since", "watched", "changed_at", "outside_changes", "escalated_changes",
    "xai_modified_by",
    "checked_at", "verified_at", "problem", "models_in_sight", "models_in_reach",
    "endpoints_in_reach", "all_models", "all_endpoints", "finding_weight",
    "team__name",
)  # fmt: skip
EXPORT_FIELDS: Final = (
    "id", "label", "team", "owner", "note", "tags", "state", "state_since",
    "stored_state", "problem", "watched", "redacted", "fingerprint", "access", "acls",
    "all_models", "all_endpoints", "models_in_reach", "models_in_sight",
    "endpoints_in_reach", "dearest_model", "worst_hour_ticks", "worst_hour_usd",
    "findings", "findings_high", "findings_medium", "findings_low", "outside_changes",
    "escalated_changes",
    "xai_name", "xai_key_id", "xai_team_id", "xai_created_at", "xai_created_by",
    "xai_modified_at", "xai_modified_by", "team_blocked", "api_key_blocked",
    "api_key_disabled", "host", "added_at", "changed_at", "checked_at", "verified_at",
    "models_checked_at",
)  # fmt: skip
NOT_EXPORTED: Final = ("answer_digest", "sealed_secret", "search_text")


@dataclass(frozen=True, slots=True)
class Found:
    """How many findings of one severity a key has."""

    severity: Severity
    number: int


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One line of the table."""

    id: UUID
    label: str
    tail: str
    team: str
    owner: str
    note: str
    tags: list[str]
    state: ShownState
    state_since: datetime | None
    problem: str
    watched: bool
    reach: reach.Reach
    found: list[Found]  # worst first; none if there are none
    changed_at: datetime | None
    outside: bool  # a change from outside waits for a person
    escalated: bool  # of one a person said that nobody can explain it
    modified_by: str  # xAI's user id; "" if not told
    modified_by_name: str  # as somebody linked it; "" if nobody did
    checked_at: datetime | None
    verified_at: datetime | None
    freshness: Freshness  # of the last good answer
    strip: Strip


@dataclass(frozen=True, slots=True)
class Inventory:
    """One page of the table, and the figures beside it."""

    rows: list[KeyRow]
    facets: Facets
    before: str | None
    after: str | None


def inventory(*, user: Viewer, filters: Filters, now: datetime) -> Inventory:
    """Return one page and its figures; four queries for any number of keys.

    A search costs a fifth.
    """
    hits = hits_of(user=user, filters=filters, now=now)
    counted = facets(user=user, filters=filters, now=now, hits=hits)
    found = narrowed(user=user, filters=filters, now=now, hits=hits)
    page = page_of(
        sortable(found.filter(_first(counted, filters)), filters=filters, now=now)
        .select_related("team")
        .only(*SHOWN_FIELDS),
        columns=columns_of(filters),
        cursor=filters.cursor,
        size=filters.size,
    )
    strips = strips_of([key.pk for key in page.rows], now=now)
    names = xai_users.names_of(key.xai_modified_by or "" for key in page.rows)
    return Inventory(
        rows=[_row(key, strips[key.pk], names, now=now) for key in page.rows],
        facets=counted,
        before=page.before,
        after=page.after,
    )


def _first(counted: Facets, filters: Filters) -> Q:
    """Keep the states of the first page by attention: rare ones are found by an index.

    Any stored state may be shown as not verified, so from there on all are kept.
    """
    if filters.sort_name != ATTENTION or filters.state or filters.cursor:
        return Q()
    states: list[str] = []
    keys = 0
    for chip in counted.states:
        if keys > filters.size:
            return Q(state__in=states)
        if chip.keys and chip.value == ShownState.STALE:
            break
        states.append(chip.value)
        keys += chip.keys
    return Q()


def records(*, user: Viewer, filters: Filters, now: datetime) -> Iterator[Record]:
    """Yield every key that the filters leave, all fields, in the order shown."""
    found = narrowed(user=user, filters=filters, now=now)
    found = sortable(found, filters=filters, now=now).select_related("team")
    rows = ordered(found.defer(*NOT_EXPORTED), columns_of(filters))
    for key in rows.iterator(chunk_size=1000):
        yield _record(key)


def visible_teams(user: Viewer) -> list[Team]:
    """Return the teams whose keys this person may see, by name."""
    return list(Team.objects.visible_to(user).order_by("name"))


def _row(
    key: ApiKey, strip: Strip, names: Mapping[str, str], *, now: datetime
) -> KeyRow:
    return KeyRow(
        id=key.pk,
        label=key.label,
        tail=tail_of(key),
        team=key.team.name,
        owner=key.owner,
        note=key.note,
        tags=key.tags,
        state=ShownState(key.shown),  # type: ignore[attr-defined]
        state_since=key.state_since,
        problem=key.problem,
        watched=key.watched,
        reach=reach.reach_of(key),
        found=found_in(key.finding_weight),
        changed_at=key.changed_at,
        outside=key.outside_changes > 0,
        escalated=key.escalated_changes > 0,
        modified_by=key.xai_modified_by or "",
        modified_by_name=names.get(key.xai_modified_by or "", ""),
        checked_at=key.checked_at,
        verified_at=key.verified_at,
        freshness=freshness(key.verified_at, interval=settings.XAI_POLL_EVERY, now=now),
        strip=strip,
    )


def found_in(weight: int) -> list[Found]:
    """Take the number of findings of each severity out of `finding_weight`."""
    numbers = {
        Severity.HIGH: weight // HIGH_FROM,
        Severity.MEDIUM: weight % HIGH_FROM // 100,
        Severity.LOW: weight % 100,
    }
    return [Found(severity, number) for severity, number in numbers.items() if number]


def _record(key: ApiKey) -> Record:
    numbers = {found.severity: found.number for found in found_in(key.finding_weight)}
    worst = key.worst_hour_ticks
    computed = {
        "id": str(key.pk),
        "team": key.team.name,
        "state": key.shown,  # type: ignore[attr-defined]
        "stored_state": key.state,
        "redacted": tail_of(key),
        "fingerprint": short_fingerprint(key),
        "access": acls.in_words(key.acls),
        "worst_hour_usd": None if worst is None else f"{ticks.usd(worst):f}",
        "findings": key.finding_kinds,
        **{f"findings_{each}": numbers.get(each, 0) for each in Severity},
        "added_at": key.created_at,
    }
    return {
        name: computed[name] if name in computed else getattr(key, name)
        for name in EXPORT_FIELDS
    }
