"""What is left of the budget that a prompt would be counted in, told before sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.accounts.models import User
from console.lib.dollars import usd, usd_fits
from console.relay.candidates import Candidate
from console.usage import allowance
from console.usage.allowance import Left


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """One more piece of the line above the button."""

    amount: str  # before the words; "" where none says it
    words: str
    is_short: bool  # sending it would be refused
    name: str  # of the budget
    resets_at: datetime


def left_line(
    user: User, found: Candidate, *, most: int | None, now: datetime
) -> LeftLine | None:
    """Return what to tell of a call with this key that costs `most` at most.

    None where no budget counts it. Two queries, or one.
    """
    left = allowance.least_left(
        user,
        team_id=found.key.team_id,
        key_id=found.key.pk,
        model_id=found.model.pk if found.model else None,
        now=now,
    )
    if left is None:
        return None
    amount, words, is_short = _said(left, most)
    return LeftLine(
        amount=amount,
        words=words,
        is_short=is_short,
        name=left.name,
        resets_at=left.meter.resets_at,
    )


def _said(left: Left, most: int | None) -> tuple[str, str, bool]:
    of = "your allowance" if left.for_each else "the budget"
    meter = left.meter
    if left.hard and most is None:
        return "", f"not bounded, so {of} refuses it", True
    if left.hard and most is not None and most > meter.left:
        return usd_fits(meter.left), f"left of {of}: too little", True
    if meter.over:
        return usd(meter.over), f"over {of}", False
    return usd_fits(meter.left), f"left of {of}", False
