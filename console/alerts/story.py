"""Everything known about one incident, for its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from console.accounts.models import User
from console.alerts.acting import ENDS_WHEN_KNOWN
from console.alerts.model_changes import STEPS, STEPS_LEFT_OUT
from console.alerts.models import Delivery, Ending, Incident, IncidentKind
from console.keys.models import ApiKey, KeyState
from console.keys.shown import ShownState, shown_expression

OF_MODELS = (
    IncidentKind.PRICE_CHANGE,
    IncidentKind.ODD_PRICE,
    IncidentKind.MODEL_CHANGE,
    IncidentKind.OVERRUN,
    IncidentKind.COST_DIFFERENCE,
)
KEYS_SHOWN = 50
DELIVERIES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    glyph: str
    title: str
    text: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Affected:
    """One key that the incident stops, or is about."""

    key: ApiKey
    state: ShownState


@dataclass(frozen=True, slots=True)
class Story:
    """One incident with its history, keys and messages."""

    incident: Incident
    moments: list[Moment]  # newest first
    keys: list[Affected]  # of those that are affected now
    deliveries: list[Delivery]  # none for those who may not see channels

    @property
    def counted(self) -> int:
        """How many keys it stops, or stopped; 0 where that is not what it is about."""
        number: int = self.incident.detail.get("keys", 0)
        return number

    @property
    def more_keys(self) -> int:
        """How many affected keys are not written out."""
        return max(0, self.counted - len(self.keys)) if self.keys else 0

    @property
    def key(self) -> ApiKey | None:
        """The key the incident is about, if it is about one that is still here."""
        key = self.incident.key
        return key if key and key.removed_at is None else None

    @property
    def model_id(self) -> str:
        """The row of the model it is about, as addresses have it; "": of none."""
        return self.incident.subject if self.incident.kind in OF_MODELS else ""

    @property
    def budget_id(self) -> str:
        """The budget it is about, as addresses have it; "": of none."""
        budget_id: str = self.incident.detail.get("budget", "")
        return budget_id

    @property
    def ends_when_known(self) -> bool:
        """Acknowledging it ends it."""
        return self.incident.kind in ENDS_WHEN_KNOWN

    @property
    def review_id(self) -> int | None:
        """The change that waits for a person."""
        waits = self.incident.closed_at is None and not self.incident.escalated_at
        return self.incident.detail.get("change") if waits else None


def story(
    *, incident: Incident, user: User, with_deliveries: bool, now: datetime
) -> Story:
    """Return the page of one incident. Two queries at most."""
    deliveries = incident.deliveries.select_related("channel").order_by(
        "-created_at", "-pk"
    )
    return Story(
        incident=incident,
        moments=sorted(_moments(incident), key=lambda one: one.at, reverse=True),
        keys=_affected(incident, user, now),
        deliveries=list(deliveries[:DELIVERIES_SHOWN]) if with_deliveries else [],
    )


def _affected(incident: Incident, user: User, now: datetime) -> list[Affected]:
    keys = ApiKey.objects.visible_to(user)
    if incident.key_id:
        keys = keys.filter(pk=incident.key_id)
    elif incident.closed_at:
        return []
    elif incident.kind == IncidentKind.TEAM_BLOCKED:
        keys = keys.filter(team=incident.team_id, state=KeyState.TEAM_BLOCKED)
    elif incident.kind == IncidentKind.UNREACHABLE:
        keys = keys.filter(host=incident.subject, state=KeyState.UNREACHABLE)
    else:
        return []
    rows: QuerySet[Any] = (
        keys.filter(watched=True)
        .select_related("team")
        .annotate(shown=shown_expression(now))
        .order_by("label", "pk")[:KEYS_SHOWN]
    )
    return [Affected(row, ShownState(row.shown)) for row in rows]


def _moments(incident: Incident) -> Iterator[Moment]:
    yield Moment(incident.began_at, "flag", "Began, as far as it is known")
    steps = incident.detail.get(STEPS, [])
    yield Moment(
        incident.opened_at,
        "warn",
        "Gatehouse opened the incident",
        steps[0]["text"] if steps[1:] else "",  # else it is above
        tone="warn",
    )
    for step in steps[1:]:
        at = datetime.fromisoformat(step["at"])
        yield Moment(at, "refresh", "It changed again", step["text"])
        if step is steps[1] and (left_out := incident.detail.get(STEPS_LEFT_OUT)):
            times = "once" if left_out == 1 else f"{left_out} times"
            yield Moment(at, "refresh", f"Before that it changed {times} more")
    if incident.acknowledged_at:
        by = incident.acknowledged_by
        yield Moment(
            incident.acknowledged_at,
            "eye",
            f"{by.name or by.username if by else 'Somebody'} acknowledged it",
            incident.note,
        )
    if incident.escalated_at:
        by = incident.escalated_by
        yield Moment(
            incident.escalated_at,
            "flag",
            f"{by.name or by.username if by else 'Somebody'} escalated it",
            "" if incident.acknowledged_at else incident.note,
            tone="warn",
        )
    if incident.closed_at:
        ending = Ending(incident.ending).label
        yield Moment(incident.closed_at, "ok", f"Over: {ending}")
