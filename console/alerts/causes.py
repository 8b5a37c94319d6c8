"""A cause: one trouble that is there now; and a scope: whose causes are looked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet

from console.alerts.models import Incident, IncidentKind
from console.keys.models import ApiKey, KeyState

Place: TypeAlias = tuple[str, str]  # kind and subject: what makes two causes the same

KINDS: Final = {
    KeyState.KEY_BLOCKED: IncidentKind.KEY_BLOCKED,
    KeyState.DISABLED: IncidentKind.KEY_DISABLED,
    KeyState.REJECTED: IncidentKind.REJECTED,
    KeyState.UNREACHABLE: IncidentKind.UNREACHABLE,
}
OF_STATE: Final = (
    *KINDS.values(),
    IncidentKind.TEAM_BLOCKED,
    IncidentKind.IDENTITY,
    IncidentKind.OUTSIDE_CHANGE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One trouble that is there now."""

    kind: IncidentKind
    subject: str
    title: str
    sentence: str
    began_at: datetime
    team_id: UUID | None = None
    key_id: UUID | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Return what this has in common with the incident of the same cause."""
        return (self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose causes are looked for: some keys', with their teams and hosts, or all."""

    key_ids: frozenset[UUID] | None = None  # None: all
    team_ids: frozenset[UUID] = frozenset()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, key_ids: Collection[UUID]) -> Scope:
        """Return the scope of some keys. One query."""
        rows = ApiKey.objects.filter(pk__in=key_ids).values_list("team_id", "host")
        teams, hosts = zip(*rows, strict=True) if rows else ((), ())
        return cls(frozenset(key_ids), frozenset(teams), frozenset(hosts))

    def keys(self) -> QuerySet[ApiKey]:
        """Return the watched keys themselves."""
        return self._narrowed(pk__in=self.key_ids)

    def of_teams(self) -> QuerySet[ApiKey]:
        """Return all watched keys of the teams."""
        return self._narrowed(team__in=self.team_ids)

    def of_hosts(self) -> QuerySet[ApiKey]:
        """Return all watched keys of the hosts."""
        return self._narrowed(host__in=self.hosts)

    def incidents(self) -> QuerySet[Incident]:
        """Return the open incidents about these."""
        rows = Incident.objects.open().filter(kind__in=OF_STATE)
        if self.key_ids is None:
            return rows
        of_key = Q(key__in=self.key_ids)
        of_team = Q(kind=IncidentKind.TEAM_BLOCKED, team__in=self.team_ids)
        of_host = Q(kind=IncidentKind.UNREACHABLE, subject__in=self.hosts)
        return rows.filter(of_key | of_team | of_host)

    def _narrowed(self, **condition: Any) -> QuerySet[ApiKey]:
        watched = ApiKey.objects.filter(watched=True, removed_at=None)
        return watched if self.key_ids is None else watched.filter(**condition)
