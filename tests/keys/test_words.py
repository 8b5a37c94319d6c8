"""Owners and tags to choose from."""

from __future__ import annotations

import pytest

from console.accounts.models import Team, User
from tests.keys.stored import stored_key
from tests.people import ClientOf


@pytest.fixture(autouse=True)
def stored(team: Team, other_team: Team) -> None:
    """Keys of two teams."""
    stored_key(team, "a", owner="Amy", tags=["prod", "eu"])
    stored_key(team, "b", owner="Zoe", tags=["prod"])
    stored_key(team, "c", owner="Zoe", tags=["old"])
    stored_key(other_team, "d", owner="Somebody else", tags=["secretive"])


def offered(text: str) -> list[str]:
    return [part.split('"', 1)[0] for part in text.split('value="')[1:]]


@pytest.mark.parametrize(
    ("kind", "start", "words"),
    [
        ("owner", "", ["Zoe", "Amy"]),
        ("owner", "am", ["Amy"]),
        ("owner", "%", []),
        ("owner", "am\0", ["Amy"]),
        ("tag", "", ["prod", "eu", "old"]),
        ("tag", "PR", ["prod"]),
    ],
)
def test_the_commonest_of_ones_own_teams_come_first(
    client_of: ClientOf, sam: User, kind: str, start: str, words: list[str]
) -> None:
    answer = client_of(sam).get(f"/keys/words/{kind}/", {kind: start})

    assert offered(answer.text) == words


def test_other_teams_words_do_not_exist(client_of: ClientOf, mia: User) -> None:
    browser = client_of(mia)

    assert offered(browser.get("/keys/words/tag/").text) == ["secretive"]
    assert "Amy" not in browser.get("/keys/words/owner/").text
