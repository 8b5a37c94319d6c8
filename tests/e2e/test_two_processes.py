"""Two web processes behind one address: either tells an answer that the other reads."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.e2e.events import CHAT, events_of, streaming
from tests.e2e.instance import Instance, post
from tests.e2e.one_more import one_more_process
from tests.e2e.records import usage_records


@pytest.fixture
def gatehouse(site: Instance) -> Iterator[Instance]:
    """The instance of the browser tests, with its sandbox as it was."""
    yield site
    site.control.reset()


@pytest.fixture
def second(gatehouse: Instance) -> Iterator[httpx.Client]:
    """A browser of sam's at one more web process of the same instance."""
    with one_more_process(gatehouse) as (_, browser):
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
