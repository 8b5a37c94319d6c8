"""Causes that no key's state tells: changed prices, and a poller that is silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from console.alerts import incidents, wording
from console.alerts.causes import Cause
from console.alerts.models import Ending, Incident, IncidentKind
from console.catalog.models import PRICE_FIELDS, PriceVersion


@transaction.atomic(savepoint=False)
def note_prices(new_prices: Iterable[PriceVersion]) -> int:
    """Open an incident for each model whose price changed; return how many.

    `new_prices` are what `record_models` returned, in whose transaction this runs. A
    first price is no change. One model of one host has one incident, however many
    teams are told of the change; a person ends it by acknowledging.
    """
    new = {version.pk: version for version in new_prices}
    if not new:
        return 0
    before = _versions_before(new.values())
    changed = {
        version.model_id: _cause(version, before[key])
        for version in new.values()
        if (key := (version.model_id, version.team_id)) in before
    }
    if not changed:
        return 0
    incidents.hold()
    told = _told(changed)
    fresh = [
        cause for pk, cause in changed.items() if told.get(str(pk)) != cause.detail
    ]
    return len(incidents.open_(cause for cause in fresh if not _followed(cause)))


def _followed(cause: Cause) -> bool:
    """Write newer prices into the incident that is open; return whether one is."""
    rows = Incident.objects.open().filter(kind=cause.kind, subject=cause.subject)
    return bool(rows.update(sentence=cause.sentence[:500], detail=cause.detail))


@transaction.atomic(savepoint=False)
def note_silence(since: datetime | None) -> bool:
    """Open the incident of a silent poller; return whether it was this call.

    `since` is the last finished work; None: there never was any.
    """
    if _silence() is not None:
        return False
    incidents.hold()
    title, sentence = wording.of_silence(since)
    cause = Cause(
        kind=IncidentKind.POLLER_SILENT,
        subject="",
        title=title,
        sentence=sentence,
        began_at=since or timezone.now(),
    )
    return bool(incidents.open_([cause]))


@transaction.atomic(savepoint=False)
def note_work() -> bool:
    """Close the incident of a silent poller, if one is open; return whether it was."""
    if _silence() is None:
        return False
    incidents.hold()
    incident = _silence()
    return incident is not None and bool(incidents.close({incident: Ending.RECOVERED}))


def _silence() -> Incident | None:
    rows = Incident.objects.open().filter(kind=IncidentKind.POLLER_SILENT)
    return rows.select_related("team", "key").first()


def _versions_before(
    new: Iterable[PriceVersion],
) -> dict[tuple[UUID, UUID], PriceVersion]:
    """Return what each team was told last before, by model and team."""
    versions = list(new)
    rows = (
        PriceVersion.objects.filter(
            model__in={version.model_id for version in versions},
            team__in={version.team_id for version in versions},
        )
        .exclude(pk__in=[version.pk for version in versions])
        .order_by("model_id", "team_id", "-first_seen_at")
        .distinct("model_id", "team_id")
    )
    return {(row.model_id, row.team_id): row for row in rows}


def _cause(version: PriceVersion, before: PriceVersion) -> Cause:
    changed = [
        (field, getattr(before, field), getattr(version, field))
        for field in PRICE_FIELDS
        if getattr(before, field) != getattr(version, field)
    ]
    title, sentence = wording.of_price(version.model.model_id, changed)
    return Cause(
        kind=IncidentKind.PRICE_CHANGE,
        subject=str(version.model_id),
        title=title,
        sentence=sentence,
        began_at=version.first_seen_at,
        detail={
            "host": version.model.host,
            "model": version.model.model_id,
            "prices": {field: [old, now] for field, old, now in changed},
        },
    )


def _told(changed: Iterable[UUID]) -> dict[str, dict[str, object]]:
    """Return what the newest incident about each of these models says, by subject."""
    rows = (
        Incident.objects.filter(
            kind=IncidentKind.PRICE_CHANGE, subject__in=[str(pk) for pk in changed]
        )
        .order_by("subject", "-opened_at")
        .distinct("subject")
    )
    return {row.subject: row.detail for row in rows}
