"""`in_db`: rows from asynchronous code, with no connection left behind."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest
from django.db import connection

from console.lib.db import in_db
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

STEP: ContextVar[str] = ContextVar("STEP", default="none")


def ask(value: int, *, add: int = 0) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + %s", [value, add])
        return int(cursor.fetchone()[0])


def count_others() -> int:
    """Return how many other sessions this database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND backend_type = 'client backend'
            """
        )
        return int(cursor.fetchone()[0])


async def test_returns_the_result() -> None:
    assert await in_db(ask, 1, add=2) == 3


async def test_raises_what_the_function_raises() -> None:
    with pytest.raises(ValueError, match="wrong"):
        await in_db(int, "wrong", base=10)


async def test_runs_in_eight_threads_at_most() -> None:
    names = await asyncio.gather(
        *(
            in_db(lambda: (ask(1), threading.current_thread().name)[1])
            for _ in range(40)
        )
    )

    assert all(name.startswith("in_db") for name in names)
    assert len(set(names)) <= 8


async def test_leaves_no_connection_behind() -> None:
    await asyncio.gather(*(in_db(ask, 1) for _ in range(20)))

    def only_ours_is_left() -> bool:
        return asyncio.run(in_db(count_others)) <= 1  # this test's thread keeps one

    # The server needs a moment to end a session whose client has left.
    await asyncio.to_thread(wait_until, only_ours_is_left)


async def test_the_context_of_the_caller_is_seen() -> None:
    STEP.set("caller")

    assert await in_db(STEP.get) == "caller"


async def test_a_cancelled_caller_does_not_stop_a_write() -> None:
    began, go_on, ended = (threading.Event() for _ in range(3))

    def write() -> None:
        began.set()
        go_on.wait(5)
        ask(1)
        ended.set()

    task = asyncio.create_task(in_db(write))
    await asyncio.to_thread(began.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()

    assert await asyncio.to_thread(ended.wait, 5)
