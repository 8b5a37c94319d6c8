"""The asynchronous views, from the form to the last event."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.urls import reverse

from console import xai
from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.conversations import storing
from console.playground.conversations.keeping import KeptAnswer
from console.playground.models import Turn
from console.playground.responses import EventsResponse
from console.relay import pump
from console.relay.admission import Call, admit
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from tests.people import SECRET
from tests.playground.pictures import SECRET as PICTURE_SECRET
from tests.playground.pictures import noise, url_of, with_secrets
from tests.relay import stock
from tests.relay.upstream import (
    Script,
    answer,
    chunk,
    saying,
    settled,
    streaming,
    the_record,
)

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = reverse("playground:stream_chat")
MESSAGES = reverse("playground:stream_messages")
TOKENIZE = reverse("playground:stream_tokenize")
TURNS = json.dumps([{"role": "user", "content": "Hello"}])
PROMPT = {"model": stock.GROK, "max_tokens": "100", "turns": TURNS}
BACKEND = "console.accounts.sessions.PeopleBackend"

Event = tuple[str, dict[str, Any]]


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    """Sam, with a key that may be used for everything."""
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return sam


async def browser_of(person: User) -> AsyncClient:
    browser = AsyncClient()
    await browser.aforce_login(person, backend=BACKEND)
    return browser


def events_in(text: str) -> list[Event]:
    events = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        parsed = json.loads(data.removeprefix("data: "))
        events.append((name.removeprefix("event: "), parsed))
    return events


async def events_of(response: Any) -> list[Event]:
    stream = cast(AsyncIterator[bytes], response.streaming_content)
    return events_in(b"".join([part async for part in stream]).decode())


async def lines_of(response: Any) -> list[dict[str, Any]]:
    stream = cast(AsyncIterator[bytes], response.streaming_content)
    body = b"".join([part async for part in stream])
    return [json.loads(line) for line in body.splitlines()]


async def test_a_chat_from_the_form_to_the_last_event(ready: User) -> None:
    browser = await browser_of(ready)
    script = Script(chunk(reasoning="Hm"), *answer("**Hello**", " there"))

    with use_transport(streaming(script)):
        response = await browser.post(CHAT, PROMPT)
        events = await events_of(response)

    record = await settled()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    names = [name for name, _ in events]
    assert names == ["start", "reasoning", "text", "text", "done"]
    assert events[0][1] == {
        "record": str(record.pk),
        "key": "search-prod",
        "team": "Search",
    }
    last = events[-1][1]
    assert last["html"] == "<p><strong>Hello</strong> there</p>\n"
    assert last["text"] == "**Hello** there"
    assert "$0.000412" in last["meter"]
    assert "confirmed" in last["meter"]
    assert "(192 cached)" in last["meter"]
    assert record.cost_ticks == 4_121_500


async def test_what_is_sent_is_built_from_the_form_and_nothing_else(
    ready: User,
) -> None:
    browser = await browser_of(ready)
    sent: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Script(*answer("Hi")))

    with use_transport(httpx.MockTransport(respond)):
        ours = {"logprobs": "1", "base_url": "http://evil.test"}
        form = PROMPT | {"system": "Be brief"} | ours
        await events_of(await browser.post(CHAT, form))

    (request,) = sent
    assert str(request.url) == "https://api.x.ai/v1/chat/completions"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert json.loads(request.content) == {
        "model": "grok-4.3",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hello"},
        ],
        "max_tokens": 100,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_json_that_was_asked_for_comes_with_a_verdict(ready: User) -> None:
    browser = await browser_of(ready)
    schema = {"type": "object", "required": ["name"]}
    wanted = {"response_format": "json_schema", "schema": json.dumps(schema)}

    with use_transport(streaming(Script(*answer('{"name"', ': "Ada"}')))):
        last = (await events_of(await browser.post(CHAT, PROMPT | wanted)))[-1]

    await settled()
    assert "Matches the schema" in last[1]["html"]
    assert last[1]["text"] == '{"name": "Ada"}'


async def test_an_image_goes_to_xai_as_it_was_drawn_anew(ready: User) -> None:
    browser = await browser_of(ready)
    parts = [
        {"type": "image_url", "image_url": {"url": url_of(with_secrets("JPEG"))}},
        {"type": "text", "text": "What is it?"},
    ]
    turns = json.dumps([{"role": "user", "content": parts}])
    sent: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Script(*answer("A dot")))

    with use_transport(httpx.MockTransport(respond)):
        await events_of(await browser.post(CHAT, PROMPT | {"turns": turns}))

    record = await settled()
    (message,) = json.loads(sent[0].content)["messages"]
    picture, text = message["content"]
    _, _, data = picture["image_url"]["url"].partition(",")
    assert text == parts[1]
    assert PICTURE_SECRET.encode() not in base64.b64decode(data)
    assert record.ceiling_ticks is not None


async def test_a_request_may_be_as_large_as_four_large_images(ready: User) -> None:
    browser = await browser_of(ready)
    part = {"type": "image_url", "image_url": {"url": url_of(noise((1_000, 1_000)))}}
    turns = json.dumps([{"role": "user", "content": [part] * 4}])

    with use_transport(streaming(Script(*answer("Noise")))):
        response = await browser.post(CHAT, PROMPT | {"turns": turns})
        last = (await events_of(response))[-1]

    assert 15_000_000 < len(turns) < settings.LARGER_BODIES[CHAT] - 1_000_000
    assert last[0] == "done"
    assert (await settled()).ceiling_ticks is not None


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        pytest.param(
            {"stop": "END"}, 422, "xAI refuses stop sequences", id="a parameter"
        ),
        pytest.param(
            {"team": str(uuid4())}, 404, "do not belong to the team", id="a team"
        ),
    ],
)
async def test_what_the_page_greys_is_refused_if_it_comes_anyway(
    ready: User, given: dict[str, str], status: int, words: str
) -> None:
    browser = await browser_of(ready)

    response = await browser.post(CHAT, PROMPT | given)

    assert response.status_code == status
    assert words in response.content.decode()
    assert "Nothing was sent." in response.content.decode()
    assert not await in_db(UsageRecord.objects.exists)


async def test_messages_stream_too(ready: User) -> None:
    browser = await browser_of(ready)
    start = {"model": "grok-4.3", "usage": {"input_tokens": 18}}
    events = [
        {"type": "message_start", "message": start},
        {"type": "content_block_delta", "delta": {"text": "97"}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 31}},
        {"type": "message_stop"},
    ]
    script = Script(*(f"data: {json.dumps(one)}\n\n".encode() for one in events))

    with use_transport(streaming(script)):
        last = (await events_of(await browser.post(MESSAGES, PROMPT)))[-1]

    record = await settled()
    assert last[0] == "done"
    assert last[1]["text"] == "97"
    assert "computed" in last[1]["meter"]
    assert record.cost_ticks == 18 * 12500 + 31 * 25000


async def test_hostile_text_never_becomes_markup(ready: User) -> None:
    browser = await browser_of(ready)
    hostile = "<img src=x onerror=alert(1)>\n\n</script>"

    with use_transport(streaming(Script(*answer(hostile)))):
        events = await events_of(await browser.post(CHAT, PROMPT))

    html = events[-1][1]["html"]
    assert "<img" not in html
    assert "&lt;img" in html


async def test_a_cut_answer_ends_with_a_notice_and_an_estimate(ready: User) -> None:
    browser = await browser_of(ready)

    with use_transport(streaming(Script(chunk("Hel")))):
        name, last = (await events_of(await browser.post(CHAT, PROMPT)))[-1]

    record = await settled()
    assert name == "error"
    assert last["text"] == "Hel"
    assert "cut off before its end" in last["notice"]
    assert "estimated" in last["meter"]
    assert record.source == CostSource.ESTIMATED


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        pytest.param(
            429,
            {"code": "resource-exhausted", "error": "Too many requests for team T"},
            {"retry-after": "7"},
            "Wait 7 s, then send it again.",
            id="too fast",
        ),
        pytest.param(
            403,
            {"code": "permission-denied", "error": "The API key is currently blocked"},
            {},
            "xAI has blocked the key that was used.",
            id="blocked",
        ),
        pytest.param(503, {"error": "down"}, {}, "xAI has trouble.", id="down"),
        pytest.param(
            200,
            {"code": "resource-exhausted", "error": "Too many requests for team T"},
            {},
            "Too many requests",
            id="an error with status 200",
        ),
    ],
)
async def test_what_xai_refuses_is_said_in_the_stream(
    ready: User, status: int, body: object, headers: dict[str, str], words: str
) -> None:
    browser = await browser_of(ready)

    with use_transport(saying(status, body, **headers)):
        name, last = (await events_of(await browser.post(CHAT, PROMPT)))[-1]

    assert name == "error"
    assert words in last["notice"]
    assert last["html"] == ""


async def test_xais_own_words_are_escaped(ready: User) -> None:
    browser = await browser_of(ready)
    body = {"code": "invalid-argument", "error": "<b onclick=x>bad</b>"}

    with use_transport(saying(400, body)):
        _, last = (await events_of(await browser.post(CHAT, PROMPT)))[-1]

    assert "&lt;b onclick=x&gt;" in last["notice"]


@pytest.mark.parametrize("url", [CHAT, MESSAGES, TOKENIZE])
async def test_wrong_input_is_refused_before_anything_is_recorded(
    ready: User, url: str
) -> None:
    browser = await browser_of(ready)

    response = await browser.post(url, {"model": "", "text": "x"})

    assert response.status_code == 422
    assert "Choose a model." in response.content.decode()
    assert "<html" not in response.content.decode()
    assert not await in_db(UsageRecord.objects.exists)


@pytest.mark.parametrize("url", [CHAT, MESSAGES, TOKENIZE])
async def test_a_refusal_is_an_ordinary_answer(mia: User, url: str) -> None:
    browser = await browser_of(mia)

    response = await browser.post(url, PROMPT | {"text": "x"})

    assert response.status_code == 403
    assert "No key is stored for your teams." in response.content.decode()
    assert "Nothing was sent." in response.content.decode()


@pytest.mark.parametrize("url", [CHAT, MESSAGES, TOKENIZE])
async def test_strangers_are_sent_to_sign_in(db: None, url: str) -> None:
    response = await AsyncClient().post(url, PROMPT)

    assert response.status_code == 302


@pytest.mark.parametrize("url", [CHAT, MESSAGES, TOKENIZE])
async def test_only_posts(ready: User, url: str) -> None:
    browser = await browser_of(ready)

    assert (await browser.get(url)).status_code == 405


@pytest.mark.parametrize("url", [CHAT, MESSAGES, TOKENIZE])
async def test_a_call_needs_the_token_of_the_page(ready: User, url: str) -> None:
    browser = AsyncClient(enforce_csrf_checks=True)
    await browser.aforce_login(ready, backend=BACKEND)

    assert (await browser.post(url, PROMPT)).status_code == 403
    assert not await in_db(UsageRecord.objects.exists)


async def test_a_response_that_is_closed_early_is_drained_and_settled(
    ready: User,
) -> None:
    browser = await browser_of(ready)
    gate = asyncio.Event()
    script = Script(chunk("one"), gate.wait, *answer("two"))

    with use_transport(streaming(script)):
        response = cast(StreamingHttpResponse, await browser.post(CHAT, PROMPT))
        stream = aiter(cast(AsyncIterator[bytes], response.streaming_content))
        await anext(stream)
        await in_db(response.close)
        gate.set()
        record = await settled()

    assert (record.outcome, record.cost_ticks) == (Outcome.COMPLETE, 4_121_500)


async def test_a_response_that_nobody_reads_is_never_sent(ready: User) -> None:
    browser = await browser_of(ready)
    script = Script(*answer("x"))

    with use_transport(streaming(script)):
        response = await browser.post(CHAT, PROMPT)
        await in_db(response.close)
        record = await settled()

    assert script.sent == 0
    assert (record.state, record.cost_ticks) == (RecordState.RELEASED, None)


@pytest.mark.parametrize("close", [False, True], ids=["alone", "and closed"])
async def test_a_request_that_cannot_be_built_is_released(
    ready: User, close: bool
) -> None:
    call = await in_db(admitted, ready)

    def fail(_upstream: xai.AsyncXaiClient, _auth: xai.XaiAuth) -> xai.EventStream:
        raise ValueError("no JSON")

    response = EventsResponse(call, fail)
    with pytest.raises(ValueError, match="no JSON"):
        await events_of(response)
    if close:
        await in_db(response.close)

    record = await the_record()
    assert (record.state, record.cost_ticks) == (RecordState.RELEASED, None)


async def test_its_kept_answer_is_forgotten_once(ready: User) -> None:
    answer_id = uuid4()
    asked = storing.Asked(
        owner=ready,
        conversation_id=uuid4(),
        answer_id=answer_id,
        lane=0,
        endpoint=Endpoint.CHAT,
        model=stock.GROK,
        turns=json.loads(TURNS),
        parameters={},
    )
    call = await in_db(storing.begin, asked, lambda: admitted(ready))

    def fail(_upstream: xai.AsyncXaiClient, _auth: xai.XaiAuth) -> xai.EventStream:
        raise ValueError("no JSON")

    response = EventsResponse(call, fail, kept=KeptAnswer(answer_id))
    with pytest.raises(ValueError, match="no JSON"):
        await events_of(response)
    left = await in_db(Turn.objects.filter(pk=answer_id).exists)
    await in_db(storing.begin, asked, lambda: admitted(ready))
    await in_db(response.close)

    assert not left
    assert await in_db(Turn.objects.filter(pk=answer_id).exists)


def admitted(person: User) -> Call:
    """Admit a short chat."""
    return admit(
        user=person,
        endpoint=Endpoint.CHAT,
        model=stock.GROK,
        prompt_bytes=9,
        max_tokens=9,
    )


async def test_stop_from_the_page_ends_the_answer(ready: User) -> None:
    browser = await browser_of(ready)
    script = Script(chunk("one"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        response = await browser.post(CHAT, PROMPT)
        stream = aiter(cast(Any, response).streaming_content)
        (start,) = events_in((await anext(stream)).decode())
        await anext(stream)
        url = reverse("playground:stop", args=[start[1]["record"]])
        stopped = await browser.post(url)
        (last,) = events_in((await anext(stream)).decode())

    record = await settled()
    assert stopped.status_code == 204
    assert last[0] == "done"
    assert "stopped by you" in last[1]["meter"]
    assert (record.outcome, record.source) == (Outcome.STOPPED, CostSource.ESTIMATED)
    if keeping := pump.in_flight(record.pk):  # its listener was told before
        await keeping.finished()
    assert pump.in_flight(record.pk) is None


async def test_tokens_come_with_figures_and_prices(ready: User) -> None:
    browser = await browser_of(ready)
    body = {
        "token_ids": [
            {"token_id": 1, "string_token": "Hej", "token_bytes": [72, 101, 106]},
            {"token_id": 2, "string_token": "?", "token_bytes": [226, 128, 139]},
        ]
    }

    with use_transport(saying(200, body)):
        text = {"model": stock.GROK, "text": "Hej\u200b"}
        response = await browser.post(TOKENIZE, text)
        head, tokens, end = await lines_of(response)

    record = await settled()
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert tokens == {
        "tokens": [[1, "48656a"], [2, "e2808b", "zero width space: cannot be seen"]],
        "signs": {"\u200b": ["ZWSP", "zero width space", True]},
    }
    assert end == {"end": True}
    assert (head["count"], head["once"]) == (2, 25_000)
    assert "2 x 12,500 = 25,000 ticks" in head["figures"]
    assert "2 of 1,000,000" in head["figures"]
    assert "grok-4.3" in head["costs"]
    assert head["row"].lstrip().startswith("<tr>")
    assert "<b>2</b>" in head["row"]
    assert "$0.250000" in head["row"]
    assert record.source == CostSource.UNKNOWN


async def test_many_tokens_come_in_slices(ready: User) -> None:
    browser = await browser_of(ready)
    one = {"token_id": 5, "string_token": "a", "token_bytes": [97]}

    with use_transport(saying(200, {"token_ids": [one] * 9000})):
        text = {"model": stock.GROK, "text": "a" * 9000}
        head, *parts, end = await lines_of(await browser.post(TOKENIZE, text))

    assert [len(part["tokens"]) for part in parts] == [2000, 2000, 2000, 2000, 1000]
    assert (head["count"], end) == (9000, {"end": True})


async def test_the_price_of_a_model_that_was_not_told_is_unknown(
    sam: User, api_key: ApiKey
) -> None:
    await in_db(lambda: stock.usable(api_key, stock.language_model()))
    browser = await browser_of(sam)
    one = {"token_id": 5, "string_token": "a", "token_bytes": [97]}

    with use_transport(saying(200, {"token_ids": [one]})):
        text = {"model": stock.GROK, "text": "a"}
        head, *_ = await lines_of(await browser.post(TOKENIZE, text))

    assert head["once"] is None
    assert "price unknown" in head["row"]


async def test_each_model_is_admitted_and_booked_alone(
    ready: User, api_key: ApiKey
) -> None:
    """One is refused before anything is sent, the other is counted all the same."""
    browser = await browser_of(ready)
    one = {"token_id": 5, "string_token": "a", "token_bytes": [97]}

    with use_transport(saying(200, {"token_ids": [one]})):
        missing = await browser.post(TOKENIZE, {"model": "grok-none", "text": "a"})
        counted = await browser.post(TOKENIZE, {"model": stock.GROK, "text": "a"})
        *_, end = await lines_of(counted)

    record = await settled()
    assert missing.status_code in {403, 404}
    assert end == {"end": True}
    assert record.model_asked == stock.GROK


async def test_a_tokenizer_that_fails_is_said(ready: User) -> None:
    browser = await browser_of(ready)

    with use_transport(saying(503, {"error": "down"})):
        (only,) = await lines_of(
            await browser.post(TOKENIZE, {"model": stock.GROK, "text": "x"})
        )

    assert "xAI has trouble." in only["notice"]
