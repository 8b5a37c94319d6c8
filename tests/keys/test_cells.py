"""Owner, note and tags, edited where the inventory shows them."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey
from tests.keys.stored import stored_key
from tests.people import SECRET, ClientOf

PART = {"HX-Request": "true"}
FIELDS = ("owner", "note", "tags")


def url(api_key: ApiKey, field: str) -> str:
    return f"/keys/{api_key.pk}/{field}/"


@pytest.fixture
def one(team: Team) -> ApiKey:
    """A key about which everything is said."""
    return stored_key(team, owner="Amy", note="Feeds it.", tags=["eu", "prod"])


@pytest.mark.parametrize(
    ("field", "shown"), [("owner", "Amy"), ("note", "Feeds it."), ("tags", "eu, prod")]
)
def test_a_form_takes_the_place_of_the_value_and_gives_it_back(
    client_of: ClientOf, ada: User, one: ApiKey, field: str, shown: str
) -> None:
    browser = client_of(ada)

    form = browser.get(url(one, field), headers=PART).text
    again = browser.get(url(one, field) + "?shown", headers=PART).text

    assert "data-cell-form" in form
    assert shown in form
    assert f'name="{field}"' in form
    assert "<form" not in again
    assert f'id="{field}-{one.pk}"' in again


@pytest.mark.parametrize(
    ("field", "text", "stored"),
    [
        ("owner", " Zoe ", "Zoe"),
        ("note", "another", "another"),
        ("tags", "CI eu", ["ci", "eu"]),
    ],
)
def test_what_is_saved_is_shown_and_audited(
    client_of: ClientOf, ada: User, one: ApiKey, field: str, text: str, stored: object
) -> None:
    answer = client_of(ada).post(url(one, field), {field: text}, headers=PART)

    one.refresh_from_db()
    assert answer.status_code == 200
    assert "key-edited" in answer.headers["HX-Trigger-After-Settle"]
    assert "<form" not in answer.text
    assert getattr(one, field) == stored
    entry = Entry.objects.get(action="key.edited")
    assert entry.detail["after"] == {field: stored}


@pytest.mark.parametrize(
    ("field", "text"), [("owner", SECRET), ("note", SECRET), ("tags", "a<b")]
)
def test_what_is_wrong_is_said_in_place(
    client_of: ClientOf, ada: User, one: ApiKey, field: str, text: str
) -> None:
    answer = client_of(ada).post(url(one, field), {field: text}, headers=PART)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert SECRET not in answer.text
    assert not Entry.objects.filter(action="key.edited").exists()


@pytest.mark.parametrize("field", FIELDS)
def test_without_htmx_the_page_that_edits_all_opens(
    client_of: ClientOf, ada: User, one: ApiKey, field: str
) -> None:
    answer = client_of(ada).get(url(one, field))

    assert answer["Location"] == f"/keys/{one.pk}/edit/"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("who", ["sam", "olga", "fin"])
def test_others_see_the_value_without_a_way_to_edit(
    client_of: ClientOf,
    request: pytest.FixtureRequest,
    one: ApiKey,
    field: str,
    who: str,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert "in-place" not in browser.get("/keys/").text
    assert browser.post(url(one, field), {field: "x"}, headers=PART).status_code == 403


def test_strangers_are_led_to_the_sign_in_page(client: Client, one: ApiKey) -> None:
    assert client.get(url(one, "owner"))["Location"].startswith("/account/login/")


def test_a_key_that_is_gone_is_not_found(
    client_of: ClientOf, ada: User, one: ApiKey
) -> None:
    ApiKey.objects.update(removed_at=one.created_at)

    answer = client_of(ada).post(url(one, "owner"), {"owner": "x"}, headers=PART)

    assert answer.status_code == 404


def test_tags_are_edited_on_the_page_of_all(
    client_of: ClientOf, ada: User, one: ApiKey
) -> None:
    browser, address = client_of(ada), f"/keys/{one.pk}/edit/"
    assert 'value="eu, prod"' in browser.get(address).text

    browser.post(address, {"label": one.label, "tags": "new"})

    one.refresh_from_db()
    assert one.tags == ["new"]
    assert '?tag=new"' in browser.get(f"/keys/{one.pk}/").text
