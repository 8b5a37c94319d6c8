"""The page of tokenizers: who sees what, and what the buttons do."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog import corpus
from console.catalog.models import LanguageModel, TokenizerReading
from console.finance.language_tax import EXPORT_FIELDS, Filters, language_tax
from console.finance.models import Sentinel
from console.keys.models import ApiKey
from tests.catalog.readings import read_tokenizer
from tests.finance.sentinel.conftest import TEXTS, Tokenizer, by_four, look_now
from tests.keys.stored import stored_key, stored_model, stored_price
from tests.people import ClientOf
from tests.relay import stock

pytestmark = pytest.mark.django_db

URL = "/models/tokenizer/"
ON, OFF, NOW = f"{URL}key/", f"{URL}off/", f"{URL}now/"
PART = {"HX-Request": "true"}
MAY = ["api-key:model:*", "api-key:endpoint:tokenize"]


def read_model(team: Team, model_id: str = "grok-4.3", **tokens: int) -> LanguageModel:
    model = stored_model(model_id)
    stored_price(model, team)
    read_tokenizer(model, team, None, **tokens)
    return model


class TestTheTable:
    def test_tells_tokens_ratio_and_cost(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        read_model(team, en=200, hi=550)

        page = client_of(fin).get(URL).text

        assert "Hindi takes 2.75 times the tokens of English" in page
        assert "674.8" in page  # 550 tokens of 815 characters
        assert "$0.000688" in page  # 550 * 12,500 ticks
        assert page.count("<tr data-row") == TEXTS

    def test_heat_is_a_number_first(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        read_model(team, en=100, hi=400, ar=260, ru=180, pl=130)

        page = client_of(fin).get(URL).text

        for times, heat in {"4.00": 4, "2.60": 3, "1.80": 2, "1.30": 1}.items():
            assert f'data-heat="{heat}" title=' in page
            assert f">{times}x</span>" in page

    def test_code_has_no_ratio(self, fin: User, team: Team) -> None:
        read_model(team)

        rows = language_tax(user=fin, filters=Filters()).rows

        (code,) = (row for row in rows if row.text.is_code)
        assert code.cells[0] is not None
        assert code.cells[0].times is None

    def test_an_unknown_price_is_unknown_and_not_free(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        model = stored_model()
        stored_price(model, team, prompt_text_token_price=None)
        read_tokenizer(model, team)

        page = client_of(fin).get(URL).text

        assert "has not told a team the input price" in page
        assert "$0.00<" not in page

    def test_teams_that_are_told_other_prices_make_two_amounts(
        self, client_of: ClientOf, fin: User, team: Team, other_team: Team
    ) -> None:
        model = read_model(team)
        stored_price(model, other_team, prompt_text_token_price=25_000)

        page = client_of(fin).get(URL).text

        assert "$0.000125 or $0.000250" in page

    def test_says_when_all_models_cut_alike(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        read_model(team)
        read_model(team, "grok-4.5")
        assert "cut these texts alike" in client_of(fin).get(URL).text

        read_model(team, "grok-3", de=120)
        assert "cut these texts alike" not in client_of(fin).get(URL).text

    def test_the_newest_look_counts_whichever_team_asked(
        self, fin: User, team: Team, other_team: Team
    ) -> None:
        model = read_model(team, en=200)
        read_tokenizer(model, other_team, en=210)

        rows = language_tax(user=fin, filters=Filters()).rows

        (english,) = (row for row in rows if row.text.language == "en")
        assert english.cells[0] is not None
        assert english.cells[0].reading.tokens == 210

    def test_another_corpus_is_not_shown(self, fin: User, team: Team) -> None:
        read_model(team)
        TokenizerReading.objects.update(corpus="0")

        assert language_tax(user=fin, filters=Filters()).columns == ()

    def test_some_models_are_shown_and_others_can_be_chosen(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        models = [read_model(team, f"grok-{n}") for n in range(7)]
        chosen = [str(models[6].pk), str(models[1].pk)]

        every = language_tax(user=fin, filters=Filters())
        page = client_of(fin).get(URL, {"model": chosen}).text

        assert [c.model_id for c in every.columns] == [f"grok-{n}" for n in range(5)]
        assert page.count(" checked>") == 2
        assert page.count('data-label="grok-6"') == TEXTS
        assert 'data-label="grok-0"' not in page

    def test_sorts_by_a_model_and_by_name(self, fin: User, team: Team) -> None:
        model = read_model(team, de=1, ja=999)

        def order(sort: str, backwards: bool = False) -> list[str]:
            filters = Filters(sort=sort, backwards=backwards)
            rows = language_tax(user=fin, filters=filters).rows
            return [row.text.language for row in rows]

        assert (order(str(model.pk))[0], order(str(model.pk))[-1]) == ("de", "ja")
        assert order(str(model.pk), backwards=True)[0] == "ja"
        assert order("language")[:2] == ["ar", "zh-Hans"]
        assert order("language", backwards=True)[0] == "es"

    def test_what_was_not_read_comes_last(self, fin: User, team: Team) -> None:
        model = read_model(team)
        TokenizerReading.objects.filter(language="de").delete()

        for backwards in (False, True):
            filters = Filters(sort=str(model.pk), backwards=backwards)
            rows = language_tax(user=fin, filters=filters).rows
            assert rows[-1].text.language == "de"

    def test_csv_and_json_hold_ticks_and_dollars(
        self, client_of: ClientOf, fin: User, team: Team, other_team: Team
    ) -> None:
        model = read_model(team, en=200)
        stored_price(model, other_team, prompt_text_token_price=None)
        browser = client_of(fin)

        as_csv = browser.get(URL, {"format": "csv"}).getvalue().decode()
        as_json = json.loads(browser.get(URL, {"format": "json"}).getvalue())

        rows = list(csv.DictReader(io.StringIO(as_csv)))
        assert len(rows) == len(as_json) == 2 * TEXTS
        assert list(rows[0]) == list(as_json[0]) == list(EXPORT_FIELDS)
        known, unknown = (row for row in as_json if row["language"] == "en")
        if known["teams"] != ["Search"]:
            known, unknown = unknown, known
        assert known["text_cost_ticks"] == 200 * 12_500
        assert known["text_cost_usd"] == "0.00025"
        assert known["tokens_per_1000_characters"] == "247.2"
        assert unknown["text_cost_ticks"] is None
        assert Entry.objects.filter(action="export.tokenizer").count() == 2

    def test_a_sealed_vault_exports_nothing_unrecorded(
        self, client_of: ClientOf, fin: User, settings: Settings, tmp_path: Path
    ) -> None:
        browser = client_of(fin)
        settings.KEK_FILE = tmp_path / "none"
        vault.forget()

        assert browser.get(URL, {"format": "csv"}).status_code == 303


class TestWhoSeesWhat:
    def test_staff_see_the_models_their_teams_are_told(
        self, client_of: ClientOf, mia: User, team: Team, other_team: Team
    ) -> None:
        read_model(team, "grok-secret")
        shared = read_model(team, "grok-shared")
        stored_price(shared, other_team)

        page = client_of(mia).get(URL).text

        assert "grok-shared" in page
        assert "grok-secret" not in page

    def test_a_chosen_model_of_others_does_not_exist(
        self, client_of: ClientOf, mia: User, team: Team
    ) -> None:
        model = read_model(team, "grok-secret")

        page = client_of(mia).get(URL, {"model": str(model.pk)}).text

        assert "grok-secret" not in page

    def test_the_key_is_named_to_those_who_see_its_team(
        self, client_of: ClientOf, sam: User, mia: User, sentinel: Sentinel
    ) -> None:
        assert "search-prod" in client_of(sam).get(URL).text
        page = client_of(mia).get(URL).text
        assert "search-prod" not in page
        assert "of another team" in page

    def test_changes_are_for_teams_that_were_told(
        self, client_of: ClientOf, sam: User, mia: User, team: Team
    ) -> None:
        model = read_model(team, "grok-changed", en=200)
        read_tokenizer(model, team, en=220)

        page = client_of(sam).get(URL).text

        assert "grok-changed" in page
        assert "English 200 to 220" in page
        assert "1.4% more" in page  # 20 of 1,400
        assert "grok-changed" not in client_of(mia).get(URL).text

    def test_only_an_admin_gets_buttons(
        self, client_of: ClientOf, olga: User, ada: User, sentinel: Sentinel
    ) -> None:
        assert OFF in client_of(ada).get(URL).text
        assert OFF not in client_of(olga).get(URL).text

    @pytest.mark.parametrize("who", ["olga", "fin", "sam"])
    @pytest.mark.parametrize("url", [ON, OFF, NOW])
    def test_others_may_not_act(
        self,
        client_of: ClientOf,
        sentinel: Sentinel,
        who: str,
        url: str,
        request: pytest.FixtureRequest,
    ) -> None:
        answer = client_of(request.getfixturevalue(who)).post(url)

        assert answer.status_code == 403
        assert Sentinel.objects.exists()

    def test_strangers_are_led_to_the_sign_in_page(self, client: Any) -> None:
        assert client.get(URL).status_code == 302


class TestButtons:
    def test_off_it_explains_itself_and_offers_keys(
        self, client_of: ClientOf, ada: User, sam: User, team: Team
    ) -> None:
        stored_key(team, "good-one", acls=MAY)
        stored_key(team, "bad-one")

        page = client_of(ada).get(URL).text

        assert "good-one" in page
        assert "bad-one" not in page
        assert "publishes no price" in page
        assert "13 calls per model" in page
        assert "An admin can switch it on" in client_of(sam).get(URL).text

    def test_without_a_key_it_says_what_is_needed(
        self, client_of: ClientOf, ada: User
    ) -> None:
        assert "No key can be chosen now" in client_of(ada).get(URL).text

    def test_a_key_switches_it_on(
        self, client_of: ClientOf, ada: User, team: Team
    ) -> None:
        key = stored_key(team, acls=MAY)

        answer = client_of(ada).post(ON, {"key": str(key.pk)})

        assert (answer.status_code, answer["Location"]) == (303, URL)
        row = Sentinel.objects.get()
        assert (row.key, row.person) == (key, ada)

    @pytest.mark.parametrize(
        ("value", "said"), [("", "Choose a key"), ("nonsense", "cannot be used")]
    )
    def test_a_bad_choice_is_said_beside_the_field(
        self, client_of: ClientOf, ada: User, team: Team, value: str, said: str
    ) -> None:
        stored_key(team, acls=MAY)

        answer = client_of(ada).post(ON, {"key": value})

        assert answer.status_code == 422
        assert said in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert not Sentinel.objects.exists()

    def test_a_key_that_may_not_tokenize_cannot_be_sent_by_hand(
        self, client_of: ClientOf, ada: User, team: Team
    ) -> None:
        key = stored_key(team)

        answer = client_of(ada).post(ON, {"key": str(key.pk)})

        assert answer.status_code == 422
        assert "cannot be used for it now" in answer.text

    def test_off_and_what_was_read_stays(
        self, client_of: ClientOf, ada: User, sentinel: Sentinel, tokenizer: Tokenizer
    ) -> None:
        look_now()

        answer = client_of(ada).post(OFF, follow=True)

        assert "The sentinel is off" in answer.text
        assert "Hindi takes" in answer.text or "times the tokens" in answer.text
        assert not Sentinel.objects.exists()

    def test_a_look_can_be_asked_for_when_none_was_lately(
        self, client_of: ClientOf, ada: User, sentinel: Sentinel, tokenizer: Tokenizer
    ) -> None:
        look_now()
        browser = client_of(ada)
        assert NOW not in browser.get(URL).text

        early = browser.post(NOW, follow=True)
        Sentinel.objects.update(finished_at=timezone.now() - timedelta(hours=1))

        assert "less than 10 minutes ago" in early.text
        assert NOW in browser.get(URL).text
        assert "Waiting for a worker" in browser.post(NOW, follow=True).text

    @pytest.mark.parametrize("url", [ON, OFF, NOW])
    def test_acts_are_posts(self, client_of: ClientOf, ada: User, url: str) -> None:
        assert client_of(ada).get(url).status_code == 405

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_the_page_is_only_read(
        self, client_of: ClientOf, ada: User, method: str
    ) -> None:
        assert getattr(client_of(ada), method)(URL).status_code == 405

    def test_an_old_sign_in_must_be_confirmed(
        self, client_of: ClientOf, ada: User, sentinel: Sentinel
    ) -> None:
        browser = client_of(ada)
        session = browser.session
        session["account_authentication_methods"] = []
        session.save()

        answer = browser.post(OFF)

        assert "/account/reauthenticate/" in answer["Location"]
        assert Sentinel.objects.exists()


class TestHowFarItIs:
    @pytest.fixture
    def shown(self, client_of: ClientOf, ada: User) -> Callable[[], str]:
        browser = client_of(ada)
        return lambda: browser.get(URL).text

    def test_a_look_that_runs_is_counted_in_texts_and_refreshed(
        self,
        shown: Callable[[], str],
        sentinel: Sentinel,
        api_key: ApiKey,
        tokenizer: Tokenizer,
    ) -> None:
        stock.usable(api_key, stock.language_model("z-last"))
        pages: list[str] = []

        def look() -> None:
            if len(tokenizer.asked) == TEXTS + 2:
                pages.append(shown())

        tokenizer.before = look
        look_now()

        (page,) = pages
        assert f"{TEXTS} of {2 * TEXTS} texts" in page
        assert "Reading" in page
        assert 'hx-trigger="every 2s"' in page
        assert 'id="tokenizer-refresh"' not in shown()

    def test_a_pause_says_why_and_until_when(
        self, shown: Callable[[], str], sentinel: Sentinel
    ) -> None:
        until = timezone.now() + timedelta(minutes=10)
        Sentinel.objects.update(lease_until=until, problem="xAI has trouble.")

        page = shown()

        assert f"It is tried again at {until:%H:%M} UTC" in page
        assert "xAI has trouble." in page

    def test_a_removed_key_is_said_at_once(
        self,
        shown: Callable[[], str],
        client_of: ClientOf,
        sam: User,
        sentinel: Sentinel,
        api_key: ApiKey,
    ) -> None:
        ApiKey.objects.filter(pk=api_key.pk).update(removed_at=timezone.now())

        assert "The key was removed" in shown()
        assert f"/keys/{api_key.pk}/" not in shown()
        assert "An admin has to choose another key" in client_of(sam).get(URL).text

    def test_answers_htmx_with_the_live_part_alone(
        self, client_of: ClientOf, ada: User, sentinel: Sentinel
    ) -> None:
        part = client_of(ada).get(URL, headers=PART).text

        assert part.lstrip().startswith('<div class="split" id="tokenizer-live"')
        assert "<html" not in part


def visible(page: str) -> str:
    """Return the words of a page."""
    return re.sub(r"<[^>]+>", "", page)


class TestChanges:
    def test_a_change_tells_dollars_and_languages(
        self, client_of: ClientOf, fin: User, sentinel: Sentinel, tokenizer: Tokenizer
    ) -> None:
        look_now()
        tokenizer.answer = by_four
        look_now()

        page = client_of(fin).get(URL).text

        assert "tokens for all test texts together" in page
        assert "% more" in page
        assert "corpus" not in visible(page)
        assert "No priced call of this model" in page
        assert "Japanese 1 to 87" in page

    def test_the_language_that_changed_most_is_named_beside_the_mean(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        model = read_model(team)
        read_tokenizer(model, team, en=129, de=104)

        page = " ".join(visible(client_of(fin).get(URL).text).split())

        assert "together, 2.5% more" in page
        assert "English changed most: 29.0% more" in page
        assert "2 of 13 texts changed" in page

    def test_languages_that_changed_alike_are_said_to(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        model = read_model(team)
        read_tokenizer(model, team, **dict.fromkeys(corpus.NAMES, 90))

        page = visible(client_of(fin).get(URL).text)

        assert "10.0% less" in page
        assert "changed most" not in page
        assert "cost as much less in every language" in page

    def test_ids_alone_are_said_to_cost_the_same(
        self, client_of: ClientOf, fin: User, team: Team
    ) -> None:
        model = read_model(team)
        TokenizerReading.objects.update(ids_digest="b")
        read_tokenizer(model, team)

        page = client_of(fin).get(URL).text

        assert "ids changed, cost the same" in page
        assert "German (ids)" in page


@pytest.mark.parametrize(
    "query", ["model=x", "model=%00", "sort=--", "sort=secret", "format=xml"]
)
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, query: str
) -> None:
    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


def test_the_texts_can_be_opened(client_of: ClientOf, sam: User) -> None:
    page = client_of(sam).get(URL).text

    assert 'tabindex="0" role="region" aria-label="Arabic" lang="ar" dir="rtl"' in page
    assert "Die Stadtbibliothek" in page
    assert "&quot;&quot;&quot;Fines of the city library" in page


def test_asks_the_same_number_of_queries_for_any_number_of_models_and_changes(
    client_of: ClientOf, ada: User, sentinel: Sentinel, team: Team
) -> None:
    browser = client_of(ada)
    asked = []

    for number in (1, 12):
        for n in range(number):
            model = read_model(team, f"grok-{number}-{n}")
            read_tokenizer(model, team, en=101)
            stored_key(team, f"key-{number}-{n}", acls=MAY)
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, headers=PART)
        asked.append(len(queries))

    assert page.text.count("tokens for all test texts together") == 13
    assert asked[0] == asked[1]
    assert asked[0] <= 15
