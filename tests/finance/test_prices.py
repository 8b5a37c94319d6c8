"""The price page and its files."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog.models import PRICE_FIELDS
from console.finance.price_list import EXPORT_FIELDS, SORTS, Filters, price_list
from console.keys.models import KeyState
from tests.keys.stored import sees, stored_key, stored_model, stored_price
from tests.people import ClientOf

URL = "/models/"
PART = {"HX-Request": "true"}


def rows(text: str) -> list[str]:
    """Return the body rows of the table, as markup."""
    return text.split("<tr data-row")[1:]


def names(user: User, **filters: Any) -> list[str]:
    found = price_list(user=user, filters=Filters(**filters), now=timezone.now())
    return [row.price.model_id for row in found.rows]


def test_shows_every_price_in_dollars_with_facts_and_age(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    model = stored_model("grok-4.3")
    stored_price(model, team)
    sees(stored_key(team), model)

    (row,) = rows(client_of(sam).get(URL).text)

    for whole, decimals in [
        ("1", ".25"), ("0", ".20"), ("2", ".50"), ("0", ".40"), ("5", ".00"),
    ]:  # fmt: skip
        assert f'{whole}<span class="dec">{decimals}</span>' in row
    for text in (
        "200,000", "1,000,000", "grok-4.3-latest", "fp_156d35dcaa", "text, image",
        "3 days ago", "1 of 1", "search-prod",
    ):  # fmt: skip
        assert text in row


def test_unknown_none_and_not_applicable_are_three_things(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    text_only = stored_model("text-only", input_modalities=["text"])
    stored_price(
        text_only,
        team,
        prompt_image_token_price=0,
        cached_prompt_text_token_price=None,
        long_context_threshold=0,
    )
    untold = stored_model("untold", input_modalities=None, context_length=None)
    stored_price(untold, team, **dict.fromkeys(PRICE_FIELDS))

    text_row, untold_row = rows(client_of(sam).get(URL).text)

    assert "n/a" in text_row
    assert "no such tier" in text_row
    assert 'title="xAI has not told this price">unknown' in text_row
    assert "whether long prompts cost more" in untold_row
    assert "has not told the context length" in untold_row
    assert ".00</span>" not in untold_row


def test_a_long_price_of_0_means_the_standard_one(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    stored_price(stored_model(), team, cached_prompt_text_token_price_long_context=0)

    assert ">standard<" in rows(client_of(sam).get(URL).text)[0]


def test_differing_teams_have_a_marked_line_each(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    stored_price(model, other_team, completion_text_token_price=20_000)
    sees(stored_key(team), model)
    sees(stored_key(other_team, "elsewhere-prod"), model)

    page = client_of(fin).get(URL).text

    one, two = rows(page)
    assert "for Elsewhere" in one
    assert "elsewhere-prod" in one
    assert "search-prod" not in one
    assert "for Search" in two
    assert "1 of them costs differently" in page


def test_hides_prices_and_callers_of_other_teams(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    shared, foreign = stored_model("shared"), stored_model("foreign")
    stored_price(shared, team, completion_text_token_price=10_000)
    stored_price(shared, other_team)
    stored_price(foreign, team)
    sees(stored_key(team), shared)

    page = client_of(mia).get(URL).text

    assert len(rows(page)) == 1
    assert "foreign" not in page
    assert "search-prod" not in page
    assert "not listed" in page
    assert "tone-warn" not in rows(page)[0]


def test_who_can_call_counts_usable_keys_of_those_that_see_it(
    ada: User, team: Team
) -> None:
    now = timezone.now()
    model = stored_model()
    stored_price(model, team)
    sees(stored_key(team, "good"), model)
    sees(stored_key(team, "blocked", state=KeyState.KEY_BLOCKED), model)
    sees(stored_key(team, "old", verified_at=now - timedelta(hours=1)), model)
    sees(stored_key(team, "lost"), model, until=now)
    sees(stored_key(team, "removed", removed_at=now), model)

    (row,) = price_list(user=ada, filters=Filters(), now=now).rows

    assert (row.callers.usable, row.callers.allowed, row.callers.teams) == (1, 3, 1)
    assert [(each.label, each.usable) for each in row.callers.named] == [
        ("blocked", False),
        ("good", True),
        ("old", False),
    ]


def test_many_callers_are_counted_and_some_named(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model = stored_model()
    stored_price(model, team)
    for number in range(15):
        sees(stored_key(team, f"key {number:02}"), model)

    page = client_of(ada).get(URL).text

    assert "15 of 15" in page
    assert "key 11" in page
    assert "key 12" not in page
    assert "and 3 more" in page


def test_a_model_nobody_is_shown_any_more_is_marked_with_its_last_prices(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    old = timezone.now() - timedelta(days=2)
    stored_price(stored_model(), team, last_seen_at=old)

    (row,) = rows(client_of(ada).get(URL).text)

    assert "not listed" in row
    assert "last read" in row
    assert "2 days ago" in row


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("GROK-3", ["grok-3"]),
        ("4.3-latest", ["grok-4.3"]),
        ("fp_3", ["grok-3"]),
        ("%", []),
        ("zzz", []),
    ],
)
def test_search_looks_at_id_alias_and_fingerprint(
    ada: User, team: Team, search: str, expected: list[str]
) -> None:
    stored_price(stored_model("grok-4.3"), team)
    stored_price(stored_model("grok-3", fingerprint="fp_3"), team)

    assert names(ada, search=search) == expected


def test_sorts_by_price_with_unknown_last_either_way(ada: User, team: Team) -> None:
    for model_id, price in {"a": 3, "b": None, "c": 1, "d": 3}.items():
        stored_price(stored_model(model_id), team, completion_text_token_price=price)

    assert names(ada, sort="output") == ["c", "a", "d", "b"]
    assert names(ada, sort="output", backwards=True) == ["a", "d", "c", "b"]
    assert names(ada, backwards=True) == ["d", "c", "b", "a"]


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_every_heading_sorts(
    client_of: ClientOf, ada: User, team: Team, sort: str
) -> None:
    stored_price(stored_model(), team)

    page = client_of(ada).get(URL, {"sort": sort}).text

    direction = "descending" if sort.startswith("-") else "ascending"
    assert page.count(f'aria-sort="{direction}"') == 1


def test_csv_and_json_hold_ticks_and_dollars_of_the_filtered_lines(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model("grok-4.3"), team, search_price=None)
    stored_price(stored_model("grok-3"), team, completion_text_token_price=7)
    browser = client_of(fin)

    as_csv = browser.get(URL, {"format": "csv", "q": "4.3"}).getvalue().decode()
    as_json = browser.get(URL, {"format": "json", "sort": "output"}).getvalue()

    (row,) = csv.DictReader(io.StringIO(as_csv))
    cheap, dear = json.loads(as_json)
    assert list(row) == list(cheap) == list(EXPORT_FIELDS)
    assert row["completion_text_token_price_ticks"] == "25000"
    assert row["completion_text_token_price_usd_per_million"] == "2.5"
    assert row["search_price_raw"] == ""
    assert cheap["completion_text_token_price_ticks"] == 7
    assert cheap["completion_text_token_price_usd_per_million"] == "0.0007"
    assert dear["teams"] == ["Search"]
    assert Entry.objects.filter(action="export.prices").count() == 2


def test_a_sealed_vault_exports_nothing_unrecorded(
    client_of: ClientOf, fin: User, settings: Any, tmp_path: Any
) -> None:
    browser = client_of(fin)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    assert browser.get(URL, {"format": "csv"}).status_code == 303


def test_empty_says_what_to_do(
    client_of: ClientOf, ada: User, sam: User, team: Team
) -> None:
    assert "No prices read yet" in client_of(sam).get(URL).text
    assert "/keys/add/" in client_of(ada).get(URL).text
    assert "Clear the search" in client_of(sam).get(URL, {"q": "grok"}).text


def test_answers_htmx_with_the_table_alone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_price(stored_model(), team)

    part = client_of(ada).get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="price-table"')
    assert "<html" not in part


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    assert getattr(client_of(ada), method)(URL).status_code == 405


@pytest.mark.parametrize("query", ["sort=secret", "sort=--", "q=%00", "format=xml"])
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, query: str
) -> None:
    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


def test_a_key_in_the_search_is_not_repeated(client_of: ClientOf, ada: User) -> None:
    secret = "xai-" + "a" * 80

    assert secret not in client_of(ada).get(
        URL, {"q": secret}, headers=PART
    ).text.replace(f"q={secret}", "")


def test_asks_the_same_number_of_queries_for_any_number_of_models(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser = client_of(ada)
    api_key = stored_key(team)
    asked = []

    for number in (1, 49):
        for n in range(number):
            model = stored_model(f"grok-{number}-{n}")
            stored_price(model, team)
            sees(api_key, model)
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, headers=PART)
        asked.append(len(queries))

    assert len(rows(page.text)) == 50
    assert asked[0] == asked[1]
    assert asked[0] <= 7
