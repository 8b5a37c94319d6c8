"""The pages of signing in, out, and confirming."""

from __future__ import annotations

from django.test import Client
from pytest_django import Settings

from console.accounts.models import User
from tests.people import PASSWORD, ClientOf

LOGIN = "/account/login/"


def test_asks_for_name_and_password(client: Client, db: None) -> None:
    page = client.get(LOGIN).text

    assert "<h1>Sign in</h1>" in page
    assert 'name="login"' in page
    assert 'name="password" type="password" autocomplete="current-password"' in page
    assert "<title>Sign in - Gatehouse</title>" in page


def test_offers_no_way_in_that_does_not_work(client: Client, db: None) -> None:
    page = client.get(LOGIN).text.lower()

    for word in ("single sign-on", "passkey", "forgot", "sign up"):
        assert word not in page


def test_names_the_four_people_in_try_out_mode_only(
    client: Client, db: None, settings: Settings
) -> None:
    settings.TRYOUT = False
    assert "olga" not in client.get(LOGIN).text

    settings.TRYOUT = True

    page = client.get(LOGIN).text
    for name in ("ada", "olga", "fin", "sam"):
        assert f"<b>{name}</b>" in page
    assert "GATEHOUSE_DEMO_PASSWORD" in page


def test_a_wrong_password_is_told_without_saying_which_was_wrong(
    client: Client, ada: User
) -> None:
    known = client.post(LOGIN, {"login": "ada", "password": "wrong"}).text
    unknown = client.post(LOGIN, {"login": "nobody", "password": "wrong"}).text

    assert 'aria-invalid="true"' in known
    assert 'class="error" id="password-error"' in known
    assert 'value="ada"' in known
    assert "wrong" not in known

    def error(page: str) -> str:
        return page.split('id="password-error">')[1].split("</span>")[0]

    assert error(known) == error(unknown)


def test_the_right_password_leads_to_the_page_asked_for(
    client: Client, ada: User
) -> None:
    asked = client.get("/status/")
    form = client.get(asked.headers["Location"]).text
    assert 'name="next" value="/status/"' in form

    answer = client.post(
        LOGIN, {"login": "ada", "password": PASSWORD, "next": "/status/"}
    )

    assert answer.headers["Location"] == "/status/"


def test_does_not_lead_elsewhere(client: Client, ada: User) -> None:
    answer = client.post(
        LOGIN,
        {"login": "ada", "password": PASSWORD, "next": "https://evil.example/"},
    )

    assert answer.headers["Location"] == "/"


def test_confirming_names_the_person_and_asks_for_the_password(
    client_of: ClientOf, ada: User
) -> None:
    page = client_of(ada).get("/account/reauthenticate/?next=/keys/add/").text

    assert "Confirm that it is you" in page
    assert "Ada" in page
    assert 'name="password"' in page
    assert 'value="/keys/add/"' in page


def test_signing_out_asks_first(client_of: ClientOf, ada: User) -> None:
    page = client_of(ada).get("/account/logout/").text

    assert "You are signed in as Ada." in page
    assert 'action="/account/logout/"' in page
