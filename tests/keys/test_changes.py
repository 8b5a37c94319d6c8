"""The feed of changes: whole looks, narrowed, counted, paged and exported."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console.accounts.models import Membership, Team, User
from console.audit.models import Entry
from console.keys import feed
from console.keys.feed import Filters
from console.keys.forms.changes import change_filters_of
from console.keys.models import ApiKey, KeyChange, Origin, Review, XaiUser
from tests.keys.looks import BLOCKED, RENAMED, SOMEBODY, WIDENED, look
from tests.keys.stored import stored_key
from tests.people import NOON, SECRET, ClientOf

URL = "/keys/changes/"
PART = {"HX-Request": "true"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    return stored_key(team)


def feed_of(user: User, **filters: Any) -> feed.Feed:
    teams = list(Team.objects.visible_to(user))
    return feed.feed(user=user, filters=Filters(**filters), teams=teams)


def titles(user: User, **filters: Any) -> list[str]:
    return [row.event.title for row in feed_of(user, **filters).rows]


def test_shows_each_look_as_a_diff_with_gap_person_and_review(
    client_of: ClientOf, sam: User, api_key: ApiKey
) -> None:
    look(api_key, {**RENAMED, **WIDENED}, at=NOON)

    page = client_of(sam).get(URL).text

    assert "Access widened to all models" in page
    assert page.count('id="look-') == 1
    assert page.index("<ins>api-key:model:*</ins>") < page.index("<ins>triage</ins>")
    assert "1 more, unchanged" in page
    assert "20 Jun 2026, between 11:55 and 12:00" in page
    assert f'<code title="{SOMEBODY}">3d38b4dc…</code>' in page
    assert "Waits for a review" in page
    assert "Confirm</a>" not in page  # staff may not


def test_names_the_person_whom_somebody_has_linked(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    look(api_key)
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines Okafor", person=ada)

    page = client_of(ada).get(URL).text

    assert "by Ines Okafor" in page
    assert "Confirm</a>" in page


def test_shows_what_was_said_and_a_way_back(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    look(
        api_key, review=Review.ESCALATED, review_note="<b>who?</b>", reviewed_by=ada,
        reviewed_at=timezone.now(),
    )  # fmt: skip

    page = client_of(ada).get(URL).text

    assert "Escalated" in page
    assert 'by Ada <time datetime="' in page
    assert "“&lt;b&gt;who?&lt;/b&gt;”" in page
    assert "Reopen" in page


def test_hides_the_changes_of_other_teams_in_every_part(
    client_of: ClientOf, mia: User, team: Team, api_key: ApiKey
) -> None:
    look(api_key)
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines Okafor")
    browser = client_of(mia)

    narrowed = ("review=waiting", f"team={team.pk}", f"key={api_key.pk}", "field=acls")
    for query in ("", *narrowed, "q=nothing", "format=json", "format=csv"):
        answer = browser.get(f"{URL}?{query}")
        text = answer.getvalue().decode() if answer.streaming else answer.text
        for secret in (
            "search-prod",
            f">{team.name}</option",
            SOMEBODY,
            "Ines",
            "api-key:model",
        ):
            assert secret not in text, (query, secret)

    shown = feed_of(mia)
    assert [one.looks for one in (shown.total, *shown.reviews, *shown.origins)] == [
        0
    ] * 8


def test_another_teams_key_in_the_address_tells_nothing(
    client_of: ClientOf, mia: User, api_key: ApiKey
) -> None:
    look(api_key)
    browser = client_of(mia)

    theirs, nobodys = (
        browser.get(f"{URL}?key={key_id}").text.replace(str(key_id), "")
        for key_id in (api_key.pk, uuid4())
    )

    def without_tokens(text: str) -> str:
        return re.sub(r'(X-CSRFToken":|csrfmiddlewaretoken" value=)"\w+"', "", text)

    assert without_tokens(theirs) == without_tokens(nobodys)


def test_a_key_that_moved_takes_only_its_new_changes_along(
    sam: User, mia: User, other_team: Team, api_key: ApiKey
) -> None:
    look(api_key, RENAMED, at=NOON)
    ApiKey.objects.update(team=other_team)
    api_key.refresh_from_db()
    look(api_key, WIDENED, at=NOON + MINUTE)

    assert titles(sam) == ["Renamed"]
    assert titles(mia) == ["Access widened to all models"]
    assert feed_of(sam).rows[0].team == "Search"


def test_a_removed_key_has_no_changes_any_more(ada: User, api_key: ApiKey) -> None:
    look(api_key)
    ApiKey.objects.update(removed_at=timezone.now())

    assert titles(ada) == []


def test_strangers_are_led_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    assert getattr(client_of(ada), method)(URL).status_code == 405


def test_answers_htmx_with_the_feed_alone(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    look(api_key)

    part = client_of(ada).get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="change-feed"')
    assert "<html" not in part


def test_says_what_is_missing_when_nothing_matches_or_nothing_is_there(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)

    assert "Nothing has changed yet" in browser.get(URL).text
    assert "Clear all filters" in browser.get(f"{URL}?review=waiting").text


@pytest.mark.parametrize(
    "query",
    [
        "origin=nobody", "review=never", "team=nowhere", f"team={UUID(int=0)}",
        "field=secret", "key=none", "from=yesterday", "from=9999-12-31",
        "to=2026-13-40", "to=0001-01-01", "page=%00", "page=e30", "q=%00",
        "format=pdf", "origin=&review=&team=&field=&q=&from=&to=&page=",
    ],
)  # fmt: skip
def test_bad_filters_are_left_out(
    client_of: ClientOf, ada: User, api_key: ApiKey, query: str
) -> None:
    look(api_key)

    answer = client_of(ada).get(f"{URL}?{query}")

    assert answer.status_code == 200
    assert "Access widened" in answer.text


def test_reads_every_filter_of_the_address(team: Team, api_key: ApiKey) -> None:
    values = {
        "origin": "outside", "review": "waiting", "team": str(team.pk),
        "field": "acls", "q": " prod ", "key": str(api_key.pk),
        "from": "2026-06-01", "to": "2026-06-20", "page": "abc",
    }  # fmt: skip

    filters = change_filters_of(values, teams=[team])

    assert filters == Filters(
        origin=Origin.OUTSIDE, review=Review.WAITING, team=team.pk, field="acls",
        search="prod", key=api_key.pk, since=date(2026, 6, 1),
        until=date(2026, 6, 20), cursor="abc",
    )  # fmt: skip
    assert filters.narrows
    assert filters.in_words()["until"] == "2026-06-20"
    assert not Filters(cursor="abc").narrows


def test_a_pasted_key_is_searched_by_its_tail() -> None:
    assert change_filters_of({"q": SECRET}, teams=[]).search == SECRET[-4:]


def test_each_filter_keeps_whole_looks(ada: User, team: Team, api_key: ApiKey) -> None:
    look(api_key, {**WIDENED, **RENAMED, **BLOCKED}, at=NOON)
    other = stored_key(team, "batch", owner="Priya", last_four="Zz9k")
    look(other, RENAMED, at=NOON - DAY, review=Review.CONFIRMED)
    look(
        other, {"state": ("active", "rejected")}, at=NOON - 2 * DAY,
        origin=Origin.OBSERVED, review=Review.NONE,
    )  # fmt: skip
    blocked, renamed, rejected = (
        "xAI blocked this key",
        "Renamed",
        "xAI does not accept the secret",
    )

    assert titles(ada) == [blocked, renamed, rejected]
    assert titles(ada, review=Review.WAITING) == [blocked]
    assert titles(ada, review=Review.CONFIRMED) == [renamed]
    assert titles(ada, origin=Origin.XAI) == [blocked]
    assert titles(ada, origin=Origin.OUTSIDE) == [blocked, renamed]
    assert titles(ada, field="name") == [blocked, renamed]
    assert titles(ada, field="state") == [rejected]
    assert titles(ada, key=other.pk) == [renamed, rejected]
    assert titles(ada, search="priya") == [renamed, rejected]
    assert titles(ada, search="Zz9k") == [renamed, rejected]
    assert titles(ada, since=date(2026, 6, 19)) == [blocked, renamed]
    assert titles(ada, until=date(2026, 6, 19)) == [renamed, rejected]
    assert titles(ada, since=date(2026, 6, 19), until=date(2026, 6, 19)) == [renamed]

    (first, *_) = feed_of(ada, field="name").rows
    assert [one.field for one in first.event.differences] == [
        "api_key_blocked",
        "acls",
        "name",
    ]


def test_counts_looks_and_not_rows_beside_what_is_chosen(
    ada: User, team: Team, api_key: ApiKey
) -> None:
    look(api_key, {**WIDENED, **RENAMED, **BLOCKED}, at=NOON)
    look(api_key, at=NOON - DAY)
    look(api_key, RENAMED, at=NOON - 2 * DAY, review=Review.CONFIRMED)

    shown = feed_of(ada, review=Review.CONFIRMED)

    assert (shown.total.looks, shown.total.more) == (3, False)
    assert [(one.value, one.looks) for one in shown.reviews] == [
        ("waiting", 2),
        ("escalated", 0),
        ("confirmed", 1),
    ]
    assert {one.value: one.looks for one in shown.origins} == {
        "outside": 1,
        "xai": 0,
        "here": 0,
        "observed": 0,
    }
    assert {one.value: one.looks for one in feed_of(ada).origins}["xai"] == 1


def test_does_not_count_for_ever(
    client_of: ClientOf, ada: User, api_key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "COUNTED", 3)
    for minute in range(5):
        look(api_key, at=NOON + minute * MINUTE)

    shown = feed_of(ada)

    assert (shown.total.looks, shown.total.more) == (3, True)
    assert "All <b>3+</b>" in client_of(ada).get(URL).text


def pages(user: User, **filters: Any) -> list[list[tuple[UUID, datetime]]]:
    """Turn all pages, and back again; return what each showed."""
    forward, back, cursor = [], [], ""
    while True:
        shown = feed_of(user, **filters, cursor=cursor)
        forward.append([(r.event.key_id, r.event.gap_until) for r in shown.rows])
        if shown.after is None:
            break
        cursor = shown.after
    while True:
        back.append([(r.event.key_id, r.event.gap_until) for r in shown.rows])
        if shown.before is None:
            break
        shown = feed_of(user, **filters, cursor=shown.before)
    assert back[::-1] == forward
    return forward


def test_no_page_cuts_a_look_in_two_or_loses_one(
    ada: User, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SIZE", 3)
    keys = [stored_key(team, str(n)) for n in range(5)]
    for at in (NOON, NOON - MINUTE):  # five keys seen in one instant
        rows = [look(one, {**WIDENED, **RENAMED, **BLOCKED}, at=at) for one in keys]
    ids = [row.pk for found in rows for row in found]
    outside = KeyChange.objects.filter(origin=Origin.OUTSIDE)
    outside.filter(pk__in=ids[::2]).update(review=Review.ESCALATED)

    shown = pages(ada)

    assert [len(page) for page in shown] == [3, 3, 3, 1]
    assert len({one for page in shown for one in page}) == 10
    assert len({one for page in pages(ada, field="acls") for one in page}) == 10


def test_staff_see_the_looks_of_all_their_teams(
    sam: User, team: Team, other_team: Team
) -> None:
    Membership.objects.create(user=sam, team=other_team)
    look(stored_key(team, "ours"), at=NOON)
    look(stored_key(other_team, "also ours"), at=NOON - MINUTE)

    assert [row.label for row in feed_of(sam).rows] == ["ours", "also ours"]
    assert [row.label for row in feed_of(sam, team=other_team.pk).rows] == ["also ours"]


@pytest.mark.parametrize("query", ["", "?q=search&review=waiting"])
def test_asks_the_same_number_of_queries_for_any_number_of_looks(
    client_of: ClientOf, ada: User, team: Team, query: str
) -> None:
    browser = client_of(ada)
    look(stored_key(team, "search"))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(URL + query)
        return len(queries)

    asked()
    one = asked()
    for n in range(50):
        look(
            stored_key(team, f"search {n}"), {**WIDENED, **RENAMED},
            at=NOON + n * MINUTE, modified_by=f"user {n}", reviewed_by=ada,
        )  # fmt: skip

    assert asked() == one


def test_a_search_with_many_matches_is_not_a_list_of_ids(
    ada: User, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FEW_KEYS", 1)
    for name in ("search-a", "search-b", "batch"):
        look(stored_key(team, name))

    assert {row.label for row in feed_of(ada, search="search").rows} == {
        "search-a",
        "search-b",
    }


@pytest.mark.parametrize("format", ["csv", "json"])
def test_exports_what_the_filters_leave_and_says_so(
    client_of: ClientOf, ada: User, api_key: ApiKey, format: str
) -> None:
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines Okafor")
    look(api_key, {**WIDENED, "name": ("=1+1", f"is {SECRET}")}, at=NOON)
    look(api_key, {"state": ("active", "rejected")}, at=NOON - DAY,
         origin=Origin.OBSERVED, review=Review.NONE)  # fmt: skip

    answer = client_of(ada).get(
        f"{URL}?{urlencode({'review': 'waiting', 'format': format})}"
    )
    text = answer.getvalue().decode()

    assert answer["Content-Disposition"] == f'attachment; filename="changes.{format}"'
    assert SECRET not in text
    entry = Entry.objects.get(action="changes.exported")
    assert entry.detail == {"format": format, "review": "waiting"}
    if format == "json":
        by_field = {row["field"]: row for row in json.loads(text)}
        assert set(by_field) == {"acls", "name"}
        assert by_field["acls"]["after"] == WIDENED["acls"][1]
        assert by_field["name"]["after"] == "is [redacted]"
        assert by_field["name"]["xai_user_name"] == "Ines Okafor"
        assert by_field["name"]["seen_at"] == "2026-06-20T12:00:00+00:00"
        assert by_field["name"]["key"] == "search-prod"
    else:
        assert "'=1+1" in text
        assert "api-key:model:grok-4.3; api-key:model:*" in text
        assert len(text.splitlines()) == 3


def test_a_sealed_vault_exports_nothing(
    client_of: ClientOf, ada: User, api_key: ApiKey, settings: Settings
) -> None:
    look(api_key)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"

    answer = client_of(ada).get(f"{URL}?format=csv")

    assert answer.status_code == 303
