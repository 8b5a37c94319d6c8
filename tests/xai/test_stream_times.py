"""What a stream tells of itself: the request, the connection, the answer's head."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any

import pytest

from console.relay.hearing import Heard
from console.xai import AsyncXaiClient, EventStream, MessagesRequest
from console.xai.limits import FRAME
from tests.xai.answering import AUTH, KEY, no_wait
from tests.xai.loopback import Loopback, Reader, Writer, http, serving
from tests.xai.streams import read
from tests.xai.test_transport_streams import CHAT

EVENT_STREAM = "Content-Type: text/event-stream"
DONE = http("200 OK", b"data: {}\n\ndata: [DONE]\n\n", EVENT_STREAM)
# As observed: deltas have no index, and every block calls itself number 0.
WITHOUT_INDEX: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"model": "grok-4.3"}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
    {"type": "content_block_delta", "delta": {"thinking": "Hm"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "97"}},
    {"type": "content_block_stop"},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    {"type": "message_stop"},
]


def client_of(upstream: Loopback) -> AsyncXaiClient:
    return AsyncXaiClient(upstream.url, allow_loopback_http=True, sleep=no_wait)


async def read_all(stream: EventStream) -> None:
    _, error = await read(stream)
    assert error is None


async def test_the_first_call_connects_and_the_next_finds_its_connection_open() -> None:
    began = monotonic()
    async with serving(DONE) as upstream:
        client = client_of(upstream)
        first, second = (client.stream_chat(CHAT, auth=AUTH) for _ in range(2))
        await read_all(first)
        await read_all(second)
        await client.aclose()

    assert upstream.connections == 1
    assert (first.connecting.reused, second.connecting.reused) == (False, True)
    for stream in (first, second):
        assert stream.connecting.at is not None
        assert stream.answered_at is not None
        assert began <= stream.connecting.at <= stream.answered_at <= monotonic()


async def test_streams_at_the_same_time_note_their_own_connections() -> None:
    async with serving(DONE) as one, serving(DONE) as other:
        clients = client_of(one), client_of(other)
        streams = [each.stream_chat(CHAT, auth=AUTH) for each in clients]
        await read_all(streams[0])
        assert streams[1].connecting.at is None
        await read_all(streams[1])
        for client in clients:
            await client.aclose()

    assert not streams[1].connecting.reused


async def test_the_request_is_known_as_it_left_but_for_its_key() -> None:
    async with serving(DONE) as upstream:
        client = client_of(upstream)
        stream = client.stream_chat(CHAT, auth=AUTH)
        before = stream.asked
        await read_all(stream)
        await client.aclose()

    asked = stream.asked
    assert (before, asked is None) == (None, False)
    assert asked is not None
    (head,), (body,) = upstream.heads, upstream.bodies
    assert (asked.method, asked.url) == ("POST", f"{upstream.url}/v1/chat/completions")
    assert asked.body == body
    assert KEY.encode() in head
    assert KEY[4:] not in f"{asked!r}{asked.headers}{asked.body!r}"
    names = {name.lower() for name, _ in asked.headers}
    assert "authorization" not in names
    sent = {line.split(":")[0].lower() for line in head.decode().split("\r\n")[1:-2]}
    assert sent - names <= {"authorization", "connection"}


async def test_only_headers_that_tell_something_are_kept() -> None:
    headers = (
        EVENT_STREAM,
        "x-request-id: up-1",
        "x-ratelimit-remaining-requests: 7",
        f"x-ratelimit-note: {'n' * 900}",
        "set-cookie: a=b",
        "server: cloud",
    )
    async with serving(http("200 OK", b"data: [DONE]\n\n", *headers)) as upstream:
        client = client_of(upstream)
        stream = client.stream_chat(CHAT, auth=AUTH)
        await read_all(stream)
        await client.aclose()

    told = dict(stream.headers)
    assert set(told) == {
        "content-type",
        "x-request-id",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-note",
    }
    assert len(told["x-ratelimit-note"]) == 200


@pytest.mark.parametrize("named", [True, False], ids=["named", "bare"])
async def test_a_messages_stream_without_indexes_is_read_whole(named: bool) -> None:
    """The known defect of xAI's stream, from the bytes to the text."""
    wire = b"".join(
        (f"event: {one['type']}\n" if named else "").encode()
        + f"data: {json.dumps(one)}\n\n".encode()
        for one in WITHOUT_INDEX
    )
    heard = Heard()
    async with serving(http("200 OK", wire, EVENT_STREAM)) as upstream:
        client = client_of(upstream)
        request = MessagesRequest(model="grok-4.3", max_tokens=9, messages=[])
        async for event in client.stream_messages(request, auth=AUTH):
            heard.take(event)
        await client.aclose()

    assert ("".join(heard.reasoning), "".join(heard.text)) == ("Hm", "97")
    assert heard.finish == "end_turn"


async def test_what_comes_soon_after_is_read_together() -> None:
    said = asyncio.Event()

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{EVENT_STREAM}\r\n\r\n".encode())
        for number in range(3):
            writer.write(b'data: {"n": %d}\n\n' % number)
            await writer.drain()
            await said.wait()  # until the first was heard
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    async with serving(talk) as upstream:
        client = client_of(upstream)
        stream = client.stream_chat(CHAT, auth=AUTH)
        first = await anext(stream)
        said.set()
        second = await anext(stream)
        rest = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)  # one round of the loop: it was there already
        third = rest.result()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        await client.aclose()

    assert [one.data for one in (first, second, third)] == [
        '{"n": 0}',
        '{"n": 1}',
        '{"n": 2}',
    ]


async def test_what_comes_soon_after_is_read_in_another_frame() -> None:
    said, clock = asyncio.Event(), asyncio.get_running_loop().time
    wrote: list[float] = []

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{EVENT_STREAM}\r\n\r\n".encode())
        wrote.append(clock())
        writer.write(b"data: {}\n\n")
        await said.wait()  # until it was heard
        writer.write(b"data: {}\n\ndata: [DONE]\n\n")
        await writer.drain()

    async with serving(talk) as upstream:
        client = client_of(upstream)
        stream = client.stream_chat(CHAT, auth=AUTH)
        await anext(stream)
        said.set()
        await anext(stream)
        heard = clock()
        await client.aclose()

    assert heard // FRAME > wrote[0] // FRAME


async def test_a_stream_is_closed_at_once_between_two_readings() -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{EVENT_STREAM}\r\n\r\n".encode())
        writer.write(b"data: {}\n\n")
        await writer.drain()
        await reader.read()  # until the client is gone

    async with serving(talk) as upstream:
        client = client_of(upstream)
        stream = client.stream_chat(CHAT, auth=AUTH)
        await anext(stream)
        more = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)  # it waits for the next reading
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await more
        await asyncio.wait_for(upstream.lost.wait(), 10)
        await client.aclose()
