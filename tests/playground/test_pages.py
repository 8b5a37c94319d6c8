"""The pages of the playground."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.models import ApiKey, KeyState
from console.usage import ledger
from console.usage.booking import Ending
from console.usage.models import Endpoint, Outcome, UsageRecord
from tests.people import SECRET, ClientOf
from tests.relay import stock

PAGES = ["playground:chat", "playground:messages", "playground:tokenize"]


@pytest.fixture
def usable_key(api_key: ApiKey, team: Team) -> ApiKey:
    """A key that sees one model; another model is seen by a blocked key alone."""
    grok, other = stock.language_model(), stock.language_model("grok-4.7")
    stock.price(grok, team)
    blocked = stock.stored(team, "blocked-one")
    stock.usable(blocked, other, state=KeyState.KEY_BLOCKED)
    return stock.usable(api_key, grok)


@pytest.mark.parametrize("name", PAGES)
def test_shows_what_may_be_used_and_why_not_the_rest(
    client_of: ClientOf, sam: User, usable_key: ApiKey, name: str
) -> None:
    page = client_of(sam).get(reverse(name)).text

    assert 'value="grok-4.3"' in page
    assert "1.25 in, 2.50 out" in page
    assert "blocked-one of Search would be used, but xAI has blocked it." in page
    assert ("Kept for 30 days" in page) == (name != "playground:tokenize")
    assert SECRET not in page


def test_its_own_address_leads_to_the_chat(client_of: ClientOf, sam: User) -> None:
    answer = client_of(sam).get("/playground/")

    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("playground:chat")


def test_whoever_adds_an_image_reads_that_it_is_not_kept(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    page = client_of(sam).get(reverse("playground:chat")).text

    assert "Images are sent and not kept" in page


@pytest.mark.parametrize("name", PAGES)
def test_hides_the_keys_of_other_teams(
    client_of: ClientOf, mia: User, usable_key: ApiKey, name: str
) -> None:
    page = client_of(mia).get(reverse(name)).text

    assert "search-prod" not in page
    assert "blocked-one" not in page
    assert "No key is stored for your teams." in page


@pytest.mark.parametrize("name", PAGES)
def test_says_that_it_needs_javascript(
    client_of: ClientOf, sam: User, usable_key: ApiKey, name: str
) -> None:
    page = client_of(sam).get(reverse(name)).text

    assert "<noscript>" in page
    assert "This page needs JavaScript" in page


@pytest.mark.parametrize("name", PAGES)
def test_a_person_of_no_team_reads_why(
    client_of: ClientOf, olga: User, name: str
) -> None:
    page = client_of(olga).get(reverse(name)).text

    assert "You belong to no team" in page
    assert "disabled" in page


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_sent_to_sign_in(client: Client, db: None, name: str) -> None:
    answer = client.get(reverse(name))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("name", PAGES)
def test_only_reading_is_allowed(client_of: ClientOf, sam: User, name: str) -> None:
    assert client_of(sam).post(reverse(name)).status_code == 405


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [("grok-4.3", "grok-4.3"), ("grok-4.7", "grok-4.3"), ("<b>", "grok-4.3")],
)
def test_a_model_can_be_asked_for_if_it_may_be_used(
    client_of: ClientOf, sam: User, usable_key: ApiKey, asked: str, chosen: str
) -> None:
    page = client_of(sam).get(reverse("playground:chat"), {"model": asked}).text

    assert f"<span data-chosen-model>{chosen}</span>" in page


TOKENIZE = reverse_lazy("playground:tokenize")


def ticked(page: str) -> list[str]:
    """Return the models that are chosen when the page opens."""
    return re.findall(r'type="checkbox" name="model"[^>]*value="([^"]+)" checked', page)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        pytest.param([], 1, id="one by itself"),
        pytest.param(["grok-a", "grok-b"], 2, id="those asked for"),
        pytest.param(["grok-a", "nothing", "<b>"], 1, id="only what there is"),
        pytest.param([f"grok-{letter}" for letter in "abcdef"], 4, id="at most four"),
    ],
)
def test_models_to_count_with_are_chosen_in_the_address(
    client_of: ClientOf,
    sam: User,
    team: Team,
    api_key: ApiKey,
    asked: list[str],
    chosen: int,
) -> None:
    models = [stock.language_model(f"grok-{letter}") for letter in "abcdef"]
    stock.usable(api_key, *models)

    page = client_of(sam).get(TOKENIZE, {"model": asked}).text

    assert len(ticked(page)) == chosen
    assert not asked or set(ticked(page)) <= set(asked)


def test_a_model_that_may_not_be_used_cannot_be_ticked(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    page = client_of(sam).get(TOKENIZE, {"model": "grok-4.7"}).text

    assert ticked(page) == ["grok-4.3"]
    assert 'value="grok-4.7" disabled data-never' in page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_models(
    client_of: ClientOf,
    sam: User,
    team: Team,
    api_key: ApiKey,
    number: int,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    models = [stock.language_model(f"grok-{index}") for index in range(number)]
    for model in models:
        stock.price(model, team)
    stock.usable(api_key, *models)
    browser = client_of(sam)
    browser.get(reverse(name))

    # Session, person, four of the picker, and what the frame asks.
    with django_assert_max_num_queries(12):
        browser.get(reverse(name))


def open_call(person: User, key: ApiKey) -> str:
    record_id = ledger.open_record(
        ledger.Opening(
            person=person,
            key=key,
            endpoint=Endpoint.CHAT,
            model_asked="grok-4.3",
            model=None,
            price=None,
            ceiling_ticks=None,
        )
    )
    return reverse("playground:stop", args=[record_id])


def test_an_answer_that_has_ended_needs_no_stop(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    url = open_call(sam, usable_key)
    ledger.settle(UsageRecord.objects.get().pk, Ending(outcome=Outcome.COMPLETE))

    assert client_of(sam).post(url).status_code == 204


def test_an_answer_that_another_process_reads_cannot_be_stopped_here(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    assert client_of(sam).post(open_call(sam, usable_key)).status_code == 409


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_stop_is_a_post(
    client_of: ClientOf, sam: User, usable_key: ApiKey, method: str
) -> None:
    url = open_call(sam, usable_key)

    assert getattr(client_of(sam), method)(url).status_code == 405


def test_only_ones_own_answers_can_be_stopped(
    client_of: ClientOf, ada: User, sam: User, usable_key: ApiKey
) -> None:
    url = open_call(sam, usable_key)
    nowhere = reverse("playground:stop", args=[uuid4()])

    assert client_of(ada).post(url).status_code == 404
    assert client_of(sam).post(nowhere).status_code == 404


def test_a_stop_needs_the_token_of_the_page(sam: User, usable_key: ApiKey) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sam, backend="console.accounts.sessions.PeopleBackend")

    assert browser.post(open_call(sam, usable_key)).status_code == 403
