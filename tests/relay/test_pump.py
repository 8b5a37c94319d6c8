"""One stream, any number of listeners, one settled record, however it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import httpx
import pytest

from console import xai
from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import async_client, use_transport
from console.lib.db import in_db
from console.relay import pump as pumps
from console.relay.admission import Call, admit
from console.relay.ended import Ended
from console.relay.hearing import Piece
from console.relay.pump import Limits, OnEnd, Pump
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from tests.relay import stock
from tests.relay.upstream import (
    DONE,
    Script,
    answer,
    chunk,
    saying,
    settled,
    streaming,
    the_record,
    usage_chunk,
)

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT_BYTES = 400  # about 100 tokens


@pytest.fixture
def call(sam: User, team: Team, api_key: ApiKey) -> Call:
    """An admitted call of sam's."""
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return admit(
        user=sam,
        endpoint=Endpoint.CHAT,
        model=stock.GROK,
        prompt_bytes=PROMPT_BYTES,
        max_tokens=100,
    )


def started(
    call: Call,
    *,
    on_end: OnEnd | None = None,
    largest: int = 4_000_000,
    **limits: float,
) -> Pump:
    times = {name: timedelta(seconds=seconds) for name, seconds in limits.items()}
    request = xai.ChatRequest(model=call.model, messages=[])
    events = async_client(call.host).stream_chat(request, auth=call.auth)
    pump = Pump(
        events=events,
        call=call,
        limits=Limits(largest=largest, **times),
        on_end=on_end,
    )
    pump.start()
    return pump


async def hear_all(pump: Pump) -> tuple[list[Piece], Ended]:
    pieces: list[Piece] = []
    async for item in pump.listen():
        if isinstance(item, Ended):
            return pieces, item
        pieces.append(item)
    raise AssertionError("no last word")


async def leave_after(pump: Pump, number: int) -> None:
    async with aclosing(pump.listen()) as items:
        async for _ in items:
            number -= 1
            if not number:
                return


async def test_a_whole_answer(call: Call) -> None:
    script = Script(chunk(reasoning="Hm"), *answer("Hello", " there"))

    with use_transport(streaming(script)):
        pump = started(call)
        pieces, ended = await hear_all(pump)
        await pump.finished()

    record = await the_record()
    assert [piece.kind for piece in pieces] == ["reasoning", "text", "text"]
    assert (ended.text, ended.reasoning) == ("Hello there", "Hm")
    assert (ended.outcome, ended.finish, ended.problem) == ("complete", "stop", None)
    assert ended.cost
    assert ended.cost.ticks == record.cost_ticks == 4_121_500
    assert record.source == CostSource.REPORTED
    assert record.computed_ticks == 4_121_500
    assert (record.outcome, record.status) == (Outcome.COMPLETE, 200)
    assert record.upstream_request_id == "up-1"
    assert record.model_served == "grok-4.3"
    assert record.first_token_at
    assert script.closed
    assert pumps.in_flight(call.record_id) is None


@pytest.mark.parametrize("number", [1, 5])
async def test_a_closed_tab_does_not_lose_the_cost(call: Call, number: int) -> None:
    gate = asyncio.Event()
    texts = [chunk(str(n)) for n in range(10)]
    script = Script(*texts[:6], gate.wait, *texts[6:], usage_chunk(), DONE)

    with use_transport(streaming(script)):
        pump = started(call)
        await leave_after(pump, number)
        gate.set()
        await pump.finished()

    record = await the_record()
    assert (record.outcome, record.cost_ticks) == (Outcome.COMPLETE, 4_121_500)


async def test_a_listener_that_never_came_is_no_obstacle(call: Call) -> None:
    script = Script(b"".join(answer(*["x"] * 200)))

    with use_transport(streaming(script)):
        pump = started(call)
        pump.listen().leave()
        await pump.finished()

    assert (await the_record()).cost_ticks == 4_121_500


