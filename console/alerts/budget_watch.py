"""Incidents of budgets: 50, 80 and 100 % of a window that is current. Rung each minute.

    told_percent of a window -> what it has reached now -> incident opened, the one of
                                                           the lower threshold closed

Each threshold is told once in a window. Its incident ends with the window, with the
budget, or when the limit is raised; from then on the threshold can be told again.

Of a budget for each person all who are at one threshold share one incident, which
grows with them: it is told when the first of them comes, and not of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from console import vault
from console.alerts import budget_wording, incidents
from console.alerts.causes import Cause
from console.alerts.incidents import AT_ONCE, Settled
from console.alerts.models import Ending, Incident, IncidentKind
from console.usage import allowance
from console.usage.models import Budget, BudgetWindow

THRESHOLDS: Final = (50, 80, 100)
WINDOW: Final = "window"  # in an incident's detail: the id of a window it is about
NAMED: Final = 5  # people that an incident names
RELATED: Final = (*(f"budget__{one}" for one in allowance.RELATED), "consumer__person")

# What is in flight is in none: of most calls much of it comes back. A limit of 0 is
# a stop that somebody set, and no news.
DUE: Final = """
    SELECT current.id, reached.percent
      FROM usage_budgetwindow AS current
     CROSS JOIN LATERAL (
           SELECT limit_ticks::numeric
                  + CASE WHEN raised_until > statement_timestamp()
                         THEN raised_ticks ELSE 0 END AS most,
                  spent_ticks::numeric + unknown_ticks AS used
     ) AS sums
     CROSS JOIN LATERAL (
           SELECT coalesce(max(percent), 0) AS percent
             FROM unnest(%(thresholds)s::int[]) AS percent
            WHERE most > 0 AND used * 100 >= most * percent
     ) AS reached
     WHERE ends_at > statement_timestamp() AND starts_at <= statement_timestamp()
       AND reached.percent <> told_percent
     ORDER BY current.id
     LIMIT %(most)s
"""
HELD: Final = DUE + " FOR NO KEY UPDATE OF current"


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold, and the windows that are at it and at no higher one."""

    percent: int
    number: int
    windows: Sequence[BudgetWindow]  # the fullest, NAMED at most

    @property
    def subject(self) -> str:
        """Return what its incident is about."""
        return subject_of(self.windows[0], self.percent)


def sweep() -> Settled:
    """Make the incidents of budgets say what their windows have reached.

    It looks before it holds anybody up. With a sealed vault nothing happens.
    """
    opened = closed = 0
    while vault.state().is_open and (_due(DUE) or _lapsed()):
        with transaction.atomic():
            done = _settle()
        opened, closed = opened + done.opened, closed + done.closed
    return Settled(opened, closed)


def _settle() -> Settled:
    # Windows first, then the trail's lock: acts on budgets take them in this order.
    due = _due(HELD)
    incidents.hold()
    windows = BudgetWindow.objects.select_related(*RELATED).in_bulk(due)
    rose = [one for pk, one in windows.items() if due[pk] > one.told_percent]
    left = {subject_of(one, one.told_percent) for one in rose}
    for pk, percent in due.items():
        windows[pk].told_percent = percent
    BudgetWindow.objects.bulk_update(windows.values(), ["told_percent"])
    come = {subject_of(one, one.told_percent) for one in rose}

    there = {one.subject: one for one in _reached(windows.values())}
    still = {one.subject: one for one in _about(windows.values())}
    new = come - still.keys()  # who comes down to a threshold is no news
    ends = dict.fromkeys(_lapsed()[:AT_ONCE], Ending.LAPSED)
    for subject in sorted(still.keys() - there.keys()):
        # Whoever was told of it is told of the one that takes over, or of its end.
        went_on = subject in left and _group(subject) in map(_group, new)
        ends[still[subject]] = Ending.REPLACED if went_on else Ending.LAPSED
    causes = {subject: _cause(one, ends) for subject, one in there.items()}
    _grow([still[subject] for subject in still.keys() & there.keys()], causes)
    closed = incidents.close(ends)
    opened = incidents.open_(causes[subject] for subject in sorted(new))
    return Settled(opened=len(opened), closed=closed)


