"""The pages of sums, as each person sees them, and their files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.finance.usage.files import FIELDS
from console.keys.models import ApiKey
from console.usage.models import (
    CostSource,
    Endpoint,
    RecordState,
    ReportingZone,
    TouchedSlot,
    UsageRecord,
)
from console.usage.rollup import roll_up
from tests.finance.told import call, stored_calls
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON, ClientOf
from tests.usage.by_hand import entered

URL, MINE, ZONE = "/usage/", "/usage/mine/", "/usage/zone/"
PART = {"HX-Request": "true"}
DAY = timedelta(days=1)
USD = 10**10


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is noon on 20 June 2026, a Saturday."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    return NOON


def rows(text: str) -> list[str]:
    """Return the rows of the table in words."""
    found = re.findall(r"<tr id=\"[^\"]*\" data-row>(.*?)</tr>", text, re.S)
    return [words(one) for one in found]


def words(markup: str) -> str:
    """Return a part of a page in words; "-" stands for "none told"."""
    text = " ".join(re.sub(r"<[^>]*>", " ", markup).split())
    return text.replace("none told", "-")


@pytest.fixture
def two_teams(
    ada: User, sam: User, mia: User, team: Team, other_team: Team
) -> tuple[ApiKey, ApiKey]:
    """Calls of June and May, of both teams."""
    ours, theirs = stored_key(team, "ours"), stored_key(other_team, "theirs")
    model = stored_model()
    stored_calls(
        [
            call(ada, ours, NOON - 3 * DAY, 2 * USD, model=model, prompt_tokens=900),
            call(sam, ours, NOON - DAY, USD, model=model, completion_tokens=70),
            call(mia, theirs, NOON - DAY, 4 * USD),
            call(ada, ours, NOON - 33 * DAY, USD, model=model),
            call(ada, ours, NOON, None, model=model),
        ]
    )
    return ours, theirs


def test_shows_spend_by_day_with_the_sum_of_the_range(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    page = client_of(fin).get(URL).text

    assert rows(page) == [
        "Sat 20 Jun 2026 so far 1 - - - - unknown 0% 1 call unknown",
        "Fri 19 Jun 2026 2 - - 70 - $5.00 71% confirmed",
        "Wed 17 Jun 2026 1 900 - - - $2.00 29% confirmed",
    ]
    text = words(page)
    assert "Sum 4 900 - 70 - $7.00 100% equals the range" in text
    assert "600% more against 1 to 20 May, 12:00" in text
    assert "1 call not counted as $0" in text
    assert "All teams, 1 to 20 June 2026, so far; days in UTC" in text


def test_all_amounts_are_sums_in_cents_with_their_ticks_in_a_title(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey, now: datetime
) -> None:
    stored_calls([call(sam, api_key, NOON - n * DAY, USD // 3) for n in (0, 1)])

    page = client_of(fin).get(URL, {"by": "team"}).text

    assert {len(cents) for cents in re.findall(r"\$\d+\.(\d+)", page)} == {2}
    assert '<span title="6,666,666,666 ticks">$0.67</span>' in page
    assert 'title="6,666,666,666 ticks"><b>$0.67</b>' in page


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("team", [
            "Elsewhere 1 - - - - $4.00 57% new confirmed",
            "Search 3 900 - 70 - $3.00 43% 200% more 1 call unknown",
        ]),
        ("model", [
            "no known model asked for by a name xAI never told "
            "1 - - - - $4.00 57% new confirmed",
            "grok-4.3 3 900 - 70 - $3.00 43% 200% more 1 call unknown",
        ]),
        ("key", [
            "theirs Elsewhere 1 - - - - $4.00 57% new confirmed",
            "ours Search 3 900 - 70 - $3.00 43% 200% more 1 call unknown",
        ]),
        ("person", [
            "Mia 1 - - - - $4.00 57% new confirmed",
            "Ada 2 900 - - - $2.00 29% 100% more 1 call unknown",
            "Sam 1 - - 70 - $1.00 14% new confirmed",
        ]),
        ("endpoint", [
            "/v1/chat/completions 4 900 - 70 - $7.00 100% 600% more 1 call unknown",
        ]),
    ],
)  # fmt: skip
def test_splits_by_each_thing(
    client_of: ClientOf,
    fin: User,
    two_teams: tuple[ApiKey, ApiKey],
    by: str,
    found: list[str],
) -> None:
    page = client_of(fin).get(URL, {"by": by}).text

    assert rows(page) == found
    assert "equals the range" in page


def test_says_what_moved_the_bill_and_how_sure_it_is(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    key = stored_key(team)
    stored_calls(
        [
            *(call(fin, key, NOON - 32 * DAY, USD) for _ in range(2)),
            *(call(fin, key, NOON - DAY, USD) for _ in range(3)),
            call(fin, key, NOON - DAY, USD, source=CostSource.COMPUTED),
            call(fin, key, NOON - DAY, 5, reported_ticks=5, computed_ticks=6),
        ]
    )

    text = words(client_of(fin).get(URL, {"by": "key"}).text)

    assert "What moved the bill against 1 to 20 May search-prod" in text
    assert "150% more calls, 20% cheaper per call +$2.00" in text
    assert "Reported by xAI 75% · $3.00" in text
    assert "Computed by us 25% · $1.00" in text
    assert "xAI and we differ 1 call" in text


def test_says_how_much_was_entered_by_hand(
    client_of: ClientOf,
    file_of: Callable[..., list[dict[str, str]]],
    fin: User,
    ada: User,
    team: Team,
) -> None:
    key = stored_key(team)
    told = [call(fin, key, NOON - DAY, ticks) for ticks in (3 * USD, None, None)]
    _, unknown, _ = stored_calls(told)
    entered(unknown, USD, ada)
    roll_up()

    text = words(client_of(fin).get(URL).text)

    assert "Reported by xAI 75% · $3.00" in text
    assert "Entered by hand 25% · $1.00" in text
    assert "an admin has entered what 1 call cost" in text
    (row,) = file_of(fin, by="team")
    assert (row["cost_usd"], row["unknown_calls"]) == ("4", "1")
    assert (row["adjusted_calls"], row["adjusted_ticks"]) == ("1", str(USD))


def test_rows_lead_to_their_single_calls_with_the_same_filters(
    client_of: ClientOf, fin: User, team: Team, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    ours, _ = two_teams
    browser = client_of(fin)

    by_key = browser.get(URL, {"by": "key", "team": str(team.pk)}).text
    by_day = browser.get(URL, {"bucket": "week"}).text

    days = "from=2026-06-01&amp;to=2026-06-20"
    assert f'/usage/calls/?team={team.pk}&amp;key={ours.pk}&amp;{days}"' in by_key
    assert f'href="?by=model&amp;team={team.pk}&amp;key={ours.pk}"' in by_key
    assert '/usage/calls/?from=2026-06-15&amp;to=2026-06-20"' in by_day
    assert f"/usage/calls/?source=unknown&amp;{days}" in by_day


def test_draws_both_charts_with_today_as_not_over(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    stored_calls([call(fin, two_teams[0], NOON, USD)])

    page = client_of(fin).get(URL).text

    assert "<title>19 Jun, Elsewhere: $4.00</title>" in page
    assert "<title>17 Jun, fresh input: 900 tokens</title>" in page
    assert re.search(r'<rect class="s\d partial"[^>]*><title>20 Jun, Search', page)
    assert 'href="#at-2026-06-19"' in page
    assert 'id="at-2026-06-19"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"period": "last"}, ["Sun 17 May 2026", "Mon 18 May 2026"]),
        ({"period": "30", "bucket": "month"}, ["June 2026"]),
        ({"period": "year"}, ["June 2026", "May 2026"]),
        ({"bucket": "week"}, ["Week of 15 Jun 2026"]),
        ({"from": "2026-06-17", "to": "2026-06-18"}, ["Wed 17 Jun 2026"]),
    ],
)
def test_shows_the_days_and_the_bars_that_are_asked_for(
    client_of: ClientOf,
    fin: User,
    two_teams: tuple[ApiKey, ApiKey],
    query: dict[str, str],
    found: list[str],
) -> None:
    shown = rows(client_of(fin).get(URL, query).text)

    assert [one for one in shown if one.startswith(tuple(found))] == shown
    assert shown


def test_days_that_make_no_sense_are_said_and_the_month_is_shown(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    browser = client_of(fin)

    swapped = browser.get(URL, {"from": "2026-06-18", "to": "2026-06-17"})
    coming = browser.get(URL, {"from": "2027-01-01", "to": "2027-01-02"})

    assert "The second day is before the first" in swapped.text
    assert "1 January 2027 has not come yet" in coming.text
    assert len(rows(coming.text)) == 3


def test_staff_see_totals_of_their_teams_without_whose_calls_they_are(
    client_of: ClientOf, sam: User, ada: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    browser = client_of(sam)

    page = browser.get(URL, {"by": "key"}).text
    by_person = browser.get(URL, {"by": "person", "person": str(ada.pk)}).text

    assert rows(page) == [
        "ours Search 3 900 - 70 - $3.00 100% 200% more 1 call unknown"
    ]
    assert "Elsewhere" not in page
    assert "/usage/calls/?" not in page
    assert "By person" not in by_person
    assert "Ada" not in by_person
    assert "$3.00" in by_person


def test_hides_everything_of_other_teams(
    client_of: ClientOf, sam: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    _, theirs = two_teams
    browser = client_of(sam)

    asked = browser.get(URL, {"key": str(theirs.pk), "team": str(theirs.team_id)}).text

    assert "theirs" not in asked
    assert "Key: not found" in asked
    assert "No calls match" in asked


@pytest.mark.parametrize("path", [URL, MINE, ZONE])
def test_every_role_may_look_and_strangers_may_not(
    client_of: ClientOf, client: Any, ada: User, sam: User, fin: User, olga: User,
    path: str,
) -> None:  # fmt: skip
    answers = [client_of(one).get(path).status_code for one in (ada, sam, fin, olga)]

    assert answers == [200] * 4
    assert client.get(path).status_code == 302


@pytest.mark.parametrize(("path", "allowed"), [(URL, 405), (MINE, 405), (ZONE, 422)])
def test_only_the_zone_takes_a_post(
    client_of: ClientOf, fin: User, path: str, allowed: int
) -> None:
    assert client_of(fin).post(path).status_code == allowed


def test_mine_shows_my_own_calls_with_their_drill_down(
    client_of: ClientOf, sam: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    page = client_of(sam).get(MINE, {"by": "team"}).text

    assert rows(page) == ["Search 1 - - 70 - $1.00 100% confirmed"]
    assert f"person={sam.pk}" in page
    assert "Your own calls" in page
    assert "By person" not in page


def test_calls_that_only_count_tokens_are_beside_the_others(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    key = stored_key(team)
    counts = {"endpoint": Endpoint.TOKENIZE}
    stored_calls(
        [
            call(fin, key, NOON, USD),
            *(call(fin, key, NOON, None, **counts) for _ in "ab"),
        ]
    )

    text = words(client_of(fin).get(URL).text)

    assert "Beside these, 2 calls only counted tokens" in text
    assert "Cost not known 0 calls every call has a cost" in text


def test_calls_in_flight_and_not_added_up_are_said(
    client_of: ClientOf, fin: User, sam: User, team: Team
) -> None:
    key = stored_key(team)
    stored_calls([call(sam, key, NOON, USD)])
    flying = {"state": RecordState.OPEN, "settled_at": None, "source": ""}
    UsageRecord.objects.bulk_create(
        [call(sam, key, NOON, None, **flying), call(sam, key, NOON - DAY, USD)]
    )

    text = words(client_of(fin).get(URL).text)

    assert "1 more in flight" in text
    assert "Calls of 1 quarter hour wait to be added up" in text
    assert TouchedSlot.objects.exists()
    assert "wait to be added up" not in client_of(sam).get(URL).text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (range(1, 29), "Likely by 30 June $30.00"),
        (range(1, 6), "too little history: 0 whole weeks"),
    ],
)
def test_foretells_the_month_or_says_why_not(
    client_of: ClientOf, fin: User, team: Team, days: range, said: str
) -> None:
    key = stored_key(team)
    stored_calls(call(fin, key, NOON - n * DAY, USD) for n in days)

    assert said in words(client_of(fin).get(URL).text)


def test_a_month_that_is_over_is_not_foretold(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    assert "Likely by" not in client_of(fin).get(URL, {"period": "last"}).text


def test_before_anything_is_added_up_it_says_so(
    client_of: ClientOf, ada: User, fin: User
) -> None:
    assert "Nothing is added up yet" in client_of(fin).get(URL).text
    assert 'href="/status/"' in client_of(ada).get(URL).text


def test_without_calls_it_says_where_to_make_one(
    client_of: ClientOf, sam: User
) -> None:
    roll_up()
    browser = client_of(sam)

    assert "Your teams made no call through Gatehouse" in browser.get(URL).text
    assert "Open the playground" in browser.get(MINE).text
    assert "Clear all filters" in browser.get(URL, {"source": "unknown"}).text


def test_htmx_gets_the_part_alone(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    part = client_of(fin).get(URL, headers=PART).text

    assert part.lstrip().startswith('<div class="stack-4" id="usage">')
    assert "<html" not in part


@pytest.mark.parametrize(
    "query",
    [{}, {"by": "key"}, {"by": "person", "period": "year"}, {"by": "model"}],
    ids=["day", "key", "person", "model"],
)
def test_asks_the_same_number_of_queries_for_any_number_of_rows(
    client_of: ClientOf, fin: User, team: Team, query: dict[str, str]
) -> None:
    browser = client_of(fin)
    key = stored_key(team)
    stored_calls([call(fin, key, NOON, USD, model=stored_model())])
    browser.get(URL, query)
    with CaptureQueriesContext(connection) as one:
        browser.get(URL, query)
    stored_calls(
        call(
            fin,
            stored_key(team, f"k{n}"),
            NOON - n * DAY,
            n * USD,
            model=stored_model(f"m{n}"),
        )
        for n in range(1, 20)
    )

    with CaptureQueriesContext(connection) as many:
        browser.get(URL, query)

    assert len(many) == len(one)
    asked = [each["sql"] for each in many if "usage_usagerecord" in each["sql"]]
    changed, in_flight = asked  # was a model called when its price changed?
    assert "EXISTS(SELECT 1" in changed
    assert "\"state\" = 'open'" in in_flight


def test_more_than_100_rows_share_a_row_and_the_file_has_them_all(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    keys = ApiKey.objects.bulk_create(
        ApiKey(team=team, host="xai", label=f"k{n}") for n in range(103)
    )
    stored_calls(call(fin, key, NOON, (n + 1) * USD) for n, key in enumerate(keys))
    browser = client_of(fin)

    shown = rows(browser.get(URL, {"by": "key"}).text)
    file = json.loads(
        browser.get(URL, {"by": "key", "format": "json"}).getvalue().decode()
    )

    assert len(shown) == 101
    assert shown[-1].startswith("3 others 3")
    assert len(file) == 103
    assert sum(one["cost_ticks"] for one in file) == 103 * 104 // 2 * USD


@pytest.fixture
def file_of(client_of: ClientOf) -> Callable[..., list[dict[str, str]]]:
    """Return what reads a page's CSV."""

    def read(user: User, **query: str) -> list[dict[str, str]]:
        answer: Any = client_of(user).get(URL, {"format": "csv", **query})
        return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))

    return read


