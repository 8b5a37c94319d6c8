from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from console import xai
from console.accounts.models import Team
from console.catalog.models import LanguageModel, PriceVersion
from console.catalog.observations import CatalogSeen, record_language_models
from console.keys.upstream import sync_client, use_transport
from tests.keys.answers import Json, listed, model_json, model_list
from tests.people import NOON

HOUR = timedelta(hours=1)


def see(
    team: Team, *models: Json, hours: float = 0, lengths: xai.ModelList | None = None
) -> CatalogSeen:
    return record_language_models(
        host="xai",
        team=team,
        listed=listed(*models),
        models=lengths,
        seen_at=NOON + hours * HOUR,
    )


def versions(team: Team) -> list[tuple[int | None, float, float]]:
    """Prices of completion, with hours since noon."""
    return [
        (
            version.completion_text_token_price,
            (version.first_seen_at - NOON) / HOUR,
            (version.last_seen_at - NOON) / HOUR,
        )
        for version in PriceVersion.objects.filter(team=team).order_by("first_seen_at")
    ]


def test_a_model_is_stored_with_all_that_was_told(team: Team) -> None:
    seen = see(team, model_json(), lengths=model_list(**{"grok_4.3": 1_000_000}))

    model = LanguageModel.objects.get()
    assert seen.models == {"grok-4.3": model.pk}
    assert model.aliases == ["grok-4.3-latest"]
    assert model.context_length == 1_000_000
    assert model.created_upstream_at is not None
    assert model.created_upstream_at.year == 2026
    (price,) = seen.new_prices
    assert price.prompt_text_token_price == 12500
    assert price.long_context_threshold == 200_000


def test_the_same_prices_only_move_the_end(team: Team) -> None:
    see(team, model_json())

    seen = see(team, model_json(), hours=6)

    assert seen.new_prices == ()
    assert versions(team) == [(25000, 0, 6)]
    assert LanguageModel.objects.get().last_seen_at == NOON + 6 * HOUR


def test_another_price_is_another_version(team: Team) -> None:
    see(team, model_json())
    see(team, model_json(), hours=6)

    (price,) = see(
        team, model_json(completion_text_token_price=30000), hours=12
    ).new_prices

    assert price.completion_text_token_price == 30000
    assert versions(team) == [(25000, 0, 6), (30000, 12, 12)]


def test_a_price_that_comes_back_is_a_third_version(team: Team) -> None:
    for hours, price in enumerate([25000, 30000, 25000]):
        see(team, model_json(completion_text_token_price=price), hours=hours)

    assert versions(team) == [(25000, 0, 0), (30000, 1, 1), (25000, 2, 2)]


def test_an_answer_that_comes_twice_or_late_is_harmless(team: Team) -> None:
    see(team, model_json(), hours=0)
    see(team, model_json(completion_text_token_price=30000), hours=6)

    for hours in (6, 5, 0, -3):
        dear = model_json(completion_text_token_price=99999, version="9.9")
        assert see(team, dear, hours=hours).new_prices == ()

    assert versions(team) == [(25000, 0, 0), (30000, 6, 6)]
    assert LanguageModel.objects.get().version == "1.0.0"


@pytest.mark.parametrize("odd", [..., None, "free", 1.5, True, 2**63, -(2**63), [], {}])
def test_an_odd_price_keeps_the_last_good_one(team: Team, odd: object) -> None:
    see(team, model_json())

    seen = see(team, model_json(completion_text_token_price=odd), hours=6)

    assert seen.new_prices == ()
    assert versions(team) == [(25000, 0, 6)]


def test_zero_is_a_price_and_not_an_unknown_one(team: Team) -> None:
    see(team, model_json(cached_prompt_text_token_price=...))
    assert PriceVersion.objects.get().cached_prompt_text_token_price is None

    (price,) = see(
        team, model_json(cached_prompt_text_token_price=0), hours=1
    ).new_prices

    assert price.cached_prompt_text_token_price == 0


def test_facts_that_are_no_longer_told_stay(team: Team) -> None:
    see(team, model_json(), lengths=model_list(**{"grok_4.3": 1_000_000}))

    see(team, model_json(version=None, aliases=5, fingerprint=...), hours=1)

    model = LanguageModel.objects.get()
    assert (model.version, model.aliases) == ("1.0.0", ["grok-4.3-latest"])
    assert model.context_length == 1_000_000


def test_teams_have_prices_of_their_own(team: Team, other_team: Team) -> None:
    see(team, model_json())
    see(other_team, model_json(completion_text_token_price=20000))

    assert versions(team) == [(25000, 0, 0)]
    assert versions(other_team) == [(20000, 0, 0)]
    assert LanguageModel.objects.count() == 1


def test_an_id_that_stands_twice_is_one_model(team: Team) -> None:
    see(team, model_json(), model_json(completion_text_token_price=1))

    assert versions(team) == [(25000, 0, 0)]


@pytest.mark.parametrize("number", [1, 40])
def test_the_number_of_statements_does_not_grow(team: Team, number: int) -> None:
    models = [model_json(f"grok-{n}") for n in range(number)]
    see(team, *models)

    with CaptureQueriesContext(connection) as queries:
        see(team, *models, hours=1)

    statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == 7, statements


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=300),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)
odd_models = st.fixed_dictionaries(
    {},
    optional={name: anything | st.just(value) for name, value in model_json().items()},
)


class TestAnything(TestCase):
    """A database case, since each example must start from the same table."""

    def setUp(self) -> None:
        self.team = Team.objects.create(name="Search")
        see(self.team, model_json())

    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(answers=st.lists(st.lists(odd_models, max_size=3), max_size=3))
    def test_whatever_xai_says_prices_stay_whole(
        self, answers: list[list[Json]]
    ) -> None:
        for hours, models in enumerate(answers, start=1):
            text = _as_the_client_reads({"models": models})
            if text is not None:
                record_language_models(
                    host="xai",
                    team=self.team,
                    listed=text,
                    models=None,
                    seen_at=NOON + hours * HOUR,
                )

        first = PriceVersion.objects.order_by("first_seen_at").first()
        assert first is not None
        assert first.completion_text_token_price == 25000
        rows = PriceVersion.objects.order_by("model_id", "first_seen_at")
        for version in rows:
            for value in (
                version.prompt_text_token_price,
                version.completion_text_token_price,
                version.long_context_threshold,
            ):
                assert value is None or abs(value) < 2**63
        for before, after in pairwise(rows):
            if before.model_id == after.model_id:
                assert before.last_seen_at < after.first_seen_at


def _as_the_client_reads(answer: Json) -> xai.LanguageModelList | None:
    """Read an answer through the real client."""
    body = json.dumps(answer).encode()
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=body))
    secret = xai.Secret.parse("xai-" + "a" * 40)
    with use_transport(transport):
        try:
            return sync_client("xai").language_models(auth=xai.XaiAuth(secret))
        except xai.XaiError:
            return None
