"""The overview, as people see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console import vault
from console.accounts.models import Team, User
from console.alerts import incidents
from console.alerts.models import Incident
from console.catalog.models import CatalogChange
from console.keys.models import ApiKey, KeyChange, KeyState, Origin, Review, XaiUser
from console.polling import life
from console.usage.models import Endpoint
from console.usage.rollup import roll_up
from tests.alerts.conftest import look_at, turn
from tests.finance.told import call, changed, effect, stored_calls
from tests.keys.looks import BLOCKED, RENAMED, SOMEBODY, WIDENED, look
from tests.keys.stored import stored_model
from tests.pages.keys_of import stored
from tests.people import ClientOf

URL = "/"
LISTED = "?state="


def test_says_how_many_keys_can_be_used(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    for number in range(3):
        stored(team, f"search-{number}")
    stored(team, "search-ci", KeyState.REJECTED)

    page = client_of(ada).get(URL).text

    assert "3 of 4 keys can be used." in page
    assert f'href="/keys/{LISTED}rejected">1 is rejected</a>.' in page
    assert "3 of 4 usable" in page


def test_says_so_when_all_is_well(client_of: ClientOf, ada: User, team: Team) -> None:
    stored(team, "search-1")
    stored(team, "search-2")

    page = client_of(ada).get(URL).text

    assert "All 2 keys can be used." in page
    assert "nothing is open" in page


def test_a_blocked_team_is_one_cause_whatever_the_number_of_its_keys(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    for number in range(3):
        stored(team, f"search-{number}", KeyState.TEAM_BLOCKED)
    incidents.sweep()

    page = client_of(ada).get(URL).text

    assert page.count("xAI has blocked the team Search") == 3  # sentence, list, button
    assert "which stops 3 keys." in page
    assert "1 open, worst first" in page


def test_a_good_answer_that_is_too_old_is_not_called_usable(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored(team, "search-old", age=6 * 300 + 60)

    page = client_of(ada).get(URL).text

    assert "0 of 1 keys can be used." in page
    assert "1 is not verified" in page
    assert 'data-state="stale"' in page
    assert 'data-state="ok"' not in page


def test_lists_what_changed_with_before_and_after(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    key = stored(team, "search-prod")
    now = timezone.now()
    KeyChange.objects.create(
        key=key,
        team=key.team,
        origin=Origin.OUTSIDE,
        field="name",
        before="old name",
        after="new name",
        gap_from=now - timedelta(hours=30),
        gap_until=now - timedelta(hours=29),
        modified_by="3d38b4dc",
    )

    page = client_of(ada).get(URL).text

    assert "<del>old name</del>" in page
    assert "<ins>new name</ins>" in page
    assert "outside Gatehouse" in page
    assert "1 day ago" in page


def test_names_who_changed_a_key_and_what_was_said_of_it(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    key = stored(team, "search-prod")
    look(key, {**RENAMED, **WIDENED}, at=timezone.now() - timedelta(days=2))
    look(key, BLOCKED, at=timezone.now() - timedelta(days=3), modified_by="")
    look(
        key, {"state": ("active", "rejected")}, origin=Origin.OBSERVED,
        review=Review.NONE, at=timezone.now() - timedelta(days=4),
    )  # fmt: skip
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines Okafor")

    page = client_of(ada).get(URL).text
    section = page[page.index("Changed in the last 14 days") :]

    assert section.count("<tr data-row") == 3  # one for each look
    assert "Access widened to all models" in section
    assert "and 1 more" in section
    assert "Ines Okafor" in section
    assert "waits for a review" in section
    assert re.search(r'data-label="By">\s*xAI\s*</td>', section)
    assert "found by checks" in section
    assert 'href="/keys/changes/"' in section


def test_an_outside_change_shows_which_rights_came_and_went(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    look_at(stored(team, "search-prod"))
    incidents.sweep()

    page = client_of(ada).get(URL).text

    assert "The rights of search-prod changed outside Gatehouse" in page
    assert "Outside change" in page
    assert "<ins><code>api-key:model:*</code></ins>" in page
    assert "<del><code>api-key:model:grok-4.3</code></del>" in page


def test_leads_to_what_was_closed_this_week(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    turn(stored(team, "search-prod", KeyState.REJECTED), KeyState.REJECTED)
    turn(ApiKey.objects.get(), KeyState.ACTIVE)

    page = client_of(ada).get(URL).text

    assert 'href="/incidents/?show=week">Closed this week (1)</a>' in page


@pytest.mark.parametrize(("who", "offered"), [("ada", True), ("sam", False)])
def test_offers_to_acknowledge_and_to_replace_to_an_admin(
    client_of: ClientOf,
    team: Team,
    who: str,
    offered: bool,
    request: pytest.FixtureRequest,
) -> None:
    key = stored(team, "search-ci", KeyState.REJECTED)
    incidents.sweep()

    page = client_of(request.getfixturevalue(who)).get(URL).text

    assert "xAI does not accept search-ci" in page
    assert (f'action="/incidents/{Incident.objects.get().pk}/ackn' in page) is offered
    assert (f'href="/keys/{key.pk}/replace/"' in page) is offered


def test_hides_the_keys_of_other_teams(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    key = stored(team, "search-prod", KeyState.KEY_BLOCKED)
    incidents.sweep()
    KeyChange.objects.create(
        key=key,
        team=team,
        field="name",
        before="a",
        after="b",
        gap_until=timezone.now(),
        origin=Origin.OUTSIDE,
    )

    page = client_of(mia).get(URL).text

    assert "search-prod" not in page
    assert "<h2>Search" not in page
    assert "No key is stored yet." in page


def test_an_empty_console_tells_an_admin_what_to_do(
    client_of: ClientOf, ada: User
) -> None:
    assert "Add your first key" in client_of(ada).get(URL).text


@pytest.mark.parametrize("who", ["olga", "fin", "sam"])
def test_an_empty_console_offers_nobody_else_a_button(
    client_of: ClientOf, who: str, request: pytest.FixtureRequest
) -> None:
    page = client_of(request.getfixturevalue(who)).get(URL).text

    assert "No key is stored yet." in page
    assert "Add your first key" not in page


@pytest.mark.parametrize(
    ("who", "offered"), [("ada", True), ("olga", True), ("fin", False), ("sam", False)]
)
def test_offers_a_check_to_those_who_may(
    client_of: ClientOf,
    team: Team,
    who: str,
    offered: bool,
    request: pytest.FixtureRequest,
) -> None:
    stored(team, "search-ci", KeyState.UNREACHABLE)
    incidents.sweep()

    page = client_of(request.getfixturevalue(who)).get(URL).text

    assert ("data-check-now" in page) is offered


def test_large_teams_have_figures_instead_of_lamps(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    for number in range(61):
        stored(team, f"search-{number}")

    page = client_of(ada).get(URL).text

    assert "61 of 61 usable" in page
    assert 'class="lamp"' not in page


def test_answers_htmx_with_the_part_alone(client_of: ClientOf, ada: User) -> None:
    part = client_of(ada).get(URL, headers={"HX-Request": "true"}).text

    assert part.lstrip().startswith('<div id="overview"')
    assert "<html" not in part


def test_tells_when_the_poller_is_silent(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)
    assert "The poller is silent" in browser.get(URL).text

    life.beat(life.WORKER)

    assert "The poller is silent" not in browser.get(URL).text
    assert "Poller running" in browser.get(URL).text


def test_escapes_what_people_and_xai_wrote(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored(team, "<script>alert(1)</script>", KeyState.KEY_BLOCKED, owner="<b>x</b>")
    incidents.sweep()

    page = client_of(ada).get(URL).text

    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_sends_strangers_to_sign_in(client: Client) -> None:
    answer = client.get(URL)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


def test_refuses_other_methods(client_of: ClientOf, ada: User) -> None:
    assert client_of(ada).post(URL).status_code == 405


@pytest.mark.parametrize("number", [1, 50])
def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    client_of: ClientOf,
    ada: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        key = stored(team, f"search-{n}", KeyState.KEY_BLOCKED)
        KeyChange.objects.create(
            key=key,
            team=team,
            field="name",
            before="a",
            after="b",
            gap_until=timezone.now(),
            origin=Origin.OUTSIDE,
        )
    incidents.sweep()
    browser = client_of(ada)
    vault.state()  # remembered for some seconds
    roll_up()

    with django_assert_num_queries(17):
        browser.get(URL)


def test_those_who_review_prices_see_the_newest_that_changed(
    client_of: ClientOf, fin: User, sam: User, olga: User, team: Team
) -> None:
    stored(team, "search", KeyState.ACTIVE)
    model, today = stored_model(), timezone.now()
    for days in (1, 2, 3, 4, 20):
        change = changed(model, team)
        at = today - timedelta(days=days)
        CatalogChange.objects.filter(pk=change.pk).update(first_seen_at=at)
        effect(change, team, days * 10**10)
    changed(model, team, kind="listed", before=None, after=None)

    page = client_of(fin).get(URL).text

    card = page.split('aria-labelledby="prices-title"')[1].split("</section>")[0]
    assert re.findall(r"\+\$(\d)\.00 per month", card) == ["1", "2", "3"]
    assert f"/models/{model.pk}/" in card
    assert "/models/changes/?kind=price" in card
    for other in (sam, olga):
        assert "prices-title" not in client_of(other).get(URL).text


def test_without_a_changed_price_the_card_says_so(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored(team, "search", KeyState.ACTIVE)

    assert "No price that your teams are told changed" in client_of(fin).get(URL).text


def test_asks_the_same_number_of_queries_for_any_number_of_changed_prices(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored(team, "search", KeyState.ACTIVE)
    browser, asked = client_of(fin), []
    for number in (1, 9):
        for n in range(number):
            change = changed(stored_model(f"grok-{number}-{n}"), team, odd=True)
            CatalogChange.objects.update(first_seen_at=timezone.now())
            effect(change, team, 5)
        vault.state()
        with CaptureQueriesContext(connection) as queries:
            browser.get(URL)
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 23


def test_tells_the_spend_of_the_month_of_the_calls_one_may_see(
    client_of: ClientOf, ada: User, sam: User, fin: User, team: Team
) -> None:
    key = stored(team, "search", KeyState.ACTIVE)
    now = timezone.now()
    counted = {"endpoint": Endpoint.TOKENIZE}
    stored_calls(
        [
            call(ada, key, now, 3 * 10**10),
            call(sam, key, now, 2 * 10**10),
            call(sam, key, now, None),
            call(sam, key, now, None, **counted),
            call(ada, key, now - timedelta(days=40), 10**12),
        ]
    )

    all_of_it, own = client_of(fin).get(URL).text, client_of(sam).get(URL).text

    assert 'href="/usage/">$5.00 in 3 calls</a>' in all_of_it
    assert 'href="/usage/mine/">$2.00 in 2 calls</a>' in own
    assert "1 call of unknown cost is not in it" in own


def test_says_nothing_of_spend_before_anything_is_added_up(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored(team, "search", KeyState.ACTIVE)

    assert "Spend in" not in client_of(ada).get(URL).text
