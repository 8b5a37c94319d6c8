"""1,000 keys imported in one go: asked at the sandbox, sealed, stored, audited.

make bench
"""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter, process_time

import pytest
from pytest_django import Settings

from console.audit.actors import SYSTEM
from console.keys.importing import jobs, preview, running, tables
from console.keys.models import ApiKey, ImportRow, ImportState, KeyState
from tests.sandbox.test_process import Process

ROWS = 1_000
TARGET = 120.0  # seconds


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 4], ids=["one team", "four teams"])
def bench_import(settings: Settings, number: int) -> None:
    """Print the seconds of each part; fail above the target."""
    sandbox = Process()
    settings.XAI_HOSTS = {"xai": sandbox.url}
    try:
        text = _table(sandbox, teams=number)
        began = perf_counter()
        job = preview.make_draft(tables.read(text), host="xai", actor=SYSTEM)
        previewed = perf_counter()
        jobs.start(job, actor=SYSTEM)
        turns, busy = 1, process_time()
        while running.run_due(time_limit=timedelta(seconds=20)):
            turns += 1
        ended, busy = perf_counter(), process_time() - busy
    finally:
        sandbox.stop()

    took = ended - previewed
    print(f"\n{ROWS} rows of {number} team(s):")
    print(f"  preview   {previewed - began:6.2f} s")
    print(f"  processor {busy:6.2f} s of the worker")
    print(f"  import    {took:6.2f} s in {turns} turn(s), {ROWS / took:.0f} rows/s")
    job.refresh_from_db()
    assert job.state == ImportState.FINISHED
    assert ApiKey.objects.filter(state=KeyState.ACTIVE).count() == ROWS
    assert not ImportRow.objects.exclude(sealed_secret=None).exists()
    assert took <= TARGET


def _table(sandbox: Process, *, teams: int) -> str:
    acls = ["api-key:model:*", "api-key:endpoint:*"]
    lines = ["secret,team,label,owner,note"]
    for far in sandbox.control.world().teams[:teams]:
        sandbox.control.change_team(far.id, blocked=False)
        made = sandbox.control.create_keys("bench", far.id, acls, count=ROWS // teams)
        lines += [f"{key.secret},{far.name},{key.name},Ines," for key in made]
    return "\n".join(lines)
