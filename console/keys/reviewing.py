"""What people say of changes made outside Gatehouse: the only writer of reviews.

A look is all that one check found changed at one key; it is confirmed, escalated and
reopened as a whole, under the lock of its key. Apps above listen with `on_review`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from console.accounts.models import Role, User
from console.audit import trail
from console.audit.actors import Actor
from console.keys import intake
from console.keys.models import ApiKey, KeyChange, Review
from console.keys.refusals import (
    AlreadyReviewed,
    NotReviewed,
    NotStored,
    NotToReview,
    Refused,
    TooLate,
)
from console.keys.timeline import told

__all__ = [
    "AlreadyReviewed",
    "NotReviewed",
    "NotStored",
    "NotToReview",
    "Refused",
    "Reviewed",
    "TooLate",
    "confirm",
    "escalate",
    "on_review",
    "reopen",
]

UNDO_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was said of one look, and by whom; `review` is "waiting" once reopened."""

    key_id: UUID
    team_id: UUID
    gap_until: datetime
    review: Review
    by: User
    note: str


Listener = Callable[[Reviewed], None]
_listeners: list[Listener] = []


def on_review(listener: Listener) -> None:
    """Call a function for each review, in its transaction: raising undoes the act."""
    if listener not in _listeners:
        _listeners.append(listener)


def confirm(*, change: KeyChange, note: str, actor: Actor, by: User) -> Reviewed:
    """Say that the look of this change is as it should be.

    Raises NotToReview, AlreadyReviewed, NotStored, SecretInText or vault.Sealed.
    """
    return _say(change, Review.CONFIRMED, note=note, actor=actor, by=by)


def escalate(*, change: KeyChange, note: str, actor: Actor, by: User) -> Reviewed:
    """Say that the look of this change is not explained. Raises as `confirm` does."""
    return _say(change, Review.ESCALATED, note=note, actor=actor, by=by)


@transaction.atomic
def reopen(*, change: KeyChange, actor: Actor, by: User) -> Reviewed:
    """Take back what was said of a look: the same person at once, an admin always.

    Raises NotToReview, NotReviewed, TooLate, NotStored or vault.Sealed.
    """
    api_key, look = _locked(change)
    said = look[0]
    if said.review == Review.WAITING:
        raise NotReviewed
    if by.role != Role.ADMIN and not _just_said(said, by):
        raise TooLate
    taken_back = {"review": said.review, "note": said.review_note}
    _write(look, review=Review.WAITING, by=None, at=None, note="")
    reviewed = _told(api_key, look, Review.WAITING, by, "")
    _record("change.reopened", api_key, look, actor, {"taken_back": taken_back})
    return reviewed


@transaction.atomic
def _say(
    change: KeyChange, review: Review, *, note: str, actor: Actor, by: User
) -> Reviewed:
    intake.refuse_secrets_in(note)
    api_key, look = _locked(change)
    said = look[0]
    if said.review != Review.WAITING:
        raise AlreadyReviewed(
            said.review, said.reviewed_by.name if said.reviewed_by else ""
        )
    _write(look, review=review, by=by, at=timezone.now(), note=note)
    reviewed = _told(api_key, look, review, by, note)
    _record(f"change.{review}", api_key, look, actor, {"note": note})
    return reviewed


def _just_said(said: KeyChange, by: User) -> bool:
    at = said.reviewed_at
    own = said.reviewed_by_id == by.pk
    return own and at is not None and timezone.now() - at < UNDO_FOR


def _locked(change: KeyChange) -> tuple[ApiKey, list[KeyChange]]:
    """Lock the key and return what of the look asks for a person, as it is now."""
    api_key = (
        ApiKey.objects.select_for_update(no_key=True)
        .filter(pk=change.key_id, removed_at=None)
        .first()
    )
    if api_key is None:
        raise NotStored
    look = list(
        api_key.changes.filter(gap_until=change.gap_until)
        .exclude(review=Review.NONE)
        .select_related("reviewed_by")
    )
    if not look:
        raise NotToReview
    return api_key, look


def _write(
    look: list[KeyChange],
    *,
    review: Review,
    by: User | None,
    at: datetime | None,
    note: str,
) -> None:
    KeyChange.objects.filter(pk__in=[change.pk for change in look]).update(
        review=review, reviewed_by=by, reviewed_at=at, review_note=note
    )


def _told(
    api_key: ApiKey, look: list[KeyChange], review: Review, by: User, note: str
) -> Reviewed:
    """Count the key's looks that are not explained anew, and tell those who listen."""
    looks = api_key.changes.aggregate(
        waiting=_looks(Review.WAITING), escalated=_looks(Review.ESCALATED)
    )
    ApiKey.objects.filter(pk=api_key.pk).update(
        outside_changes=looks["waiting"], escalated_changes=looks["escalated"]
    )
    reviewed = Reviewed(
        api_key.pk, api_key.team_id, look[0].gap_until, review, by, note
    )
    for listener in _listeners:
        listener(reviewed)
    return reviewed


def _looks(review: Review) -> Count:
    return Count("gap_until", distinct=True, filter=Q(review=review))


def _record(
    action: str,
    api_key: ApiKey,
    look: list[KeyChange],
    actor: Actor,
    detail: dict[str, object],
) -> None:
    trail.record(
        action=action,
        actor=actor,
        object_kind="key",
        object_id=str(api_key.pk),
        object_name=api_key.label,
        team_id=api_key.team_id,
        detail={
            "seen_at": look[0].gap_until,
            "before": {change.field: told(change.before) for change in look},
            "after": {change.field: told(change.after) for change in look},
            **detail,
        },
    )
