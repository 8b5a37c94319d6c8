from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from console.polling import life
from console.polling.clock import database_time
from console.polling.models import Pulse
from tests.people import NOON

pytestmark = pytest.mark.django_db


def test_a_poller_that_never_ran_is_not_alive() -> None:
    state = life.poller_state(NOON)

    assert (state.alive, state.last_at) == (False, None)
    assert "has not run yet" in state.sentence


def test_finished_work_is_a_sign_of_life(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        life.beat(life.BEAT, life.WORKER)
    life.beat(life.WORKER)

    assert life.poller_state(database_time()).alive
    assert Pulse.objects.count() == 2


@pytest.mark.parametrize(
    ("age", "alive"), [(0, True), (60, True), (61, False), (10**6, False)]
)
def test_it_is_silent_after_a_minute(age: int, alive: bool) -> None:
    Pulse.objects.create(part=life.WORKER, at=NOON - timedelta(seconds=age))

    state = life.poller_state(NOON)

    assert state.alive is alive
    if not alive:
        assert f"silent since {state.last_at:%d %b}" in state.sentence


def test_a_beat_alone_polls_nothing() -> None:
    life.beat(life.BEAT)

    assert not life.poller_state(database_time()).alive
