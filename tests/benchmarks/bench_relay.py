"""The time to the first token of a streamed chat, through Gatehouse and directly.

    make bench

Both go to the same sandbox and are measured in turn in one run. Gatehouse is the real
thing: `manage.py up` in a folder of its own. Three ways:

    1 at once         one call after the other, of answers without a pause
    16 at once        16 people who each start a call as soon as their last has ended,
                      of answers with 20 ms between two events
    16 in an instant  16 calls started together, without a pause: no target, since it
                      measures how calls queue for one processor
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import aiohttp

from tests.e2e.instance import Instance, csrf_token, running

MODEL = "grok-4.3"
PROMPT = [{"role": "user", "content": "Name three primes above ninety."}]
ROUNDS = 40
WARM_UP = 5
CALLS_EACH = 4
TARGET = 0.010  # seconds added at the median

FirstToken = Callable[[], Awaitable[float]]


def bench_relay(tmp_path: Path) -> None:
    """Print medians with 1 and 16 at once; fail above the target."""
    with running(tmp_path / "var", XAI_POLL_EVERY="3600") as instance:
        instance.manage("refresh_keys", "--all", "--wait")
        with instance.visitor("sam") as browser:
            page = browser.get("/playground/chat/")
            cookies = dict(browser.cookies)
        form = {
            "csrfmiddlewaretoken": csrf_token(page),
            "model": MODEL,
            "max_tokens": "256",
            "turns": json.dumps(PROMPT),
        }
        added = asyncio.run(_measure(instance, cookies, form))
    assert max(added.values()) <= TARGET


async def _measure(
    instance: Instance, cookies: Mapping[str, str], form: Mapping[str, str]
) -> dict[str, float]:
    world = instance.control.world()
    secret = world.key("search-prod-ranker").secret
    sandbox = instance.control.base_url
    body = {
        "model": MODEL,
        "messages": PROMPT,
        "max_tokens": 256,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with aiohttp.ClientSession(cookies=cookies) as session:

        async def direct() -> float:
            headers = {"Authorization": f"Bearer {secret}"}
            url = f"{sandbox}/v1/chat/completions"
            return await _first_token(
                session.post(url, json=body, headers=headers), b"content"
            )

        async def through() -> float:
            url = f"{instance.url}/stream/chat/"
            return await _first_token(session.post(url, data=form), b'"text"')

        control = instance.control
        control.settings(pace=0)
        one = await _together(direct, through, 1)
        burst = await _together(direct, through, 16)
        control.settings(pace=0.02)
        crowd = await _crowd(direct, through, 16)
    _print("16 in an instant", *burst)
    return {
        "1 at once": _print("1 at once", *one),
        "16 at once": _print("16 at once", *crowd),
    }


async def _together(
    direct: FirstToken, through: FirstToken, at_once: int
) -> tuple[list[float], list[float]]:
    bare: list[float] = []
    whole: list[float] = []
    for number in range(ROUNDS + WARM_UP):
        for measured, results in ((direct, bare), (through, whole)):
            times = await asyncio.gather(*(measured() for _ in range(at_once)))
            if number >= WARM_UP:
                results += times
            await asyncio.sleep(0.02)  # what follows an answer is not in the next one
    return bare, whole


async def _crowd(
    direct: FirstToken, through: FirstToken, people: int
) -> tuple[list[float], list[float]]:
    async def person(number: int, measured: FirstToken) -> list[float]:
        await asyncio.sleep(number * 0.1)
        return [await measured() for _ in range(CALLS_EACH)]

    bare: list[float] = []
    whole: list[float] = []
    for measured, results in ((direct, bare), (through, whole)) * 2:
        crowd = [person(number, measured) for number in range(people)]
        for times in await asyncio.gather(*crowd):
            results += times
    return bare, whole


async def _first_token(
    request: aiohttp.client._RequestContextManager, mark: bytes
) -> float:
    began = perf_counter()
    took = 0.0
    async with request as response:
        assert response.status == 200, await response.text()
        async for line in response.content:
            if not took and line.startswith(b"data: ") and mark in line:
                took = perf_counter() - began
    assert took
    return took


def _print(name: str, bare: list[float], whole: list[float]) -> float:
    added = median(whole) - median(bare)
    print(f"\ntime to first token, {name}, {len(bare)} answers each:")
    for way, times in (("directly", bare), ("through Gatehouse", whole)):
        p95 = quantiles(times, n=20)[-1]
        print(f"  {way:18} {median(times) * 1e3:6.1f} ms   p95 {p95 * 1e3:6.1f} ms")
    print(f"  {'added':18} {added * 1e3:6.1f} ms   (target {TARGET * 1e3:.0f} ms)")
    return added
