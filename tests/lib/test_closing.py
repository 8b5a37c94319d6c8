"""The hooks of a process that is told to stop."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from console.lib.closing import Closing


@pytest.fixture
def closing() -> Closing:
    """A process of its own: without hooks, and not told to stop."""
    return Closing()


async def test_every_hook_is_awaited(closing: Closing) -> None:
    done: list[str] = []

    @closing.on_close
    async def first() -> None:
        await asyncio.sleep(0)
        done.append("first")

    @closing.on_close
    async def second() -> None:
        done.append("second")

    await closing.close_all()

    assert sorted(done) == ["first", "second"]


async def test_says_that_it_is_closing(closing: Closing) -> None:
    assert not closing.is_closing()

    await closing.close_all()

    assert closing.is_closing()


async def test_a_hook_that_fails_stops_no_other(
    closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    @closing.on_close
    async def fails() -> None:
        raise ValueError("xai-secret")

    @closing.on_close
    async def works() -> None:
        done.append("works")

    with caplog.at_level(logging.ERROR):
        await closing.close_all()

    assert done == ["works"]
    assert "ValueError" in caplog.text
    assert "xai-secret" not in caplog.text


async def test_a_hook_that_hangs_is_cancelled(closing: Closing) -> None:
    ended: list[str] = []

    @closing.on_close
    async def hangs() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hangs")

    await closing.close_all(timedelta(milliseconds=20))

    assert ended == ["hangs"]
