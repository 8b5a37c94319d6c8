"""Everything /metrics tells, read from sums and rows when it is asked.

No name, id or text of people, keys, teams or prompts is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import Count, Min
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from console.alerts.models import Delivery, DeliveryState, Incident
from console.keys.models import ApiKey
from console.polling import life, schedule
from console.usage import metrics, problems
from console.usage.models import CostSource

Values: TypeAlias = Mapping[tuple[str, ...], float]  # by what the labels are


def families(*, now: datetime) -> list[Metric]:
    """Return all of it, in about fifteen queries whatever there is."""
    return [
        _gauge(
            "gatehouse_build_info",
            "The version that runs.",
            ("version",),
            {(settings.VERSION,): 1},
        ),
        *_ledger(metrics.totals()),
        _problems(problems.totals(now=now)),
        *_in_flight(metrics.in_flight()),
        _polling(now),
        *_queues(now),
        *_standing(),
    ]


def _ledger(found: list[metrics.Total]) -> list[Metric]:
    # What was entered by hand can become less, which no counter may: to them the cost
    # stays as it was booked.
    by_hand = [one for one in found if one.source == CostSource.ADJUSTED]
    totals = [one for one in found if one.source != CostSource.ADJUSTED]
    totals += [replace(one, source=CostSource.UNKNOWN) for one in by_hand]
    return [
        _summed(
            "gatehouse_calls_total",
            "Settled calls, by how they ended and where their cost comes from.",
            totals,
            ("model", "endpoint", "source", "outcome"),
            lambda one: one.calls,
        ),
        _summed(
            "gatehouse_spend_ticks_total",
            "Booked cost in ticks, 10,000,000,000 to the dollar; calls of unknown "
            "cost are not in it.",
            (one for one in totals if one.source != CostSource.UNKNOWN),
            ("model", "endpoint", "source", "outcome"),
            lambda one: one.ticks,
        ),
        *_by_hand(by_hand),
        _tokens(totals),
        _summed(
            "gatehouse_calls_without_tokens_total",
            "Settled calls of which xAI told no tokens.",
            totals,
            ("model", "endpoint"),
            lambda one: one.untold_calls,
        ),
        _summed(
            "gatehouse_calls_differing_total",
            "Settled calls for which xAI's amount was not the computed one.",
            totals,
            ("model", "endpoint"),
            lambda one: one.differing_calls,
        ),
    ]


def _by_hand(totals: list[metrics.Total]) -> list[Metric]:
    by = ("model", "endpoint")
    return [
        _gauge(
            "gatehouse_adjusted_calls",
            "Calls of unknown cost for which an amount was entered by hand.",
            by,
            _added(totals, by, lambda one: one.calls),
        ),
        _gauge(
            "gatehouse_adjusted_ticks",
            "What was entered by hand, in ticks; it is not in the booked cost.",
            by,
            _added(totals, by, lambda one: one.ticks),
        ),
    ]


def _tokens(totals: list[metrics.Total]) -> Metric:
    values: Counter[tuple[str, ...]] = Counter()
    for one in totals:
        for kind, count in one.tokens.items():
            values[one.model, one.endpoint, kind] += count
    return _counter(
        "gatehouse_tokens_total",
        "Tokens that xAI told; cached and image ones are among those of the prompt.",
        ("model", "endpoint", "kind"),
        values,
    )


def _summed(
    name: str,
    help: str,
    totals: Iterable[metrics.Total],
    by: tuple[str, ...],
    value: Callable[[metrics.Total], int],
) -> Metric:
    return _counter(name, help, by, _added(totals, by, value))


def _added(
    totals: Iterable[metrics.Total],
    by: tuple[str, ...],
    value: Callable[[metrics.Total], int],
) -> Values:
    values: Counter[tuple[str, ...]] = Counter()
    for one in totals:
        values[tuple(getattr(one, label) for label in by)] += value(one)
    return values


def _problems(totals: Mapping[tuple[str, str], int]) -> Metric:
    return _counter(
        "gatehouse_problems_total",
        "Calls that ended with a problem, by its kind.",
        ("endpoint", "problem"),
        dict(sorted(totals.items())),
    )


def _in_flight(calls: list[metrics.InFlight]) -> list[Metric]:
    return [
        _gauge(
            "gatehouse_calls_open",
            "Calls in flight, streams among them.",
            ("endpoint",),
            {(one.endpoint,): one.calls for one in calls},
        ),
        _one(
            "gatehouse_open_ceiling_ticks",
            "What the calls in flight may cost at most, where that is known.",
            sum(one.ceiling_ticks for one in calls),
        ),
    ]


def _polling(now: datetime) -> Metric:
    ages = {part: _age(life.last_beat(part), now) for part in (life.BEAT, life.WORKER)}
    return _gauge(
        "gatehouse_part_age_seconds",
        "Time since a part last finished work; no value before it ever did.",
        ("part",),
        {(part,): age for part, age in ages.items() if age is not None},
    )


def _queues(now: datetime) -> list[Metric]:
    polls, polls_since = schedule.due_now()
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
    alerts: dict[str, Any] = waiting.aggregate(n=Count("id"), since=Min("due_at"))
    lag = _age(polls_since, now) or 0
    return [
        _one(
            "gatehouse_poll_lag_seconds",
            "How long the oldest due check of a key has waited.",
            lag,
        ),
        _gauge(
            "gatehouse_queue_waiting",
            "What is due and not done: checks of keys, alerts, slots to be added up.",
            ("queue",),
            {
                ("polls",): polls,
                ("alerts",): alerts["n"],
                ("slots",): metrics.slots_waiting(),
            },
        ),
        _gauge(
            "gatehouse_queue_age_seconds",
            "How long the oldest of a queue has waited.",
            ("queue",),
            {("polls",): lag, ("alerts",): _age(alerts["since"], now) or 0},
        ),
    ]


def _standing() -> list[Metric]:
    keys = ApiKey.objects.filter(removed_at=None).values_list("state")
    return [
        _gauge(
            "gatehouse_keys",
            "Stored keys, by the state xAI told last.",
            ("state",),
            {
                (state,): number
                for state, number in keys.annotate(Count("id")).order_by("state")
            },
        ),
        _one(
            "gatehouse_incidents_open",
            "Incidents that are open.",
            Incident.objects.open().count(),
        ),
    ]


def _counter(name: str, help: str, labels: Sequence[str], values: Values) -> Metric:
    """Return what never goes down; its name ends with _total."""
    return _filled(CounterMetricFamily(name, help, labels=labels), values)


def _gauge(name: str, help: str, labels: Sequence[str], values: Values) -> Metric:
    return _filled(GaugeMetricFamily(name, help, labels=labels), values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


def _one(name: str, help: str, value: float) -> Metric:
    return _gauge(name, help, (), {(): value})


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())
