"""The access matrix as each person sees it, and the card that explains a cell."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.matrix import EXPORT_FIELDS, MODEL_COLUMNS
from console.keys.models import ApiKey, KeyChange, KeyModel, KeyState, Origin
from tests.keys.stored import (
    CHAT_ONLY,
    key,
    sees,
    stored_key,
    stored_model,
    stored_price,
)
from tests.people import ClientOf

URL = "/keys/access/"
PART = {"HX-Request": "true"}
CARD = {"HX-Request": "true", "HX-Target": "why"}
ALL = ["api-key:model:*", "api-key:endpoint:*"]
CELL = re.compile(
    r'<button class="cell" name="cell" value="([^"]+)" aria-label="([^"]+)" '
    r'tabindex="(-?\d)" aria-pressed="(\w+)">'
)


def labels(text: str) -> list[str]:
    """Return the names of the rows, in order."""
    rows = text.split('<th scope="row"><span>')[1:]
    return [re.findall(r'<a href="[^"]+">([^<]+)</a>', row)[0] for row in rows]


def columns(text: str) -> list[str]:
    """Return the names of the columns, in order."""
    return re.findall(r'<th scope="col" class="turn" title="[^"]*"><span>(.*?)</span>',
                      text)  # fmt: skip


def marks(text: str) -> dict[str, str]:
    """Return what each cell is called, by key and name."""
    named = (label.rsplit(": ", 1) for _, label, _, _ in CELL.findall(text))
    return dict(named)


def cell(
    api_key: ApiKey, name: str = "grok-4.3", kind: str = "model"
) -> dict[str, str]:
    return {"cell": f"{api_key.pk}:{kind}:{name}"}


@pytest.fixture
def seen_key(team: Team) -> ApiKey:
    """A usable key that sees grok-4.3 and grok-4.5 and may chat with the first."""
    made = stored_key(team, models_checked_at=timezone.now(), models_in_reach=1,
                      endpoints_in_reach=1)  # fmt: skip
    for name in ("grok-4.3", "grok-4.5"):
        sees(made, stored_model(name))
    return made


def test_shows_keys_by_models_and_endpoints_with_a_mark_for_each(
    client_of: ClientOf, sam: User, seen_key: ApiKey
) -> None:
    page = client_of(sam).get(URL).text

    assert labels(page) == ["search-prod"]
    assert columns(page)[:3] == ["grok-4.3", "grok-4.5", "chat"]
    assert marks(page)["search-prod, grok-4.3"] == "allowed by name"
    assert marks(page)["search-prod, grok-4.5"] == "not allowed"
    assert marks(page)["search-prod, chat"] == "allowed by name"
    assert marks(page)["search-prod, tokenize"] == "not allowed"
    assert "1 of 2 &middot; 1 of 7" in page


def test_every_mark_is_used_named_and_explained_in_the_legend(
    client_of: ClientOf, ada: User, team: Team, seen_key: ApiKey
) -> None:
    now, model = timezone.now(), KeyModel.objects.first()
    assert model is not None
    wide = stored_key(team, "wide", acls=ALL, models_checked_at=now)
    sees(wide, model.model)
    halted = stored_key(team, "halted", acls=ALL, state=KeyState.KEY_BLOCKED,
                        models_checked_at=now)  # fmt: skip
    sees(halted, model.model)
    stored_key(team, "half", acls=ALL[:1], models_checked_at=now)
    stored_key(team, "unread", acls=ALL)
    stored_key(team, "untold", acls=None)

    page = client_of(ada).get(URL).text

    found = marks(page)
    for label, mark in {
        "search-prod": "allowed by name",
        "wide": "allowed by wildcard",
        "halted": "rule allows it, key is stopped",
        "half": "not allowed",
        "unread": "not known",
        "untold": "not known",
    }.items():
        assert found[f"{label}, grok-4.3"] == mark
    assert found["half, chat"] == "not allowed"
    legend = page.split('class="legend"', 1)[1].split("</ul>", 1)[0]
    assert legend.count("<li>") == 6


def test_names_that_only_acls_mention_have_a_column_and_no_effect(
    client_of: ClientOf, ada: User, seen_key: ApiKey
) -> None:
    ApiKey.objects.update(acls=[*CHAT_ONLY, "api-key:model:grok-2-1212"])

    page = client_of(ada).get(URL).text

    assert "grok-2-1212, not listed" in page
    assert marks(page)["search-prod, grok-2-1212"] == "rule without effect"


def test_an_alias_has_no_column_of_its_own(
    client_of: ClientOf, ada: User, seen_key: ApiKey
) -> None:
    ApiKey.objects.update(acls=["api-key:model:grok-4.3-latest", *CHAT_ONLY[1:]])

    page = client_of(ada).get(URL).text

    assert columns(page)[:3] == ["grok-4.3", "grok-4.5", "chat"]
    assert marks(page)["search-prod, grok-4.3"] == "allowed by name"


def test_keys_models_and_names_of_other_teams_are_not_there(
    client_of: ClientOf, mia: User, seen_key: ApiKey
) -> None:
    page = client_of(mia).get(URL, {"team": str(seen_key.team_id)}).text

    for text in ("search-prod", "grok-4", f'<option value="{seen_key.team_id}"'):
        assert text not in page


@pytest.mark.parametrize("headers", [{}, CARD], ids=["page", "card"])
def test_a_cell_of_another_team_does_not_exist(
    client_of: ClientOf, mia: User, seen_key: ApiKey, headers: dict[str, str]
) -> None:
    browser = client_of(mia)

    theirs = browser.get(URL, cell(seen_key), headers=headers)
    none = browser.get(URL, {"cell": f"{uuid.uuid4()}:model:grok-4.3"}, headers=headers)

    assert (theirs.status_code, none.status_code) == (404, 404)
    assert "search-prod" not in theirs.text


def test_strangers_are_led_to_the_sign_in_page(client: Any, db: None) -> None:
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(client_of: ClientOf, ada: User, method: str) -> None:
    for url in (URL, f"{URL}compare/"):
        assert getattr(client_of(ada), method)(url).status_code == 405


def test_answers_htmx_with_the_part_it_will_swap(
    client_of: ClientOf, ada: User, seen_key: ApiKey
) -> None:
    browser = client_of(ada)

    grid = browser.get(URL, headers=PART)
    card = browser.get(URL, cell(seen_key), headers=CARD)

    assert grid.text.lstrip().startswith('<div class="split slim matrix-split"')
    assert card.text.lstrip().startswith('<section class="card why" id="why"')
    assert "<table" not in card.text
    assert "HX-Target" in grid["Vary"]


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense", "team=nonsense", "breadth=nonsense", "sort=-name", "size=7",
        "page=nonsense", "page=%00", "q=%00", "q=%25_%27", "format=xml", "cell=x",
        "cell=::", "cell=%00:model:x", "left=nonsense", "find_left=%00",
        "cell=6b1c0f0e-0000-0000-0000-000000000000:endpoint:nonsense",
        "cell=6b1c0f0e-0000-0000-0000-000000000000:model:",
        "cell=6b1c0f0e-0000-0000-0000-000000000000:region:eu",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, seen_key: ApiKey, query: str
) -> None:
    assert client_of(ada).get(f"{URL}?{query}").status_code == 200


def test_text_from_outside_is_escaped(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    shown = stored_key(team, "<b>bold</b>", acls=["api-key:model:<i>x</i>", *ALL[1:]])
    query = {"q": '"><script>', **cell(shown, "<u>y</u>")}

    page = client_of(ada).get(URL, query).text + client_of(ada).get(URL).text

    main = page.replace("<script src", "").replace('<script type="module" src', "")
    for markup in ("<b>bold", "<i>x", "<u>y", "<script>"):
        assert markup not in main


def test_a_whole_key_in_the_search_is_cut_to_its_tail_at_once(
    client_of: ClientOf, ada: User
) -> None:
    answer = client_of(ada).get(URL, {"q": "xai-" + "a" * 76 + "Zz09"})

    assert (answer.status_code, answer["Location"]) == (302, "?q=Zz09")


def test_one_cell_is_a_tab_stop_and_the_chosen_one_is_pressed(
    client_of: ClientOf, ada: User, team: Team, seen_key: ApiKey
) -> None:
    stored_key(team, "a first one")
    browser = client_of(ada)

    plain = CELL.findall(browser.get(URL, {"sort": "name"}).text)
    chosen = CELL.findall(
        browser.get(URL, {"sort": "name", **cell(seen_key, "chat", "endpoint")}).text
    )
    gone = CELL.findall(browser.get(URL, {"q": "a first one", **cell(seen_key)}).text)

    assert [stop for _, _, stop, _ in plain].count("0") == 1
    assert plain[0][2:] == ("0", "false")
    assert {pressed for *_, pressed in plain} == {"false"}
    stops = [found for found in chosen if found[2] == "0"]
    assert stops == [(cell(seen_key, "chat", "endpoint")["cell"],
                      "search-prod, chat: allowed by name", "0", "true")]  # fmt: skip
    assert [found[2:] for found in gone if found[2] == "0"] == [("0", "false")]


def test_the_page_names_its_parts_for_those_who_listen(
    client_of: ClientOf, ada: User, seen_key: ApiKey
) -> None:
    page = client_of(ada).get(URL).text

    for markup in (
        '<div class="matrix-wrap" tabindex="0" role="region" aria-label="Access matrix',
        '<caption class="vh">1 key by 2 models and 7 endpoints.',
        'id="why" aria-labelledby="h-why" aria-live="polite"',
        '<th scope="colgroup" colspan="2" class="group">Models',
        'aria-label="Breadth"',
        '<option value="">Any breadth</option>',
    ):
        assert markup in page
    assert page.count('aria-current="page"') == 1


def test_a_cell_works_without_script_and_keeps_the_filters(
    client_of: ClientOf, ada: User, seen_key: ApiKey
) -> None:
    query = {"q": "search", "sort": "name", "size": "25", "breadth": "part",
             "state": "active", "team": str(seen_key.team_id)}  # fmt: skip

    page = client_of(ada).get(URL, {**query, **cell(seen_key)}).text

    form = page.split('<form class="cells" action="/keys/access/"', 1)[1]
    hidden = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    )
    assert hidden == query
    assert "Allowed by api-key:model:grok-4.3." in page


def test_asks_the_same_number_of_queries_for_1_and_50_keys(
    client_of: ClientOf, ada: User, team: Team, seen_key: ApiKey
) -> None:
    browser = client_of(ada)
    asked = []

    for number in (0, 49):
        made = [key(team, f"key {n}") for n in range(number)]
        ApiKey.objects.bulk_create(made)
        for n, each in enumerate(made[:20]):
            sees(each, stored_model(f"grok-{n}"))
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(URL, {"q": "k"}, headers=PART)
        asked.append(len(queries))

    assert len(labels(page.text)) == 49
    assert asked[0] == asked[1]
    assert asked[0] <= 13


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"sort": "name"}, ["none", "part", "unread", "Wide"]),
        ({}, ["Wide", "part", "none", "unread"]),
        ({"sort": "narrowest"}, ["none", "part", "Wide", "unread"]),
        ({"breadth": "everything"}, ["Wide"]),
        ({"breadth": "part"}, ["part"]),
        ({"breadth": "nothing"}, ["none"]),
        ({"breadth": "unknown"}, ["unread"]),
        ({"state": "disabled"}, ["none"]),
        ({"q": "WIDE"}, ["Wide"]),
        ({"q": "grok-2-1212"}, ["part"]),
        ({"q": "nothing at all"}, []),
    ],
)
def test_keys_are_sorted_and_narrowed(
    client_of: ClientOf, ada: User, team: Team, query: dict[str, str], shown: list[str]
) -> None:
    stored_key(team, "Wide", acls=ALL, all_models=True, all_endpoints=True,
               endpoints_in_reach=7)  # fmt: skip
    stored_key(team, "part", models_in_reach=2, endpoints_in_reach=1,
               acls=[*CHAT_ONLY, "api-key:model:grok-2-1212"])  # fmt: skip
    stored_key(team, "none", all_models=True, models_in_reach=0, endpoints_in_reach=0,
               state=KeyState.DISABLED)  # fmt: skip
    stored_key(team, "unread", endpoints_in_reach=1)

    assert labels(client_of(ada).get(URL, query).text) == shown


def test_a_search_that_models_match_narrows_the_columns_and_no_row(
    client_of: ClientOf, ada: User, team: Team, seen_key: ApiKey
) -> None:
    browser = client_of(ada)

    by_model = browser.get(URL, {"q": "GROK-4.5"}).text
    by_alias = browser.get(URL, {"q": "4.3-latest"}).text
    by_both = browser.get(URL, {"q": "prod"}).text

    assert labels(by_model) == ["search-prod"]
    assert columns(by_model)[:2] == ["grok-4.5", "chat"]
    assert columns(by_alias)[:2] == ["grok-4.3", "chat"]
    assert columns(by_both)[:2] == ["grok-4.3", "grok-4.5"]


def test_more_models_than_fit_are_counted_and_can_be_searched(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    wide = stored_key(team, acls=ALL)
    for n in range(MODEL_COLUMNS + 3):
        sees(wide, stored_model(f"grok-{n:03}"))
    browser = client_of(ada)

    page, found = (browser.get(URL, query).text for query in ({}, {"q": "grok-062"}))

    assert len(columns(page)) == MODEL_COLUMNS + 7
    assert "3 more models would not fit" in page
    assert columns(found)[:2] == ["grok-062", "chat"]


def test_pages_lead_forth_and_back_with_unknown_breadth_last(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    ApiKey.objects.bulk_create(
        key(
            team,
            f"key {n:02}",
            models_in_reach=None if n % 3 == 0 else n,
            endpoints_in_reach=1,
        )
        for n in range(60)
    )
    browser, shown, page = client_of(ada), [], ""

    for _ in range(3):
        text = browser.get(URL, {"size": "25", "page": page}).text
        shown.append(labels(text))
        page = _cursor(text, "after") if 'id="page-after"' in text else ""
    back = browser.get(URL, {"size": "25", "page": _cursor(text, "before")}).text

    assert [len(each) for each in shown] == [25, 25, 10]
    assert [label for each in shown for label in each] == [
        *(f"key {n:02}" for n in range(59, -1, -1) if n % 3),
        *(f"key {n:02}" for n in range(0, 60, 3)),
    ]
    assert labels(back) == shown[1]


def _cursor(page: str, side: str) -> str:
    link = page.split(f'id="page-{side}"', 1)[1].split('href="', 1)[1].split('"', 1)[0]
    return link.split("page=", 1)[1].split("&", 1)[0]


def test_files_hold_a_line_per_key_and_model_or_endpoint_with_its_reason(
    client_of: ClientOf, olga: User, team: Team, other_team: Team, seen_key: ApiKey
) -> None:
    stored_key(other_team, "elsewhere")
    browser = client_of(olga)
    query = {"team": str(team.pk), "sort": "name"}

    as_csv = browser.get(URL, {**query, "format": "csv"})
    as_json = browser.get(URL, {**query, "format": "json"})

    lines = list(csv.DictReader(io.StringIO(as_csv.getvalue().decode())))
    records = json.loads(as_json.getvalue())
    assert tuple(lines[0]) == EXPORT_FIELDS
    assert [line["name"] for line in lines][:3] == ["grok-4.3", "grok-4.5", "chat"]
    assert {line["key"] for line in lines} == {"search-prod"}
    assert (records[0]["verdict"], records[0]["listed"]) == ("named", True)
    assert records[0]["reason"] == "Allowed by api-key:model:grok-4.3."
    assert records[0]["entries"] == ["api-key:model:grok-4.3"]
    entry = Entry.objects.filter(action="access.exported").first()
    assert entry is not None
    assert entry.detail["team"] == str(team.pk)


def test_a_sealed_vault_exports_nothing_without_a_record(
    client_of: ClientOf, olga: User, settings: Any, seen_key: ApiKey
) -> None:
    browser = client_of(olga)
    settings.KEK_FILE = settings.KEK_FILE.with_name("gone")
    vault.forget()

    answer = browser.get(URL, {"format": "csv"})

    assert answer.status_code == 303
    assert not Entry.objects.filter(action="access.exported").exists()


def test_the_card_says_each_step_since_when_and_the_price(
    client_of: ClientOf, sam: User, seen_key: ApiKey
) -> None:
    model = KeyModel.objects.get(model__model_id="grok-4.3").model
    stored_price(model, seen_key.team)
    KeyChange.objects.create(
        key=seen_key, team=seen_key.team, field="acls", before=[], after=CHAT_ONLY,
        gap_until=timezone.now() - timedelta(hours=2), origin=Origin.OUTSIDE,
    )  # fmt: skip

    card = client_of(sam).get(URL, cell(seen_key), headers=CARD).text

    for text in (
        "Allowed by name",
        "The key is usable.",
        "A model rule allows it.",
        "api-key:model:grok-4.3",
        "xAI lists it for this key.",
        "An endpoint rule allows it.",
        "2 h ago",
        "outside",
        "$1.25 in, $2.50 out per 1M",
    ):
        assert text in card


def test_the_rail_leads_to_the_matrix_for_all(
    client_of: ClientOf, sam: User, fin: User
) -> None:
    for person in (sam, fin):
        assert 'href="/keys/access/"' in client_of(person).get("/keys/").text


def test_an_empty_matrix_says_what_to_do(
    client_of: ClientOf, ada: User, sam: User
) -> None:
    assert "/keys/add/" in client_of(ada).get(URL).text
    empty = client_of(sam).get(URL).text
    assert "No key yet" in empty
    assert "/keys/add/" not in empty
