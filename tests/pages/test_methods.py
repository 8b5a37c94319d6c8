"""What a browser is told that asks an address in a way it is not made for."""

from __future__ import annotations

import pytest
from django.http import HttpResponseNotAllowed
from django.test import Client
from django.urls import reverse

from console.accounts.models import User
from tests.people import ClientOf

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CODE = reverse("playground:code")
CHAT = reverse("playground:stream_chat")
IMPORT = reverse("playground:history_import")
HISTORY = reverse("playground:history")


@pytest.mark.parametrize("url", [CODE, CHAT])
def test_an_address_of_a_form_says_so_to_a_browser(
    client_of: ClientOf, sam: User, url: str
) -> None:
    answer = client_of(sam).get(url, headers=BROWSER)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "This address only takes what a form sends" in answer.text
    assert 'href="/"' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_page_says_that_it_takes_nothing(
    client_of: ClientOf, sam: User, method: str
) -> None:
    answer = getattr(client_of(sam), method)(HISTORY, headers=BROWSER)

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This address takes nothing in" in answer.text


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "*/*"}, BROWSER | {"HX-Request": "true"}]
)
def test_a_script_gets_the_status_alone(
    client_of: ClientOf, sam: User, headers: dict[str, str]
) -> None:
    answer = client_of(sam).get(CODE, headers=headers)

    assert isinstance(answer, HttpResponseNotAllowed)
    assert answer.content == b""


def test_the_address_of_the_import_leads_to_the_history(
    client_of: ClientOf, sam: User
) -> None:
    for headers in ({}, BROWSER):
        answer = client_of(sam).get(IMPORT, headers=headers)

        assert (answer.status_code, answer.headers["Location"]) == (302, HISTORY)


def test_a_stranger_signs_in_first(client: Client, db: None) -> None:
    for url in (CODE, IMPORT):
        answer = client.get(url, headers=BROWSER)

        assert answer.headers["Location"].startswith("/account/login/")
