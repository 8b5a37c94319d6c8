"""The control API: what it changes, and what it refuses."""

from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from console.sandbox import seed
from console.sandbox.app import create_app
from console.sandbox.control import Control, ControlError
from tests.sandbox.conftest import Sandbox


def test_a_key_made_here_is_known_at_once(sandbox: Sandbox) -> None:
    acls = ["api-key:model:grok-4.3", "api-key:endpoint:models"]

    key = sandbox.control.create_key("fresh", "Search", acls, owner="Ada", note="New.")

    headers = {"Authorization": f"Bearer {key.secret}"}
    shown = sandbox.http.get("/v1/api-key", headers=headers).json()
    assert (shown["name"], shown["acls"]) == ("fresh", acls)
    assert (key.owner, key.note) == ("Ada", "New.")
    assert len(key.secret) == 84


def test_many_keys_are_made_at_once(sandbox: Sandbox) -> None:
    keys = sandbox.control.create_keys("load", "Search", [], count=250)

    assert len({key.secret for key in keys}) == 250
    assert keys[0].name == "load-00000"


def test_a_change_of_a_key_leaves_time_and_person_behind(sandbox: Sandbox) -> None:
    before = sandbox.control.world().key("search-staging")

    after = sandbox.control.change_key(
        before.api_key_id, acls=["api-key:model:*"], modified_by="a-stranger"
    )

    shown = sandbox.get("/v1/api-key", "search-staging").json()
    assert after.modify_time > before.modify_time
    assert shown["acls"] == ["api-key:model:*"]
    assert shown["modified_by"] == "a-stranger"


def test_a_change_by_nobody_in_particular_is_the_team_admins(sandbox: Sandbox) -> None:
    world = sandbox.control.world()
    key = world.key("search-staging")

    changed = sandbox.control.change_key(key.api_key_id, name="renamed")

    assert changed.modified_by == world.team("Search").admin_id
    assert changed.name == "renamed"


def test_a_deleted_key_is_a_wrong_key(sandbox: Sandbox) -> None:
    key = sandbox.control.create_key("brief", "Search", [])

    sandbox.control.delete_key(key.api_key_id)

    headers = {"Authorization": f"Bearer {key.secret}"}
    assert sandbox.http.get("/v1/api-key", headers=headers).status_code == 400


def test_an_added_model_answers_and_a_retired_one_does_not(sandbox: Sandbox) -> None:
    sandbox.control.add_model("grok-9", aliases=["grok-9-latest"])

    assert sandbox.chat(model="grok-9-latest").json()["model"] == "grok-9"

    sandbox.control.change_model("grok-9", retired=True, replacement="grok-4.7")
    refused = sandbox.chat(model="grok-9")
    assert refused.status_code == 404
    assert "grok-4.7" in refused.json()["error"]


def test_an_alias_moves_from_one_model_to_another(sandbox: Sandbox) -> None:
    sandbox.control.change_model("grok-4.6", aliases=["grok-4.3-latest"])

    assert sandbox.chat(model="grok-4.3-latest").json()["model"] == "grok-4.6"
    assert sandbox.control.world().model("grok-4.3").aliases == []


def test_a_reset_brings_the_seed_back_with_the_same_secrets(sandbox: Sandbox) -> None:
    before = sandbox.control.world()
    gateway, team = before.key("platform-gateway"), before.team("Search")
    sandbox.control.delete_key(gateway.api_key_id)
    sandbox.control.change_team(team.id, blocked=True)
    sandbox.control.change_model("grok-4.3", retired=True)
    sandbox.control.add_fault("500")

    sandbox.control.reset()

    after = sandbox.control.world()
    assert after.key("platform-gateway").secret == gateway.secret
    assert not after.team("Search").blocked
    assert not after.model("grok-4.3").retired
    assert all(fault.permanent for fault in sandbox.control.faults())
    assert sandbox.control.ledger() == []


def test_the_ledger_tells_what_each_call_used(sandbox: Sandbox) -> None:
    answer = sandbox.post(
        "/v1/chat/completions",
        {"model": "grok-4.3", "messages": [{"role": "user", "content": "Hi"}]},
        **{"x-client-request-id": "mine-1"},
    )

    (call,) = sandbox.control.ledger()
    usage = answer.json()["usage"]
    assert call.request_id == answer.headers["x-request-id"]
    assert call.client_request_id == answer.headers["x-client-request-id"] == "mine-1"
    assert call.ticks == usage["cost_in_usd_ticks"]
    assert call.usage is not None
    assert call.usage.completion_tokens == usage["completion_tokens"]
    assert call.completed
    assert call.endpoint == "/v1/chat/completions"


