"""Whatever is looked at in whatever order: versions stay apart and admit every gap.

Through `record_models`, the way by which the poller writes, with two keys of one team
and one of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from console.accounts.models import Team
from console.catalog.models import (
    CatalogChange,
    ChangeSight,
    FactsVersion,
    PriceVersion,
)
from console.catalog.versions import longest_gap
from console.keys.models import ApiKey
from console.keys.observations import record_models
from tests.keys.answers import listed, model_json
from tests.keys.stored import stored_key
from tests.people import NOON

HOUR = timedelta(hours=1)
MODELS = ("grok-4", "grok-5")
TEAM_OF = ("Search", "Search", "Elsewhere")  # by key


@dataclass(frozen=True)
class Look:
    """One look of one key: the models it was told, with a price."""

    hours: int
    key: int
    prices: tuple[tuple[str, int | None, str], ...]  # id, output, fingerprint


looks = st.lists(
    st.builds(
        Look,
        hours=st.integers(0, 200),
        key=st.integers(0, 2),
        prices=st.lists(
            st.tuples(
                st.sampled_from(MODELS),
                st.sampled_from([None, 0, 25_000, 30_000, 10**9]),
                st.sampled_from(["fp_a", "fp_b"]),
            ),
            max_size=2,
            unique_by=lambda told: told[0],
        ).map(tuple),
    ),
    max_size=8,
)


def _keys() -> list[ApiKey]:
    search, elsewhere = (
        Team.objects.create(name=name) for name in ("Search", "Elsewhere")
    )
    return [
        stored_key(search, "one"),
        stored_key(search, "two"),
        stored_key(elsewhere, "three"),
    ]


def _apply(look: Look, keys: list[ApiKey]) -> None:
    models = [
        model_json(name, completion_text_token_price=price, fingerprint=fingerprint)
        for name, price, fingerprint in look.prices
    ]
    record_models(
        api_key=keys[look.key],
        listed=listed(*models),
        models=None,
        seen_at=NOON + look.hours * HOUR,
    )


def _rows() -> dict[str, list[dict[str, Any]]]:
    kinds = (PriceVersion, FactsVersion, CatalogChange, ChangeSight)
    return {kind.__name__: [*kind.objects.order_by("pk").values()] for kind in kinds}


class TestAnySequence(TestCase):
    """A database case, since each example must start from empty tables."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(looks)
    def test_versions_never_overlap_and_admit_every_gap(
        self, found: list[Look]
    ) -> None:
        keys = _keys()
        for look in found:
            _apply(look, keys)

        of_prices = PriceVersion.objects.order_by("model", "team", "first_seen_at")
        of_facts = FactsVersion.objects.order_by("model", "team", "first_seen_at")
        for rows in ([*of_prices], [*of_facts]):
            for row in rows:
                assert row.first_seen_at <= row.last_seen_at
                self._was_seen_throughout(row, found)
            for before, after in pairwise(rows):
                if (before.model_id, before.team_id) == (after.model_id, after.team_id):
                    assert before.last_seen_at < after.first_seen_at
                    assert before.superseded_at == after.first_seen_at
                else:
                    assert before.superseded_at is None

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(looks)
    def test_replaying_any_sequence_changes_nothing(self, found: list[Look]) -> None:
        keys = _keys()
        for look in found:
            _apply(look, keys)
        once = _rows()

        for look in found:
            _apply(look, keys)

        assert _rows() == once

    def _was_seen_throughout(
        self, row: PriceVersion | FactsVersion, found: list[Look]
    ) -> None:
        """Hold every stretch of a version against the looks that could tell of it."""
        name, team = row.model.model_id, row.team.name
        seen: list[datetime] = sorted(
            NOON + look.hours * HOUR
            for look in found
            if TEAM_OF[look.key] == team
            and any(told == name for told, _, _ in look.prices)
        )
        inside = [at for at in seen if row.first_seen_at <= at <= row.last_seen_at]
        assert inside[0] == row.first_seen_at
        assert inside[-1] == row.last_seen_at
        for one, other in pairwise(inside):
            assert other - one <= longest_gap()
