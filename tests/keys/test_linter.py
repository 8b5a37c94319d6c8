"""Each kind of finding: found, not found, and its borders; its words and its fix."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from console.keys import advice
from console.keys.acls import Model, resolve
from console.keys.linter import (
    LONGEST_SUBJECT,
    SEVERITIES,
    Facts,
    lint,
    says_production,
)
from console.keys.models import FindingKind, Severity
from tests.people import NOON

SEEN = (Model("grok-4.3", ("grok-latest", "grok-4.3-latest")), Model("grok-4.6"))
FINE = ("api-key:model:grok-4.3", "api-key:endpoint:chat")
FULL = ("api-key:model:*", "api-key:endpoint:*")
HOUR, DAY, MOMENT = timedelta(hours=1), timedelta(hours=24), timedelta(microseconds=1)


def facts(
    *entries: str, seen: tuple[Model, ...] | None = SEEN, told: bool = True, **more: Any
) -> Facts:
    """Return the facts of a key in good order, changed."""
    acls = (entries or FINE) if told else None
    known: dict[str, Any] = {
        "entries": acls,
        "access": resolve(acls, seen=seen),
        "names": ("search-ranker", "Ranker"),
        "owner": "Mara Lindqvist",
        "xai_key_id": "key-1",
        "mistaken_for": "",
        "twins": 0,
        "xai_team_id": "team-1",
        "team_expected": "team-1",
        "watched": True,
        "created_at": NOON - 9 * DAY,
        "verified_at": NOON - HOUR,
    }
    return Facts(**{**known, **more})


def kinds(of: Facts) -> list[str]:
    return [found.kind.value for found in lint(of, now=NOON)]


def empty() -> Facts:
    return facts(entries=(), access=resolve([], seen=SEEN))


CASES = [
    pytest.param(facts(), [], id="in good order"),
    # can do nothing
    pytest.param(empty(), ["does_nothing"], id="empty list"),
    pytest.param(facts("api-key:model:grok-4.3"), ["does_nothing"], id="no endpoint"),
    pytest.param(facts("api-key:model:*"), ["does_nothing"], id="wildcard alone"),
    pytest.param(facts("api-key:endpoint:chat"), ["does_nothing"], id="no model"),
    pytest.param(facts(told=False), [], id="ACLs not told"),
    pytest.param(
        facts("beta"), ["does_nothing", "unknown_entry"], id="unknown entries alone"
    ),
    # full wildcard
    pytest.param(facts(*FULL), ["full_wildcard"], id="both wildcards"),
    pytest.param(facts(FULL[0], FINE[1]), [], id="all models only"),
    pytest.param(facts(FINE[0], FULL[1]), [], id="all endpoints only"),
    pytest.param(facts(*FULL, *FINE), ["full_wildcard"], id="wildcards and names"),
    # models that are gone, aliases
    pytest.param(facts(*FINE, "api-key:model:grok-2"), ["gone_model"], id="gone"),
    pytest.param(
        facts(*FINE, "api-key:model:a", "api-key:model:b"),
        ["gone_model", "gone_model"],
        id="one per entry",
    ),
    pytest.param(
        facts(*FINE, "api-key:model:a", "api-key:model:a"), ["gone_model"],
        id="the same entry twice",
    ),
    pytest.param(
        facts("api-key:model:*", FINE[1], "api-key:model:a"), ["gone_model"],
        id="gone beside the wildcard",
    ),
    pytest.param(facts(*FINE, "api-key:model:a", seen=None), [], id="never read"),
    pytest.param(facts(*FINE, seen=()), ["gone_model"], id="xAI lists nothing"),
    pytest.param(
        facts("api-key:model:grok-latest", FINE[1]), ["alias_only"], id="alias"
    ),
    pytest.param(
        facts(*FINE, "api-key:model:grok-latest"), ["alias_only"],
        id="alias beside its id",
    ),
    pytest.param(
        facts(FULL[0], FINE[1], "api-key:model:grok-latest"), [],
        id="alias beside the wildcard",
    ),
    pytest.param(
        facts("api-key:model:GROK-4.3", FINE[1]), ["gone_model"], id="another case"
    ),
    # entries of unknown grammar
    pytest.param(facts(*FINE, "beta"), ["unknown_entry"], id="no parts"),
    pytest.param(
        facts(*FINE, "api-key:region:eu"), ["unknown_entry"], id="unknown kind"
    ),
    pytest.param(
        facts(*FINE, "api-key:endpoint:files"), ["unknown_entry"], id="new endpoint"
    ),
    pytest.param(
        facts(*FINE, "team-token:endpoint:BillingRead"), ["unknown_entry"],
        id="another namespace",
    ),
    # owner
    pytest.param(facts(owner=""), ["no_owner"], id="no owner"),
    pytest.param(facts(owner="  "), ["no_owner"], id="blank owner"),
    # name and rights
    pytest.param(
        facts(*FULL, names=("search-prod", "")),
        ["full_wildcard", "name_and_rights"],
        id="label says production",
    ),
    pytest.param(
        facts(*FULL, names=("search", "Live key")),
        ["full_wildcard", "name_and_rights"],
        id="xAI's name does",
    ),
    pytest.param(facts(names=("search-prod", "")), [], id="production, few rights"),
    pytest.param(
        facts(FULL[0], FINE[1], names=("search-prod", "")), [],
        id="production, all models only",
    ),
    pytest.param(facts(*FULL, names=("product", "")), ["full_wildcard"], id="a part"),
    # identity, twins, team
    pytest.param(facts(mistaken_for="key-2"), ["identity"], id="another answered"),
    pytest.param(facts(twins=1), ["same_key"], id="stored twice"),
    pytest.param(facts(xai_team_id="team-2"), ["team_mismatch"], id="another team"),
    pytest.param(facts(xai_team_id=""), [], id="team not told"),
    pytest.param(facts(team_expected=""), [], id="no team to compare with"),
    # not checked for long
    pytest.param(
        facts(verified_at=NOON - DAY), ["not_checked"], id="exactly a day ago"
    ),
    pytest.param(facts(verified_at=NOON - DAY + MOMENT), [], id="not quite a day"),
    pytest.param(
        facts(verified_at=None, created_at=NOON - HOUR), ["not_checked"],
        id="stored an hour ago",
    ),
    pytest.param(
        facts(verified_at=None, created_at=NOON - HOUR + MOMENT), [], id="just stored"
    ),
    pytest.param(
        facts(verified_at=NOON - 3 * DAY, watched=False), [], id="not watched"
    ),
    pytest.param(facts(verified_at=None, watched=False), [], id="never watched"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "expected"), CASES)
def test_finds(of: Facts, expected: list[str]) -> None:
    assert sorted(kinds(of)) == sorted(expected)


def test_every_kind_has_cases_a_severity_and_words() -> None:
    covered = {kind for case in CASES for kind in case.values[1]}  # type: ignore[union-attr]

    assert covered == set(FindingKind.values)
    assert set(SEVERITIES) == set(advice.EXPLAINED) == set(advice.MENDED)
    assert set(FindingKind) == set(SEVERITIES)


@pytest.mark.parametrize(("of", "_expected"), CASES)
def test_words_are_sentences_and_survive_the_database(
    of: Facts, _expected: list[str]
) -> None:
    for found in lint(of, now=NOON):
        detail = json.loads(json.dumps(found.detail))
        for words in (
            advice.explanation(found.kind, detail),
            advice.fix(found.kind, detail),
        ):
            assert words.endswith(".")
            assert found.kind != FindingKind.GONE_MODEL or detail["model"] in words


def test_subjects_fit_their_column_and_details_keep_the_whole_entry() -> None:
    entry = "x" * (LONGEST_SUBJECT + 1)

    (found,) = lint(facts(*FINE, entry), now=NOON)

    assert len(found.subject) == LONGEST_SUBJECT
    assert found.detail["entry"] == entry


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("search-prod-ranker", True),
        ("PROD", True),
        ("my_production_key", True),
        ("live", True),
        ("prd.search", True),
        ("product-search", False),
        ("reproduction", False),
        ("delivery", False),
        ("prod2", False),
        ("", False),
    ],
)
def test_production_is_a_whole_word(name: str, says: bool) -> None:
    assert says_production(name) is says


def fixed(of: Facts) -> list[str]:
    """Return the ACL list that the fix of the only low or medium finding stores."""
    found = lint(of, now=NOON)[-1]
    asked = advice.request(
        found.kind,
        found.detail,
        key_id=of.xai_key_id,
        entries=of.entries,
        seen=of.access.seen,
    )
    assert asked is not None
    assert asked.line == "PUT /auth/api-keys/key-1"
    body = json.loads(asked.body)
    assert body["fieldMask"] == "aclStrings"
    acls = body["apiKey"]["aclStrings"]
    assert isinstance(acls, list)
    return acls


@pytest.mark.parametrize(
    ("of", "left"),
    [
        pytest.param(facts(*FINE, "api-key:model:a"), list(FINE), id="gone model"),
        pytest.param(facts(*FINE, "beta"), list(FINE), id="unknown entry"),
        pytest.param(
            facts("api-key:model:grok-latest", FINE[1]), list(FINE), id="alias"
        ),
        pytest.param(
            facts(*FINE, "api-key:model:grok-latest"), list(FINE), id="alias and id"
        ),
    ],
)
def test_the_fix_is_the_smaller_list(of: Facts, left: list[str]) -> None:
    assert fixed(of) == left


def test_the_fix_of_the_wildcards_names_what_they_stand_for_today() -> None:
    mended = fixed(facts(*FULL))

    assert mended[:2] == ["api-key:model:grok-4.3", "api-key:model:grok-4.6"]
    assert "api-key:endpoint:chat" in mended
    assert "api-key:model:*" not in mended
    assert lint(facts(*mended), now=NOON) == []


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(facts(owner=""), id="nothing to send"),
        pytest.param(facts(*FULL, seen=None), id="models never read"),
        pytest.param(facts(*FINE, "beta", xai_key_id=""), id="no id to name"),
    ],
)
def test_where_nothing_can_be_sent_there_is_no_request(of: Facts) -> None:
    (found,) = lint(of, now=NOON)

    assert (
        advice.request(
            found.kind,
            found.detail,
            key_id=of.xai_key_id,
            entries=of.entries,
            seen=of.access.seen,
        )
        is None
    )


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"models": True, "endpoints": True}, "a model or an endpoint"),
        ({"models": True, "endpoints": False}, "No entry allows a model."),
        ({"models": False, "endpoints": True}, "No entry allows an endpoint."),
    ],
)
def test_says_what_is_missing(detail: dict[str, bool], words: str) -> None:
    assert words in advice.explanation("does_nothing", detail)


def test_a_key_that_was_never_checked_says_so() -> None:
    (new,) = lint(facts(verified_at=None), now=NOON)
    (old,) = lint(facts(verified_at=NOON - 2 * DAY), now=NOON)

    assert "no good answer since" in advice.explanation(new.kind, new.detail)
    assert "18 Jun 2026, 12:00 UTC" in advice.explanation(old.kind, old.detail)


def test_the_worst_come_with_the_greatest_severity() -> None:
    assert SEVERITIES[FindingKind.IDENTITY] == Severity.HIGH
    assert SEVERITIES[FindingKind.GONE_MODEL] == Severity.LOW
