"""The chips of the inventory, against counting by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.facets import Chip, facets
from console.keys.models import ApiKey, FindingKind, KeyState
from console.keys.narrowing import WEEK, Filters, Risk, narrowed
from console.keys.shown import ShownState, shown_state
from tests.keys.stored import key

KINDS = [FindingKind.GONE_MODEL, FindingKind.SAME_KEY, FindingKind.DOES_NOTHING]
BY_HAND: dict[Risk, Callable[[ApiKey, datetime], bool]] = {
    Risk.ALL_MODELS: lambda k, now: k.all_models,
    Risk.ALL_ENDPOINTS: lambda k, now: k.all_endpoints,
    Risk.CHANGED_OUTSIDE: lambda k, now: k.outside_changes + k.escalated_changes > 0,
    Risk.NO_OWNER: lambda k, now: not k.owner,
    Risk.CHANGED_WEEK: lambda k, now: bool(k.changed_at and now - k.changed_at <= WEEK),
    Risk.DEAD_RULE: lambda k, now: FindingKind.GONE_MODEL in k.finding_kinds,
    Risk.SAME_KEY: lambda k, now: FindingKind.SAME_KEY in k.finding_kinds,
    Risk.DOES_NOTHING: lambda k, now: FindingKind.DOES_NOTHING in k.finding_kinds,
    Risk.HIGH_FINDING: lambda k, now: k.finding_weight >= 10_000,
    Risk.NOT_WATCHED: lambda k, now: not k.watched,
}


@pytest.fixture
def crowd(team: Team, other_team: Team) -> list[ApiKey]:
    """Keys of two teams, with every mixture of what the chips ask about."""
    dice, now = Random(7), timezone.now()
    keys = [
        key(
            dice.choice([team, other_team]),
            f"key {n} {dice.choice(['prod', 'ci'])}",
            owner=dice.choice(["", "Amy", "Zoe"]),
            tags=dice.sample(["live", "eu", "old"], dice.randrange(3)),
            state=dice.choice(list(KeyState)),
            verified_at=dice.choice([None, now, now - timedelta(hours=9)]),
            changed_at=dice.choice([None, now, now - timedelta(days=8)]),
            watched=dice.random() < 0.8,
            all_models=dice.random() < 0.3,
            all_endpoints=dice.random() < 0.3,
            outside_changes=dice.choice([0, 0, 1, 3]),
            escalated_changes=dice.choice([0, 0, 0, 1]),
            finding_kinds=kinds,
            finding_weight=dice.choice([1, 200, 10_000]) if kinds else 0,
        )
        for n in range(120)
        for kinds in [dice.sample(KINDS, dice.randrange(3))]
    ]
    return ApiKey.objects.bulk_create(keys)


def left(
    crowd: list[ApiKey], filters: Filters, now: datetime, seen: set[Any]
) -> set[str]:
    """Return the labels that the filters leave, found out one key at a time."""
    return {
        each.label
        for each in crowd
        if each.team_id in seen
        and (filters.state in (None, shown_state(each, now=now)))
        and all(BY_HAND[risk](each, now) for risk in filters.risks)
        and filters.team in (None, each.team_id)
        and filters.owner.lower() in each.owner.lower()
        and (not filters.tag or filters.tag in each.tags)
        and filters.search.lower() in each.label
    }


@pytest.mark.parametrize("seed", range(25))
def test_every_chip_says_how_many_keys_it_would_leave(
    ada: User, sam: User, team: Team, other_team: Team, crowd: list[ApiKey], seed: int
) -> None:
    dice, now = Random(seed), timezone.now()
    user = dice.choice([ada, sam])
    seen = {team.pk} if user == sam else {team.pk, other_team.pk}
    filters = Filters(
        state=dice.choice([None, None, *ShownState]),
        risks=tuple(r for r in Risk if dice.random() < 0.1),
        team=dice.choice([None, team.pk]),
        owner=dice.choice(["", "", "am"]),
        tag=dice.choice(["", "", "eu"]),
        search=dice.choice(["", "", "PROD"]),
    )

    found = facets(user=user, filters=filters, now=now)

    def by_hand(changed: Filters) -> int:
        return len(left(crowd, changed, now, seen))

    listed = narrowed(user=user, filters=filters, now=now).values_list("label")
    assert {label for (label,) in listed} == left(crowd, filters, now, seen)
    assert found.matching == by_hand(filters)
    assert found.every.keys == by_hand(filters.with_state(None))
    assert _numbers(found.states) == {
        state: by_hand(filters.with_state(state)) for state in ShownState
    }
    assert _numbers(found.risks) == {
        risk: by_hand(replace(filters, risks=(*filters.risks, risk))) for risk in Risk
    }


def test_all_chips_cost_one_query(
    ada: User, crowd: list[ApiKey], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        facets(user=ada, filters=Filters(), now=timezone.now())


def test_a_chosen_risk_leads_back_and_others_are_added(ada: User) -> None:
    filters = Filters(risks=(Risk.NO_OWNER,), search="x", cursor="y", size=50)

    found = facets(user=ada, filters=filters, now=timezone.now())

    chips = {chip.value: chip for chip in found.risks}
    assert chips["no_owner"].chosen
    assert chips["no_owner"].query == "q=x&size=50"
    assert chips["dead_rule"].query == "q=x&risk=no_owner&risk=dead_rule&size=50"


def _numbers(chips: list[Chip]) -> dict[str, int]:
    return {chip.value: chip.keys for chip in chips}
