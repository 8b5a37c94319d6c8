"""The price page as one thing: the list, the day it is of, and what is new to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from console.accounts.models import User
from console.finance import viewing
from console.finance.changes import reviewing
from console.finance.changes.rows import ChangeRow, rows_of
from console.finance.models import PriceReview
from console.finance.price_list import Filters, PriceList, price_list
from console.finance.viewing import Looks

NEWS: Final = 3  # changes shown above the list; all are marked in it


@dataclass(frozen=True, slots=True)
class PricePage:
    """What the page shows."""

    prices: PriceList
    looks: Looks
    news: list[ChangeRow]  # the newest changes the viewer has not reviewed
    unreviewed: int
    last_review: PriceReview | None
    newest_change_at: datetime | None  # recorded; up to here a review goes
    yesterday: date  # the day before the one shown
    tomorrow: date | None  # the day after it; None: now, or it has not begun


def price_page(*, user: User, filters: Filters, now: datetime) -> PricePage:
    """Return the page for one person; the number of queries is fixed."""
    looks = viewing.looks_of(user)
    changes = reviewing.newest(user)
    news = rows_of(changes, user=user)
    shown = filters.on or timezone.localdate()
    after = shown + timedelta(days=1)
    return PricePage(
        prices=price_list(user=user, filters=filters, looks=looks, now=now, news=news),
        looks=looks,
        news=news[:NEWS],
        unreviewed=reviewing.unreviewed(user).count() if news else 0,
        last_review=reviewing.last_review(user),
        newest_change_at=max((one.recorded_at for one in changes), default=None),
        yesterday=shown - timedelta(days=1),
        tomorrow=after if filters.on and after < timezone.localdate() else None,
    )
