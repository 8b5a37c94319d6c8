"""The list of findings, the card of a key, and letting a finding stay."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.assessment import assess
from console.keys.forms.findings import AcceptForm
from console.keys.models import ApiKey, Finding
from tests.keys.stored import key, sees, stored_key, stored_model, stored_price
from tests.people import ClientOf

URL = "/keys/findings/"
PART = {"HX-Request": "true"}
FULL = ["api-key:model:*", "api-key:endpoint:*"]


def judged(team: Team, label: str = "ranker", **facts: Any) -> ApiKey:
    """Store a key and assess it."""
    made = stored_key(team, label, **facts)
    assess([made.pk], now=timezone.now())
    return ApiKey.objects.get(pk=made.pk)


def titles(text: str) -> list[str]:
    """Return key and title of the rows, in order."""
    rows = text.split("<tr data-row>")[1:]
    return [
        _between(row, "<th", "</a>") + ": " + _between(row, 'class="l1"', "</span>")
        for row in rows
    ]


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0].rsplit(">", 1)[1]


def act(finding: Finding, what: str) -> str:
    return f"{URL}{finding.pk}/{what}/"


def days(number: int) -> str:
    return str(timezone.now().astimezone(UTC).date() + timedelta(days=number))


# --- the list --------------------------------------------------------------------


def test_shows_the_worst_first_with_words_and_fix(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    judged(team, "search-prod", acls=FULL, owner="")

    page = client_of(sam).get(URL).text

    assert titles(page)[0] == "search-prod: Production key with all rights"
    assert len(titles(page)) == 3
    for text in ("xai-...x9Qf", "which says production", "Note a person", "Search"):
        assert text in page


def test_hides_the_findings_of_other_teams(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    judged(team)

    page = client_of(mia).get(URL, {"team": str(team.pk), "q": "ranker"}).text

    assert titles(page) == []
    assert "Search <b>" not in page


def test_shows_all_teams_to_those_who_oversee(
    client_of: ClientOf, olga: User, fin: User, team: Team, other_team: Team
) -> None:
    judged(team)
    judged(other_team, "theirs")

    for person in (olga, fin):
        assert len(titles(client_of(person).get(URL).text)) == 2


def test_findings_of_a_removed_key_are_gone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)
    ApiKey.objects.update(removed_at=timezone.now())

    assert titles(client_of(ada).get(URL).text) == []


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    assert getattr(client_of(ada), method)(URL).status_code == 405


def test_answers_htmx_with_the_table_alone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)

    part = client_of(ada).get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="finding-table"')
    assert "<html" not in part
    assert titles(part) == ["ranker: No owner"]


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense",
        "severity=nonsense",
        "kind=nonsense",
        "team=nonsense",
        "team=6b1c0f0e-0000-0000-0000-000000000000",
        "size=-1",
        "page=%00",
        "page=nonsense",
        "q=%00",
        "q=%25_%27",
        "format=xml",
        "status=&severity=&kind=&team=&q=&size=&page=",
    ],
)
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, team: Team, query: str
) -> None:
    judged(team)

    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


def test_filters_narrow_and_each_counts_what_the_others_leave(
    client_of: ClientOf, ada: User, team: Team, other_team: Team
) -> None:
    judged(team, "search-prod", acls=FULL, owner="")
    judged(other_team, "theirs", acls=["beta"], owner="Jun")
    browser = client_of(ada)

    high = browser.get(URL, {"severity": "high"}).text
    beta = browser.get(URL, {"kind": "unknown_entry"}).text
    ours = browser.get(URL, {"team": str(team.pk)}).text
    both = browser.get(URL, {"team": str(team.pk), "kind": "unknown_entry"}).text

    assert titles(high) == ["search-prod: Production key with all rights"]
    assert titles(beta) == ["theirs: Entry that is not understood"]
    assert len(titles(ours)) == 3
    assert titles(both) == []
    assert "Medium <b>4</b>" in high
    assert "High <b>1</b>" in ours
    assert "No owner <b>1</b>" in ours
    assert "Elsewhere <b>2</b>" in ours
    assert "Kind: Entry that is not understood" in both


@pytest.mark.parametrize(
    ("search", "hit"),
    [
        ("RANK", True),
        ("xai-...x9Qf", True),
        ("x9Qf", True),
        ("lindq", True),
        ("beta", True),
        ("%", False),
        ("zzz", False),
    ],
)
def test_search_looks_at_the_key_and_the_entry(
    client_of: ClientOf, ada: User, team: Team, search: str, hit: bool
) -> None:
    judged(team, acls=["beta"], owner="Mara Lindqvist")

    assert bool(titles(client_of(ada).get(URL, {"q": search}).text)) is hit


def test_a_whole_key_in_the_search_is_cut_to_its_tail_at_once(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)

    answer = client_of(ada).get(URL, {"q": "xai-" + "a" * 76 + "x9Qf"})

    assert answer.status_code == 302
    assert answer["Location"] == "?q=x9Qf"


def test_each_status_has_its_own_list(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    accepted, closed = judged(team, "accepted"), judged(team, "closed")
    client_of(ada).post(
        act(Finding.objects.get(key=accepted), "accept"),
        {"reason": "known", "until": "30"},
    )
    ApiKey.objects.filter(pk=closed.pk).update(owner="Mara")
    assess([closed.pk], now=timezone.now())
    browser = client_of(ada)

    shown = {
        status: titles(browser.get(URL, {"status": status}).text)
        for status in ("open", "accepted", "closed")
    }

    assert shown == {
        "open": [],
        "accepted": ["accepted: No owner"],
        "closed": ["closed: No owner"],
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "No key yet"),
        ({"status": "accepted"}, "Nothing is accepted"),
        ({"status": "closed"}, "Nothing was closed yet"),
        ({"severity": "high"}, "No finding matches"),
    ],
)
def test_says_why_a_list_is_empty(
    client_of: ClientOf, ada: User, query: dict[str, str], words: str
) -> None:
    assert words in client_of(ada).get(URL, query).text


def test_says_that_nothing_is_wrong(client_of: ClientOf, ada: User, team: Team) -> None:
    judged(team, owner="Mara")

    assert "No open finding" in client_of(ada).get(URL).text


def test_asks_the_same_number_of_queries_for_any_number_of_findings(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser = client_of(ada)
    asked = []

    for number in (1, 49):
        made = ApiKey.objects.bulk_create(
            key(team, f"{number} {n}", xai_key_id="same", owner="Mara")
            for n in range(number)
        )
        stored_key(team, f"{number} twin", xai_key_id="same")
        assess([one.pk for one in made], now=timezone.now())
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, {"size": "50"}, headers=PART)
        asked.append(len(queries))

    assert page.text.count("data-row") == 50
    assert asked[0] == asked[1]
    assert asked[0] <= 9


def test_pages_lead_forth_and_back_over_equal_severities(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    made = ApiKey.objects.bulk_create(key(team, f"key {n:02}") for n in range(60))
    assess([one.pk for one in made], now=timezone.now())
    browser = client_of(ada)

    first = browser.get(URL).text
    second = browser.get(URL, {"page": _cursor(first, "after")}).text
    third = browser.get(URL, {"page": _cursor(second, "after")}).text
    back = browser.get(URL, {"page": _cursor(third, "before")}).text

    shown = [titles(page) for page in (first, second, third)]
    assert [len(page) for page in shown] == [25, 25, 10]
    assert len({row for page in shown for row in page}) == 60
    assert titles(back) == shown[1]


def _cursor(page: str, side: str) -> str:
    link = page.split(f'id="page-{side}"', 1)[1].split('href="?', 1)[1].split('"', 1)[0]
    pairs = link.replace("&amp;", "&").split("&")
    return next(p.removeprefix("page=") for p in pairs if p.startswith("page="))


def test_text_of_people_is_escaped(client_of: ClientOf, ada: User, team: Team) -> None:
    judged(team, "<b>bold</b>", acls=["<i>entry</i>"])

    page = client_of(ada).get(URL, {"q": "<"}).text

    assert "<b>bold" not in page
    assert "<i>entry" not in page


# --- files -----------------------------------------------------------------------


def test_csv_and_json_hold_exactly_the_filtered_findings(
    client_of: ClientOf, sam: User, team: Team, other_team: Team
) -> None:
    judged(team, "=1+1", acls=FULL, owner="")
    judged(other_team, "theirs", acls=FULL, owner="")
    browser = client_of(sam)

    as_csv = browser.get(URL, {"kind": "full_wildcard", "format": "csv"})
    as_json = browser.get(URL, {"kind": "full_wildcard", "format": "json"})

    (row,) = csv.DictReader(io.StringIO(as_csv.getvalue().decode()))
    (found,) = json.loads(as_json.getvalue())
    assert row["key"] == "'=1+1"
    assert found["key"] == "=1+1"
    assert found["severity"] == "medium"
    assert found["status"] == "open"
    assert found["accepted_until"] is None
    assert "every model" in found["explanation"]


def test_an_export_leaves_one_audit_entry_with_its_filters(
    client_of: ClientOf, olga: User, team: Team
) -> None:
    judged(team)

    client_of(olga).get(URL, {"format": "csv", "kind": "no_owner"}).getvalue()

    entry = Entry.objects.get(action="findings.exported")
    assert entry.actor_name == "olga"
    assert entry.detail == {"format": "csv", "status": "open", "kind": "no_owner"}


def test_without_a_kek_nothing_is_exported(
    client_of: ClientOf, ada: User, team: Team, settings: Any
) -> None:
    judged(team)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert client_of(ada).get(URL, {"format": "csv"}).status_code == 303


# --- one key ---------------------------------------------------------------------


def page_of(client: Any, api_key: ApiKey, **query: str) -> str:
    answer = client.get(f"/keys/{api_key.pk}/", query)
    assert answer.status_code == 200
    return str(answer.text)


def test_the_card_of_a_key_explains_and_shows_the_fix(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    api_key = judged(
        team, acls=["api-key:model:gone", "api-key:endpoint:chat"], owner="Mara",
        xai_key_id="ae1e1841", models_checked_at=timezone.now(),
    )  # fmt: skip

    page = page_of(client_of(sam), api_key)

    for text in (
        "Names a model that is not listed",
        "xAI does not list gone for this key",
        "PUT /auth/api-keys/ae1e1841",
        "&quot;api-key:endpoint:chat&quot;",
    ):
        assert text in page
    assert "Accept until" not in page


def test_a_key_without_findings_says_so(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    assert "Nothing is wrong" in page_of(client_of(ada), judged(team, owner="Mara"))
    assert "judged within seconds" in page_of(client_of(ada), stored_key(team, "new"))


def test_the_twin_in_another_team_is_named_only_to_those_who_may_see_it(
    client_of: ClientOf, ada: User, sam: User, mia: User, team: Team, other_team: Team
) -> None:
    ours = stored_key(team, "our-copy", owner="Mara", xai_key_id="same")
    theirs = stored_key(other_team, "their-copy", owner="Jun", xai_key_id="same")
    assess([ours.pk, theirs.pk], now=timezone.now())

    assert "their-copy" in page_of(client_of(ada), ours)
    for person, mine, hidden in ((sam, ours, theirs), (mia, theirs, ours)):
        browser = client_of(person)
        files = [browser.get(URL, {"format": f}).getvalue().decode()
                 for f in ("csv", "json")]  # fmt: skip
        for text in (page_of(browser, mine), browser.get(URL).text, *files):
            assert "Same key twice" in text
            assert hidden.label not in text
            assert str(hidden.pk) not in text


def test_every_address_of_a_finding_of_another_team_does_not_exist(
    client_of: ClientOf, team: Team, other_team: Team, mia: User
) -> None:
    judged(team)
    finding = Finding.objects.get()
    mia.role = "admin"  # who may review, and yet sees all teams
    mia.save(update_fields=["role"])
    assert client_of(mia).get(act(finding, "accept")).status_code == 200
    ApiKey.objects.update(removed_at=timezone.now())

    for answer in (
        client_of(mia).get(act(finding, "accept")),
        client_of(mia).post(act(finding, "accept"), {}),
        client_of(mia).post(act(finding, "reopen")),
        client_of(mia).get(f"{URL}999999/accept/"),
        client_of(mia).post(f"{URL}999999/reopen/"),
    ):
        assert answer.status_code == 404


# --- if it leaks -----------------------------------------------------------------


def test_a_leak_is_shown_in_figures_and_words(
    client_of: ClientOf, ada: User, team: Team, priced: ApiKey
) -> None:
    page = page_of(client_of(ada), priced)

    for text in (
        "1 of 1</b> models",
        "7 of 7</b> endpoints",
        "grok-4.3, $2.50 per 1M output",
        "At worst about <b",
        "$72.00 per hour",
        "60 requests a minute with 8k tokens in and 4k out.",
        "widest of 1 key<",
        "not told by xAI",
    ):
        assert text in page


@pytest.fixture
def priced(team: Team) -> ApiKey:
    model = stored_model()
    stored_price(model, team)
    made = stored_key(team, acls=FULL, owner="Mara")
    sees(made, model)
    assess([made.pk], now=timezone.now())
    return ApiKey.objects.get(pk=made.pk)


def test_another_assumption_is_computed_for_the_viewer_only(
    client_of: ClientOf, ada: User, priced: ApiKey
) -> None:
    page = page_of(
        client_of(ada), priced, requests="1", prompt_tokens="200000",
        completion_tokens="0",
    )  # fmt: skip

    # At 200,000 tokens the prices of long prompts hold.
    assert "$30.00 per hour" in page
    assert "1 request a minute with 200k tokens in and 0 out" in page
    assert ApiKey.objects.get().worst_hour_ticks == 720_000_000_000


@pytest.mark.parametrize(
    "query",
    [
        {"requests": "0"},
        {"requests": "-1"},
        {"requests": "1e9"},
        {"requests": "100001"},
        {"prompt_tokens": "99999999999999999999"},
        {"completion_tokens": "nonsense"},
        {"worst_hour_ticks": "1", "now": "2020-01-01"},
    ],
)
def test_a_senseless_assumption_leaves_the_usual_one(
    client_of: ClientOf, ada: User, priced: ApiKey, query: dict[str, str]
) -> None:
    page = page_of(client_of(ada), priced, **query)

    assert "$72.00 per hour" in page
    assert ('class="error"' in page) is ("worst_hour_ticks" not in query)


def test_what_is_not_known_of_a_leak_says_why(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    page = page_of(client_of(ada), judged(team, acls=None))

    assert "The worst case is not known. xAI has not told the ACLs" in page
    assert "$0.00" not in page


def test_the_rank_counts_only_keys_that_one_sees(
    client_of: ClientOf, ada: User, sam: User, team: Team, other_team: Team
) -> None:
    def ranked(of: Team, label: str, ticks: int | None, models: int) -> ApiKey:
        return stored_key(
            of, label, worst_hour_ticks=ticks, models_in_reach=models,
            endpoints_in_reach=1,
        )  # fmt: skip

    mine = ranked(team, "mine", 100, 2)
    ranked(team, "wider", 100, 3)
    ranked(team, "alike", 100, 2)
    ranked(team, "narrower", 99, 9)
    ranked(team, "not known", None, 9)
    ranked(other_team, "dearer", 101, 1)

    assert "2nd widest of 4 keys, 1 more not known" in page_of(client_of(sam), mine)
    assert "3rd widest of 5 keys, 1 more not known" in page_of(client_of(ada), mine)


# --- accepting -------------------------------------------------------------------


def test_accepting_asks_why_and_how_long_and_writes_out_the_days(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)

    page = client_of(ada).get(act(Finding.objects.get(), "accept")).text

    last = timezone.now().astimezone(UTC).date() + timedelta(days=90)
    assert f"90 days: until {last:%-d %b %Y}" in page
    assert "No owner" in page


def test_an_accepted_finding_says_who_until_when_and_why(
    client_of: ClientOf, ada: User, sam: User, team: Team
) -> None:
    api_key = judged(team)
    finding = Finding.objects.get()

    answer = client_of(ada).post(
        act(finding, "accept"),
        {"reason": "Owner joins in June.", "until": "date", "on": days(10)},
    )

    assert answer.status_code == 303
    finding.refresh_from_db()
    assert finding.accepted_until is not None
    assert str(finding.accepted_until.astimezone(UTC).date()) == days(10)
    assert finding.accepted_by == ada
    assert ApiKey.objects.get().finding_kinds == []
    page = page_of(client_of(sam), api_key)
    assert f"Accepted until {finding.accepted_until:%-d %b %Y} by Ada" in page
    assert "Owner joins in June." in page
    assert "0 open, 1 accepted" in page
    entry = Entry.objects.get(action="finding.accepted")
    assert entry.object_name == "ranker"
    assert entry.detail["kind"] == "no_owner"
    assert entry.detail["before"]["accepted_until"] is None
    assert entry.detail["after"]["accepted_by"] == "ada"
    assert entry.detail["after"]["reason"] == "Owner joins in June."


def test_reopening_early_counts_again_and_is_recorded(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    api_key = judged(team)
    finding, browser = Finding.objects.get(), client_of(ada)
    browser.post(act(finding, "accept"), {"reason": "known", "until": "30"})

    answer = browser.post(act(finding, "reopen"))

    assert answer.status_code == 303
    assert answer["Location"] == f"/keys/{api_key.pk}/"
    assert ApiKey.objects.get().finding_kinds == ["no_owner"]
    entry = Entry.objects.get(action="finding.reopened")
    assert entry.detail["before"]["reason"] == "known"
    assert entry.detail["after"]["accepted_until"] is None


@pytest.mark.parametrize(
    ("page", "leads_back"),
    [("/keys/findings/?status=accepted", True), ("https://evil.example/", False)],
)
def test_acts_lead_back_to_the_list_they_were_asked_for_on(
    client_of: ClientOf, ada: User, team: Team, page: str, leads_back: bool
) -> None:
    api_key = judged(team)
    finding, browser = Finding.objects.get(), client_of(ada)
    back = page if leads_back else f"/keys/{api_key.pk}/"

    form = browser.get(act(finding, "accept"), {"next": page}).text
    answers = [
        browser.post(
            act(finding, "accept"), {"reason": "known", "until": "30", "next": page}
        ),
        browser.post(act(finding, "reopen"), {"next": page}),
    ]

    assert f'name="next" value="{back}"' in form
    assert [answer["Location"] for answer in answers] == [back, back]


def test_reopening_what_nobody_accepted_changes_nothing(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)

    client_of(ada).post(act(Finding.objects.get(), "reopen"))

    assert not Entry.objects.filter(action="finding.reopened").exists()


def test_a_finding_that_closed_meanwhile_is_refused_in_words(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)
    Finding.objects.update(closed_at=timezone.now())
    finding, browser = Finding.objects.get(), client_of(ada)

    accepted = browser.post(act(finding, "accept"), {"reason": "x", "until": "30"})
    reopened = browser.post(act(finding, "reopen"))

    assert accepted.status_code == 422
    assert "does not hold any more" in accepted.text
    assert reopened.status_code == 303
    assert not Entry.objects.filter(action__startswith="finding.").exists()


@pytest.mark.parametrize("who", ["olga", "fin", "sam"])
def test_only_those_who_review_may_accept(
    client_of: ClientOf, who: str, request: pytest.FixtureRequest, team: Team
) -> None:
    judged(team)
    finding = Finding.objects.get()
    browser = client_of(request.getfixturevalue(who))

    assert browser.get(act(finding, "accept")).status_code == 403
    assert browser.post(act(finding, "accept"), {}).status_code == 403
    assert browser.post(act(finding, "reopen")).status_code == 403
    assert "Accept…" not in browser.get(URL).text


def test_reopening_by_reading_is_not_allowed(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    judged(team)

    assert client_of(ada).get(act(Finding.objects.get(), "reopen")).status_code == 405


SECRET_TEXT = "xai-" + "a" * 80


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param({"until": "30"}, "This field is required", id="no reason"),
        pytest.param(
            {"until": "30", "reason": SECRET_TEXT}, "looks like a key", id="secret"
        ),
        pytest.param(
            {"until": "30", "reason": "a\u202eb"}, "cannot be shown", id="turned text"
        ),
        pytest.param({"reason": "x"}, "This field is required", id="no end"),
        pytest.param({"reason": "x", "until": "31"}, "not one of", id="other preset"),
        pytest.param({"reason": "x", "until": "date"}, "last day", id="no date"),
        pytest.param(
            {"reason": "x", "until": "date", "on": days(-1)}, "is over", id="past"
        ),
        pytest.param(
            {"reason": "x", "until": "date", "on": days(366)}, "one year", id="far"
        ),
        pytest.param(
            {"reason": "x", "until": "date", "on": "soon"}, "Give a date", id="no day"
        ),
    ],
)
def test_a_bad_acceptance_is_refused_beside_its_field(
    client_of: ClientOf, ada: User, team: Team, sent: dict[str, str], words: str
) -> None:
    judged(team)

    answer = client_of(ada).post(act(Finding.objects.get(), "accept"), sent)

    assert answer.status_code == 422
    assert words in answer.text
    assert SECRET_TEXT not in answer.text
    assert Finding.objects.get().accepted_until is None


@pytest.mark.parametrize(
    ("until", "on", "last"),
    [
        ("30", "", date(2026, 7, 20)),
        ("90", "", date(2026, 9, 18)),
        ("180", "nonsense is not asked for", None),
        ("date", "2026-06-20", date(2026, 6, 20)),
        ("date", "2027-06-20", date(2027, 6, 20)),
    ],
)
def test_an_acceptance_ends_with_its_last_day(
    until: str, on: str, last: date | None
) -> None:
    sent = {"reason": "x", "until": until, "on": on}

    form = AcceptForm(sent, today=date(2026, 6, 20))

    assert form.is_valid() is (last is not None)
    if last:
        assert form.ends_at == datetime(
            last.year, last.month, last.day, 23, 59, 59, 999_999, UTC
        )
