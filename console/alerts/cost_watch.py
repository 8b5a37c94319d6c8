"""Incidents of costs that should not be. Rung each minute.

* overrun          a call cost more than its ceiling, so it passed its budgets unseen
* cost_difference  xAI's amount is not tokens x price, by more than 1 % and 1,000 ticks

One model has one open incident of each kind, to which later calls are added. A person
ends it by acknowledging; calls after that open another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from console import vault
from console.alerts import budget_wording, incidents
from console.alerts.causes import Cause
from console.alerts.incidents import Settled
from console.alerts.models import Incident, IncidentKind

# Calls are settled within minutes of their beginning, by which records are found, and
# are seen by others a moment after the time they say.
LOOK_BACK: Final = timedelta(minutes=30)
SEEN_AFTER: Final = timedelta(seconds=10)
RECORDS_NAMED: Final = 5

FOUND: Final = """
    SELECT model.id, model.model_id, count(*), sum({ticks})::bigint,
           (array_agg(record.id::text ORDER BY record.id DESC))[1:%(named)s],
           min(record.settled_at), statement_timestamp() - %(seen_after)s
      FROM usage_usagerecord AS record
      JOIN catalog_languagemodel AS model ON model.id = record.model_id
      LEFT JOIN unnest(%(models)s::uuid[], %(untils)s::timestamptz[])
                AS told (model_id, until) ON told.model_id = record.model_id
     WHERE record.id >= usage_first_id(statement_timestamp() - %(look_back)s)
       AND record.state = 'settled'
       AND record.settled_at < statement_timestamp() - %(seen_after)s
       AND (told.until IS NULL OR record.settled_at >= told.until)
       AND {odd}
     GROUP BY model.id, model.model_id
"""
OVERRUNS: Final = FOUND.format(
    ticks="cost_ticks - ceiling_ticks", odd="cost_ticks > ceiling_ticks"
)
DIFFERENCES: Final = FOUND.format(
    ticks="reported_ticks - computed_ticks",
    odd="""abs(reported_ticks - computed_ticks) > 1000
       AND abs(reported_ticks - computed_ticks)::numeric * 100 > reported_ticks""",
)


@dataclass(frozen=True, slots=True)
class _Odd:
    """Calls of one model that were not told of before."""

    model: UUID
    model_id: str
    calls: int
    ticks: int
    records: list[str]  # the newest of them
    began_at: datetime
    until: datetime  # what was settled before it is told


@dataclass(frozen=True, slots=True)
class _Watch:
    kind: IncidentKind
    statement: str
    words: Callable[..., tuple[str, str]]


WATCHES: Final = (
    _Watch(IncidentKind.OVERRUN, OVERRUNS, budget_wording.of_overruns),
    _Watch(IncidentKind.COST_DIFFERENCE, DIFFERENCES, budget_wording.of_differences),
)


def sweep() -> Settled:
    """Open incidents of odd costs, or add to those that are open. Repeatable."""
    opened = 0
    for watch in WATCHES:
        if vault.state().is_open and _found(watch, _newest(watch.kind)):
            with transaction.atomic():
                opened += _note(watch)
    return Settled(opened=opened)


def _note(watch: _Watch) -> int:
    incidents.hold()
    newest = _newest(watch.kind)
    causes = []
    for odd in _found(watch, newest):
        known = newest.get(str(odd.model))
        if known is not None and known.closed_at is None:
            _add(watch, known, odd)
        else:
            causes.append(_cause(watch, odd))
    return len(incidents.open_(causes))


def _newest(kind: IncidentKind) -> dict[str, Incident]:
    """Return the newest incident of each model, unless it ended long ago."""
    lately = Q(closed_at=None) | Q(closed_at__gte=timezone.now() - 2 * LOOK_BACK)
    rows = Incident.objects.filter(lately, kind=kind).order_by("subject", "-opened_at")
    return {one.subject: one for one in rows.distinct("subject")}


def _found(watch: _Watch, newest: Mapping[str, Incident]) -> list[_Odd]:
    values: dict[str, Any] = {
        "models": [UUID(one) for one in newest],
        "untils": [one.detail["until"] for one in newest.values()],
        "look_back": LOOK_BACK,
        "seen_after": SEEN_AFTER,
        "named": RECORDS_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(watch.statement, values)
        return [_Odd(*row) for row in cursor]


def _add(watch: _Watch, incident: Incident, odd: _Odd) -> None:
    """Write further calls into an open incident; nobody is told of that."""
    detail = incident.detail
    calls, ticks = detail["calls"] + odd.calls, detail["ticks"] + odd.ticks
    _, sentence = watch.words(odd.model_id, calls=calls, ticks=ticks)
    incident.sentence = sentence
    incident.detail = detail | _facts(odd) | {"calls": calls, "ticks": ticks}
    incident.save(update_fields=["sentence", "detail"])


def _cause(watch: _Watch, odd: _Odd) -> Cause:
    title, sentence = watch.words(odd.model_id, calls=odd.calls, ticks=odd.ticks)
    return Cause(
        kind=watch.kind,
        subject=str(odd.model),
        title=title,
        sentence=sentence,
        began_at=odd.began_at,
        detail=_facts(odd) | {"calls": odd.calls, "ticks": odd.ticks},
    )


def _facts(odd: _Odd) -> dict[str, Any]:
    return {
        "model": odd.model_id,
        "records": odd.records,
        "until": odd.until.isoformat(),
    }
