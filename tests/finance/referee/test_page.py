"""The page of the referee, its files, and the file on disk."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.finance.models import PriceFile
from console.finance.referee.board import EXPORT_FIELDS, MOST_ROWS
from tests.finance.referee.feeds import LITELLM, MODELS_DEV, litellm
from tests.keys.stored import stored_facts, stored_model, stored_price
from tests.people import ClientOf

URL = "/models/referee/"
DELETE = "/models/referee/delete/"
CORRECTED = "/models/referee/corrected/"
PART = {"HX-Request": "true"}
WRONG = {"input_cost_per_token": 1.25, "output_cost_per_token": 2.5e-6}


def upload(data: str | bytes, name: str = "prices.json") -> dict[str, Any]:
    content = data.encode() if isinstance(data, str) else data
    return {"price_file": SimpleUploadedFile(name, content)}


def rows(text: str) -> list[str]:
    return text.split("<tr data-row")[1:]


@pytest.fixture
def known(team: Team) -> None:
    """Tell `team` the prices of grok-4.3."""
    model = stored_model("grok-4.3")
    stored_price(model, team)
    stored_facts(model, team)


@pytest.fixture
def sent(client_of: ClientOf, sam: User, known: None) -> Client:
    """Sam's browser, after a file of LiteLLM's was sent."""
    browser = client_of(sam)
    assert browser.post(URL, upload(LITELLM)).status_code == 303
    return browser


def test_empty_says_what_to_do(client_of: ClientOf, sam: User) -> None:
    page = client_of(sam).get(URL)

    assert "No price file yet" in page.text
    assert 'type="file"' in page.text
    assert "Corrected file" not in page.text


def test_shows_the_mismatches_worst_first(sent: Client) -> None:
    page = sent.get(URL).text

    first, second = rows(page)
    assert "xai/grok-4.3-latest" in first
    assert "by alias of grok-4.3" in first
    assert "1,250,000.00" in first
    assert '1<span class="dec">.25</span>' in first
    assert "1,000,000 x" in first
    assert "A price per 1M tokens in a field per token." in first
    assert "Long-context tier missing" in second
    assert "Costs of input come out 1,000,000 x too high." in page


def test_the_worst_is_the_one_most_times_off(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    """A row without a factor says less than a price a million times too high."""
    stored_price(stored_model("grok-4.3"), team)
    right = {"output_cost_per_token": 2.5e-6, "cache_read_input_token_cost": 2e-7}
    tier = {
        "input_cost_per_token_above_200k_tokens": 2.5e-6,
        "output_cost_per_token_above_200k_tokens": 5e-6,
    }
    entry = {"input_cost_per_token": 1.25, **right, **tier}
    browser = client_of(sam)
    browser.post(URL, upload(json.dumps({"xai/grok-4.3": entry})))

    page = browser.get(URL).text

    assert "Costs of input come out 1,000,000 x too high." in page
    first, second = rows(page)
    assert "1,000,000 x" in first
    assert "Cached price missing" in second


def test_the_corrected_file_is_said_to_hold_xai_alone_and_how_to_merge_it(
    sent: Client,
) -> None:
    page = sent.get(URL).text

    card = page.split('id="h-corrected"')[1].split("</section>")[0]
    left = card.split('id="left-out"')[1].split("</ul>")[0]
    assert left.count("<li>") == 3
    assert "xai/grok-beta: xAI does not list it" in left
    assert "It holds entries of xAI only." in card
    assert "The 2 entries of other providers in your file are not in it" in card
    assert "merge it into yours" in card
    assert "jq -s &#x27;.[0] + .[1]&#x27;" in card or "jq -s '.[0] + .[1]'" in card


def test_the_summary_counts_everything(sent: Client) -> None:
    page = sent.get(URL).text

    assert "<b>9</b> prices match" in page
    assert "<b>2</b> do not" in page
    assert "0 of xAI’s 1 model are missing" in page
    assert "3 of its entries are not listed by xAI" in page
    assert "2 entries of other providers and 1 model of xAI that gives no text" in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 2),
        ({"show": "match"}, 9),
        ({"show": "extra"}, 3),
        ({"show": "missing"}, 0),
        ({"show": "all"}, 14),
        ({"kind": "unit"}, 1),
        ({"show": "all", "kind": "long_missing"}, 1),
        ({"kind": "stale"}, 0),
        ({"show": "nonsense", "kind": "'", "sort": "--", "from": "/etc/passwd"}, 2),
    ],
)
def test_filters_are_kept_in_the_address(
    sent: Client, query: dict[str, str], number: int
) -> None:
    page = sent.get(URL, query)

    assert len(rows(page.text)) == number
    exported = sent.get(URL, {**query, "format": "json"}).getvalue()
    assert len(json.loads(exported)) == number


def test_chips_count_what_they_would_show(sent: Client) -> None:
    page = sent.get(URL).text

    assert "Mismatch <b>2</b>" in page
    assert "Match <b>9</b>" in page
    assert "Wrong unit <b>1</b>" in page
    assert 'id="show-missing"' in page
    assert "data-empty" in page


@pytest.mark.parametrize("sort", ["factor", "-factor", "entry", "-entry"])
def test_every_heading_sorts(sent: Client, sort: str) -> None:
    page = sent.get(URL, {"sort": sort, "show": "all"}).text

    direction = "descending" if sort.startswith("-") else "ascending"
    assert page.count(f'aria-sort="{direction}"') == 1


def test_answers_htmx_with_the_table_alone(sent: Client) -> None:
    part = sent.get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="referee-table"')
    assert "<html" not in part


def test_a_right_file_has_no_mismatch(
    client_of: ClientOf, sam: User, known: None
) -> None:
    browser = client_of(sam)
    browser.post(URL, upload(LITELLM))
    right = browser.get(CORRECTED).content

    browser.post(URL, upload(right))

    assert "No mismatch" in browser.get(URL).text


def test_without_prices_of_xai_nothing_is_said(client_of: ClientOf, sam: User) -> None:
    browser = client_of(sam)
    browser.post(URL, upload(LITELLM))

    page = browser.get(URL).text

    assert "No prices of xAI to compare with" in page
    assert browser.get(CORRECTED).status_code == 303


def test_a_file_without_xai_says_so(
    client_of: ClientOf, sam: User, known: None
) -> None:
    browser = client_of(sam)

    browser.post(URL, upload('{"gpt-x": {"litellm_provider": "openai"}}'))

    assert "The file has no entry of xAI" in browser.get(URL).text


def test_only_xai_s_part_is_kept_until_the_next_file(
    client_of: ClientOf, sam: User, olga: User
) -> None:
    browser = client_of(sam)
    client_of(olga).post(URL, upload(LITELLM, "olga.json"))

    browser.post(URL, upload(LITELLM))
    browser.post(URL, upload(MODELS_DEV, "other.json"))

    own = PriceFile.objects.get(person=sam)
    assert own.name == "other.json"
    assert "gpt-x" not in own.content
    assert PriceFile.objects.count() == 2


def test_a_file_is_deleted_by_its_person_alone(
    sent: Client, client_of: ClientOf, olga: User
) -> None:
    client_of(olga).post(DELETE)
    assert PriceFile.objects.count() == 1

    assert sent.post(DELETE).status_code == 303
    assert sent.post(DELETE).status_code == 303

    assert not PriceFile.objects.exists()
    assert "No price file yet" in sent.get(URL).text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n", "This is no text file"),
        (b"{", "The file is not JSON. Line 1, column 2"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b'{"xai/a": {"input_cost_per_token": NaN}}', "holds NaN"),
        (b'{"a": "\x00"}', "Invalid control character"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"[]", "models.dev"),
        (b"{}", "input_cost_per_token"),
        (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MiB"),
        (b'{"xai/a": {"x": "' + b"x" * 600_000 + b'"}}', "part of the file is larger"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(
    sent: Client, data: bytes, words: str
) -> None:
    before = PriceFile.objects.get().content

    page = sent.post(URL, upload(data))

    assert page.status_code == 422
    assert words in page.text.replace("&#x27;", "'")
    assert page.text.count('class="error"') == 1
    assert PriceFile.objects.get().content == before
    assert len(rows(page.text)) == 2


def test_no_file_is_refused(client_of: ClientOf, sam: User) -> None:
    for data in ({}, {"price_file": "/etc/passwd"}, {"price_file": "https://x.ai"}):
        page = client_of(sam).post(URL, data)

        assert page.status_code == 422
        assert "Choose a file." in page.text


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + LITELLM.encode(),
        json.dumps({"xai/\ud800": WRONG, "xai/\u202e\0": WRONG, "xai/": 1}).encode(),
        json.dumps({"xai/<script>alert(1)</script>": WRONG}).encode(),
        b'{"xai/grok-4": {"input_cost_per_token": 1e99, "output_cost_per_token": -1}}',
        b'{"xai/grok-4.3": {"input_cost_per_token": ' + b"9" * 10_000 + b"}}",
        b'{"xai/grok-4.3": {"input_cost_per_token": 1e39}}',
        b'{"xai/grok-4.3": {"input_cost_per_token": 1e-40}}',
        b'{"xai/grok-4.3": [], "xai/grok-4.3": {"mode": {"a": 1}}}',
        b'{"xai": {"models": {"grok-4.3": {"cost": "x", "modalities": 4}}, "x": 1}}',
        b'{"xai": null, "openai": {"models": 3}}',
    ],
)  # fmt: skip
def test_hostile_files_break_no_page(
    client_of: ClientOf, sam: User, known: None, data: bytes
) -> None:
    browser = client_of(sam)
    assert browser.post(URL, upload(data, "\u202e<b>.json")).status_code == 303

    for query in ({}, {"show": "all"}, {"format": "csv"}, {"format": "json"}):
        page = browser.get(URL, {**query, "show": "all"})

        assert page.status_code == 200
        assert "format" in query or b"<script>alert" not in page.getvalue()
        assert "\u202e" not in page.getvalue().decode()
    corrected = browser.get(CORRECTED)
    assert corrected.status_code in (200, 303)
    if corrected.status_code == 200:
        json.loads(corrected.content)


def test_a_page_has_an_end_and_a_file_has_all(
    client_of: ClientOf, sam: User, known: None
) -> None:
    browser = client_of(sam)
    browser.post(URL, upload(litellm(**{f"grok-{n}": WRONG for n in range(400)})))

    page = browser.get(URL, {"show": "extra"}).text
    exported = browser.get(URL, {"show": "extra", "format": "json"}).getvalue()

    assert len(rows(page)) == MOST_ROWS
    assert "And 100 more lines" in page
    assert len(json.loads(exported)) == 400


def test_files_hold_ticks_and_dollars(sent: Client) -> None:
    as_csv = sent.get(URL, {"format": "csv"}).getvalue().decode()
    as_json = json.loads(sent.get(URL, {"format": "json"}).getvalue())

    first, second = csv.DictReader(io.StringIO(as_csv))
    assert list(first) == list(as_json[0]) == list(EXPORT_FIELDS)
    assert as_json[0]["file_ticks"] == 12_500_000_000
    assert as_json[0]["xai_ticks"] == 12_500
    assert as_json[0]["file_usd_per_million"] == "1250000"
    assert as_json[0]["xai_usd_per_million"] == "1.25"
    assert as_json[0]["factor_exact"] == "1000000"
    assert as_json[0]["written"] == "1.25"
    assert first["by_alias"] == "true"
    assert second["xai_tokens"] == "200000"
    assert second["xai_ticks"] == ""
    details = Entry.objects.filter(action="export.referee").values_list("detail")
    assert [one["lines"] for (one,) in details] == [2, 2]


def test_the_corrected_file_is_a_recorded_download(sent: Client) -> None:
    answer = sent.get(CORRECTED)

    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="xai-override-litellm.json"'
    )
    made = json.loads(answer.content, parse_float=Decimal)
    assert made["xai/grok-4.3-latest"]["input_cost_per_token"] == Decimal("0.00000125")
    (entry,) = Entry.objects.filter(action="export.override")
    assert entry.detail == {"shape": "litellm", "entries": 2}


@pytest.mark.parametrize("query", ["?format=csv", "corrected/"])
def test_a_sealed_vault_exports_nothing_unrecorded(
    sent: Client, settings: Settings, tmp_path: Path, query: str
) -> None:
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    assert sent.get(URL + query).status_code == 303


def test_mia_sees_no_price_that_only_another_team_is_told(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    shared, foreign = stored_model("shared"), stored_model("foreign")
    stored_price(shared, team, prompt_text_token_price=70_000)
    stored_price(shared, other_team)
    stored_price(foreign, team)
    entry = {"input_cost_per_token": 7e-6, "output_cost_per_token": 2.5e-6}
    browser = client_of(mia)
    browser.post(URL, upload(litellm(shared=entry, foreign=entry)))

    page = browser.get(URL, {"show": "all"}).text
    made = json.loads(browser.get(CORRECTED).content)

    assert "Search" not in page.split('id="referee-table"')[1].split("</section>")[0]
    assert "no team you see was ever told of it" in page.lower()
    assert "5.6 x" in page
    assert set(made) == {"xai/shared"}
    assert made["xai/shared"]["input_cost_per_token"] == 1.25e-6


@pytest.mark.parametrize("who", ["ada", "olga", "fin", "sam"])
def test_every_role_may(
    client_of: ClientOf, who: str, known: None, request: pytest.FixtureRequest
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert browser.post(URL, upload(LITELLM)).status_code == 303
    assert len(rows(browser.get(URL).text)) == 2


def test_strangers_are_led_to_the_sign_in_page(client: Client, db: None) -> None:
    for url in (URL, CORRECTED):
        assert client.get(url).status_code == 302
    assert client.post(URL, upload(LITELLM)).status_code == 302
    assert not PriceFile.objects.exists()


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("put", URL),
        ("delete", URL),
        ("get", DELETE),
        ("post", CORRECTED),
        ("put", CORRECTED),
    ],
)
def test_other_methods_are_refused(
    client_of: ClientOf, ada: User, method: str, url: str
) -> None:
    assert getattr(client_of(ada), method)(url).status_code == 405


def test_asks_the_same_number_of_queries_for_any_number_of_entries(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser, asked = client_of(ada), []

    for number in (1, 50):
        for n in range(number):
            stored_price(stored_model(f"grok-{number}-{n}"), team)
        names = {f"grok-{number}-{n}": WRONG for n in range(number)}
        browser.post(URL, upload(litellm(**names)))
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, headers=PART)
        asked.append(len(queries))

    assert len(rows(page.text)) > 50
    assert asked[0] == asked[1]
    assert asked[0] <= 11


@pytest.fixture
def on_disk(tmp_path: Path, settings: Settings) -> Callable[[str], Path]:
    """Put a file where the setting names it."""
    file = tmp_path / "feed.json"
    settings.PRICE_FEED_FILE = file

    def put(text: str) -> Path:
        file.write_text(text)
        return file

    return put


def test_the_file_on_disk_is_compared_without_an_upload(
    client_of: ClientOf, sam: User, known: None, on_disk: Callable[[str], Path]
) -> None:
    on_disk(LITELLM)

    page = client_of(sam).get(URL).text

    assert len(rows(page)) == 2
    assert "feed.json" in page
    assert str(Path("feed.json").absolute().parent) not in page
    assert "Delete my file" not in page
    assert not PriceFile.objects.exists()


def test_the_file_on_disk_is_read_again_when_it_changes(
    client_of: ClientOf, sam: User, known: None, on_disk: Callable[[str], Path]
) -> None:
    browser = client_of(sam)
    on_disk(LITELLM)
    browser.get(URL)

    os.utime(on_disk(litellm(**{"grok-4.3": WRONG})), (1, 1))

    assert "xai/grok-4.3-latest" not in browser.get(URL).text


def test_an_own_file_comes_first_and_the_other_by_its_chip(
    sent: Client, on_disk: Callable[[str], Path]
) -> None:
    on_disk(MODELS_DEV)

    own, other = sent.get(URL).text, sent.get(URL, {"from": "disk"}).text

    assert "LiteLLM’s shape" in own
    assert 'id="from-disk"' in own
    assert "models.dev’s shape" in other
    corrected = sent.get(CORRECTED, {"from": "disk"})
    assert "models-dev" in corrected.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "It cannot be read (No such file or directory)."),
        ("{", "The file is not JSON."),
        ("x" * (5 * 1024 * 1024 + 1), "larger than 5 MiB"),
    ],
)
def test_a_bad_file_on_disk_says_whom_to_ask(
    client_of: ClientOf,
    sam: User,
    on_disk: Callable[[str], Path],
    text: str | None,
    words: str,
) -> None:
    if text is not None:
        on_disk(text)

    page = client_of(sam).get(URL)

    assert page.status_code == 200
    assert words in page.text
    assert "GATEHOUSE_PRICE_FEED_FILE" in page.text


def test_only_a_regular_file_is_opened(
    client_of: ClientOf, sam: User, tmp_path: Path, settings: Settings
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for one in (pipe, tmp_path):
        settings.PRICE_FEED_FILE = one

        assert "no regular file" in client_of(sam).get(URL).text


def test_the_time_of_xai_s_prices_is_told(sent: Client) -> None:
    today = timezone.now().date().isoformat()

    assert f'xAI’s prices read <time datetime="{today}' in sent.get(URL).text
