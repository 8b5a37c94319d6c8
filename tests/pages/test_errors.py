"""Pages for what went wrong."""

from __future__ import annotations

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from console.accounts.models import User
from console.pages import errors
from console.playground.conversations.files import LARGEST
from console.playground.prompts.forms import LONGEST_TEXT
from console.playground.twin.forms import LONGEST
from tests.people import ClientOf

IMPORT = "/playground/history/import/"
HISTORY = "/playground/history/"
TEMPLATE = "/playground/prompts/00000000-0000-4000-8000-000000000000/"


def test_a_wrong_role_is_told_which_one_it_is(client_of: ClientOf, fin: User) -> None:
    answer = client_of(fin).get("/status/")

    assert answer.status_code == 403
    assert "You are signed in as Fin, role finance" in answer.text
    assert 'href="/"' in answer.text


def test_nothing_at_an_address(client_of: ClientOf, ada: User) -> None:
    answer = client_of(ada).get("/no/such/page/")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert "/no/such/page/" not in answer.text


def test_a_stranger_learns_nothing_more(client: Client, db: None) -> None:
    assert client.get("/no/such/page/").status_code == 404


def test_a_broken_request_and_a_broken_server_need_no_database() -> None:
    request = RequestFactory().get("/<script>")

    bad = errors.bad_request(request, ValueError("<script>"))
    broken = errors.server_error(request)

    assert (bad.status_code, broken.status_code) == (400, 500)
    assert "cannot be read" in bad.text
    assert "The fault is ours" in broken.text
    assert "&lt;script" not in bad.text + broken.text


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_no_mistake_of_ours(error: type[Exception]) -> None:
    try:
        raise error("server closed the connection")
    except error:
        answer = errors.server_error(RequestFactory().get("/"))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database does not answer" in answer.text


@pytest.mark.parametrize(
    ("path", "came_from", "back", "words", "limit"),
    [
        ("/models/referee/", "", "/models/referee/", "The file is too", "8 MiB"),
        ("/models/<script>", "", "/", "This is too large", "8 MiB"),
        ("/budgets/add/", "/budgets/", "/budgets/", "Back to the form", "8 MiB"),
        (IMPORT, HISTORY, HISTORY, "The file is too large", "1 MiB"),
        (IMPORT, IMPORT, HISTORY, "The file is too large", "1 MiB"),
        (TEMPLATE, TEMPLATE, TEMPLATE, "This is too large", "20,000 characters"),
    ],
)
def test_too_much_of_a_form_leads_back_and_tells_what_the_form_takes(
    path: str, came_from: str, back: str, words: str, limit: str
) -> None:
    page = errors.too_large(path, came_from, "It is too large: at most 8 MiB.")

    assert words in page
    assert limit in page
    assert ("8 MiB" in page) is (limit == "8 MiB")
    assert f'href="{back}"' in page
    assert "<script>" not in page


def test_the_limits_of_forms_are_told_as_the_forms_have_them() -> None:
    file, template = (errors.TAKES[one] for one in (IMPORT, "/playground/prompts/*/"))
    request = errors.TAKES["/playground/twin/"]

    assert f" {LARGEST // 2**20} MiB." in file
    assert f" {LONGEST_TEXT:,} characters" in template
    assert f" {LONGEST // 2**20} MB." in request


def test_too_many_sign_ins_from_one_address_get_a_page(
    client: Client, db: None
) -> None:
    answers = [
        client.post("/account/login/", {"login": f"n{number}", "password": "wrong"})
        for number in range(40)
    ]

    assert answers[-1].status_code == 429
    assert "Wait five minutes" in answers[-1].text
    assert "Content-Security-Policy" in answers[-1].headers


def test_a_host_that_is_not_ours_is_a_broken_request(client: Client) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_a_form_without_its_token_is_refused(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/account/login/", {"login": "ada", "password": "x"})

    assert answer.status_code == 403
    assert "This form is too old" in answer.text


@pytest.mark.parametrize("path", ["/status/", "/no/such/page/"])
def test_errors_carry_the_policy_too(path: str, client_of: ClientOf, sam: User) -> None:
    headers = client_of(sam).get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
