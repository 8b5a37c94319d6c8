"""Who can call one model: the same numbers as in the price list, for one model."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.callers import NAMED, callers, model_callers
from console.keys.models import KeyState
from tests.keys.stored import sees, stored_key, stored_model


def test_counts_usable_keys_and_their_teams(
    ada: User, team: Team, other_team: Team
) -> None:
    now, model = timezone.now(), stored_model()
    sees(stored_key(team, "good"), model)
    sees(stored_key(team, "blocked", state=KeyState.KEY_BLOCKED), model)
    sees(stored_key(other_team, "old", verified_at=now - timedelta(hours=1)), model)
    sees(stored_key(team, "lost"), model, until=now)
    sees(stored_key(team, "removed", removed_at=now), model)
    sees(stored_key(team, "of another"), stored_model("another"))

    found = model_callers(user=ada, model=model.pk, now=now)

    assert (found.usable, found.allowed, found.teams) == (1, 3, 2)
    assert [(one.label, one.team, one.usable) for one in found.named] == [
        ("blocked", "Search", False),
        ("good", "Search", True),
        ("old", "Elsewhere", False),
    ]


def test_keys_of_other_teams_are_neither_named_nor_counted(
    mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    sees(stored_key(team), model)
    sees(stored_key(other_team, "hers"), model)

    found = model_callers(user=mia, model=model.pk, now=timezone.now())

    assert (found.allowed, [one.label for one in found.named]) == (1, ["hers"])


@pytest.mark.parametrize("number", [1, 20])
def test_two_queries_whatever_their_number(ada: User, team: Team, number: int) -> None:
    model = stored_model()
    for n in range(number):
        sees(stored_key(team, f"key {n:02}"), model)

    with CaptureQueriesContext(connection) as queries:
        found = model_callers(user=ada, model=model.pk, now=timezone.now())

    assert len(queries) == 2
    assert len(found.named) == min(number, NAMED)
    assert found.unnamed == max(0, number - NAMED)


@pytest.mark.parametrize(("who", "asked"), [("ada", 2), ("mia", 1)])
def test_all_models_are_counted_as_each_of_them(
    request: pytest.FixtureRequest, team: Team, other_team: Team, who: str, asked: int
) -> None:
    """Those who see all teams are told by taking off; members by counting."""
    user, now = request.getfixturevalue(who), timezone.now()
    models = [stored_model(f"grok-{n}") for n in range(4)]
    for n, owner in enumerate((team, other_team, team, other_team)):
        good, gone = (
            stored_key(owner, f"good {n}"),
            stored_key(owner, f"gone {n}", removed_at=now),
        )
        off = stored_key(owner, f"off {n}", state=KeyState.DISABLED)
        for place, model in enumerate(models):
            sees(good if place >= n else off, model)
            sees(gone, model)
        sees(stored_key(owner, f"never {n}", verified_at=None), models[n])
    sees(stored_key(other_team, "lost"), models[0], until=now)
    only_removed = stored_model("of removed keys")
    sees(stored_key(other_team, "last", removed_at=now), only_removed)

    with CaptureQueriesContext(connection) as queries:
        found = callers(user=user, now=now)

    assert len(queries) == asked
    assert only_removed.pk not in found
    for model in models:
        alone = model_callers(user=user, model=model.pk, now=now)
        counted = found[model.pk]
        assert (counted.allowed, counted.usable) == (alone.allowed, alone.usable)
    assert found[models[3].pk].usable > 0
