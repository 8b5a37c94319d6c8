"""Two keys side by side, and the pickers that find them."""

from __future__ import annotations

import re
import uuid

import pytest
from django.utils import timezone

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.keys.comparison import OPTIONS, compare
from console.keys.models import ApiKey
from tests.keys.stored import key, sees, stored_key, stored_model, stored_price
from tests.people import ClientOf

URL = "/keys/access/compare/"
M, E = "api-key:model:", "api-key:endpoint:"


def reader(
    team: Team, label: str, acls: list[str] | None, *seen: LanguageModel
) -> ApiKey:
    """Store a key whose list of models was read."""
    made = stored_key(team, label, acls=acls, models_checked_at=timezone.now())
    for model in seen:
        sees(made, model)
    return made


def options(page: str, side: str) -> list[str]:
    """Return the names that one picker offers."""
    select = page.split(f'<select name="{side}"', 1)[1].split("</select>", 1)[0]
    return re.findall(r'<option value="[^"]+"[^>]*>([^ ]+) ', select)


@pytest.fixture
def models(db: None) -> list[LanguageModel]:
    return [stored_model(f"grok-4.{n}") for n in (3, 5, 6)]


def test_names_are_split_by_whose_they_are(
    team: Team, models: list[LanguageModel]
) -> None:
    left = reader(team, "left", [f"{M}*", f"{E}chat", f"{E}models"], *models[:2])
    right = reader(team, "right", [f"{M}grok-4.5", f"{M}grok-4.6", f"{E}chat",
                                   f"{E}tokenize"], *models[1:])  # fmt: skip

    found = compare(left, right)

    assert found.models.left == ["grok-4.3"]
    assert found.models.both == ["grok-4.5"]
    assert found.models.right == ["grok-4.6"]
    assert found.endpoints.left == ["models"]
    assert found.endpoints.both == ["chat"]
    assert found.endpoints.right == ["tokenize"]
    assert found.models.unknown == found.endpoints.unknown == []


def test_what_is_not_known_of_one_is_on_no_side(
    team: Team, models: list[LanguageModel]
) -> None:
    left = reader(team, "left", [f"{M}*", f"{E}chat"], models[0])
    right = stored_key(team, "right", acls=[f"{M}grok-4.3", f"{M}gone", f"{E}chat"])
    untold = reader(team, "untold", None, models[0])

    unread, unknown = compare(left, right), compare(left, untold)

    assert unread.models.unknown == ["gone", "grok-4.3"]
    assert unread.endpoints.both == ["chat"]
    assert len(unknown.endpoints.unknown) == 7


def test_prices_are_compared_for_the_models_both_may_use(
    team: Team, other_team: Team, models: list[LanguageModel]
) -> None:
    acls = [f"{M}*", f"{E}chat"]
    left = reader(team, "left", acls, *models)
    right = reader(other_team, "right", acls, *models)
    for model in models[:2]:
        stored_price(model, team)
    stored_price(models[0], other_team)
    stored_price(models[1], other_team, completion_text_token_price=99_000)

    found = compare(left, right)

    assert found.compared == 2
    assert [each.name for each in found.differing] == ["grok-4.5"]
    assert found.differing[0].right.completion_text_token_price == 99_000
    assert found.unpriced == ["grok-4.6"]


def test_the_page_shows_what_was_found(
    client_of: ClientOf, ada: User, team: Team, models: list[LanguageModel]
) -> None:
    acls = [f"{M}*", f"{E}chat"]
    left, right = (reader(team, label, acls, models[0]) for label in ("one", "two"))
    stored_price(models[0], team)

    page = client_of(ada).get(URL, {"left": str(left.pk), "right": str(right.pk)}).text

    assert "Both see the same price for every model they share." in page
    assert f'<option value="{left.pk}" selected>' in page
    assert page.count('<span class="tag mono break">grok-4.3</span>') == 1


def test_without_two_keys_it_says_what_to_do(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    left = stored_key(team)

    for query in ({}, {"left": str(left.pk)}, {"left": "nonsense", "right": "%00"}):
        page = client_of(ada).get(URL, query)
        assert page.status_code == 200
        assert "Choose two keys" in page.text


def test_keys_of_other_teams_are_neither_offered_nor_there(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    theirs, own = stored_key(team, "theirs"), stored_key(other_team, "own")
    browser = client_of(mia)

    page = browser.get(URL, {"find_left": "their"}).text
    for query in (
        {"left": str(theirs.pk)},
        {"left": str(own.pk), "right": str(theirs.pk)},
        {"left": str(uuid.uuid4())},
    ):
        assert browser.get(URL, query).status_code == 404

    assert options(page, "left") == []
    assert options(page, "right") == ["own"]


def test_pickers_offer_some_keys_and_find_the_others(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    ApiKey.objects.bulk_create(key(team, f"key-{n:03}") for n in range(OPTIONS + 20))
    far = ApiKey.objects.get(label="key-065")
    browser = client_of(ada)

    first = browser.get(URL).text
    found = browser.get(URL, {"find_left": "key-06", "left": str(far.pk)}).text
    kept = browser.get(URL, {"left": str(far.pk)}).text

    assert len(options(first, "left")) == OPTIONS
    assert options(found, "left") == [f"key-{n:03}" for n in range(60, 70)]
    assert options(kept, "left")[0] == "key-065"
    assert len(options(kept, "left")) == OPTIONS


def test_answers_htmx_with_the_section_alone(
    client_of: ClientOf, ada: User, db: None
) -> None:
    part = client_of(ada).get(URL, headers={"HX-Request": "true"}).text

    assert part.lstrip().startswith('<section class="sheet" id="compare"')
    assert 'id="compared"' in part
    assert 'id="pick-left"' in part


def test_a_whole_key_in_a_picker_is_cut_to_its_tail(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    stored_key(team, "found", last_four="Zz09")

    page = client_of(ada).get(URL, {"find_left": "xai-" + "a" * 76 + "Zz09"}).text

    assert options(page, "left") == ["found"]
    assert "aaaa" not in page
