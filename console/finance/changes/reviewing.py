"""Marking changes as reviewed, each person for themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.catalog.models import CatalogChange, CatalogChangeQuerySet
from console.finance.changes.rows import reviewed_up_to
from console.finance.models import PriceReview

MARKED: Final = 100  # unreviewed changes that the price page knows of


@dataclass(frozen=True, slots=True)
class Together:
    """A review of many changes at once, as it can be taken back."""

    reviewed_at: datetime  # by it the review is known
    note: str
    changes: int | None  # marked one by one; None: all there were


def unreviewed(user: User) -> CatalogChangeQuerySet:
    """Keep the changes this person may see and has not reviewed."""
    own = PriceReview.objects.filter(person=user, change=OuterRef("pk"))
    rows = CatalogChange.objects.visible_to(user)
    return rows.filter(recorded_at__gt=reviewed_up_to(user)).exclude(Exists(own))


def newest(user: User) -> list[CatalogChange]:
    """Return the newest of them with their models, as many as a page can mark."""
    rows = unreviewed(user).select_related("model")
    return list(rows.defer("model__raw", "model__capabilities")[:MARKED])


def last_review(user: User) -> PriceReview | None:
    """Return this person's newest review of all changes; None: never."""
    return user.price_reviews.filter(change=None).first()


class Reviews:
    """Which review of all first covered a change; for files, which tell of each."""

    def __init__(self, user: User) -> None:
        rows = user.price_reviews.filter(change=None).order_by("reviewed_at")
        self._of_all: list[PriceReview] = []
        for row in rows:
            if not self._of_all or row.up_to > self._of_all[-1].up_to:
                self._of_all.append(row)

    def of(self, change: CatalogChange) -> PriceReview | None:
        """Return it; None where none did, as of what was before the person came."""
        place = bisect_left(self._of_all, change.recorded_at, key=lambda row: row.up_to)
        return self._of_all[place] if place < len(self._of_all) else None


def last_together(user: User) -> Together | None:
    """Return this person's newest review of many changes at once; None: never."""
    rows = user.price_reviews.order_by().values("reviewed_at")
    marked = rows.annotate(
        rows=Count("pk"), of_one=Count("change"), said=Max("note")
    ).filter(Q(rows__gt=1) | Q(of_one=0))
    last = marked.order_by("-reviewed_at").first()
    if last is None:
        return None
    return Together(last["reviewed_at"], last["said"], last["of_one"] or None)


@transaction.atomic
def review_all(*, user: User, up_to: datetime, note: str, actor: Actor) -> int:
    """Mark everything recorded up to then as reviewed; return how many that were.

    `up_to` is the newest change that the page showed, so that what came meanwhile
    stays new. Calling it twice marks nothing more.
    """
    up_to = min(up_to, timezone.now())
    marked = unreviewed(user).filter(recorded_at__lte=up_to).count()
    if not marked:
        return 0
    PriceReview.objects.create(person=user, up_to=up_to, note=note, reviewed_at=Now())
    _record(actor, {"changes": marked, "up_to": up_to.isoformat()}, note)
    return marked


@transaction.atomic
def review_these(
    *,
    user: User,
    changes: CatalogChangeQuerySet,
    up_to: datetime,
    note: str,
    actor: Actor,
    chosen_by: Mapping[str, str],
) -> int:
    """Mark these changes alone, as far as they were recorded up to then.

    Return how many were new. `chosen_by` is what narrowed them, for the audit log.
    """
    now = timezone.now()
    these = unreviewed(user).filter(pk__in=changes.values("pk"))
    marked = PriceReview.objects.bulk_create(
        [
            PriceReview(
                person=user,
                change=change,
                up_to=change.recorded_at,
                note=note,
                reviewed_at=now,  # the same, so that they are taken back together
            )
            for change in these.filter(recorded_at__lte=min(up_to, now))
        ],
        ignore_conflicts=True,
    )
    if marked:
        detail = {"changes": len(marked), "up_to": up_to.isoformat()}
        _record(actor, {**detail, "chosen_by": dict(chosen_by)}, note)
    return len(marked)


@transaction.atomic
def take_back_together(*, user: User, reviewed_at: datetime, actor: Actor) -> bool:
    """Make new again what one review of many marked; return whether there was one.

    What an earlier review of all covers stays reviewed.
    """
    taken, _ = user.price_reviews.filter(reviewed_at=reviewed_at).delete()
    if taken:
        at = reviewed_at.isoformat()
        _record(actor, {"reviewed_at": at, "rows": taken, "taken_back": True}, "")
    return bool(taken)


@transaction.atomic
def review_one(*, user: User, change: CatalogChange, note: str, actor: Actor) -> bool:
    """Mark one change, or renew the note at it; return whether it was new."""
    _, is_new = PriceReview.objects.update_or_create(
        person=user,
        change=change,
        defaults={"up_to": change.recorded_at, "note": note, "reviewed_at": Now()},
    )
    _record(actor, {"change": str(change.pk), "what": str(change)}, note)
    return is_new


@transaction.atomic
def take_back(*, user: User, change: CatalogChange, actor: Actor) -> bool:
    """Make one change new again; return whether it was marked by itself."""
    taken, _ = user.price_reviews.filter(change=change).delete()
    if taken:
        detail = {"change": str(change.pk), "taken_back": True}
        _record(actor, detail, "")
    return bool(taken)


def _record(actor: Actor, detail: dict[str, object], note: str) -> None:
    if note:
        detail = {**detail, "note": note}
    trail.record(
        action="prices.reviewed", actor=actor, object_kind="prices", detail=detail
    )
