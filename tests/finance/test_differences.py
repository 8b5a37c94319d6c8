"""What differs between teams, and two teams side by side."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console import vault
from console.accounts.models import Membership, Team, User
from console.audit.models import Entry
from console.finance.differences import files, overview, pairs
from console.finance.differences.mixing import Mix, mix_of
from console.finance.differences.overview import Difference
from console.finance.models import PriceView
from tests.finance.told import days_ago, told
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

URL = "/models/differences/"
PART = {"HX-Request": "true"}


def rows(text: str) -> list[str]:
    """Return the body rows of the tables, as markup."""
    return text.split("<tr data-row")[1:]


def found(user: User, search: str = "") -> dict[str, Difference]:
    seen = overview.overview(user=user, search=search)
    return {row.model_id: row for row in seen.rows}


def test_names_models_that_not_all_see_and_that_cost_differently(
    fin: User, team: Team, other_team: Team
) -> None:
    third = Team.objects.create(name="Third")
    same, partial, priced = map(stored_model, ("same", "partial", "priced"))
    for one in (team, other_team, third):
        stored_price(same, one)
        price = 50_000 if one == third else 25_000
        stored_price(priced, one, completion_text_token_price=price)
    for one in (team, other_team):
        stored_price(partial, one)

    differ = found(fin)

    assert set(differ) == {"partial", "priced"}
    assert (differ["partial"].told, differ["partial"].asked) == (2, 3)
    assert differ["partial"].unseen_by == ("Third",)
    common, dear = differ["priced"].offers
    assert (common.teams, common.common, common.cheapest) == (2, True, True)
    assert (common.named, common.factor) == (("Elsewhere", "Search"), "×1")
    assert (dear.named, dear.dearest, dear.common) == (("Third",), True, False)
    assert dear.changes["completion_text_token_price"].words == "+100%"
    # 70 x 12500 + 20 x 2000 + 10 x 25000 = 1165000; with 50000: 1415000
    assert dear.factor == "×1.21"


def test_a_model_that_few_see_names_those_and_not_the_others(
    fin: User, team: Team
) -> None:
    everywhere, rare = stored_model("everywhere"), stored_model("rare")
    for n in range(9):
        stored_price(everywhere, Team.objects.create(name=f"Team {n}"))
    stored_price(everywhere, team)
    stored_price(rare, team)

    row = found(fin)["rare"]

    assert (row.told, row.asked, row.unseen_by) == (1, 10, ())
    assert row.offers[0].named == ("Search",)


def test_a_team_that_lost_a_model_does_not_see_it(
    fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 1, missing_at=days_ago(0.5))
    told(model, other_team, 9, 0)

    (row,) = found(fin).values()

    assert (row.told, row.asked, len(row.offers)) == (1, 2, 1)


def test_teams_are_only_compared_on_hosts_they_were_ever_told_of(
    fin: User, team: Team, other_team: Team
) -> None:
    stored_price(stored_model("here"), team)
    there = stored_model("there")
    there.host = "eu"
    there.save(update_fields=["host"])
    stored_price(there, other_team)

    assert found(fin) == {}


def test_prices_that_differ_in_what_the_mix_does_not_weigh_have_no_dearest(
    fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    stored_price(model, other_team, prompt_image_token_price=1)

    one, other = found(fin)[model.model_id].offers

    assert (one.factor, other.factor) == ("×1", "×1")
    assert not any(offer.cheapest or offer.dearest for offer in (one, other))


def test_an_unknown_price_has_no_factor(
    fin: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    for one in (team, third):
        stored_price(model, one)
    stored_price(model, other_team, completion_text_token_price=None)

    assert found(fin)[model.model_id].offers[1].factor is None


def test_the_mix_is_the_persons_own(fin: User) -> None:
    prices = {
        "prompt_text_token_price": 10,
        "cached_prompt_text_token_price": None,
        "completion_text_token_price": 100,
    }
    assert mix_of(fin) == Mix(70, 20, 10)

    PriceView.objects.create(person=fin, fresh=1, cached=1, output=2)

    assert mix_of(fin).blend(prices) == 10 + 10 + 200
    assert mix_of(fin).blend({**prices, "prompt_text_token_price": None}) is None


def test_search_narrows_to_models(fin: User, team: Team, other_team: Team) -> None:
    for name in ("grok-a", "grok-b"):
        stored_price(stored_model(name), team)
    stored_price(stored_model("all"), other_team)

    assert set(found(fin, "GROK-B")) == {"grok-b"}
    assert found(fin, "%") == {}


def test_more_models_than_fit_are_counted(
    fin: User, team: Team, other_team: Team
) -> None:
    stored_price(stored_model("of others"), other_team)
    for n in range(3):
        stored_price(stored_model(f"grok-{n}"), team)

    seen = overview.overview(user=fin, most=2)

    assert (seen.found, len(seen.rows), seen.partial, seen.priced) == (4, 2, 4, 0)


def test_the_page_shows_both_and_links_to_the_model(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    stored_price(model, other_team, completion_text_token_price=20_000)
    stored_price(stored_model("only-one"), team)

    page = client_of(fin).get(URL).text

    assert len(rows(page)) == 3
    assert "2 of 2 models differ between 2 teams" in page
    assert "seen by 1 of 2 teams" in page
    assert f"/models/{model.pk}/?team={team.pk}" in page
    for tag in ("cheapest", "dearest", "most common"):
        assert f">{tag}</span>" in page


def test_staff_with_one_team_have_nothing_to_compare(
    client_of: ClientOf, sam: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    stored_price(model, other_team, completion_text_token_price=1)
    stored_price(stored_model("foreign"), other_team)

    page = client_of(sam).get(URL).text

    assert "There is nothing to compare" in page
    assert "Elsewhere" not in page
    assert "foreign" not in page


def test_staff_with_two_teams_compare_these(
    client_of: ClientOf, sam: User, team: Team, other_team: Team
) -> None:
    Membership.objects.create(user=sam, team=other_team)
    model, third = stored_model(), Team.objects.create(name="Third")
    stored_price(model, team)
    stored_price(model, other_team, completion_text_token_price=1)
    stored_price(model, third, completion_text_token_price=2)

    page = client_of(sam).get(URL).text

    assert len(rows(page)) == 2
    assert "Third" not in page


def test_says_when_all_are_told_the_same_and_when_nothing_is_known(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    assert "No prices read yet" in client_of(fin).get(URL).text

    model = stored_model()
    for one in (team, other_team):
        stored_price(model, one)

    assert "All 2 teams are told the same" in client_of(fin).get(URL).text
    assert "Clear the search" in client_of(fin).get(URL, {"q": "x"}).text


def test_two_teams_stand_side_by_side(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    same, priced, a, b = map(stored_model, ("same", "priced", "only-a", "only-b"))
    for one in (team, other_team):
        stored_price(same, one)
    stored_price(priced, team, completion_text_token_price=20_000)
    stored_price(priced, other_team)
    stored_price(a, team)
    stored_price(b, other_team)

    pair = pairs.pair(user=fin, a=team, b=other_team)
    page = client_of(fin).get(URL, {"a": str(team.pk), "b": "elsewhere"}).text

    assert [one.model_id for one in pair.only_a] == ["only-a"]
    assert [one.model_id for one in pair.only_b] == ["only-b"]
    (differs,) = pair.differ
    assert differs.changes["completion_text_token_price"].words == "+25%"
    assert pair.same == 1
    for text in ("Only Search sees", "Only Elsewhere sees", "+25%", "1 the same"):
        assert text in page
    assert len(rows(page)) == 4


def test_a_model_that_is_missing_is_not_seen_in_a_pair(
    fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 1, missing_at=days_ago(0.5))
    told(model, other_team, 9, 0)

    pair = pairs.pair(user=fin, a=team, b=other_team)

    assert (pair.only_a, [one.model_id for one in pair.only_b]) == ([], ["grok-4.3"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"a": "Search"}, "Choose a second team to compare it with Search"),
        ({"b": "Search"}, "Choose a second team to compare it with Search"),
        ({"a": "Search", "b": "search"}, "Both sides are Search"),
        ({"a": "Sear", "b": "Elsewhere"}, "Did you mean"),
        ({"a": "zzz", "b": "Elsewhere"}, "Type the name of a team"),
    ],
)
def test_a_choice_that_is_no_pair_says_what_to_do(
    client_of: ClientOf,
    fin: User,
    team: Team,
    other_team: Team,
    query: dict[str, str],
    words: str,
) -> None:
    assert words in client_of(fin).get(URL, query).text


def test_equal_teams_are_said_to_be(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    query = {"a": "Search", "b": "Elsewhere"}
    assert "Neither team is told of a model" in client_of(fin).get(URL, query).text

    model = stored_model()
    for one in (team, other_team):
        stored_price(model, one)

    assert "Both teams are told the same" in client_of(fin).get(URL, query).text


def test_a_team_of_others_cannot_be_compared(
    client_of: ClientOf, sam: User, team: Team, other_team: Team
) -> None:
    stored_price(stored_model("foreign"), other_team)

    by_id = client_of(sam).get(URL, {"a": "Search", "b": str(other_team.pk)}).text
    by_name = client_of(sam).get(URL, {"a": "Search", "b": "Elsewhere"}).text

    for page in (by_id, by_name):
        assert "foreign" not in page
        assert "No team you see is called" in page


def test_names_are_offered_as_one_types(
    client_of: ClientOf, fin: User, sam: User, team: Team, other_team: Team
) -> None:
    for n in range(60):
        Team.objects.create(name=f"Team {n:02}")
    names = f"{URL}teams/"

    assert '<option value="Elsewhere">' in client_of(fin).get(names, {"a": "ELSE"}).text
    assert "Elsewhere" not in client_of(sam).get(names, {"b": "else"}).text
    assert client_of(fin).get(names).text.count("<option") == pairs.OFFERED


def test_files_hold_each_price_or_the_pair(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    stored_price(model, other_team, completion_text_token_price=None)
    browser = client_of(fin)
    pair = {"a": "Search", "b": "Elsewhere", "format": "json"}

    as_csv = browser.get(URL, {"format": "csv"}).getvalue().decode()
    as_json = json.loads(browser.get(URL, pair).getvalue())

    lines = list(csv.DictReader(io.StringIO(as_csv)))
    assert list(lines[0]) == list(files.EXPORT_FIELDS)
    assert {line["completion_text_token_price_ticks"] for line in lines} == {
        "25000",
        "",
    }
    assert list(as_json[0]) == list(pairs.EXPORT_FIELDS)
    assert as_json[0]["seen_by"] == "both"
    assert as_json[0]["b_completion_text_token_price_ticks"] is None
    entries = Entry.objects.filter(action="export.price_differences")
    assert [entry.detail.get("a") for entry in entries.order_by("seq")] == [
        None,
        "Search",
    ]


def test_a_sealed_vault_exports_nothing_unrecorded(
    client_of: ClientOf, fin: User, settings: Any, tmp_path: Any
) -> None:
    browser = client_of(fin)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    assert browser.get(URL, {"format": "csv"}).status_code == 303


def test_answers_htmx_with_the_part_alone(client_of: ClientOf, ada: User) -> None:
    part = client_of(ada).get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="differences"')
    assert "<html" not in part


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    assert client.get(URL).status_code == 302
    assert client.get(f"{URL}teams/").status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    assert getattr(client_of(ada), method)(URL).status_code == 405


@pytest.mark.parametrize("query", ["a=%00", "q=%00%25", "b=x&a=x", "format=xml"])
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, query: str
) -> None:
    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


@pytest.mark.parametrize("query", [{}, {"a": "Search", "b": "Elsewhere"}])
def test_asks_the_same_number_of_queries_for_any_number_of_models_and_teams(
    client_of: ClientOf,
    ada: User,
    team: Team,
    other_team: Team,
    query: dict[str, str],
) -> None:
    browser, asked = client_of(ada), []

    for number in (1, 12):
        for n in range(number):
            model = stored_model(f"grok-{number}-{n}")
            one = Team.objects.create(name=f"Team {number}-{n}")
            for each in (team, other_team, one):
                price = 100 * (len(each.name) + n)
                stored_price(model, each, completion_text_token_price=price)
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, query, headers=PART)
        asked.append(len(queries))

    assert len(rows(page.text)) >= 13
    assert asked[0] == asked[1]
    assert asked[0] <= 11
