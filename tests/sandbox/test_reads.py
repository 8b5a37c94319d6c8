"""The GET routes and tokenizing: what a key sees."""

import pytest

from console.sandbox import tokens
from tests.sandbox.conftest import Sandbox

TEXTS = [
    "",
    "Hello world!",
    "  two  spaces\n\nand lines\t",
    "Blåbærsyltetøy på 12345 kr",
    "漢字とかな",
    "👩‍👩‍👧 family",
    "\x00\x7f\u2028\u0301",
    "tokenization" * 50,
]


def names(sandbox: Sandbox, key: str, path: str = "/v1/language-models") -> list[str]:
    data = sandbox.get(path, key).json()
    return [entry["id"] for entry in data.get("models", data.get("data"))]


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("support-desk-prod", ["grok-4.3", "grok-4.20-0309-non-reasoning"]),
        ("support-vision-intake", ["grok-4.6"]),
        ("search-prod-rewrite", ["grok-4.3", "grok-2-1212"]),
    ],
    ids=["by id", "one is gone", "by alias"],
)
def test_the_lists_show_only_what_the_acls_allow(
    sandbox: Sandbox, key: str, seen: list[str]
) -> None:
    assert names(sandbox, key) == seen
    assert names(sandbox, key, "/v1/models") == seen


def test_a_wildcard_shows_all_models_on_offer(sandbox: Sandbox) -> None:
    seen = names(sandbox, "platform-gateway")

    assert len(seen) == 8
    assert "grok-2-vision-1212" not in seen
    assert set(names(sandbox, "platform-gateway", "/v1/models")) - set(seen) == {
        "grok-imagine-image"
    }


def test_an_acl_on_an_alias_may_mean_the_alias_only(sandbox: Sandbox) -> None:
    sandbox.control.settings(acl_by_alias=False)

    assert names(sandbox, "search-prod-rewrite") == ["grok-2-1212"]
    assert sandbox.chat(key="search-prod-rewrite").status_code == 403
    by_alias = sandbox.chat(key="search-prod-rewrite", model="grok-4.3-latest")
    assert by_alias.status_code == 200


def test_lists_may_answer_without_an_acl_of_their_own(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/models", "search-prod-ranker").status_code == 403

    sandbox.control.settings(lists_need_acl=False)

    assert names(sandbox, "search-prod-ranker") == ["grok-4.3"]


@pytest.mark.parametrize("path", ["/v1/models/", "/v1/language-models/"])
def test_a_detail_route_returns_the_alias_as_id(sandbox: Sandbox, path: str) -> None:
    entry = sandbox.get(f"{path}grok-2-latest").json()

    assert entry["id"] == "grok-2-latest"
    assert entry["aliases"] == ["grok-2", "grok-2-latest"]


def test_a_model_outside_the_acls_is_refused_on_the_detail_route(
    sandbox: Sandbox,
) -> None:
    answer = sandbox.get("/v1/models/grok-4.7", "support-desk-prod")

    assert answer.status_code == 403


def test_an_image_model_is_no_language_model(sandbox: Sandbox) -> None:
    entry = sandbox.get("/v1/models/grok-imagine-image").json()

    assert entry["image_price"] == 200_000_000
    assert "prompt_text_token_price" not in entry
    assert sandbox.get("/v1/language-models/grok-imagine-image").status_code == 400


def test_context_length_is_only_in_the_general_list(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/models/grok-4.3").json()["context_length"] == 1_000_000
    assert "context_length" not in sandbox.get("/v1/language-models/grok-4.3").json()


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_give_the_text_back(sandbox: Sandbox, text: str) -> None:
    body = {"model": "grok-4.3", "text": text}

    rows = sandbox.post("/v1/tokenize-text", body).json()["token_ids"]

    joined = b"".join(bytes(row["token_bytes"]) for row in rows)
    assert joined.decode() == text
    assert all(0 <= row["token_id"] < tokens.VOCABULARY for row in rows)


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_are_one_for_each_token(text: str) -> None:
    assert "".join(tokens.pieces(text)) == text
    assert len(tokens.pieces(text)) == tokens.count(text)


def test_a_character_may_be_split_over_two_tokens() -> None:
    first, second = tokens.split("👍")

    assert (first + second).decode() == "👍"
    assert tokens.token_json(first)["string_token"] == "\ufffd"


def test_the_same_token_has_the_same_id_in_any_process() -> None:
    assert tokens.split("Hello world!") == [b"Hello", b" world", b"!"]
    assert tokens.token_json(b"Hello")["token_id"] == 65052


def test_tokenizing_is_booked_without_a_price(sandbox: Sandbox) -> None:
    sandbox.post("/v1/tokenize-text", {"model": "grok-4.3", "text": "Hi"})

    (call,) = sandbox.control.ledger()
    assert (call.usage, call.ticks) == (None, None)