def subject_of(window: BudgetWindow, percent: int) -> str:
    """Return what the incident of a threshold is about: one for all people of each."""
    if window.budget.each_person:
        return f"{window.budget_id}:{window.starts_at:%Y-%m-%d}:{percent}"
    return f"{window.pk}:{percent}"


def _reached(windows: Iterable[BudgetWindow]) -> Iterator[Reached]:
    """Yield the thresholds that these windows, and those of the others, are at now."""
    groups = {subject_of(one, 0): one for one in windows}
    for one in groups.values():
        rows = BudgetWindow.objects.filter(pk=one.pk)
        if one.budget.each_person:
            rows = BudgetWindow.objects.filter(
                budget=one.budget_id, starts_at=one.starts_at
            )
        told = rows.filter(told_percent__gt=0).values("told_percent")
        for found in told.annotate(number=Count("pk")).order_by("told_percent"):
            percent = found["told_percent"]
            fullest = rows.filter(told_percent=percent).select_related(*RELATED)
            fullest = fullest.order_by(-(F("spent_ticks") + F("unknown_ticks")), "pk")
            yield Reached(percent, found["number"], list(fullest[:NAMED]))


def _about(windows: Iterable[BudgetWindow]) -> QuerySet[Incident]:
    """Return the open ones of these windows, and of the others of their people."""
    subjects = [subject_of(one, percent) for one in windows for percent in THRESHOLDS]
    single = [one.pk for one in windows]
    return _open().filter(Q(subject__in=subjects) | Q(detail__window__in=single))


def _grow(still: Iterable[Incident], causes: Mapping[str, Cause]) -> None:
    """Let those that go on say what there is now; nobody is told of that."""
    for one in still:
        cause = causes[one.subject]
        one.title, one.sentence = cause.title[:200], cause.sentence[:500]
        one.detail = {**cause.detail, "replaces": one.detail["replaces"]}
        one.save(update_fields=["title", "sentence", "detail"])


def _due(statement: str) -> dict[int, int]:
    """Return what windows have reached that was not told of them, by their ids."""
    values: dict[str, Any] = {"thresholds": list(THRESHOLDS), "most": AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())


def _open() -> QuerySet[Incident]:
    rows = Incident.objects.open().filter(kind=IncidentKind.BUDGET)
    return rows.select_related("team", "key")


def _lapsed() -> Sequence[Incident]:
    """Return the open ones whose window is over."""
    found = list(_open())
    current = BudgetWindow.objects.filter(
        pk__in=[one.detail[WINDOW] for one in found], ends_at__gt=timezone.now()
    )
    still = set(current.values_list("pk", flat=True)) if found else set()
    return [one for one in found if one.detail[WINDOW] not in still]


def _cause(reached: Reached, ends: Mapping[Incident, Ending]) -> Cause:
    window, now = reached.windows[0], timezone.now()
    budget = window.budget
    meter = allowance.meter_of(budget, window, now=now)
    title, sentence = budget_wording.of_threshold(
        budget,
        meter,
        percent=reached.percent,
        people=[one.consumer.person for one in reached.windows if one.consumer],
        number=reached.number,
    )
    team_id = budget.team_id or (budget.key.team_id if budget.key else None)
    replaced = [
        str(one.pk)
        for one, ending in ends.items()
        if ending == Ending.REPLACED and _group(one.subject) == _group(reached.subject)
    ]
    return Cause(
        kind=IncidentKind.BUDGET,
        subject=reached.subject,
        title=title,
        sentence=sentence,
        began_at=now,
        # What one person spends is for oversight, and not for their team.
        team_id=None if window.consumer_id else team_id,
        detail={
            WINDOW: window.pk,
            "budget": str(budget.pk),
            "percent": reached.percent,
            "people": reached.number if budget.each_person else None,
            "used_ticks": meter.used,
            "limit_ticks": meter.limit,
            "decides": _who_decides(budget),
            "replaces": replaced,
        },
    )


def _who_decides(budget: Budget) -> list[str] | None:
    """Return the admin whom the sentence names, and how; None where it names none."""
    if not budget.can_be_asked:
        return None
    return [str(budget.contact_id), budget_wording.decides(budget)]


def _group(subject: str) -> str:
    return subject.rpartition(":")[0]
