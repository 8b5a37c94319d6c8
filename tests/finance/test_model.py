"""The page of one model and its files."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog.models import PRICE_FIELDS, LanguageModel, PriceVersion
from console.finance.one_model.page import EXPORT_FIELDS, SHOWN_VERSIONS
from tests.finance.told import call, changed, effect, facts, stored_calls, told
from tests.keys.stored import sees, stored_key, stored_model, stored_price
from tests.people import NOON, ClientOf

PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be NOON, which the stored rows count from."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def url(model: LanguageModel) -> str:
    return f"/models/{model.pk}/"


def rows(text: str) -> list[str]:
    """Return the rows of the table of versions, as markup."""
    return text.split('<tr id="version-')[1:]


def test_shows_price_chart_facts_and_callers(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    model = stored_model("grok-code-fast-1")
    standard = {
        "prompt_text_token_price": 2_000,
        "cached_prompt_text_token_price": 200,
    }
    told(model, team, 90, 6.2, completion_text_token_price=15_000, **standard)
    told(model, team, 6, 0, completion_text_token_price=18_000, **standard)
    facts(model, team, 90, 0, fingerprint="fp_now", aliases=["grok-code-fast"])
    sees(stored_key(team), model)

    page = client_of(sam).get(url(model)).text

    assert "grok-code-fast-1 costs $0.20 in, $0.02 cached, $1.80 out per 1M" in page
    for text in (
        "completion_text_token_price = 18000", "18000 / 10000 = $1.80",
        "output +20%, first seen 14 Jun 2026", "output $1.80", "grok-code-fast<",
        "fp_now", "1,000 tokens", "1 usable key of 1 allowed", "search-prod",
        "/keys/access/?q=grok-code-fast-1", "xAI tells nothing of a deprecation",
        "Show as table", "No calls in the last 30 days",
    ):  # fmt: skip
        assert text in page
    newest, first = rows(page)
    assert "+20%" in newest
    assert "none, the first" in first


def test_drawings_have_no_view_box_no_style_and_a_title_on_each_mark(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 90, 60)
    told(model, team, 30, 0, completion_text_token_price=9)
    stored_calls([call(ada, stored_key(team), NOON, model=model)])

    page = client_of(ada).get(url(model)).text

    plots = re.findall(r'<svg class="plot.*?</svg>', page, re.DOTALL)
    assert len(plots) == 4
    for plot in plots:
        assert "viewBox" not in plot
        assert "style=" not in plot
        captions = re.findall(r'aria-labelledby="([^"]+)"', plot)
        assert all(f'id="{caption}"' in page for caption in captions)
        marks = re.findall(r"<(?:line class=\"(?:step|note)|rect)[^>]*>(.{7})", plot)
        assert marks
        assert set(marks) == {"<title>"}
    for href in set(re.findall(r'href="#([^"]+)" tabindex', page)):
        assert f'id="{href}"' in page


def test_unknown_prices_are_words_and_not_zero(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    model = stored_model(
        version=None,
        fingerprint=None,
        aliases=None,
        context_length=None,
        input_modalities=None,
        output_modalities=None,
    )
    told(model, team, 9, 0, **dict.fromkeys(PRICE_FIELDS))

    page = client_of(sam).get(url(model)).text

    assert "What grok-4.3 costs is not told by xAI" in page
    assert "has not told the fingerprint" in page
    assert 'title="xAI has not told this price">unknown' in page
    assert "How this number is made" not in page
    assert ".00</span>" not in rows(page)[0]


def test_a_model_that_is_gone_says_since_when_and_for_whom(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model(raw={"deprecation_date": "2026-12-31"})
    told(model, team, 90, 5, missing_at=NOON - timedelta(days=4))
    told(model, other_team, 90, 0)

    page = client_of(fin).get(url(model)).text

    assert "Listed for 1 of 2 teams" in page
    assert "Search: missing since" in page
    assert "deprecation_date</code>: 2026-12-31" in page

    told(model, other_team, 0.1, 0, missing_at=NOON)
    assert "cost, when it was last listed," in client_of(fin).get(url(model)).text


def test_teams_with_other_prices_are_chosen_by_link(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    for one, first in ((other_team, 9), (third, 8)):
        told(model, one, first, 0)
    told(model, team, 9, 0, completion_text_token_price=90_000)

    most = client_of(fin).get(url(model)).text
    hers = client_of(fin).get(url(model), {"team": str(team.pk)}).text

    assert "3 teams are told 2 different prices" in most
    assert "$2.50 out per 1M tokens</h2>" in most
    assert "shown as told to Elsewhere" in most
    assert f"?team={team.pk}" in most
    assert "$9.00 out per 1M tokens</h2>" in hers
    assert "shown as told to Search" in hers


def test_many_teams_are_counted_and_found_by_name(
    client_of: ClientOf, ada: User
) -> None:
    model = stored_model()
    for n in range(30):
        told(model, Team.objects.create(name=f"Team {n:02}"), 9, 0)
    browser = client_of(ada)

    some, found, every = (
        browser.get(url(model), query).text
        for query in ({}, {"find": "team 29"}, {"show": "teams"})
    )

    assert "22 more" in some
    assert "Team 29" not in some
    assert "Team 29" in found
    assert "Team 17" in every


def test_hides_what_other_teams_are_told(
    client_of: ClientOf, mia: User, ada: User, team: Team, other_team: Team
) -> None:
    Team.objects.filter(pk=team.pk).update(name="Orchard")
    model = stored_model(raw={"pricing": 777, "prompt_text_token_price": 778})
    told(model, team, 900, 0, completion_text_token_price=77_700)
    told(model, other_team, 9, 0)
    facts(model, team, 90, 0, fingerprint="fp_secret", aliases=["secret-alias"])
    facts(model, other_team, 9, 0)
    sees(stored_key(team, "their-key"), model)
    effect(changed(model, team), team, 7)
    stored_calls([call(ada, stored_key(other_team), NOON, 5, model=model)])

    page = client_of(mia).get(url(model)).text

    for text in (
        "7.77", "777", "778", "fp_secret", "secret-alias", "their-key", "Orchard",
        "Effect of", "2024",
    ):  # fmt: skip
        assert text not in page.replace(str(model.pk), "")
    assert "You made no call of it" in page


def test_a_model_no_visible_team_was_told_of_does_not_exist(
    client_of: ClientOf, mia: User, ada: User, team: Team
) -> None:
    foreign, untold = stored_model("foreign"), stored_model("untold")
    told(foreign, team, 9, 0)

    assert client_of(mia).get(url(foreign)).status_code == 404
    assert client_of(ada).get(url(untold)).status_code == 404
    assert client_of(ada).get(f"/models/{uuid4()}/").status_code == 404


def test_the_effect_of_the_newest_price_is_shown_by_team(
    client_of: ClientOf, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 0)
    change = changed(model, team, other_team)
    effect(change, team, 471_900_000_000, unknown_calls=2)
    effect(change, other_team, 199_100_000_000)

    page = client_of(fin).get(url(model)).text

    assert "Effect of +20% on output" in page
    assert "+$67.10<small>" in page
    assert "+$47.19" in page
    assert "2 calls with unknown tokens or prices are not in it" in page


@pytest.mark.parametrize(
    ("unknown", "words"),
    [(0, "No use in the 30 days before"), (4, "the effect is unknown")],
)
def test_no_use_and_unknown_use_are_two_things(
    client_of: ClientOf, fin: User, team: Team, unknown: int, words: str
) -> None:
    model = stored_model()
    told(model, team, 9, 0)
    effect(changed(model, team), team, 0, calls=0, unknown_calls=unknown)

    page = client_of(fin).get(url(model)).text

    assert words in page
    assert "$0.00<small>" not in page


def test_spend_has_a_bar_and_a_row_for_each_day(
    client_of: ClientOf, fin: User, ada: User, team: Team
) -> None:
    model, key = stored_model(), stored_key(team)
    told(model, team, 9, 0)
    stored_calls(
        [
            call(ada, key, NOON, 2 * 10**10, model=model),
            call(ada, key, NOON - timedelta(days=2), 10**10, model=model),
            call(ada, key, NOON, None, model=model),
            call(ada, key, NOON - timedelta(days=40), 10**12, model=model),
        ]
    )

    page = client_of(fin).get(url(model)).text

    assert '">$3.00</span> in 3 calls over 30 days' in page
    assert "20 Jun, reported by xAI: $2.00" in page
    assert 'class="s1 partial"' in page
    assert 'id="day-2026-06-18"' in page
    assert "1 call of unknown cost is not in it" in page


def test_odd_prices_are_marked(client_of: ClientOf, ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 90, 9)
    told(model, team, 8, 0, prompt_text_token_price=9, odd=["prompt_text_token_price"])

    page = client_of(ada).get(url(model)).text

    assert "odd, not confirmed" in rows(page)[0]
    assert "odd, not drawn" in page


def test_names_from_outside_stand_as_text(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model = stored_model(
        "<b>bold</b>\u202e", aliases=["<i>x"], capabilities={"<u>": ["<s>"]},
        raw={"deprecated": "<script>"},
    )  # fmt: skip
    told(model, team, 9, 0)

    page = client_of(ada).get(url(model)).text

    for markup in ("<b>bold", "<i>x", "<u>", "<s>", "<script>", "\u202e"):
        assert markup not in page.split("<main", 1)[1]


def test_csv_and_json_hold_the_versions_of_the_team_that_is_shown(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 90, 60, completion_text_token_price=7)
    told(model, team, 50, 0, search_price=None)
    browser = client_of(fin)

    as_csv = browser.get(url(model), {"format": "csv"}).getvalue().decode()
    as_json = browser.get(url(model), {"format": "json"}).getvalue()

    newest, first = csv.DictReader(io.StringIO(as_csv))
    same, old = json.loads(as_json)
    assert list(newest) == list(same) == list(EXPORT_FIELDS)
    assert newest["completion_text_token_price_ticks"] == "25000"
    assert newest["gap_before_seconds"] == str(10 * 86_400)
    assert newest["search_price_raw"] == first["gap_before_seconds"] == ""
    assert old["completion_text_token_price_usd_per_million"] == "0.0007"
    assert (old["team"], old["teams_ever_told"]) == ("Search", 1)
    entry = Entry.objects.filter(action="export.model_prices").first()
    assert entry is not None
    assert (entry.object_name, entry.detail["lines"]) == ("grok-4.3", 2)


def test_a_sealed_vault_exports_nothing_unrecorded(
    client_of: ClientOf, fin: User, team: Team, settings: Any, tmp_path: Any
) -> None:
    model, browser = stored_model(), client_of(fin)
    told(model, team, 9, 0)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    assert browser.get(url(model), {"format": "csv"}).status_code == 303


def test_answers_htmx_with_the_part_alone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 0)

    part = client_of(ada).get(url(model), {"span": "3m"}, headers=PART).text

    assert part.lstrip().startswith('<div class="stack-4" id="model-prices">')
    assert "<html" not in part


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    assert client.get(url(stored_model())).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(
    client_of: ClientOf, ada: User, team: Team, method: str
) -> None:
    model = stored_model()
    told(model, team, 9, 0)

    assert getattr(client_of(ada), method)(url(model)).status_code == 405


@pytest.mark.parametrize(
    "query", ["team=x", "team=%00", "span=9y", "find=%00%25", "show=x", "format=xml"]
)
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, team: Team, query: str
) -> None:
    model = stored_model()
    told(model, team, 9, 0)

    assert client_of(ada).get(f"{url(model)}?{query}").status_code == 200


@pytest.mark.parametrize(
    "differing",
    [
        {"completion_text_token_price": 77_700},
        {"long_context_threshold": 123_000},
        {"last_seen_at": NOON + timedelta(minutes=1)},
        {"missing_at": NOON},
        {"odd": ["search_price"]},
        {"odd": ["search_price"], "confirmed_at": NOON},
    ],
    ids=lambda value: " and ".join(value),
)
def test_a_version_is_written_anew_when_anything_in_it_differs(
    client_of: ClientOf, ada: User, team: Team, differing: dict[str, Any]
) -> None:
    model, browser = stored_model(), client_of(ada)
    told(model, team, 9, 0)
    before = [rows(browser.get(url(model)).text) for _ in range(2)]

    PriceVersion.objects.update(**differing)
    after = rows(browser.get(url(model)).text)

    assert before[0] == before[1]
    assert len(after) == 1
    assert after != before[0]


def test_tables_of_charts_and_facts_follow_what_is_stored(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model, browser = stored_model(), client_of(ada)
    told(model, team, 9, 0, completion_text_token_price=15_000)
    known = facts(model, team, 9, 0, fingerprint="fp_before")
    pages = [browser.get(url(model)).text]

    PriceVersion.objects.update(completion_text_token_price=77_700)
    type(known).objects.update(fingerprint="fp_after")
    pages.append(browser.get(url(model)).text)

    tables = [
        page.split('id="table-standard"')[1].split("</table>")[0] for page in pages
    ]
    assert tables[0] != tables[1]
    assert ["<code>fp_after</code>" in page for page in pages] == [False, True]
    assert "<code>fp_before</code>" not in pages[1]


def test_staff_are_not_told_who_confirmed_where_an_admin_has_just_looked(
    client_of: ClientOf, ada: User, sam: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 0, odd=["search_price"], confirmed_at=NOON, confirmed_by=ada)

    texts = [client_of(who).get(url(model)).text for who in (ada, sam)]

    assert ["by Ada" in "".join(rows(text)) for text in texts] == [True, False]


@pytest.mark.parametrize("who", ["ada", "sam"])
def test_asks_the_same_number_of_queries_for_any_number_of_teams_and_versions(
    client_of: ClientOf,
    ada: User,
    sam: User,
    team: Team,
    who: str,
) -> None:
    browser, model = client_of({"ada": ada, "sam": sam}[who]), stored_model()
    told(model, team, 900, 890)
    asked = []

    for number in (1, 30):
        for n in range(number):
            one = Team.objects.create(name=f"Team {number}-{n}")
            prices = {"completion_text_token_price": 1_000 + n}
            told(model, one, 9, 0, **prices, missing_at=None if n % 2 else NOON)
            facts(model, one, 9, 0, fingerprint=f"fp{n}")
            sees(stored_key(one, f"key {number}-{n}"), model)
            effect(changed(model, one, team, ago=n), one, 9)
        for n in range(2 * number):
            stored_price(
                model,
                team,
                first_seen_at=NOON - timedelta(days=880 - 100 * (number > 1) - n),
                last_seen_at=NOON - timedelta(days=880 - 100 * (number > 1) - n),
                completion_text_token_price=2_000 + n,
            )
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(url(model), {"team": str(team.pk)}, headers=PART)
        asked.append(len(queries))

    assert len(rows(page.text)) == SHOWN_VERSIONS
    assert "the 50 newest are shown" in page.text
    assert asked[0] == asked[1]
    assert asked[0] <= 23


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        (4 * 10**8, "$0.04"),
        (10**10, "$1"),
        (10**11, "$2.50"),
        (10**9, "$0.025"),
        (100_000 * 10**10, "$25,000"),
    ],
)
def test_amounts_at_the_axis_are_short(
    client_of: ClientOf, ada: User, team: Team, ticks: int, words: str
) -> None:
    model = stored_model()
    told(model, team, 9, 0)
    stored_calls([call(ada, stored_key(team), NOON, ticks, model=model)])

    chart = client_of(ada).get(url(model)).text.split('aria-labelledby="cap-spend"')[1]

    assert f">{words}</text>" in chart
    assert ">$0</text>" in chart


def test_charts_with_links_are_groups_and_say_since_when(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 9, 0)
    stored_calls([call(ada, stored_key(team), NOON, model=model)])

    page = client_of(ada).get(url(model)).text

    plots = re.findall(r'<svg class="plot[^>]*>', page)
    assert len(plots) == 4
    assert all('role="group"' in plot for plot in plots)
    assert page.count("Prices were first seen on 11 June 2026, 12:00 UTC") == 3


def test_the_calls_of_the_sentinel_are_neither_calls_nor_of_unknown_cost(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    model, key = stored_model(), stored_key(team)
    told(model, team, 9, 0)
    stored_calls(
        call(ada, key, NOON, None, model=model, endpoint="tokenize") for _ in range(2)
    )
    browser = client_of(ada)

    page = browser.get(url(model)).text

    assert "No calls in the last 30 days" in page
    assert "Beside that, 2 calls only counted tokens" in page
    assert "of unknown cost" not in page

    stored_calls([call(ada, key, NOON, model=model)])
    page = browser.get(url(model)).text
    assert "in 1 call over 30 days" in page
    assert "Beside these, 2 calls only counted tokens" in page
    assert "is unknown" in page
