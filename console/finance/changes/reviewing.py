"""Marking changes as reviewed, each person for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.catalog.models import CatalogChange, CatalogChangeQuerySet
from console.finance.changes.rows import reviewed_up_to
from console.finance.models import PriceReview

MARKED: Final = 100  # unreviewed changes that the price page knows of


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
