"""What both clients do beyond sending and reading: limits, repeats, refusals."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from console import xai
from console.xai import (
    AsyncXaiClient,
    Cause,
    ChatRequest,
    Timeouts,
    TokenizeRequest,
    XaiClient,
    XaiError,
)
from tests.xai.answering import (
    AUTH,
    BASE,
    SEED,
    Parts,
    Upstream,
    always,
    blocking,
    no_wait,
    waiting,
)

INFO = httpx.Response(200, json=SEED["GET /v1/api-key"]["response"])
CHAT = ChatRequest(model="grok-4.3", messages=[{"role": "user", "content": "Hi"}])
KIB = 1024
MIB = 1024 * KIB

CAPS: dict[str, tuple[str, tuple[Any, ...], int]] = {
    "api-key": ("key_info", (), 64 * KIB),
    "models": ("models", (), 2 * MIB),
    "language-models": ("language_models", (), 2 * MIB),
    "tokenize": ("tokenize", (TokenizeRequest(model="m", text="t"),), 64 * MIB),
    "chat": ("chat", (CHAT,), 8 * MIB),
}


async def failure(upstream: Upstream, method: str, *arguments: Any) -> XaiError:
    """Return the error of the synchronous client; the other must raise the same."""
    with pytest.raises(XaiError) as one:
        getattr(blocking(upstream), method)(*arguments, auth=AUTH)
    requests = len(upstream.requests)
    with pytest.raises(XaiError) as other:
        await getattr(waiting(upstream), method)(*arguments, auth=AUTH)
    assert len(upstream.requests) == 2 * requests
    assert vars(one.value) == vars(other.value)
    assert one.value.__context__ is other.value.__context__ is None
    return one.value


@pytest.mark.parametrize("name", CAPS)
def test_a_body_is_given_up_when_it_passes_its_cap(name: str) -> None:
    method, arguments, cap = CAPS[name]
    body = Parts(b" " * 16 * KIB for _ in range(10_000))

    with pytest.raises(xai.BadAnswer) as caught:
        getattr(blocking(lambda request: httpx.Response(200, stream=body)), method)(
            *arguments, auth=AUTH
        )

    assert caught.value.cause is Cause.TOO_BIG
    assert body.read == cap // (16 * KIB) + 1
    assert body.closed


async def test_a_body_that_says_it_is_too_big_is_not_read_at_all() -> None:
    body = Parts([b"{}"])
    headers = {"content-length": str(65 * KIB)}
    client = waiting(lambda request: httpx.Response(200, headers=headers, stream=body))

    with pytest.raises(xai.BadAnswer) as caught:
        await client.key_info(auth=AUTH)

    assert (caught.value.cause, body.read, body.closed) == (Cause.TOO_BIG, 0, True)


async def test_compressed_answers_are_refused_unread() -> None:
    body = Parts([b"\x1f\x8b"])
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=body)

    error = await failure(Upstream(answer), "key_info")

    assert (type(error), error.cause) == (xai.BadAnswer, Cause.ENCODED)
    assert body.read == 0


async def test_a_compressed_refusal_is_judged_by_its_status() -> None:
    headers = {"content-encoding": "br"}
    upstream = Upstream(httpx.Response(429, headers=headers, stream=Parts([b"x"])))

    assert (await failure(upstream, "key_info")).cause is Cause.RATE_LIMIT


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    upstream = Upstream(httpx.Response(status, headers={"location": f"{BASE}/v2"}))

    error = await failure(upstream, "key_info")

    assert (type(error), error.cause) == (xai.BadAnswer, Cause.REDIRECT)
    assert len(upstream.requests) == 2


BAD_JSON = {
    "nothing": "",
    "a page": "<html>",
    "half": '{"api_key_id": "a"',
    "a list": "[]",
    "a string": '"a"',
    "null": "null",
    "a key twice": '{"api_key_id": "a", "acls": [], "acls": ["x"]}',
    "a nested key twice": '{"api_key_id": "a", "x": [{"b": 1, "b": 2}]}',
    "not a number": '{"api_key_id": "a", "x": NaN}',
    "infinity": '{"api_key_id": "a", "x": -Infinity}',
    "a huge float": '{"api_key_id": "a", "x": 1e999}',
    "a huge integer": '{"api_key_id": "a", "x": ' + "9" * 5000 + "}",
    "deep lists": '{"api_key_id": "a", "x": ' + "[" * 32 + "]" * 32 + "}",
    "very deep": "[" * 60_000,
    "no identity": '{"name": "a"}',
    "an empty identity": '{"api_key_id": ""}',
    "an odd identity": '{"api_key_id": 7}',
    "an identity of lines": '{"api_key_id": "a\\nb"}',
}


@pytest.mark.parametrize("name", BAD_JSON)
async def test_an_answer_that_cannot_be_trusted_is_a_bad_answer(name: str) -> None:
    upstream = Upstream(httpx.Response(200, text=BAD_JSON[name]))

    error = await failure(upstream, "key_info")

    assert (type(error), error.cause) == (xai.BadAnswer, Cause.MALFORMED)
    assert error.status == 200


def test_an_answer_in_other_bytes_than_utf_8_is_a_bad_answer() -> None:
    with pytest.raises(xai.BadAnswer):
        blocking(always(content=b'{"api_key_id": "\xff"}')).key_info(auth=AUTH)


def test_depth_is_allowed_up_to_the_bound() -> None:
    text = '{"api_key_id": "a", "x": ' + "[" * 31 + "]" * 31 + "}"

    assert blocking(always(text=text)).key_info(auth=AUTH).api_key_id == "a"


def test_characters_no_database_takes_are_replaced() -> None:
    text = r'{"api_key_id": "a", "name": "x\u0000y\ud800z", "\ud83d\ude00": "\u00e9"}'

    info = blocking(always(text=text)).key_info(auth=AUTH)

    assert info.name == "x\ufffdy\ufffdz"
    assert info.raw["😀"] == "é"


FAULTS: dict[str, tuple[httpx.Response | Exception, int, int]] = {
    # what comes first: requests of a GET, requests of a POST
    "refused": (httpx.ConnectError("no"), 2, 2),
    "connect timeout": (httpx.ConnectTimeout("no"), 2, 2),
    "pool timeout": (httpx.PoolTimeout("no"), 2, 2),
    "reset": (httpx.ReadError("no"), 2, 1),
    "closed": (httpx.RemoteProtocolError("no"), 2, 1),
    "write error": (httpx.WriteError("no"), 2, 1),
    "read timeout": (httpx.ReadTimeout("no"), 1, 1),
    "502": (httpx.Response(502), 2, 1),
    "503": (httpx.Response(503), 2, 1),
    "504": (httpx.Response(504), 2, 1),
    "500": (httpx.Response(500), 1, 1),
    "529": (httpx.Response(529), 1, 1),
    "429": (httpx.Response(429), 1, 1),
    "408": (httpx.Response(408), 1, 1),
    "400": (httpx.Response(400), 1, 1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_repeats_only_what_cannot_cost_twice(name: str) -> None:
    fault, gets, posts = FAULTS[name]
    get, post = Upstream(fault), Upstream(fault)

    await failure(get, "key_info")
    await failure(post, "chat", CHAT)

    assert (len(get.requests), len(post.requests)) == (2 * gets, 2 * posts)


@pytest.mark.parametrize("name", [n for n, (_, gets, _) in FAULTS.items() if gets == 2])
async def test_one_fault_does_not_show(name: str) -> None:
    fault = FAULTS[name][0]

    one = blocking(Upstream(fault, INFO)).key_info(auth=AUTH)
    other = await waiting(Upstream(fault, INFO)).key_info(auth=AUTH)

    assert one == other


def test_pauses_before_a_repetition() -> None:
    pauses: list[float] = []
    transport = httpx.MockTransport(always(503))
    client = XaiClient(BASE, transport=transport, sleep=pauses.append)

    for _ in range(20):
        with pytest.raises(xai.UpstreamDown):
            client.key_info(auth=AUTH)

    assert len(pauses) == 20
    assert all(0.5 <= seconds <= 1.5 for seconds in pauses)
    assert len(set(pauses)) > 1


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (httpx.ConnectError("no"), Cause.CONNECT),
        (httpx.ConnectTimeout("no"), Cause.TIMEOUT),
        (httpx.ReadTimeout("no"), Cause.TIMEOUT),
        (httpx.ReadError("no"), Cause.UNREACHABLE),
        (httpx.LocalProtocolError("no"), Cause.UNREACHABLE),
        (ConnectionResetError("no"), Cause.UNREACHABLE),
    ],
    ids=repr,
)
async def test_no_answer_is_unreachable(fault: Exception, cause: Cause) -> None:
    error = await failure(Upstream(fault), "key_info")

    assert (type(error), error.cause, error.status) == (xai.Unreachable, cause, None)


async def test_a_body_that_breaks_off_is_unreachable() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Parts([b"{", httpx.ReadError("gone")]))

    with pytest.raises(xai.Unreachable):
        blocking(answer).chat(CHAT, auth=AUTH)
    with pytest.raises(xai.Unreachable):
        await waiting(answer).chat(CHAT, auth=AUTH)


async def test_a_body_that_drips_is_given_up() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" "

    body = Parts(endless())
    hurry = Timeouts(whole=0.05)

    with pytest.raises(xai.Unreachable) as caught:
        blocking(lambda request: httpx.Response(200, stream=body), hurry).models(
            auth=AUTH
        )

    assert caught.value.cause is Cause.TIMEOUT
    assert body.closed


@pytest.mark.parametrize(
    "hurry", [Timeouts(whole=0.05), Timeouts(read=0.05)], ids=["whole", "read"]
)
async def test_an_answer_that_does_not_come_is_given_up(hurry: Timeouts) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return INFO

    client = AsyncXaiClient(
        BASE,
        transport=httpx.MockTransport(answer),
        timeouts=hurry,
        sleep=no_wait,
    )

    with pytest.raises(xai.Unreachable) as caught:
        async with asyncio.timeout(5):
            await client.key_info(auth=AUTH)

    assert caught.value.cause is Cause.TIMEOUT
    assert caught.value.__context__ is None


async def test_silence_is_counted_from_the_last_arrival() -> None:
    parts = [INFO.content[:9], INFO.content[9:20], INFO.content[20:]]

    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for part in parts:
                await asyncio.sleep(0.2)
                yield part

    client = waiting(
        lambda request: httpx.Response(200, stream=Trickle()), Timeouts(read=0.5)
    )

    assert (await client.key_info(auth=AUTH)).name == "My API Key"


def test_each_kind_of_call_has_its_timeouts() -> None:
    upstream = Upstream(httpx.Response(400))
    for method, arguments in (("key_info", ()), ("chat", (CHAT,))):
        with pytest.raises(XaiError):
            getattr(blocking(upstream), method)(*arguments, auth=AUTH)

    quick, patient = (request.extensions["timeout"] for request in upstream.requests)
    assert quick == {"connect": 5, "read": 15, "write": 10, "pool": 5}
    assert patient == quick | {"read": 600}


async def test_no_timer_of_the_engine_outlives_a_call_that_waits() -> None:
    """aiohttp's timer of reading can: it failed the next call on the connection."""
    upstream = Upstream(httpx.Response(400))
    calls = (("key_info", ()), ("chat", (CHAT,)))
    for method, arguments in calls:
        with pytest.raises(XaiError):
            await getattr(waiting(upstream), method)(*arguments, auth=AUTH)

    told = [request.extensions["timeout"]["read"] for request in upstream.requests]
    assert told == [None, None]
