"""The page of levers, against a real sandbox."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from console.accounts.models import User
from tests.people import ClientOf
from tests.sandbox.conftest import Sandbox

URL = "/sandbox/"


@pytest.fixture
def player(tryout: Sandbox, client_of: ClientOf, sam: User) -> Client:
    """Staff may play with the sandbox too."""
    return client_of(sam)


def test_shows_every_team_and_key(player: Client) -> None:
    page = player.get(URL).text

    assert page.count('data-label="At the sandbox"') == 16
    for name in ("Search", "Support desk", "Platform", "Research lab"):
        assert f">{name}</h2>" in page
    assert "Everything is sample data." in page


def test_shows_secrets_of_spare_keys_only(player: Client, tryout: Sandbox) -> None:
    page = player.get(URL).text

    assert tryout.secret("search-newcomer") in page
    assert tryout.secret("search-prod-ranker") not in page


def test_blocks_a_team_and_lifts_it_again(player: Client, tryout: Sandbox) -> None:
    team = tryout.control.world().team("Search").id

    told = player.post("/sandbox/team/", {"team": team, "blocked": "on"}, follow=True)
    assert tryout.control.world().team("Search").blocked
    assert "At the sandbox the team Search is blocked." in told.text

    player.post("/sandbox/team/", {"team": team})
    assert not tryout.control.world().team("Search").blocked


@pytest.mark.parametrize(
    ("change", "field", "after"),
    [
        ("block", "blocked", True),
        ("disable", "disabled", True),
        ("unblock", "blocked", False),
        ("enable", "disabled", False),
    ],
)
def test_changes_a_key(
    player: Client, tryout: Sandbox, change: str, field: str, after: bool
) -> None:
    key = tryout.control.world().key("search-staging")
    if not after:
        tryout.control.change_key(key.api_key_id, **{field: True})

    answer = player.post("/sandbox/key/", {"key": key.api_key_id, "change": change})

    assert answer.status_code == 302
    assert getattr(tryout.control.world().key("search-staging"), field) is after


@pytest.mark.parametrize(
    ("rights", "acls"),
    [
        ("all", ["api-key:model:*", "api-key:endpoint:*"]),
        ("chat", ["api-key:model:*", "api-key:endpoint:chat"]),
        ("none", []),
    ],
)
def test_changes_rights(
    player: Client, tryout: Sandbox, rights: str, acls: list[str]
) -> None:
    key = tryout.control.world().key("search-staging").api_key_id

    player.post("/sandbox/key/", {"key": key, "change": "rights", "rights": rights})

    assert tryout.control.world().key("search-staging").acls == acls


def test_tells_when_prices_are_read_and_how_to_read_them_now(
    player: Client, client_of: ClientOf, olga: User
) -> None:
    page, for_olga = player.get(URL).text, client_of(olga).get(URL).text

    assert "models and prices are read every 6 h" in page
    assert "No key is watched, so no price is read." in page
    assert 'action="/models/look/"' not in page
    assert 'action="/models/look/"' in for_olga


def test_an_odd_price_can_be_tried_at_once(player: Client, tryout: Sandbox) -> None:
    before = tryout.control.world().models[0]

    wanted = {"model": before.id, "factor": "20"}
    told = player.post("/sandbox/price/", wanted, follow=True).text

    (after,) = [m for m in tryout.control.world().models if m.id == before.id]
    assert after.prompt_text_token_price == 20 * before.prompt_text_token_price
    assert "costs 20 times as much, which is odd" in told
    assert "“Look now” does it at once" in told


def test_changes_all_token_prices_and_no_threshold(
    player: Client, tryout: Sandbox
) -> None:
    before = tryout.control.world().model("grok-4.3")

    player.post("/sandbox/price/", {"model": "grok-4.3", "factor": "1.2"})

    after = tryout.control.world().model("grok-4.3")
    assert after.prompt_text_token_price * 10 == before.prompt_text_token_price * 12
    assert after.completion_text_token_price > before.completion_text_token_price
    assert after.long_context_threshold == before.long_context_threshold


def test_orders_faults_and_ends_them(player: Client, tryout: Sandbox) -> None:
    key = tryout.control.world().key("search-staging").api_key_id
    standing = len(tryout.control.faults())

    player.post("/sandbox/fault/", {"kind": "429", "key": key})
    assert tryout.get("/v1/api-key", "search-staging").status_code == 429

    player.post("/sandbox/fault/", {"kind": "clear"})
    assert len(tryout.control.faults()) == standing
    assert tryout.get("/v1/api-key", "search-staging").status_code == 200


def test_makes_a_key_whose_secret_is_then_shown(
    player: Client, tryout: Sandbox
) -> None:
    team = tryout.control.world().team("Platform").id
    form = {"name": "mine", "team": team, "rights": "chat"}

    page = player.post("/sandbox/new-key/", form, follow=True).text

    made = tryout.control.world().key("mine")
    assert made.spare
    assert made.secret in page


@pytest.mark.parametrize(
    ("path", "form"),
    [
        pytest.param("team", {}, id="no team"),
        pytest.param("team", {"team": "nobody"}, id="unknown team"),
        pytest.param("key", {"key": "x", "change": "explode"}, id="unknown change"),
        pytest.param("key", {"key": "x", "change": "block"}, id="unknown key"),
        pytest.param("key", {"key": "x", "change": "rights"}, id="no rights"),
        pytest.param("price", {"model": "x", "factor": "2"}, id="unknown model"),
        pytest.param("price", {"model": "grok-4.3", "factor": "-1"}, id="odd factor"),
        pytest.param("fault", {"kind": "429"}, id="fault without a key"),
        pytest.param("new-key", {"name": "", "team": "", "rights": "all"}, id="empty"),
    ],
)
def test_wrong_input_does_nothing_and_says_so(
    player: Client, tryout: Sandbox, path: str, form: dict[str, str]
) -> None:
    before = tryout.control.world()

    answer = player.post(f"/sandbox/{path}/", form, follow=True)

    assert "The sandbox did nothing" in answer.text
    assert tryout.control.world() == before


def test_says_when_the_sandbox_is_gone(player: Client, settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    page = player.get(URL)

    assert page.status_code == 200
    assert "The sandbox does not answer" in page.text


@pytest.mark.parametrize(
    "path", ["", "team/", "key/", "price/", "tokenizer/", "fault/", "new-key/"], ids=str
)
def test_does_not_exist_outside_try_out_mode(
    path: str, client_of: ClientOf, ada: User
) -> None:
    player = client_of(ada)
    act = player.post if path else player.get

    assert act(f"{URL}{path}").status_code == 404


def test_is_in_the_rail_in_try_out_mode_only(
    player: Client, settings: Settings
) -> None:
    assert 'href="/sandbox/"' in player.get("/").text

    settings.TRYOUT = False

    assert 'href="/sandbox/"' not in player.get("/").text


def test_levers_want_a_post(player: Client) -> None:
    assert player.get("/sandbox/team/").status_code == 405


def test_changes_a_tokenizer_and_back(player: Client, tryout: Sandbox) -> None:
    text = {"model": "grok-4.3", "text": "Tokenization of notices"}

    def tokens() -> int:
        return len(tryout.post("/v1/tokenize-text", text).json()["token_ids"])

    before = tokens()

    told = player.post(
        "/sandbox/tokenizer/", {"model": "grok-4.3", "letters": "4"}, follow=True
    )

    assert "At the sandbox grok-4.3 cuts text finer." in told.text
    assert tokens() > before
    player.post("/sandbox/tokenizer/", {"model": "grok-4.3", "letters": "8"})
    assert tokens() == before


@pytest.mark.parametrize("sent", [{"model": "grok-4.3", "letters": "9"}, {}])
def test_a_tokenizer_that_is_not_offered_does_nothing(
    player: Client, tryout: Sandbox, sent: dict[str, str]
) -> None:
    told = player.post("/sandbox/tokenizer/", sent, follow=True)

    assert "The sandbox did nothing" in told.text
    assert tryout.control.world().model("grok-4.3").longest_token == 8