async def test_a_slow_listener_holds_up_neither_the_reading_nor_the_others(
    call: Call,
) -> None:
    events = answer(*["x"] * 500)
    parts = [b"".join(events[at : at + 50]) for at in range(0, len(events), 50)]
    script = Script(*parts)

    with use_transport(streaming(script)):
        pump = started(call)
        slow = pump.listen()
        begun = await anext(slow)
        _, ended = await hear_all(pump)
        rest = [item async for item in slow]
        await pump.finished()

    assert script.sent == len(parts)
    assert ended.text == "x" * 500
    assert rest[-1] == ended
    heard = [item.text for item in [begun, *rest] if isinstance(item, Piece)]
    assert "".join(heard) == "x" * 500
    assert len(heard) == 2  # what it was behind came joined


async def test_a_late_listener_hears_everything_in_order(call: Call) -> None:
    gate = asyncio.Event()
    texts = [chunk(reasoning="Hm "), chunk(reasoning="so"), *map(chunk, "ab" * 40)]
    script = Script(b"".join(texts), gate.wait, *answer("!"))

    with use_transport(streaming(script)):
        pump = started(call)
        first = asyncio.create_task(hear_all(pump))
        while len(pump.so_far()[0]) < 80:  # noqa: ASYNC110  (as the script is read)
            await asyncio.sleep(0)
        late = pump.listen()
        reasoning, text = await anext(late), await anext(late)
        gate.set()
        *_, ended = [item async for item in late]
        assert ended == (await first)[1]

    assert reasoning == Piece("reasoning", "Hm so")
    assert text == Piece("text", "ab" * 40)


async def test_one_that_leaves_while_another_listens_ends_nothing(call: Call) -> None:
    gate = asyncio.Event()
    script = Script(chunk("one"), gate.wait, *answer(" two"))

    with use_transport(streaming(script)):
        pump = started(call, drain=0.01)
        other = pump.listen()
        await leave_after(pump, 1)
        await asyncio.sleep(0.05)
        gate.set()
        *_, ended = [item async for item in other]

    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.text) == (Outcome.COMPLETE, "one two")


async def test_one_that_comes_back_in_time_ends_the_draining(call: Call) -> None:
    gate = asyncio.Event()
    script = Script(chunk("one"), gate.wait, *answer(" two"))

    with use_transport(streaming(script)):
        pump = started(call, drain=0.2)
        await leave_after(pump, 1)
        again = pump.listen()
        await asyncio.sleep(0.3)
        gate.set()
        *_, ended = [item async for item in again]

    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.text) == (Outcome.COMPLETE, "one two")


