"""An odd price that was confirmed is told as confirmed: everywhere, when, by whom."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console import vault
from console.accounts.models import Team, User
from console.catalog.models import CatalogChange, LanguageModel, PriceVersion
from console.finance.changes.doubts import Doubt, doubts_of
from tests.finance.told import changed, days_ago, effect, told
from tests.keys.stored import stored_model
from tests.people import ClientOf

URL = "/models/changes/"
ODD = ["completion_text_token_price"]
UNTIL = "no cost is computed with it until confirmed"
pytestmark = pytest.mark.django_db


def odd(model: LanguageModel, *teams: Team) -> CatalogChange:
    """Store a change to an odd price, with the versions on both sides of it."""
    change = changed(model, *teams, odd=True)
    for sight in change.sights.all():
        sight.price_before = told(model, sight.team, 9, 3.2)
        sight.price_after = told(
            model, sight.team, 3, 0, completion_text_token_price=0, odd=ODD
        )
        sight.save(update_fields=["price_before", "price_after"])
    return change


def confirm(team: Team, by: User | None, at: datetime | None = None) -> None:
    PriceVersion.objects.filter(team=team, odd=ODD).update(
        confirmed_at=at or days_ago(1), confirmed_by=by
    )


def doubt(change: CatalogChange, user: User) -> Doubt:
    return doubts_of([change], user=user)[change.pk]


def test_it_is_doubted_while_any_team_of_the_viewer_has_it_unconfirmed(
    fin: User, sam: User, mia: User, team: Team, other_team: Team
) -> None:
    change = odd(stored_model(), team, other_team)
    assert doubt(change, fin) == Doubt(unsure=True)

    confirm(team, fin)

    assert doubt(change, sam) == Doubt(
        unsure=False, confirmed_at=days_ago(1), effect_comes=True
    )
    assert doubt(change, mia) == Doubt(unsure=True)
    both = doubt(change, fin)
    assert (both.unsure, both.confirmed_by) == (True, fin.name or fin.username)


def test_the_newest_confirmation_is_named(
    fin: User, ada: User, team: Team, other_team: Team
) -> None:
    change = odd(stored_model(), team, other_team)
    confirm(team, ada, days_ago(2))
    confirm(other_team, fin, days_ago(1))

    found = doubt(change, ada)

    assert (found.confirmed_at, found.confirmed_by) == (
        days_ago(1),
        fin.name or fin.username,
    )


def test_of_a_person_who_is_gone_only_the_time_is_known(fin: User, team: Team) -> None:
    change = odd(stored_model(), team)
    confirm(team, None)

    assert doubt(change, fin).confirmed_by == ""


def test_what_is_told_no_more_cannot_be_confirmed(fin: User, team: Team) -> None:
    model = stored_model()
    change = odd(model, team)
    told(model, team, 1, 0)

    assert doubt(change, fin).is_past
    confirm(team, fin)
    assert not doubt(change, fin).is_past


def test_no_effect_is_to_come_after_a_price_that_is_doubted_itself(
    fin: User, team: Team
) -> None:
    change = odd(stored_model(), team)
    confirm(team, fin)
    PriceVersion.objects.filter(confirmed_at=None).update(odd=ODD)

    assert not doubt(change, fin).effect_comes


def test_plausible_changes_cost_no_query(
    fin: User, team: Team, django_assert_num_queries: Any
) -> None:
    change = changed(stored_model(), team)

    with django_assert_num_queries(0):
        assert doubts_of([change], user=fin) == {}


def address(browser: Client) -> str:
    page = browser.post(f"{URL}feed/").text
    found: str = page.split('id="address"', 1)[1].split('value="', 1)[1]
    return "/models" + found.split('"', 1)[0].split("/models", 1)[1]


def test_page_news_model_feed_and_file_say_that_it_was_confirmed(
    client_of: ClientOf, client: Client, fin: User, sam: User, team: Team
) -> None:
    model = stored_model()
    odd(model, team)
    browser = client_of(fin)
    feed = address(browser)
    pages = (URL, "/models/", f"/models/{model.pk}/")
    for page in pages:
        assert UNTIL in browser.get(page).text, page
    assert UNTIL in client.get(feed).text

    confirm(team, fin)

    name = fin.name or fin.username
    for page in pages:
        text = browser.get(page).text
        assert UNTIL not in text, page
        assert "odd, confirmed" in text, page
        assert f"by {name}</span>" in text, page
        assert "worked out soon" in text, page
    atom = client.get(feed).text
    assert f"confirmed 19 Jun 2026, 12:00 UTC by {name}." in atom
    assert "<updated>2026-06-19T12:00:00+00:00</updated>" in atom
    theirs = client_of(sam).get(pages[2]).text
    assert "odd, confirmed" in theirs
    assert f"by {name}" not in theirs
    file = browser.get(URL, {"format": "csv"}).getvalue().decode()
    (line,) = csv.DictReader(io.StringIO(file))
    assert (line["odd"], line["odd_confirmed_by"]) == ("false", name)
    assert line["odd_confirmed_at"].startswith("2026-06-19")
    file = browser.get(pages[2], {"format": "csv"}).getvalue().decode()
    newest, _ = csv.DictReader(io.StringIO(file))
    assert (newest["odd_fields"], newest["odd_confirmed_by"]) == ("", name)


def test_once_the_effect_is_there_nothing_is_to_come(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    change = odd(stored_model(), team)
    confirm(team, fin)
    effect(change, team, 10**10)

    page = client_of(fin).get(URL).text

    assert "worked out soon" not in page
    assert "+$1.00 per month" in page


def test_the_number_of_queries_is_the_same_for_many_odd_changes(
    client_of: ClientOf, fin: User
) -> None:
    browser, asked = client_of(fin), []
    for number in (1, 12):
        for n in range(number):
            team = Team.objects.create(name=f"{number} {n}")
            odd(stored_model(f"grok-{number}-{n}"), team)
            if n % 2:
                confirm(team, fin)
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            browser.get(URL, headers={"HX-Request": "true"})
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 18
