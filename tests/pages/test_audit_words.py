"""Every act of ours has words, and what is not known is shown as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from console.pages.audit_words import (
    BY_KIND,
    WORDS,
    Kind,
    Sentence,
    kind_of,
    sentence_of,
    title_of,
)
from tests.conventions.sources import modules, name_of, tree

ACTION = re.compile(r"[a-z_]+\.[a-z_]+|sign_out")


def actions_written() -> Iterator[tuple[str, str]]:
    """Yield each action that a call names, and where: `record(action="…")`."""
    for file in modules("console"):
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call):
                continue
            for argument in (k.value for k in node.keywords if k.arg == "action"):
                if isinstance(argument, ast.Constant) and "." in str(argument.value):
                    yield str(argument.value), name_of(file)


def test_every_action_that_is_written_has_words() -> None:
    written = dict(actions_written())

    assert len(written) > 5
    assert {a: f for a, f in written.items() if a not in WORDS} == {}


@pytest.mark.parametrize("action", WORDS)
def test_actions_are_named_alike_and_fit_their_column(action: str) -> None:
    assert ACTION.fullmatch(action)
    assert len(action) <= 64
    assert title_of(action)[0].isupper()
    assert "{" not in title_of(action)
    assert "," not in title_of(action)


def test_every_action_is_of_one_kind() -> None:
    assert sorted(name for names in BY_KIND.values() for name in names) == sorted(WORDS)
    assert kind_of("never.heard_of") is Kind.HERE


@pytest.mark.parametrize(
    ("action", "name", "detail", "said"),
    [
        pytest.param(
            "key.added",
            "search-prod",
            {},
            ("Added", "the key ", "search-prod", ""),
            id="a thing",
        ),
        pytest.param(
            "key.edited",
            "search-prod",
            {"before": {"owner": ""}, "after": {"owner": "Mara"}},
            ("Changed", "the owner of ", "search-prod", ""),
            id="one field",
        ),
        pytest.param(
            "key.edited",
            "search-prod",
            {"before": {"owner": "", "api_key_disabled": 0}, "after": {}},
            ("Changed", "the facts of ", "search-prod", ""),
            id="no field",
        ),
        pytest.param(
            "keys.imported",
            "",
            {"stored": 3, "refused": 1},
            ("Imported", "keys: 3 stored, 1 refused", "", ""),
            id="figures",
        ),
        pytest.param(
            "keys.imported",
            "",
            {},
            ("Imported", "keys: some stored, some refused", "", ""),
            id="figures that are missing",
        ),
        pytest.param(
            "sign_in.failed",
            "",
            {"count": 3},
            ("Failed to sign in", "under an unknown name", "", ""),
            id="without a thing",
        ),
        pytest.param(
            "evidence.made",
            "all teams",
            {"from": "2026-01-01", "until": "2026-03-31"},
            (
                "Made an evidence pack",
                "for ",
                "all teams",
                ", 2026-01-01 to 2026-03-31",
            ),
            id="words behind the thing",
        ),
        pytest.param(
            "never.heard_of",
            "it",
            {},
            ("never.heard_of", "", "it", ""),
            id="an action of a newer version",
        ),
    ],
)
def test_says_an_entry_in_words(
    action: str, name: str, detail: dict[str, object], said: tuple[str, ...]
) -> None:
    assert sentence_of(action, name, detail) == Sentence(*said)
