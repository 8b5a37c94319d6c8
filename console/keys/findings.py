"""Findings in words, for the page of a key and for the list of them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, IntegerField, Value, When

from console.accounts.models import User
from console.keys import advice
from console.keys.acls import Model
from console.keys.models import ApiKey, Finding, FindingKind, Severity
from console.keys.models.findings import FindingQuerySet
from console.keys.shown import tail_of
from console.lib.paging import Column, instant, number, ordered

Viewer = User | AnonymousUser
WORST_FIRST: Final = (
    Column("rank", number),
    Column("opened_at", instant, descending=True),
    Column("id", number, descending=True),
)


class Status(models.TextChoices):
    """What became of a finding."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    CLOSED = "closed", "Closed"


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding in words."""

    id: int
    key_id: UUID
    key: str
    tail: str
    team: str
    severity: Severity
    title: str
    subject: str
    explanation: str
    fix: str
    twins: tuple[tuple[UUID, str], ...]  # other keys it speaks of, of those one sees
    status: Status
    opened_at: datetime
    closed_at: datetime | None
    accepted_by: str
    accepted_until: datetime | None  # also when that is over
    reason: str
    request: advice.Request | None = None  # that mends it; only on the page of its key


@dataclass(frozen=True, slots=True)
class OfKey:
    """What holds of one key, worst first."""

    rows: list[Shown]

    @property
    def open(self) -> int:
        """Return how many count."""
        return sum(row.status == Status.OPEN for row in self.rows)

    @property
    def accepted(self) -> int:
        """Return how many somebody lets stay."""
        return len(self.rows) - self.open


def of_key(
    key: ApiKey, *, seen: Sequence[Model] | None, viewer: Viewer, now: datetime
) -> OfKey:
    """Return what holds of one key, accepted or not, with its fix.

    `seen` are the models it sees, None if they were never read. Two queries at most.
    """
    standing = ranked(Finding.objects.visible_to(viewer).open().filter(key=key))
    found = list(
        ordered(standing, WORST_FIRST).select_related("key__team", "accepted_by")
    )
    mends = [
        advice.request(
            row.kind, row.detail, key_id=key.xai_key_id, entries=key.acls, seen=seen
        )
        for row in found
    ]
    written = shown(found, user=viewer, now=now)
    return OfKey(
        [replace(row, request=asked) for row, asked in zip(written, mends, strict=True)]
    )


def shown(rows: Iterable[Finding], *, user: Viewer, now: datetime) -> list[Shown]:
    """Write findings out; other keys are named only to those who may see them."""
    found = list(rows)
    twins = _twins(found, user)
    return [
        Shown(
            id=row.pk,
            key_id=row.key_id,
            key=row.key.label,
            tail=tail_of(row.key),
            team=row.key.team.name,
            severity=Severity(row.severity),
            title=FindingKind(row.kind).label,
            subject=row.subject,
            explanation=advice.explanation(row.kind, row.detail),
            fix=advice.fix(row.kind, row.detail),
            twins=tuple(
                (pk, label)
                for pk, label in twins.get(row.key.xai_key_id, ())
                if row.kind == FindingKind.SAME_KEY and pk != row.key_id
            ),
            status=status_of(row, now=now),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            accepted_by=row.accepted_by.name if row.accepted_by else "somebody",
            accepted_until=row.accepted_until,
            reason=row.accepted_reason,
        )
        for row in found
    ]


def status_of(row: Finding, *, now: datetime) -> Status:
    """Return what became of a finding; an acceptance that ended is none."""
    if row.closed_at is not None:
        return Status.CLOSED
    accepted = row.accepted_until is not None and row.accepted_until > now
    return Status.ACCEPTED if accepted else Status.OPEN


def status_expression(now: datetime) -> Case:
    """Return `status_of` as SQL."""
    return Case(
        When(closed_at__isnull=False, then=Value(Status.CLOSED.value)),
        When(accepted_until__gt=now, then=Value(Status.ACCEPTED.value)),
        default=Value(Status.OPEN.value),
        output_field=models.CharField(),
    )


def ranked(found: FindingQuerySet) -> FindingQuerySet:
    """Add what WORST_FIRST sorts by."""
    ranks = enumerate(Severity.values)
    return found.annotate(
        rank=Case(
            *(When(severity=value, then=Value(rank)) for rank, value in ranks),
            output_field=IntegerField(),
        )
    )


def _twins(rows: Iterable[Finding], user: Viewer) -> dict[str, list[tuple[UUID, str]]]:
    """Return the keys this person sees by xAI's id, where a finding speaks of it."""
    ids = {row.key.xai_key_id for row in rows if row.kind == FindingKind.SAME_KEY}
    if not ids - {""}:
        return {}
    keys = ApiKey.objects.visible_to(user).filter(xai_key_id__in=ids - {""})
    found: dict[str, list[tuple[UUID, str]]] = {}
    for xai_id, pk, label in keys.order_by("label").values_list(
        "xai_key_id", "pk", "label"
    ):
        found.setdefault(xai_id, []).append((pk, label))
    return found
