"""Entering by hand what a call of unknown cost came to. Pages call it.

    record: unknown --Adjustment 1--> counts what it says --Adjustment 2--> ...

The record stays `unknown`, for what is booked never changes; but it holds its ceiling
in budgets no more, and its amount is in the sums of `CostSource.ADJUSTED`.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.usage.models import Adjustment, CostSource, RecordState, UsageRecord


class Refused(Exception):
    """Nothing was entered."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotUnknown(Refused):
    """The call is in flight, cost nothing, or has a booked cost."""


class Stale(Refused):
    """Another amount was entered meanwhile."""


class Unchanged(Refused):
    """The same amount counts already, for the same reason."""


def refuse_known(record: UsageRecord) -> None:
    """Raise NotUnknown for a call of which nothing can be entered."""
    if record.state == RecordState.OPEN:
        raise NotUnknown("This call is in flight: its cost is booked when it ends.")
    if record.state == RecordState.RELEASED:
        raise NotUnknown("Nothing was sent of this call, so it cost nothing.")
    if record.source != CostSource.UNKNOWN:
        raise NotUnknown("The cost of this call is booked, and never changes.")


def adjustments_of(record: UsageRecord) -> list[Adjustment]:
    """Return what was entered for a call, the last one, which counts, first."""
    return list(record.adjustments.select_related("made_by").order_by("-number"))


@transaction.atomic
def adjust(
    *,
    record: UsageRecord,
    ticks: int,
    reason: str,
    after: int,
    by: User,
    actor: Actor,
) -> Adjustment:
    """Let a call of unknown cost count so many ticks; budgets and sums follow.

    `after` is the number of the adjustment that its maker saw as the last one, 0 if
    there was none. The same sent twice is entered once: the first is returned. Raises
    NotUnknown, Stale, Unchanged, and vault.Sealed.
    """
    refuse_known(record)
    last = _last(record)
    if after != (last.number if last else 0):
        return _same(last, ticks=ticks, reason=reason, by=by)
    if last and (last.ticks, last.reason) == (ticks, reason):
        raise Unchanged("It counts as this already, for the same reason.")
    try:
        with transaction.atomic():
            made = Adjustment.objects.create(
                record=record,
                number=after + 1,
                ticks=ticks,
                reason=reason,
                made_at=Now(),
                made_by=by,
            )
    except IntegrityError:  # of two at one moment
        return _same(_last(record), ticks=ticks, reason=reason, by=by)
    trail.record(
        action="call.adjusted",
        actor=actor,
        object_kind="call",
        object_id=str(record.pk),
        object_name=record.model_asked,
        # What one person spends is no affair of their team.
        detail={
            "before": {"ticks": last.ticks if last else None},
            "after": {"ticks": ticks},
            "ceiling_ticks": record.ceiling_ticks,
            "reason": reason,
        },
    )
    return made


def _last(record: UsageRecord) -> Adjustment | None:
    return record.adjustments.order_by("-number").first()


def _same(last: Adjustment | None, *, ticks: int, reason: str, by: User) -> Adjustment:
    """Return what was entered meanwhile if it is the same; else raise Stale."""
    own = last is not None and last.made_by_id == by.pk
    if last and own and (last.ticks, last.reason) == (ticks, reason):
        return last
    who = "You" if own else "Somebody else"
    raise Stale(
        f"{who} entered another amount meanwhile. To put this one in its place, enter "
        "it again."
    )
