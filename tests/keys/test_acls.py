from __future__ import annotations

import pytest

from console.keys import acls as grammar

ALL = ["api-key:model:*", "api-key:endpoint:*"]


@pytest.mark.parametrize(
    ("entry", "kind", "name"),
    [
        ("api-key:model:*", "model", "*"),
        ("api-key:endpoint:chat", "endpoint", "chat"),
        ("api-key:model:vendor:grok:4", "model", "vendor:grok:4"),
        ("api-key:model:", "", ""),
        ("api-key:model", "", ""),
        ("team-token:endpoint:ListApiKeys", "", ""),
        ("", "", ""),
        ("api-key:region:eu", "region", "eu"),
    ],
)
def test_an_entry_is_split_at_its_first_two_colons(
    entry: str, kind: str, name: str
) -> None:
    assert grammar.parse(entry) == grammar.Acl(entry, kind, name)


@pytest.mark.parametrize(
    ("acls", "allowed"),
    [
        (None, None),
        ([], False),
        (ALL, True),
        (["api-key:endpoint:chat"], True),
        (["api-key:endpoint:cha"], False),
        (["api-key:model:chat"], False),
        (["API-KEY:endpoint:chat"], False),
    ],
)
def test_an_endpoint_is_allowed_by_name_or_wildcard(
    acls: list[str] | None, allowed: bool | None
) -> None:
    assert grammar.allows_endpoint(acls, "chat") is allowed


@pytest.mark.parametrize(
    ("acls", "allowed"),
    [
        (None, None),
        ([], False),
        (ALL, True),
        (["api-key:model:grok-4.3"], True),
        (["api-key:model:grok-4.3-latest"], True),
        (["api-key:model:grok-4"], False),
        (["api-key:model:grok-4*"], False),
        (["api-key:endpoint:*"], False),
    ],
)
def test_a_model_is_allowed_by_id_alias_or_wildcard(
    acls: list[str] | None, allowed: bool | None
) -> None:
    assert grammar.allows_model(acls, "grok-4.3", ["grok-4.3-latest"]) is allowed


@pytest.mark.parametrize(
    ("acls", "words"),
    [
        (None, "not known"),
        ([], "nothing: the list is empty"),
        (ALL, "all models, all endpoints"),
        (
            ["api-key:model:*", "api-key:endpoint:chat", "api-key:endpoint:tokenize"],
            "all models, 2 of 7 endpoints",
        ),
        (
            ["api-key:model:a", "api-key:model:a", "api-key:endpoint:*"],
            "only a, all endpoints",
        ),
        (
            ["api-key:model:a", "api-key:model:b", "other"],
            "2 models, no endpoints, 1 unknown entry",
        ),
        (
            ["api-key:endpoint:voice", "api-key:region:eu"],
            "no models, no endpoints, 2 unknown entries",
        ),
    ],
)
def test_access_fits_on_a_line(acls: list[str] | None, words: str) -> None:
    assert grammar.in_words(acls) == words


def test_names_are_known_apart_from_the_wildcard() -> None:
    endpoints = grammar.endpoints_of(["api-key:endpoint:*", "api-key:endpoint:chat"])

    assert endpoints == grammar.Allowed(True, ("chat",))
    assert grammar.models_of(None) is None
