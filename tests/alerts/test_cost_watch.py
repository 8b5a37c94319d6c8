"""Costs that should not be open one incident of each kind and model."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import User
from console.alerts import acting, cost_watch
from console.alerts.incidents import Settled
from console.alerts.models import Incident
from console.audit.actors import SYSTEM
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.lib.ticks import TICKS_PER_USD as USD
from console.usage.models import UsageRecord
from tests.finance.told import call
from tests.keys.stored import stored_model
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def grok(db: None) -> LanguageModel:
    """The model that is called."""
    return stored_model()


def settled(
    person: User, key: ApiKey, model: LanguageModel, *, ago: float = 60, **facts: int
) -> UsageRecord:
    """Store a call that was settled so many seconds ago."""
    at = timezone.now() - timedelta(seconds=ago)
    record = call(person, key, at, facts.pop("ticks", USD), model=model, **facts)
    record.save(force_insert=True)
    return record


def test_a_call_dearer_than_its_ceiling_opens_an_incident(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    record = settled(sam, api_key, grok, ceiling_ticks=USD - USD // 4)

    assert cost_watch.sweep() == Settled(opened=1)

    incident = Incident.objects.get()
    assert (incident.kind, incident.subject) == ("overrun", str(grok.pk))
    assert incident.title == "Calls of grok-4.3 cost more than their ceiling"
    assert incident.sentence.startswith("1 call cost $0.25 more than the most")
    assert incident.detail["records"] == [str(record.pk)]
    assert not Incident.objects.visible_to(sam).exists()


@pytest.mark.parametrize("ceiling", [None, USD, USD + 1])
def test_a_call_within_its_ceiling_opens_none(
    sam: User, api_key: ApiKey, grok: LanguageModel, ceiling: int | None
) -> None:
    record = settled(sam, api_key, grok)
    UsageRecord.objects.filter(pk=record.pk).update(ceiling_ticks=ceiling)

    assert cost_watch.sweep() == Settled()


@pytest.mark.parametrize(
    ("reported", "computed", "opened"),
    [
        pytest.param(10**6, 10**6, 0, id="equal"),
        pytest.param(10**6, 10**6 - 10_000, 0, id="by 1 %"),
        pytest.param(10**6, 10**6 - 10_001, 1, id="by more than 1 %"),
        pytest.param(10**6, 10**6 + 10_001, 1, id="less was reported"),
        pytest.param(2_000, 1_000, 0, id="by 1,000 ticks"),
        pytest.param(2_001, 1_000, 1, id="by 1,001 ticks"),
        pytest.param(0, 5_000, 1, id="nothing was reported to be paid"),
    ],
)
def test_amounts_that_differ_by_more_than_one_percent_and_1000_ticks(
    sam: User,
    api_key: ApiKey,
    grok: LanguageModel,
    reported: int,
    computed: int,
    opened: int,
) -> None:
    settled(
        sam,
        api_key,
        grok,
        ticks=reported,
        reported_ticks=reported,
        computed_ticks=computed,
    )

    assert cost_watch.sweep() == Settled(opened=opened)
    kinds = Incident.objects.values_list("kind", flat=True)
    assert list(kinds) == ["cost_difference"] * opened


def test_later_calls_are_added_and_each_is_counted_once(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    settled(sam, api_key, grok, ceiling_ticks=0, ago=120)
    settled(sam, api_key, grok, ceiling_ticks=0, ago=90)
    cost_watch.sweep()
    later = settled(sam, api_key, grok, ceiling_ticks=0, ago=0)

    assert cost_watch.sweep() == Settled()
    assert Incident.objects.get().detail["calls"] == 2  # it may not be seen by all yet
    seen_at = timezone.now() - cost_watch.SEEN_AFTER - timedelta(milliseconds=1)
    UsageRecord.objects.filter(pk=later.pk).update(settled_at=seen_at)
    until = (seen_at - timedelta(seconds=1)).isoformat()
    Incident.objects.update(detail={**Incident.objects.get().detail, "until": until})

    for _ in range(3):
        assert cost_watch.sweep() == Settled()

    incident = Incident.objects.get()
    assert (incident.detail["calls"], incident.detail["ticks"]) == (3, 3 * USD)
    assert incident.sentence.startswith("3 calls cost $3.00 more")


def test_acknowledging_ends_it_and_the_same_calls_open_no_other(
    sam: User, ada: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    settled(sam, api_key, grok, ceiling_ticks=0)
    cost_watch.sweep()

    incident = acting.acknowledge(
        incident=Incident.objects.get(), note="", by=ada, actor=SYSTEM
    )

    assert incident.pk
    assert not Incident.objects.open().exists()
    assert cost_watch.sweep() == Settled()


def test_each_model_has_its_own(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    for model in (grok, stored_model("grok-5")):
        settled(sam, api_key, model, ceiling_ticks=0)

    assert cost_watch.sweep() == Settled(opened=2)


def test_what_was_settled_long_ago_is_left(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    settled(sam, api_key, grok, ceiling_ticks=0, ago=3_600)

    assert cost_watch.sweep() == Settled()


def test_nothing_happens_with_a_sealed_vault(
    sam: User,
    api_key: ApiKey,
    grok: LanguageModel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settled(sam, api_key, grok, ceiling_ticks=0)
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    assert cost_watch.sweep() == Settled()


def test_while_nothing_is_odd_it_takes_four_queries(
    sam: User,
    api_key: ApiKey,
    grok: LanguageModel,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settled(sam, api_key, grok)
    cost_watch.sweep()

    with django_assert_num_queries(4):
        cost_watch.sweep()


def test_its_page_leads_to_the_model_and_says_that_acknowledging_ends_it(
    client_of: ClientOf, sam: User, ada: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    settled(sam, api_key, grok, ceiling_ticks=0)
    cost_watch.sweep()

    page = client_of(ada).get(f"/incidents/{Incident.objects.get().pk}/").text

    assert "Cost over its ceiling" in page
    assert f'href="/models/{grok.pk}/"' in page
    assert "Acknowledging ends the incident." in page
