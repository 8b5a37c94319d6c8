"""Judging stored keys: their findings, how far they reach, what they cost at worst.

    due --assess_due--> assess --> assessment columns of ApiKey, rows of Finding

The only writer of both, but for what a person accepts. Who writes a fact of a key
marks that key due; what depends on the clock and on other rows is found by `overdue`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from console.keys.blast import Blast, blast_of
from console.keys.linter import Found, lint
from console.keys.material import gather
from console.keys.models import ApiKey, Finding, FindingKind, Severity

BATCH: Final = 250  # keys that are locked at once, for some tenths of a second
WEIGHTS: Final = {Severity.HIGH: 10_000, Severity.MEDIUM: 100, Severity.LOW: 1}
MOST: Final = 99  # findings of one severity that count, so that none passes the next


def catch_up(*, time_limit: timedelta) -> int:
    """Assess what is due, batch after batch; return how many keys that were."""
    end = monotonic() + time_limit.total_seconds()
    done = 0
    while monotonic() < end and (number := assess_due()):
        done += number
    return done


@transaction.atomic
def assess_due(*, limit: int = BATCH) -> int:
    """Assess at most `limit` due keys; return how many were.

    Any number of processes may do this at once: each takes what no other holds. A
    key is locked until it is written, so it cannot become due again meanwhile.
    """
    due = (
        ApiKey.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(assess_due_at__lte=Now())
        .order_by("assess_due_at")
        .values_list("pk", flat=True)[:limit]
    )
    return assess(list(due), now=timezone.now())


@transaction.atomic
def assess(key_ids: Collection[UUID], *, now: datetime) -> int:
    """Write anew what these keys come to; return how many there are.

    Needs the same number of statements for any number of keys. Findings that do not
    hold any more are closed, new ones opened; one that stays keeps its acceptance. A
    removed key has none.
    """
    keys = _locked(key_ids)
    if not keys:
        return 0
    stored = [key for key in keys if key.removed_at is None]
    material = gather(stored)
    found = {key.pk: lint(material.facts(key), now=now) for key in stored}
    left = _follow(keys, found, now)
    blasts = {
        key.pk: blast_of(
            material.accesses[key.pk], prices=material.prices(key), state=key.state
        )
        for key in stored
    }
    _write(
        [_columns(key.pk, blasts.get(key.pk), left.get(key.pk, [])) for key in keys],
        now,
    )
    return len(keys)


def _locked(key_ids: Collection[UUID]) -> list[ApiKey]:
    keys = ApiKey.objects.select_for_update(of=("self",), no_key=True)
    return list(
        keys.filter(pk__in=key_ids)
        .select_related("team")
        .defer("sealed_secret", "fingerprint", "note")
        .order_by("pk")
    )


def _follow(
    keys: Collection[ApiKey], found: Mapping[UUID, Iterable[Found]], now: datetime
) -> dict[UUID, list[Found]]:
    """Open and close rows; return what is open and not accepted, by key."""
    rows = Finding.objects.open().filter(key__in=[key.pk for key in keys])
    standing = {(row.key_id, row.kind, row.subject): row for row in rows}
    new: list[Finding] = []
    changed: list[Finding] = []
    left: dict[UUID, list[Found]] = defaultdict(list)
    for key_id, all_found in found.items():
        for each in all_found:
            row = standing.pop((key_id, each.kind, each.subject), None)
            if row is None:
                new.append(_opened(key_id, each, now))
            elif (row.detail, row.severity) != (each.detail, each.severity):
                row.detail, row.severity = each.detail, each.severity
                changed.append(row)
            if row is None or row.accepted_until is None or row.accepted_until <= now:
                left[key_id].append(each)
    Finding.objects.filter(pk__in=[row.pk for row in standing.values()]).update(
        closed_at=now
    )
    Finding.objects.bulk_update(changed, ["detail", "severity"])
    Finding.objects.bulk_create(new)
    return left


def _opened(key_id: UUID, found: Found, now: datetime) -> Finding:
    return Finding(
        key_id=key_id,
        kind=found.kind,
        severity=found.severity,
        subject=found.subject,
        detail=found.detail,
        opened_at=now,
    )


def _columns(key_id: UUID, blast: Blast | None, left: list[Found]) -> dict[str, Any]:
    """Return the columns of one key, as JSON holds them."""
    kinds = {each.kind for each in left}
    severities = [each.severity for each in left]
    return {
        "id": str(key_id),
        "models_in_sight": blast and blast.in_sight,
        "models_in_reach": blast and blast.models,
        "endpoints_in_reach": blast and blast.endpoints,
        "all_models": blast is not None and blast.all_models,
        "all_endpoints": blast is not None and blast.all_endpoints,
        "dearest_model": blast.dearest.model_id if blast and blast.dearest else "",
        "worst_hour_ticks": blast and blast.worst_hour_ticks,
        "finding_kinds": [kind.value for kind in FindingKind if kind in kinds],
        "finding_weight": sum(
            worth * min(severities.count(severity), MOST)
            for severity, worth in WEIGHTS.items()
        ),
    }


_WRITE = """
    UPDATE keys_apikey AS k
    SET models_in_sight = new.models_in_sight,
        models_in_reach = new.models_in_reach,
        endpoints_in_reach = new.endpoints_in_reach,
        all_models = new.all_models,
        all_endpoints = new.all_endpoints,
        dearest_model = new.dearest_model,
        worst_hour_ticks = new.worst_hour_ticks,
        finding_kinds = new.finding_kinds,
        finding_weight = new.finding_weight,
        assess_due_at = NULL,
        assessed_at = %(now)s
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS new (
        id uuid, models_in_sight int, models_in_reach int, endpoints_in_reach int,
        all_models boolean, all_endpoints boolean, dearest_model text,
        worst_hour_ticks bigint, finding_kinds text[], finding_weight int
    )
    WHERE k.id = new.id
"""


def _write(rows: list[dict[str, Any]], now: datetime) -> None:
    """Write many keys at once; as JSON, since arrays of arrays must be even."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"rows": json.dumps(rows), "now": now})
