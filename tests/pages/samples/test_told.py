"""What the sample history tells: read only, from one first start for all tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from console import vault
from console.accounts.models import User
from console.alerts.models import Delivery, Incident, IncidentKind
from console.audit import chain
from console.catalog import costs
from console.catalog.models import (
    CatalogChange,
    ChangeKind,
    ChangeSight,
    FactsVersion,
    LanguageModel,
    PriceVersion,
)
from console.catalog.versions import longest_gap
from console.keys.models import ApiKey, KeyChange, KeyState, Review, StateSpan
from console.keys.shown import ShownState, shown_state
from console.pages import tryout
from console.usage.models import ChangeEffect, CostSource, RecordState, UsageRecord
from tests.people import ClientOf
from tests.sandbox.conftest import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]


@pytest.fixture(scope="module")
def filled(
    running_sandbox: Sandbox,
    kek_file: Path,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Make the first start of try-out mode once, and undo it after the last test."""
    running_sandbox.control.reset()
    url = running_sandbox.url
    hosts = {"sandbox": url}
    with (
        django_db_blocker.unblock(),
        override_settings(
            TRYOUT=True, SANDBOX_URL=url, XAI_HOSTS=hosts, KEK_FILE=kek_file
        ),
        transaction.atomic(),
    ):
        vault.forget()
        tryout.prepare()
        yield
        transaction.set_rollback(True)


def test_versions_follow_each_other_and_gaps_are_admitted() -> None:
    prices = PriceVersion.objects.order_by("model", "team", "first_seen_at")
    facts = FactsVersion.objects.order_by("model", "team", "first_seen_at")
    assert_apart(prices)
    assert_apart(facts)
    assert not prices.doubted().exists()
    missed = prices.exclude(missing_at=None)
    assert {version.model.model_id for version in missed} == {"grok-build-0.1"}
    for version in missed:
        assert version.superseded_at is not None
        assert version.missing_at is not None
        assert version.superseded_at - version.missing_at > longest_gap()


def assert_apart(versions: Iterable[PriceVersion | FactsVersion]) -> None:
    """Assert that the versions of each model and team go on without overlapping."""
    for _, found in groupby(versions, key=lambda one: (one.model_id, one.team_id)):
        rows = list(found)
        for one, following in pairwise(rows):
            assert one.last_seen_at < following.first_seen_at
            assert one.superseded_at == following.first_seen_at
        assert rows[-1].superseded_at is None
        assert rows[-1].last_seen_at > timezone.now() - timedelta(hours=1)


def test_every_kind_of_change_of_the_story_is_told_to_its_teams() -> None:
    told = {
        (change.kind, change.model.model_id): {
            sight.team.name for sight in change.sights.all()
        }
        for change in CatalogChange.objects.all()
    }

    all_three = {"Search", "Support desk", "Platform"}
    assert told == {
        (ChangeKind.PRICE, "grok-4.3"): all_three,
        (ChangeKind.UNLISTED, "grok-build-0.1"): all_three,
        (ChangeKind.RELISTED, "grok-build-0.1"): all_three,
        (ChangeKind.VERSION, "grok-build-0.1"): all_three,
        (ChangeKind.FINGERPRINT, "grok-build-0.1"): all_three,
        (ChangeKind.PRICE, "grok-4.6"): {"Platform"},
        (ChangeKind.PRICE, "grok-4.5"): all_three,
        (ChangeKind.ALIAS, "grok-4.20-0309-reasoning"): all_three,
        (ChangeKind.FINGERPRINT, "grok-4.3"): all_three,
        (ChangeKind.LISTED, "grok-4.7"): all_three,
    }
    now = timezone.now()
    for sight in ChangeSight.objects.select_related("change"):
        assert sight.unchanged_at is not None
        assert sight.unchanged_at < sight.seen_at < now
        assert sight.change.first_seen_at <= sight.seen_at
    priced = ChangeSight.objects.filter(change__kind=ChangeKind.PRICE)
    effects = ChangeEffect.objects.filter(change__kind=ChangeKind.PRICE)
    assert effects.count() == priced.count()
    assert effects.exclude(ticks=0).count() >= 3


def test_calls_are_booked_at_the_prices_of_their_time() -> None:
    records = UsageRecord.objects.select_related("price", "key", "consumer__person")
    sources = set()
    for record in records:
        assert record.state == RecordState.SETTLED
        assert record.price is not None
        assert record.price.team_id == record.team_id == record.key.team_id
        assert record.settled_at is not None
        assert record.price.first_seen_at < record.opened_at < record.settled_at
        superseded = record.price.superseded_at
        assert superseded is None or record.opened_at < superseded
        teams = record.consumer.person.teams.values_list("pk", flat=True)
        assert record.team_id in teams
        sources.add(record.source)
        if record.source == CostSource.REPORTED:
            assert record.cost_ticks == record.computed_ticks == _cost(record)
    assert sources == set(CostSource) - {CostSource.ADJUSTED}