def test_a_refused_call_is_not_in_the_ledger(sandbox: Sandbox) -> None:
    sandbox.chat(model="grok-unheard-of")

    assert sandbox.control.ledger() == []


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("POST", "keys", {}, 400),
        ("POST", "keys", {"name": 3, "team": "Search"}, 400),
        ("POST", "keys", {"name": "x", "team": "Nobody"}, 400),
        ("POST", "keys", {"name": "x", "team": "Search", "acls": "all"}, 400),
        ("POST", "keys", {"name": "x", "team": "Search", "acls": [1]}, 400),
        ("POST", "keys", {"name": "x", "team": "Search", "count": 0}, 400),
        ("POST", "keys", {"name": "x", "team": "Search", "colour": "red"}, 400),
        ("POST", "keys", [], 400),
        ("PATCH", "keys/none", {}, 404),
        ("DELETE", "keys/none", None, 404),
        ("PATCH", "teams/none", {"blocked": True}, 404),
        ("PATCH", "models/grok-0", {}, 404),
        ("PATCH", "models/grok-4.3", {"prompt_text_token_price": -1}, 400),
        ("PATCH", "models/grok-4.3", {"prompt_text_token_price": 1.5}, 400),
        ("PATCH", "models/grok-4.3", {"prompt_text_token_price": 2**63}, 400),
        ("PATCH", "models/grok-4.3", {"retired": "yes"}, 400),
        ("PATCH", "models/grok-4.3", {"id": "grok-5"}, 400),
        ("POST", "models", {"id": "grok-4.3"}, 400),
        ("POST", "models", {"id": "x", "kind": "video"}, 400),
        ("PATCH", "settings", {"pace": -1}, 400),
        ("PATCH", "settings", {"pace": "fast"}, 400),
        ("PATCH", "settings", {"model_denied_status": 500}, 400),
        ("PATCH", "settings", {"messages_index": 1}, 400),
        ("PATCH", "settings", {"unknown": 1}, 400),
        ("POST", "faults", {"kind": "earthquake"}, 400),
        ("POST", "faults", {"kind": "500", "times": 0}, 400),
        ("POST", "faults", {"kind": "500", "match": {"planet": "x"}}, 400),
        ("POST", "faults", {"kind": "500", "after_events": 2}, 400),
        ("GET", "nothing", None, 404),
        ("PUT", "keys", {}, 405),
    ],
)
def test_wrong_input_is_refused_and_changes_nothing(
    sandbox: Sandbox, verb: str, path: str, body: Any, status: int
) -> None:
    before = sandbox.control.world()

    answer = sandbox.http.request(verb, f"/sandbox/{path}", json=body)

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]
    assert sandbox.control.world() == before


@pytest.mark.parametrize(
    "content", [b"{", b"\xff", b"[" * 100_000, b" " * 1_100_000], ids=len
)
def test_a_body_that_is_no_json_is_refused(sandbox: Sandbox, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    answer = sandbox.http.post("/sandbox/keys", content=content, headers=headers)

    assert answer.status_code == 400


def test_a_form_of_a_web_page_is_refused(sandbox: Sandbox) -> None:
    """A browser sends text/plain to any address; application/json it asks first."""
    headers = {"Content-Type": "text/plain"}

    answer = sandbox.http.post("/sandbox/reset", content="{}", headers=headers)

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "[::2]:80", ""])
def test_a_foreign_host_name_finds_nothing(sandbox: Sandbox, host: str) -> None:
    answer = sandbox.http.get("/sandbox/world", headers={"Host": host})

    assert answer.status_code in (400, 404)
    assert "xai-" not in answer.text


def test_another_machine_finds_nothing() -> None:
    app = create_app(seed.new_world())
    stranger = TestClient(app, "http://127.0.0.1", client=("192.0.2.7", 5000))
    neighbour = TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 5000))

    assert stranger.get("/sandbox/world").status_code == 404
    assert neighbour.get("/sandbox/world").status_code == 200


def test_the_client_says_why_it_was_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="team must be the id") as caught:
        sandbox.control.create_key("x", "Nobody", [])

    assert caught.value.status == 400


def test_the_client_says_when_nobody_answers() -> None:
    with pytest.raises(ControlError, match="did not answer") as caught:
        Control("http://127.0.0.1:9").health()

    assert caught.value.status is None


def test_a_key_is_shown_without_its_secret(sandbox: Sandbox) -> None:
    key = sandbox.control.world().key("platform-gateway")

    assert key.secret not in repr(key)
    assert key.secret not in repr(sandbox.control.world())


def test_settings_are_read_by_changing_none(sandbox: Sandbox) -> None:
    assert sandbox.control.settings(pace=0.5).pace == 0.5
    assert sandbox.control.settings().pace == 0.5


def test_health_answers(sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.url}/sandbox/health")

    assert answer.json() == sandbox.control.health()
    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize("letters", [0, 65, "many"])
def test_a_tokenizer_has_bounds(sandbox: Sandbox, letters: object) -> None:
    with pytest.raises(ControlError):
        sandbox.control.change_model("grok-4.3", longest_token=letters)


def test_another_tokenizer_counts_for_prompts_too(sandbox: Sandbox) -> None:
    text = "Internationalization " * 20
    before = sandbox.chat(text).json()["usage"]["prompt_tokens"]

    sandbox.control.change_model("grok-4.3", longest_token=2)

    assert sandbox.chat(text).json()["usage"]["prompt_tokens"] > 2 * before
