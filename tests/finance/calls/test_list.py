"""The list of single calls."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.finance.calls.choices import MOST, choices
from console.finance.calls.filters import filters_of
from console.finance.calls.listing import Figures, Listing, listing
from console.keys.models import ApiKey
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from console.usage.zones import keep_zone, zone_of
from tests.finance.calls.booked import TICKS, TOKENS, booked, whole
from tests.keys.stored import stored_key, stored_model
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

URL = "/usage/calls/"
PART = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def shown(text: str) -> list[str]:
    """Return the ids of the rows."""
    return re.findall(r'<tr data-row id="call-([0-9a-f-]+)"', text)


def in_words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def ids(*calls: UsageRecord) -> list[str]:
    return [str(call.id) for call in calls]


def ask(browser: Client, **values: str) -> str:
    return str(browser.get(URL, values).text)


def listed(user: User, **values: str) -> Listing:
    now = timezone.now()
    return listing(user, filters_of(values, zone=zone_of(user), now=now))


def known(found: Listing) -> Figures:
    assert found.figures is not None
    return found.figures


def test_times_are_of_the_zone_that_stands_above_them(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    keep_zone(user=fin, name="Asia/Kathmandu")
    began = timezone.now().replace(microsecond=0) - MINUTE
    (one,) = booked(whole(sam, api_key, began))
    there = began.astimezone(ZoneInfo("Asia/Kathmandu"))
    browser = client_of(fin)

    listed = ask(browser)
    alone = str(browser.get(f"{URL}{one.id}/").text)

    assert "Began, Asia/Kathmandu" in listed
    assert f"{there.day} {there:%b, %H:%M:%S}</time>" in listed
    assert f"{there.day} {there:%b, %H:%M:%S}</time>" in alone
    assert f"at {there:%H:%M:%S}</h1>" in alone
    assert f"{there.day} {there:%B %Y} in Asia/Kathmandu" in alone


@pytest.mark.parametrize(
    ("told", "in_the_list", "alone"),
    [
        pytest.param(0, ["0 0", "0 0"], ["0"] * 5, id="told"),
        pytest.param(None, ["not told", "not told"], ["not told"] * 5, id="not told"),
    ],
)
def test_a_told_0_is_no_unknown(
    client_of: ClientOf,
    fin: User,
    sam: User,
    api_key: ApiKey,
    told: int | None,
    in_the_list: list[str],
    alone: list[str],
) -> None:
    tokens = dict.fromkeys(TOKENS, told)
    (one,) = booked(whole(sam, api_key, timezone.now() - MINUTE, **tokens))
    browser = client_of(fin)

    table, page = ask(browser), str(browser.get(f"{URL}{one.id}/").text)

    cells = re.findall(r'<td class="num p2"[^>]*>(.*?)</td>', table, re.S)
    assert [in_words(one) for one in cells] == in_the_list
    (part,) = re.findall(r'<h2 id="h-tokens">.*?</dl>', page, re.S)
    assert [in_words(one) for one in re.findall(r"<dd>(.*?)</dd>", part, re.S)] == alone


def test_shows_each_call_with_its_tokens_and_its_cost(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    (one,) = booked(whole(sam, api_key, now - MINUTE, settled_at=now))

    text = ask(client_of(fin))

    assert shown(text) == ids(one)
    for part in ("Sam", "search-prod", "Search", "grok-4.3", "/v1/chat/completions"):
        assert part in text
    assert "$0.000412" in text
    assert 'title="4,121,500 ticks"' in text
    assert 'data-src="confirmed"' in text
    assert "after 60.0 s" in text


def test_the_newest_comes_first_and_pages_follow_ids(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    calls = booked(*(whole(sam, api_key, now - n * MINUTE) for n in range(1, 61)))
    browser = client_of(fin)

    first = ask(browser, size="25")
    after = re.findall(r'id="page-after" rel="next" href="([^"]+)"', first)
    second = browser.get(URL + after[0].replace("&amp;", "&")).text
    before = re.findall(r'id="page-before" rel="prev" href="([^"]+)"', second)

    assert shown(first) == ids(*calls[:25])
    assert shown(second) == ids(*calls[25:50])
    assert shown(browser.get(URL + before[0].replace("&amp;", "&")).text) == shown(
        first
    )


def test_a_call_that_begins_meanwhile_moves_no_page(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    calls = booked(*(whole(sam, api_key, now - n * MINUTE) for n in range(1, 41)))
    browser = client_of(fin)
    after = re.findall(r'rel="next" href="([^"]+)"', ask(browser, size="25"))[0]

    booked(whole(sam, api_key, now))

    text = browser.get(URL + after.replace("&amp;", "&")).text
    assert shown(text) == ids(*calls[25:])


def test_staff_see_their_own_calls_alone(
    client_of: ClientOf, ada: User, sam: User, mia: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    _, own = booked(whole(ada, api_key, now), whole(sam, api_key, now - MINUTE))

    text = ask(client_of(sam))

    assert shown(text) == ids(own)
    assert "Ada" not in text.split('id="calls"')[1]
    assert 'name="person"' not in text
    assert shown(ask(client_of(sam), person=str(ada.pk))) == []
    assert shown(ask(client_of(mia))) == []
    assert known(listed(sam)).calls == 1


@pytest.mark.parametrize("who", ["fin", "olga", "ada"])
def test_finance_auditors_and_admins_see_all(
    request: pytest.FixtureRequest, sam: User, api_key: ApiKey, who: str
) -> None:
    booked(whole(sam, api_key, timezone.now()))

    assert len(listed(request.getfixturevalue(who)).rows) == 1


def test_strangers_are_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(URL).status_code == 302


def test_takes_no_post(client_of: ClientOf, fin: User) -> None:
    assert client_of(fin).post(URL).status_code == 405


def test_answers_htmx_with_the_calls_and_their_export_links(
    client_of: ClientOf, fin: User
) -> None:
    part = client_of(fin).get(URL, {"source": "unknown"}, headers=PART)

    assert part.text.lstrip().startswith('<section class="stack-3" id="calls"')
    assert "<html" not in part.text
    assert 'hx-swap-oob="true"' in part.text
    assert "format=focus" in part.text


def cases(
    sam: User, ada: User, key: ApiKey, other_key: ApiKey
) -> dict[str, UsageRecord]:
    """Return calls that each differ from `usual` in one thing."""
    now = timezone.now()
    unlike: dict[str, dict[str, Any]] = {
        "usual": {},
        "by ada": {"person": ada},
        "other key": {"key": other_key},
        "other model": {"model": stored_model("grok-5")},
        "messages": {"endpoint": Endpoint.MESSAGES},
        "unknown": {"ticks": None, "source": CostSource.UNKNOWN}
        | dict.fromkeys(("reported_ticks", "computed_ticks")),
        "cut": {"outcome": Outcome.CUT},
        "open": {"ticks": None, "state": RecordState.OPEN, "source": ""}
        | {"outcome": "", "settled_at": None},
        "differs": {"computed_ticks": TICKS - 7},
        "not ours": {"computed_ticks": None},
    }
    grok = stored_model()
    return {
        name: whole(
            more.pop("person", sam),
            more.pop("key", key),
            now - n * MINUTE,
            **{"model": grok, **more},
        )
        for n, (name, more) in enumerate(unlike.items())
    }


def test_every_filter_keeps_what_is_asked_for(
    fin: User, sam: User, ada: User, api_key: ApiKey, other_team: Team
) -> None:
    other_key = stored_key(other_team, "else")
    made = cases(sam, ada, api_key, other_key)
    booked(*made.values())
    asked = {
        "team": (str(other_team.pk), {"other key"}),
        "key": (str(other_key.pk), {"other key"}),
        "person": (str(ada.pk), {"by ada"}),
        "model": ("grok-5", {"other model"}),
        "endpoint": ("messages", {"messages"}),
        "source": ("unknown", {"unknown"}),
        "outcome": ("cut", {"cut"}),
        "state": ("open", {"open"}),
        "differs": ("1", {"differs"}),
    }

    found = {
        name: {
            one
            for one, call in made.items()
            if call.id in {row.id for row in listed(fin, **{name: value}).rows}
        }
        for name, (value, _) in asked.items()
    }

    assert found == {name: expected for name, (_, expected) in asked.items()}
    by_row = listed(fin, model=str(made["other model"].model_id))
    assert [row.id for row in by_row.rows] == [made["other model"].id]


def test_only_the_days_asked_for_are_shown(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    day = timedelta(days=1)
    today, _, older = booked(
        whole(sam, api_key, now),
        whole(sam, api_key, now - 2 * day),
        whole(sam, api_key, now - 40 * day),
    )

    chosen = str((now - 40 * day).date())
    asked = listed(fin, **{"from": chosen, "to": chosen})

    assert [row.id for row in asked.rows] == [older.id]
    assert next(row.id for row in listed(fin).rows) == today.id
    assert len(listed(fin).rows) == 2


def test_the_figures_are_those_of_the_calls_that_match(
    fin: User, sam: User, ada: User, api_key: ApiKey, other_team: Team
) -> None:
    made = cases(sam, ada, api_key, stored_key(other_team, "else"))
    counting = whole(
        sam, api_key, timezone.now(), endpoint=Endpoint.TOKENIZE, ticks=None
    )
    counting.source = CostSource.UNKNOWN
    counting.reported_ticks = counting.computed_ticks = None
    booked(*made.values(), counting)

    found = listed(fin)

    assert known(found) == Figures(
        calls=9, unknown_calls=1, differing_calls=1, count_calls=1, ticks=8 * TICKS
    )
    assert found.in_flight == 1
    rows = [row for row in found.rows if row.ticks is not None]
    assert sum(row.ticks or 0 for row in rows) == known(found).ticks
    assert known(listed(fin, person=str(ada.pk))).ticks == TICKS
    assert known(listed(fin, model="grok-5")).calls == 1


@pytest.mark.parametrize("days", [0, 20, 45, 99, 100, 101, 200, 430])
def test_the_figures_of_any_range_are_those_of_its_calls(
    fin: User, sam: User, api_key: ApiKey, days: int
) -> None:
    now = timezone.now()
    booked(*(whole(sam, api_key, now - n * 5 * DAY, ticks=2**n) for n in range(60)))
    since = now.date() - days * DAY

    found = known(listed(fin, **{"from": str(since), "to": str(now.date())}))

    inside = [n for n in range(60) if (now - n * 5 * DAY).date() >= since]
    assert (found.calls, found.ticks) == (len(inside), sum(2**n for n in inside))


def test_a_cost_that_is_known_of_no_call_is_not_zero(
    client_of: ClientOf, fin: User, sam: User, ada: User, api_key: ApiKey
) -> None:
    booked(*cases(sam, ada, api_key, api_key).values())

    assert known(listed(fin, source="unknown")).ticks is None
    assert ">$0.00<" not in ask(client_of(fin), source="unknown")


@pytest.mark.parametrize(
    "values",
    [
        {"state": "open"},
        {"state": "released"},
        {"differs": "1"},
    ],
)
def test_there_are_no_figures_where_sums_cannot_tell(
    fin: User, sam: User, api_key: ApiKey, values: dict[str, str]
) -> None:
    booked(whole(sam, api_key, timezone.now()))

    assert listed(fin, **values).figures is None


def test_there_are_no_figures_before_the_first_sums(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    whole(sam, api_key, timezone.now()).save(force_insert=True)

    assert listed(fin).figures is None


def test_offers_what_made_calls_and_marks_what_is_chosen(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey, team: Team
) -> None:
    stored_key(team, "never-used")
    booked(whole(sam, api_key, timezone.now(), model=stored_model()))

    text = ask(client_of(fin), key=str(api_key.pk), model="grok-4.3")

    assert f'<option value="{api_key.pk}" selected>search-prod</option>' in text
    assert "never-used" not in text
    assert re.search(r'<option value="[0-9a-f-]+" selected>grok-4.3</option>', text)
    assert f'<option value="{sam.pk}">Sam</option>' in text


def offered(user: User, **values: str) -> dict[str, list[str]]:
    """Return the names that each list of the filters offers."""
    asked = filters_of(values, zone=zone_of(user), now=timezone.now())
    found = choices(user, asked)
    return {
        kind: [name for _, name in getattr(found, kind)]
        for kind in ("teams", "models", "keys", "people")
    }


def test_staff_are_offered_what_they_called_alone(
    sam: User, ada: User, mia: User, api_key: ApiKey, other_team: Team
) -> None:
    now = timezone.now()
    other_key = stored_key(other_team, "else")
    booked(
        whole(sam, api_key, now, model=stored_model()),
        whole(ada, other_key, now, model=stored_model("grok-5")),
    )

    assert offered(sam) == {
        "teams": [api_key.team.name],
        "models": ["grok-4.3"],
        "keys": ["search-prod"],
        "people": [],
    }
    assert not any(offered(mia).values())
    chosen = offered(sam, team=str(other_team.pk), key=str(other_key.pk))
    assert "else" not in chosen["keys"]
    assert other_team.name not in chosen["teams"]


def test_keys_and_people_are_those_of_the_chosen_team(
    fin: User, sam: User, ada: User, api_key: ApiKey, other_team: Team
) -> None:
    now = timezone.now()
    booked(whole(sam, api_key, now), whole(ada, stored_key(other_team, "else"), now))

    everywhere = offered(fin)
    there = offered(fin, team=str(other_team.pk))

    assert everywhere["keys"] == ["else", "search-prod"]
    assert everywhere["people"] == ["Ada", "Sam"]
    assert (there["keys"], there["people"]) == (["else"], ["Ada"])
    assert there["teams"] == everywhere["teams"]


def test_who_only_has_a_call_in_flight_can_be_asked_for(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    call = whole(sam, api_key, now, ticks=None, state=RecordState.OPEN, source="")
    call.outcome, call.settled_at = "", None
    booked(call)

    assert offered(fin)["people"] == ["Sam"]
    assert offered(fin)["keys"] == ["search-prod"]


def test_no_list_adds_up_and_the_figures_ask_for_their_zone_by_its_id(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    booked(whole(sam, api_key, timezone.now()))
    browser = client_of(fin)

    with CaptureQueriesContext(connection) as asked:
        browser.get(URL)

    sums = [one["sql"] for one in asked if 'FROM "usage_usage' in one["sql"]]
    added = [sql for sql in sums if '"usage_usagerecord"' not in sql]
    assert len(added) == 1
    assert "usage_reportingzone" not in added[0]


def test_what_is_chosen_is_offered_however_many_there_are(
    fin: User, sam: User, team: Team
) -> None:
    now = timezone.now()
    keys = [stored_key(team, f"key-{n:03}") for n in range(MOST + 2)]
    booked(*(whole(sam, key, now) for key in keys))

    first, chosen = offered(fin)["keys"], offered(fin, key=str(keys[-1].pk))["keys"]

    assert first == [f"key-{n:03}" for n in range(MOST)]
    assert chosen == [*first[:-1], f"key-{MOST + 1:03}"]


def test_what_is_chosen_is_offered_though_it_has_no_calls(
    client_of: ClientOf, fin: User, api_key: ApiKey
) -> None:
    text = ask(client_of(fin), key=str(api_key.pk), model="grok-9")

    assert f'<option value="{api_key.pk}" selected>without calls</option>' in text
    assert '<option value="grok-9" selected>grok-9</option>' in text


def test_calls_of_a_model_that_no_key_was_told_can_be_asked_for(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    odd, _ = booked(
        whole(sam, api_key, timezone.now(), model_asked="grok-typo"),
        whole(sam, api_key, timezone.now() - MINUTE, model=stored_model()),
    )

    text = ask(client_of(fin), model="none")

    assert shown(text) == ids(odd)
    assert '<option value="none" selected>name not known</option>' in text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "No call in the last 30 days"),
        ({"from": "2026-01-01", "to": "2026-01-02"}, "No call on these days"),
        ({"source": "unknown"}, "No call matches"),
    ],
)
def test_an_empty_list_says_why(
    client_of: ClientOf, fin: User, values: dict[str, str], words: str
) -> None:
    assert words in ask(client_of(fin), **values)


@pytest.mark.parametrize("headers", [{}, PART], ids=["page", "part"])
def test_says_which_days_it_shows_when_those_asked_for_make_no_sense(
    client_of: ClientOf, fin: User, headers: dict[str, str]
) -> None:
    values = {"from": "2026-02-30", "to": "2026-03-01"}

    text = client_of(fin).get(URL, values, headers=headers).text

    assert "“2026-02-30” is no date, so it was left out" in text
    assert "These are calls from 31 January 2026 to 1 March 2026" in text
    assert text.count('aria-describedby="days-problem"') == (0 if headers else 1)
    marked = 'name="from" value="2026-01-31" aria-invalid="true"' in text
    assert marked is not bool(headers)
    assert "days-problem" not in ask(client_of(fin), **{"from": "2026-02-28"})


def test_names_from_outside_are_escaped(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    booked(whole(sam, api_key, timezone.now(), model_asked="<b>grok</b>\u202e"))

    text = ask(client_of(fin))

    assert "<b>grok" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("number", [1, 50])
def test_asks_the_same_number_of_queries_for_any_number_of_calls(
    client_of: ClientOf,
    fin: User,
    sam: User,
    api_key: ApiKey,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    booked(*(whole(sam, api_key, now - n * MINUTE) for n in range(number)))
    browser = client_of(fin)
    browser.get(URL)

    with django_assert_num_queries(12):
        browser.get(URL)