def _cost(record: UsageRecord) -> int:
    """Reckon the cost of a chat by hand."""
    assert record.price is not None
    prompt, cached = record.prompt_tokens or 0, record.cached_tokens or 0
    tier = costs.tier_for(costs.Prices.of(record.price), prompt_tokens=prompt)
    written = (record.completion_tokens or 0) + (record.reasoning_tokens or 0)
    return (
        (prompt - cached) * (tier.text or 0)
        + cached * (tier.cached or 0)
        + written * (tier.completion or 0)
    )


def test_states_of_keys_have_their_record() -> None:
    now = timezone.now()
    states = {key.label: shown_state(key, now=now) for key in ApiKey.objects.all()}
    assert states["platform-ci"] == ShownState.REJECTED
    assert states["platform-sandbox"] == ShownState.UNREACHABLE
    assert states["lab-agents"] == ShownState.TEAM_BLOCKED
    assert states["support-legacy-bot"] == ShownState.DISABLED
    assert list(states.values()).count(ShownState.ACTIVE) == 7

    for _, found in groupby(
        StateSpan.objects.order_by("key", "starts_at"), key=lambda span: span.key_id
    ):
        spans = list(found)
        assert all(one.ends_at == two.starts_at for one, two in pairwise(spans))
        assert spans[-1].ends_at is None
    blocked = StateSpan.objects.get(
        key__label="search-prod-rewrite", state=KeyState.KEY_BLOCKED
    )
    assert blocked.ends_at == blocked.starts_at + timedelta(days=1)
    outages = StateSpan.objects.filter(state=ShownState.STALE)
    assert outages.count() == ApiKey.objects.count() - 1  # one was made later
    for outage in outages:
        assert outage.ends_at is not None
        lasted = outage.ends_at - outage.starts_at
        assert timedelta(hours=5) < lasted <= timedelta(hours=12)


def test_what_is_long_over_is_closed_and_nobody_was_told() -> None:
    still_open = {one.title for one in Incident.objects.open()}
    assert still_open == {
        "xAI has blocked search-nightly-eval",
        "xAI has blocked the team Research lab",
        "xAI does not accept platform-ci",
        "platform-sandbox gets no answer",
        "support-legacy-bot was switched off",
        "The price of grok-4.5 changed",
        "The rights of support-desk-triage changed outside Gatehouse",
    }
    earliest = timezone.now() - timedelta(days=31)
    for incident in Incident.objects.all():
        assert earliest < incident.began_at
        assert earliest < incident.opened_at < timezone.now() - timedelta(hours=1)
        assert incident.closed_at is None or incident.opened_at < incident.closed_at
    ended = Incident.objects.exclude(closed_at=None)
    assert ended.filter(kind=IncidentKind.KEY_BLOCKED).count() == 1
    assert ended.exclude(acknowledged_at=None).count() == ended.count() - 1
    assert not Delivery.objects.exists()
    waiting = KeyChange.objects.filter(review=Review.WAITING)
    assert {change.key.label for change in waiting} == {"support-desk-triage"}
    assert chain.verify().sound


def test_it_is_all_of_sample_teams_and_as_old_as_they_are() -> None:
    assert all(key.team.sample for key in ApiKey.objects.select_related("team"))
    first = PriceVersion.objects.earliest("first_seen_at").first_seen_at
    for key in ApiKey.objects.select_related("team"):
        assert key.team.created_at <= first
        snapshot = key.snapshots.last()
        assert snapshot is None or key.created_at <= snapshot.first_seen_at


def test_the_pages_of_a_newcomer_speak(client_of: ClientOf) -> None:
    browser = client_of(User.objects.get(username="ada"))

    changes = browser.get("/models/changes/").text
    assert "grok-4.7" in changes
    assert "Listed again" in changes
    model = LanguageModel.objects.get(model_id="grok-4.3")
    assert "1.50" in browser.get(f"/models/{model.pk}/").text
    past = (timezone.now() - timedelta(days=26)).date()
    models = browser.get(f"/models/?on={past}&format=json").getvalue()
    names = {row["model"] for row in json.loads(models)}
    assert "grok-4.3" in names
    assert "grok-4.7" not in names
    assert "support-desk-triage" in browser.get("/keys/changes/").text
