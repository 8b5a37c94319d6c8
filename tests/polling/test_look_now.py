"""Asking for the lists of models and prices now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyState
from console.polling import schedule
from console.polling.models import PollKind, PollState
from tests.keys.stored import stored_key
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
URL = "/models/look/"
LATER = timedelta(hours=3)


@pytest.fixture
def waiting(team: Team, other_team: Team) -> list[ApiKey]:
    """Two keys of two teams, due in three hours for either kind of poll."""
    keys = [stored_key(team, "one"), stored_key(other_team, "other")]
    for key in keys:
        for kind in PollKind:
            PollState.objects.create(
                key=key, team=key.team, kind=kind, due_at=timezone.now() + LATER
            )
    return keys


def due_kinds() -> list[str]:
    due = PollState.objects.filter(due_at__lte=timezone.now())
    return sorted(due.values_list("kind", flat=True))


@pytest.mark.parametrize("who", ["ada", "olga"])
def test_makes_the_lists_of_all_keys_due_and_leaves_one_entry(
    client_of: ClientOf,
    waiting: list[ApiKey],
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    answer = browser.post(URL, headers={"Referer": "http://testserver/models/?q=x"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "http://testserver/models/?q=x"
    assert due_kinds() == ["models", "models"]
    entry = Entry.objects.get(action="prices.asked_by_hand")
    assert (entry.actor_name, entry.detail) == (who, {"keys": 2})
    assert "asked for its prices with 2 keys" in browser.get("/models/").text


def test_is_done_once_a_minute(
    client_of: ClientOf, ada: User, waiting: list[ApiKey]
) -> None:
    browser = client_of(ada)
    browser.post(URL)
    PollState.objects.update(due_at=timezone.now() + LATER)

    answer = browser.post(URL, follow=True)

    assert "Nothing was asked" in answer.text
    assert due_kinds() == []
    assert Entry.objects.filter(action="prices.asked_by_hand").count() == 1


def test_leaves_keys_alone_that_are_not_watched(
    client_of: ClientOf, ada: User, waiting: list[ApiKey]
) -> None:
    ApiKey.objects.filter(label="one").update(watched=False)
    ApiKey.objects.filter(label="other").update(removed_at=timezone.now())

    client_of(ada).post(URL)

    assert due_kinds() == []


@pytest.mark.parametrize("who", ["fin", "sam"])
def test_is_for_those_who_may_check_keys(
    client_of: ClientOf,
    waiting: list[ApiKey],
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    assert client_of(request.getfixturevalue(who)).post(URL).status_code == 403
    assert due_kinds() == []


def test_only_posts(client_of: ClientOf, ada: User) -> None:
    assert client_of(ada).get(URL).status_code == 405


def test_asks_nothing_without_an_entry(
    client_of: ClientOf, ada: User, waiting: list[ApiKey], settings: Settings
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = settings.KEK_FILE.parent / "gone"
    vault.forget()

    assert browser.post(URL).status_code == 303
    assert due_kinds() == []


def test_the_next_look_is_with_a_key_that_is_told_prices(
    fin: User, waiting: list[ApiKey]
) -> None:
    one, other = waiting
    PollState.objects.filter(key=one).update(due_at=timezone.now())
    ApiKey.objects.filter(pk=one.pk).update(state=KeyState.REJECTED)

    found = schedule.next_lists_at(fin)
    ApiKey.objects.filter(pk=other.pk).update(watched=False)

    assert found == PollState.objects.get(key=other, kind=PollKind.MODELS).due_at
    assert schedule.next_lists_at(fin) is None


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    ada: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        PollState.objects.create(
            key=stored_key(team, f"key {n}"),
            team=team,
            kind=PollKind.MODELS,
            due_at=timezone.now() + LATER,
        )

    with django_assert_num_queries(4):  # two of them around the transaction
        assert schedule.ask_for_lists(ApiKey.objects.visible_to(ada)) == number
