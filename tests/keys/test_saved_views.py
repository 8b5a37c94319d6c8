"""A person's own names for filters."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import Team, User
from console.keys import saved_views
from console.keys.models import SavedView
from tests.keys.stored import stored_key
from tests.people import ClientOf

URL = "/keys/views/"
FILTERED = "state=active&risk=no_owner&q=prod&sort=-name&size=50"
CLEAN = "q=prod&state=active&risk=no_owner&sort=-name&size=50"


@pytest.fixture
def view(ada: User) -> SavedView:
    """A view of `ada`."""
    return SavedView.objects.create(
        user=ada, name="my refused ones", query="state=rejected"
    )


def test_a_view_keeps_the_clean_filters_and_leads_to_them(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team)
    browser = client_of(ada)
    dirty = f"{FILTERED}&page=x&team=nobody&evil=1&format=csv"

    saved = browser.post(URL, {"name": "quarterly", "back": dirty})

    view = SavedView.objects.get(user=ada)
    assert saved["Location"] == f"/keys/?{CLEAN}"
    assert (view.name, view.query) == ("quarterly", CLEAN)
    assert browser.get("/keys/", {"view": view.pk})["Location"] == f"?{CLEAN}"
    page = browser.get(f"/keys/?{CLEAN}").text
    assert f'<option value="{view.pk}" selected>View: quarterly' in page


def test_the_page_asks_for_a_name_and_shows_what_is_kept(
    client_of: ClientOf, ada: User
) -> None:
    page = client_of(ada).get(URL, {"back": FILTERED}).text

    assert "search: prod" in page
    assert 'name="name"' in page


def test_a_name_is_needed_and_only_once(
    client_of: ClientOf, ada: User, view: SavedView
) -> None:
    browser = client_of(ada)

    assert browser.post(URL, {"name": ""}).status_code == 422
    taken = browser.post(URL, {"name": "MY refused ones"})

    assert taken.status_code == 422
    assert "You have a view of this name already; capitals make no" in taken.text


def test_fifty_views_are_enough(client_of: ClientOf, ada: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(user=ada, name=str(n)) for n in range(saved_views.MOST)
    )

    answer = client_of(ada).post(URL, {"name": "more"})

    assert answer.status_code == 422
    assert SavedView.objects.count() == saved_views.MOST


def test_a_view_is_renamed_and_deleted(
    client_of: ClientOf, ada: User, view: SavedView
) -> None:
    browser = client_of(ada)

    browser.post(f"{URL}{view.pk}/rename/", {"name": "weekly"})
    view.refresh_from_db()
    empty = browser.post(f"{URL}{view.pk}/rename/", {"name": ""}, follow=True)
    browser.post(f"{URL}{view.pk}/delete/")

    assert view.name == "weekly"
    assert "required" in empty.text
    assert not SavedView.objects.exists()


def test_another_name_that_is_taken_is_refused(
    client_of: ClientOf, ada: User, view: SavedView
) -> None:
    SavedView.objects.create(user=ada, name="taken")

    page = client_of(ada).post(
        f"{URL}{view.pk}/rename/", {"name": "taken"}, follow=True
    )

    assert "You have a view of this name already" in page.text


def test_views_of_others_do_not_exist(
    client_of: ClientOf, olga: User, view: SavedView
) -> None:
    browser = client_of(olga)

    assert "my refused ones" not in browser.get(URL).text
    assert browser.get("/keys/", {"view": view.pk}).status_code == 200
    assert browser.post(f"{URL}{view.pk}/delete/").status_code == 404
    assert browser.post(f"{URL}{view.pk}/rename/", {"name": "x"}).status_code == 404


@pytest.mark.parametrize("text", ["x", "-1", "9" * 40, "²", ""])
def test_a_view_that_is_none_shows_all_keys(
    client_of: ClientOf, ada: User, text: str
) -> None:
    assert client_of(ada).get("/keys/", {"view": text}).status_code == 200


def test_strangers_are_led_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get(URL)["Location"].startswith("/account/login/")
