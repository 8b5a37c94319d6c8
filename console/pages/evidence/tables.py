"""The tables of an evidence pack about keys and people; each reads the snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from console.accounts.models import Role, User
from console.alerts.models import Incident
from console.keys.models import ApiKey, Finding, KeyChange, StateSpan
from console.lib.export import Record
from console.lib.redact import redact
from console.pages.evidence import access
from console.pages.evidence.scope import Scope
from console.vault import sealing

AT_ONCE = 1000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `records` reads it anew at each call, always in the same order."""

    name: str
    about: str  # for the people who open the pack
    fields: Sequence[str]
    records: Callable[[], Iterator[Record]]


INVENTORY = (
    "id", "label", "team", "owner", "note", "tags", "host", "state", "state_since",
    "watched", "last_four", "redacted", "fingerprint", "secret_version", "acls",
    "xai_name", "xai_key_id", "xai_team_id", "xai_created_at", "xai_created_by",
    "xai_modified_at", "xai_modified_by", "team_blocked", "api_key_blocked",
    "api_key_disabled", "finding_kinds", "outside_changes", "problem", "added_at",
    "removed_at", "changed_at", "checked_at", "verified_at", "models_checked_at",
)  # fmt: skip
FINDINGS = (
    "id", "key_id", "label", "kind", "severity", "subject", "detail", "opened_at",
    "closed_at", "accepted_by", "accepted_at", "accepted_until", "accepted_reason",
)  # fmt: skip
CHANGES = (
    "id", "key_id", "label", "field", "before", "after", "gap_from", "gap_until",
    "modified_by", "origin", "review", "reviewed_by", "reviewed_at", "review_note",
)  # fmt: skip
INCIDENTS = (
    "id", "kind", "title", "sentence", "team", "key_id", "detail", "began_at",
    "opened_at", "closed_at", "ending", "acknowledged_by", "acknowledged_at",
    "escalated_by", "escalated_at", "note",
)  # fmt: skip
INSTEAD = {  # columns that stand for a field: names in place of ids
    "accepted_by": "accepted_by__username",
    "reviewed_by": "reviewed_by__username",
    "acknowledged_by": "acknowledged_by__username",
    "escalated_by": "escalated_by__username",
    "label": "key__label",
    "team": "team__name",
}
SPANS = ("key_id", "label", "state", "starts_at", "ends_at")
PEOPLE = ("id", "username", "name", "role", "active", "teams", "added_at")


ABOUT = {
    "inventory": "Keys stored at some time of the period, as they are now; removed "
    "ones as they were at the end.",
    "access": "What each key may do now, for each model that a key of this pack sees "
    "and each endpoint: allowed by name, by wildcard, denied, entry without effect, "
    "or unknown; with the reason.",
    "findings": "Findings that held at some time of the period, and who accepted them.",
    "changes": "Differences between two checks that ended in the period, and reviews.",
    "states": "In which state each key was, from when until when.",
    "incidents": "Incidents that were open at some time of the period.",
    "people": "Who may sign in now, with their roles and teams.",
    "settings": "Settings that bear on what is known here.",
}


def tables(scope: Scope) -> list[Table]:
    """Return all tables but those of the audit trail."""

    def table(
        name: str, fields: Sequence[str], records: Callable[[], Iterator[Record]]
    ) -> Table:
        return Table(name, ABOUT[name], fields, records)

    return [
        table("inventory", INVENTORY, lambda: _inventory(scope)),
        table("access", access.FIELDS, lambda: access.records(scope)),
        table("findings", FINDINGS, lambda: _rows(_findings(scope), FINDINGS)),
        table("changes", CHANGES, lambda: _rows(_changes(scope), CHANGES)),
        table("states", SPANS, lambda: _rows(_spans(scope), SPANS)),
        table("incidents", INCIDENTS, lambda: _rows(_incidents(scope), INCIDENTS)),
        table("people", PEOPLE, lambda: _people(scope)),
        table("settings", ("name", "value"), _settings),
    ]


