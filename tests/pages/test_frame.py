"""What stands around every page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.alerts import incidents
from console.keys.models import KeyState
from console.pages import frame
from tests.pages.keys_of import stored
from tests.people import ClientOf


def titles(person: User, path: str = "/") -> list[str]:
    groups = frame.rail(person, path, frame.facts_for(person))
    return [item.title for group in groups for item in group.items]


@pytest.mark.parametrize("who", ["ada", "olga"])
def test_overseers_find_the_status_page(
    who: str, request: pytest.FixtureRequest, settings: Settings
) -> None:
    settings.TRYOUT = False

    assert titles(request.getfixturevalue(who)) == [
        *("Overview", "Inventory", "Access matrix", "Changes", "Findings"),
        *("Prices", "Usage", "Calls", "Budgets"),
        *("Chat", "Messages", "History", "Twin", "Tokenize", "Legacy", "Explore"),
        "Audit log",
        *("Incidents", "Alerts", "Status"),
    ]


@pytest.mark.parametrize("who", ["fin", "sam"])
def test_others_do_not(
    who: str, request: pytest.FixtureRequest, settings: Settings
) -> None:
    settings.TRYOUT = False

    assert "Status" not in titles(request.getfixturevalue(who))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Overview"),
        ("/keys/", "Inventory"),
        ("/keys/add/", "Inventory"),
        ("/keys/findings/", "Findings"),
        ("/keys/findings/7/accept/", "Findings"),
        ("/keys/changes/", "Changes"),
        ("/keys/changes/7/confirm/", "Changes"),
        ("/keys/access/", "Access matrix"),
        ("/keys/access/compare/", "Access matrix"),
        ("/models/", "Prices"),
        ("/usage/calls/", "Calls"),
        ("/incidents/", "Incidents"),
        ("/alerts/add/", "Alerts"),
        ("/playground/messages/", "Messages"),
        ("/playground/twin/", "Twin"),
    ],
)
def test_one_address_is_the_current_one(path: str, title: str, ada: User) -> None:
    groups = frame.rail(ada, path, frame.facts_for(ada))

    current = [item.title for group in groups for item in group.items if item.current]
    assert current == [title]


def test_a_path_below_no_address_has_no_current_one() -> None:
    assert frame.current("/nowhere/") is None


def test_counts_the_changes_that_wait_and_says_nothing_of_none(
    ada: User, sam: User, mia: User, team: Team, other_team: Team
) -> None:
    def waiting(person: User) -> int | None:
        groups = frame.rail(person, "/", frame.facts_for(person))
        return next(
            item.count
            for group in groups
            for item in group.items
            if item.title == "Changes"
        )

    assert waiting(ada) is None

    stored(team, "ours", outside_changes=2)
    stored(other_team, "theirs", outside_changes=1)

    assert (waiting(ada), waiting(sam), waiting(mia)) == (3, 2, 1)


def test_counts_the_keys_one_sees_and_the_open_incidents(
    ada: User, mia: User, team: Team
) -> None:
    stored(team, "fine")
    stored(team, "blocked", KeyState.KEY_BLOCKED)
    stored(team, "switched off", KeyState.DISABLED)
    stored(team, "new", KeyState.UNKNOWN)

    incidents.sweep()

    seen = frame.facts_for(ada)

    assert (seen.keys, seen.incidents, seen.high_findings) == (4, 2, 0)
    assert seen.keys_checked_at is not None
    assert seen.prices_read_at is None
    elsewhere = frame.facts_for(mia)
    assert (elsewhere.keys, elsewhere.incidents) == (0, 0)
    assert elsewhere.keys_checked_at is None


def test_counts_the_open_findings_of_high_severity(
    ada: User, mia: User, team: Team
) -> None:
    stored(team, "two high, one medium", finding_weight=20_100)
    stored(team, "one high", finding_weight=10_000)
    stored(team, "only lesser ones", finding_weight=9_999)

    groups = frame.rail(ada, "/", frame.facts_for(ada))

    alerts = {item.title: item.alert for group in groups for item in group.items}
    assert alerts["Findings"] == 3
    assert frame.facts_for(mia).high_findings == 0


def test_the_rail_is_written_anew_when_anything_in_it_differs(
    client_of: ClientOf, ada: User, sam: User, team: Team, settings: Settings
) -> None:
    settings.TRYOUT = False

    def written(person: User, path: str = "/") -> str:
        page = client_of(person).get(path).text
        return page.split('<div class="nav">')[1].split("rail-foot")[0]

    stored(team, "one")
    before = [written(ada) for _ in range(2)]
    stored(team, "another", outside_changes=7, finding_weight=50_000)
    after = [written(ada), written(ada, "/keys/"), written(sam)]

    assert before[0] == before[1]
    assert len({*before, *after}) == 4
    assert '<span class="count">7</span>' in after[0]
    assert [">Status</a>" in one for one in after] == [True, True, False]


def test_costs_five_queries(
    ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    vault.state()  # remembered for some seconds
    request = RequestFactory().get("/")
    request.user = ada

    with django_assert_num_queries(5):
        shown = frame.frame(request)
        assert [group.title for group in shown["nav"]]
        assert shown["poller"].alive is False
        assert shown["seal"].is_open
        assert shown["facts"].keys == 0


def test_costs_nothing_where_it_is_not_shown() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    frame.frame(request)  # without the `db` fixture a query would raise


def test_shows_a_stranger_nothing() -> None:
    shown = frame.frame(RequestFactory().get("/"))

    assert shown["nav"] == []
    assert shown["facts"].keys == 0
    assert not any(ok for name, ok in shown["may"].items() if name != "public")


def test_every_page_says_when_its_data_is_made_up(
    client_of: ClientOf, ada: User, settings: Settings
) -> None:
    browser = client_of(ada)
    settings.TRYOUT = False
    assert "This is sample data" not in browser.get("/").text

    settings.TRYOUT = True

    assert "This is sample data" in browser.get("/").text


def test_a_page_has_what_a_screen_reader_needs(client_of: ClientOf, ada: User) -> None:
    page = client_of(ada).get("/").text

    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1
    assert 'class="skip" href="#main"' in page
    assert '<main class="page" id="main"' in page
    assert 'aria-label="Main"' in page
    assert page.count('aria-current="page"') == 1


def test_htmx_sends_the_csrf_token_and_evaluates_nothing(
    client_of: ClientOf, ada: User
) -> None:
    page = client_of(ada).get("/").text

    assert 'hx-headers=\'{"X-CSRFToken":' in page
    assert '"allowEval":false' in page
    assert '"historyCacheSize":0' in page


def test_the_browser_is_told_the_policy(client_of: ClientOf, ada: User) -> None:
    headers = client_of(ada).get("/").headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_signing_out_is_a_form_of_every_page(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)
    assert 'method="post" action="/account/logout/"' in browser.get("/").text

    browser.post("/account/logout/")

    assert browser.get("/").status_code == 302


def test_a_message_is_shown_once(
    client: Client, client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)

    told = browser.post("/audit/verify/", follow=True).text

    assert "data-toast-close" in told
    assert "data-toast-close" not in browser.get("/").text
