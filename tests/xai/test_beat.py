"""The clock that all streams of a loop are read by."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from console.xai.beat import Beat
from console.xai.limits import FRAME

BEATS = 8


async def test_all_who_wait_are_woken_in_one_round_of_the_loop() -> None:
    beat = Beat()
    waiting = [asyncio.ensure_future(beat.next()) for _ in range(5)]
    waiting.append(asyncio.ensure_future(_a_round_later(beat)))

    await asyncio.wait(waiting, return_when="FIRST_COMPLETED")
    await asyncio.sleep(0)

    assert all(one.done() for one in waiting)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_there_are_as_many_as_there_are_frames(loop: str) -> None:
    async def count() -> float:
        clock = asyncio.get_running_loop().time
        beat, begun = Beat(), clock()
        for _ in range(BEATS):
            await beat.next()
        return clock() - begun

    factory = uvloop.new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        took = runner.run(count())

    assert took > (BEATS - 2) * FRAME  # of the first there is only a part


async def test_who_leaves_takes_nobody_along() -> None:
    beat = Beat()
    leaves, stays = (asyncio.ensure_future(beat.next()) for _ in range(2))
    await asyncio.sleep(0)

    leaves.cancel()
    await stays

    assert leaves.cancelled()


async def _a_round_later(beat: Beat) -> None:
    await asyncio.sleep(0)
    await beat.next()
