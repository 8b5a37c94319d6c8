"""The feed of price and model changes, its reviews, its files and its Atom twin."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from console import vault
from console.accounts.models import Role, Team, User
from console.alerts.models import Incident
from console.audit.models import Entry
from console.catalog.models import (
    CatalogChange,
    ChangeKind,
    ChangeSight,
    LanguageModel,
    PriceVersion,
)
from console.finance.changes.feed import EXPORT_FIELDS, SIZE
from console.finance.models import FeedToken, PriceReview
from console.usage.models import ChangeEffect
from tests.finance.told import changed, effect
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

URL = "/models/changes/"
PART = {"HX-Request": "true"}
ATOM = {"a": "http://www.w3.org/2005/Atom"}
pytestmark = pytest.mark.django_db


def rows(text: str) -> list[str]:
    return text.split('<li id="change-')[1:]


def without_tokens(found: list[str]) -> list[str]:
    """Return rows without the tokens of their forms, which differ each time."""
    return [
        re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", one) for one in found
    ]


def test_a_price_shows_before_after_percent_interval_teams_and_effect(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    change = changed(stored_model(), team, other_team)
    effect(change, team, 471_900_000_000)
    effect(change, other_team, 199_100_000_000, unknown_calls=2)

    (row,) = rows(client_of(fin).get(URL).text)

    for text in (
        "The price of grok-4.3 changed", "<del>$1.50</del>", "<ins>$1.80</ins>", "+20%",
        "Told to Search, Elsewhere", "+$67.10 per month", "70%", "+$47.19",
        "2 calls of unknown cost", "17 Jun 2026",
    ):  # fmt: skip
        assert text in row


def test_every_kind_has_a_row_and_a_chip(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    for kind in ChangeKind:
        if kind != ChangeKind.PRICE:
            changed(model, team, kind=kind, field="x", before="a", after="b")
    changed(model, team)

    page = client_of(fin).get(URL).text
    only = client_of(fin).get(URL, {"kind": "alias"}).text

    assert len(rows(page)) == len(ChangeKind)
    for kind in ChangeKind:
        assert f'id="kind-{kind}"' in page
    assert len(rows(only)) == 1
    assert "moved from a to b" in only


def test_no_use_and_unlisted_calls_are_said(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    effect(changed(model, team), team, 0, calls=0)
    gone = changed(model, team, kind="unlisted", before=None, after=None, ago=1)
    effect(gone, team, 0, calls=7)
    gone.effects.update(ticks=None)

    newest, oldest = rows(client_of(fin).get(URL).text)

    assert "Called 7 times in the 30 days before" in newest
    assert "No use in the 30 days before" in oldest


def test_staff_see_their_own_teams_alone(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    both = changed(stored_model(), team, other_team)
    effect(both, team, 10**12)
    effect(both, other_team, 10**10)
    changed(stored_model("theirs"), team)

    page = client_of(mia).get(URL).text

    (row,) = rows(page)
    assert "Told to Elsewhere." in row
    assert "+$1.00 per month" in row
    assert "Search" not in row.split("</ol>")[0]
    assert "theirs" not in page
    assert "Mark as reviewed" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=GROK-4", 1),
        ("q=zzz", 0),
        ("from=2026-06-17&to=2026-06-17", 1),
        ("from=2026-06-18", 0),
        ("to=2026-06-16", 0),
        ("kind=nonsense", 1),
        ("from=yesterday&to=2026-02-31&model=x&page=%00", 1),
        ("q=%00%00", 1),
        (f"model={uuid4()}", 0),
    ],
    ids=range(9),
)
def test_filters_narrow_and_nonsense_is_harmless(
    client_of: ClientOf, fin: User, team: Team, query: str, found: int
) -> None:
    changed(stored_model(), team)

    page = client_of(fin).get(f"{URL}?{query}")

    assert page.status_code == 200
    assert len(rows(page.text)) == found


def test_pages_go_on_after_each_other(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    for n in range(SIZE + 3):
        changed(model, team, ago=n)
    browser = client_of(fin)

    first = browser.get(URL).text
    link = first.split('id="page-after"', 1)[1].split('href="', 1)[1].split('"', 1)[0]
    second = browser.get(URL + link.replace("&amp;", "&")).text

    assert (len(rows(first)), len(rows(second))) == (SIZE, 3)


def test_files_hold_ticks_dollars_and_the_effect(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    change = changed(stored_model(), team)
    effect(change, team, 671_000_000_000)
    other = stored_model("grok-3")
    changed(other, team, kind="alias", field="g", before="a", after="b")
    browser = client_of(fin)

    as_csv = browser.get(URL, {"format": "csv", "kind": "price"}).getvalue().decode()
    as_json = json.loads(browser.get(URL, {"format": "json"}).getvalue())

    (row,) = csv.DictReader(io.StringIO(as_csv))
    assert list(row) == list(as_json[0]) == list(EXPORT_FIELDS)
    assert (row["before"], row["after"], row["percent"]) == (
        "15000",
        "18000",
        "20.0000",
    )
    assert row["after_usd_per_million"] == "1.8"
    assert row["effect_of_change_ticks"] == "671000000000"
    assert row["effect_of_change_usd"] == "67.1"
    assert len(as_json) == 2
    assert Entry.objects.filter(action="export.price_changes").count() == 2


def test_asks_the_same_number_of_queries_for_any_number_of_changes_and_teams(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    browser, model, asked = client_of(fin), stored_model(), []
    for number in (1, 15):
        teams = [Team.objects.create(name=f"{number} {n}") for n in range(number)]
        for n in range(number):
            change = changed(model, *teams, ago=n)
            for each in teams:
                effect(change, each, 5)
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, headers=PART)
        asked.append(len(queries))

    assert len(rows(page.text)) == 16
    assert asked[0] == asked[1]
    assert asked[0] <= 16
    assert page.text.lstrip().startswith('<section class="stack-3" id="change-feed"')


@pytest.mark.parametrize(
    ("kind", "differing"),
    [
        (CatalogChange, {"after": {"completion_text_token_price": 19_000}}),
        (ChangeSight, {"unchanged_at": datetime(2026, 1, 2, tzinfo=UTC)}),
        (ChangeSight, {"seen_at": datetime(2026, 1, 3, tzinfo=UTC)}),
        (ChangeEffect, {"ticks": 77}),
        (ChangeEffect, {"unknown_calls": 3}),
        (Team, {"name": "Renamed"}),
        (User, {"role": Role.AUDITOR}),
        (User, {"created_at": datetime(2030, 1, 1, tzinfo=UTC)}),
        (LanguageModel, {"model_id": "grok-of-today"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_row_is_written_anew_when_anything_in_it_differs(
    client_of: ClientOf,
    fin: User,
    team: Team,
    kind: type[Model],
    differing: dict[str, object],
) -> None:
    change, browser = changed(stored_model(), team), client_of(fin)
    effect(change, team, 471_900_000_000)
    User.objects.update(created_at=change.recorded_at - timedelta(days=1))
    before = [without_tokens(rows(browser.get(URL).text)) for _ in range(2)]

    kind._default_manager.update(**differing)
    after = without_tokens(rows(browser.get(URL).text))

    assert before[0] == before[1]
    assert len(after) == 1
    assert after != before[0]


def test_strangers_wrong_methods_and_empty(
    client: Client, client_of: ClientOf, fin: User
) -> None:
    assert client.get(URL).status_code == 302
    assert client_of(fin).post(URL).status_code == 405
    assert "Nothing has changed yet" in client_of(fin).get(URL).text
    assert "No change matches" in client_of(fin).get(URL, {"q": "x"}).text


# Reviews


def test_all_are_marked_up_to_what_the_page_showed(
    client_of: ClientOf, fin: User, ada: User, team: Team
) -> None:
    model = stored_model()
    shown = changed(model, team)
    browser = client_of(fin)
    page = browser.get(URL).text
    up_to = page.split('name="up_to" value="', 1)[1].split('"', 1)[0]
    late = changed(model, team, ago=1)

    answer = browser.post(
        f"{URL}review/", {"up_to": up_to, "note": "June", "back": URL}, follow=True
    )

    assert "Marked as reviewed: 1 change." in answer.text
    (left,) = rows(browser.get(URL, {"new": "1"}).text)
    assert left.startswith(str(late.pk))
    review = PriceReview.objects.get()
    assert (review.person, review.note) == (fin, "June")
    assert review.up_to >= shown.recorded_at
    assert len(rows(client_of(ada).get(URL, {"new": "1"}).text)) == 2
    assert Entry.objects.filter(action="prices.reviewed").count() == 1
    again = browser.post(f"{URL}review/", {"up_to": up_to}, follow=True)
    assert "done before" in again.text


def test_one_is_marked_with_a_note_and_made_new_again(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    change = changed(stored_model(), team)
    browser = client_of(fin)

    browser.post(f"{URL}{change.pk}/review/", {"note": "agreed with sales"})

    (row,) = rows(browser.get(URL).text)
    assert "“agreed with sales”" in row
    assert rows(browser.get(URL, {"new": "1"}).text) == []
    browser.post(f"{URL}{change.pk}/new/")
    assert len(rows(browser.get(URL, {"new": "1"}).text)) == 1


def test_the_price_page_says_what_is_new_and_marks_it(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    stored_price(model, team, completion_text_token_price=18_000)
    changed(model, team)
    browser = client_of(fin)

    page = browser.get("/models/").text

    assert "1 change</a> since you came" in page
    assert 'class="num changed" data-label="Output"' in page
    assert "was $1.50 per 1M tokens" in page
    up_to = page.split('name="up_to" value="', 1)[1].split('"', 1)[0]
    browser.post(f"{URL}review/", {"up_to": up_to, "back": "/models/"})
    assert "since you came" not in browser.get("/models/").text
    assert 'class="num changed"' not in browser.get("/models/").text


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("review/", {"up_to": "soon"}),
        ("review/", {}),
        ("{change}/review/", {"note": "x" * 501}),
    ],
)
def test_a_bad_form_marks_nothing_and_says_so(
    client_of: ClientOf, fin: User, team: Team, act: str, fields: dict[str, str]
) -> None:
    change = changed(stored_model(), team)

    answer = client_of(fin).post(
        URL + act.format(change=change.pk), fields, follow=True
    )

    assert "Nothing was marked" in answer.text
    assert not PriceReview.objects.exists()


@pytest.mark.parametrize("act", ["review/", "{change}/review/", "{change}/new/"])
def test_only_finance_and_admins_review(
    client_of: ClientOf, sam: User, olga: User, team: Team, act: str
) -> None:
    change = changed(stored_model(), team)
    url = URL + act.format(change=change.pk)

    assert client_of(sam).post(url).status_code == 403
    assert client_of(olga).post(url).status_code == 403


def test_a_change_that_is_none_is_not_found(client_of: ClientOf, fin: User) -> None:
    assert client_of(fin).post(f"{URL}{uuid4()}/review/").status_code == 404
    assert client_of(fin).post(f"{URL}{uuid4()}/new/").status_code == 404


# Odd prices


def test_an_odd_price_is_confirmed_for_all_teams_that_are_told_it(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    for each in (team, other_team):
        stored_price(
            model,
            each,
            completion_text_token_price=0,
            odd=["completion_text_token_price"],
        )
    Incident.objects.create(
        kind="odd_price", subject=str(model.pk), title="Odd", began_at=timezone.now()
    )
    browser = client_of(fin)
    page = browser.get(f"/models/{model.pk}/").text
    digest = page.split('name="digest" value="', 1)[1].split('"', 1)[0]

    answer = browser.post(
        f"/models/{model.pk}/confirm/", {"digest": digest}, follow=True
    )

    assert "for 2 teams" in answer.text
    assert PriceVersion.objects.sound().filter(confirmed_by=fin).count() == 2
    assert Incident.objects.get().ending == "confirmed"
    assert Entry.objects.filter(action="price.confirmed").count() == 1
    assert 'name="digest"' not in browser.get(f"/models/{model.pk}/").text
    again = browser.post(
        f"/models/{model.pk}/confirm/", {"digest": digest}, follow=True
    )
    assert "done before" in again.text


def test_a_confirmation_asks_for_its_effect_to_be_worked_out(
    client_of: ClientOf,
    fin: User,
    team: Team,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    model = stored_model()
    stored_price(model, team, odd=["completion_text_token_price"])
    digest = PriceVersion.objects.get().prices_digest
    url = f"/models/{model.pk}/confirm/"
    browser = client_of(fin)

    with django_capture_on_commit_callbacks() as first:
        browser.post(url, {"digest": str(digest)})
    with django_capture_on_commit_callbacks() as second:
        browser.post(url, {"digest": str(digest)})

    assert (len(first), len(second)) == (1, 0)


@pytest.mark.parametrize("digest", ["", "x", "1.5", str(2**70)])
def test_a_digest_that_is_none_confirms_nothing(
    client_of: ClientOf, fin: User, team: Team, digest: str
) -> None:
    model = stored_model()
    stored_price(model, team, odd=["completion_text_token_price"])

    answer = client_of(fin).post(
        f"/models/{model.pk}/confirm/", {"digest": digest}, follow=True
    )

    assert "Nothing was confirmed" in answer.text
    assert not PriceVersion.objects.exclude(confirmed_at=None).exists()


def test_who_may_confirm(
    client_of: ClientOf, sam: User, olga: User, fin: User, team: Team
) -> None:
    model = stored_model()
    stored_price(model, team, odd=["completion_text_token_price"])
    url = f"/models/{model.pk}/confirm/"

    assert client_of(sam).post(url).status_code == 403
    assert client_of(olga).post(url).status_code == 403
    assert client_of(fin).post(f"/models/{uuid4()}/confirm/").status_code == 404
    assert "It is meant" not in client_of(olga).get(f"/models/{model.pk}/").text


# Atom


def made_address(browser: Client) -> str:
    page = browser.post(f"{URL}feed/")
    assert page.headers["Cache-Control"] == "no-store"
    address: str = page.text.split('id="address"', 1)[1].split('value="', 1)[1]
    return "/models" + address.split('"', 1)[0].split("/models", 1)[1]


def test_the_feed_is_atom_and_needs_its_token_alone(
    client: Client, client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model("grok-<4>")
    change = changed(model, team)
    effect(change, team, 671_000_000_000)
    url = made_address(client_of(fin))

    answer = client.get(url)

    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    (entry,) = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", "", ATOM) == "The price of grok-<4> changed"
    assert entry.findtext("a:id", "", ATOM) == f"urn:uuid:{change.pk}"
    summary = entry.findtext("a:summary", "", ATOM)
    assert "Output from 1.50 to 1.80" in summary
    assert "+$67.10 per month" in summary
    links = {
        one.get("rel"): one.get("href", "") for one in feed.findall("a:link", ATOM)
    }
    assert links["self"].endswith(url)
    assert links["alternate"] == feed.findtext("a:id", "", ATOM)
    assert links["alternate"].endswith(URL)
    assert feed.findtext("a:author/a:name", "", ATOM) == "Gatehouse"
    assert FeedToken.objects.get().last_used_at is not None


def test_the_made_address_has_a_copy_button_and_coming_again_makes_none(
    client_of: ClientOf, fin: User
) -> None:
    browser = client_of(fin)

    page = browser.post(f"{URL}feed/").text
    again = browser.get(f"{URL}feed/")

    assert 'data-copy-of="address" hidden' in page
    assert "js/copy.js" in page
    assert (again.status_code, again.headers["Location"]) == (302, URL)
    assert Entry.objects.filter(action="feed.made").count() == 1


def test_the_feed_holds_what_its_person_may_see(
    client: Client, client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    changed(stored_model("hers"), other_team, team)
    changed(stored_model("theirs"), team)

    text = client.get(made_address(client_of(mia))).text

    assert "hers" in text
    assert "theirs" not in text
    assert "Search" not in text


def test_a_token_is_kept_as_a_digest_and_replaced(
    client: Client, client_of: ClientOf, fin: User
) -> None:
    first = made_address(client_of(fin))
    second = made_address(client_of(fin))

    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert second.rstrip("/").rsplit("/", 1)[1] not in str(FeedToken.objects.values())
    client_of(fin).post(f"{URL}feed/drop/")
    assert client.get(second).status_code == 404
    acts = Entry.objects.filter(action__startswith="feed.").values_list("action")
    assert [act for (act,) in acts.order_by("seq")] == [
        "feed.made", "feed.made", "feed.dropped",
    ]  # fmt: skip


def test_a_person_who_left_has_no_feed(
    client: Client, client_of: ClientOf, fin: User
) -> None:
    url = made_address(client_of(fin))
    User.objects.filter(pk=fin.pk).update(is_active=False)

    assert client.get(url).status_code == 404


@pytest.mark.parametrize("token", ["x", "ghf_x", "ghf_" + "a" * 43, "%00", "é"])
def test_other_tokens_open_nothing(client: Client, db: None, token: str) -> None:
    assert client.get(f"{URL}feed/{token}/").status_code == 404


def test_the_feed_tells_when_it_changed(
    client: Client, client_of: ClientOf, fin: User, team: Team
) -> None:
    changed(stored_model(), team)
    url = made_address(client_of(fin))

    answer = client.get(url)

    assert "17 Jun 2026" in answer.headers["Last-Modified"]
    assert "private" in answer.headers["Cache-Control"]


def test_a_change_is_new_to_those_who_were_there_before_it(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    change = changed(stored_model(), team)
    long_ago = fin.created_at - timedelta(days=1)
    CatalogChange.objects.filter(pk=change.pk).update(recorded_at=long_ago)

    assert rows(client_of(fin).get(URL, {"new": "1"}).text) == []


def test_a_review_goes_no_further_than_now(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    changed(stored_model(), team)
    browser = client_of(fin)

    browser.post(f"{URL}review/", {"up_to": "9999-12-31T23:59:59-14:00"})

    assert PriceReview.objects.get().up_to <= timezone.now()
    assert browser.get(URL).status_code == 200


def test_staff_read_when_their_own_team_was_told(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    changed(stored_model(), team, other_team)  # an hour later

    browser = client_of(mia)

    (row,) = rows(browser.get(URL).text)
    assert "13:00" in row
    assert "12:00" not in row.split("</ol>")[0]
    assert len(rows(browser.get(URL, {"from": "2026-06-17"}).text)) == 1


def test_a_model_of_other_teams_has_no_name_in_the_address(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    model = stored_model("theirs")
    stored_price(model, team)

    assert "theirs" not in client_of(mia).get(URL, {"model": str(model.pk)}).text
