"""The price page and its files."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog.models import PRICE_FIELDS, LanguageModel, PriceVersion
from console.finance.forms import SORT_WORDS
from console.finance.models import PriceUnit, PriceView
from console.finance.price_list import EXPORT_FIELDS, SORTS, Filters, price_list
from console.finance.viewing import Looks
from console.keys.models import ApiKey, KeyModel, KeyState
from console.polling.models import PollKind, PollState
from tests.keys.stored import sees, stored_key, stored_model, stored_price
from tests.people import ClientOf

URL = "/models/"
PART = {"HX-Request": "true"}


def rows(text: str) -> list[str]:
    """Return the body rows of the table, as markup."""
    return text.split("<tr data-row")[1:]


def names(user: User, **filters: Any) -> list[str]:
    found = price_list(
        user=user, filters=Filters(**filters), looks=Looks(), now=timezone.now()
    )
    return [row.price.model_id for row in found.rows]


def test_shows_every_price_in_dollars_with_facts_and_age(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model("grok-4.3")
    stored_price(model, team)
    sees(stored_key(team), model)

    (row,) = rows(client_of(fin).get(URL).text)

    for whole, decimals in [
        ("1", ".25"), ("0", ".20"), ("2", ".50"), ("0", ".40"), ("5", ".00"),
    ]:  # fmt: skip
        assert f'{whole}<span class="dec">{decimals}</span>' in row
    for text in (
        "200,000", "1,000,000", "grok-4.3-latest", "text, image", "1 of 1",
        f"/models/{model.pk}/", "Output price unchanged since",
    ):  # fmt: skip
        assert text in row


def test_unknown_none_and_not_applicable_are_three_things(
    client_of: ClientOf, fin: User, team: Team
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

    text_row, untold_row = rows(client_of(fin).get(URL).text)

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
    assert "2 of 2" in one
    assert "for Search" in two
    assert "1 of them</a> costs differently" in page


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

    (row,) = price_list(user=ada, filters=Filters(), looks=Looks(), now=now).rows

    assert (row.callers.usable, row.callers.allowed) == (1, 3)


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
    assert (dear["team_count"], dear["differs_between_teams"]) == (1, False)
    assert (dear["on"], dear["sighting"]) == (timezone.localdate().isoformat(), "seen")
    assert (dear["mix"], dear["mix_usd_per_million"]) == ("70:20:10", "1.165000")
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
    assert asked[0] <= 20


# Prices on a date


def test_a_past_day_shows_what_was_seen_then(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    at = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
    stored_price(
        model, team, completion_text_token_price=15_000, first_seen_at=at,
        last_seen_at=at + timedelta(days=2),
    )  # fmt: skip
    stored_price(model, team, completion_text_token_price=18_000)

    page = client_of(fin).get(URL, {"on": "2026-03-03"}).text

    (row,) = rows(page)
    assert "Prices on Tuesday, 3 March 2026" in page
    assert '1<span class="dec">.50</span>' in row
    assert "2 Mar 2026, 06:15" in row
    assert "4 Mar 2026, 06:15" in row
    assert "?on=2026-03-02" in page
    assert "?on=2026-03-04" in page


def test_a_day_without_a_look_says_so(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    at = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
    stored_price(model, team, first_seen_at=at, last_seen_at=at)

    (row,) = rows(client_of(fin).get(URL, {"on": "2026-03-05"}).text)

    assert "not seen that day" in row
    assert "not since" in row


def test_before_the_first_look_nothing_is_known(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    at = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
    stored_price(stored_model(first_seen_at=at), team, first_seen_at=at)

    page = client_of(fin).get(URL, {"on": "2026-03-01"}).text

    assert "No price was seen by then" in page
    assert "2 March 2026" in page


NO_DAYS = [
    ("2999-01-01", "1 January 2999 has not come yet"),
    ("0001-01-01", "0001-01-01 is before any price of xAI"),
    ("3 March", "“3 March” is no date"),
    ("2026-02-30", "“2026-02-30” is no date"),
    ("<b>\x00", "“&lt;b&gt;” is no date"),
]


@pytest.mark.parametrize(("day", "words"), NO_DAYS)
def test_days_of_no_prices_show_those_of_now_and_say_so(
    client_of: ClientOf, fin: User, team: Team, day: str, words: str
) -> None:
    stored_price(stored_model(), team)

    page = client_of(fin).get(URL, {"on": day}).text

    assert "These are the prices of now" in page
    assert f"{words}, so there are no prices of it." in page
    assert len(rows(page)) == 1
    assert 'href="?format=csv"' in page  # a link that works


@pytest.mark.parametrize("format", ["csv", "json"])
@pytest.mark.parametrize(("day", "words"), NO_DAYS[:-1])
def test_a_file_of_a_day_of_no_prices_is_refused(
    client_of: ClientOf, fin: User, team: Team, day: str, words: str, format: str
) -> None:
    stored_price(stored_model(), team)

    answer = client_of(fin).get(URL, {"on": day, "format": format})

    assert answer.status_code == 400
    assert answer.text.startswith(f"{words}, so there is no file of its prices.")
    assert not Entry.objects.exists()


def test_today_is_now_and_stays_in_the_box(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model(), team)
    today = timezone.localdate().isoformat()
    browser = client_of(fin)

    page = browser.get(URL, {"on": today}).text
    file = browser.get(URL, {"on": today, "format": "csv"})

    assert f'name="on" value="{today}"' in page
    assert "Today, so these are the prices of now." in page
    assert "Prices on <" not in page.split("<h2>")[1]
    assert len(rows(page)) == 1
    assert file.status_code == 200


def test_the_past_of_other_teams_stays_theirs(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    at = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
    stored_price(stored_model("theirs"), team, first_seen_at=at)

    page = client_of(mia).get(URL, {"on": "2026-03-03"}).text

    assert "theirs" not in page
    assert "2 March 2026" not in page


# Units and mix


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("million", ("2", ".50")),
        ("thousand", ("0", ".0025")),
        ("page", ("0", ".001625")),
    ],
)
def test_a_unit_is_kept_for_the_person(
    client_of: ClientOf, fin: User, ada: User, team: Team, unit: str,
    shown: tuple[str, str],
) -> None:  # fmt: skip
    stored_price(stored_model(), team)
    browser = client_of(fin)

    answer = browser.post(f"{URL}view/", {"unit": unit, "back": f"{URL}?q=grok"})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{URL}?q=grok")
    whole, decimals = shown
    cell = f'data-label="Output"><span>{whole}<span class="dec">{decimals}</span>'
    assert cell in browser.get(URL).text
    assert 'value="million" checked' in client_of(ada).get(URL).text


def test_a_mix_is_kept_and_sorts(client_of: ClientOf, fin: User, team: Team) -> None:
    for name, fresh, output in (("a", 10_000, 90_000), ("b", 20_000, 30_000)):
        stored_price(
            stored_model(name), team, prompt_text_token_price=fresh,
            completion_text_token_price=output, cached_prompt_text_token_price=None,
        )  # fmt: skip
    browser = client_of(fin)

    def order() -> list[str]:
        page = browser.get(URL, {"sort": "mix"}).text
        return [row.split("</a>")[0][-1] for row in rows(page)]

    browser.post(f"{URL}view/", {"mix": "90 : 0 : 10"})
    assert order() == ["a", "b"]
    browser.post(f"{URL}view/", {"mix": "10:0:90"})
    assert order() == ["b", "a"]
    assert 'value="10:0:90"' in browser.get(URL).text


BAD_MIXES = ["0:0:0", "1:2", "3:1", "a:b:c", "1:2:3:4", "99999:1:1", "-1:2:3"]


@pytest.mark.parametrize("mix", BAD_MIXES)
def test_a_mix_that_is_none_changes_nothing_and_says_why(
    client_of: ClientOf, fin: User, mix: str
) -> None:
    page = client_of(fin).post(f"{URL}view/", {"mix": mix}, follow=True).text

    assert "three whole numbers" in page
    assert 'value="70:20:10"' in page


@pytest.mark.parametrize("mix", BAD_MIXES)
def test_a_mix_that_is_none_stays_in_its_box_with_the_error_beside_it(
    client_of: ClientOf, fin: User, mix: str
) -> None:
    browser = client_of(fin)

    part = browser.post(f"{URL}view/", {"unit": "page", "mix": mix}, headers=PART)

    assert part.status_code == 422
    assert (
        part.text.split("#}")[-1]
        .lstrip()
        .startswith('<div class="field push" id="mix-field">')
    )
    assert (part.headers["HX-Retarget"], part.headers["HX-Reswap"]) == (
        "#mix-field",
        "outerHTML",
    )
    assert f'value="{mix}"' in part.text
    assert 'aria-invalid="true"' in part.text
    assert 'aria-describedby="id_mix_error"' in part.text
    assert 'id="id_mix_error"' in part.text
    assert "The column still shows 70:20:10." in part.text
    assert 'value="70:20:10"' in browser.get(URL).text


def test_a_right_mix_takes_the_error_away(client_of: ClientOf, fin: User) -> None:
    browser, by_looks = client_of(fin), {**PART, "HX-Trigger": "looks"}
    browser.post(f"{URL}view/", {"mix": "1:2:3"}, headers=by_looks)

    after, other = browser.get(URL, headers=by_looks), browser.get(URL, headers=PART)

    assert '<div class="field push" id="mix-field" hx-swap-oob="true">' in after.text
    assert 'value="1:2:3"' in after.text
    assert "mix-field" not in other.text  # nobody's typing is swapped away


def test_enter_in_the_mix_sends_one_request(client_of: ClientOf, fin: User) -> None:
    """A change waits, and the submission after it takes its place."""
    page = client_of(fin).get(URL).text

    form = page.split('id="looks"')[1].split(">")[0]
    assert 'hx-trigger="change delay:100ms, submit"' in form


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "x:y"])
def test_the_way_back_leads_nowhere_else(
    client_of: ClientOf, fin: User, back: str
) -> None:
    answer = client_of(fin).post(f"{URL}view/", {"unit": "page", "back": back})

    assert answer.headers["Location"] == URL


# Odd prices, and what is new


def test_an_odd_price_is_marked_and_has_no_mix(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model(), team, odd=["completion_text_token_price"])

    (row,) = rows(client_of(fin).get(URL).text)

    assert "odd price" in row
    assert "not confirmed" in row


def test_what_the_list_leaves_out_is_said(client_of: ClientOf, sam: User) -> None:
    page = client_of(sam).get(URL).text

    for what in ("Server tools", "Priority tier", "Batch", "Regional surcharge"):
        assert what in page


@pytest.mark.parametrize(
    ("kind", "differing"),
    [
        (LanguageModel, {"aliases": ["grok-of-today"]}),
        (LanguageModel, {"context_length": 12_345}),
        (LanguageModel, {"input_modalities": ["text"]}),
        (PriceVersion, {"completion_text_token_price": 77_700}),
        (PriceVersion, {"long_context_threshold": 123_000}),
        (PriceVersion, {"odd": ["search_price"]}),
        (PriceVersion, {"last_seen_at": datetime(2026, 3, 1, tzinfo=UTC)}),
        (ApiKey, {"state": KeyState.KEY_BLOCKED}),
        (KeyModel, {"seen_until": datetime(2026, 3, 1, tzinfo=UTC)}),
        (PriceView, {"unit": PriceUnit.THOUSAND}),
        (PriceView, {"output": 90}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_line_is_written_anew_when_anything_in_it_differs(
    client_of: ClientOf,
    fin: User,
    team: Team,
    kind: type[Model],
    differing: dict[str, object],
) -> None:
    model, browser = stored_model(), client_of(fin)
    stored_price(model, team, first_seen_at=datetime(2026, 2, 1, tzinfo=UTC))
    sees(stored_key(team, state=KeyState.ACTIVE), model)
    PriceView.objects.create(person=fin, fresh=70, cached=20, output=10)
    before = [rows(browser.get(URL).text) for _ in range(2)]

    kind._default_manager.update(**differing)
    after = rows(browser.get(URL).text)

    assert before[0] == before[1]
    assert len(after) == 1
    assert after != before[0]


# Around the table


def test_headings_swap_the_table_and_keep_their_ids(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    """A heading with an id keeps the focus over a swap, and over none of a page."""
    stored_price(stored_model(), team)

    page = client_of(fin).get(URL, {"sort": "input"}).text

    heading = page.split('id="sort-input"')[1].split(">")[0]
    assert 'href="?sort=-input" hx-get="?sort=-input"' in heading
    assert 'hx-target="#price-table"' in heading
    assert 'title="Sorts by when the price changed last"' in page


def test_narrow_screens_have_a_choice_of_sorts(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model(), team)

    page = client_of(fin).get(URL, {"sort": "-output"}).text

    select = page.split('id="sort-by"')[1].split("</select>")[0]
    assert '<option value="-output" selected>Output, highest first' in select
    assert {name.removeprefix("-") for name, _ in SORT_WORDS} == set(SORTS)
    assert 'data-label="Context"' in page
    assert 'data-label="Long from"' in page


def test_a_part_brings_the_files_of_what_it_shows(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model(), team)

    part = client_of(fin).get(URL, {"q": "grok"}, headers=PART).text

    assert '<span class="btn-row" id="exports" hx-swap-oob="true">' in part
    assert 'href="?q=grok&amp;format=csv"' in part


def test_a_cached_price_of_0_is_said_to_be_free(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_price(stored_model(), team, cached_prompt_text_token_price=0)

    (row,) = rows(client_of(fin).get(URL).text)

    assert row.count("Cached tokens count as free") == 1


def test_a_file_leaves_empty_what_the_page_calls_none(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model(input_modalities=["text"])
    none = {
        "prompt_image_token_price": 0,
        "prompt_text_token_price_long_context": 0,
        "cached_prompt_text_token_price_long_context": 0,
        "completion_text_token_price_long_context": 0,
        "long_context_threshold": 0,
        "cached_prompt_text_token_price": 0,
    }
    stored_price(model, team, **none)
    browser, before = client_of(fin), timezone.now()

    answer = browser.get(URL, {"format": "json"})

    (record,) = json.loads(answer.getvalue())
    day = timezone.localdate().isoformat()
    assert f'filename="prices-{day}.json"' in answer.headers["Content-Disposition"]
    assert record["on"] == day
    assert before <= datetime.fromisoformat(record["as_of"]) <= timezone.now()
    assert record["prompt_image_token_price_ticks"] is None
    assert record["prompt_text_token_price_long_context_ticks"] is None
    assert record["prompt_text_token_price_long_context_usd_per_million"] is None
    assert (record["long_context_tier"], record["long_context_threshold"]) == (
        False,
        None,
    )
    assert record["cached_prompt_text_token_price_ticks"] == 0  # that is a price
    assert (record["teams_named_where_differing"], record["team_count"]) == ([], 1)


def test_a_file_of_a_past_day_is_named_and_dated_by_it(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    at = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
    stored_price(stored_model(), team, first_seen_at=at)

    answer = client_of(fin).get(URL, {"on": "2026-03-05", "format": "json"})

    (record,) = json.loads(answer.getvalue())
    assert 'filename="prices-2026-03-05.json"' in answer.headers["Content-Disposition"]
    assert (record["on"], record["as_of"]) == (
        "2026-03-05",
        "2026-03-06T00:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("who", "may"), [("ada", True), ("olga", True), ("fin", False)]
)
def test_says_when_the_next_look_is_and_lets_those_who_may_look_now(
    client_of: ClientOf,
    team: Team,
    who: str,
    may: bool,
    request: pytest.FixtureRequest,
) -> None:
    key, due = stored_key(team), timezone.now() + timedelta(hours=3)
    stored_price(stored_model(), team)
    for kind, at in ((PollKind.MODELS, due), (PollKind.KEY, timezone.now())):
        PollState.objects.create(key=key, team=team, kind=kind, due_at=at)

    page = client_of(request.getfixturevalue(who)).get(URL).text

    assert f"The next look is at {due:%H:%M} UTC." in page
    assert ('action="/models/look/"' in page) is may


def test_the_next_look_is_that_of_keys_one_sees(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    stored_price(stored_model(), other_team)
    PollState.objects.create(
        key=stored_key(team), team=team, kind=PollKind.MODELS, due_at=timezone.now()
    )

    assert "The next look is" not in client_of(mia).get(URL).text
