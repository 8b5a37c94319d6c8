"""Streams over a real socket."""

import asyncio
from typing import Any

import pytest

from console import xai
from console.xai import (
    AsyncXaiClient,
    Cause,
    ChatRequest,
    Timeouts,
    XaiError,
)
from tests.xai.answering import AUTH, KEY, no_wait
from tests.xai.loopback import (
    Reader,
    Writer,
    close,
    hang,
    http,
    reset,
    saying,
    serving,
)
from tests.xai.streams import read
from tests.xai.test_secret import everything_in

CHAT = ChatRequest(model="grok-4.3", messages=[{"role": "user", "content": "Hi"}])
SHORT = Timeouts(connect=1, read=0.2, whole=2, idle=0.2)
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"

TRUNCATED = EVENTS + b"Transfer-Encoding: chunked\r\n\r\nff\r\ndata: {}\n\n"
FORBIDDEN = http("403 Forbidden", b"The API key is disabled")


async def stream_of(*answers: Any) -> tuple[list[xai.Event], XaiError | None]:
    """Return the events of a streamed chat and the error it ends in."""
    async with serving(*answers) as upstream:
        client = AsyncXaiClient(
            upstream.url, allow_loopback_http=True, timeouts=SHORT, sleep=no_wait
        )
        events, error = await read(client.stream_chat(CHAT, auth=AUTH))
        await client.aclose()
    assert error is None or KEY[4:] not in everything_in(error)
    return events, error


async def test_a_stream_arrives_event_by_event() -> None:
    async def drip(reader: Reader, writer: Writer) -> None:
        for byte in EVENTS + b"\r\ndata: {}\r\n\r\ndata: [DONE]\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()

    events, error = await stream_of(drip)

    assert (events, error) == ([xai.Event("message", "{}")], None)


@pytest.mark.parametrize(
    ("talk", "kind", "cause"),
    [
        (saying(EVENTS + b"\r\ndata: {}\n\n"), xai.StreamCut, Cause.CUT),
        (saying(TRUNCATED), xai.StreamCut, Cause.CUT),
        (reset, xai.Unreachable, Cause.UNREACHABLE),
        (close, xai.Unreachable, Cause.UNREACHABLE),
        (hang, xai.Unreachable, Cause.TIMEOUT),
        (saying(FORBIDDEN), xai.KeyRejected, Cause.KEY_DISABLED),
    ],
    ids=["end", "truncated", "reset", "closed", "hang", "refused"],
)
async def test_a_stream_that_fails_says_how(
    talk: Any, kind: type[XaiError], cause: Cause
) -> None:
    _, error = await stream_of(talk)

    assert (type(error), error and error.cause) == (kind, cause)


async def test_silence_in_a_stream_is_a_cut() -> None:
    async def fall_silent(reader: Reader, writer: Writer) -> None:
        writer.write(EVENTS + b"\r\ndata: {}\n\n")
        await hang(reader, writer)

    events, error = await stream_of(fall_silent)

    assert len(events) == 1
    assert (type(error), error and error.cause) == (xai.StreamCut, Cause.TIMEOUT)


async def test_closing_a_stream_closes_the_connection_at_once() -> None:
    async def go_on(reader: Reader, writer: Writer) -> None:
        writer.write(EVENTS + b"\r\ndata: {}\n\n")
        await hang(reader, writer)

    async with serving(go_on) as upstream:
        client = AsyncXaiClient(upstream.url, allow_loopback_http=True)
        stream = client.stream_chat(CHAT, auth=AUTH)
        await anext(stream)

        await stream.aclose()

        await asyncio.wait_for(upstream.lost.wait(), 1)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        await client.aclose()


async def test_cancelling_a_reader_and_closing_frees_the_connection() -> None:
    async with serving(hang) as upstream:
        client = AsyncXaiClient(upstream.url, allow_loopback_http=True)
        call = asyncio.create_task(client.chat(CHAT, auth=AUTH))
        async with asyncio.timeout(5):
            while not upstream.heads:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        call.cancel()

        await asyncio.wait_for(upstream.lost.wait(), 1)
        with pytest.raises(asyncio.CancelledError):
            await call
        await client.aclose()
