"""Signing in, confirming, signing out, and what is written about it."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from time import time

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from console import vault
from console.accounts.models import User
from console.audit import chain
from console.audit.models import Entry, Tally
from tests.people import PASSWORD, ClientOf

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.accounts.urls"),
    pytest.mark.usefixtures("plain_templates"),
]

SIGN_IN = "/account/login/"
SIGN_OUT = "/account/logout/"
CONFIRM = "/account/reauthenticate/"


def _sign_in(browser: Client, *, name: str = "ada", password: str = PASSWORD) -> None:
    browser.post(SIGN_IN, {"login": name, "password": password})


class TestSignIn:
    def test_the_right_password_opens(self, client: Client, ada: User) -> None:
        answer = client.post(SIGN_IN, {"login": "ada", "password": PASSWORD})

        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert client.get("/").text == "overview.view is open"

    def test_leads_back_to_where_one_was_going(self, client: Client, ada: User) -> None:
        answer = client.post(
            f"{SIGN_IN}?next=/keys/", {"login": "ada", "password": PASSWORD}
        )

        assert answer.headers["Location"] == "/keys/"

    def test_never_leads_to_another_site(self, client: Client, ada: User) -> None:
        answer = client.post(
            f"{SIGN_IN}?next=https://evil.example/",
            {"login": "ada", "password": PASSWORD},
        )

        assert answer.headers["Location"] == "/"

    def test_the_session_gets_a_new_key(self, client: Client, ada: User) -> None:
        session = client.session
        session["planted"] = 1
        session.save()
        before = session.session_key

        _sign_in(client)

        assert client.session.session_key != before

    def test_counts_as_fresh_proof(self, client: Client, ada: User) -> None:
        _sign_in(client)

        assert client.get("/page/keys.change/").status_code == HTTPStatus.OK

    def test_is_written_down(self, client: Client, ada: User) -> None:
        _sign_in(client)

        entry = Entry.objects.get()
        assert (entry.action, entry.actor_name) == ("sign_in.done", "ada")
        assert (entry.actor_id, entry.address) == (str(ada.pk), "127.0.0.1")
        assert entry.request_id
        assert chain.verify().sound

    def test_does_not_happen_if_it_cannot_be_written_down(
        self, client: Client, ada: User
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE audit_entry ADD CONSTRAINT full_up CHECK (seq < 1)"
            )

        with pytest.raises(DatabaseError):
            _sign_in(client)

        assert client.get("/").status_code == HTTPStatus.FOUND
        ada.refresh_from_db()
        assert ada.last_login is None

    def test_works_while_the_vault_is_sealed(
        self,
        client: Client,
        ada: User,
        settings: Settings,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        _sign_in(client)

        assert client.get("/").status_code == HTTPStatus.OK
        assert Entry.objects.count() == 0
        assert "sign_in.done by ada not in the audit trail yet" in caplog.text
        waiting = Tally.objects.get()
        assert (waiting.action, waiting.actor_name) == ("sign_in.done", "ada")

    def test_nobody_can_sign_up(self, client: Client) -> None:
        assert client.get("/account/signup/").status_code == HTTPStatus.NOT_FOUND

    @pytest.mark.parametrize(
        "path", ["", "signup/", "password/reset/", "password/change/", "email/"]
    )
    def test_nothing_else_of_allauth_has_an_address(
        self, client: Client, path: str
    ) -> None:
        assert client.get(f"/account/{path}").status_code == HTTPStatus.NOT_FOUND


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "password"),
        [
            pytest.param("ada", "not the password", id="wrong password"),
            pytest.param("nobody", PASSWORD, id="unknown name"),
            pytest.param("ada", "\x00", id="control character"),
            pytest.param("ad%", PASSWORD, id="wildcard"),
            pytest.param("a\x00da", PASSWORD, id="null byte in the name"),
            pytest.param("a" * 500, PASSWORD, id="long name"),
        ],
    )
    def test_says_no_in_the_same_words(
        self, client: Client, ada: User, name: str, password: str
    ) -> None:
        answer = client.post(SIGN_IN, {"login": name, "password": password})

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert client.get("/").status_code == HTTPStatus.FOUND

    def test_a_closed_account_is_told_apart_from_none(
        self, client: Client, ada: User
    ) -> None:
        User.objects.filter(pk=ada.pk).update(is_active=False)

        closed = client.post(SIGN_IN, {"login": "ada", "password": PASSWORD})
        unknown = client.post(SIGN_IN, {"login": "eve", "password": PASSWORD})

        assert closed.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert closed.text == unknown.text
        assert client.get("/").status_code == HTTPStatus.FOUND

    def test_is_written_down_without_what_was_typed(
        self, client: Client, ada: User
    ) -> None:
        _sign_in(client, password="wrong")
        _sign_in(client, name="my secret password")

        known = Entry.objects.get()
        assert (known.action, known.outcome) == ("sign_in.failed", "refused")
        assert (known.object_name, known.actor_id) == ("ada", "")
        unknown = Tally.objects.get()
        assert (unknown.action, unknown.what) == ("sign_in.failed", ["unknown name"])

    def test_the_sixth_wrong_password_waits_even_if_right(
        self, client: Client, ada: User
    ) -> None:
        for _ in range(5):
            _sign_in(client, password="wrong")

        answer = client.post(SIGN_IN, {"login": "ada", "password": PASSWORD})

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Wait five minutes" in answer.text
        assert Entry.objects.count() == 5
        assert Tally.objects.get().what == ["account_login"]

    def test_a_wrong_password_elsewhere_does_not_lock_others_out(
        self, client: Client, ada: User, sam: User
    ) -> None:
        for _ in range(5):
            _sign_in(client, password="wrong")

        answer = client.post(SIGN_IN, {"login": "sam", "password": PASSWORD})

        assert answer.status_code == HTTPStatus.FOUND

    def test_an_address_that_tries_many_names_waits(self, client: Client) -> None:
        answers = [
            client.post(SIGN_IN, {"login": f"n{number}", "password": "wrong"})
            for number in range(12)
        ]

        assert "Wait five minutes" not in answers[9].text
        assert "Wait five minutes" in answers[10].text


class TestConfirm:
    @pytest.fixture
    def late(self, client_of: ClientOf, ada: User) -> Client:
        browser = client_of(ada)
        session = browser.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time() - 360}
        ]
        session.save()
        return browser

    def test_the_password_is_fresh_proof(self, late: Client) -> None:
        before = late.session.session_key

        answer = late.post(f"{CONFIRM}?next=/page/keys.change/", {"password": PASSWORD})

        assert answer.headers["Location"] == "/page/keys.change/"
        assert late.get("/page/keys.change/").status_code == HTTPStatus.OK
        assert late.session.session_key != before
        assert Entry.objects.get().action == "sign_in.confirmed"

    def test_a_wrong_password_is_not(self, late: Client) -> None:
        answer = late.post(CONFIRM, {"password": "wrong"})

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert late.get("/page/keys.change/").status_code == HTTPStatus.FOUND
        entry = Entry.objects.get()
        assert (entry.action, entry.actor_name) == ("sign_in.failed", "ada")

    def test_is_for_those_signed_in(self, client: Client) -> None:
        assert client.get(CONFIRM).headers["Location"].startswith(SIGN_IN)

    def test_guessing_is_limited(self, late: Client) -> None:
        for _ in range(5):
            late.post(CONFIRM, {"password": "wrong"})

        late.post(CONFIRM, {"password": PASSWORD})

        assert late.get("/page/keys.change/").status_code == HTTPStatus.FOUND


class TestSignOut:
    def test_ends_the_session(self, client_of: ClientOf, ada: User) -> None:
        browser = client_of(ada)

        answer = browser.post(SIGN_OUT)

        assert answer.headers["Location"] == SIGN_IN
        assert browser.get("/").status_code == HTTPStatus.FOUND
        entry = Entry.objects.get()
        assert (entry.action, entry.actor_name) == ("sign_out", "ada")

    def test_a_link_alone_does_not(self, client_of: ClientOf, ada: User) -> None:
        browser = client_of(ada)

        browser.get(SIGN_OUT)

        assert browser.get("/").status_code == HTTPStatus.OK

    def test_a_stranger_signs_nobody_out(self, client: Client) -> None:
        client.post(SIGN_OUT)

        assert Entry.objects.count() == 0

    def test_needs_the_token_of_our_own_form(
        self, client_of: ClientOf, ada: User
    ) -> None:
        browser = client_of(ada)
        browser.handler.enforce_csrf_checks = True

        answer = browser.post(SIGN_OUT)

        assert answer.status_code == HTTPStatus.FORBIDDEN
