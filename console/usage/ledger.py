"""Opening and settling usage records: the only writes to that table.

    open_record -> open +-> settle   settled, with what is known of the cost
                        +-> release  released: nothing was sent
                        +-> reap     settled as unknown: Gatehouse died on the way

    record_past .......... settled: the sample history of try-out mode

The clock is the database's (`statement_timestamp()`). With each of these, budgets
move and slots are marked to be added up again, by triggers (migration 0007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import User
from console.catalog import costs
from console.catalog.models import LanguageModel, PriceVersion
from console.keys.models import ApiKey
from console.lib.db import prepared_cursor
from console.usage import limits, windows
from console.usage.booking import Basis, Cost, Ending, cost_of
from console.usage.models import (
    Consumer,
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)

LONGEST_CALL = timedelta(minutes=10)
ALIVE_EVERY = timedelta(seconds=10)  # at least; a short call is written no more often
# A process that waits for its database, for a minute at most, comes before the reaper.
DEAD_AFTER = timedelta(minutes=2)  # without a mark
BOOKED_WITHIN = DEAD_AFTER + timedelta(minutes=1)  # the reaper's round
REAP_AFTER = LONGEST_CALL + timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A call that is about to be made."""

    person: User
    key: ApiKey
    endpoint: Endpoint
    model_asked: str  # an id or an alias, as it will be sent
    model: LanguageModel | None
    price: PriceVersion | None
    ceiling_ticks: int | None  # None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A call that was made and has ended."""

    opening: Opening
    ending: Ending
    opened_at: datetime
    settled_at: datetime


OPEN = """
    SELECT usage_open(
        %(person)s, %(team)s, %(key)s, %(endpoint)s, %(asked)s, %(model)s, %(price)s,
        %(ceiling)s, %(watched)s, %(budgeted)s, %(at_once)s, %(per_minute)s,
        %(team_at_once)s, %(team_per_minute)s, %(key_per_minute)s, %(limited)s,
        %(silence)s)
"""


def open_record(opening: Opening, *, within: limits.Limits | None = None) -> UUID:
    """Write the record of a call before anything is sent; return its id.

    Its ceiling is reserved in all budgets that count it, by the same statement.
    Raises limits.TooMany if the person, the team or the key would have more than
    `within`, and windows.OverBudget if it does not fit into a hard budget.
    """
    generates = opening.endpoint != Endpoint.TOKENIZE
    values: dict[str, Any] = {
        "person": opening.person.pk,
        "team": opening.key.team_id,
        "key": opening.key.pk,
        "endpoint": opening.endpoint.value,
        "asked": opening.model_asked,
        "model": opening.model.pk if opening.model else None,
        "price": opening.price.pk if opening.price else None,
        "ceiling": opening.ceiling_ticks,
        "watched": generates,  # counting tokens takes no minute
        "budgeted": generates,
    }
    values |= limits.values_of(opening.endpoint, within)
    while (record_id := _open(values)) is None:
        if within:
            limits.refuse(values, within, key_label=opening.key.label)
        if generates:
            windows.refuse(values)
            windows.make_missing(values)
        # It is their first call, or an answer has ended meanwhile.
        Consumer.objects.get_or_create(person=opening.person)
    return record_id


def _open(values: dict[str, Any]) -> UUID | None:
    """Write the record if it fits; None if it does not, or something is missing."""
    with prepared_cursor() as cursor:
        cursor.execute(OPEN, values)
        opened: UUID | None = cursor.fetchone()[0]
    return opened


KEEP_ALIVE = """
    WITH alive AS (
        UPDATE usage_usagerecord
           SET alive_at = statement_timestamp()
         WHERE id = ANY(%(ids)s) AND state = 'open'
           AND alive_at < statement_timestamp() - %(every)s
    )
    SELECT record.id
      FROM usage_usagerecord record
      JOIN usage_consumer consumer ON consumer.id = record.consumer_id
      JOIN accounts_user person ON person.id = consumer.person_id
      JOIN keys_apikey key ON key.id = record.key_id
     WHERE record.id = ANY(%(ids)s)
       AND NOT (
           key.removed_at IS NULL
           AND person.is_active
           AND person.role = ANY(%(roles)s)
           AND EXISTS (
               SELECT FROM accounts_membership
                WHERE user_id = person.id AND team_id = record.team_id))
"""


def keep_alive(record_ids: Sequence[UUID], *, roles: Sequence[str]) -> list[UUID]:
    """Mark calls that are in flight as alive; return those that may not go on.

    Their key was removed, or their person was disabled, has none of these roles, or
    left the team that pays.
    """
    values: dict[str, Any] = {"ids": list(record_ids), "roles": list(roles)}
    values["every"] = ALIVE_EVERY
    with connection.cursor() as cursor:
        cursor.execute(KEEP_ALIVE, values)
        return [record_id for (record_id,) in cursor]


