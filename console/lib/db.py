"""Rows for asynchronous code: `await in_db(function, …)`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

# sync_to_async gives every request a thread, and so a database connection, of its own.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="in_db")


async def in_db(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a synchronous function that uses the database, and return its result.

    It runs in one of eight threads and leaves no connection behind, so none is held
    while bytes flow. Cancelling the caller does not stop it: what it began to write
    is written.
    """
    call = partial(copy_context().run, _call, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _call(function: Callable[[], T]) -> T:
    try:
        return function()
    finally:
        connections.close_all()
