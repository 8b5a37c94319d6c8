"""Readings of tokenizers: what is a change, and what only looks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from console.accounts.models import Team, User
from console.catalog.models import (
    CatalogChange,
    ChangeSight,
    LanguageModel,
    TokenizerReading,
)
from console.catalog.tokenizers import Reading, record_readings
from tests.keys.stored import stored_model, stored_price
from tests.people import NOON

DAY = timedelta(days=1)
LATER = NOON + DAY


def cut(tokens: Mapping[str, int], digest: str = "a") -> list[Reading]:
    """Return readings with so many tokens by language."""
    return [
        Reading(language=language, characters=800, tokens=number, ids_digest=digest)
        for language, number in tokens.items()
    ]


def readings(*, digest: str = "a", **tokens: int) -> list[Reading]:
    """Return readings by language; of English and German unless said."""
    return cut(tokens or {"en": 200, "de": 250}, digest)


@pytest.fixture
def model(db: None) -> LanguageModel:
    return stored_model()


def look(
    model: LanguageModel,
    team: Team,
    told: Sequence[Reading],
    at: datetime,
    version: str = "1",
) -> CatalogChange | None:
    """Record one look; return the change its sights tell of."""
    sights = record_readings(
        model=model, team=team, readings=told, seen_at=at, version=version
    )
    assert len({sight.change for sight in sights}) <= 1
    return sights[0].change if sights else None


def test_the_first_look_is_no_change(model: LanguageModel, team: Team) -> None:
    assert look(model, team, readings(), NOON) is None

    rows = TokenizerReading.objects.order_by("-language")
    assert [(row.language, row.tokens, row.characters) for row in rows] == [
        ("en", 200, 800),
        ("de", 250, 800),
    ]


def test_the_same_again_only_moves_on(model: LanguageModel, team: Team) -> None:
    look(model, team, readings(), NOON)

    assert look(model, team, readings(), LATER) is None

    assert set(TokenizerReading.objects.values_list("last_seen_at", flat=True)) == {
        LATER
    }
    assert TokenizerReading.objects.count() == 2


def test_other_counts_are_one_change_of_the_whole(
    model: LanguageModel, team: Team
) -> None:
    look(model, team, readings(), NOON)

    change = look(model, team, readings(en=200, de=275), LATER)

    assert change is not None
    assert (change.kind, change.field) == ("tokenizer", "1")
    assert (change.before, change.after) == (450, 475)
    assert (change.first_seen_at, change.last_joined_at) == (LATER, LATER)
    sight = change.sights.get()
    assert (sight.team, sight.unchanged_at, sight.seen_at) == (team, NOON, LATER)
    old = TokenizerReading.objects.get(language="de", tokens=250)
    assert (old.last_seen_at, old.superseded_at) == (NOON, LATER)
    assert TokenizerReading.objects.filter(language="en").count() == 1


def test_other_ids_alone_are_a_change_that_costs_the_same(
    model: LanguageModel, team: Team
) -> None:
    look(model, team, readings(), NOON)

    change = look(model, team, readings(en=200, de=250, digest="b"), LATER)

    assert change is not None
    assert change.before == change.after == 450


def test_replaying_a_look_changes_nothing(model: LanguageModel, team: Team) -> None:
    look(model, team, readings(), NOON)
    look(model, team, readings(en=210, de=250), LATER)
    before = list(TokenizerReading.objects.order_by("pk").values())

    for told, at in ((readings(), NOON), (readings(en=210, de=250), LATER)):
        assert look(model, team, told, at) is None

    assert list(TokenizerReading.objects.order_by("pk").values()) == before
    assert CatalogChange.objects.count() == ChangeSight.objects.count() == 1


def test_an_answer_from_before_is_ignored(model: LanguageModel, team: Team) -> None:
    look(model, team, readings(), LATER)

    assert look(model, team, readings(en=1, de=1), NOON) is None

    assert not TokenizerReading.objects.filter(tokens=1).exists()


def test_another_corpus_is_no_change_and_stands_beside(
    model: LanguageModel, team: Team
) -> None:
    look(model, team, readings(), NOON)

    assert look(model, team, readings(en=9, de=9), LATER, version="2") is None

    assert TokenizerReading.objects.filter(superseded_at=None).count() == 4


def test_a_language_that_is_new_is_no_change(model: LanguageModel, team: Team) -> None:
    look(model, team, readings(en=200), NOON)

    assert look(model, team, readings(en=200, fr=260), LATER) is None


def test_a_change_counts_only_what_was_read_both_times(
    model: LanguageModel, team: Team
) -> None:
    look(model, team, readings(en=200), NOON)

    change = look(model, team, readings(en=220, fr=260), LATER)

    assert change is not None
    assert (change.before, change.after) == (200, 220)


def test_every_team_that_is_told_the_model_is_shown_the_change(
    model: LanguageModel, team: Team, other_team: Team, mia: User
) -> None:
    stored_price(model, other_team)
    Team.objects.create(name="Never told")
    look(model, team, readings(), NOON)

    change = look(model, team, readings(en=201, de=250), LATER)

    assert change is not None
    assert {sight.team for sight in change.sights.all()} == {team, other_team}
    assert list(CatalogChange.objects.visible_to(mia)) == [change]


def test_a_team_that_is_not_told_the_model_is_shown_nothing(
    model: LanguageModel, team: Team, mia: User
) -> None:
    look(model, team, readings(), NOON)
    look(model, team, readings(en=201, de=250), LATER)

    assert not CatalogChange.objects.visible_to(mia).exists()


def test_the_same_change_seen_by_another_teams_key_is_joined(
    model: LanguageModel, team: Team, other_team: Team
) -> None:
    for each in (team, other_team):
        look(model, each, readings(), NOON)
    change = look(model, team, readings(en=210, de=250), LATER)

    joined = look(model, other_team, readings(en=210, de=250), LATER + DAY)

    assert joined == change
    row = CatalogChange.objects.get()
    assert row.last_joined_at == LATER + DAY
    assert {sight.team for sight in row.sights.all()} == {team, other_team}


def test_a_team_that_was_told_already_is_not_told_again(
    model: LanguageModel, team: Team, other_team: Team
) -> None:
    stored_price(model, other_team)
    for each in (team, other_team):
        look(model, each, readings(), NOON)
    look(model, team, readings(en=210, de=250), LATER)

    assert look(model, other_team, readings(en=210, de=250), LATER + DAY) is None

    assert CatalogChange.objects.count() == 1


def test_there_and_back_again_are_two_changes(model: LanguageModel, team: Team) -> None:
    for n, tokens in enumerate((200, 210, 200, 210)):
        look(model, team, readings(en=tokens), NOON + n * DAY)

    changes = CatalogChange.objects.order_by("first_seen_at")
    assert [(row.before, row.after) for row in changes] == [
        (200, 210),
        (210, 200),
        (200, 210),
    ]


COUNTS = st.fixed_dictionaries(
    {"en": st.integers(1, 3), "de": st.integers(1, 3), "x-python": st.integers(1, 2)}
)


class TestAnyHistory(TestCase):
    """Whatever was told in whatever order, the table is one line of history."""

    @given(st.lists(st.tuples(st.integers(0, 9), COUNTS), max_size=12))
    def test_versions_never_overlap_and_changes_add_up(
        self, told: list[tuple[int, dict[str, int]]]
    ) -> None:
        model, team = stored_model(), Team.objects.create(name="Search")
        accepted: list[dict[str, int]] = []
        newest = -1
        changes = 0

        for day, counts in told:
            change = look(model, team, cut(counts), NOON + day * DAY)
            if day > newest:
                expected = bool(accepted) and accepted[-1] != counts
                accepted.append(counts)
                newest = day
                assert (change is not None) == expected
                changes += expected
            else:
                assert change is None

        assert CatalogChange.objects.count() == changes
        for language in ("en", "de", "x-python"):
            rows = list(
                TokenizerReading.objects.filter(language=language).order_by(
                    "first_seen_at"
                )
            )
            for row, following in pairwise(rows):
                assert row.last_seen_at < following.first_seen_at
                assert row.superseded_at == following.first_seen_at
                assert row.tokens != following.tokens
            if accepted:
                assert rows[-1].superseded_at is None
                assert rows[-1].tokens == accepted[-1][language]
                assert rows[-1].last_seen_at == NOON + newest * DAY