PRICES = [field.name for field in fields(costs.Prices)]
PRICED = f"""
    SELECT record.endpoint, price.id IS NOT NULL,
           {", ".join(f"price.{name}" for name in PRICES)}
      FROM usage_usagerecord record
      LEFT JOIN catalog_priceversion price ON price.id = record.price_id
     WHERE record.id = %s
"""
SETTLE = """
    UPDATE usage_usagerecord
       SET settled_at = statement_timestamp(),
           first_token_at = opened_at + %(first_token_after)s::interval, {columns}
     WHERE id = %(id)s AND state = 'open'
"""


def settle(record_id: UUID, ending: Ending) -> Cost | None:
    """Book one call; return the cost, or None if it was booked or released before.

    Any number of callers may try at the same time: one of them books. At the price
    noted when it was opened.
    """
    with prepared_cursor() as cursor:
        cursor.execute(PRICED, [record_id])
        endpoint, has_price, *row = cursor.fetchone()
        told = costs.Prices(**dict(zip(PRICES, row, strict=True)))
        prices = told if has_price else None
        messages = endpoint == Endpoint.MESSAGES
        cost = cost_of(prices, ending, messages=messages)
        values = _settled(ending, cost)
        columns = ", ".join(f"{name} = %({name})s" for name in values)
        waited = ending.first_token_after
        values["first_token_after"] = (
            None if waited is None else timedelta(seconds=waited)
        )
        cursor.execute(SETTLE.format(columns=columns), values | {"id": record_id})
        booked = bool(cursor.rowcount)
    guessed = cost.source == CostSource.ESTIMATED
    counts = ending.guess if guessed else ending.usage
    basis = Basis(prices=prices, usage=counts, messages=messages and not guessed)
    return replace(cost, basis=basis) if booked else None


def _settled(ending: Ending, cost: Cost) -> dict[str, Any]:
    """Return what is booked of a call, by column, beside its times."""
    told = ending.usage
    return {
        "state": RecordState.SETTLED,
        "outcome": ending.outcome,
        "problem": ending.problem[:64],
        "status": ending.status,
        "upstream_request_id": ending.request_id[:100],
        "model_served": ending.model_served[:200],
        "prompt_tokens": told.prompt_tokens if told else None,
        "cached_tokens": told.cached_tokens if told else None,
        "image_tokens": told.image_tokens if told else None,
        "completion_tokens": told.completion_tokens if told else None,
        "reasoning_tokens": told.reasoning_tokens if told else None,
        "source": cost.source,
        "cost_ticks": cost.ticks,
        "reported_ticks": cost.reported_ticks,
        "computed_ticks": cost.computed_ticks,
    }


def record_past(calls: Sequence[Past]) -> list[UsageRecord]:
    """Write calls of the past as they were opened and settled then.

    For sample data alone: a real call has its record before a byte is sent.
    """
    people = {call.opening.person.pk: call.opening.person for call in calls}
    consumers = {
        pk: Consumer.objects.get_or_create(person=person)[0]
        for pk, person in people.items()
    }
    return UsageRecord.objects.bulk_create(
        _row(call, consumers[call.opening.person.pk]) for call in calls
    )


def _row(call: Past, consumer: Consumer) -> UsageRecord:
    opening, price, ending = call.opening, call.opening.price, call.ending
    prices = costs.Prices.of(price) if price else None
    cost = cost_of(prices, ending, messages=opening.endpoint == Endpoint.MESSAGES)
    first_token_at = None
    if ending.first_token_after is not None:
        waited = timedelta(seconds=ending.first_token_after)
        first_token_at = call.opened_at + waited
    return UsageRecord(
        consumer=consumer,
        team_id=opening.key.team_id,
        key=opening.key,
        endpoint=opening.endpoint,
        model_asked=opening.model_asked,
        model=opening.model,
        price=price,
        ceiling_ticks=opening.ceiling_ticks,
        opened_at=call.opened_at,
        first_token_at=first_token_at,
        settled_at=call.settled_at,
        **_settled(ending, cost),
    )


def release(record_id: UUID, *, problem: str) -> bool:
    """Close the record of a call of which not a byte was sent; it cost nothing.

    Return whether it was still open.
    """
    released = UsageRecord.objects.filter(pk=record_id, state=RecordState.OPEN).update(
        state=RecordState.RELEASED,
        settled_at=Now(),
        outcome=Outcome.REFUSED,
        problem=problem[:64],
    )
    return bool(released)


def reap() -> int:
    """Settle what a process that died left open; return how many.

    Known by its marks, or, of a call without any, by being open longer than any call
    lasts. Nothing is known of their cost; the ceiling noted at admission stays beside
    it.
    """
    silent = Q(alive_at__lt=Now() - DEAD_AFTER)
    too_long = Q(opened_at__lt=Now() - REAP_AFTER)
    return UsageRecord.objects.filter(silent | too_long, state=RecordState.OPEN).update(
        state=RecordState.SETTLED,
        settled_at=Now(),
        outcome=Outcome.LOST,
        source=CostSource.UNKNOWN,
    )
