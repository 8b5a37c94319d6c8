"""Streamed chats through Gatehouse and through a bare relay, in turn, in one run.

    make bench

Sandbox, bare relay and Gatehouse are processes of their own; the bare relay uses
Gatehouse's own client library and server and reads xAI's events as Gatehouse does
(tests/benchmarks/bare_relay.py). Three figures:

    time to first token   one call after the other, of answers without a pause
    processor time        of the relaying process alone, what it does after an answer
                          included; 16 people at once, 50 events a second each
    200 at once           10 events a second each, begun within 10 seconds, on one web
                          process. An event's delay is measured from the moment the
                          sandbox sends it, and what is added is told against going
                          there directly: a bare relay has delays of its own, which
                          would hide as much of Gatehouse's

Two more are measured as well, without a target: a bare relay that only passes bytes on,
which does not even look whether an answer came, and the bare relay with httpx's own
engine in place of the one that Gatehouse gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from tests.benchmarks.relays import MODEL, Heard, Way, Ways, all_ways
from tests.e2e.instance import running

FIRST_TOKEN = 0.005  # seconds added at the median
CPU = 1.5  # times the processor time of the bare relay
EVENT = 0.050  # seconds added to an event at p99

ROUNDS, WARM_UP = 60, 5
PEOPLE, CALLS_EACH, TURNS = 16, 7, 2
STREAMS, BEGUN_WITHIN, PACE = 200, 10.0, 0.1

_numbers = count()


def bench_streams(tmp_path: Path) -> None:
    """Print all figures; fail above a target."""
    with running(tmp_path / "var", XAI_POLL_EVERY="3600") as instance:
        instance.manage("refresh_keys", "--all", "--wait")
        with all_ways(instance) as ways:
            first_token, cpu, event = asyncio.run(_measure(ways))
    assert first_token <= FIRST_TOKEN
    assert cpu <= CPU
    assert event <= EVENT


async def _measure(ways: Ways) -> tuple[float, float, float]:
    async with aiohttp.ClientSession(
        cookies=ways.cookies,
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        read_bufsize=2**21,  # the last event holds the whole answer
        timeout=aiohttp.ClientTimeout(total=None, sock_read=60),
    ) as session:
        ways.control.settings(pace=0)
        first_token = await _first_token(session, ways)
        ways.control.settings(pace=0.02)
        cpu = await _cpu(session, ways)
        ways.control.settings(pace=PACE)
        ways.control.change_model(MODEL, longest_token=1)  # four times as many events
        event = await _events(session, ways)
    return first_token, cpu, event


async def _first_token(session: aiohttp.ClientSession, ways: Ways) -> float:
    measured = ways.direct, ways.bytes, ways.plain, ways.bare, ways.gatehouse
    times: dict[str, list[float]] = {way.name: [] for way in measured}
    for number in range(ROUNDS + WARM_UP):
        for way in measured:
            heard = await way.ask(session, _prompt())
            if number >= WARM_UP:
                times[way.name].append(heard.first_token)
            await asyncio.sleep(0.05)  # what follows an answer is not in the next one
    print(f"\ntime to first token, {ROUNDS} answers each:")
    for way in measured:
        _print_times(way.name, times[way.name], "p95", 19)
    bare, whole = times[ways.bare.name], times[ways.gatehouse.name]
    added = median(whole) - median(bare)
    print(f"  {'added':20} {_ms(added)}   (target {_ms(FIRST_TOKEN).strip()})")
    return added


async def _cpu(session: aiohttp.ClientSession, ways: Ways) -> float:
    used = dict.fromkeys((way.name for way in _relays(ways)), 0.0)
    waits: dict[str, list[float]] = {name: [] for name in used}
    calls = PEOPLE * CALLS_EACH * TURNS
    events = 0
    for _ in range(TURNS):
        for way in _relays(ways):
            before = way.cpu
            crowd = [_person(session, way, number) for number in range(PEOPLE)]
            answers = [*chain(*await asyncio.gather(*crowd))]
            await asyncio.sleep(1.5)  # what follows an answer is part of it
            used[way.name] += way.cpu - before
            waits[way.name] += [heard.first_token for heard in answers]
            if way is ways.bare:  # Gatehouse brings several at once
                events = sum(len(heard.arrivals) for heard in answers)
    each = events * TURNS / calls
    print(f"\nprocessor time, {calls} calls each of {each:.0f} events, 16 at once:")
    bare, whole = used[ways.bare.name], used[ways.gatehouse.name]
    for way in _relays(ways):
        spent, first = used[way.name] / calls, median(waits[way.name])
        times = f"{used[way.name] / bare:.2f} x"
        print(f"  {way.name:20} {_ms(spent)}   {times}   first token {_ms(first)}")
    print(f"  {'Gatehouse / bare':20} {whole / bare:8.2f}   (target {CPU})")
    print(f"  {'with its own engine':20} {whole / used[ways.plain.name]:8.2f}")
    return whole / bare


async def _person(session: aiohttp.ClientSession, way: Way, number: int) -> list[Heard]:
    await asyncio.sleep(number * 0.1)
    return [await way.ask(session, _prompt()) for _ in range(CALLS_EACH)]


async def _events(session: aiohttp.ClientSession, ways: Ways) -> float:
    measured = ways.direct, ways.bytes, ways.bare, ways.gatehouse
    found: dict[str, float] = {}
    print(f"\n{STREAMS} streams at once, 10 events a second each, delay of an event:")
    for way in measured:
        before = way.cpu if way.pid else 0.0
        delays = await _crowd(session, ways, way)
        found[way.name] = quantiles(delays, n=100)[-1]
        _print_times(way.name, delays, "p99", 99, f"   max {_ms(max(delays))}")
        if way.pid:
            print(f"  {'':20} {way.cpu - before:8.1f} s of processor time")
    added = found[ways.gatehouse.name] - found[ways.direct.name]
    print(f"  {'added at p99':20} {_ms(added)}   (target {_ms(EVENT).strip()})")
    return added


async def _crowd(session: aiohttp.ClientSession, ways: Ways, way: Way) -> list[float]:
    """Return the delay of every event of so many streams, none of which may fail."""
    prompts = [_prompt() for _ in range(STREAMS)]

    async def one(number: int, prompt: str) -> Heard:
        await asyncio.sleep(number * BEGUN_WITHIN / STREAMS)
        return await way.ask(session, prompt)

    answers = await asyncio.gather(*(one(*item) for item in enumerate(prompts)))
    begun = max(heard.arrivals[0][0] for heard in answers)
    assert begun < min(heard.arrivals[-1][0] for heard in answers)  # all at once
    stamps = await asyncio.to_thread(ways.stamps)
    delays: list[float] = []
    for prompt, heard in zip(prompts, answers, strict=True):
        delays += heard.delays(stamps[prompt])
    return delays


def _relays(ways: Ways) -> tuple[Way, ...]:
    return ways.bytes, ways.plain, ways.bare, ways.gatehouse


def _prompt() -> str:
    """Return one that was not asked before."""
    return f"Which gate stands at house {next(_numbers)}?"


def _print_times(
    name: str, times: Sequence[float], word: str, cut: int, more: str = ""
) -> None:
    late = quantiles(times, n=cut + 1)[-1]
    print(f"  {name:20} {_ms(median(times))}   {word} {_ms(late)}{more}")


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:7.1f} ms"
