"""Calls with an answer in one piece."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from console import xai
from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.relay import calls
from console.relay.admission import Call, admit
from console.relay.pump import RESTARTING
from console.usage.models import CostSource, Endpoint, Outcome, RecordState
from tests.relay import stock
from tests.relay.upstream import USAGE, saying, settled, the_record

pytestmark = pytest.mark.django_db(transaction=True)

TOKENS = {
    "token_ids": [
        {"token_id": 1, "string_token": "Hej", "token_bytes": [72, 101, 106]},
        {"token_id": 2, "string_token": "!", "token_bytes": [33]},
    ]
}


@pytest.fixture
def call(sam: User, api_key: ApiKey) -> Call:
    """An admitted call of sam's."""
    stock.usable(api_key, stock.language_model())
    return admit(
        user=sam,
        endpoint=Endpoint.TOKENIZE,
        model=stock.GROK,
        prompt_bytes=4,
        max_tokens=None,
    )


async def test_the_tokens_come_with_a_record_of_unknown_cost(call: Call) -> None:
    with use_transport(saying(200, TOKENS, **{"x-request-id": "t-1"})):
        result = await calls.tokenize(call, "Hej!")

    record = await the_record()
    assert [token.token_id for token in result.tokens] == [1, 2]
    assert record.endpoint == Endpoint.TOKENIZE
    assert (record.outcome, record.upstream_request_id) == (Outcome.COMPLETE, "t-1")
    assert (record.source, record.cost_ticks) == (CostSource.UNKNOWN, None)


async def test_a_refusal_is_settled_and_raised(call: Call) -> None:
    body = {"code": "permission-denied", "error": "The API key is currently blocked"}

    with use_transport(saying(403, body)), pytest.raises(xai.XaiError):
        await calls.tokenize(call, "Hej!")

    record = await the_record()
    assert (record.outcome, record.cost_ticks) == (Outcome.REFUSED, 0)


async def test_a_caller_that_leaves_does_not_lose_the_record(call: Call) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def respond(request: httpx.Request) -> httpx.Response:
        asked.set()
        await gate.wait()
        return httpx.Response(200, json=TOKENS)

    with use_transport(httpx.MockTransport(respond)):
        caller = asyncio.create_task(calls.tokenize(call, "Hej!"))
        await asked.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        gate.set()
        await calls.finish_all()

    record = await settled()
    assert (record.state, record.outcome) == (RecordState.SETTLED, Outcome.COMPLETE)


COMPLETED = {
    "object": "text_completion",
    "model": "grok-4.3",
    "choices": [{"index": 0, "text": " a gate", "finish_reason": "length"}],
    "usage": USAGE,
}
PROMPT = xai.CompletionRequest(model=stock.GROK, prompt="Once", max_tokens=9)
OLD_PROMPT = xai.CompleteRequest(
    model=stock.GROK, prompt="Once", max_tokens_to_sample=9
)


@pytest.fixture
def priced(sam: User, team: Team, api_key: ApiKey) -> Call:
    """An admitted call of sam's to /v1/completions, of a known price."""
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return admit(
        user=sam,
        endpoint=Endpoint.COMPLETIONS,
        model=stock.GROK,
        prompt_bytes=4,
        max_tokens=9,
    )


async def test_a_completion_is_booked_at_what_xai_says(priced: Call) -> None:
    opened = await the_record()
    with use_transport(saying(200, COMPLETED, **{"x-request-id": "c-1"})):
        ended = await calls.complete(priced, PROMPT)

    record = await the_record()
    assert opened.state == RecordState.OPEN
    assert (ended.text, ended.finish, ended.problem) == (" a gate", "length", None)
    assert ended.cost is not None
    assert (record.source, record.cost_ticks) == (CostSource.REPORTED, 4_121_500)
    assert (record.outcome, record.upstream_request_id) == (Outcome.COMPLETE, "c-1")


async def test_what_tells_no_usage_has_no_known_cost(priced: Call) -> None:
    body = {"type": "completion", "completion": " a gate", "stop_reason": "max_tokens"}

    with use_transport(saying(200, body)):
        ended = await calls.complete(priced, OLD_PROMPT)

    record = await the_record()
    assert (ended.text, ended.finish) == (" a gate", "max_tokens")
    assert (record.source, record.cost_ticks) == (CostSource.UNKNOWN, None)


async def test_a_completion_that_is_refused_costs_nothing(priced: Call) -> None:
    body = {"code": "invalid-argument", "error": "Model is not supported"}

    with use_transport(saying(400, body)):
        ended = await calls.complete(priced, PROMPT)

    record = await the_record()
    assert ended.problem is not None
    assert ended.problem.cause == "bad_request"
    assert (record.outcome, record.cost_ticks) == (Outcome.REFUSED, 0)


@pytest.mark.parametrize("ends", ["the caller", "the process"])
async def test_a_completion_is_settled_once_whoever_ends(
    priced: Call, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(calls, "GOODBYE_TIME", 0.01)

    async def respond(request: httpx.Request) -> httpx.Response:
        asked.set()
        await gate.wait()
        return httpx.Response(200, json=COMPLETED)

    with use_transport(httpx.MockTransport(respond)):
        caller = asyncio.create_task(calls.complete(priced, PROMPT))
        await asked.wait()
        if ends == "the caller":
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
            gate.set()
            await settled()
        await calls.finish_all()

    record = await the_record()
    whole = (Outcome.COMPLETE, CostSource.REPORTED, 4_121_500)
    estimate = (Outcome.LOST, CostSource.ESTIMATED, 12_500)
    booked = (record.outcome, record.source, record.cost_ticks)
    assert booked == (whole if ends == "the caller" else estimate)
    if ends == "the process":
        assert (await caller).problem == RESTARTING