def test_a_file_has_whole_ticks_and_says_which_days_are_over(
    file_of: Callable[..., list[dict[str, str]]],
    fin: User,
    two_teams: tuple[ApiKey, ApiKey],
) -> None:
    by_day = file_of(fin)
    by_team = file_of(fin, by="team")

    assert list(by_day[0]) == list(FIELDS)
    assert [(one["from"], one["cost_ticks"], one["complete"]) for one in by_day] == [
        ("2026-06-17", str(2 * USD), "true"),
        ("2026-06-19", str(5 * USD), "true"),
        ("2026-06-20", "0", "false"),
    ]
    assert by_day[0]["ticks_before"] == ""
    assert [(one["name"], one["cost_usd"], one["ticks_before"]) for one in by_team] == [
        ("Elsewhere", "4", "0"),
        ("Search", "3", str(USD)),
    ]


@pytest.fixture
def a_year_ago(two_teams: tuple[ApiKey, ApiKey], ada: User) -> None:
    """A call on a day of last June that these days have, and one that is too late."""
    ours, _ = two_teams
    at = NOON.replace(year=2025)
    stored_calls([call(ada, ours, at - DAY, 4 * USD), call(ada, ours, at + DAY, USD)])


@pytest.mark.parametrize(
    ("against", "said", "search"),
    [
        pytest.param("", "600% more against 1 to 20 May, 12:00", "200% more", id="-"),
        pytest.param(
            "year", "75% more against 1 to 20 Jun 2025, 12:00", "25% less", id="year"
        ),
        pytest.param("none", "compared with nothing", "", id="nothing"),
    ],
)
def test_a_person_chooses_what_to_compare_with(
    client_of: ClientOf,
    fin: User,
    a_year_ago: None,
    against: str,
    said: str,
    search: str,
) -> None:
    page = client_of(fin).get(URL, {"by": "team", "against": against}).text

    assert said in words(page)
    (row,) = (one for one in rows(page) if one.startswith("Search"))
    assert search in row
    assert ("less" in row or "more" in row) == bool(search)
    assert ("What moved the bill" in page) == bool(search)
    assert f'<option value="{against}" selected>Against ' in page or not against
    assert ("against=" in re.findall(r'id="tab-3" href="([^"]*)"', page)[0]) == bool(
        against
    )


