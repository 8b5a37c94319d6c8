"""Whoever may no more hears no more, and records tell that their process lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from console import xai
from console.accounts.models import Membership, Role, Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.relay import calls, watching
from console.relay.admission import Call, admit
from console.usage import ledger
from console.usage.models import CostSource, Endpoint, Outcome, UsageRecord
from tests.people import person as a_person
from tests.relay import stock
from tests.relay.test_pump import hear_all, started
from tests.relay.upstream import Script, answer, chunk, streaming, the_record

pytestmark = pytest.mark.django_db(transaction=True)

WAYS: dict[str, Callable[[], object]] = {
    "disabled": lambda: User.objects.filter(username="sam").update(is_active=False),
    "not of the team": lambda: Membership.objects.filter(user__username="sam").delete(),
    "key removed": lambda: ApiKey.objects.update(removed_at=Now()),
}
ROLES = sorted(Role.values)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 0.02)


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return sam


def asked_by(person: User, endpoint: Endpoint = Endpoint.CHAT) -> Call:
    return admit(
        user=person,
        endpoint=endpoint,
        model=stock.GROK,
        prompt_bytes=400,
        max_tokens=100,
    )


@pytest.mark.parametrize("way", WAYS)
async def test_the_answer_of_who_may_use_the_key_no_more_ends(
    ready: User, way: str
) -> None:
    script = Script(chunk("abcd" * 5), asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(await in_db(asked_by, ready))
        listening = asyncio.create_task(hear_all(pump))
        await in_db(WAYS[way])
        _, ended = await asyncio.wait_for(listening, 10)
        await pump.finished()

    record = await the_record()
    assert ended.text == "abcd" * 5
    assert ended.problem == watching.WITHDRAWN
    assert (record.outcome, record.source) == (
        Outcome.WITHDRAWN,
        CostSource.ESTIMATED,
    )
    assert record.cost_ticks == 100 * 12500 + 5 * 25000
    assert script.closed


async def test_a_completion_ends_likewise(ready: User) -> None:
    async def respond(request: httpx.Request) -> httpx.Response:
        await in_db(WAYS["disabled"])
        await asyncio.Event().wait()
        raise AssertionError

    request = xai.CompletionRequest(model=stock.GROK, prompt="Once", max_tokens=9)
    with use_transport(httpx.MockTransport(respond)):
        call = await in_db(asked_by, ready, Endpoint.COMPLETIONS)
        ended = await asyncio.wait_for(calls.complete(call, request), 10)

    assert ended.problem == watching.WITHDRAWN
    assert (await the_record()).outcome == Outcome.WITHDRAWN


async def test_answers_of_other_people_go_on(ready: User, team: Team) -> None:
    kim = await in_db(a_person, "kim", Role.STAFF, team)
    gate = asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(Script(chunk("x"), asyncio.Event().wait))):
        theirs = started(await in_db(asked_by, kim))
        await in_db(User.objects.filter(username="kim").update, is_active=False)
        with use_transport(streaming(script)):
            mine = started(await in_db(asked_by, ready))
            listening = asyncio.create_task(hear_all(mine))
            await theirs.finished()
            gate.set()
            _, ended = await listening
            await mine.finished()

    assert (ended.outcome, ended.text) == (Outcome.COMPLETE, "Hello")


def test_a_role_that_may_not_ends_it_too(ready: User) -> None:
    call = asked_by(ready)

    assert ledger.keep_alive([call.record_id], roles=ROLES) == []
    assert ledger.keep_alive([call.record_id], roles=["admin"]) == [call.record_id]


def test_a_record_in_flight_is_marked_now_and_then(ready: User) -> None:
    call = asked_by(ready)
    rows = UsageRecord.objects.filter(pk=call.record_id)
    opened_at = rows.get().alive_at

    ledger.keep_alive([call.record_id], roles=ROLES)
    still = rows.get().alive_at
    rows.update(alive_at=F("alive_at") - ledger.ALIVE_EVERY)
    ledger.keep_alive([call.record_id], roles=ROLES)

    assert still == opened_at == rows.get().opened_at
    assert rows.get().alive_at > opened_at  # type: ignore[operator]


def test_a_record_that_is_settled_or_not_watched_is_not_marked(ready: User) -> None:
    counting, done = asked_by(ready, Endpoint.TOKENIZE), asked_by(ready)
    ledger.release(done.record_id, problem="left")
    long_ago = UsageRecord.objects.get(pk=done.record_id).opened_at - timedelta(hours=1)
    UsageRecord.objects.filter(pk=done.record_id).update(alive_at=long_ago)

    ledger.keep_alive([counting.record_id, done.record_id], roles=ROLES)

    assert UsageRecord.objects.get(pk=counting.record_id).alive_at is None
    assert UsageRecord.objects.get(pk=done.record_id).alive_at == long_ago


@pytest.mark.parametrize("number", [0, 1, 20])
def test_all_calls_of_a_process_take_one_statement(
    ready: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [asked_by(ready, Endpoint.TOKENIZE).record_id for _ in range(number)]

    with django_assert_num_queries(min(number, 1)):
        assert watching.look(ids) == []


def test_a_database_that_fails_withdraws_nothing(
    ready: User, caplog: pytest.LogCaptureFixture
) -> None:
    call = asked_by(ready)
    WAYS["disabled"]()

    with caplog.at_level(logging.WARNING), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = nowhere")
        assert watching.look([call.record_id]) == []
        transaction.set_rollback(True)

    assert "calls were not watched this time: ProgrammingError" in caplog.text
