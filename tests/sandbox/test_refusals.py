"""Who and what is refused, with xAI's statuses, codes and texts."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic abc"},
        {"x-api-key": "xai-whatever"},
    ],
    ids=["none", "empty", "no secret", "basic", "the header of another API"],
)
def test_a_call_without_a_bearer_key_is_a_401(
    sandbox: Sandbox, headers: dict[str, str]
) -> None:
    answer = sandbox.http.get("/v1/models", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated:no-credentials"


@pytest.mark.parametrize("secret", ["xai-" + "x" * 80, "x", "management-token"])
def test_a_wrong_key_is_a_400_and_is_not_repeated(
    sandbox: Sandbox, secret: str
) -> None:
    answer = sandbox.http.get(
        "/v1/api-key", headers={"Authorization": f"Bearer {secret}"}
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-argument"
    assert answer.json()["error"].startswith("Incorrect API key provided: ")
    assert f" {secret}." not in answer.json()["error"]


def test_a_key_that_is_no_longer_accepted_is_a_wrong_key(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/api-key", "platform-ci").status_code == 400


def test_a_key_that_never_gets_an_answer_survives_clearing_faults(
    sandbox: Sandbox,
) -> None:
    sandbox.control.clear_faults()

    assert sandbox.get("/v1/api-key", "platform-sandbox").status_code == 503


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("lab-agents", "currently blocked. Please contact"),
        ("search-nightly-eval", "API key is currently blocked"),
        ("support-legacy-bot", "is disabled"),
    ],
    ids=["team blocked", "key blocked", "key disabled"],
)
def test_a_stopped_key_is_a_403_everywhere(
    sandbox: Sandbox, key: str, words: str
) -> None:
    for answer in (sandbox.get("/v1/models", key), sandbox.chat(key=key)):
        assert answer.status_code == 403
        assert answer.json()["code"] == "permission-denied"
        assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("key", "flags"),
    [
        ("platform-gateway", (False, False, False)),
        ("lab-agents", (True, False, False)),
        ("search-nightly-eval", (False, True, False)),
        ("support-legacy-bot", (False, False, True)),
    ],
)
def test_a_stopped_key_can_still_read_its_own_flags(
    sandbox: Sandbox, key: str, flags: tuple[bool, bool, bool]
) -> None:
    answer = sandbox.get("/v1/api-key", key)

    names = ("team_blocked", "api_key_blocked", "api_key_disabled")
    assert answer.status_code == 200
    assert tuple(answer.json()[name] for name in names) == flags


def test_whether_a_stopped_key_can_read_itself_is_a_setting(sandbox: Sandbox) -> None:
    sandbox.control.settings(api_key_status_when_blocked=403)

    assert sandbox.get("/v1/api-key", "lab-agents").status_code == 403
    assert sandbox.get("/v1/api-key", "platform-gateway").status_code == 200


@pytest.mark.parametrize(
    ("verb", "path", "body", "endpoint"),
    [
        ("GET", "/v1/models", None, "models"),
        ("GET", "/v1/language-models/grok-4.3", None, "models"),
        ("POST", CHAT, {}, "chat"),
        ("POST", "/v1/messages", {}, "chat"),
        ("POST", "/v1/tokenize-text", {}, "tokenize"),
        ("POST", "/v1/completions", {}, "sample"),
        ("POST", "/v1/complete", {}, "sample"),
    ],
)
def test_an_endpoint_outside_the_acls_is_a_403(
    sandbox: Sandbox, verb: str, path: str, body: Any, endpoint: str
) -> None:
    key = sandbox.control.create_key("bare", "Search", ["api-key:model:*"])

    answer = sandbox.http.request(
        verb, path, json=body, headers={"Authorization": f"Bearer {key.secret}"}
    )

    assert answer.status_code == 403
    assert f"Access to the {endpoint} endpoint is denied" in answer.json()["error"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_model_outside_the_acls_is_refused_as_the_settings_say(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.control.settings(model_denied_status=status)

    answer = sandbox.chat(key="support-desk-prod", model="grok-4.7")

    assert answer.status_code == status
    assert "grok-4.7" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "model", "words"),
    [
        ("/v1/models/", "grok-none", "does not exist or your team"),
        ("/v1/language-models/", "grok-none", "does not exist or your team"),
        ("/v1/models/", "grok-2-vision-1212", "was retired on 2025-09-15"),
    ],
)
def test_an_unknown_or_retired_model_is_a_404(
    sandbox: Sandbox, path: str, model: str, words: str
) -> None:
    answer = sandbox.get(path + model)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
    assert words in answer.json()["error"]


@pytest.mark.parametrize("path", ["/v1/models", "/v1/nothing", "/v1/api-key"])
def test_every_answer_has_an_id_and_returns_the_clients(
    sandbox: Sandbox, path: str
) -> None:
    answer = sandbox.http.get(path, headers={"x-client-request-id": "c-1"})

    assert len(answer.headers["x-request-id"]) == 36
    assert answer.headers["x-client-request-id"] == "c-1"
