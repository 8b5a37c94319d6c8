"""Two web processes behind one address: either tells an answer that the other reads.

And one of them is killed while it reads: nothing is lost or doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from console.playground.conversations.keeping import DEAD_AFTER
from tests.e2e.events import CHAT, events_of, streaming
from tests.e2e.instance import Instance, post
from tests.e2e.one_more import one_more_process
from tests.e2e.records import database, usage_records

REAP_LATER = """
from django.db.models import F
from console.usage import ledger, tasks
from console.usage.models import UsageRecord
open_now = UsageRecord.objects.filter(state="open")
open_now.update(alive_at=F("alive_at") - 2 * ledger.DEAD_AFTER)
tasks.reap()
"""


@pytest.fixture
def gatehouse(site: Instance) -> Iterator[Instance]:
    """The instance of the browser tests, with its sandbox as it was."""
    yield site
    site.control.reset()


@pytest.fixture(scope="module")
def second(site: Instance) -> Iterator[httpx.Client]:
    """A browser of sam's at one more web process of the same instance."""
    with one_more_process(site) as (_, browser):
        yield browser


def test_the_other_process_tells_the_rest_and_nothing_is_paid_twice(
    gatehouse: Instance, second: httpx.Client
) -> None:
    answer, before = str(uuid4()), len(usage_records(gatehouse))
    gatehouse.control.settings(pace=0.3)
    with gatehouse.visitor("sam") as first:
        with streaming(first, CHAT, "a story for two", answer=answer) as response:
            events = events_of(response)
            start = next(events)
            assert next(events)[1]["text"]
        with second.stream("GET", f"/stream/answers/{answer}/") as response:
            events = events_of(response)
            assert next(events) == start
            assert next(events)[1]["text"]
            gatehouse.control.settings(pace=0)
            rest = list(events)
        with streaming(second, CHAT, "a story for two", answer=answer) as response:
            again = list(events_of(response))

    assert rest[-1][0] == "done"
    assert again[-1] == rest[-1]
    outcomes = [row["outcome"] for row in usage_records(gatehouse)[before:]]
    assert outcomes == ["complete"]


def test_an_answer_is_stopped_through_the_other_process(
    gatehouse: Instance, second: httpx.Client
) -> None:
    answer, before = str(uuid4()), len(usage_records(gatehouse))
    gatehouse.control.settings(pace=0.3)
    with streaming(second, CHAT, "a story cut short", answer=answer) as response:
        events = events_of(response)
        heard = "".join(next(events)[1].get("text", "") for _ in range(9))
    with gatehouse.visitor("sam") as first:
        stop = f"/playground/stop/{usage_records(gatehouse)[-1]['id']}/"
        assert post(first, "/playground/chat/", stop).status_code == 204
        with first.stream("GET", f"/stream/answers/{answer}/") as response:
            _, last = list(events_of(response))[-1]

    gatehouse.control.settings(pace=0)
    assert heard
    assert "stopped by you" in last["meter"]
    assert len(usage_records(gatehouse)) == before + 1


def test_what_a_killed_process_had_read_is_kept_as_cut_and_booked_once(
    gatehouse: Instance,
) -> None:
    place = {"conversation": str(uuid4()), "answer": str(uuid4())}
    address = f"/stream/answers/{place['answer']}/"
    records, calls = len(usage_records(gatehouse)), len(gatehouse.control.ledger())
    gatehouse.control.settings(pace=0.3)
    gatehouse.control.add_fault("hang", after_events=20)  # however long we take
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
                a_while_passes(gatehouse, place["answer"])
                rest = [*following]
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
    after = {row["id"]: row for row in usage_records(gatehouse)}
    assert len(after) == records + 1
    record = after[start[1]["record"]]  # it has gone back in time, to before others
    assert (record["outcome"], record["source"]) == ("lost", "unknown")
    assert record["cost_ticks"] is None
    assert len(gatehouse.control.ledger()) == calls + 1


def a_while_passes(instance: Instance, answer: str) -> None:
    """Let the last write of an answer be as old as one that nobody reads."""
    with database(instance) as connection:
        moved = connection.execute(
            "UPDATE playground_turn SET kept_at = kept_at - %s WHERE id = %s",
            [DEAD_AFTER, answer],
        )
    assert moved.rowcount == 1
