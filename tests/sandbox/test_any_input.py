"""Whatever is sent: a clean refusal or a sound answer, never a broken sandbox."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from starlette.testclient import TestClient

from console.sandbox import seed, tokens
from console.sandbox.answers import sample_of
from console.sandbox.app import create_app

WORLD = seed.new_world()
WORLD.settings.pace = 0
SECRET = next(key.secret for key in WORLD.keys.values() if key.name == "search-staging")
CLIENT = TestClient(create_app(WORLD), "http://127.0.0.1", client=("127.0.0.1", 5000))
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
MODEL = some.sampled_from(["grok-4.3", "grok-2", "grok-imagine-image", "none"])
PART = some.fixed_dictionaries(
    {"type": some.sampled_from(["text", "image_url", "image", "tool_result", "x"])},
    optional={
        "text": some.text(max_size=20) | JSON,
        "image_url": some.just({"url": "https://example.com/a.png"}) | JSON,
        "source": some.just({"type": "url", "url": "https://example.com/a"}) | JSON,
        "content": JSON,
    },
)
MESSAGE = some.fixed_dictionaries(
    {
        "role": some.sampled_from(["system", "user", "assistant", "x"]),
        "content": some.text(max_size=40) | some.lists(PART, max_size=3) | JSON,
    }
)
MAYBE_ODD = {
    "temperature": some.floats() | JSON,
    "n": some.integers(-1, 5) | JSON,
    "max_tokens": some.integers(-1, 50) | JSON,
    "stop": some.lists(some.text(max_size=3), max_size=5) | JSON,
    "stop_sequences": some.lists(some.text(max_size=3), max_size=5) | JSON,
    "stream": some.booleans() | JSON,
    "stream_options": some.just({"include_usage": True}) | JSON,
    "seed": some.integers() | JSON,
    "system": some.text(max_size=10) | JSON,
    "reasoning_effort": some.sampled_from(["none", "low", "xhigh", "x"]) | JSON,
    "response_format": JSON
    | some.fixed_dictionaries(
        {"type": some.just("json_schema"), "json_schema": JSON},
    ),
    "tools": JSON,
    "tool_choice": JSON,
    "max_tokens_to_sample": some.integers(-1, 50) | JSON,
    "echo": some.booleans() | JSON,
}
BODIES = {
    "/v1/chat/completions": {"messages": some.lists(MESSAGE, max_size=3) | JSON},
    "/v1/messages": {"messages": some.lists(MESSAGE, max_size=3) | JSON},
    "/v1/completions": {
        "prompt": some.text(max_size=20) | some.lists(some.text(), max_size=3) | JSON
    },
    "/v1/complete": {"prompt": some.text(max_size=20) | JSON},
    "/v1/tokenize-text": {"text": some.text() | JSON},
}
LEVERS = {
    ("POST", "keys"): ["name", "team", "acls", "owner", "note"],
    ("POST", "models"): ["id", "aliases", "prompt_text_token_price", "version"],
    ("PATCH", "settings"): ["pace", "max_body", "messages_index"],
    ("POST", "faults"): ["match", "kind", "times", "retry_after", "seconds"],
}


@pytest.mark.parametrize("path", BODIES)
def test_an_odd_body_never_breaks_a_model_route(path: str) -> None:
    bodies = some.fixed_dictionaries(
        {"model": MODEL} | BODIES[path], optional=MAYBE_ODD
    )

    @settings(max_examples=60, deadline=None)
    @given(body=bodies | JSON)
    def any_body(body: Any) -> None:
        answer = CLIENT.post(
            path,
            content=json.dumps(body),
            headers={
                "Authorization": f"Bearer {SECRET}",
                "Content-Type": "application/json",
            },
        )
        assert answer.status_code in (200, 400, 403, 404, 410, 422)

    any_body()


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever[1])
def test_an_odd_body_never_breaks_a_lever(lever: tuple[str, str]) -> None:
    verb, path = lever
    bodies = some.fixed_dictionaries({}, optional=dict.fromkeys(LEVERS[lever], JSON))

    @settings(max_examples=40, deadline=None)
    @given(body=bodies | JSON)
    def any_body(body: Any) -> None:
        answer = CLIENT.request(
            verb,
            f"/sandbox/{path}",
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code in (200, 400)

    try:
        any_body()
    finally:
        CLIENT.post("/sandbox/reset", json={})
        CLIENT.patch("/sandbox/settings", json={"pace": 0})


@settings(max_examples=100, deadline=None)
@given(text=some.text(some.characters(exclude_categories=["Cs"])))
def test_any_text_survives_its_tokens(text: str) -> None:
    cut = tokens.split(text)

    assert b"".join(cut).decode() == text
    assert "".join(tokens.pieces(text)) == text
    assert all(1 <= len(token) <= 9 or not token.strip() for token in cut)


@given(text=some.text(some.characters(exclude_categories=["Cs"]), max_size=50))
def test_tokens_depend_on_nothing_but_the_text(text: str) -> None:
    rows = [tokens.token_json(token) for token in tokens.split(text)]

    assert [tokens.token_json(token) for token in tokens.split(text)] == rows


@given(schema=JSON)
def test_any_schema_gives_some_json(schema: Any) -> None:
    json.dumps(sample_of(schema))


def test_a_schema_without_end_is_cut_off() -> None:
    schema: dict[str, Any] = {"type": "array"}
    schema["items"] = schema

    assert json.dumps(sample_of(schema)).count("[") < 50
