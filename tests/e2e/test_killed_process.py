"""A web process is killed while it reads an answer: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.e2e.events import CHAT, events_of, streaming
from tests.e2e.instance import Instance
from tests.e2e.one_more import one_more_process
from tests.e2e.records import usage_records

REAP_LATER = """
from django.db.models import F
from console.usage import ledger, tasks
from console.usage.models import UsageRecord
open_now = UsageRecord.objects.filter(state="open")
open_now.update(opened_at=F("opened_at") - ledger.REAP_AFTER)
tasks.reap()
"""


@pytest.fixture
def gatehouse(site: Instance) -> Iterator[Instance]:
    """The instance of the browser tests, with its sandbox as it was."""
    yield site
    site.control.reset()


def test_what_a_killed_process_had_read_is_kept_as_cut_and_booked_once(
    gatehouse: Instance,
) -> None:
    place = {"conversation": str(uuid4()), "answer": str(uuid4())}
    address = f"/stream/answers/{place['answer']}/"
    records, calls = len(usage_records(gatehouse)), len(gatehouse.control.ledger())
    gatehouse.control.settings(pace=0.3)
    with gatehouse.visitor("sam") as other:
        with (
            one_more_process(gatehouse) as (process, browser),
            streaming(browser, CHAT, "a story without end", **place) as response,
        ):
            events = events_of(response)
            start = next(events)
            with other.stream("GET", address, timeout=60) as found_again:
                following = events_of(found_again)
                assert next(following) == start
                kept = next(following)[1]["text"]  # so it is written down
                process.kill()
                process.wait()
                rest = [*following]  # until nobody has written for a while
        with streaming(other, CHAT, "a story without end", **place) as response:
            again = [*events_of(response)]
        page = other.get(f"/playground/chat/{place['conversation']}/").text

    name, last = rest[-1]
    assert name == "error"
    assert "ended before it did" in last["notice"]
    assert again[-1] == rest[-1]
    assert "ended before it did" in page
    assert all(word in page for word in kept.split())
    assert [row["state"] for row in usage_records(gatehouse)[records:]] == ["open"]

    shell = "shell", "--verbosity", "0", "--no-imports"
    done = gatehouse.manage(*shell, "-c", REAP_LATER)
    assert done.returncode == 0, done.stdout
    (record,) = usage_records(gatehouse)[records:]
    assert (record["outcome"], record["source"]) == ("lost", "unknown")
    assert record["cost_ticks"] is None
    assert len(gatehouse.control.ledger()) == calls + 1