def test_twelve_months_offer_the_year_before_once(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    page = client_of(fin).get(URL, {"period": "year"}).text

    assert re.findall(r">(Against [^<]*)</option>", page) == [
        "Against 1 Jul 2024 to 20 Jun 2025", "Against nothing",
    ]  # fmt: skip


def test_a_file_says_with_which_days_it_compares(
    file_of: Callable[..., list[dict[str, str]]], fin: User, a_year_ago: None
) -> None:
    def before(**query: str) -> tuple[str, ...]:
        row = next(one for one in file_of(fin, **query) if one["name"] != "Elsewhere")
        return (row["ticks_before"], row["before_from"], row["before_to"])

    year = ("2025-06-01", "2025-06-20")
    assert before(by="team", against="year") == (str(4 * USD), *year)
    assert before(by="team", against="none") == ("", "", "")
    assert before(against="year") == ("", "", "")


def test_a_name_in_a_file_is_never_a_formula(
    file_of: Callable[..., list[dict[str, str]]], fin: User, team: Team
) -> None:
    stored_calls([call(fin, stored_key(team, "=1+1"), NOON)])

    (one,) = file_of(fin, by="key")

    assert one["name"] == "'=1+1"


def test_taking_a_file_is_recorded_with_what_was_asked(
    file_of: Callable[..., list[dict[str, str]]], sam: User, fin: User
) -> None:
    roll_up()

    file_of(sam, by="key", source="unknown")

    entry = Entry.objects.get(action="export.usage")
    assert entry.detail["asked"] == "?by=key&source=unknown"
    assert entry.detail["own"] is False


def test_with_a_sealed_vault_there_is_no_file(
    client_of: ClientOf, fin: User, settings: Any, tmp_path: Any
) -> None:
    roll_up()
    browser = client_of(fin)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    assert browser.get(URL, {"format": "csv"}).status_code == 303


def test_a_person_chooses_in_whose_days_they_read(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    at = NOON.replace(hour=20, day=19)  # 01:45 on the 20th in Kathmandu
    stored_calls([call(fin, stored_key(team), at, USD)])
    browser = client_of(fin)

    answer = browser.post(ZONE, {"zone": "asia/kathmandu", "back": f"{MINE}?by=team"})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{MINE}?by=team")
    waiting = browser.get(URL).text
    assert "Days in Asia/Kathmandu are being added up" in waiting
    assert rows(waiting)[0].startswith("Fri 19 Jun")
    roll_up()
    built = browser.get(URL).text
    assert "days in Asia/Kathmandu" in built
    assert rows(built)[0].startswith("Sat 20 Jun")


def test_a_name_that_is_no_zone_is_answered_with_the_form(
    client_of: ClientOf, fin: User
) -> None:
    answer = client_of(fin).post(ZONE, {"zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert "No zone has this name" in answer.text
    assert 'value="Mars/Olympus"' in answer.text
    fin.refresh_from_db()
    assert fin.time_zone == ""
    assert not ReportingZone.objects.filter(name="Mars/Olympus").exists()


def test_tokens_that_nobody_told_are_empty_in_files_and_not_0(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    told = {"prompt_tokens": 9, "cached_tokens": None, "reasoning_tokens": None}
    stored_calls([call(fin, stored_key(team), NOON, **told, completion_tokens=3)])
    browser = client_of(fin)

    for by in ("day", "key"):
        files = [
            b"".join(browser.get(URL, {"by": by, "format": kind})).decode()
            for kind in ("json", "csv")
        ]
        (row,) = json.loads(files[0])
        (line,) = csv.DictReader(io.StringIO(files[1]))
        assert (row["prompt_tokens"], line["prompt_tokens"]) == (9, "9")
        assert (row["completion_tokens"], line["completion_tokens"]) == (3, "3")
        for kind in ("cached", "reasoning", "image"):
            assert row[f"{kind}_tokens"] is None
            assert line[f"{kind}_tokens"] == ""


def test_a_told_0_of_input_is_0(client_of: ClientOf, fin: User, team: Team) -> None:
    none = dict.fromkeys(("prompt_tokens", "completion_tokens"))
    zero = {**none, "prompt_tokens": 0}
    told, untold = stored_key(team, "told"), stored_key(team, "untold")
    stored_calls([call(fin, told, NOON, **zero), call(fin, untold, NOON, **none)])
    browser = client_of(fin)

    page = browser.get(URL, {"by": "key"}).text
    answer: Any = browser.get(URL, {"by": "key", "format": "json"})
    file = {one["name"]: one for one in json.loads(b"".join(answer))}

    assert sorted(row.split()[:4] for row in rows(page)) == [
        ["told", "Search", "1", "0"],
        ["untold", "Search", "1", "-"],
    ]
    assert file["told"]["prompt_tokens"] == 0
    assert file["untold"]["prompt_tokens"] is None
    assert file["told"]["completion_tokens"] is None  # the sums cannot tell


def test_nobody_is_sent_elsewhere_after_choosing(
    client_of: ClientOf, fin: User
) -> None:
    answer = client_of(fin).post(ZONE, {"zone": "UTC", "back": "https://example.com/"})

    assert answer.headers["Location"] == URL


def test_sorts_by_what_is_asked(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey]
) -> None:
    browser = client_of(fin)

    names = browser.get(URL, {"by": "team", "sort": "-name"}).text
    calls = browser.get(URL, {"by": "team", "sort": "calls"}).text

    assert [one.split()[0] for one in rows(names)] == ["Search", "Elsewhere"]
    assert [one.split()[0] for one in rows(calls)] == ["Elsewhere", "Search"]
    assert 'aria-sort="ascending"' in calls


def test_days_are_in_order_of_time_until_one_sorts_them(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    key = stored_key(team)
    spent = enumerate((2, 3, 1))
    stored_calls(call(fin, key, NOON - n * DAY, dollars * USD) for n, dollars in spent)
    browser = client_of(fin)

    usual, dearest = (browser.get(URL, query).text for query in ({}, {"sort": "-cost"}))

    for page, column in ((usual, "name"), (dearest, "cost")):
        assert page.count("aria-sort") == 1
        head = page[page.index("aria-sort") :]
        assert head[: head.index("<a id=")].startswith('aria-sort="descending"')
        assert f'id="sort-{column}"' in head[:200]
    costs = r"\$[123]\.00"
    assert re.findall(costs, " ".join(rows(usual))) == ["$2.00", "$3.00", "$1.00"]
    assert re.findall(costs, " ".join(rows(dearest))) == ["$3.00", "$2.00", "$1.00"]


def test_a_name_from_outside_cannot_leave_its_cell(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    stored_calls([call(fin, stored_key(team, "<b>x\u202e"), NOON)])

    page = client_of(fin).get(URL, {"by": "key"}).text

    assert "<b>x" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize("name", ["team", "model", "key", "person"])
def test_an_id_of_nothing_finds_nothing(
    client_of: ClientOf, fin: User, two_teams: tuple[ApiKey, ApiKey], name: str
) -> None:
    page = client_of(fin).get(URL, {name: str(uuid4())}).text

    assert "No calls match" in page
    assert f"{name.title()}: not found" in page


def test_calls_that_cost_nothing_are_in_no_bar(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    key, dear, free = stored_key(team), stored_model(), stored_model("grok-4-free")
    counted = {"endpoint": Endpoint.TOKENIZE, "prompt_tokens": 7}
    stored_calls(
        [
            call(sam, key, NOON - DAY, 3 * USD, model=dear),
            call(sam, key, NOON - DAY, None, model=free, **counted),
            call(sam, key, NOON - DAY, 0, model=free),
        ]
    )

    for address in (MINE, f"{MINE}?by=endpoint", f"{URL}?team={team.pk}"):
        page = client_of(sam).get(address)

        assert page.status_code == 200
        assert "$3.00" in page.text
        assert "none told" in page.text
        assert "Other" not in page.text
