"""What machines ask."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from console.pages import health


def test_healthz_asks_no_database(client: Client) -> None:
    answer = client.get("/healthz")  # without the `db` fixture a query would raise

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.django_db
def test_readyz_is_content_with_an_up_to_date_database(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.django_db
def test_readyz_asks_one_question_once_all_is_applied(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz")

    with django_assert_num_queries(1):
        client.get("/readyz")


@pytest.mark.django_db
def test_traffic_waits_for_migrations() -> None:
    migrations = health.Migrations()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")

    assert migrations.waiting() > 0
    assert health.unready(draining=False, waiting=migrations.waiting) == "migrations"


def test_a_process_that_leaves_wants_no_traffic() -> None:
    assert health.unready(draining=True, waiting=lambda: 0) == "draining"


@pytest.mark.django_db
def test_readyz_says_when_the_database_is_gone(client: Client) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(gone):
        answer = client.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "database\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_writes_nothing(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
