"""Streams cut by their clients, killed web processes, a database that restarts.

A real instance with its sandbox. Every call that the sandbox served must have exactly
one record, every record must be settled in time, and the ledger check must agree.

make bench
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from uuid import uuid4

import aiohttp
import httpx

from console.runtime.layout import Layout
from console.usage.ledger import BOOKED_WITHIN
from tests.benchmarks.relays import MODEL
from tests.e2e.instance import Instance, csrf_token, running
from tests.e2e.processes import processes_of
from tests.e2e.records import database, usage_records
from tests.waiting import wait_until

CUT, AT_ONCE = 2_000, 40
KILLS, STREAMS = 20, 50
RESTARTS, BEFORE, AFTER = 3, 4.0, 10.0  # seconds of load around each restart
REFUSED = 0.01  # of the calls that are made meanwhile


def bench_faults(tmp_path: Path) -> None:
    """Print all figures; fail if a call was lost, doubled or not settled."""
    with running(tmp_path / "var", XAI_POLL_EVERY="3600") as instance:
        instance.manage("refresh_keys", "--all", "--wait")
        instance.control.settings(pace=0.02)
        with database(instance) as connection:  # what dies goes on holding its ceiling
            for table in ("usage_budget", "usage_budgetwindow"):
                connection.execute(f"UPDATE {table} SET hard = false")
        cut = Part(instance, f"{CUT:,} streams cut by their clients")
        cut.report(_cut(instance))
        killed = Part(instance, f"{KILLS} times kill -9 of the web process")
        killed.report(_kill(instance))
        restarted = Part(instance, f"{RESTARTS} times a restart of the database")
        refused = restarted.report(_restart(instance))
        checked = instance.manage("ledger", "check")
        print(checked.stdout.splitlines()[-1])
    assert checked.returncode == 0, checked.stdout
    assert refused <= REFUSED


class Crowd:
    """Clients of one person, who ask and listen in their own ways."""

    def __init__(self, instance: Instance) -> None:
        with instance.visitor("sam") as browser:
            page = browser.get("/playground/chat/")
            self._fields = {
                "csrfmiddlewaretoken": csrf_token(page),
                "model": MODEL,
                "max_tokens": "200",
            }
            cookies = {one.name: one.value or "" for one in browser.cookies.jar}
        self._url = f"{instance.url}/stream/chat/"
        self._session = aiohttp.ClientSession(
            cookies=cookies,
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=120),
        )
        self.answers: Counter[str] = Counter()

    async def ask(
        self, listen: Callable[[aiohttp.ClientResponse], Awaitable[None]]
    ) -> None:
        """Send one prompt; count how it was answered."""
        prompt = f'[{{"role": "user", "content": "a story of {uuid4()}"}}]'
        try:
            async with self._session.post(
                self._url, data={**self._fields, "turns": prompt}
            ) as response:
                self.answers[str(response.status)] += 1
                if response.status == 200:
                    await listen(response)
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            self.answers["broken off"] += 1

    async def close(self) -> None:
        """Leave."""
        await self._session.close()


async def _to_the_end(response: aiohttp.ClientResponse) -> None:
    async for _ in response.content.iter_any():
        pass


def _cut(instance: Instance) -> Counter[str]:
    dice = random.Random(7)

    async def cut() -> Counter[str]:
        crowd, room = Crowd(instance), asyncio.Semaphore(AT_ONCE)

        async def leave_early(response: aiohttp.ClientResponse) -> None:
            pieces = dice.choice((0, 1, 2, 5, 20, 1000))
            async for _ in response.content.iter_any():
                if (pieces := pieces - 1) < 0:
                    break

        async def one() -> None:
            async with room:
                await crowd.ask(leave_early)

        await asyncio.gather(*(one() for _ in range(CUT)))
        await crowd.close()
        return crowd.answers

    return asyncio.run(cut())


def _kill(instance: Instance) -> Counter[str]:
    async def until_killed() -> Counter[str]:
        crowd, begun = Crowd(instance), 0
        all_begun = asyncio.Event()

        async def listen(response: aiohttp.ClientResponse) -> None:
            nonlocal begun
            await response.content.readany()
            begun += 1
            if begun == STREAMS:
                all_begun.set()
            await _to_the_end(response)

        clients = asyncio.gather(*(crowd.ask(listen) for _ in range(STREAMS)))
        await asyncio.wait_for(all_begun.wait(), 60)
        os.kill(_process(instance, "console.serve"), signal.SIGKILL)
        await clients
        await crowd.close()
        return crowd.answers

    answers: Counter[str] = Counter()
    instance.control.settings(pace=0.2)  # so that all are in flight at once
    for _ in range(KILLS):
        wait_until(lambda: _is_up(instance), seconds=60)
        answers += asyncio.run(until_killed())
    wait_until(lambda: _is_up(instance), seconds=60)
    instance.control.settings(pace=0.02)
    return answers


def _restart(instance: Instance) -> Counter[str]:
    async def load() -> Counter[str]:
        crowd = Crowd(instance)
        ends_at = monotonic() + RESTARTS * (BEFORE + AFTER)

        async def client() -> None:
            while monotonic() < ends_at:
                await crowd.ask(_to_the_end)

        async def nemesis() -> None:
            for _ in range(RESTARTS):
                await asyncio.sleep(BEFORE)
                os.kill(_postmaster(instance), signal.SIGINT)
                await asyncio.sleep(AFTER)

        await asyncio.gather(nemesis(), *(client() for _ in range(8)))
        await crowd.close()
        return crowd.answers

    return asyncio.run(load())


class Part:
    """One part of the benchmark: what was served and booked since it began."""

    def __init__(self, instance: Instance, name: str) -> None:
        self._instance, self._name = instance, name
        self._served_before = {call.request_id for call in instance.control.ledger()}
        self._booked_before = {row["id"] for row in usage_records(instance)}

    def report(self, answers: Counter[str]) -> float:
        """Wait until all is settled and compare; return the share that was refused."""
        began = monotonic()
        allowed = BOOKED_WITHIN.total_seconds() + 60
        wait_until(lambda: not self._open(), seconds=allowed)
        settled_in = monotonic() - began
        served = {
            call.request_id
            for call in self._instance.control.ledger()
            if call.endpoint == "/v1/chat/completions"
        } - self._served_before
        rows = [
            row
            for row in usage_records(self._instance)
            if row["id"] not in self._booked_before and row["state"] == "settled"
        ]
        named = Counter(row["upstream_request_id"] for row in rows)
        lost = named.pop("", 0)  # who read them died before they could be named
        missing = len(served - named.keys()) - lost
        double = named.total() - len(named)
        outcomes = dict(Counter(row["outcome"] for row in rows))
        print(f"\n{self._name}: {dict(answers)}")
        print(f"  served {len(served):,}, booked {len(rows):,}: {outcomes}")
        print(f"  missing {max(0, missing):,}, double {double:,}")
        print(f"  settled {settled_in:.0f} s after the last  (at most {allowed:.0f} s)")
        assert missing <= 0
        assert double == 0
        assert named.keys() <= served
        return 1 - answers["200"] / answers.total()

    def _open(self) -> int:
        with database(self._instance) as connection:
            found = connection.execute(
                "SELECT count(*) AS n FROM usage_usagerecord WHERE state = 'open'"
            ).fetchone()
        assert found
        return int(found["n"])


def _process(instance: Instance, part: str) -> int:
    found = processes_of(instance.data_dir).items()
    (pid,) = (pid for pid, line in found if part in line)
    return pid


def _postmaster(instance: Instance) -> int:
    folder = Layout(instance.data_dir).postgres
    return int((folder / "postmaster.pid").read_text().split()[0])


def _is_up(instance: Instance) -> bool:
    try:
        with instance.stranger() as browser:
            return browser.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
