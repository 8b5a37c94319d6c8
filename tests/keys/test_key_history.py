"""What one key's page tells of its past, and asks about changes made outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.models import ApiKey, Origin, Review, StateSpan, XaiUser
from tests.keys.looks import BLOCKED, RENAMED, SOMEBODY, WIDENED, look
from tests.keys.stored import sees, stored_key, stored_model
from tests.people import ClientOf

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ASKS = "Changed outside Gatehouse. Was this you?"


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    return stored_key(team)


def page_of(client_of: ClientOf, person: User, api_key: ApiKey) -> str:
    return client_of(person).get(f"/keys/{api_key.pk}/").text


def test_asks_an_admin_about_a_change_made_outside(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    change, _ = look(api_key, {**WIDENED, **BLOCKED})

    page = page_of(client_of, ada, api_key)
    notice = page[page.index(ASKS) : page.index('id="h-30"')]

    assert f"<code>{SOMEBODY}</code>, who is not linked to a person here" in notice
    assert "<ins>api-key:model:*</ins>" in notice
    assert "api_key_blocked" not in notice  # xAI's doing, no question
    for act in ("confirm", "escalate", "person"):
        assert f"/keys/changes/{change.pk}/{act}/?next=%2Fkeys%2F{api_key.pk}" in notice


def test_names_a_person_who_is_linked(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    look(api_key)
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines Okafor")

    page = page_of(client_of, ada, api_key)

    assert "xAI names <b" in page
    assert "Ines Okafor</b>." in page
    assert "This is somebody else" in page


def test_tells_others_who_may_answer(
    client_of: ClientOf, sam: User, api_key: ApiKey
) -> None:
    look(api_key, modified_by="")

    page = page_of(client_of, sam, api_key)

    assert ASKS in page
    assert "xAI did not say who." in page
    assert "An admin can confirm or escalate it." in page
    assert "/confirm/" not in page


@pytest.mark.parametrize("review", [Review.CONFIRMED, Review.ESCALATED])
def test_asks_no_more_once_somebody_has_spoken(
    client_of: ClientOf, ada: User, api_key: ApiKey, review: Review
) -> None:
    look(api_key, review=review, reviewed_by=ada, reviewed_at=timezone.now())

    page = page_of(client_of, ada, api_key)

    assert ASKS not in page
    assert review.label.capitalize() in page


def test_asks_about_the_newest_and_leads_to_the_rest_however_old(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    for n in range(4):
        look(api_key, RENAMED, at=now - 90 * DAY - n * DAY)
    for n in range(60):
        look(
            api_key, {"state": ("active", "unreachable")}, at=now - n * MINUTE,
            origin=Origin.OBSERVED, review=Review.NONE,
        )  # fmt: skip

    page = page_of(client_of, ada, api_key)

    assert page.count(ASKS) == 3
    assert "All 4 changes of this key that wait for a review" in page


def test_shows_the_state_of_thirty_days(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    since = timezone.now() - 40 * DAY
    StateSpan.objects.create(key=api_key, state="active", starts_at=since)

    page = page_of(client_of, ada, api_key)

    assert "State, last 30 days" in page
    assert 'aria-label="Last 30 days: usable on 30"' in page
    assert "Usable all of the time." in page


def test_tells_of_models_between_the_looks(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    look(api_key, RENAMED, at=timezone.now() - 5 * DAY)
    sees(api_key, stored_model("grok-2-1212"), until=timezone.now() - DAY)
    sees(api_key, stored_model("grok-3"), until=timezone.now() - 7 * DAY)

    page = page_of(client_of, ada, api_key).partition('id="h-tl"')[2]

    order = ["xAI stopped listing grok-2-1212", "Renamed", "xAI stopped listing grok-3"]
    assert sorted(order, key=page.index) == order
    assert f"/keys/changes/?key={api_key.pk}" in page


def test_asks_the_same_number_of_queries_for_any_past(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    browser = client_of(ada)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/keys/{api_key.pk}/")
        return len(queries)

    look(api_key)
    asked()
    one = asked()
    for n in range(30):
        at = timezone.now() - n * DAY
        look(api_key, at=at, modified_by=f"user {n}")
        sees(api_key, stored_model(f"grok-{n}"), until=at)
        StateSpan.objects.create(
            key=api_key, state="stale", starts_at=at - DAY, ends_at=at
        )

    assert asked() == one
