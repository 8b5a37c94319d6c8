"""What a rule, a limit or the CSRF check refuses is counted, once per minute."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client

from console.accounts.models import User
from console.audit.models import Entry, Tally
from console.keys.models import ApiKey
from tests.people import PASSWORD, ClientOf

pytestmark = pytest.mark.django_db


def test_a_rule_that_refuses_is_counted_by_view(client_of: ClientOf, sam: User) -> None:
    browser = client_of(sam)
    entries = Entry.objects.count()

    for url in ("/keys/add/", "/keys/add/", "/status/"):
        assert browser.get(url).status_code == HTTPStatus.FORBIDDEN

    counted = Tally.objects.get()
    assert (counted.action, counted.outcome) == ("access.denied", "refused")
    assert (counted.actor_id, counted.actor_name) == (str(sam.pk), "sam")
    assert (counted.count, counted.what) == (3, ["keys:add", "pages:status"])
    assert Entry.objects.count() == entries


def test_a_forged_form_is_counted(sam: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/account/login/", {"login": "sam", "password": PASSWORD})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    counted = Tally.objects.get()
    assert (counted.actor_id, counted.what) == ("", ["account_login"])


def test_a_limit_that_refuses_is_counted(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    browser = client_of(ada)
    url = f"/keys/{api_key.pk}/check/"

    answers = [browser.post(url, headers={"HX-Request": "true"}) for _ in range(2)]

    assert answers[1].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert Tally.objects.get().what == ["polling:check_now"]


def test_what_is_allowed_is_not_counted(client_of: ClientOf, sam: User) -> None:
    browser = client_of(sam)

    browser.get("/")
    browser.get("/keys/00000000-0000-0000-0000-000000000000/")

    assert Tally.objects.count() == 0


def test_a_denial_that_cannot_be_counted_is_still_one(
    client_of: ClientOf, sam: User, caplog: pytest.LogCaptureFixture
) -> None:
    browser = client_of(sam)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE audit_tally ADD CONSTRAINT nothing CHECK (false) NOT VALID"
        )

    answer = browser.get("/keys/add/")

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "a denial was not counted" in caplog.text
