"""What an evidence pack is about: a period, and one team or all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from console.accounts.models import Team
from console.keys.models import ApiKey, ApiKeyQuerySet


@dataclass(frozen=True, slots=True)
class Scope:
    """Whole days in UTC, both included; `team` None means all teams."""

    first_day: date
    last_day: date
    team: Team | None

    @property
    def start(self) -> datetime:
        """Return the first moment."""
        return datetime.combine(self.first_day, time(), tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment behind the period."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), tzinfo=UTC)

    @property
    def team_name(self) -> str:
        """Return whose rows these are."""
        return self.team.name if self.team else "all teams"

    def keys(self) -> ApiKeyQuerySet:
        """Return the keys that were stored at some time of the period.

        Removed keys stand as they were when their secret was destroyed.
        """
        keys = ApiKey.objects.filter(created_at__lt=self.end)
        keys = keys.exclude(removed_at__lt=self.start)
        return keys.filter(team=self.team) if self.team else keys
