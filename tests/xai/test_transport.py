"""The real engines over a real socket: faults, headers, cookies, closing."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from console import xai
from console.xai import (
    AsyncXaiClient,
    Cause,
    Secret,
    Timeouts,
    XaiAuth,
    XaiClient,
)
from tests.xai.answering import AUTH, KEY, SEED, no_sleep, no_wait
from tests.xai.loopback import (
    Reader,
    Talk,
    Writer,
    close,
    hang,
    hang_in_the_body,
    http,
    reset,
    saying,
    serving,
)
from tests.xai.test_secret import everything_in

INFO = http("200 OK", json.dumps(SEED["GET /v1/api-key"]["response"]).encode())
SHORT = Timeouts(connect=1, read=0.2, whole=2, idle=0.2)


Call = Callable[..., Awaitable[Any]]


@pytest.fixture(params=["blocking", "waiting"])
async def key_info(request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    """Ask for a key with one client or the other, over the real transport."""
    clients: dict[str, XaiClient | AsyncXaiClient] = {}

    async def ask(url: str, timeouts: Timeouts = SHORT) -> Any:
        kind = XaiClient if request.param == "blocking" else AsyncXaiClient
        sleep: Any = no_sleep if request.param == "blocking" else no_wait
        if url not in clients:
            clients[url] = kind(
                url, allow_loopback_http=True, timeouts=timeouts, sleep=sleep
            )
        client = clients[url]
        if isinstance(client, XaiClient):
            return await asyncio.to_thread(client.key_info, auth=AUTH)
        return await client.key_info(auth=AUTH)

    yield ask
    for client in clients.values():
        if isinstance(client, XaiClient):
            client.close()
        else:
            await client.aclose()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FAULTS: dict[str, tuple[Talk, Cause]] = {
    "reset": (reset, Cause.UNREACHABLE),
    "closed": (close, Cause.UNREACHABLE),
    "hang": (hang, Cause.TIMEOUT),
    "hang in the body": (hang_in_the_body, Cause.TIMEOUT),
    "garbage": (saying(b"SSH-2.0-OpenSSH\r\n\r\n"), Cause.UNREACHABLE),
    "short": (saying(SIZED + b"{"), Cause.UNREACHABLE),
    "short chunk": (saying(CHUNKED + b"ff\r\n{"), Cause.UNREACHABLE),
    "bad chunk": (saying(CHUNKED + b"zz\r\n{"), Cause.UNREACHABLE),
    "endless header": (saying(ENDLESS), Cause.UNREACHABLE),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_is_unreachable_and_shows_no_key(
    name: str, key_info: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    talk, cause = FAULTS[name]
    async with serving(talk) as upstream:
        with pytest.raises(xai.Unreachable) as caught:
            await key_info(upstream.url)

    assert caught.value.cause is cause
    assert len(upstream.heads) == (1 if cause is Cause.TIMEOUT else 2)
    assert KEY[4:] not in everything_in(caught.value)
    assert KEY[4:] not in caplog.text


async def test_a_refused_connection_is_no_timeout(key_info: Call) -> None:
    with pytest.raises(xai.Unreachable) as caught:
        await key_info(f"http://127.0.0.1:{closed_port()}")

    assert (caught.value.cause, caught.value.sent) == (Cause.CONNECT, False)
    assert KEY[4:] not in everything_in(caught.value)


async def test_tls_with_a_server_that_has_none_is_no_connection(key_info: Call) -> None:
    async def answer_at_once(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_at_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(xai.Unreachable) as caught:
        await key_info(f"https://127.0.0.1:{port}")
    server.close()

    assert caught.value.sent is False
    assert KEY[4:] not in everything_in(caught.value)


async def test_connections_are_used_again(key_info: Call) -> None:
    async with serving(INFO) as upstream:
        for _ in range(3):
            assert (await key_info(upstream.url)).name == "My API Key"

    assert upstream.connections == 1


async def test_cookies_and_environment_stay_out(
    key_info: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    cookie = INFO.replace(b"\r\n\r\n", b"\r\nSet-Cookie: who=first; Path=/\r\n\r\n", 1)
    async with serving(cookie) as upstream:
        await key_info(upstream.url)
        await key_info(upstream.url)

    for head in upstream.heads:
        names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:-2]}
        assert names - {b"connection"} == {
            b"host",
            b"accept",
            b"accept-encoding",
            b"user-agent",
            b"authorization",
            b"x-client-request-id",
        }
        assert f"Authorization: Bearer {KEY}".lower().encode() in head.lower()


async def test_a_path_segment_survives_the_engine() -> None:
    client = AsyncXaiClient("http://127.0.0.1:1", allow_loopback_http=True)
    async with serving(http("200 OK", b'{"id": "a"}')) as upstream:
        await client.aclose()
        client = AsyncXaiClient(upstream.url, allow_loopback_http=True)
        await client.model("a/../b c%2F", auth=AUTH)
        await client.aclose()

    assert upstream.heads[0].startswith(b"GET /v1/models/a%2F..%2Fb%20c%252F HTTP/1.1")


async def test_compressed_answers_reach_nobody(key_info: Call) -> None:
    body = http("200 OK", b"\x1f\x8b" + b"x" * 100, "Content-Encoding: gzip")
    async with serving(body) as upstream:
        with pytest.raises(xai.BadAnswer) as caught:
            await key_info(upstream.url)

    assert caught.value.cause is Cause.ENCODED


async def test_redirects_are_not_followed(key_info: Call) -> None:
    async with serving(INFO) as other:
        moved = http("302 Found", b"", f"Location: {other.url}/v1/api-key")
        async with serving(moved) as upstream:
            with pytest.raises(xai.BadAnswer):
                await key_info(upstream.url)

    assert other.heads == []


async def test_many_calls_with_many_keys_at_once() -> None:
    async with serving(INFO) as upstream:
        client = AsyncXaiClient(upstream.url, allow_loopback_http=True)
        auths = [XaiAuth(Secret.parse(f"xai-{n:040d}")) for n in range(50)]
        await asyncio.gather(*(client.key_info(auth=auth) for auth in auths))
        await client.aclose()

    sent = {
        line.split(b" ")[2].decode()
        for head in upstream.heads
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"authorization")
    }
    assert sent == {f"xai-{n:040d}" for n in range(50)}
