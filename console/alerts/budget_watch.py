"""Incidents of budgets: 50, 80 and 100 % of a window that is current. Rung each minute.

    told_percent of a window -> what it has reached now -> incident opened, the one of
                                                           the lower threshold closed

Each threshold is told once in a window. Its incident ends with the window, with the
budget, or when the limit is raised; from then on the threshold can be told again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from console import vault
from console.alerts import budget_wording, incidents
from console.alerts.causes import Cause
from console.alerts.incidents import AT_ONCE, Settled
from console.alerts.models import Ending, Incident, IncidentKind
from console.usage import allowance
from console.usage.models import BudgetWindow

THRESHOLDS: Final = (50, 80, 100)
WINDOW: Final = "window"  # in an incident's detail: the id of the window

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


def sweep() -> Settled:
    """Make the incidents of budgets say what their windows have reached.

    It looks before it holds anybody up. With a sealed vault nothing happens.
    """
    opened = closed = 0
    while vault.state().is_open and (_due(DUE) or _lapsed()):
        with transaction.atomic():
            done = _settle()
        opened, closed = opened + done.opened, closed + done.closed
        if max(done.opened, done.closed) < AT_ONCE:
            break
    return Settled(opened, closed)


def _settle() -> Settled:
    # Windows first, then the trail's lock: acts on budgets take them in this order.
    due = _due(HELD)
    incidents.hold()
    windows = BudgetWindow.objects.select_related(
        *(f"budget__{one}" for one in allowance.RELATED), "consumer__person"
    ).in_bulk(due)
    ends = dict.fromkeys(_lapsed()[:AT_ONCE], Ending.LAPSED)
    for one in _open().filter(detail__window__in=list(due)):
        goes_on = due[one.detail[WINDOW]] > one.detail["percent"]
        ends[one] = Ending.REPLACED if goes_on else Ending.LAPSED
    causes = [
        _cause(windows[pk], percent, ends)
        for pk, percent in due.items()
        if percent > windows[pk].told_percent
    ]
    closed = incidents.close(ends)
    opened = incidents.open_(causes)
    for pk, percent in due.items():
        windows[pk].told_percent = percent
    BudgetWindow.objects.bulk_update(windows.values(), ["told_percent"])
    return Settled(opened=len(opened), closed=closed)


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


def _cause(
    window: BudgetWindow, percent: int, ends: Mapping[Incident, Ending]
) -> Cause:
    budget, now = window.budget, timezone.now()
    meter = allowance.meter_of(budget, window, now=now)
    title, sentence = budget_wording.of_threshold(
        budget, window, meter, percent=percent
    )
    team_id = budget.team_id or (budget.key.team_id if budget.key else None)
    replaced = [
        str(one.pk)
        for one, ending in ends.items()
        if ending == Ending.REPLACED and one.detail[WINDOW] == window.pk
    ]
    return Cause(
        kind=IncidentKind.BUDGET,
        subject=f"{window.pk}:{percent}",
        title=title,
        sentence=sentence,
        began_at=now,
        # What one person spends is for oversight, and not for their team.
        team_id=None if window.consumer_id else team_id,
        detail={
            WINDOW: window.pk,
            "budget": str(budget.pk),
            "percent": percent,
            "used_ticks": meter.used,
            "limit_ticks": meter.limit,
            "replaces": replaced,
        },
    )
