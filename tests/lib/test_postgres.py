"""Whether a connection still works is seen without asking, unless it was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from django.db import DataError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from console.lib.db import prepared_cursor
from console.lib.postgres.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[DatabaseWrapper]:
    """A second connection to the same database, as another thread has one."""
    wrapper = connections.create_connection("default")
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


def pid_of(wrapper: DatabaseWrapper) -> int:
    return int(wrapper.connection.info.backend_pid)


def last_statement_of(pid: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        return str(cursor.fetchone()[0])


def end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_that_is_quiet_is_asked_nothing(other: DatabaseWrapper) -> None:
    with other.cursor() as cursor:
        cursor.execute("SELECT 'the last'")

    assert other.is_usable()

    assert last_statement_of(pid_of(other)) == "SELECT 'the last'"


def test_one_that_the_server_ended_is_opened_anew(other: DatabaseWrapper) -> None:
    before = pid_of(other)
    end(before)

    assert not other.is_usable()

    other.close_if_unusable_or_obsolete()  # as at the beginning of a request
    with other.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert pid_of(other) != before


def test_one_that_has_failed_is_asked(other: DatabaseWrapper) -> None:
    with pytest.raises(OperationalError), other.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(10)")

    assert other.is_usable()

    assert last_statement_of(pid_of(other)) == "SELECT 1"


def test_one_whose_transaction_has_failed_is_not_usable(other: DatabaseWrapper) -> None:
    other.set_autocommit(False)
    with pytest.raises(DataError), other.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")

    assert not other.is_usable()

    other.rollback()
    assert other.is_usable()


def test_one_that_was_closed_is_not_usable(other: DatabaseWrapper) -> None:
    other.connection.close()

    assert not other.is_usable()


def test_what_the_server_only_remarks_does_not_end_it(other: DatabaseWrapper) -> None:
    with other.cursor() as cursor:
        cursor.execute("LISTEN remarks")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY remarks")

    assert other.is_usable()


def test_a_prepared_statement_is_planned_once_for_each_connection(
    other: DatabaseWrapper,
) -> None:
    for number in (1, 2):
        with other.prepared_cursor() as cursor:
            cursor.execute("SELECT %(number)s::int + 1", {"number": number})
            assert cursor.fetchone() == (number + 1,)

    with other.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert cursor.fetchall() == [("SELECT $1::int + 1",)]


def test_a_prepared_statement_is_counted_like_any_other(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2), prepared_cursor() as cursor:
        cursor.execute("SELECT %(name)s::text", {"name": "a"})
        cursor.execute("SELECT %(name)s::text", {"name": "b"})
        assert cursor.fetchone() == ("b",)


def test_a_prepared_statement_opens_a_connection_that_has_ended(
    other: DatabaseWrapper,
) -> None:
    end(pid_of(other))
    other.close_if_unusable_or_obsolete()  # as at the beginning of a request

    with other.prepared_cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[DatabaseWrapper]:
    """The same server behind a socket that is not there."""
    wrapper = connections.create_connection("default")
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.settings_dict = {**wrapper.settings_dict, "HOST": str(tmp_path)}
    yield wrapper
    wrapper.close()


def test_a_server_that_comes_back_is_waited_for(
    elsewhere: DatabaseWrapper, tmp_path: Path
) -> None:
    name = f".s.PGSQL.{elsewhere.settings_dict['PORT']}"
    there = Path(connection.settings_dict["HOST"]) / name
    with pytest.raises(OperationalError):
        elsewhere.ensure_connection()
    back = Timer(0.3, lambda: (tmp_path / name).symlink_to(there))

    back.start()
    elsewhere.wait_for_server(60)

    back.join()
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_server_that_stays_away_is_named_by_the_first_statement(
    elsewhere: DatabaseWrapper,
) -> None:
    elsewhere.wait_for_server(0.2)

    with pytest.raises(OperationalError):
        elsewhere.cursor()


def test_one_that_the_server_ended_is_replaced_before_a_call(
    other: DatabaseWrapper,
) -> None:
    end(pid_of(other))
    other.close_if_unusable_or_obsolete()  # as at the beginning of a request

    other.wait_for_server(60)

    assert other.is_usable()


def test_a_prepared_statement_is_logged_with_its_text() -> None:
    with CaptureQueriesContext(connection) as asked, prepared_cursor() as cursor:
        for number in range(3):
            cursor.execute("SELECT %s + 41", [number])

    assert [one["sql"] for one in asked] == ["SELECT %s + 41"] * 3
