"""What carries the bytes: where to, with which headers, over which engine."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport

from console.xai.endpoints import Call
from console.xai.limits import Timeouts

# A stream has its connection to itself, so this bounds the streams of a process.
LIMITS = httpx.Limits(
    max_connections=500, max_keepalive_connections=20, keepalive_expiry=30
)

# Everything that httpx, aiohttp and the system below them raise about a call.
FAULTS = (
    httpx.HTTPError,
    httpx.StreamError,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
)


@dataclass(slots=True)
class Connecting:
    """When a call had its connection; None: not told by the engine."""

    at: float | None = None  # monotonic
    reused: bool = False  # one that was open


_watched: ContextVar[Connecting | None] = ContextVar("_watched", default=None)


@contextmanager
def watching(connecting: Connecting) -> Iterator[None]:
    """Note in `connecting` when the request sent inside has its connection."""
    before = _watched.set(connecting)
    try:
        yield
    finally:
        _watched.reset(before)


def check_base_url(text: str, *, allow_loopback_http: bool) -> httpx.URL:
    """Return the base address if keys may be sent there, else raise ValueError.

    That is https, or, if allowed, http to this very machine.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    plain = not (url.userinfo or url.query or url.fragment or url.path.strip("/"))
    secure = url.scheme == "https" and bool(url.host)
    local = allow_loopback_http and url.scheme == "http" and _is_loopback(url.host)
    if not plain or not (secure or local):
        raise ValueError("The address of xAI is https:// and a host, nothing more.")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def build_request(
    base: httpx.URL, call: Call[Any], timeouts: Timeouts, *, read: float | None = None
) -> httpx.Request:
    """Return the request; its headers are these and no others.

    `read` is for engines that can be trusted with it: aiohttp's timer can outlive a
    long answer, and then fails whoever uses the connection next.
    """
    headers = {
        "Accept": call.accept,
        "Accept-Encoding": "identity",
        "User-Agent": "gatehouse",
        "x-client-request-id": str(uuid4()),
    }
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return httpx.Request(
        call.method,
        base.copy_with(raw_path=call.path.encode()),
        headers=headers,
        content=call.body,
        extensions={"timeout": timeouts.of(read=read)},
    )


def blocking_parts(response: httpx.Response) -> httpx.SyncByteStream:
    """Return the body as it comes off the wire."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    return response.stream


def waiting_parts(response: httpx.Response) -> httpx.AsyncByteStream:
    """Return the body as it comes off the wire."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


def sync_http(transport: httpx.BaseTransport | None) -> httpx.Client:
    """Return httpx as it is, without redirects and without the environment."""
    return httpx.Client(
        transport=transport, limits=LIMITS, trust_env=False, follow_redirects=False
    )


def async_http(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """Return httpx over aiohttp, which costs a fifth under many calls at once."""
    return httpx.AsyncClient(
        transport=transport if transport is not None else AioTransport(),
        trust_env=False,
        follow_redirects=False,
    )


class AioTransport(AiohttpTransport):
    """httpx's interface, aiohttp's engine, mended in three places.

    aiohttp keeps cookies, which would pass from one key to the next, and repeats a
    GET by itself. And the package reports nearly every fault as a timeout while
    connecting, which would make a request that was sent look like one that was not.
    """

    def __init__(self) -> None:
        super().__init__(limits=LIMITS, trust_env=False)
        self.client = self._open_session

    def _open_session(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            trace_configs=[_tracing()],
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            connector=aiohttp.TCPConnector(
                limit=LIMITS.max_connections or 0,
                keepalive_timeout=LIMITS.keepalive_expiry or 15,
                ssl=self.ssl_context,
                ttl_dns_cache=60,
            ),
        )
        session._retry_connection = False  # repeats are ours to decide
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; a fault says whether the request had been sent."""
        try:
            response: httpx.Response = await super().handle_async_request(request)
        except FAULTS as fault:
            error = _named(fault, request)
        else:
            return response
        raise error


def _tracing() -> aiohttp.TraceConfig:
    """Return what tells `watching` of connections, in the task that sends."""

    async def new(*_told: object) -> None:
        _note(reused=False)

    async def reused(*_told: object) -> None:
        _note(reused=True)

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(new)
    config.on_connection_reuseconn.append(reused)
    return config


def _note(*, reused: bool) -> None:
    if connecting := _watched.get():
        connecting.at, connecting.reused = monotonic(), reused


def _named(fault: BaseException, request: httpx.Request) -> httpx.TransportError:
    """Return the error that plain httpx would have raised, without its context.

    The frames behind it hold the headers, so they are not kept.
    """
    below = fault.__cause__ if isinstance(fault, httpx.HTTPError) else fault
    if isinstance(below, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout("connect", request=request)
    if isinstance(below, aiohttp.ClientConnectorError):
        return httpx.ConnectError("connect", request=request)
    if isinstance(below, TimeoutError):
        return httpx.ReadTimeout("read", request=request)
    return httpx.RemoteProtocolError("closed", request=request)
