"""1,000 keys through the whole poller, beside the same 1,000 GETs sent bare.

make bench
"""

from __future__ import annotations

import asyncio
from statistics import median
from time import perf_counter

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport
from pytest_django import Settings

from console import xai
from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.models import ApiKey, KeyState
from console.polling import fetching, poller, schedule
from console.polling.clock import StatementTime
from console.polling.models import PollKind, PollState
from tests.sandbox.test_process import Process

KEYS = 1_000
ROUNDS = 7
AT_ONCE = 16
TARGET = 2.0  # times the bare requests


@pytest.mark.django_db(transaction=True)
def bench_polling(settings: Settings) -> None:
    """Print medians and their ratio; fail above the target."""
    sandbox = Process()
    settings.XAI_HOSTS = {"xai": sandbox.url}
    secrets = _store_keys(sandbox)
    plain, quick, whole = [], [], []
    try:
        for _ in range(ROUNDS + 1):  # the first warms up
            plain.append(asyncio.run(_bare(sandbox.url, secrets, None)))
            quick.append(asyncio.run(_bare(sandbox.url, secrets, AiohttpTransport())))
            whole.append(_poll())
    finally:
        fetching.close_background()
        sandbox.stop()

    bare, poll = median(plain[1:]), median(whole[1:])
    print(f"\n{KEYS} keys, {AT_ONCE} at once, medians of {ROUNDS} rounds:")
    print(f"  bare httpx.AsyncClient       {bare:6.2f} s")
    print(f"  bare, over aiohttp           {median(quick[1:]):6.2f} s")
    print(f"  whole poller                 {poll:6.2f} s")
    print(f"  ratio                        {poll / bare:6.2f} (target {TARGET})")
    print(f"  ratio to bare over aiohttp   {poll / median(quick[1:]):6.2f}")
    assert ApiKey.objects.filter(state=KeyState.ACTIVE).count() == KEYS
    assert poll <= TARGET * bare


def _store_keys(sandbox: Process) -> list[str]:
    """Make the keys in the sandbox, a quarter in each team, and store them here."""
    acls = ["api-key:model:*", "api-key:endpoint:*"]
    secrets: list[str] = []
    for far in sandbox.control.world().teams[:4]:
        sandbox.control.change_team(far.id, blocked=False)
        made = sandbox.control.create_keys("bench", far.id, acls, count=KEYS // 4)
        team = Team.objects.create(name=far.name)
        for number, key in enumerate(made):
            custody.store_unverified(
                team=team,
                label=f"{far.name} {number}",
                owner="",
                note="",
                host="xai",
                secret=xai.Secret.parse(key.secret),
                actor=SYSTEM,
            )
        secrets += [key.secret for key in made]
    return secrets


def _poll() -> float:
    """Return the seconds for claiming, asking, reading and storing all keys."""
    schedule.fill()
    PollState.objects.update(due_at=StatementTime())
    began = perf_counter()
    assert poller.poll_due(kinds=[PollKind.KEY]) == KEYS
    return perf_counter() - began


async def _bare(
    url: str, secrets: list[str], transport: httpx.AsyncBaseTransport | None
) -> float:
    """Return the seconds for the same requests with nothing around them."""
    left = iter(secrets)

    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:

        async def work() -> None:
            for secret in left:
                response = await client.get(
                    f"{url}/v1/api-key", headers={"Authorization": f"Bearer {secret}"}
                )
                assert response.status_code == 200

        began = perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return perf_counter() - began