def _inventory(scope: Scope) -> Iterator[Record]:
    keys = scope.keys().select_related("team").defer("sealed_secret")
    for key in keys.order_by("team__name", "label", "id").iterator(chunk_size=AT_ONCE):
        yield _key(key)


def _key(key: ApiKey) -> Record:
    computed = {
        "id": str(key.pk),
        "team": key.team.name,
        "note": redact(key.note),
        "redacted": key.xai_redacted,
        "fingerprint": sealing.short(bytes(key.fingerprint or b"")),
        "added_at": key.created_at,
    }
    return {
        name: computed[name] if name in computed else getattr(key, name)
        for name in INVENTORY
    }


def _findings(scope: Scope) -> QuerySet[Finding]:
    found = Finding.objects.filter(key__in=scope.keys(), opened_at__lt=scope.end)
    return found.filter(Q(closed_at=None) | Q(closed_at__gte=scope.start)).order_by(
        "opened_at", "id"
    )


def _changes(scope: Scope) -> QuerySet[KeyChange]:
    found = KeyChange.objects.filter(key__in=scope.keys())
    return found.filter(gap_until__gte=scope.start, gap_until__lt=scope.end).order_by(
        "gap_until", "id"
    )


def _spans(scope: Scope) -> QuerySet[StateSpan]:
    found = StateSpan.objects.filter(key__in=scope.keys(), starts_at__lt=scope.end)
    return found.filter(Q(ends_at=None) | Q(ends_at__gt=scope.start)).order_by(
        "key_id", "starts_at", "id"
    )


def _incidents(scope: Scope) -> QuerySet[Incident]:
    found = Incident.objects.filter(opened_at__lt=scope.end)
    found = found.filter(Q(closed_at=None) | Q(closed_at__gte=scope.start))
    if scope.team:
        found = found.filter(team=scope.team)
    return found.order_by("opened_at", "id")


def _people(scope: Scope) -> Iterator[Record]:
    """Yield who can act on the teams of the pack, without other teams' names."""
    people = User.objects.prefetch_related("teams").order_by("username")
    for person in people:
        teams = [t.name for t in person.teams.all() if scope.team in (None, t)]
        if teams or scope.team is None or person.role != Role.STAFF:
            yield {
                "id": str(person.pk),
                "username": person.username,
                "name": person.name,
                "role": person.role,
                "active": person.is_active,
                "teams": sorted(teams),
                "added_at": person.created_at,
            }


def _settings() -> Iterator[Record]:
    values = {
        "gatehouse version": settings.VERSION,
        "try-out mode": "yes" if settings.TRYOUT else "no",
        "XAI_HOSTS": redact(", ".join(map("=".join, settings.XAI_HOSTS.items()))),
        "seconds between two checks of a key": _seconds("XAI_POLL_EVERY"),
        "seconds between two looks at its models": _seconds("XAI_POLL_MODELS_EVERY"),
        "seconds between two checks of a rejected key": _seconds(
            "XAI_POLL_REJECTED_EVERY"
        ),
        "seconds a session lasts": str(settings.SESSION_COOKIE_AGE),
        "seconds a proof of identity lasts": str(
            settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        ),
        "audit anchors in a file": "yes" if settings.AUDIT_ANCHORS else "no",
    }
    for name, value in values.items():
        yield {"name": name, "value": value}


def _seconds(name: str) -> str:
    return str(int(getattr(settings, name).total_seconds()))


def _rows(rows: QuerySet[Any], fields: Sequence[str]) -> Iterator[Record]:
    """Yield rows as records of these fields."""
    columns = {field: INSTEAD.get(field, field) for field in fields}
    for row in rows.values(*columns.values()).iterator(chunk_size=AT_ONCE):
        yield {field: _plain(row[column]) for field, column in columns.items()}


def _plain(value: Any) -> Any:
    """Return a value as files hold it; what came from outside without secrets."""
    if isinstance(value, list | dict):
        return redact(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return redact(value) if isinstance(value, str) else value
