"""Records are written before the call and settled exactly once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import F

from console import xai
from console.accounts.models import Team, User
from console.catalog.models import PriceVersion
from console.keys.models import ApiKey
from console.usage import ledger
from console.usage.booking import Ending
from console.usage.models import (
    Consumer,
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from console.usage.tasks import reap
from tests.relay import stock
from tests.usage.ageing import older

USAGE = xai.Usage(
    prompt_tokens=197,
    cached_tokens=192,
    text_tokens=197,
    image_tokens=0,
    completion_tokens=1,
    reasoning_tokens=146,
    cost_ticks=4_121_500,
)
COMPLETE = Ending(outcome=Outcome.COMPLETE, usage=USAGE, status=200)


@pytest.fixture
def grok_price(team: Team) -> PriceVersion:
    return stock.price(stock.language_model(), team)


def open_one(
    person: User,
    key: ApiKey,
    price: PriceVersion | None = None,
    endpoint: Endpoint = Endpoint.CHAT,
) -> UUID:
    return ledger.open_record(
        ledger.Opening(
            person=person,
            key=key,
            endpoint=endpoint,
            model_asked="grok-4.3",
            model=price.model if price else None,
            price=price,
            ceiling_ticks=99,
        )
    )


def test_a_record_is_open_until_it_is_settled(
    sam: User, api_key: ApiKey, grok_price: PriceVersion
) -> None:
    record = UsageRecord.objects.get(pk=open_one(sam, api_key, grok_price))

    assert record.state == RecordState.OPEN
    assert (record.team_id, record.key_id) == (api_key.team_id, api_key.pk)
    assert (record.ceiling_ticks, record.cost_ticks) == (99, None)
    assert (record.source, record.outcome) == ("", "")


def test_a_person_is_one_consumer_however_many_calls_they_make(
    sam: User, api_key: ApiKey
) -> None:
    open_one(sam, api_key)
    open_one(sam, api_key)

    assert Consumer.objects.get().person == sam


def test_settling_books_tokens_and_cost(
    sam: User, api_key: ApiKey, grok_price: PriceVersion
) -> None:
    record_id = open_one(sam, api_key, grok_price)
    ending = Ending(
        outcome=Outcome.COMPLETE,
        usage=USAGE,
        status=200,
        request_id="r-1",
        model_served="grok-4.3-0601",
        first_token_after=0.5,
    )

    cost = ledger.settle(record_id, ending)

    record = UsageRecord.objects.get(pk=record_id)
    assert cost
    assert cost.ticks == record.cost_ticks == 4_121_500
    assert record.source == CostSource.REPORTED
    assert record.computed_ticks == 4_121_500
    assert (record.prompt_tokens, record.cached_tokens) == (197, 192)
    assert (record.completion_tokens, record.reasoning_tokens) == (1, 146)
    assert (record.status, record.upstream_request_id) == (200, "r-1")
    assert record.model_served == "grok-4.3-0601"
    assert record.first_token_at == record.opened_at + timedelta(seconds=0.5)
    assert record.settled_at


def test_the_price_of_the_admission_counts_and_not_a_later_one(
    sam: User, team: Team, api_key: ApiKey, grok_price: PriceVersion
) -> None:
    record_id = open_one(sam, api_key, grok_price)
    stock.price(grok_price.model, team, completion_text_token_price=1)

    told = xai.Usage(
        prompt_tokens=2, cached_tokens=0, image_tokens=0, completion_tokens=1,
        reasoning_tokens=0,
    )  # fmt: skip
    cost = ledger.settle(record_id, Ending(outcome=Outcome.COMPLETE, usage=told))

    assert cost
    assert cost.ticks == 2 * 12500 + 25000


def test_a_booked_cost_never_changes(sam: User, api_key: ApiKey) -> None:
    record_id = open_one(sam, api_key)
    ledger.settle(record_id, COMPLETE)

    again = ledger.settle(
        record_id,
        Ending(outcome=Outcome.CUT, usage=xai.Usage(cost_ticks=1)),
    )

    record = UsageRecord.objects.get(pk=record_id)
    assert again is None
    assert (record.cost_ticks, record.outcome) == (4_121_500, Outcome.COMPLETE)
    assert ledger.release(record_id, problem="connect") is False


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_settlements_at_once_one_books(sam: User, api_key: ApiKey) -> None:
    record_id = open_one(sam, api_key)

    def settle(number: int) -> bool:
        try:
            usage = xai.Usage(cost_ticks=number)
            ending = Ending(outcome=Outcome.COMPLETE, usage=usage)
            return ledger.settle(record_id, ending) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(settle, range(100)))

    record = UsageRecord.objects.get(pk=record_id)
    assert booked.count(True) == 1
    assert record.cost_ticks == booked.index(True)


def test_a_call_that_never_left_is_released_without_a_cost(
    sam: User, api_key: ApiKey
) -> None:
    record_id = open_one(sam, api_key)

    assert ledger.release(record_id, problem="connect") is True

    record = UsageRecord.objects.get(pk=record_id)
    assert record.state == RecordState.RELEASED
    assert (record.problem, record.cost_ticks, record.source) == ("connect", None, "")
    assert ledger.settle(record_id, COMPLETE) is None


def test_unknown_is_not_zero_in_the_row(sam: User, api_key: ApiKey) -> None:
    record_id = open_one(sam, api_key)

    ledger.settle(record_id, Ending(outcome=Outcome.CUT))

    record = UsageRecord.objects.get(pk=record_id)
    assert record.source == CostSource.UNKNOWN
    assert record.cost_ticks is record.prompt_tokens is None


def test_the_reaper_settles_what_a_dead_process_left(
    sam: User, api_key: ApiKey
) -> None:
    old, young, done = (open_one(sam, api_key) for _ in range(3))
    ledger.settle(done, COMPLETE)
    late = ledger.REAP_AFTER + timedelta(seconds=1)
    old, done = older(old, late), older(done, late)

    reap()
    reap()

    record = UsageRecord.objects.get(pk=old)
    assert (record.state, record.outcome) == (RecordState.SETTLED, Outcome.LOST)
    assert (record.source, record.cost_ticks) == (CostSource.UNKNOWN, None)
    assert record.ceiling_ticks == 99
    assert UsageRecord.objects.get(pk=young).state == RecordState.OPEN
    assert UsageRecord.objects.get(pk=done).cost_ticks == 4_121_500


def test_the_reaper_knows_a_dead_process_by_the_silence_of_its_calls(
    sam: User, api_key: ApiKey
) -> None:
    silent, alive, counting = (
        open_one(sam, api_key, endpoint=endpoint)
        for endpoint in (Endpoint.CHAT, Endpoint.CHAT, Endpoint.TOKENIZE)
    )
    late = ledger.DEAD_AFTER + timedelta(seconds=1)
    silent, alive, counting = (older(one, late) for one in (silent, alive, counting))
    UsageRecord.objects.filter(pk=silent).update(alive_at=F("alive_at") - late)

    reap()

    open_now = UsageRecord.objects.filter(state=RecordState.OPEN)
    assert set(open_now.values_list("pk", flat=True)) == {alive, counting}
    record = UsageRecord.objects.get(pk=silent)
    assert (record.outcome, record.source) == (Outcome.LOST, CostSource.UNKNOWN)
    assert record.ceiling_ticks == 99


def test_a_late_settlement_after_the_reaper_changes_nothing(
    sam: User, api_key: ApiKey
) -> None:
    record_id = older(open_one(sam, api_key), ledger.REAP_AFTER * 2)
    ledger.reap()

    assert ledger.settle(record_id, COMPLETE) is None
    assert UsageRecord.objects.get(pk=record_id).source == CostSource.UNKNOWN


def test_staff_see_their_own_records_and_the_others_all(
    ada: User, sam: User, mia: User, fin: User, api_key: ApiKey
) -> None:
    own = open_one(sam, api_key)
    open_one(ada, api_key)

    def seen(person: User) -> set[UUID]:
        rows = UsageRecord.objects.visible_to(person)
        return set(rows.values_list("pk", flat=True))

    assert seen(sam) == {own}
    assert seen(mia) == set()
    assert len(seen(fin)) == len(seen(ada)) == 2
