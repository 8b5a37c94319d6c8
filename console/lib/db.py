"""Ways to the database: `await in_db(function, …)`, prepared statements, patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.utils import CursorWrapper

from console.lib.postgres.base import DatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
PATIENCE = 5.0  # seconds

# sync_to_async gives every request a thread, and so a database connection, of its own.
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="in_db")


async def in_db(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a synchronous function that uses the database, and return its result.

    It runs in one of eight threads, each of which keeps its connection as those of
    pages do (CONN_MAX_AGE): none is held while bytes flow, none opened for each call.
    Cancelling the caller does not stop it: what it began to write is written.
    """
    call = partial(copy_context().run, _call, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _call(function: Callable[[], T]) -> T:
    close_old_connections()  # what got too old since, or broke
    try:
        return function()
    finally:
        close_old_connections()


def prepared_cursor() -> CursorWrapper:
    """Return a cursor whose statements are planned once for each connection."""
    return _wrapper().prepared_cursor()


def wait_for_database() -> None:
    """Wait, PATIENCE at most, for a database that restarts. At the start of a call."""
    _wrapper().wait_for_server(PATIENCE)


def _wrapper() -> DatabaseWrapper:
    wrapper = connections[DEFAULT_DB_ALIAS]
    assert isinstance(wrapper, DatabaseWrapper)
    return wrapper
