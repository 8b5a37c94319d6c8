"""What is wrong now: one cause per trouble, read from the stored states of keys.

A single answer is no cause: the strikes it takes are in the states already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import chain, groupby
from typing import Final
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils import timezone

from console.alerts import wording
from console.alerts.causes import KINDS, Cause, Place, Scope
from console.alerts.models import Incident, IncidentKind
from console.keys.models import ApiKey, KeyChange, KeyState, Review

# These had stopped before their team was blocked.
STOPPED_ALONE: Final = (KeyState.KEY_BLOCKED, KeyState.DISABLED, KeyState.REJECTED)
SILENT_KEYS = 3  # of one host, and half of all it has: then it is the host

_SILENT = Q(state=KeyState.UNREACHABLE)
_BLOCKED = Q(state=KeyState.TEAM_BLOCKED)


def causes_in(scope: Scope, open_incidents: Iterable[Incident]) -> dict[Place, Cause]:
    """Return what is wrong within the scope.

    The number of queries depends on the kinds of trouble there are, not on the
    number of keys.
    """
    incidents = list(open_incidents)
    reviewed = {
        one.key_id for one in incidents if one.kind == IncidentKind.OUTSIDE_CHANGE
    }
    keys = list(_troubled(scope, reviewed))
    silent = any(key.state == KeyState.UNREACHABLE for key in keys) or any(
        one.kind == IncidentKind.UNREACHABLE for one in incidents
    )
    hosts = {cause.subject: cause for cause in _hosts(scope)} if silent else {}
    recovered = _recovered(key.host for key in keys) if silent else {}
    found = chain(
        _teams(scope),
        hosts.values(),
        _states(keys, hosts, recovered),
        _outside(key for key in keys if key.outside_changes or key.pk in reviewed),
    )
    return {cause.place: cause for cause in found}


def _troubled(scope: Scope, reviewed: Collection[UUID | None]) -> QuerySet[ApiKey]:
    """Return the keys that may be a cause by themselves.

    An escalated look waits no more, but its incident is still open.
    """
    bad = Q(state__in=KINDS) | Q(outside_changes__gt=0) | Q(pk__in=reviewed)
    return (
        scope.keys().filter(bad).defer("sealed_secret", "fingerprint", "acls", "note")
    )


def _states(
    keys: Iterable[ApiKey], hosts: Collection[str], recovered: dict[str, datetime]
) -> Iterator[Cause]:
    for key in keys:
        kind = KINDS.get(KeyState(key.state))
        if kind == IncidentKind.UNREACHABLE:
            # After an outage keys come back one by one. Those that were not asked
            # since are no cause of their own.
            last = recovered.get(key.host)
            waits = last and (key.checked_at is None or key.checked_at <= last)
            if key.host in hosts or waits:
                continue
        if kind == IncidentKind.REJECTED and key.mistaken_for:
            kind = IncidentKind.IDENTITY
        if kind is not None:
            yield _of_key(key, kind)


def _of_key(key: ApiKey, kind: IncidentKind) -> Cause:
    title, sentence = wording.of_key(kind, key)
    detail = {"host": key.host, "problem": key.problem}
    if kind == IncidentKind.IDENTITY:
        detail |= {"expected": key.xai_key_id, "answered": key.mistaken_for}
    return Cause(
        kind=kind,
        subject=str(key.pk),
        title=title,
        sentence=sentence,
        began_at=key.state_since or timezone.now(),
        team_id=key.team_id,
        key_id=key.pk,
        detail=detail,
    )


def _teams(scope: Scope) -> Iterator[Cause]:
    rows = (
        scope.of_teams()
        .values("team_id", "team__name")
        .annotate(
            seen=Count("id", filter=_BLOCKED),
            stopped=Count("id", filter=~Q(state__in=STOPPED_ALONE)),
            since=Min("state_since", filter=_BLOCKED),
        )
        .filter(seen__gt=0)
        .order_by()
    )
    blocked = list(rows)
    labels = _labels(r["team_id"] for r in blocked if r["stopped"] <= wording.NAMED)
    for row in blocked:
        title, sentence = wording.of_team(
            row["team__name"],
            stopped=row["stopped"],
            labels=labels.get(row["team_id"], ()),
        )
        yield Cause(
            kind=IncidentKind.TEAM_BLOCKED,
            subject=str(row["team_id"]),
            title=title,
            sentence=sentence,
            began_at=row["since"] or timezone.now(),
            team_id=row["team_id"],
            detail={"keys": row["stopped"], "seen": row["seen"]},
        )


def _labels(team_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the names of the keys that stop with their team."""
    few = list(team_ids)
    if not few:
        return {}
    rows = ApiKey.objects.filter(team__in=few, watched=True, removed_at=None).exclude(
        state__in=STOPPED_ALONE
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for team_id, label in rows.order_by("label").values_list("team_id", "label"):
        found[team_id].append(label)
    return found


def _hosts(scope: Scope) -> Iterator[Cause]:
    rows = (
        scope.of_hosts()
        .values("host")
        .annotate(
            watched_keys=Count("id"),
            silent=Count("id", filter=_SILENT),
            since=Min("state_since", filter=_SILENT),
            teams=ArrayAgg("team_id", filter=_SILENT, distinct=True),
        )
        .filter(silent__gte=SILENT_KEYS, watched_keys__lte=F("silent") * 2)
        .order_by()
    )
    for row in rows:
        title, sentence = wording.of_host(
            row["host"], silent=row["silent"], watched=row["watched_keys"]
        )
        yield Cause(
            kind=IncidentKind.UNREACHABLE,
            subject=row["host"],
            title=title,
            sentence=sentence,
            began_at=row["since"] or timezone.now(),
            detail={
                "host": row["host"],
                "keys": row["silent"],
                "watched": row["watched_keys"],
                "team_ids": [str(one) for one in row["teams"]],
            },
        )


def _recovered(hosts: Iterable[str]) -> dict[str, datetime]:
    """Return when each host's last outage ended."""
    ended = Incident.objects.filter(
        kind=IncidentKind.UNREACHABLE,
        subject__in=set(hosts),
        key=None,
        closed_at__isnull=False,
    )
    rows = ended.values_list("subject").annotate(Max("closed_at")).order_by()
    return dict(rows)


def _outside(keys: Iterable[ApiKey]) -> Iterator[Cause]:
    by_id = {key.pk: key for key in keys}
    if not by_id:
        return
    rows = KeyChange.objects.filter(
        key__in=by_id, review__in=(Review.WAITING, Review.ESCALATED)
    ).order_by("key_id", "-gap_until", "id")
    for key_id, changes in groupby(rows, key=lambda change: change.key_id):
        looks = [
            list(look) for _, look in groupby(changes, key=lambda one: one.gap_until)
        ]
        yield _of_looks(by_id[key_id], looks)


def _of_looks(key: ApiKey, looks: list[list[KeyChange]]) -> Cause:
    """Return the one cause of a key with looks to review, the newest first."""
    newest, oldest = looks[0], looks[-1]
    title, sentence = wording.of_outside(key.label, newest)
    return Cause(
        kind=IncidentKind.OUTSIDE_CHANGE,
        subject=str(key.pk),
        title=title,
        sentence=sentence,
        began_at=oldest[0].gap_until,
        team_id=key.team_id,
        key_id=key.pk,
        detail={
            "looks": len(looks),
            "change": newest[0].pk,
            "gap_from": newest[0].gap_from and newest[0].gap_from.isoformat(),
            "gap_until": newest[0].gap_until.isoformat(),
            "modified_by": next((c.modified_by for c in newest if c.modified_by), ""),
            "changes": [
                {"field": c.field, "before": c.before, "after": c.after} for c in newest
            ],
        },
    )
