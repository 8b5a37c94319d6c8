"""How streams end: cut, refused, broken, silent, too big, closed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from console import xai
from console.xai import (
    Cause,
    Event,
    Timeouts,
    XaiError,
)
from tests.xai.answering import (
    AUTH,
    Parts,
    Upstream,
    data,
    event_stream,
    named,
    waiting,
)
from tests.xai.streams import CHAT, DONE, STOP, WORDS, chat_of, read


@pytest.mark.parametrize(
    "ending",
    [(), ("data: {",), (httpx.ReadError("gone"),), (httpx.RemoteProtocolError("cut"),)],
    ids=["clean end", "half an event", "reset", "truncated"],
)
async def test_an_end_without_done_is_a_cut(
    ending: tuple[str | Exception, ...],
) -> None:
    events, error = await read(chat_of(event_stream(WORDS, STOP, *ending)))

    assert len(events) == 2
    assert isinstance(error, xai.StreamCut)
    assert (error.cause, error.status, error.request_id) == (Cause.CUT, 200, "req-7")
    assert error.__context__ is None


BUSY = {"type": "overloaded_error", "message": "Busy"}
DISABLED = {"code": "permission-denied", "error": "The API key is disabled"}
BROKEN: dict[str, tuple[str, type[XaiError], Cause]] = {
    "flat": (
        data({"code": "resource-exhausted", "error": "Too many requests"}),
        xai.RateLimited,
        Cause.RATE_LIMIT,
    ),
    "nested": (
        data({"error": {"message": "Oops", "type": "server_error"}}),
        xai.UpstreamDown,
        Cause.SERVER_ERROR,
    ),
    "messages": (
        named({"type": "error", "error": BUSY}),
        xai.UpstreamDown,
        Cause.OVERLOADED,
    ),
    "text": (
        "event: error\ndata: Something broke\n\n",
        xai.UpstreamDown,
        Cause.SERVER_ERROR,
    ),
    "named": (
        f"event: error\n{data(DISABLED)}",
        xai.KeyRejected,
        Cause.KEY_DISABLED,
    ),
}


@pytest.mark.parametrize(("broken", "kind", "cause"), BROKEN.values(), ids=BROKEN)
async def test_an_error_among_the_events_is_raised_after_them(
    broken: str, kind: type[XaiError], cause: Cause
) -> None:
    events, error = await read(chat_of(event_stream(WORDS + broken, DONE)))

    assert len(events) == 1
    assert (type(error), error and error.cause) == (kind, cause)
    assert error is not None
    assert (error.status, error.request_id) == (200, "req-7")


async def test_a_stream_answered_with_json_is_the_error_in_it() -> None:
    body = {"code": "resource-exhausted", "error": "Too many requests"}

    _, error = await read(chat_of(httpx.Response(200, json=body)))

    assert isinstance(error, xai.RateLimited)


@pytest.mark.parametrize("content", ["<html>", "{}", '{"choices": []}', ""])
async def test_a_stream_answered_with_something_else_is_a_bad_answer(
    content: str,
) -> None:
    _, error = await read(chat_of(httpx.Response(200, text=content)))

    assert isinstance(error, xai.BadAnswer)


async def test_a_refusal_before_the_first_byte_is_an_ordinary_error() -> None:
    stream = chat_of(httpx.Response(429, headers={"retry-after": "7"}, text="{}"))

    events, error = await read(stream)

    assert events == []
    assert isinstance(error, xai.RateLimited)
    assert (error.retry_after, stream.status) == (7, 429)


async def test_after_its_end_a_stream_stays_ended() -> None:
    stream = chat_of(event_stream(WORDS))
    await read(stream)

    assert await read(stream) == ([], None)


@pytest.mark.parametrize("parts", [64, 1], ids=["many lines", "one line"])
async def test_a_stream_that_is_too_big_is_given_up_early(parts: int) -> None:
    line = b": " + b"x" * (1024 * 1024 // parts - 3) + b"\n"
    body = Parts(line for _ in range(100 * parts))
    if parts == 1:
        body = Parts(b"x" * 65536 for _ in range(10_000))
    headers = {"content-type": "text/event-stream"}

    _, error = await read(chat_of(httpx.Response(200, headers=headers, stream=body)))

    assert isinstance(error, xai.BadAnswer)
    assert error.cause is Cause.TOO_BIG
    assert body.read <= 33 * parts
    assert body.closed


class Silent(httpx.AsyncByteStream):
    """One event, and comments for ever after."""

    def __init__(self) -> None:
        self.closed = False
        self.waited_for = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield WORDS.encode()
        while True:
            self.waited_for.set()
            await asyncio.sleep(0.01)
            yield b": still here\n\n"

    async def aclose(self) -> None:
        self.closed = True


def silent() -> tuple[Silent, httpx.Response]:
    body = Silent()
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return body, httpx.Response(200, headers=headers, stream=body)


async def test_comments_do_not_make_up_for_events() -> None:
    body, answer = silent()

    events, error = await read(chat_of(answer, Timeouts(idle=0.1)))

    assert len(events) == 1
    assert isinstance(error, xai.StreamCut)
    assert (error.cause, body.closed) == (Cause.TIMEOUT, True)


async def test_closing_ends_a_reader_that_waits_elsewhere() -> None:
    body, answer = silent()
    stream = chat_of(answer)
    reader = asyncio.create_task(read(stream))
    await asyncio.wait_for(body.waited_for.wait(), 5)

    await stream.aclose()

    assert await asyncio.wait_for(reader, 1) == ([Event("message", WORDS[6:-2])], None)
    assert body.closed


async def test_closing_before_the_answer_ends_the_wait_for_it() -> None:
    asked = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.sleep(60)
        return httpx.Response(200)

    client = xai.AsyncXaiClient(
        "https://api.x.ai", transport=httpx.MockTransport(answer)
    )
    stream = client.stream_chat(CHAT, auth=AUTH)
    reader = asyncio.create_task(read(stream))
    await asyncio.wait_for(asked.wait(), 1)

    await stream.aclose()

    assert await asyncio.wait_for(reader, 1) == ([], None)


async def test_closing_is_harmless_at_any_time_and_twice() -> None:
    stream = chat_of(event_stream(WORDS, DONE))

    await stream.aclose()
    await stream.aclose()

    assert await read(stream) == ([], None)


async def test_a_stream_that_was_never_sent_is_sent_again_once() -> None:
    upstream = Upstream(httpx.ConnectError("no"), event_stream(WORDS, DONE))

    events, error = await read(waiting(upstream).stream_chat(CHAT, auth=AUTH))

    assert (len(events), error, len(upstream.requests)) == (1, None, 2)


@pytest.mark.parametrize(
    ("fault", "requests", "cause"),
    [
        (httpx.ConnectError("no"), 2, Cause.CONNECT),
        (httpx.ReadTimeout("late"), 1, Cause.TIMEOUT),
        (httpx.RemoteProtocolError("closed"), 1, Cause.UNREACHABLE),
    ],
    ids=["refused", "late", "closed"],
)
async def test_no_answer_to_a_stream_is_unreachable(
    fault: Exception, requests: int, cause: Cause
) -> None:
    upstream = Upstream(fault)

    events, error = await read(waiting(upstream).stream_chat(CHAT, auth=AUTH))

    assert events == []
    assert isinstance(error, xai.Unreachable)
    assert (error.cause, len(upstream.requests)) == (cause, requests)
