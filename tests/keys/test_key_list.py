"""The inventory page, as each person sees it."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyState, XaiUser
from tests.keys.stored import key, stored_key, stored_model
from tests.people import ClientOf

URL = "/keys/"
PART = {"HX-Request": "true"}


def labels(text: str) -> list[str]:
    """Return the labels of the rows, in order."""
    rows = text.split('<a id="key-')[1:]
    return [row.split(">", 1)[1].split("<", 1)[0] for row in rows]


def test_shows_a_key_with_state_team_owner_access_and_age(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    stored_key(
        team,
        owner="Mara Lindqvist",
        note="Feeds the ranker.",
        tags=["eu-west"],
        xai_redacted="xai-...p0Rd",
        models_in_sight=8,
        models_in_reach=3,
        endpoints_in_reach=1,
        finding_weight=10_200,
        changed_at=timezone.now(),
        outside_changes=1,
    )

    page = client_of(sam).get(URL).text

    for text in ("search-prod", "xai-...p0Rd", "Usable", "Search", "Mara Lindqvist"):
        assert text in page
    for text in ("3 of 8 models", "1 of 7 endpoints", "1 high", "2 medium", "outside"):
        assert text in page
    assert '<span class="tag">eu-west</span>' in page
    assert "Feeds the ranker." in page
    assert "Nothing is known of these days yet" in page
    assert "min ago" in page


def test_names_who_changed_a_key_at_xai_once_somebody_linked_them(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    facts = {"changed_at": timezone.now(), "outside_changes": 0}
    stored_key(team, "a", xai_modified_by="3d38b4dc-4eb7", **facts)
    stored_key(team, "b", xai_modified_by="9c41aa07-0d1e", **facts)
    XaiUser.objects.create(xai_id="9c41aa07-0d1e", name="Ines Okafor")

    page = client_of(ada).get(URL).text

    assert "by 3d38b4dc…" in page
    assert "by Ines Okafor" in page


def test_the_sentence_above_follows_the_filters_also_in_a_swap(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team, finding_weight=1)
    stored_key(team, "other", state=KeyState.DISABLED)
    browser = client_of(ada)

    page = browser.get(URL).text
    part = browser.get(URL, {"state": "disabled"}, headers=PART).text

    assert "2 keys. 1 can be used, 1 has findings." in page
    assert "hx-swap-oob" not in page
    assert '<p class="sub" id="key-sum" hx-swap-oob="true">1 key matches' in part


def test_chips_narrow_together_and_lead_back(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team, "wide", all_models=True)
    stored_key(
        team,
        "wide and lost",
        all_models=True,
        finding_kinds=["gone_model"],
        finding_weight=100,
    )
    browser = client_of(ada)

    both = browser.get(URL, {"risk": ["all_models", "dead_rule"], "sort": "name"}).text

    assert labels(both) == ["wide and lost"]
    assert 'id="chip-all_models" href="?risk=dead_rule&amp;sort=name"' in both
    assert 'name="risk" value="all_models" form="filters"' in both
    assert labels(browser.get(URL, {"tag": "none"}).text) == []


def test_the_files_tell_reach_findings_and_the_worst_hour(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(
        team,
        tags=["a", "b"],
        all_models=True,
        finding_kinds=["gone_model"],
        finding_weight=100,
        worst_hour_ticks=12_345_000_000,
    )

    (row,) = json.loads(client_of(ada).get(URL, {"format": "json"}).getvalue())

    assert (row["tags"], row["all_models"]) == (["a", "b"], True)
    assert (row["findings"], row["findings_medium"]) == (["gone_model"], 1)
    assert (row["worst_hour_ticks"], row["worst_hour_usd"]) == (12345000000, "1.2345")


def test_hides_the_keys_and_the_names_of_other_teams(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    stored_key(team)

    secret = {"owner": "Jo Secret", "note": "Quiet note", "tags": ["hidden-tag"]}
    ApiKey.objects.update(**secret)
    wanted = {"team": str(team.pk), "tag": "hidden-tag", "owner": "jo secret"}

    page = client_of(mia).get(URL).text
    filtered = client_of(mia).get(URL, wanted).text

    for text in ("search-prod", "Jo Secret", "Quiet note", "hidden-tag"):
        assert text not in page
    assert labels(filtered) == []
    assert "0 keys match these filters" in filtered
    assert f'<option value="{team.pk}"' not in page


def test_shows_all_teams_to_those_who_oversee(
    client_of: ClientOf, fin: User, olga: User, team: Team, other_team: Team
) -> None:
    stored_key(team)
    stored_key(other_team, "elsewhere-prod")

    for person in (fin, olga):
        assert len(labels(client_of(person).get(URL).text)) == 2


def test_a_removed_key_is_gone(client_of: ClientOf, ada: User, team: Team) -> None:
    stored_key(team, removed_at=timezone.now())

    assert labels(client_of(ada).get(URL).text) == []


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    response = client.get(URL)

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    assert getattr(client_of(ada), method)(URL).status_code == 405


def test_answers_htmx_with_the_table_alone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team)

    part = client_of(ada).get(URL, headers=PART).text

    assert part.lstrip().startswith('<section class="stack-3" id="key-table"')
    assert "<html" not in part
    assert 'hx-trigger="every 10s, key-edited from:body"' in part
    assert labels(part) == ["search-prod"]


def test_only_admins_see_the_way_to_add_a_key(
    client_of: ClientOf, ada: User, olga: User
) -> None:
    assert "Add your first key" in client_of(ada).get(URL).text
    assert "/keys/add/" not in client_of(olga).get(URL).text


def test_only_those_who_may_check_see_the_button(
    client_of: ClientOf, sam: User, olga: User, team: Team
) -> None:
    stored_key(team)

    assert "data-check-now" in client_of(olga).get(URL).text
    assert "data-check-now" not in client_of(sam).get(URL).text


def test_filters_that_leave_nothing_are_named_with_one_way_out(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team)

    page = (
        client_of(ada)
        .get(URL, {"state": "rejected", "team": str(team.pk), "q": "nothing"})
        .text
    )

    for text in ("State: Rejected", "Team: Search", "Search: nothing"):
        assert text in page
    assert page.count("Clear all filters") == 1


def test_unknown_rules_and_old_answers_are_said_in_words(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    old = timezone.now() - timedelta(hours=3)
    stored_key(team, "new", state="unknown", acls=None, checked_at=None,
               verified_at=None)  # fmt: skip
    stored_key(team, "old", verified_at=old, checked_at=old)

    page = client_of(ada).get(URL).text

    assert "not known" in page
    assert "Never checked" in page
    assert "Not verified" in page
    assert "last good answer" in page


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "team=nonsense",
        "team=6b1c0f0e-0000-0000-0000-000000000000",
        "sort=secret",
        "sort=--name",
        "size=1000000",
        "size=-1",
        "page=%00",
        "page=nonsense",
        "q=%00",
        "q=%25_%27",
        "format=xml",
        "risk=nonsense&risk=",
        "owner=%00&tag=%00",
        "tag=a%3Cb",
        "view=nonsense",
        "state=&team=&q=&sort=&size=&page=",
    ],
)
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, team: Team, query: str
) -> None:
    stored_key(team)

    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


def test_text_of_people_is_escaped(client_of: ClientOf, ada: User, team: Team) -> None:
    stored_key(team, "<b>bold</b>", owner="<i>x</i>")

    page = client_of(ada).get(URL, {"q": '"><script>'}).text

    assert "<b>bold" not in page
    assert "<script>" not in page.split("<main", 1)[1].replace("<script src", "")


def test_a_whole_key_in_the_search_is_cut_to_its_tail_at_once(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team, last_four="Zz09")
    secret = "xai-" + "a" * 76 + "Zz09"

    answer = client_of(ada).get(URL, {"q": secret})

    assert answer.status_code == 302
    assert answer["Location"] == "?q=Zz09"
    assert labels(client_of(ada).get(URL + answer["Location"]).text) == ["search-prod"]


def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_model()
    browser = client_of(ada)
    asked = []

    for number in (1, 49):
        ApiKey.objects.bulk_create(key(team, f"key {n}") for n in range(number))
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, {"size": "50"}, headers=PART)
        asked.append(len(queries))

    assert page.text.count("<tr data-row") == 50
    assert asked[0] == asked[1]
    assert asked[0] <= 8


def test_pages_lead_forth_and_back(client_of: ClientOf, ada: User, team: Team) -> None:
    ApiKey.objects.bulk_create(key(team, f"key {n:02}") for n in range(60))
    browser = client_of(ada)

    first = browser.get(URL, {"sort": "name"})
    second = browser.get(URL, {"sort": "name", "page": _cursor(first.text, "after")})
    third = browser.get(URL, {"sort": "name", "page": _cursor(second.text, "after")})
    back = browser.get(URL, {"sort": "name", "page": _cursor(third.text, "before")})

    shown = [labels(page.text) for page in (first, second, third)]
    assert [len(page) for page in shown] == [25, 25, 10]
    assert [label for page in shown for label in page] == [
        f"key {n:02}" for n in range(60)
    ]
    assert labels(back.text) == shown[1]
    assert 'id="page-before"' not in first.text
    assert 'id="page-after"' not in third.text


def _cursor(page: str, side: str) -> str:
    link = page.split(f'id="page-{side}"', 1)[1].split('href="', 1)[1].split('"', 1)[0]
    return next(
        pair.removeprefix("page=")
        for pair in link.removeprefix("?").replace("&amp;", "&").split("&")
        if pair.startswith("page=")
    )


def test_csv_and_json_hold_exactly_the_filtered_keys_in_their_order(
    client_of: ClientOf, ada: User, team: Team, other_team: Team
) -> None:
    for label in ("b", "a", "c"):
        stored_key(team, label, state=KeyState.DISABLED, answer_digest=b"d")
    stored_key(team, "usable")
    stored_key(other_team, "d", state=KeyState.DISABLED)
    query = {"state": "disabled", "team": str(team.pk), "sort": "-name"}
    browser = client_of(ada)

    as_csv = browser.get(URL, {**query, "format": "csv"})
    as_json = browser.get(URL, {**query, "format": "json"})

    rows = list(csv.DictReader(io.StringIO(as_csv.getvalue().decode())))
    objects = json.loads(as_json.getvalue())
    assert [row["label"] for row in rows] == ["c", "b", "a"]
    assert [each["label"] for each in objects] == ["c", "b", "a"]
    assert list(rows[0]) == list(objects[0])
    assert objects[0]["acls"] == ["api-key:model:grok-4.3", "api-key:endpoint:chat"]
    assert objects[0]["access"] == "only grok-4.3, 1 of 7 endpoints"
    assert objects[0]["team_blocked"] is None
    assert "sealed_secret" not in objects[0]
    assert "answer_digest" not in objects[0]


def test_an_export_leaves_one_audit_entry_with_its_filters(
    client_of: ClientOf, olga: User, team: Team
) -> None:
    stored_key(team)

    client_of(olga).get(URL, {"format": "csv", "q": "prod"}).getvalue()

    entry = Entry.objects.get(action="keys.exported")
    assert entry.actor_name == "olga"
    assert entry.detail == {"format": "csv", "search": "prod"}


def test_an_export_shows_nothing_of_other_teams(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    stored_key(team)

    assert json.loads(client_of(mia).get(URL, {"format": "json"}).getvalue()) == []
