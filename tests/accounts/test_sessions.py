"""Who is signed in, as two statements of our own tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Role, User
from console.accounts.sessions import PeopleBackend, SessionStore
from tests.people import ClientOf

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.accounts.urls"),
    pytest.mark.usefixtures("plain_templates"),
]

OPEN = "overview.view is open"


def _opens(browser: Client) -> bool:
    answer = browser.get("/")
    assert answer.status_code in {200, 302}
    return bool(answer.text == OPEN)


def test_the_person_of_a_session_is_whole(ada: User) -> None:
    stored = User.objects.get(pk=ada.pk)

    found = PeopleBackend().get_user(str(ada.pk))

    assert found is not None
    for field in User._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(stored, field.attname)
    assert found.get_deferred_fields() == set()
    assert not found._state.adding  # saving it updates


def test_a_page_asks_for_session_and_person_once(
    client_of: ClientOf,
    ada: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = client_of(ada)

    with django_assert_num_queries(2):
        assert _opens(browser)


def test_a_session_that_ended_opens_nothing(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)
    assert _opens(browser)

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not _opens(browser)


def test_a_session_that_was_deleted_opens_nothing(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)
    Session.objects.all().delete()

    assert not _opens(browser)


@pytest.mark.parametrize("key", ["short", "x" * 32, "\0" * 32, "' OR true --" * 3])
def test_a_made_up_session_opens_nothing(key: str) -> None:
    store = SessionStore(key)

    assert store.load() == {}
    assert store.session_key is None


def test_a_made_up_cookie_opens_nothing(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32

    assert not _opens(client)


def test_whoever_was_disabled_is_a_stranger(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert not _opens(browser)
    assert PeopleBackend().get_user(ada.pk) is None


def test_a_role_holds_from_the_next_page_on(client_of: ClientOf, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(role=Role.AUDITOR)

    found = PeopleBackend().get_user(sam.pk)

    assert found is not None
    assert found.role == Role.AUDITOR


def test_nobody_has_an_unknown_id() -> None:
    assert PeopleBackend().get_user("00000000-0000-4000-8000-000000000000") is None
