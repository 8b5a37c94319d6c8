"""The chart over time: what it may show, and the days on which prices changed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.finance.usage import price_marks
from console.keys.models import ApiKey
from tests.finance.told import call, changed, stored_calls
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON, ClientOf

URL, MINE = "/usage/", "/usage/mine/"
DAY = timedelta(days=1)
USD = 10**10
INPUT, OUTPUT = "prompt_text_token_price", "completion_text_token_price"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is noon on 20 June 2026, a Saturday."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    return NOON


@pytest.fixture
def model() -> LanguageModel:
    return stored_model()


@pytest.fixture
def calls(sam: User, api_key: ApiKey, model: LanguageModel) -> ApiKey:
    """A dear call with few tokens, and on another day two cheap ones with many."""
    other = stored_key(api_key.team, "cheap")
    stored_calls(
        [
            call(sam, api_key, NOON - 3 * DAY, 2 * USD, model=model, prompt_tokens=10),
            *(
                call(
                    sam, other, NOON - n * DAY, USD // 4, model=model,
                    prompt_tokens=4_000, completion_tokens=500, reasoning_tokens=50,
                )
                for n in (1, 1)
            ),
        ]
    )  # fmt: skip
    return other


def bars(page: str) -> list[str]:
    """Return what the bars of the first chart say."""
    (first, *_) = re.findall(r'<svg class="plot".*?</svg>', page, re.S)
    return re.findall(r'<rect class="s\d.*?<title>(.*?)</title>', first)


@pytest.mark.parametrize(
    ("chart", "found"),
    [
        pytest.param(
            {},
            ["17 Jun, grok-4.3: $2.00", "19 Jun, grok-4.3: $0.50"],
            id="dollars",
        ),
        pytest.param(
            {"chart": "tokens"},
            ["17 Jun, grok-4.3: 10 tokens", "19 Jun, grok-4.3: 9,100 tokens"],
            id="tokens",
        ),
        pytest.param(
            {"chart": "calls"},
            ["17 Jun, grok-4.3: 1 call", "19 Jun, grok-4.3: 2 calls"],
            id="calls",
        ),
        pytest.param(
            {"chart": "<b>"},
            ["17 Jun, grok-4.3: $2.00", "19 Jun, grok-4.3: $0.50"],
            id="nonsense",
        ),
    ],
)
def test_shows_dollars_tokens_or_calls(
    client_of: ClientOf, fin: User, calls: ApiKey, chart: Any, found: list[str]
) -> None:
    assert bars(client_of(fin).get(URL, {"by": "model", **chart}).text) == found


def test_the_largest_of_what_is_shown_stands_at_the_bottom(
    client_of: ClientOf, fin: User, calls: ApiKey
) -> None:
    def legend(**query: str) -> list[str]:
        page = client_of(fin).get(URL, {"by": "key", **query}).text
        (first, *_) = re.findall(r'<ul class="legend">(.*?)</ul>', page)
        return re.findall(r"</span>(.*?)</li>", first)

    assert legend() == ["search-prod", "cheap"]
    assert legend(chart="tokens") == ["cheap", "search-prod"]


def test_the_choice_is_a_link_that_stays_in_all_others(
    client_of: ClientOf, fin: User, calls: ApiKey
) -> None:
    page = client_of(fin).get(URL, {"chart": "tokens", "by": "team"}).text

    assert '<h2 id="h-spend">Tokens per day by team</h2>' in page
    assert '<h2 id="h-tokens">Tokens per day by kind</h2>' in page
    assert 'href="?chart=calls&amp;by=team#h-spend"' in page
    assert 'href="?by=team#h-spend"' in page
    assert re.search(r'<a id="chart-2"[^>]* aria-current="true">Tokens</a>', page)
    assert 'href="?chart=tokens&amp;by=key#h-by"' in page
    assert '<input type="hidden" name="chart" value="tokens">' in page


def test_a_day_on_which_a_price_changed_is_marked_and_leads_to_the_change(
    client_of: ClientOf,
    fin: User,
    team: Team,
    calls: ApiKey,
    model: LanguageModel,
) -> None:
    change = changed(model, team, ago=3)

    page = client_of(fin).get(URL).text

    url = (
        f"/models/changes/?kind=price&amp;model={model.pk}&amp;from=2026-06-17"
        f"&amp;to=2026-06-17#change-{change.pk}"
    )
    said = "grok-4.3 output +20%"
    assert f'<a class="note" href="{url}" tabindex="-1">' in page
    assert f"<title>17 Jun: {said}</title>" in page
    assert f'<li><a href="{url}">17 Jun 2026: {said}</a></li>' in page
    row = re.search(r'<tr id="at-2026-06-17".*?</tr>', page, re.S)
    assert row
    assert f'<a class="tag" href="{url}"' in row[0]
    assert page.count('<a class="tag"') == 1
    assert f'id="change-{change.pk}"' in client_of(fin).get(unescape(url)).text


def test_only_models_that_were_called_on_these_days_are_in_view(
    client_of: ClientOf, fin: User, team: Team, calls: ApiKey, model: LanguageModel
) -> None:
    changed(model, team, ago=10)
    days = {"from": "2026-06-09", "to": "2026-06-12"}
    other = stored_model("grok-other")
    changed(other, team, ago=10)
    stored_calls([call(fin, calls, NOON - 9 * DAY, USD, model=other)])

    page = client_of(fin).get(URL, days).text

    assert "10 Jun: grok-other output +20%" in page
    assert "grok-4.3 output" not in page


def test_several_on_one_day_are_one_mark(
    client_of: ClientOf, fin: User, team: Team, calls: ApiKey, model: LanguageModel
) -> None:
    for before, after in ((2, 1), (None, 2), (2, None)):
        changed(model, team, ago=3, before={INPUT: before}, after={INPUT: after})

    page = client_of(fin).get(URL, {"bucket": "week"}).text

    assert page.count('<a class="note"') == 1
    assert "week of 15 Jun: 3 prices changed" in page
    for words in (
        "input −50%",
        "input told for the first time",
        "input no longer told",
    ):
        assert f"17 Jun 2026: grok-4.3 {words}" in page


def test_prices_of_what_was_not_called_then_are_not_marked(
    client_of: ClientOf,
    fin: User,
    team: Team,
    calls: ApiKey,
    model: LanguageModel,
) -> None:
    changed(stored_model("grok-never"), team, ago=3)
    changed(model, team, ago=40)
    changed(model, team, ago=2, kind="version", field="version")

    assert '<a class="note"' not in client_of(fin).get(URL).text


def test_the_filters_narrow_whose_prices_are_marked(
    client_of: ClientOf, fin: User, team: Team, calls: ApiKey, model: LanguageModel
) -> None:
    changed(model, team, ago=3)
    other = stored_model("grok-other")
    stored_calls([call(fin, calls, NOON, USD, model=other)])
    browser = client_of(fin)

    assert '<a class="note"' in browser.get(URL, {"model": str(model.pk)}).text
    assert '<a class="note"' not in browser.get(URL, {"model": str(other.pk)}).text
    assert '<a class="note"' not in browser.get(MINE).text


def test_staff_see_only_changes_that_their_teams_were_told_of(
    client_of: ClientOf,
    sam: User,
    team: Team,
    other_team: Team,
    calls: ApiKey,
    model: LanguageModel,
) -> None:
    changed(model, other_team, ago=5)
    both = changed(model, other_team, team, ago=3)

    page = client_of(sam).get(MINE).text

    assert page.count('<a class="note"') == 1
    assert f"#change-{both.pk}" in page


def test_a_price_that_is_odd_is_said_to_be(
    client_of: ClientOf, fin: User, team: Team, calls: ApiKey, model: LanguageModel
) -> None:
    changed(model, team, ago=3, odd=True)

    page = client_of(fin).get(URL).text

    assert "17 Jun: grok-4.3 output +20%, odd when it was told" in page


def test_there_may_be_more_changes_than_are_read(
    client_of: ClientOf, fin: User, team: Team, calls: ApiKey, model: LanguageModel
) -> None:
    for n in range(price_marks.MOST + 1):
        changed(model, team, ago=3, before={OUTPUT: 1}, after={OUTPUT: n + 2})

    page = client_of(fin).get(URL).text

    assert f"{price_marks.MOST} prices of these models changed" in page
    assert 'href="/models/changes/?kind=price">all changes of prices</a>' in page
