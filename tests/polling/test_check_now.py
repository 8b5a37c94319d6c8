from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from console import vault
from console.accounts.models import User
from console.audit.models import Entry
from console.keys.models import ApiKey
from console.polling import schedule
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(api_key: ApiKey) -> str:
    return reverse("polling:check_now", args=[api_key.pk])


def test_makes_the_key_due_and_goes_back_to_its_page(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    response = client_of(ada).post(url(api_key))

    assert response.status_code == 303
    assert response["Location"] == reverse("keys:detail", args=[api_key.pk])
    assert schedule.pending() == 2
    entry = Entry.objects.get(action="key.checked_by_hand")
    assert (entry.actor_name, entry.object_id) == ("ada", str(api_key.pk))


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/keys/?state=active", True),
        ("https://elsewhere.example/keys/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_goes_back_to_pages_of_ours_only(
    client_of: ClientOf, ada: User, api_key: ApiKey, page: str, back: bool
) -> None:
    response = client_of(ada).post(url(api_key), headers={"Referer": page})

    assert (response["Location"] == page) is back


def test_answers_htmx_with_a_sentence(
    client_of: ClientOf, olga: User, api_key: ApiKey
) -> None:
    browser = client_of(olga)

    part = browser.post(url(api_key), headers=HTMX)
    again = browser.post(url(api_key), headers=HTMX)

    assert part.status_code == 200
    assert "search-prod" in part.text
    assert "<html" not in part.text
    assert again.status_code == 429
    assert "less than a minute ago" in again.text
    assert Entry.objects.filter(action="key.checked_by_hand").count() == 1


def test_does_not_ask_for_a_paused_key(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    ApiKey.objects.update(watched=False)

    part = client_of(ada).post(url(api_key), headers=HTMX)

    assert part.status_code == 409
    assert "not watched" in part.text


def test_staff_and_finance_may_not(
    client_of: ClientOf, sam: User, fin: User, api_key: ApiKey
) -> None:
    for person in (sam, fin):
        assert client_of(person).post(url(api_key)).status_code == 403
    assert schedule.pending() == 0


def test_a_stranger_is_sent_to_sign_in(api_key: ApiKey) -> None:
    response = Client().post(url(api_key))

    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


def test_a_key_that_is_gone_is_not_found(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    ApiKey.objects.update(removed_at=api_key.created_at)

    assert client_of(ada).post(url(api_key)).status_code == 404


def test_only_post(client_of: ClientOf, ada: User, api_key: ApiKey) -> None:
    assert client_of(ada).get(url(api_key)).status_code == 405


def test_a_sealed_vault_says_so_and_asks_nothing(
    client_of: ClientOf, ada: User, api_key: ApiKey, settings: Settings
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    part = browser.post(url(api_key), headers=HTMX)
    page = browser.post(url(api_key), follow=True)

    assert part.status_code == 503
    assert "sealed" in part.text
    assert page.redirect_chain == [(reverse("keys:detail", args=[api_key.pk]), 303)]
    assert schedule.pending() == 0
