"""Calls with an answer in one piece."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from console import xai
from console.accounts.models import User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.relay import calls
from console.relay.admission import Call, admit
from console.usage.models import CostSource, Endpoint, Outcome, RecordState
from tests.relay import stock
from tests.relay.upstream import saying, settled, the_record

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
