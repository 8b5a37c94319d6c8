"""Changed prices, and a poller that is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team
from console.alerts import noticing
from console.alerts.models import Incident, IncidentKind
from console.catalog.models import LanguageModel, PriceVersion
from tests.alerts.conftest import MakeChannel, told
from tests.keys.stored import stored_model, stored_price

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> LanguageModel:
    return stored_model()


def newer(model: LanguageModel, team: Team, price: int, minutes: int) -> PriceVersion:
    at = timezone.now() - timedelta(minutes=minutes)
    return stored_price(
        model, team, completion_text_token_price=price, first_seen_at=at
    )


def test_a_first_price_is_no_change(team: Team, model: LanguageModel) -> None:
    assert noticing.note_prices([stored_price(model, team)]) == 0


def test_a_changed_price_says_before_and_after(
    team: Team, model: LanguageModel
) -> None:
    stored_price(model, team)

    assert noticing.note_prices([newer(model, team, 18_000, 5)]) == 1

    incident = Incident.objects.get()
    assert incident.title == "The price of grok-4.3 changed"
    assert incident.sentence == ("Output from 2.50 to 1.80; in USD per million tokens.")
    assert incident.subject == str(model.pk)
    assert incident.team is None


def test_one_change_seen_by_two_teams_is_one_incident(
    team: Team, other_team: Team, model: LanguageModel
) -> None:
    for each in (team, other_team):
        stored_price(model, each)

    assert noticing.note_prices([newer(model, team, 18_000, 5)]) == 1
    assert noticing.note_prices([newer(model, other_team, 18_000, 4)]) == 0


def test_a_team_that_sees_it_after_it_was_acknowledged_opens_it_not_again(
    team: Team, other_team: Team, model: LanguageModel
) -> None:
    for each in (team, other_team):
        stored_price(model, each)
    noticing.note_prices([newer(model, team, 18_000, 5)])
    Incident.objects.update(closed_at=timezone.now(), ending="confirmed")

    assert noticing.note_prices([newer(model, other_team, 18_000, 4)]) == 0


def test_a_second_change_is_written_into_the_open_incident(
    team: Team, model: LanguageModel
) -> None:
    stored_price(model, team)
    noticing.note_prices([newer(model, team, 18_000, 9)])

    assert noticing.note_prices([newer(model, team, 30_000, 5)]) == 0

    assert "from 1.80 to 3.00" in Incident.objects.get().sentence


def test_no_new_price_costs_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert noticing.note_prices([]) == 0


def test_silence_is_one_incident_until_there_is_work(
    make_channel: MakeChannel,
) -> None:
    channel = make_channel()

    assert noticing.note_silence(timezone.now()) is True
    assert noticing.note_silence(timezone.now()) is False
    assert noticing.note_work() is True
    assert noticing.note_work() is False

    incident = Incident.objects.get()
    assert (incident.kind, incident.ending) == (IncidentKind.POLLER_SILENT, "recovered")
    assert told(channel) == [("opened", "waiting"), ("closed", "waiting")]
