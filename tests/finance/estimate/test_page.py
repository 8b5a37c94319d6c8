"""The page of the estimator and its files."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog.models import PriceVersion
from console.finance.estimate.files import EXPORT_FIELDS
from console.finance.estimate.prices_for import offers
from console.finance.models import Scenario
from tests.database import counted_rows
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

URL = "/models/estimate/"
PART = {"HX-Request": "true"}
JOB = {"requests": "200000", "days": "1", "prompt": "2400", "output": "180"}
DESIGN: dict[str, Any] = {**JOB, "cached": "40", "model": "grok-4.3"}


def rows(text: str) -> list[str]:
    """Return the lines of the comparison, as markup."""
    return [one.split("</tr>")[0] for one in text.split("<tr data-row")[1:]]


def test_shows_the_month_its_range_and_its_working(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    page = client_of(sam).get(URL, DESIGN).text

    (row,) = rows(page)
    assert '<span class="figure">$488.40</span>' in page
    assert "$439.56 to $537.24 if tokens differ by 10%" in page
    assert "$0.002442" in row
    assert "2,400 prompt tokens are below the threshold of 200,000" in row
    assert (
        "1,440 fresh x 12,500 + 960 cached x 2,000 + 180 output x 25,000 "
        "= 24,420,000 ticks" in page
    )
    assert f"{told[0].last_seen_at:%-d %b %Y, %H:%M} UTC" in page
    assert "Not included: tool calls, the priority tier, batch discounts" in page


def test_without_a_choice_all_listed_models_are_compared_cheapest_first(
    client_of: ClientOf, sam: User, team: Team, told: list[PriceVersion]
) -> None:
    gone = stored_price(stored_model("gone"), team)
    PriceVersion.objects.filter(pk=gone.pk).update(missing_at=timezone.now())

    page = client_of(sam).get(URL).text

    one, other = rows(page)
    assert "grok-4.3" in one
    assert "cheapest" in one
    assert "grok-3" in other
    assert "cheapest" not in other
    assert 'value="gone"' in page
    assert "not listed" in page


def test_long_context_is_chosen_and_said(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    job = {"model": "grok-4.3", "prompt": "250000", "output": "0", "requests": "1"}

    (row,) = rows(client_of(sam).get(URL, {**job, "days": "1"}).text)

    assert "long context" in row
    assert "250,000 prompt tokens reach the threshold of 200,000" in row
    assert "$0.625000" in row


def test_images_count_for_the_tier_and_at_their_price(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    job = {**DESIGN, "images": "2", "image_tokens": "100000"}

    page = client_of(sam).get(URL, job).text

    assert "202,400 prompt tokens reach the threshold" in page
    assert "200,000 image x 12,500" in page


def test_unknown_is_said_and_never_0(
    client_of: ClientOf, sam: User, team: Team, told: list[PriceVersion]
) -> None:
    model = stored_model("untold")
    stored_price(model, team, completion_text_token_price=None)

    page = client_of(sam).get(URL, {**JOB, "model": "untold"}).text

    (row,) = rows(page)
    assert "xAI has not told the price of output tokens." in row
    assert ">unknown</span>" in row
    assert "$0" not in row
    assert "$0" not in page.split('class="estimate"')[1].split("</div>")[0]


def test_an_odd_price_is_not_used_before_it_is_confirmed(
    client_of: ClientOf, sam: User, team: Team, told: list[PriceVersion]
) -> None:
    odd = stored_price(stored_model("odd"), team, odd=["completion_text_token_price"])
    browser, job = client_of(sam), {**JOB, "model": "odd"}

    before = rows(browser.get(URL, job).text)
    PriceVersion.objects.filter(pk=odd.pk).update(confirmed_at=timezone.now())
    after = rows(browser.get(URL, job).text)

    assert "Not confirmed" in before[0]
    assert "$" not in before[0]
    assert "Not confirmed" not in after[0]
    assert "$" in after[0]


def test_hides_prices_of_other_teams(
    client_of: ClientOf, mia: User, told: list[PriceVersion]
) -> None:
    page = client_of(mia).get(URL, JOB).text

    (row,) = rows(page)
    assert "grok-3" not in page
    assert "180 output x 99,000" in page
    assert "output x 25,000" not in page
    assert "is told" not in row


def test_a_model_that_is_not_told_is_no_line(
    client_of: ClientOf, mia: User, told: list[PriceVersion]
) -> None:
    page = client_of(mia).get(URL, {**JOB, "model": "grok-3"}).text

    assert rows(page) == []
    assert "Not told to your teams, so unknown: grok-3." in page
    assert "No model to compare" in page


@pytest.mark.parametrize("who", ["ada", "olga", "fin"])
def test_who_sees_all_teams_has_a_line_for_each_price(
    client_of: ClientOf,
    told: list[PriceVersion],
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    page = browser.get(URL, DESIGN).text
    names = [o.name for o in offers(request.getfixturevalue(who)) if o.differs]
    (alone,) = rows(browser.get(URL, {**DESIGN, "model": names[0]}).text)

    one, other = rows(page)
    assert "as Search is told" in one
    assert "as Elsewhere is told" in other
    assert page.count('" checked>') == 2
    assert "is told" in alone
    assert len(set(names)) == 2


def test_prices_of_former_times_are_not_used(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    model = stored_model()
    old = timezone.now() - timedelta(days=9)
    stored_price(model, team, completion_text_token_price=1, first_seen_at=old)
    stored_price(model, team)

    assert "180 output x 25,000" in client_of(sam).get(URL, DESIGN).text


def test_without_prices_it_says_what_to_do(
    client_of: ClientOf, sam: User, ada: User
) -> None:
    assert "No prices read yet" in client_of(sam).get(URL).text
    assert "Add key" in client_of(ada).get(URL).text


def test_what_is_no_number_is_said_and_nothing_computed(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    answer = client_of(sam).get(URL, {**DESIGN, "prompt": "<b>x"})

    assert answer.status_code == 200
    assert rows(answer.text) == []
    assert "Nothing is computed yet" in answer.text
    assert answer.text.count("Write a whole number, such as 2,400.") == 2
    assert "<b>x" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "model=%00&model=%ff", "counted=a:b:c&counted=", "prompt=%00", "show=nonsense",
        "scenario=x&format=exe", "requests=" + "9" * 3_000, "model=a@b&model=@",
        "requests=1000000000&days=366&prompt=10000000",
    ],
)  # fmt: skip
def test_bad_input_is_harmless(
    client_of: ClientOf, sam: User, told: list[PriceVersion], query: str
) -> None:
    assert client_of(sam).get(f"{URL}?{query}").status_code == 200


def test_too_large_is_said(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    job = {"requests": "1000000000", "days": "366", "prompt": "900000"}

    assert "Too large to compute" in client_of(sam).get(URL, job).text


def test_answers_htmx_with_the_result_and_its_clean_address(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    part = client_of(sam).get(URL, {**DESIGN, "junk": "1"}, headers=PART)

    assert part.text.lstrip().startswith('<section class="sheet" id="estimate-result"')
    assert "<html" not in part.text
    assert part.headers["HX-Replace-Url"] == (
        f"{URL}?model=grok-4.3&requests=200000&days=1&prompt=2400&output=180"
        "&reasoning=0&images=0&image_tokens=0&cached=40"
    )
    assert "HX-Request" in part.headers["Vary"]


def test_an_htmx_part_of_a_wrong_job_keeps_the_address(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    part = client_of(sam).get(URL, {"days": "x"}, headers=PART)

    assert "HX-Replace-Url" not in part.headers
    assert '<a href="#id_days">Days per month</a>: Write a whole number' in part.text


def test_strangers_are_sent_to_sign_in_and_posts_refused(
    client: Any, client_of: ClientOf, sam: User
) -> None:
    assert client.get(URL).status_code == 302
    assert client_of(sam).put(URL).status_code == 405


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_models(
    client_of: ClientOf,
    sam: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        stored_price(stored_model(f"m{n}"), team)
        Scenario.objects.create(owner=sam, name=f"s{n}", inputs={})
    browser = client_of(sam)

    # Session, person, prices (6, that of few teams), scenarios.
    with django_assert_num_queries(9):
        part = browser.get(URL, headers=PART)

    assert len(rows(part.text)) == number


@pytest.mark.parametrize("others", [3, 30])
def test_loads_no_more_rows_for_any_number_of_teams(
    client_of: ClientOf, fin: User, others: int, django_assert_num_queries: Any
) -> None:
    teams = [Team.objects.create(name=f"Team {n:02d}") for n in range(others)]
    for model_id in ("grok-4.3", "grok-3"):
        model = stored_model(model_id)
        for number, each in enumerate(teams):
            dear = {"completion_text_token_price": 99_000} if number == 0 else {}
            stored_price(model, each, **dear)
    with counted_rows() as rows_told:
        found = offers(fin)

    assert [offer.team_count for offer in found] == [others - 1, 1, others - 1, 1]
    assert max(rows_told) <= 6  # two prices of two models, or the names of six teams
    with django_assert_num_queries(5 if others == 3 else 6):  # one finds a stand-in
        offers(fin)


def test_a_team_of_an_address_is_found_whichever_stands_for_its_price(
    client_of: ClientOf, fin: User
) -> None:
    teams = [Team.objects.create(name=f"Team {n:02d}") for n in range(30)]
    model = stored_model()
    for each in teams[:-1]:
        stored_price(model, each)
    stored_price(model, teams[-1], completion_text_token_price=99_000)
    browser = client_of(fin)

    many = browser.get(URL, {**DESIGN, "model": f"grok-4.3@{teams[7].pk}"}).text
    one = browser.get(URL, {**DESIGN, "model": f"grok-4.3@{teams[-1].pk}"}).text

    assert "as 29 teams are told" in rows(many)[0]
    assert "as Team 29 is told" in rows(one)[0]
    assert (len(rows(many)), len(rows(one))) == (1, 1)
    assert many.count('" checked>') == 1


def test_the_cheapest_can_do_the_job(
    client_of: ClientOf, fin: User, team: Team, told: list[PriceVersion]
) -> None:
    small = stored_model("grok-build-0.1", context_length=256_000)
    stored_price(small, team, prompt_text_token_price=1)

    page = client_of(fin).get(URL, {"prompt": "300000"}).text

    last = rows(page)[-1]
    assert "grok-build-0.1" in last
    assert "not possible" in last
    assert "does not fit into the context of 256,000" in last
    assert "the cheapest of 3 that can do the job" in page
    assert "cheapest" in rows(page)[0]


def test_where_no_model_can_do_the_job_there_is_no_winner(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    for name in ("small", "other"):
        stored_price(stored_model(name, context_length=1_000), team)

    page = client_of(fin).get(URL, {"prompt": "300000"}).text

    assert "None of the 2 can do the job; the table says why." in page
    assert "cheapest" not in page


def test_a_winner_of_unknown_context_says_so(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    stored_price(stored_model("vague", context_length=None), team)

    page = client_of(sam).get(URL, JOB).text

    assert "whether the request fits into its context is unknown" in page


def test_the_print_view_has_the_whole_job_and_every_working(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    page = client_of(sam).get(URL, {**JOB, "cached": "40", "show": "print"}).text

    assert '<details class="disclose" open>' in page
    assert "200,000 a day, 1 day a month" in page
    assert "180 output x 25,000" in page
    assert "180 output x 77,000" in page
    assert "data-print hidden" in page
    assert f"Made {timezone.now():%-d %b %Y}" in page
    assert 'name="prompt"' not in page


def test_the_print_view_names_the_scenario_and_ages_nothing(
    client_of: ClientOf, fin: User, told: list[PriceVersion]
) -> None:
    mine = Scenario.objects.create(owner=fin, name="Search bot", inputs={})
    job = {**DESIGN, "show": "print", "scenario": str(mine.pk)}

    page = client_of(fin).get(URL, job).text
    sheet = page.split('<section class="sheet"')[1].split("</section>")[0]

    assert "Cost estimate: Search bot" in page
    assert "with the prices all teams are told." in page
    assert "<time" not in sheet
    assert f"Prices seen {told[0].last_seen_at:%-d %b %Y, %H:%M} UTC" in sheet


def test_says_how_shares_and_the_range_are_rounded(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    job = {**DESIGN, "prompt": "1237", "cached": "35"}

    page = client_of(sam).get(URL, job).text

    assert "432 cached x 2,000" in page  # of 432.95
    assert "A share of cached tokens is rounded down to whole tokens." in page
    assert "so a range is never too narrow" in page


def test_a_scenario_of_somebody_else_is_not_named(
    client_of: ClientOf, sam: User, fin: User, told: list[PriceVersion]
) -> None:
    other = Scenario.objects.create(owner=fin, name="Secret plan", inputs={})
    job = {**DESIGN, "scenario": str(other.pk)}
    browser = client_of(sam)

    assert "Secret plan" not in browser.get(URL, job).text
    assert "Secret plan" not in browser.get(URL, {**job, "show": "print"}).text


@pytest.mark.parametrize(
    ("who", "words"), [("sam", "your teams"), ("fin", "all teams")]
)
def test_says_whose_prices_they_are(
    client_of: ClientOf,
    told: list[PriceVersion],
    who: str,
    words: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert f"at the prices {words} are told now" in browser.get(URL).text


def test_the_print_view_of_a_wrong_job_is_the_form(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    page = client_of(sam).get(URL, {"days": "0", "show": "print"}).text

    assert "Write a number from 1 to 366." in page


def test_files_hold_the_lines_with_ticks_and_dollars(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    browser = client_of(sam)

    as_csv = browser.get(URL, {**DESIGN, "format": "csv"})
    as_json = browser.get(URL, {**DESIGN, "format": "json"})

    (line,) = csv.DictReader(io.StringIO(as_csv.getvalue().decode()))
    (record,) = json.loads(as_json.getvalue())
    assert tuple(line) == tuple(record) == EXPORT_FIELDS
    assert (line["per_month_ticks"], line["per_month_usd"]) == (
        "4884000000000",
        "488.40",
    )
    assert record["per_month_ticks"] == 4_884_000_000_000
    assert "estimate.csv" in as_csv.headers["Content-Disposition"]


def test_files_hold_no_price_of_other_teams(
    client_of: ClientOf, mia: User, told: list[PriceVersion]
) -> None:
    answer = client_of(mia).get(URL, {**JOB, "format": "json"})

    (record,) = json.loads(answer.getvalue())
    assert record["output_price_ticks"] == 99_000
    assert (record["teams_named_where_differing"], record["team_count"]) == ([], 1)


def test_a_wrong_job_is_no_file(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    answer = client_of(sam).get(URL, {"days": "0", "format": "csv"})

    assert "Content-Disposition" not in answer.headers
    assert not Entry.objects.exists()


def test_an_export_is_recorded_or_does_not_happen(
    client_of: ClientOf, sam: User, told: list[PriceVersion], settings: Any
) -> None:
    browser = client_of(sam)
    browser.get(URL, {**DESIGN, "format": "csv"}).getvalue()
    entry = Entry.objects.get(action="export.estimate")
    settings.KEK_FILE = settings.KEK_FILE.parent / "gone"
    vault.forget()

    refused = browser.get(URL, {**DESIGN, "format": "csv"})

    assert entry.detail == {"format": "csv", "lines": 1}
    assert (refused.status_code, refused.headers["Location"][:19]) == (303, f"{URL}?m")


def test_the_price_page_leads_here(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    page = client_of(sam).get("/models/").text

    assert f'href="{URL}" data-estimate-link' in page
