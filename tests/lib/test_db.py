"""`in_db`: rows from asynchronous code, with few connections for many calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar

import pytest
from django.db import OperationalError, connection

from console.lib.db import THREADS, in_db
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
    assert len(set(names)) <= THREADS


@pytest.fixture
async def kept(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Connections are kept as in production; in the end all are closed."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    yield
    all_there = threading.Barrier(THREADS)

    def close() -> None:
        all_there.wait(5)  # so that each thread closes its own
        connection.close()

    await asyncio.gather(*(in_db(close) for _ in range(THREADS)))


async def test_keeps_a_connection_for_each_thread_and_no_more(kept: None) -> None:
    await asyncio.gather(*(in_db(ask, 1) for _ in range(40)))

    assert await in_db(count_others) <= THREADS  # with this test's own


async def test_a_thread_uses_its_connection_again(kept: None) -> None:
    def server_process() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    calls = (in_db(server_process) for _ in range(40))

    assert len(set(await asyncio.gather(*calls))) <= THREADS


async def test_a_connection_that_was_lost_is_opened_anew(kept: None) -> None:
    def lose() -> None:
        with connection.cursor() as cursor, suppress(OperationalError):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    await asyncio.gather(*(in_db(lose) for _ in range(THREADS)))

    assert await asyncio.gather(*(in_db(ask, 1) for _ in range(20))) == [1] * 20


async def test_what_a_call_left_undone_does_not_reach_the_next(kept: None) -> None:
    def begin() -> None:
        connection.set_autocommit(False)
        ask(1)

    def is_as_usual() -> bool:
        return ask(1) == 1 and connection.get_autocommit()

    await asyncio.gather(*(in_db(begin) for _ in range(THREADS)))

    assert all(await asyncio.gather(*(in_db(is_as_usual) for _ in range(20))))


async def test_closes_what_the_settings_do_not_keep() -> None:
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
