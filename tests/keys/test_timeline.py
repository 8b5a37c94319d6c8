"""Events in words: looks, and what became of models."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from console.accounts.models import User
from console.catalog.models import LanguageModel
from console.keys.models import KeyChange, KeyModel, Origin, Review
from console.keys.timeline import difference, events, model_events, told
from tests.people import NOON, SECRET

HOUR = timedelta(hours=1)
KEY = uuid4()


def change(field: str, after: Any, before: Any = None, **facts: Any) -> KeyChange:
    known = {
        "key_id": KEY,
        "gap_from": NOON - HOUR,
        "gap_until": NOON,
        "origin": Origin.OUTSIDE,
    }
    return KeyChange(field=field, before=before, after=after, **{**known, **facts})


@pytest.mark.parametrize(
    ("entries", "title"),
    [
        (["api-key:model:*"], "Access widened to all models"),
        (["api-key:endpoint:*"], "Access widened to all endpoints"),
        (
            ["api-key:endpoint:*", "api-key:model:*"],
            "Access widened to all models and endpoints",
        ),
        (["api-key:model:grok-4.3"], "Access widened"),
    ],
)
def test_widening_says_how_far(entries: list[str], title: str) -> None:
    (event,) = events([change("acls", ["a", *entries], ["a"])])

    assert event.title == title


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("rejected", "xAI does not accept the secret"),
        ("unreachable", "No answer to several checks"),
        ("active", "Usable again"),
        ("disabled", "Switched off in xAI's console"),
        ("team_blocked", "xAI blocked the team"),
    ],
)
def test_a_state_told_in_words_has_a_title(state: str, title: str) -> None:
    (event,) = events([change("state", state, "x", origin=Origin.OBSERVED)])

    assert event.title == title


def test_the_weightiest_origin_and_what_was_said_stand_for_the_look() -> None:
    ada = User(username="ada", name="Ada")
    said = {
        "review": Review.CONFIRMED,
        "reviewed_by": ada,
        "reviewed_at": NOON,
        "review_note": "GAT-7",
    }

    (event,) = events(
        [
            change("team_blocked", True, origin=Origin.XAI),
            change("name", "new", modified_by="u1", **said),
        ],
        {"u1": "Ines"},
    )

    assert event.outside
    assert event.glyph == "team-blocked"  # xAI's part names it
    assert (event.modified_by, event.by) == ("u1", "Ines")
    assert (event.review, event.reviewed_by, event.review_note) == (
        *("confirmed", "Ada"),
        "GAT-7",
    )


def test_keys_seen_at_one_instant_are_looks_of_their_own() -> None:
    other = UUID(int=1)

    found = events(
        [
            change("name", "a"),
            change("name", "b", key_id=other),
            change("acls", ["c"]),
        ]
    )

    assert [(event.key_id, len(event.differences)) for event in found] == [
        (KEY, 2),
        (other, 1),
    ]


def test_a_look_outside_has_the_mark_of_its_origin() -> None:
    outside, here = (
        events([change("acls", ["a"], [], origin=origin)])[0]
        for origin in (Origin.OUTSIDE, Origin.HERE)
    )

    assert (outside.glyph, here.glyph) == ("outside", "sliders")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (3, "3"),
        ("ä", "ä"),
        ([SECRET, 1], ["[redacted]", "1"]),
        (f"is {SECRET}", "is [redacted]"),
        ({"a": SECRET}, '{"a": "[redacted]"}'),
    ],
)
def test_values_of_xai_are_told_without_secrets(value: Any, text: Any) -> None:
    assert told(value) == text


def test_a_list_that_was_not_told_before_is_one_text() -> None:
    found = difference(change("acls", ["a", "b"], None))

    assert (found.removed, found.added) == (["not told"], ["a, b"])


def sighting(model_id: str, seen_from: int, seen_until: int | None = None) -> KeyModel:
    return KeyModel(
        key_id=KEY,
        model=LanguageModel(model_id=model_id),
        seen_from=NOON + seen_from * HOUR,
        seen_until=None if seen_until is None else NOON + seen_until * HOUR,
    )


def test_what_became_of_models_is_told_without_the_first_list() -> None:
    found = model_events(
        [
            sighting("grok-3", 0),
            sighting("grok-2-1212", 0, 5),
            sighting("grok-5", 2),
            sighting("grok-4.3", 2),
        ],
        ["api-key:model:grok-2-1212"],
    )

    assert [(event.title, event.remark) for event in found] == [
        (
            "xAI stopped listing grok-2-1212",
            "a rule that names it has no effect now",
        ),
        ("xAI now lists 2 models: grok-4.3, grok-5", ""),
    ]
    assert not any(event.outside or event.change_id for event in found)


def test_a_model_that_no_rule_names_is_gone_without_a_remark() -> None:
    (event,) = model_events([sighting("grok-3", 0, 1)], None)

    assert (event.title, event.remark) == ("xAI stopped listing grok-3", "")


def test_a_key_that_saw_no_model_has_no_events() -> None:
    assert model_events([], ["api-key:model:*"]) == []
