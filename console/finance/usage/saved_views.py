"""A person's own names for views of usage. Nobody else sees them."""

from __future__ import annotations

from typing import Final

from django.db import IntegrityError, transaction

from console.accounts.models import User
from console.finance.models import UsageView
from console.finance.usage.forms import Filters, Measure, Tab
from console.finance.usage.names import offers
from console.finance.usage.periods import Against, Period, days_in_words

MOST: Final = 20  # of one person
PERIODS: Final = {
    Period.MONTH: "the running month",
    Period.LAST: "the month before",
    Period.DAYS_30: "30 days",
    Period.DAYS_90: "90 days",
    Period.YEAR: "12 months",
}
TAKEN: Final = "You have a view of this name already; capitals make no difference."
AGAINST: Final = {Against.YEAR: "a year ago", Against.NOTHING: "nothing"}


class Refused(Exception):
    """A view that was not saved; `sentence` is for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def views_of(user: User) -> list[UsageView]:
    """Return this person's views, by name. One query."""
    return list(UsageView.objects.filter(person=user))


@transaction.atomic
def save(*, user: User, name: str, own: bool, filters: Filters) -> UsageView:
    """Keep the address of a view under a name. Raises Refused."""
    User.objects.select_for_update().get(pk=user.pk)  # two tabs count one by one
    if UsageView.objects.filter(person=user).count() >= MOST:
        raise Refused(f"You have {MOST} views. Delete one first.")
    query = filters.link().removeprefix("?")
    return _named(UsageView(person=user, own=own, query=query), name)


def rename(*, view: UsageView, name: str) -> UsageView:
    """Give a view another name. Raises Refused if another one has it."""
    return _named(view, name)


def in_words(user: User, filters: Filters) -> dict[str, str]:
    """Say what a view shows, without what goes without saying."""
    offered = offers(user, filters)
    days = PERIODS.get(filters.period, "")
    if filters.first and filters.last and not days:
        days = days_in_words(filters.first, filters.last)
    said = {
        "days": days,
        "one bar is a": filters.bucket or "",
        "chart": "" if filters.measure is Measure.SPEND else filters.measure,
        "against": AGAINST.get(filters.against, ""),
        "rows by": "" if filters.tab is Tab.DAY else filters.tab,
        "team": dict(offered.teams).get(str(filters.team), ""),
        "model": dict(offered.models).get(str(filters.model), ""),
        **{chip.kind.lower(): chip.words for chip in offered.chips},
        "endpoint": dict(offered.endpoints).get(filters.endpoint, ""),
        "source": dict(offered.sources).get(filters.source, ""),
        "sorted by": "" if filters.is_usually_sorted else filters.sort,
    }
    return {name: str(words) for name, words in said.items() if words}


def _named(view: UsageView, name: str) -> UsageView:
    view.name = name
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Refused(TAKEN) from None
    return view