async def test_an_answer_without_end_is_cut(call: Call) -> None:
    script = Script(*[chunk("x" * 100)] * 50, asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(call, largest=1000)
        _, ended = await hear_all(pump)
        await pump.finished()

    assert ended.problem == pumps.TOO_LARGE
    assert 1000 < len(ended.text) <= 1200
    assert (await the_record()).outcome == Outcome.CUT


async def test_the_end_is_told_once_with_what_was_booked(call: Call) -> None:
    told: list[Ended] = []

    async def on_end(ended: Ended) -> None:
        told.append(ended)

    with use_transport(streaming(Script(*answer("Hello")))):
        pump = started(call, on_end=on_end)
        _, ended = await hear_all(pump)
        await pump.finished()

    assert told == [ended]
    assert ended.cost


async def test_who_fails_to_keep_the_end_stops_nothing(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    async def on_end(ended: Ended) -> None:
        raise RuntimeError(ended.text)

    with use_transport(streaming(Script(*answer("Private")))):
        pump = started(call, on_end=on_end)
        _, ended = await hear_all(pump)
        await pump.finished()

    assert ended.outcome == Outcome.COMPLETE
    assert "an answer was not kept: RuntimeError" in caplog.text
    assert "Private" not in caplog.text
    assert pumps.in_flight(call.record_id) is None


async def test_a_listener_is_not_left_waiting_when_settling_breaks(call: Call) -> None:
    gate = asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        pump = started(call)
        listening = asyncio.create_task(hear_all(pump))
        await in_db(UsageRecord.objects.all().delete)
        gate.set()
        _, ended = await asyncio.wait_for(listening, 10)

    assert (ended.outcome, ended.cost) == (Outcome.LOST, None)
    assert ended.problem == pumps.FAULT
    assert ended.text == "Hello"
    assert pumps.in_flight(call.record_id) is None


async def test_draining_ends_after_its_time(call: Call) -> None:
    script = Script(chunk("abcd" * 5), asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(call, drain=0.05)
        await leave_after(pump, 1)
        await pump.finished()

    record = await the_record()
    assert (record.outcome, record.source) == (Outcome.LEFT, CostSource.ESTIMATED)
    assert record.cost_ticks == 100 * 12500 + 5 * 25000
    assert record.prompt_tokens is None
    assert script.closed


async def test_stop_closes_upstream_and_estimates(call: Call) -> None:
    script = Script(chunk("one"), chunk(" two"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(call)
        listening = pump.listen()
        await anext(listening)
        await anext(listening)
        await asyncio.to_thread(pump.stop)
        pump.stop()
        ended = await anext(listening)
        await pump.finished()

    record = await the_record()
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.text) == (Outcome.STOPPED, "one two")
    assert ended.cost
    assert ended.cost.source == record.source == CostSource.ESTIMATED
    assert record.cost_ticks == 100 * 12500 + 2 * 25000
    assert script.closed


async def test_stop_before_the_first_token_books_the_prompt(call: Call) -> None:
    script = Script(asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(call)
        pump.stop()
        _, ended = await hear_all(pump)
        await pump.finished()

    assert ended.first_token_after is None
    assert (await the_record()).cost_ticks == 100 * 12500


async def test_an_answer_that_lasts_too_long_is_cut(call: Call) -> None:
    script = Script(chunk("one"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        _, ended = await hear_all(started(call, longest=0.05))

    assert ended.outcome == Outcome.CUT
    assert ended.problem == pumps.TOO_LONG


async def test_a_cut_stream_keeps_what_came(call: Call) -> None:
    script = Script(chunk("Hello"), chunk(" there"))

    with use_transport(streaming(script)):
        pieces, ended = await hear_all(started(call))

    record = await settled()
    assert len(pieces) == 2
    assert (ended.outcome, ended.text) == (Outcome.CUT, "Hello there")
    assert ended.problem
    assert ended.problem.cause == record.problem == "cut"
    assert record.source == CostSource.ESTIMATED


async def test_usage_that_came_before_the_cut_is_booked(call: Call) -> None:
    script = Script(chunk("Hello"), usage_chunk())

    with use_transport(streaming(script)):
        _, ended = await hear_all(started(call))

    record = await settled()
    assert ended.outcome == Outcome.CUT
    assert (record.source, record.cost_ticks) == (CostSource.REPORTED, 4_121_500)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        pytest.param(
            400,
            {"code": "invalid-argument", "error": "Incorrect API key provided: a***z."},
            "wrong_key",
            id="wrong key",
        ),
        pytest.param(
            429,
            {
                "code": "resource-exhausted",
                "error": "Too many requests for team T and model M",
            },
            "rate_limit",
            id="too fast",
        ),
        pytest.param(
            404,
            {"code": "not-found", "error": "The model grok-x does not exist"},
            "model_unknown",
            id="no such model",
        ),
    ],
)
async def test_a_refusal_of_xai_costs_nothing(
    call: Call, status: int, body: object, cause: str
) -> None:
    with use_transport(saying(status, body)):
        pieces, ended = await hear_all(started(call))

    record = await settled()
    assert (pieces, ended.outcome) == ([], Outcome.REFUSED)
    assert ended.problem
    assert ended.problem.cause == record.problem == cause
    assert (record.status, record.source) == (status, CostSource.COMPUTED)
    assert record.cost_ticks == 0


async def test_an_error_of_xai_costs_we_know_not_what(call: Call) -> None:
    with use_transport(saying(503, {"code": "unavailable", "error": "down"})):
        _, ended = await hear_all(started(call))

    record = await settled()
    assert ended.outcome == Outcome.CUT
    assert (record.source, record.cost_ticks) == (CostSource.UNKNOWN, None)


async def test_a_stream_that_is_a_json_error_is_told(call: Call) -> None:
    body = {"code": "resource-exhausted", "error": "Too many requests for team T"}

    with use_transport(saying(200, body)):
        _, ended = await hear_all(started(call))

    record = await settled()
    assert ended.problem
    assert ended.text == ""
    assert record.state == RecordState.SETTLED


async def test_a_malformed_event_ends_the_answer(call: Call) -> None:
    script = Script(chunk("Hello"), b"data: {nonsense\n\n", *answer("more"))

    with use_transport(streaming(script)):
        _, ended = await hear_all(started(call))

    record = await settled()
    assert (ended.text, record.problem) == ("Hello", "malformed")
    assert record.source == CostSource.ESTIMATED
    assert script.closed


async def test_a_call_that_never_left_is_released(call: Call) -> None:
    async def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with use_transport(httpx.MockTransport(refuse)):
        _, ended = await hear_all(started(call))

    record = await settled()
    assert ended.cost is None
    assert ended.problem
    assert ended.problem.cause == "connect"
    assert (record.state, record.cost_ticks) == (RecordState.RELEASED, None)


async def test_a_messages_answer_is_computed_since_none_is_reported(
    call: Call,
) -> None:
    def event(**data: object) -> bytes:
        return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()

    start = {"model": "grok-4.3", "usage": {"input_tokens": 18, "output_tokens": 0}}
    script = Script(
        event(type="message_start", message=start),
        event(type="content_block_delta", delta={"type": "text_delta", "text": "97"}),
        event(type="message_delta", delta={}, usage={"output_tokens": 31}),
        event(type="message_stop"),
    )
    await in_db(_make_messages, call)

    with use_transport(streaming(script)):
        request = xai.MessagesRequest(model=call.model, max_tokens=9, messages=[])
        client = async_client(call.host)
        pump = Pump(events=client.stream_messages(request, auth=call.auth), call=call)
        pump.start()
        _, ended = await hear_all(pump)

    record = await settled()
    assert (ended.text, record.source) == ("97", CostSource.COMPUTED)
    assert record.cost_ticks == 18 * 12500 + 31 * 25000


def _make_messages(call: Call) -> None:
    UsageRecord.objects.filter(pk=call.record_id).update(endpoint=Endpoint.MESSAGES)


async def test_the_end_of_the_process_is_told_and_settled(call: Call) -> None:
    script = Script(chunk("Hello"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        listening = started(call).listen()
        await anext(listening)
        closing = asyncio.create_task(pumps.close_all())
        ended = await anext(listening)
        await listening.aclose()
        await closing

    record = await the_record()
    assert isinstance(ended, Ended)
    assert (ended.problem, ended.text) == (pumps.RESTARTING, "Hello")
    assert (record.state, record.outcome) == (RecordState.SETTLED, Outcome.LOST)
    assert record.source == CostSource.ESTIMATED
    assert script.closed


async def test_nothing_waits_for_a_browser_that_reads_nothing(call: Call) -> None:
    script = Script(*[chunk("x")] * 100, asyncio.Event().wait)

    with use_transport(streaming(script)):
        pump = started(call)
        listening = pump.listen()
        await anext(listening)
        pump.stop()
        await pump.finished()

    record = await the_record()
    assert record.outcome == Outcome.STOPPED
    assert pumps.in_flight(call.record_id) is None
    assert isinstance(listening, AsyncIterator)
