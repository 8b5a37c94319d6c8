"""Incidents of changed prices and models, from the look that found them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.alerts import acting, model_changes
from console.alerts.model_changes import MOST_CHANGES, MOST_STEPS
from console.alerts.models import Incident, IncidentKind
from console.alerts.story import story
from console.audit.actors import command
from console.catalog.models import CatalogChange, ChangeSight, PriceVersion
from console.catalog.observations import record_language_models
from tests.alerts.conftest import MakeChannel, told
from tests.keys.answers import Json, listed, model_json
from tests.people import NOON, ClientOf

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def look(team: Team, *models: Json, hours: float = 0) -> tuple[ChangeSight, ...]:
    return record_language_models(
        host="xai",
        team=team,
        listed=listed(*models),
        models=None,
        seen_at=NOON + hours * HOUR,
    ).sights


def note(team: Team, *models: Json, hours: float = 0) -> int:
    return model_changes.note(look(team, *models, hours=hours))


def output(price: int) -> Json:
    return model_json(completion_text_token_price=price)


def test_a_first_look_opens_nothing(team: Team) -> None:
    assert note(team, model_json()) == 0


def test_a_changed_price_says_before_and_after(team: Team) -> None:
    note(team, model_json())

    assert note(team, output(18_000), hours=6) == 1

    incident = Incident.objects.get()
    assert incident.title == "The price of grok-4.3 changed"
    assert incident.sentence == "Output from 2.50 to 1.80; in USD per million tokens."
    assert incident.subject == str(PriceVersion.objects.all()[0].model_id)
    assert incident.team is None


def test_one_change_seen_by_two_teams_is_one_incident(
    team: Team, other_team: Team
) -> None:
    for each in (team, other_team):
        note(each, model_json())

    assert note(team, output(18_000), hours=6) == 1
    assert note(other_team, output(18_000), hours=7) == 0


def test_a_team_that_sees_it_after_it_was_acknowledged_opens_it_not_again(
    team: Team, other_team: Team
) -> None:
    for each in (team, other_team):
        note(each, model_json())
    note(team, output(18_000), hours=6)
    Incident.objects.update(closed_at=timezone.now(), ending="confirmed")

    assert note(other_team, output(18_000), hours=7) == 0
    assert Incident.objects.count() == 1


def test_a_newer_change_after_it_was_acknowledged_opens_another(team: Team) -> None:
    note(team, model_json())
    note(team, output(18_000), hours=6)
    Incident.objects.update(closed_at=timezone.now(), ending="confirmed")

    assert note(team, output(20_000), hours=12) == 1


def test_a_second_change_is_written_into_the_open_incident(team: Team) -> None:
    note(team, model_json())
    note(team, output(18_000), hours=6)

    assert note(team, output(30_000), hours=12) == 0

    incident = Incident.objects.get()
    assert incident.sentence == (
        "Output from 1.80 to 3.00; in USD per million tokens. Since the incident "
        "began: output from 2.50 to 3.00."
    )
    assert len(incident.detail["catalog_changes"]) == 2


def moments(incident: Incident, user: User) -> list[tuple[str, str]]:
    found = story(
        incident=incident, user=user, with_deliveries=False, now=timezone.now()
    )
    return [(one.title, one.text) for one in found.moments]


def test_each_further_change_is_a_line_of_what_happened(team: Team, ada: User) -> None:
    note(team, model_json())
    note(team, output(18_000), hours=6)
    opened = ("Gatehouse opened the incident", "")
    assert opened in moments(Incident.objects.get(), ada)

    note(team, output(30_000), hours=12)
    note(team, output(25_000), hours=18)

    incident = Incident.objects.get()
    assert incident.sentence.endswith(
        "All prices are what they were when the incident began."
    )
    usd = "; in USD per million tokens."
    told = moments(incident, ada)
    assert ("It changed again", f"Output from 3.00 to 2.50{usd}") in told
    assert ("It changed again", f"Output from 1.80 to 3.00{usd}") in told
    assert ("Gatehouse opened the incident", f"Output from 2.50 to 1.80{usd}") in told


def test_a_team_that_joins_a_step_adds_no_line_and_moves_nothing_back(
    team: Team, other_team: Team, ada: User
) -> None:
    for each in (team, other_team):
        note(each, model_json())
    note(team, output(18_000), hours=6)
    note(team, output(30_000), hours=12)
    before = Incident.objects.get()

    for hours, price in ((13, 18_000), (14, 30_000)):
        note(other_team, output(price), hours=hours)

    after = Incident.objects.get()
    assert after.sentence == before.sentence
    assert after.detail["steps"] == before.detail["steps"]
    assert len(moments(after, ada)) == 3


def test_an_incident_of_before_steps_were_kept_goes_on(team: Team, ada: User) -> None:
    note(team, model_json())
    note(team, output(18_000), hours=6)
    old = Incident.objects.get()
    for name in ("steps", "prices_before", "prices_after"):
        del old.detail[name]
    old.save(update_fields=["detail"])

    note(team, output(30_000), hours=12)

    incident = Incident.objects.get()
    told = moments(incident, ada)
    assert ("Gatehouse opened the incident", old.sentence) in told
    assert [title for title, _ in told].count("It changed again") == 1


def test_steps_are_bounded_and_the_first_stays(team: Team) -> None:
    note(team, model_json())
    for n in range(MOST_STEPS + 3):
        note(team, output(18_000 + n * 100), hours=n + 1)

    detail = Incident.objects.get().detail

    assert len(detail["steps"]) == MOST_STEPS + 1
    assert "from 2.50" in detail["steps"][0]["text"]


def test_changes_are_bounded_and_the_page_says_how_many_steps_are_left_out(
    team: Team, ada: User
) -> None:
    note(team, model_json())
    for n in range(MOST_STEPS + 3):
        note(team, output(18_000 + n * 100), hours=n + 1)

    incident = Incident.objects.get()
    named = incident.detail["catalog_changes"]
    by_time = CatalogChange.objects.order_by("first_seen_at")
    in_order = [str(pk) for pk in by_time.values_list("pk", flat=True)]
    assert named == [in_order[0], *in_order[-MOST_CHANGES:]]
    assert incident.detail["changes_left_out"] == len(in_order) - len(named) == 2
    assert incident.detail["steps_left_out"] == 2
    told = moments(incident, ada)
    left_out = told.index(("Before that it changed 2 times more", ""))
    oldest_kept = incident.detail["steps"][1]["text"]
    assert told[left_out - 1] == ("It changed again", oldest_kept)


def test_a_team_that_is_told_what_was_left_out_adds_nothing(
    team: Team, other_team: Team
) -> None:
    for each in (team, other_team):
        note(each, model_json())
    for n in range(MOST_STEPS + 3):
        note(team, output(18_000 + n * 100), hours=n + 1)
    before = Incident.objects.get()

    for n in range(2):  # the second of them is no longer named
        assert note(other_team, output(18_000 + n * 100), hours=MOST_STEPS + 9 + n) == 0
    assert Incident.objects.get().detail == before.detail

    Incident.objects.update(closed_at=timezone.now(), ending="confirmed")
    assert note(other_team, output(18_200), hours=MOST_STEPS + 12) == 0


def test_one_look_with_very_many_changes_names_some_and_counts_the_others(
    team: Team,
) -> None:
    many = MOST_CHANGES + 10
    note(team, model_json(aliases=["first"]))

    note(team, model_json(aliases=[f"alias-{n:03}" for n in range(many)]), hours=6)
    note(team, model_json(aliases=[]), hours=12)

    detail = Incident.objects.get().detail
    assert len(detail["catalog_changes"]) == MOST_CHANGES + 1
    assert len(detail["changes_of_model"]) == MOST_CHANGES
    named = len(detail["catalog_changes"])
    assert detail["changes_left_out"] == CatalogChange.objects.count() - named


def test_its_page_leads_to_the_model_and_its_changes(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    note(team, model_json())
    note(team, output(18_000), hours=6)
    incident = Incident.objects.get()

    page = client_of(ada).get(f"/incidents/{incident.pk}/").text

    assert f'href="/models/{incident.subject}/"' in page
    assert f'href="/models/changes/?model={incident.subject}"' in page


def test_nothing_changed_costs_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert model_changes.note([]) == 0


def test_channels_are_told_as_of_every_incident(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel(kinds=[IncidentKind.MODEL_CHANGE])
    note(team, model_json())

    note(team, model_json(fingerprint="fp_other"), hours=6)

    assert told(channel) == [("opened", "waiting")]
    incident = Incident.objects.get()
    assert incident.kind == IncidentKind.MODEL_CHANGE
    assert incident.sentence == "Fingerprint from fp_0a1b2c3d4e to fp_other."


def test_a_new_model_and_a_moved_alias_are_incidents_of_the_new_one(
    team: Team,
) -> None:
    note(team, model_json("grok-4", aliases=["grok-latest"]))

    newer = model_json("grok-5", aliases=["grok-latest"])
    assert note(team, model_json("grok-4", aliases=[]), newer, hours=6) == 1

    incident = Incident.objects.get()
    assert incident.title == "grok-5 changed"
    assert "grok-latest moved from grok-4 to grok-5" in incident.sentence


@pytest.mark.parametrize("price", [2_500_000, 0, -5])
def test_an_odd_price_is_an_incident_until_it_is_plausible_again(
    team: Team, ada: User, price: int
) -> None:
    note(team, model_json())

    assert note(team, output(price), hours=6) == 1

    incident = Incident.objects.get()
    assert incident.kind == IncidentKind.ODD_PRICE
    assert "computes no cost with it" in incident.sentence
    acting.acknowledge(incident=incident, note="", by=ada, actor=command("test"))
    assert Incident.objects.open().count() == 1

    note(team, output(25_000), hours=12)

    incident.refresh_from_db()
    assert incident.ending == "recovered"
    (back,) = Incident.objects.open()
    assert back.kind == IncidentKind.PRICE_CHANGE


def test_an_odd_price_of_one_team_keeps_the_incident_of_all(
    team: Team, other_team: Team
) -> None:
    for each in (team, other_team):
        note(each, model_json())
        note(each, output(0), hours=6)

    note(team, output(25_000), hours=12)

    assert Incident.objects.open().filter(kind=IncidentKind.ODD_PRICE).exists()


def test_a_confirmed_price_ends_it(team: Team, ada: User) -> None:
    note(team, model_json())
    note(team, output(0), hours=6)
    odd = PriceVersion.objects.newest().get()
    PriceVersion.objects.filter(pk=odd.pk).update(
        confirmed_at=timezone.now(), confirmed_by=ada
    )

    ended = model_changes.settle_odd_prices([odd.model_id], actor=command("test"))

    assert ended == 1
    assert Incident.objects.get().ending == "confirmed"
