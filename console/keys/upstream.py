"""The clients of the upstream hosts: made once per process, named in XAI_HOSTS."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from console import xai


class UnknownHost(LookupError):
    """No address in XAI_HOSTS has this name."""

    def __init__(self, host_name: str) -> None:
        super().__init__(host_name)
        self.host_name = host_name

    def __str__(self) -> str:
        return f"XAI_HOSTS has no address named {self.host_name}"


_lock = threading.Lock()
_transport: httpx.MockTransport | None = None
_sync: dict[str, xai.XaiClient] = {}
_async: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, xai.AsyncXaiClient]] = (
    WeakKeyDictionary()
)


def address(host_name: str) -> str:
    """Return the base URL that the settings give this name; or raise UnknownHost."""
    try:
        return str(settings.XAI_HOSTS[host_name])
    except KeyError:
        raise UnknownHost(host_name) from None


def hostname(host_name: str) -> str:
    """Return the host that secrets of this upstream are bound to."""
    return urlsplit(address(host_name)).hostname or ""


def default_host() -> str:
    """Return the first name of XAI_HOSTS, where a key belongs unless said."""
    return next(iter(settings.XAI_HOSTS))


def sync_client(host_name: str) -> xai.XaiClient:
    """Return this process's blocking client of one upstream host."""
    url = address(host_name)
    with _lock:
        if url not in _sync:
            # Settings let http through for this machine only.
            _sync[url] = (
                xai.XaiClient(url, allow_loopback_http=True)
                if _transport is None
                else xai.XaiClient(url, transport=_transport, sleep=_do_not_sleep)
            )
        return _sync[url]


def async_client(host_name: str) -> xai.AsyncXaiClient:
    """Return the client of one upstream host for the running event loop."""
    url = address(host_name)
    loop = asyncio.get_running_loop()
    with _lock:
        clients = _async.setdefault(loop, {})
        if url not in clients:
            clients[url] = (
                xai.AsyncXaiClient(url, allow_loopback_http=True)
                if _transport is None
                else xai.AsyncXaiClient(url, transport=_transport, sleep=_yield)
            )
        return clients[url]


async def close_async_clients() -> None:
    """Close the clients of the running event loop."""
    with _lock:
        clients = _async.pop(asyncio.get_running_loop(), {})
    for client in clients.values():
        await client.aclose()


@contextmanager
def use_transport(transport: httpx.MockTransport) -> Iterator[None]:
    """Let every client made inside this block answer from `transport`.

    For tests: nothing is sent, no client made before is used, and repeats of
    failed requests come without their pause.
    """
    global _transport, _sync, _async
    with _lock:
        before = _transport, _sync, _async
        _transport, _sync, _async = transport, {}, WeakKeyDictionary()
    try:
        yield
    finally:
        with _lock:
            _transport, _sync, _async = before


def _do_not_sleep(_seconds: float) -> None:
    """Stand in for the pause before a repeat."""


async def _yield(_seconds: float) -> None:
    """Stand in for the pause before a repeat."""
