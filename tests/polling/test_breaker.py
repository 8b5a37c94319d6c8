from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from console.polling import breaker
from console.polling.clock import StatementTime, database_time
from console.polling.models import Breaker

pytestmark = pytest.mark.django_db
A, B = uuid4(), uuid4()
SECOND = timedelta(seconds=1)


def end_wait() -> None:
    Breaker.objects.update(open_until=StatementTime() - SECOND)


def seconds_open() -> float:
    until = Breaker.objects.get().open_until
    assert until is not None
    return (until - database_time()).total_seconds()


def test_five_failures_of_two_keys_open_it() -> None:
    breaker.record_failures("xai", [A, A, B, A])
    assert breaker.open_hosts() == {}

    breaker.record_failures("xai", [A])

    assert breaker.open_hosts() == {"xai": False}
    assert 28 < seconds_open() <= 30


def test_one_bad_key_never_opens_it() -> None:
    for _ in range(20):
        breaker.record_failures("xai", [A])

    assert breaker.open_hosts() == {}


def test_failures_long_ago_do_not_count() -> None:
    breaker.record_failures("xai", [A, B, A, B])
    Breaker.objects.update(window_from=StatementTime() - 61 * SECOND)

    breaker.record_failures("xai", [A])

    assert breaker.open_hosts() == {}


def test_an_answer_between_them_starts_over() -> None:
    breaker.record_failures("xai", [A, B, A, B])
    breaker.record_answers({"xai", "other"})

    breaker.record_failures("xai", [A, B])

    assert breaker.open_hosts() == {}


def test_its_time_doubles_up_to_five_minutes() -> None:
    breaker.record_failures("xai", [A, B, A, B, A])
    waits = []
    for _ in range(6):
        end_wait()
        assert breaker.open_hosts() == {"xai": True}
        breaker.begin_probe("xai", key_id=A)
        assert breaker.open_hosts() == {"xai": False}
        breaker.record_failures("xai", [A])
        waits.append(round(seconds_open()))

    assert waits == [60, 120, 240, 300, 300, 300]


def test_those_that_began_before_it_opened_do_not_double_it() -> None:
    breaker.record_failures("xai", [A, B, A, B, A])

    breaker.record_failures("xai", [A, B, A, B, A])

    assert Breaker.objects.get().openings == 1


def test_an_answer_closes_it() -> None:
    breaker.record_failures("xai", [A, B, A, B, A])

    breaker.record_answers({"xai"})

    assert breaker.open_hosts() == {}
    assert Breaker.objects.get().failures == 0


def test_hosts_are_apart() -> None:
    breaker.record_failures("xai", [A, B, A, B, A])
    breaker.record_failures("eu", [A])

    assert breaker.open_hosts() == {"xai": False}
